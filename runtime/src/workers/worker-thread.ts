// One worker, as the supervisor sees it: a thread that answers calls until it ends.
import { Worker } from "node:worker_threads";
import { detailOf } from "../errors.ts";
import type {
  Answers,
  Call,
  FromWorker,
  ToWorker,
  WorkerOptions,
  WorkerReport,
} from "./messages.ts";

/** Beside this file, as source or built. */
const ENTRY = new URL(import.meta.url.endsWith(".ts") ? "thread.ts" : "thread.js", import.meta.url);

const TERMINATE_LIMIT_MS = 2000;

export interface WorkerEvents {
  onLog(line: string): void;
  /** Called once. */
  onEnd(end: WorkerEnd): void;
}

export interface WorkerEnd {
  readonly reason: string;
  /** What it had counted, if it could still say so. */
  readonly report: WorkerReport | undefined;
}

interface OpenCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

export class WorkerThread {
  readonly number: number;
  readonly holder: number;
  readonly #worker: Worker;
  readonly #events: WorkerEvents;
  readonly #calls = new Map<number, OpenCall>();
  readonly #ended = Promise.withResolvers<void>();
  /** What was said before the worker listened. */
  #unsent: ToWorker[] | undefined = [];
  #lastCall = 0;
  #hasEnded = false;
  #reason: string | undefined;
  #report: WorkerReport | undefined;

  constructor(options: WorkerOptions, events: WorkerEvents) {
    this.number = options.number;
    this.holder = options.holder;
    this.#events = events;
    this.#worker = new Worker(ENTRY, { workerData: options, name: `worker ${options.number}` });
    this.#worker.on("message", (message: FromWorker) => this.#hear(message));
    // What is thrown before the worker itself listens.
    this.#worker.on("error", (error) => {
      this.#reason ??= detailOf(error);
    });
    this.#worker.on("exit", (code) => this.#end(`exit code ${code}`));
  }

  /** Rejects when the worker refuses, ends, or does not answer in time. */
  call<K extends Call["kind"]>(
    call: Extract<Call, { kind: K }>,
    limitMs: number,
  ): Promise<Answers[K]> {
    if (this.#hasEnded) return Promise.reject(new Error(`worker ${this.number} has ended`));
    const id = ++this.#lastCall;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const timer = setTimeout(() => {
      this.#calls.delete(id);
      reject(new Error(`worker ${this.number}: no answer to ${call.kind} in ${limitMs} ms`));
    }, limitMs);
    this.#calls.set(id, { resolve, reject, timer });
    this.#tell({ kind: "call", id, call });
    return promise as Promise<Answers[K]>; // The worker answers each kind with that type.
  }

  /** False when it has not ended by then. */
  async endsWithin(limitMs: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    await Promise.race([this.#ended.promise, promise]);
    clearTimeout(timer);
    return this.#hasEnded;
  }

  /** For one that cannot be trusted any more. */
  terminate(reason: string): void {
    if (this.#hasEnded) return;
    this.#reason ??= reason;
    void this.#worker.terminate();
    this.#worker.unref();
    // Bun cannot stop a thread that spins in WebAssembly, and never says so (F2).
    const timer = setTimeout(() => this.#end("it could not be stopped"), TERMINATE_LIMIT_MS);
    timer.unref();
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case "up":
        return this.#onUp();
      case "answer":
        return this.#take(message.id)?.resolve(message.value);
      case "failed":
        return this.#take(message.id)?.reject(new Error(message.message));
      case "log":
        return this.#events.onLog(message.line);
      case "crashed":
        this.#reason = message.message;
        this.#report = message.report;
    }
  }

  #onUp(): void {
    const unsent = this.#unsent ?? [];
    this.#unsent = undefined;
    this.#tell({ kind: "clock", nowMs: performance.now() });
    for (const message of unsent) this.#tell(message);
  }

  #take(id: number): OpenCall | undefined {
    const open = this.#calls.get(id);
    this.#calls.delete(id);
    clearTimeout(open?.timer);
    return open;
  }

  #end(how: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const reason = this.#reason ?? how;
    for (const id of this.#calls.keys()) {
      this.#take(id)?.reject(new Error(`worker ${this.number} ended: ${reason}`));
    }
    this.#ended.resolve();
    this.#events.onEnd({ reason, report: this.#report });
  }

  #tell(message: ToWorker): void {
    if (this.#unsent === undefined) this.#worker.postMessage(message);
    else this.#unsent.push(message);
  }
}
