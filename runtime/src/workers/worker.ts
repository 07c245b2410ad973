// A worker: a thread that serves traffic on the address of all workers, and does what the supervisor asks.
import { parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { detailOf } from "../errors.ts";
import type { ProxyThread } from "../proxy-thread.ts";
import { SharedStore } from "../store/shared/shared-store.ts";
import { SplitStore } from "../store/split-store.ts";
import { proxyThread, threadParts } from "../thread-parts.ts";
import type { ThreadParts } from "../thread-parts.ts";
import type { Call, FromWorker, ToWorker, WorkerOptions, WorkerReport } from "./messages.ts";

/** Makes this thread a worker. */
export async function runWorker(): Promise<void> {
  if (parentPort === null) throw new Error("a worker is started by the supervisor");
  const worker = new Worker(parentPort);
  await worker.start(workerData as WorkerOptions); // The supervisor starts this thread with nothing else.
}

class Worker {
  readonly #supervisor: MessagePort;
  #clockOffsetMs = 0;
  #parts: ThreadParts | undefined;
  #proxy: ProxyThread | undefined;

  constructor(supervisor: MessagePort) {
    this.#supervisor = supervisor;
  }

  async start(options: WorkerOptions): Promise<void> {
    const { settings, pluginFolders, memory, largeMemory, number, holder } = options;
    const now = (): number => performance.now() + this.#clockOffsetMs;
    this.#parts = await threadParts({
      settings,
      pluginFolders,
      store: new SplitStore(
        new SharedStore(memory, { holder, now }),
        new SharedStore(largeMemory, { holder, now }),
      ),
      // Through one thread, so that lines do not mix.
      log: { write: (line) => this.#tell({ kind: "log", line }), fields: { worker: number } },
    });
    this.#proxy = proxyThread(settings, this.#parts);
    process.on("uncaughtException", this.#crash);
    process.on("unhandledRejection", this.#crash);
    this.#supervisor.on("message", this.#hear);
    this.#tell({ kind: "up" });
  }

  readonly #hear = (message: ToWorker): void => {
    switch (message.kind) {
      case "clock":
        this.#clockOffsetMs = message.nowMs - performance.now();
        return;
      case "call":
        void this.#answer(message.id, message.call);
    }
  };

  async #answer(id: number, call: Call): Promise<void> {
    try {
      this.#tell({ kind: "answer", id, value: await this.#do(call) });
    } catch (error) {
      this.#tell({ kind: "failed", id, message: detailOf(error) });
    }
    // This thread alone.
    if (call.kind === "drain") process.exit(0);
  }

  #do(call: Call): unknown {
    const proxy = this.#proxy;
    if (proxy === undefined) throw new Error("the worker has not started");
    switch (call.kind) {
      case "prepare":
        return proxy.prepare(call.config);
      case "commit":
        return proxy.commit();
      case "discard":
        return proxy.discard();
      case "listen":
        return proxy.listen(call.address);
      case "report":
        return this.#report();
      case "setTargetHealth":
        return this.#parts?.upstreams.setHealth(call.upstream, call.target, call.isHealthy);
      case "setBreakers":
        return this.#parts?.upstreams.setBreakers(call.upstream, call.scope, call.state);
      case "drain":
        return this.#drain(proxy, call.limitMs);
    }
  }

  async #drain(proxy: ProxyThread, limitMs: number): Promise<void> {
    const endsAtMs = performance.now() + limitMs;
    await proxy.drain(limitMs);
    await this.#parts?.close(endsAtMs - performance.now());
  }

  #report(): WorkerReport {
    return {
      families: this.#parts?.metrics.collect() ?? [],
      upstreams: this.#parts?.discovery.complete(this.#parts.upstreams.report()) ?? [],
      connections: this.#proxy?.connections ?? 0,
      requestsInFlight: this.#proxy?.requestsInFlight ?? 0,
    };
  }

  /** Nobody knows what state it is in, so nothing is mended: connections end with the thread, and a new one comes. */
  readonly #crash = (error: unknown): void => {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#tell({ kind: "crashed", message, report: this.#report() });
    process.exit(1);
  };

  #tell(message: FromWorker): void {
    this.#supervisor.postMessage(message);
  }
}
