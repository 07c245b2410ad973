// One client connection: reads requests one after another, hands each to the pipeline, writes the responses in order.
import type { Deadlines, Timed } from "../deadlines.ts";
import { GatewayError, toGatewayError } from "../errors.ts";
import { Exchange } from "../exchange.ts";
import type { BodyReceiver, ClientSide } from "../exchange.ts";
import type { Socket, SocketHandler } from "../platform/socket.ts";
import { ClientConnection } from "./client-connection.ts";
import type { DownstreamOptions, RequestHandler } from "./downstream.ts";
import { errorResponse } from "./error-response.ts";
import type { Fields } from "./fields.ts";
import { RequestBody } from "./request-body.ts";
import { RequestHeadReader } from "./request-head-reader.ts";
import { ResponseWriter } from "./response-writer.ts";
import type { Tunnel, TunnelEnd } from "./tunnel.ts";
import { Unread } from "./unread.ts";
import { writeInformationalHead } from "./write-response-head.ts";

export class DownstreamConnection implements SocketHandler, ClientSide, Timed {
  deadlineAtMs: number;
  isDraining = false;
  readonly #connection: ClientConnection;
  readonly #socket: Socket;
  readonly #handler: RequestHandler;
  readonly #options: DownstreamOptions;
  readonly #deadlines: Deadlines;
  readonly #onGone: (connection: DownstreamConnection) => void;
  readonly #head: RequestHeadReader;
  readonly #writer: ResponseWriter;
  readonly #unread = new Unread();
  #exchange: Exchange | undefined;
  #body: RequestBody | undefined;
  #tunnel: TunnelEnd | undefined;
  #isPersistent = true;
  #expectsContinue = false;
  #isResponseDone = false;
  #isAdvancing = false;
  #isLingering = false;
  #isClosing = false;
  #isClosed = false;

  constructor(
    id: number,
    socket: Socket,
    handler: RequestHandler,
    deadlines: Deadlines,
    options: DownstreamOptions,
    onGone: (connection: DownstreamConnection) => void,
  ) {
    this.#connection = new ClientConnection(id, socket, options);
    this.#socket = socket;
    this.#handler = handler;
    this.#options = options;
    this.#deadlines = deadlines;
    this.#onGone = onGone;
    this.#head = new RequestHeadReader(options.limits);
    this.#writer = new ResponseWriter(socket);
    this.deadlineAtMs = deadlines.after(options.headTimeoutMs);
    deadlines.add(this);
  }

  // ---- bytes from the client

