// The bodies of TestHost: one chunk or whole body at a time, and what the guest made of it.
import { Fault } from "../abi.ts";
import type { HostFunction } from "../abi.ts";

type Run = (...values: number[]) => number;

export class TestBodies {
  /** The chunk that the guest is called with. */
  chunk: Buffer | undefined;
  /** What it put in its place. */
  newChunk: Buffer | undefined;
  /** Bytes wanted, by call id. */
  readonly reads: Map<number, { kind: number; maxBytes: number }> = new Map();
  /** New bodies and skipped ones, by kind. */
  readonly set: Map<number, Buffer> = new Map();
  readonly skipped: Set<number> = new Set();
  /** Codings and levels of response_encode. */
  readonly encodings: [coding: number, level: number][] = [];
  /** The fault that response_encode answers, 0 for none. */
  refuseEncodingWith = 0;
  /** The fault that body_read answers, 0 for none. */
  refuseReadsWith = 0;

  /** `nextCall` gives a call id. */
  functions(
    bytes: () => Buffer,
    nextCall: () => number,
  ): Record<
    Extract<
      HostFunction,
      "chunk_get" | "chunk_set" | "body_read" | "body_set" | "body_skip" | "response_encode"
    >,
    Run
  > {
    const copyOf = (data: number, length: number): Buffer =>
      Buffer.from(bytes().subarray(data, data + length));
    return {
      chunk_get: (_request, buffer = 0, limit = 0) => {
        if (this.chunk === undefined) return Fault.wrongPhase;
        if (this.chunk.length <= limit) this.chunk.copy(bytes(), buffer);
        return this.chunk.length;
      },
      chunk_set: (_request, data = 0, length = 0) => {
        this.newChunk = copyOf(data, length);
        return 0;
      },
      body_read: (_request, kind = 0, maxBytes = 0) => {
        if (this.refuseReadsWith < 0) return this.refuseReadsWith;
        const call = nextCall();
        this.reads.set(call, { kind, maxBytes });
        return call;
      },
      body_set: (_request, kind = 0, data = 0, length = 0) => {
        this.set.set(kind, copyOf(data, length));
        return 0;
      },
      body_skip: (_request, kind = 0) => {
        this.skipped.add(kind);
        return 0;
      },
      response_encode: (_request, coding = 0, level = 0) => {
        if (this.refuseEncodingWith < 0) return this.refuseEncodingWith;
        this.encodings.push([coding, level]);
        return 0;
      },
    };
  }
}
