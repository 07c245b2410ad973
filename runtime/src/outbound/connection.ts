// One connection to a server that plugins ask: HTTP/1.1 over TCP or TLS, one call at a time. Heads and bodies are read
// by the same strict parsers as an upstream's.
import { connect as connectTcp, isIP } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ConnectionOptions as TlsOptions } from "node:tls";
import type { FetchErrorReason } from "@sluice/plugin-sdk";
import { BodyReader } from "../http1/body-reader.ts";
import type { Fields } from "../http1/fields.ts";
import { readControls, responseFraming } from "../http1/framing.ts";
import { HeadParser } from "../http1/head-parser.ts";
import type { HeadLimits } from "../http1/head-parser.ts";
import { StatusLine } from "../http1/status-line.ts";
import { HOLDS_TOO_MUCH } from "./call-places.ts";
import type { Hold } from "./call-places.ts";
import { FetchFailed } from "./fetch-failed.ts";
import type { OutboundResponse } from "./outbound-request.ts";
import { ReceivedBody } from "./received-body.ts";

export interface ConnectionOptions {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  readonly isSecure: boolean;
  /** The URL's: the certificate must be for it. */
  readonly host: string;
  /** PEM, instead of the runtime's own. */
  readonly ca: string | undefined;
  readonly limits: HeadLimits;
}

/** One request, written out. */
export interface Call {
  readonly method: string;
  /** The head, latin-1, with its empty line. */
  readonly head: string;
  readonly body: Buffer;
  /** Of the answer's body. */
  readonly maxBytes: number;
  readonly hold: Hold;
}

type Answer = Omit<OutboundResponse, "url">;

interface Running {
  readonly call: Call;
  readonly body: ReceivedBody;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: FetchFailed) => void;
}

/** More 1xx responses than this are an attack (U6). */
const MAX_INFORMATIONAL = 16;

export class OutboundConnection {
  readonly address: string;
  /** The current call got nothing back, so that it may be tried again. */
  isUnanswered = true;
  /** It can carry another call. */
  isReusable = false;
  onClose: (() => void) | undefined;
  readonly #socket: Socket;
  readonly #line = new StatusLine();
  readonly #parser: HeadParser;
  readonly #connected = Promise.withResolvers<void>();
  #body: BodyReader | undefined;
  #endsAtClose = false;
  #isPersistent = false;
  #informational = 0;
  #running: Running | undefined;
  #failure: FetchFailed | undefined;

  constructor(options: ConnectionOptions) {
    const { address, port, isSecure } = options;
    this.address = address;
    this.#parser = new HeadParser(this.#line, options.limits);
    const onConnect = (): void => this.#connected.resolve();
    this.#socket = isSecure
      ? connectTls(tlsOptions(options), onConnect)
      : connectTcp({ host: address, port }, onConnect);
    this.#connected.promise.catch(() => {});
    this.#socket.setNoDelay(true);
    this.#socket.on("data", (chunk: Buffer) => this.#onData(chunk));
    this.#socket.on("end", () => this.#onEnd());
    this.#socket.on("error", (error) => this.#fail("unreachable", error.message, error));
    this.#socket.on("close", () => this.#fail("unreachable", "the connection was closed"));
  }

  /** Rejected with {@link FetchFailed}. */
  connected(): Promise<void> {
    return this.#connected.promise;
  }

