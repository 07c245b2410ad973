// Batches at the end of a file, and the file that keeps what could not be delivered.
import { open } from "node:fs/promises";
import { isUtf8 } from "node:buffer";
import { joined } from "./delivery.ts";
import type { Delivery, Item } from "./delivery.ts";
import type { Framing } from "./sink-options.ts";

/** For the owner and the group alone: logs say who did what. */
const MODE = 0o640;

export class FileDelivery implements Delivery {
  readonly #path: string;
  readonly #framing: Framing;

  constructor(path: string, framing: Framing) {
    this.#path = path;
    this.#framing = framing;
  }

  async deliver(items: readonly Item[]): Promise<void> {
    await append(this.#path, joined(items, this.#framing), Infinity);
  }

  close(): void {}
}

/** One line an entry. What is no text of one line is "base64:" and its bytes. */
export class DeadLetterFile {
  readonly #path: string;
  #last: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  /** Rejected when the file cannot be written, or would get longer than that, bytes. */
  add(items: readonly Item[], maxBytes: number): Promise<void> {
    const lines = Buffer.from(items.map((item) => `${lineOf(item)}\n`).join(""));
    const written = this.#last.then(() => append(this.#path, lines, maxBytes));
    // One after the other, so that each sees how long the file is.
    this.#last = written.catch(() => {});
    return written;
  }
}

async function append(path: string, bytes: Buffer, maxBytes: number): Promise<void> {
  const file = await open(path, "a", MODE);
  try {
    if (maxBytes < Infinity && (await file.stat()).size + bytes.length > maxBytes) {
      throw new Error(`${path} would get longer than ${maxBytes} bytes`);
    }
    await file.appendFile(bytes);
  } finally {
    await file.close();
  }
}

function lineOf(item: Item): string {
  const isLine =
    typeof item === "string" ? !item.includes("\n") : isUtf8(item) && !item.includes(10);
  if (isLine) return item.toString();
  return `base64:${Buffer.from(item as string).toString("base64")}`;
}
