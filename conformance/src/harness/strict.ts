// The fuzzer's judge: HTTP/1.1 messages read by RFC 9112 and nothing else, with none of the gateway's code. What it
// refuses, no gateway may forward; what it reads, a gateway may still refuse.
import { framingOf, MalformedMessage, parseHead, readChunked, valuesOf } from "./message.ts";
import type { Framing, Header } from "./message.ts";

export interface StrictMessage {
  readonly minorVersion: number;
  readonly headers: readonly Header[];
  readonly body: Buffer;
  readonly trailers: readonly Header[];
}

export interface StrictRequest extends StrictMessage {
  readonly method: string;
  readonly target: string;
  /** No request follows it on the connection (RFC 9112 §9.3). */
  readonly isLast: boolean;
}

export interface StrictResponse extends StrictMessage {
  readonly status: number;
  readonly reason: string;
  /** Its body ends with the connection. */
  readonly endsWithClose: boolean;
}

export type Parsed<Message> =
  | { readonly kind: "whole"; readonly message: Message; readonly end: number }
  /** More bytes may still make a message of it. */
  | { readonly kind: "partial" }
  | { readonly kind: "malformed"; readonly why: string };

const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/1\.([01])$/;
// RFC 9112 §4: the space after the code is required of senders; recipients cope without (llhttp does).
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
/** RFC 3986 §3.2.2 and §3.2.3, without the user information that RFC 9110 §4.2.4 forbids. */
const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)(?::\d*)?$/;

/** Reads the request that begins at `start`; one empty line before it is passed over (RFC 9112 §2.2). */
export function readStrictRequest(bytes: Buffer, start: number): Parsed<StrictRequest> {
  const from = bytes.toString("latin1", start, start + 2) === "\r\n" ? start + 2 : start;
  return read(bytes, from, (startLine, headers) => {
    const match = REQUEST_LINE.exec(startLine);
    if (match === null) throw new MalformedMessage(`request line ${JSON.stringify(startLine)}`);
    const minorVersion = Number(match[3]);
    checkHost(headers, minorVersion);
    const framing = framingOf(headers) ?? { kind: "none" };
    checkVersion(framing, minorVersion);
    const isLast = !isPersistent(headers, minorVersion);
    const head = { method: match[1] ?? "", target: match[2] ?? "", minorVersion, headers, isLast };
    return { head, framing };
  });
}

/** Reads the response to a request of that method. `isEnded`: the connection has ended behind the bytes. */
export function readStrictResponse(
  bytes: Buffer,
  start: number,
  { method, isEnded }: { readonly method: string; readonly isEnded: boolean },
): Parsed<StrictResponse> {
  const from = bytes.toString("latin1", start, start + 2) === "\r\n" ? start + 2 : start;
  const parsed = read(bytes, from, (startLine, headers) => {
    const match = STATUS_LINE.exec(startLine);
    if (match === null) throw new MalformedMessage(`status line ${JSON.stringify(startLine)}`);
    const minorVersion = Number(match[1]);
    const status = Number(match[2]);
    const framing = responseFraming(headers, status, method);
    checkVersion(framing, minorVersion);
    const endsWithClose = framing.kind === "close";
    const head = { status, reason: match[3] ?? "", minorVersion, headers, endsWithClose };
    return { head, framing };
  });
  if (parsed.kind === "whole" && parsed.message.endsWithClose && !isEnded) return PARTIAL;
  return parsed;
}

/** RFC 9112 §6.3: the first rule looks at no field. */
function responseFraming(headers: readonly Header[], status: number, method: string): Framing {
  const isBodyless = method === "HEAD" || status < 200 || status === 204 || status === 304;
  return isBodyless ? { kind: "none" } : (framingOf(headers) ?? { kind: "close" });
}

const PARTIAL = { kind: "partial" } as const;

interface JudgedHead<Head> {
  readonly head: Head;
  readonly framing: Framing;
}

type Body = Pick<StrictMessage, "body" | "trailers">;

function read<Head extends { readonly headers: readonly Header[] }>(
  bytes: Buffer,
  from: number,
  judge: (startLine: string, headers: readonly Header[]) => JudgedHead<Head>,
): Parsed<Head & Body> {
  const headEnd = bytes.indexOf("\r\n\r\n", from, "latin1");
  if (headEnd < 0) return PARTIAL;
  try {
    const { startLine, headers } = parseHead(bytes.toString("latin1", from, headEnd));
    const { head, framing } = judge(startLine, headers);
    const rest = bytes.subarray(headEnd + 4);
    const taken = takeBody(framing, rest);
    if (taken === undefined) return PARTIAL;
    const { body, trailers, size } = taken;
    return { kind: "whole", message: { ...head, body, trailers }, end: headEnd + 4 + size };
  } catch (error) {
    if (error instanceof MalformedMessage) return { kind: "malformed", why: error.message };
    throw error;
  }
}

function takeBody(framing: Framing, rest: Buffer): (Body & { readonly size: number }) | undefined {
  switch (framing.kind) {
    case "none":
      return { body: Buffer.alloc(0), trailers: [], size: 0 };
    case "length":
      if (rest.length < framing.length) return undefined;
      return { body: rest.subarray(0, framing.length), trailers: [], size: framing.length };
    case "chunked":
      return readChunked(rest);
    case "close":
      return { body: rest, trailers: [], size: rest.length };
  }
}

function checkHost(headers: readonly Header[], minorVersion: number): void {
  const hosts = valuesOf(headers, "host");
  const isCountRight = hosts.length === 1 || (hosts.length === 0 && minorVersion === 0);
  if (!isCountRight || !hosts.every((host) => HOST.test(host))) {
    throw new MalformedMessage(`Host ${hosts.join(" | ")}`);
  }
}

/** RFC 9112 §6.1: there is no chunked coding in HTTP/1.0. */
function checkVersion(framing: Framing, minorVersion: number): void {
  if (framing.kind === "chunked" && minorVersion === 0) {
    throw new MalformedMessage("Transfer-Encoding in HTTP/1.0");
  }
}

function isPersistent(headers: readonly Header[], minorVersion: number): boolean {
  const options = valuesOf(headers, "connection")
    .flatMap((value) => value.split(","))
    .map((option) => option.trim().toLowerCase());
  if (options.includes("close")) return false;
  return minorVersion === 1 || options.includes("keep-alive");
}