  /** Sends a request and waits for its whole response. Rejected with {@link FetchFailed}. */
  ask(call: Call): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.isReusable = false;
    this.isUnanswered = true;
    this.#informational = 0;
    const body = new ReceivedBody(call.maxBytes, call.hold);
    this.#running = { call, body, resolve, reject };
    this.#socket.ref();
    this.#socket.write(call.head, "latin1");
    if (call.body.length > 0) this.#socket.write(call.body);
    return promise;
  }

  /** While it waits for a call it keeps no process alive. */
  rest(): void {
    this.#socket.unref();
  }

  destroy(failure: FetchFailed = new FetchFailed("ended", "the connection was given up")): void {
    this.#end(failure);
  }

  #onData(chunk: Buffer): void {
    // Bytes that answer nothing: the next call must not take them for its response.
    if (this.#running === undefined) return this.#fail("malformed", "bytes came unasked");
    this.isUnanswered = false;
    const start = this.#body === undefined ? this.#readHead(chunk, this.#running.call) : 0;
    if (start >= 0) this.#readBody(chunk, start);
  }

  /** Reads heads up to the final one; -1 when it is not whole yet or the call has failed. */
  #readHead(chunk: Buffer, call: Call): number {
    let at = 0;
    for (;;) {
      at = this.#parser.feed(chunk, at);
      if (at < 0) {
        if (this.#parser.fault !== undefined) this.#reject("the response's head is malformed");
        return -1;
      }
      const { status } = this.#line;
      if (status >= 200) break;
      if (status === 101 || ++this.#informational > MAX_INFORMATIONAL) {
        return this.#reject(`a ${status} was not asked for`);
      }
      this.#parser.reset();
      if (at === chunk.length) return -1;
    }
    const { status, minorVersion } = this.#line;
    const controls = readControls(this.#parser.fields, minorVersion);
    if (controls === undefined) return this.#reject("the response's length cannot be trusted");
    const framing = responseFraming(controls, status, call.method);
    if (framing.kind === "length" && framing.length > call.maxBytes) return this.#tooLarge(call);
    const { wantsClose, wantsKeepAlive } = controls;
    const mayPersist = minorVersion === 1 || wantsKeepAlive;
    this.#endsAtClose = framing.kind === "close";
    this.#isPersistent = !this.#endsAtClose && mayPersist && !wantsClose;
    this.#body = new BodyReader(framing);
    return at;
  }

  #readBody(chunk: Buffer, start: number): void {
    const body = this.#body;
    if (body === undefined) return;
    const at = body.state === "more" ? body.read(chunk, start, this.#keep) : start;
    if (body.state === "more" || this.#running === undefined) return;
    if (body.state !== "done") return void this.#reject("the response's chunks are malformed");
    this.#finish(at === chunk.length);
  }

  readonly #keep = (piece: Buffer): void => {
    const running = this.#running;
    const fault = running?.body.add(piece);
    if (fault === undefined || running === undefined) return;
    if (fault === "too_large") this.#tooLarge(running.call);
    else this.#fail("limit", HOLDS_TOO_MUCH);
  };

  /** The response is whole; what came behind it makes the connection useless. */
  #finish(isAtEnd: boolean): void {
    const running = this.#running;
    if (running === undefined) return;
    const { status } = this.#line;
    const headers = pairsOf(this.#parser.fields);
    this.#running = undefined;
    this.#body = undefined;
    this.#parser.reset();
    this.isReusable = isAtEnd && this.#isPersistent && this.#failure === undefined;
    running.resolve({ status, headers, body: running.body.bytes() });
    if (!this.isReusable) this.destroy();
  }

  #onEnd(): void {
    if (this.#body !== undefined && this.#endsAtClose) this.#finish(false);
    this.#fail("unreachable", "the server closed the connection");
  }

  #tooLarge({ maxBytes }: Call): -1 {
    this.#fail("limit", `the response has more than ${maxBytes} bytes`);
    return -1;
  }

  #reject(message: string): -1 {
    this.#fail("malformed", message);
    return -1;
  }

  #fail(reason: FetchErrorReason, message: string, cause?: unknown): void {
    this.#end(new FetchFailed(reason, message, cause));
  }

  #end(failure: FetchFailed): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.isReusable = false;
    const running = this.#running;
    this.#running = undefined;
    this.#connected.reject(failure);
    running?.reject(failure);
    this.#socket.destroy();
    this.onClose?.();
  }
}

function tlsOptions({ address, port, host, ca }: ConnectionOptions): TlsOptions {
  // RFC 6066 §3: an address is no server name; the certificate is then checked for the address.
  const name = isIP(host) === 0 ? { servername: host } : {};
  return { host: address, port, ca, ALPNProtocols: ["http/1.1"], ...name };
}

function pairsOf(fields: Fields): [string, string][] {
  return fields.names.map((name, at) => [name.text, fields.values[at] ?? ""]);
}
