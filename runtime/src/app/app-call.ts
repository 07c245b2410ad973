// One call of an app: the exchange's request as a Request, the app's Response back into the exchange.
import { STATUS_CODES } from "node:http";
import { GatewayError, detailOf } from "../errors.ts";
import type { Exchange, UpstreamSide } from "../exchange.ts";
import { Fields } from "../http1/fields.ts";
import { writeRequestHead } from "../http1/write-request-head.ts";
import type { ResponseReceiver, UpstreamCall } from "../upstream/transport.ts";
import type { App } from "./app-transport.ts";

export class AppCall implements UpstreamSide {
  readonly #exchange: Exchange;
  readonly #receiver: ResponseReceiver;
  readonly #abort = new AbortController();
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isOver = false;
  #paused: PromiseWithResolvers<void> | undefined;

  constructor(exchange: Exchange, receiver: ResponseReceiver) {
    this.#exchange = exchange;
    this.#receiver = receiver;
  }

  async run(app: App, call: UpstreamCall): Promise<void> {
    const limit = setTimeout(
      () => this.#fail(new GatewayError("upstream_timeout", "the app did not answer in time")),
      Math.min(call.readTimeoutMs, call.responseHeaderTimeoutMs),
    );
    try {
      const response = await app.fetch(this.#request(call));
      clearTimeout(limit);
      await this.#relay(response);
    } catch (thrown) {
      const detail = detailOf(thrown);
      this.#fail(
        thrown instanceof GatewayError ? thrown : new GatewayError("app_failed", detail, thrown),
      );
    } finally {
      clearTimeout(limit);
    }
  }

  #request(call: UpstreamCall): Request {
    const exchange = this.#exchange;
    const hasBody = exchange.requestFraming.kind !== "none";
    if (hasBody && (exchange.method === "GET" || exchange.method === "HEAD")) {
      throw new GatewayError("bad_request", "an app cannot take a GET with a body");
    }
    const init: RequestInit & { duplex: "half" } = {
      method: exchange.method,
      headers: requestHeaders(exchange, call),
      signal: this.#abort.signal,
      duplex: "half",
    };
    if (hasBody) init.body = this.#bodyStream();
    else exchange.requestBody.readBody(this);
    return new Request(`http://${call.host}${call.uri}`, init);
  }

  #bodyStream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#body = controller;
        this.#exchange.requestBody.readBody(this);
      },
      pull: () => {
        if (!this.#isOver) this.#exchange.requestBody.resumeBody();
      },
      cancel: () => {
        this.#body = undefined;
        if (!this.#isOver) this.#exchange.requestBody.resumeBody();
      },
    });
  }

  writeBody(piece: Buffer): void {
    if (this.#isOver || this.#body === undefined) return;
    // A copy: the app may keep it, and the piece is a view of the socket's buffer.
    this.#body.enqueue(new Uint8Array(piece));
    if ((this.#body.desiredSize ?? 1) <= 0) this.#exchange.requestBody.pauseBody();
  }

  flushBody(): void {
    // Nothing is gathered.
  }

  endBody(): void {
    if (this.#isOver) return;
    this.#body?.close();
    this.#body = undefined;
  }

  async #relay(response: Response): Promise<void> {
    if (this.#isOver) return;
    const exchange = this.#exchange;
    if (response.status < 200 || response.status > 599) {
      throw new GatewayError("upstream_invalid_response", `the app answered ${response.status}`);
    }
    exchange.status = response.status;
    exchange.reason = response.statusText || (STATUS_CODES[response.status] ?? "");
    exchange.responseFields = responseFields(response);
    const hasBody = response.body !== null && exchange.method !== "HEAD";
    exchange.responseFraming = { kind: hasBody ? "chunked" : "none" };
    const isEmpty = response.body === null && exchange.method !== "HEAD";
    if (isEmpty && response.status !== 204 && response.status !== 304) {
      exchange.responseFields.set("Content-Length", "0");
    }
    this.#receiver.onHead(exchange);
    if (hasBody && response.body !== null) await this.#relayBody(response.body);
    if (this.#isOver) return;
    this.#release();
    this.#receiver.onEnd(exchange);
  }

  async #relayBody(body: ReadableStream<Uint8Array>): Promise<void> {
    for await (const piece of body) {
      if (this.#isOver) return;
      this.#receiver.onBody(
        this.#exchange,
        Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength),
      );
      this.#receiver.onFlush(this.#exchange);
      await this.#paused?.promise;
    }
  }

  pauseResponse(): void {
    this.#paused ??= Promise.withResolvers();
  }

  resumeResponse(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }

  abort(): void {
    if (this.#isOver) return;
    this.#release();
    this.#abort.abort();
  }

  #fail(error: GatewayError): void {
    if (this.#isOver) return;
    this.abort();
    this.#receiver.onFault(this.#exchange, error);
  }

  #release(): void {
    this.#isOver = true;
    if (this.#exchange.upstream === this) this.#exchange.upstream = undefined;
    // The app must not wait for ever for what does not come any more, nor take it for the whole.
    this.#body?.error(new GatewayError("client_closed", "the rest of the body will not come"));
    this.#body = undefined;
    this.resumeResponse();
  }
}

const CONNECTION_FIELDS = ["transfer-encoding", "connection", "upgrade", "te", "trailer"];

/** The same fields that an upstream behind a socket would get. */
function requestHeaders(exchange: Exchange, call: UpstreamCall): Headers {
  const headers = new Headers();
  for (const line of writeRequestHead(exchange, call).split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.append(line.slice(0, colon), line.slice(colon + 2));
  }
  // Neither a Request nor a Response can switch protocols, be chunked, or have trailers.
  for (const name of CONNECTION_FIELDS) headers.delete(name);
  return headers;
}

function responseFields(response: Response): Fields {
  const fields = new Fields();
  for (const [name, value] of response.headers) {
    // The length is the gateway's to state: an app's own claim may not fit its stream.
    if (name !== "content-length") fields.add(name, value);
  }
  return fields;
}
