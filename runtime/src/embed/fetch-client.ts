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
  #paused: PromiseWithResolvers<void> | undefined;

  constructor(request: Request) {
    this.#request = request;
    this.response = this.#settle.promise;
  }

  /** Calls back when the program that asked gives up. */
  onAborted(callback: () => void): void {
    if (this.#request.signal.aborted) callback();
    else this.#request.signal.addEventListener("abort", callback, { once: true });
  }

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
    const hasBody = exchange.responseFraming?.kind !== "none";
    this.#settle.resolve(new Response(hasBody ? this.#stream() : null, init));
  }

  #stream(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#body = controller;
      },
      pull: () => this.#exchange?.upstream?.resumeResponse(),
      cancel: () => {
        this.#isOver = true;
        this.#exchange?.upstream?.abort();
      },
    });
  }

  sendBody(piece: Buffer): void {
    if (this.#isOver || this.#body === undefined || piece.length === 0) return;
    if (this.#exchange !== undefined) this.#exchange.responseBytes += piece.length;
    // A copy: the piece is a view of a socket's buffer.
    this.#body.enqueue(new Uint8Array(piece));
    if ((this.#body.desiredSize ?? 1) <= 0) this.#exchange?.upstream?.pauseResponse();
  }

  sendEnd(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#body?.close();
  }

  flush(): void {
    // Nothing is gathered.
  }

  abort(): void {
    this.#isOver = true;
    const error = new GatewayError("upstream_reset", "the response was cut");
    if (this.#exchange === undefined) this.#settle.reject(error);
    else this.#body?.error(error);
  }

  readBody(receiver: BodyReceiver): void {
    void this.#pump(receiver);
  }

  async #pump(receiver: BodyReceiver): Promise<void> {
    try {
      for await (const piece of this.#request.body ?? []) {
        if (this.#isOver) return;
        receiver.writeBody(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
        await this.#paused?.promise;
      }
      receiver.endBody();
    } catch {
      // The program's own stream failed: the upstream must not take what came for the whole.
      this.#exchange?.upstream?.abort();
    }
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
