// Reads the heads of a connection's requests, one after another.
import type { GatewayError } from "../errors.ts";
import type { Fields } from "./fields.ts";
import { HeadParser } from "./head-parser.ts";
import type { HeadLimits } from "./head-parser.ts";
import { faultError, readRequest } from "./request-head.ts";
import type { ReadRequest } from "./request-head.ts";
import { RequestLine } from "./request-line.ts";
import type { Unread } from "./unread.ts";

export class RequestHeadReader {
  /** When the current head began, monotonic, ms. */
  startedAtMs = 0;
  /** Of the current head. */
  bytes = 0;
  readonly #line = new RequestLine();
  readonly #parser: HeadParser;
  #isWhole = false;

  constructor(limits: HeadLimits) {
    this.#parser = new HeadParser(this.#line, limits);
  }

  get hasBegun(): boolean {
    return this.#parser.hasBegun;
  }

  get fields(): Fields {
    return this.#parser.fields;
  }

  /** What is wrong with the bytes so far. */
  get fault(): GatewayError | undefined {
    const { fault } = this.#parser;
    return fault === undefined ? undefined : faultError(fault);
  }

  /** Takes what is at hand; true when the head is whole. */
  feed(unread: Unread): boolean {
    if (!this.#parser.hasBegun) {
      this.startedAtMs = performance.now();
      this.bytes = 0;
    }
    this.bytes += unread.take(this.#feedParser);
    return this.#isWhole;
  }

  readonly #feedParser = (bytes: Buffer, at: number): number => {
    const end = this.#parser.feed(bytes, at);
    this.#isWhole = end >= 0;
    return this.#isWhole ? end : bytes.length;
  };

  /** The request of a head that is whole; the next one may come. Throws when it must not be forwarded. */
  read(): ReadRequest {
    const request = readRequest(this.#line, this.#parser.fields, this.startedAtMs);
    this.#parser.reset();
    return request;
  }
}
