// sluice plugin sign
import { createPrivateKey, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { detailOf } from "../errors.ts";
import { sha256Of } from "../plugins/supply/trusted-keys.ts";
import type { Command } from "./command.ts";
import { UsageError } from "./fault.ts";

export const pluginSignCommand: Command = {
  name: "plugin sign",
  usage: "sluice plugin sign --key NAME.key FILE.wasm",
  summary: "Signs a plugin: writes FILE.wasm.sig and prints the lines that pin it in a config.",
  options: {
    key: { value: "FILE", help: "private key, of sluice plugin keygen" },
    out: { value: "FILE", help: "the signature to write; FILE.wasm.sig by default", short: "o" },
    help: { help: "shows this", short: "h" },
  },

  async run(options): Promise<number> {
    const [file, ...rest] = options.positionals;
    const keyFile = options.text("key");
    if (file === undefined || keyFile === undefined || rest.length > 0) {
      throw new UsageError("plugin sign: expected --key FILE and one FILE.wasm");
    }
    const key = await readPrivateKey(keyFile);
    const bytes = await readModule(file);
    const signature = sign(null, bytes, key).toString("base64");
    const signatureFile = options.text("out") ?? `${file}.sig`;
    await writeFile(signatureFile, `${signature}\n`);
    process.stdout.write(
      [
        `# ${signatureFile} is written`,
        "wasm:",
        `  url: file:./${basename(file)}`,
        `  sha256: "${sha256Of(bytes)}"`,
        `  signature: "${signature}"`,
        "",
      ].join("\n"),
    );
    return 0;
  },
};

/** Throws UsageError. */
export async function readModule(file: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${detailOf(error)}`, 1);
  }
  if (Buffer.from(bytes.subarray(0, 4)).equals(WASM_MAGIC)) return bytes;
  throw new UsageError(`${file}: expected a .wasm`, 1);
}

const WASM_MAGIC = Buffer.from("\0asm");

/** No message shows anything of the file. */
async function readPrivateKey(file: string): Promise<KeyObject> {
  let pem: string;
  try {
    pem = await readFile(file, "utf8");
  } catch (error) {
    throw new UsageError(`--key: ${detailOf(error)}`);
  }
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // Falls through to the one message for all that is no such key.
  }
  throw new UsageError(`--key ${file}: expected an Ed25519 private key in PEM form`);
}
