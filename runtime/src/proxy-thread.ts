// The traffic of one thread: its pipeline and its listener, and how a new config comes into them.
import { ConfigRefused } from "./assemble.ts";
import type { ConfigText } from "./assemble.ts";
import type { Http1Server } from "./http1/server.ts";
import { Pipeline } from "./pipeline.ts";
import type { PipelineOptions } from "./pipeline.ts";
import type { Address } from "./platform/socket.ts";
import type { PluginLibrary } from "./plugins/wasm/library.ts";
import type { Snapshot } from "./snapshot.ts";

export interface ProxyThreadParts extends PipelineOptions {
  readonly library: PluginLibrary;
  /** Throws ConfigRefused. */
  assemble(config: ConfigText): Promise<Snapshot>;
  /** Throws when the address is taken. */
  listen(address: Address, pipeline: Pipeline): Promise<Http1Server>;
}

/** Whether a config can go live; it has not yet. */
export type Preparation = {
  /** Why single plugin files are not used. */
  readonly skippedFiles: readonly string[];
} & (
  | { readonly kind: "prepared" }
  /** One line for each fault. */
  | { readonly kind: "refused"; readonly reasons: readonly string[] }
);

export class ProxyThread {
  readonly #parts: ProxyThreadParts;
  #prepared: Snapshot | undefined;
  #pipeline: Pipeline | undefined;
  #server: Http1Server | undefined;

  constructor(parts: ProxyThreadParts) {
    this.#parts = parts;
  }

  get connections(): number {
    return this.#server?.connections ?? 0;
  }

  get requestsInFlight(): number {
    return this.#pipeline?.requestsInFlight ?? 0;
  }

  /** Looks at the plugins and assembles the config with them; to be committed or discarded. */
  async prepare(config: ConfigText): Promise<Preparation> {
    const skippedFiles: string[] = [];
    try {
      for (const refused of await this.#parts.library.scan()) skippedFiles.push(refused.message);
      this.#prepared = await this.#parts.assemble(config);
      return { kind: "prepared", skippedFiles };
    } catch (error) {
      return { kind: "refused", skippedFiles, reasons: reasonsOf(error) };
    }
  }

  /** New requests run on what was prepared. */
  commit(): void {
    const next = this.#prepared;
    if (next === undefined) return;
    this.#prepared = undefined;
    next.activate();
    if (this.#pipeline === undefined) {
      this.#pipeline = new Pipeline(next, this.#parts);
      return;
    }
    const previous = this.#pipeline.snapshot;
    this.#pipeline.snapshot = next;
    previous.retire();
  }

  discard(): void {
    this.#prepared?.retire();
    this.#prepared = undefined;
  }

  /** A config must have been committed. Throws when the address is taken. */
  async listen(address: Address): Promise<Address> {
    if (this.#pipeline === undefined) throw new Error("there is no config to serve");
    this.#server = await this.#parts.listen(address, this.#pipeline);
    return this.#server.address;
  }

  /** Lets requests finish within the limit, then frees what serves them. */
  async drain(limitMs: number): Promise<void> {
    await this.#server?.drain(limitMs);
    // The last responses are out; their log phase runs at the end of this turn.
    await new Promise((resolve) => setImmediate(resolve));
    this.discard();
    this.#pipeline?.snapshot.retire();
  }
}

export function reasonsOf(error: unknown): readonly string[] {
  return error instanceof ConfigRefused ? error.reasons : [String(error)];
}
