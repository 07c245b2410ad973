// The parsers put together as the connections do it, giving all they make of some bytes as text: what comes of the
// same bytes in other pieces must be the same text.
import { GatewayError } from "../errors.ts";
import { HEAD_LIMITS } from "../settings.ts";
import { BodyReader } from "./body-reader.ts";
import type { Fields } from "./fields.ts";
import { dropNominated, readControls, responseFraming } from "./framing.ts";
import type { Framing } from "./framing.ts";
import { HeadParser } from "./head-parser.ts";
import type { StartLine } from "./head-parser.ts";
import { faultError, readRequest } from "./request-head.ts";
import { RequestLine } from "./request-line.ts";
import { StatusLine } from "./status-line.ts";

export interface Outcome {
  /** One for each head, body and fault, in order. */
  readonly events: readonly string[];
  /** Messages that came whole. */
  readonly messages: number;
  /** Why no more is read: a GatewayError's code. */
  readonly fault: string | undefined;
}

/** What a head comes to: the framing of its body, "interim" for a 1xx, "last" when nothing may follow the body. */
interface Judged {
  readonly event: string;
  readonly framing: Framing;
  readonly isInterim: boolean;
  readonly isLast: boolean;
}

/** Reads requests as a client's connection does. */
export function readRequests(pieces: readonly Buffer[]): Outcome {
  const line = new RequestLine();
  return read(pieces, line, (fields) => {
    const { head, isPersistent, expectsContinue } = readRequest(line, fields, 0);
    const { method, path, query, minorVersion, authority, host, framing } = head;
    const parts = { method, path, query, minorVersion, authority, host, framing };
    return {
      event: `${JSON.stringify({ ...parts, isPersistent, expectsContinue })} ${textOf(fields)}`,
      framing,
      isInterim: false,
      isLast: !isPersistent,
    };
  });
}

/** Reads the responses to one request as an upstream's connection does: 1xx, then the final one. */
export function readResponses(pieces: readonly Buffer[], method: string): Outcome {
  const line = new StatusLine();
  return read(pieces, line, (fields) => {
    const { status, reason, minorVersion } = line;
    const start = JSON.stringify({ status, reason, minorVersion });
    const event = `${start} ${textOf(fields)}`;
    if (status === 101) throw new GatewayError("upstream_invalid_response", "101");
    if (status < 200) return { event, framing: { kind: "none" }, isInterim: true, isLast: false };
    const controls = readControls(fields, minorVersion);
    if (controls === undefined) throw new GatewayError("upstream_invalid_response", "framing");
    dropNominated(fields, controls);
    const framing = responseFraming(controls, status, method);
    return {
      event: `${event} ${JSON.stringify(framing)}`,
      framing,
      isInterim: false,
      isLast: true,
    };
  });
}

function textOf(fields: Fields): string {
  return JSON.stringify(fields.names.map((name, at) => [name.text, fields.values[at]]));
}

function read(
  pieces: readonly Buffer[],
  line: StartLine,
  judge: (fields: Fields) => Judged,
): Outcome {
  const reading = new Reading(line, judge);
  for (const piece of pieces) reading.feed(piece);
  return reading.outcome();
}

class Reading {
  readonly #parser: HeadParser;
  readonly #judge: (fields: Fields) => Judged;
  readonly #events: string[] = [];
  #messages = 0;
  #fault: string | undefined;
  #head: Judged | undefined;
  #body: BodyReader | undefined;
  #bodyText = "";
  #isOver = false;
  #unreadBytes = 0;

  constructor(line: StartLine, judge: (fields: Fields) => Judged) {
    this.#parser = new HeadParser(line, HEAD_LIMITS);
    this.#judge = judge;
  }

  feed(piece: Buffer): void {
    let at = 0;
    while (at < piece.length && !this.#isOver) {
      at = this.#body === undefined ? this.#feedHead(piece, at) : this.#feedBody(piece, at);
    }
    this.#unreadBytes += piece.length - at;
  }

  outcome(): Outcome {
    const events = this.#fault === undefined ? [...this.#events, this.#end()] : this.#events;
    return { events, messages: this.#messages, fault: this.#fault };
  }

  #end(): string {
    const body = this.#body === undefined ? "" : `unfinished body ${this.#bodyText}`;
    const head = this.#parser.hasBegun ? "unfinished head" : "";
    return `${body}${head}, ${this.#unreadBytes} bytes unread`;
  }

  #feedHead(piece: Buffer, at: number): number {
    const end = this.#parser.feed(piece, at);
    if (this.#parser.fault !== undefined) {
      this.#fail(faultError(this.#parser.fault).code);
      return piece.length;
    }
    if (end < 0) return piece.length;
    try {
      this.#begin(this.#judge(this.#parser.fields));
    } catch (thrown) {
      if (!(thrown instanceof GatewayError)) throw thrown;
      this.#fail(thrown.code);
      return piece.length;
    }
    this.#parser.reset();
    return end;
  }

  #begin(head: Judged): void {
    this.#events.push(head.event);
    if (head.isInterim) return;
    this.#head = head;
    this.#body = new BodyReader(head.framing);
    this.#bodyText = "";
    if (this.#body.state === "done") this.#finish();
  }

  #feedBody(piece: Buffer, at: number): number {
    const body = this.#body;
    if (body === undefined) return at;
    const end = body.read(piece, at, (part) => {
      this.#bodyText += part.toString("latin1");
    });
    if (body.state === "malformed") {
      this.#events.push(this.#bodyText);
      this.#fail("malformed body");
      return piece.length;
    }
    if (body.state === "done") this.#finish();
    return end;
  }

  #finish(): void {
    this.#events.push(this.#bodyText);
    this.#messages++;
    this.#isOver = this.#head?.isLast === true;
    this.#body = undefined;
  }

  #fail(code: string): void {
    this.#events.push(code);
    this.#fault = code;
    this.#isOver = true;
  }
}
