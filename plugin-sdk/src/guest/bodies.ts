// Bodies, as a whole and by chunk.
import { FieldKind } from "../abi.ts";
import type { BodyOptions, MutableBody } from "../context.ts";
import { check, faultError } from "./faults.ts";
import { bodyRead, bodySet, bodySkip, chunkGet, chunkSet } from "./native.ts";
import { TextDecoder } from "./text-encoding.ts";
import { bytesPart, promiseOf } from "./waiting.ts";

/** Of a body that is read as a whole, where the author does not say. */
const DEFAULT_MAX_BYTES = 1_048_576;
const MAX_INT = 0x7fff_ffff;

export interface HostBody extends MutableBody {
  readonly requestHandle: number;
}

/** Methods for the body of one message; they read `requestHandle` of the object they are called on. */
export function bodyOf(kind: number): abstract new () => HostBody {
  const what = kind === FieldKind.request ? "request's body" : "response's body";

  abstract class Body implements HostBody {
    declare readonly requestHandle: number;

    bytes({ maxBytes = DEFAULT_MAX_BYTES }: BodyOptions = {}): Promise<Uint8Array<ArrayBuffer>> {
      if (!(maxBytes >= 0)) throw new RangeError(`maxBytes must be 0 or more, not ${maxBytes}`);
      const call = bodyRead(this.requestHandle, kind, Math.min(maxBytes, MAX_INT) | 0);
      return promiseOf(call, what, (result) => {
        check(result, what);
        return bytesPart(call, 1);
      });
    }

    async text(options?: BodyOptions): Promise<string> {
      return new TextDecoder().decode(await this.bytes(options));
    }

    async json(options?: BodyOptions): Promise<unknown> {
      return JSON.parse(await this.text(options));
    }

    setBody(body: string | Uint8Array): void {
      check(bodySet(this.requestHandle, kind, dataOf(body)), what);
    }

    skipBody(): void {
      check(bodySkip(this.requestHandle, kind), what);
    }
  }
  return Body;
}

/** The engine takes no empty arrays. */
export function dataOf(body: string | Uint8Array): string | Uint8Array {
  if (typeof body === "string") return body;
  if (body instanceof Uint8Array) return body.length === 0 ? "" : body;
  throw new TypeError(`A body is a string or a Uint8Array, not ${typeof body}`);
}

/** The chunk that the call is for. */
export function readChunk(request: number, length: number): Uint8Array<ArrayBuffer> {
  if (length === 0) return new Uint8Array();
  const chunk = chunkGet(request, length);
  if (typeof chunk === "number") throw faultError(chunk, "chunk");
  return chunk;
}

/** What a handler made of its chunk; undefined lets it pass. */
export function replaceChunk(request: number, handler: string, outcome: unknown): void {
  if (outcome === undefined) return;
  if (typeof outcome !== "string" && !(outcome instanceof Uint8Array)) {
    throw new TypeError(
      `${handler} must return a string, a Uint8Array or nothing, and cannot wait`,
    );
  }
  const result = chunkSet(request, dataOf(outcome));
  if (result < 0) throw faultError(result, "chunk");
}