  onData(chunk: Buffer): void {
    if (this.#tunnel !== undefined) return this.#tunnel.onData(chunk);
    if (this.#isLingering || this.#isClosed) return;
    this.#unread.push(chunk);
    this.#advance();
  }

  onEnd(): void {
    if (this.#tunnel !== undefined) return this.#tunnel.onEnd();
    if (this.#exchange === undefined) return this.#close();
    // FIN alone does not tell a client that only stopped sending from one that left. One that announced its last
    // request may well have shut down its side and gets its answer; from a persistent one it means that it left.
    if (this.#isRequestWhole && !this.#isPersistent) return;
    this.#leave("the client closed the connection");
  }

  onClose(error: Error | undefined): void {
    if (this.#isClosed) return;
    if (this.#tunnel?.hasEnded === true) this.#tunnel.onGone();
    this.#leave(error?.message ?? "the client closed the connection");
  }

  onDrain(): void {
    if (this.#tunnel !== undefined) return this.#tunnel.onDrain();
    this.#writer.isBlocked = false;
    if (this.#exchange === undefined) return this.#advance();
    this.#setBodyDeadline();
    this.#exchange.upstream?.resumeResponse();
  }

  onDeadline(): void {
    const exchange = this.#exchange;
    if (exchange !== undefined) {
      const error = new GatewayError("request_timeout", "the client sends or reads too slowly");
      this.#isPersistent = false;
      this.#handler.onClientFault(exchange, error);
    } else if (!this.#isLingering && this.#head.hasBegun) {
      this.#refuse(new GatewayError("request_timeout", "the head did not come in time"));
    } else if (this.#isIdle) setTimeout(this.#endIdle, 0);
    else if (this.#isClosing) this.#socket.destroy();
    else this.#close();
  }

  /**
   * Finishes what runs, then closes. An idle connection has `graceMs` from its last response on: a client that asks
   * one time after the other has its next request on the way, and it is answered.
   */
  drain(graceMs: number): void {
    this.isDraining = true;
    if (!this.#isIdle) return;
    const endAtMs = this.deadlineAtMs - this.#connection.idleLimitMs + graceMs;
    this.deadlineAtMs = Math.max(endAtMs, this.#deadlines.after(0));
  }

  get #isIdle(): boolean {
    const isUsed = this.#exchange !== undefined || this.#head.hasBegun;
    return !isUsed && !this.#isLingering && !this.#isClosed;
  }

  /** What has come by now was read before this ran: only a request that is still under way can be lost. */
  readonly #endIdle = (): void => {
    if (this.#isIdle) this.#linger();
  };

  // ---- the way forward: as far as the bytes at hand allow

  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    while (this.#step());
    this.#isAdvancing = false;
    // What is left waits for its turn (the next request, or a body that nobody reads yet): no more until then.
    if (this.#body?.isPaused === true || !this.#unread.isEmpty) this.#socket.pause();
    else this.#socket.resume();
  }

  get #isRequestWhole(): boolean {
    return this.#body === undefined || this.#body.isWhole;
  }

  #step(): boolean {
    if (this.#isLingering || this.#isClosed) {
      this.#unread.clear();
      return false;
    }
    if (this.#exchange === undefined) {
      // A client that asks on and on without reading the answers must not fill the memory with them (C3).
      if (this.#unread.isEmpty || this.#writer.isBlocked) return false;
      return this.#readHead();
    }
    if (this.#body?.isReadable === true) return this.#readBody(this.#body, this.#exchange);
    return this.#isResponseDone && this.#finish();
  }

  #readHead(): boolean {
    const head = this.#head;
    if (!head.hasBegun) this.deadlineAtMs = this.#deadlines.after(this.#options.headTimeoutMs);
    if (head.feed(this.#unread)) {
      this.#begin();
      return true;
    }
    if (head.fault !== undefined) this.#refuse(head.fault);
    return false;
  }

  #begin(): void {
    this.#connection.requests++;
    try {
      const relayed = this.#connection.relayed(this.#head.fields);
      const read = this.#head.read();
      this.#isPersistent = read.isPersistent;
      this.#expectsContinue = read.expectsContinue;
      this.#isResponseDone = false;
      const { framing } = read.head;
      const { requestTimeoutMs } = this.#options;
      const limitAtMs = this.#head.startedAtMs + (requestTimeoutMs || Infinity);
      this.#body = framing.kind === "none" ? undefined : new RequestBody(framing, limitAtMs);
      this.#exchange = new Exchange(read.head, this, this.#connection);
      this.#exchange.relayed = relayed;
      this.#exchange.requestBytes = this.#head.bytes;
      this.deadlineAtMs = Infinity;
    } catch (thrown) {
      return this.#refuse(toGatewayError(thrown));
    }
    this.#handler.start(this.#exchange);
  }

  // ---- the request's body

  readBody(receiver: BodyReceiver): void {
    if (this.#body === undefined) {
      receiver.endBody();
      return;
    }
    this.#body.receiver = receiver;
    if (this.#expectsContinue && this.#unread.isEmpty && !this.#writer.hasBegun) {
      this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n");
    }
    this.#expectsContinue = false;
    this.#setBodyDeadline();
    this.#advance();
  }

  withdrawBody(): boolean {
    return this.#body === undefined || this.#body.withdraw();
  }

  #readBody(body: RequestBody, exchange: Exchange): boolean {
    const isDiscarded = this.#isResponseDone;
    if (this.#unread.isEmpty) return isDiscarded && this.#finish();
    if (!isDiscarded && (body.receiver === undefined || body.isPaused)) return false;
    const count = isDiscarded ? body.discard(this.#unread) : body.pass(this.#unread);
    exchange.requestBytes += count;
    this.#setBodyDeadline();
    const { fault } = body;
    if (fault !== undefined) {
      this.#isPersistent = false;
      this.#handler.onClientFault(exchange, fault);
    }
    return true;
  }

  pauseBody(): void {
    if (this.#body !== undefined) this.#body.isPaused = true;
    this.#setBodyDeadline();
    this.#socket.pause();
  }

  resumeBody(): void {
    if (this.#body?.isPaused !== true) return;
    this.#body.isPaused = false;
    this.#setBodyDeadline();
    this.#advance();
  }

  #setBodyDeadline(): void {
    const rest = this.#isRequestWhole ? undefined : this.#body;
    const isWaiting = rest?.isPaused === false || this.#writer.isBlocked;
    const idleAtMs = isWaiting ? this.#deadlines.after(this.#options.bodyTimeoutMs) : Infinity;
    this.deadlineAtMs = rest === undefined ? idleAtMs : Math.min(idleAtMs, rest.limitAtMs);
  }

  // ---- the response

  sendInformational(status: number, fields: Fields): void {
    if (this.#exchange?.minorVersion === 0 || this.#isClosed) return;
    this.#socket.write(writeInformationalHead(status, fields));
  }

  sendHead(exchange: Exchange): void {
    if (this.#isClosed) return;
    // A body that nobody will read may already be here as a whole; if not, where the next request starts is
    // unknown for long, and the connection is not worth the wait (H21).
    const body = this.#body;
    if (body !== undefined && body.receiver === undefined) body.discard(this.#unread);
    if (body !== undefined && !body.isWhole) {
      this.#isPersistent = false;
      // As in Envoy: an exchange whose two sides talk at once may take its time.
      body.limitAtMs = Infinity;
      this.#setBodyDeadline();
    } else if (this.isDraining) this.#isPersistent = false;
    this.#isPersistent = this.#writer.begin(exchange, {
      isPersistent: this.#isPersistent,
      httpDate: this.#deadlines.httpDate,
    });
    if (exchange.responseFraming?.kind === "tunnel") this.#openTunnel(exchange.tunnel);
  }

  /** What came behind the request was kept until now: only after 101 it is no HTTP (H22). */
  #openTunnel(tunnel: Tunnel | undefined): void {
    this.#writer.flush();
    this.#isPersistent = false;
    this.deadlineAtMs = Infinity;
    this.#tunnel = tunnel?.join(this.#socket, this.#unread.rest());
  }

  sendBody(piece: Buffer): void {
    if (this.#isClosed) return;
    this.#writer.write(piece);
    this.#reportBlocked();
  }

  sendEnd(trailers?: Fields): void {
    if (this.#isClosed) return;
    this.#writer.end(trailers);
    this.#isResponseDone = true;
    this.#advance();
  }

  flush(): void {
    if (this.#isClosed) return;
    this.#writer.flush();
    this.#reportBlocked();
  }

  get isFull(): boolean {
    return this.#writer.isBlocked;
  }

  #reportBlocked(): void {
    if (!this.#writer.isBlocked) return;
    this.#setBodyDeadline();
    this.#exchange?.upstream?.pauseResponse();
  }

  abort(): void {
    this.#socket.destroy();
  }

  /** The response is out: on to the next request, or away. */
  #finish(): boolean {
    const isWhole = this.#isRequestWhole;
    this.#exchange = undefined;
    this.#body = undefined;
    if (!isWhole || !this.#isPersistent || this.isDraining) {
      if (this.#tunnel === undefined) this.#linger();
      else this.#close();
      return false;
    }
    this.deadlineAtMs = this.#deadlines.after(this.#options.keepAliveTimeoutMs);
    return true;
  }

  /** Answers a request that cannot be understood, and closes: what follows it cannot be trusted (I4). */
  #refuse(error: GatewayError): void {
    this.#handler.onRefused(error);
    this.#socket.write(errorResponse(error, this.#deadlines.httpDate));
    this.#linger();
  }

  /** Says FIN and waits a little: closing with unread input would reset the connection and lose the response. */
  #linger(): void {
    this.#isLingering = true;
    this.#unread.clear();
    this.deadlineAtMs = this.#deadlines.after(this.#options.lingerMs);
    this.#socket.shutdown();
    this.#socket.resume();
  }

  /** Goes when all that was written is out; a client that takes none of it is cut in the end. */
  #close(): void {
    this.#isClosing = true;
    this.#isLingering = true;
    this.deadlineAtMs = this.#deadlines.after(this.#options.bodyTimeoutMs);
    this.#socket.close();
  }

  #leave(why: string): void {
    this.#isClosed = true;
    this.#deadlines.delete(this);
    this.#onGone(this);
    const exchange = this.#exchange;
    this.#exchange = undefined;
    this.#socket.destroy();
    if (exchange !== undefined && !this.#isResponseDone) {
      this.#handler.onClientFault(exchange, new GatewayError("client_closed", why));
    }
  }
}
