// The client's side of an exchange that came as a Request and goes as a Response.
import { GatewayError } from "../errors.ts";
import type { BodyReceiver, ClientSide, Exchange } from "../exchange.ts";
import { FieldRole } from "../http1/field-name.ts";

export class FetchClient implements ClientSide {
  /** Settles with the response, or fails when there is none. */
  readonly response: Promise<Response>;
  readonly #request: Request;
  readonly #settle: PromiseWithResolvers<Response> = Promise.withResolvers();
  #exchange: Exchange | undefined;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isOver = false;
  #onGone: () => void = () => undefined;
  #paused: PromiseWithResolvers<void> | undefined;

  constructor(request: Request) {
    this.#request = request;
    this.response = this.#settle.promise;
  }

  /** Calls back, once, when the program that asked gives up: the request, its body, or reading the response. */
  onGone(callback: () => void): void {
    this.#onGone = callback;
    if (this.#request.signal.aborted) this.#leave();
    else this.#request.signal.addEventListener("abort", this.#leave, { once: true });
  }

  readonly #leave = (): void => {
    if (this.#isOver) return;
    this.#cut(new GatewayError("client_closed", "the program gave up"));
    this.#onGone();
  };

  sendInformational(): void {
    // A Response has no place for 1xx.
  }

  sendHead(exchange: Exchange): void {
    this.#exchange = exchange;
    const init = {
      status: exchange.status,
      statusText: /^[\t\x20-\x7e\x80-\xff]*$/.test(exchange.reason) ? exchange.reason : "",
      headers: responseHeaders(exchange),
    };
    // A Response with status 205 cannot have a body, either (fetch, "null body status").
    const hasBody = exchange.responseFraming?.kind !== "none" && exchange.status !== 205;
    this.#settle.resolve(new Response(hasBody ? this.#stream() : null, init));
  }

  #stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#body = controller;
      },
      pull: () => this.#exchange?.upstream?.resumeResponse(),
      cancel: () => {
        this.#body = undefined;
        this.#leave();
      },
    });
  }

  sendBody(piece: Buffer): void {
    if (this.#isOver || this.#body === undefined || piece.length === 0) return;
    if (this.#exchange !== undefined) this.#exchange.responseBytes += piece.length;
    // A copy: the piece is a view of a socket's buffer.
    this.#body.enqueue(new Uint8Array(piece));
    if (this.isFull) this.#exchange?.upstream?.pauseResponse();
  }

  get isFull(): boolean {
    return (this.#body?.desiredSize ?? 1) <= 0;
  }

  sendEnd(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#request.signal.removeEventListener("abort", this.#leave);
    this.#body?.close();
  }

  flush(): void {
    // Nothing is gathered.
  }

  abort(): void {
    this.#cut(new GatewayError("upstream_reset", "the response was cut"));
  }

  #cut(error: GatewayError): void {
    this.#isOver = true;
    if (this.#exchange === undefined) this.#settle.reject(error);
    else this.#body?.error(error);
  }

  readBody(receiver: BodyReceiver): void {
    const length = this.#request.headers.get("content-length");
    void this.#pump(receiver, length === null ? undefined : Number(length));
  }

  async #pump(receiver: BodyReceiver, length: number | undefined): Promise<void> {
    let sent = 0;
    try {
      for await (const piece of this.#request.body ?? []) {
        if (this.#isOver) return;
        sent += piece.byteLength;
        if (length !== undefined && sent > length) return this.#leave();
        receiver.writeBody(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
        receiver.flushBody();
        await this.#paused?.promise;
      }
      // A program that changed the body and left the old length: the rest would be the upstream's next request.
      if (this.#request.body !== null && length !== undefined && sent < length) this.#leave();
      else receiver.endBody();
    } catch {
      // The program's own stream failed: the upstream must not take what came for the whole.
      this.#leave();
    }
  }

  withdrawBody(): boolean {
    // A piece of it may be on its way already.
    return this.#request.body === null;
  }

  pauseBody(): void {
    this.#paused ??= Promise.withResolvers();
  }

  resumeBody(): void {
    this.#paused?.resolve();
    this.#paused = undefined;
  }
}

function responseHeaders(exchange: Exchange): Headers {
  const headers = new Headers();
  const { names, values } = exchange.responseFields;
  for (const [at, name] of names.entries()) {
    if (name.role === FieldRole.hopByHop) continue;
    headers.append(name.text, values[at] ?? "");
  }
  if (!headers.has("x-request-id")) headers.set("X-Request-Id", exchange.id);
  headers.append("Via", "1.1 sluice");
  return headers;
}
