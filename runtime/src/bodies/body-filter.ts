// Leads a body through the plugins that see it piece by piece. What is at hand at one time goes in one call: a body in
// chunks of one byte costs no more calls than any other (H13).
import { MAX_BODY_BYTES, MAX_CHUNK_BYTES } from "@sluice/plugin-sdk/abi";
import { GatewayError } from "../errors.ts";
import type { Exchange } from "../exchange.ts";
import type { BodyPhase, BodyPiece, Plugin } from "../plugins/plugin.ts";
import type { PluginBodies } from "./plugin-bodies.ts";

/** A plugin of a chain with the entry for one request. */
export interface BodyLink {
  readonly plugin: Plugin;
  readonly entry: number;
}

export interface BodyFilterOptions {
  readonly exchange: Exchange;
  readonly bodies: PluginBodies;
  readonly phase: BodyPhase;
  readonly links: readonly BodyLink[];
  /** Takes what comes out; a piece is good until it returns. */
  readonly sink: (piece: Buffer) => void;
}

export class BodyFilter {
  /** A plugin was called. */
  hasBegun = false;
  readonly #options: BodyFilterOptions;
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  /** What may still come out of what went in at one time. */
  #leftBytes = 0;

  constructor(options: BodyFilterOptions) {
    this.#options = options;
  }

  /** The piece must stay as it is until the next {@link flush} or {@link end}. Throws what a plugin throws. */
  write(piece: Buffer): void {
    if (this.#gatheredBytes + piece.length > MAX_CHUNK_BYTES) this.flush();
    if (piece.length > MAX_CHUNK_BYTES) return this.#begin(piece, false);
    if (piece.length === 0) return;
    this.#gathered.push(piece);
    this.#gatheredBytes += piece.length;
  }

  flush(): void {
    if (this.#gatheredBytes > 0) this.#begin(this.#take(), false);
  }

  end(): void {
    this.#begin(this.#take(), true);
  }

  #take(): Buffer {
    const [first] = this.#gathered;
    const isOnly = first !== undefined && this.#gathered.length === 1;
    const bytes = isOnly ? first : Buffer.concat(this.#gathered, this.#gatheredBytes);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    return bytes;
  }

  #begin(bytes: Buffer, isLast: boolean): void {
    this.hasBegun = true;
    this.#leftBytes = bytes.length + MAX_BODY_BYTES;
    this.#pass(bytes, isLast, 0);
  }

  /** Through the plugins from the given one on, in chunks of the size that they take. */
  #pass(bytes: Buffer, isLast: boolean, position: number): void {
    const link = this.#options.links[position];
    if (link === undefined) return this.#emit(bytes);
    let start = 0;
    do {
      const end = Math.min(start + MAX_CHUNK_BYTES, bytes.length);
      const isEnd = isLast && end === bytes.length;
      const chunk = end - start === bytes.length ? bytes : bytes.subarray(start, end);
      const next = this.#run(link, chunk, isEnd);
      if (next.length > 0 || isEnd) this.#pass(next, isEnd, position + 1);
      start = end;
    } while (start < bytes.length);
  }

  #run({ plugin, entry }: BodyLink, bytes: Buffer, isLast: boolean): Buffer {
    const { exchange, bodies, phase } = this.#options;
    if (exchange.isOver || bodies.skips(phase, plugin.name)) return bytes;
    const piece: BodyPiece = { bytes, isLast };
    const verdict = plugin.run(phase, exchange, entry, piece);
    if (verdict.kind === "continue") return piece.bytes;
    throw new GatewayError("plugin_failed", `${plugin.name}, ${phase}: can only continue`);
  }

  #emit(bytes: Buffer): void {
    if (bytes.length === 0 || this.#options.exchange.isOver) return;
    this.#leftBytes -= bytes.length;
    if (this.#leftBytes < 0) {
      throw new GatewayError("plugin_failed", "the plugins make too much of one piece of a body");
    }
    this.#options.sink(bytes);
  }
}
