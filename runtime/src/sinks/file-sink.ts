// Appends lines to files without ever making a request wait: lines are queued, bounded, and written in the background.
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { LineQueue } from "./line-queue.ts";

/** Lines that wait for a slow disk, bytes; past this they are dropped and counted (O7). */
const MAX_QUEUED_BYTES = 8 * 1024 * 1024;
/** How long lines are gathered before they are written, ms. */
const FLUSH_DELAY_MS = 20;

export interface FileSinkEvents {
  onDropped(path: string, lines: number): void;
  onFailed(path: string, error: unknown): void;
}

/** All files that the gateway writes log lines to. */
export class FileSinks {
  readonly #events: FileSinkEvents;
  readonly #files = new Map<string, LogFile>();

  constructor(events: FileSinkEvents) {
    this.#events = events;
  }

  /** Queues data, usually a line with its end. `reopen` opens the file anew for each write, for log rotation. */
  append(path: string, data: string, reopen: boolean): void {
    let file = this.#files.get(path);
    if (file === undefined) {
      file = new LogFile(path, this.#events);
      this.#files.set(path, file);
    }
    file.append(data, reopen);
  }

  /** Writes what is queued and closes the files. */
  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
    this.#files.clear();
  }
}

class LogFile {
  readonly #path: string;
  readonly #events: FileSinkEvents;
  readonly #queue = new LineQueue();
  #reopens = false;
  #handle: FileHandle | undefined;
  #writing: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(path: string, events: FileSinkEvents) {
    this.#path = path;
    this.#events = events;
  }

  append(data: string, reopen: boolean): void {
    if (this.#queue.byteLength + data.length > MAX_QUEUED_BYTES) {
      this.#events.onDropped(this.#path, 1);
      return;
    }
    this.#queue.push(data);
    this.#reopens = reopen;
    this.#timer ??= setTimeout(() => this.#flush(), FLUSH_DELAY_MS);
  }

  async close(): Promise<void> {
    await this.#writing;
    clearTimeout(this.#timer);
    if (this.#queue.byteLength > 0) await this.#write();
    await this.#handle?.close();
    this.#handle = undefined;
  }

  #flush(): void {
    this.#timer = undefined;
    // One write at a time keeps the lines in order; what comes meanwhile goes with the next one.
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
      if (this.#queue.byteLength > 0)
        this.#timer ??= setTimeout(() => this.#flush(), FLUSH_DELAY_MS);
    });
  }

  async #write(): Promise<void> {
    let lines = 0;
    const blocks = this.#queue.take();
    for (const block of blocks) lines += block.lines;
    try {
      if (this.#reopens) {
        await this.#handle?.close();
        this.#handle = undefined;
      }
      this.#handle ??= await open(this.#path, "a", 0o640);
      for (const block of blocks) {
        // Unlike `write`, it goes on when a disk or pipe takes only a part.
        await this.#handle.appendFile(block.bytes.subarray(0, block.length));
        lines -= block.lines;
        this.#queue.giveBack(block);
      }
    } catch (error) {
      this.#events.onFailed(this.#path, error);
      this.#events.onDropped(this.#path, lines);
    }
  }
}
