// One client connection: reads requests one after another, hands each to the pipeline, writes the responses in order.
import type { Deadlines, Timed } from "../deadlines.ts";
import { GatewayError, toGatewayError } from "../errors.ts";
import { Exchange } from "../exchange.ts";
import type { BodyReceiver, ClientSide, ConnectionInfo } from "../exchange.ts";
import type { Socket, SocketHandler } from "../platform/socket.ts";
import type { DownstreamOptions, RequestHandler } from "./downstream.ts";
import { errorResponse } from "./error-response.ts";
import type { Fields } from "./fields.ts";
import { HeadParser } from "./head-parser.ts";
import { RequestBody } from "./request-body.ts";
import { faultError, readRequest } from "./request-head.ts";
import { RequestLine } from "./request-line.ts";
import { ResponseWriter } from "./response-writer.ts";
import { Unread } from "./unread.ts";
import { forwardingLines } from "./write-request-head.ts";
import { writeInformationalHead } from "./write-response-head.ts";

export class DownstreamConnection implements SocketHandler, ClientSide, ConnectionInfo, Timed {
  deadlineAtMs: number;
  isDraining = false;
  readonly id: number;
  readonly clientAddress: string;
  readonly clientPort: number;
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly scheme = "http";
  readonly forwardingLines: string;
  requests = 0;
  readonly #socket: Socket;
  readonly #handler: RequestHandler;
  readonly #options: DownstreamOptions;
  readonly #deadlines: Deadlines;
  readonly #onGone: (connection: DownstreamConnection) => void;
  readonly #line = new RequestLine();
  readonly #parser: HeadParser;
  readonly #writer: ResponseWriter;
  readonly #unread = new Unread();
  #startedAtMs = 0;
  #headBytes = 0;
  #isHeadWhole = false;
  #exchange: Exchange | undefined;
  #body: RequestBody | undefined;
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
    this.id = id;
    this.clientAddress = socket.remoteAddress;
    this.clientPort = socket.remotePort;
    this.serverAddress = socket.localAddress;
    this.serverPort = socket.localPort;
    this.forwardingLines = forwardingLines(this);
    this.#socket = socket;
    this.#handler = handler;
    this.#options = options;
    this.#deadlines = deadlines;
    this.#onGone = onGone;
    this.#parser = new HeadParser(this.#line, options.limits);
    this.#writer = new ResponseWriter(socket);
    this.deadlineAtMs = deadlines.after(options.headTimeoutMs);
    deadlines.add(this);
  }

  // ---- bytes from the client

  onData(chunk: Buffer): void {
    if (this.#isLingering || this.#isClosed) return;
    this.#unread.push(chunk);
    this.#advance();
  }

  onEnd(): void {
    if (this.#exchange === undefined) return this.#close();
    // FIN alone does not tell a client that only stopped sending from one that left. One that announced its last
    // request may well have shut down its side and gets its answer; from a persistent one it means that it left.
    if (this.#isRequestWhole && !this.#isPersistent) return;
    this.#leave("the client closed the connection");
  }

  onClose(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#leave(error?.message ?? "the client closed the connection");
  }

  onDrain(): void {
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
    } else if (!this.#isLingering && this.#parser.hasBegun) {
      this.#refuse(new GatewayError("request_timeout", "the head did not come in time"));
    } else if (this.#isClosing) this.#socket.destroy();
    else this.#close();
  }

  /** Finishes what runs, then closes; an idle connection closes now. */
  drain(): void {
    this.isDraining = true;
    if (this.#exchange === undefined && !this.#parser.hasBegun) this.#linger();
  }

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
    if (this.#body !== undefined && !this.#body.isWhole && !this.#body.isMalformed) {
      return this.#readBody(this.#body);
    }
    return this.#isResponseDone && this.#finish();
  }

  #readHead(): boolean {
    if (!this.#parser.hasBegun) {
      this.#startedAtMs = performance.now();
      this.deadlineAtMs = this.#deadlines.after(this.#options.headTimeoutMs);
    }
    this.#headBytes += this.#unread.take(this.#feedParser);
    if (this.#isHeadWhole) this.#begin();
    else if (this.#parser.fault !== undefined) this.#refuse(faultError(this.#parser.fault));
    return this.#isHeadWhole;
  }

  readonly #feedParser = (bytes: Buffer, at: number): number => {
    const end = this.#parser.feed(bytes, at);
    this.#isHeadWhole = end >= 0;
    return this.#isHeadWhole ? end : bytes.length;
  };

  #begin(): void {
    this.requests++;
    try {
      const read = readRequest(this.#line, this.#parser.fields, this.#startedAtMs);
      this.#parser.reset();
      this.#isPersistent = read.isPersistent;
      this.#expectsContinue = read.expectsContinue;
      this.#isResponseDone = false;
      const { framing } = read.head;
      this.#body = framing.kind === "none" ? undefined : new RequestBody(framing);
      this.#exchange = new Exchange(read.head, this, this);
      this.#exchange.requestBytes = this.#headBytes;
      this.#headBytes = 0;
      this.deadlineAtMs = Infinity;
    } catch (thrown) {
      this.#refuse(toGatewayError(thrown));
      return;
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

  #readBody(body: RequestBody): boolean {
    const isDiscarded = this.#isResponseDone;
    if (this.#unread.isEmpty) return isDiscarded && this.#finish();
    if (!isDiscarded && (body.receiver === undefined || body.isPaused)) return false;
    const count = isDiscarded ? body.discard(this.#unread) : body.pass(this.#unread);
    const exchange = this.#exchange;
    if (exchange !== undefined) exchange.requestBytes += count;
    this.#setBodyDeadline();
    if (body.isMalformed) {
      this.#isPersistent = false;
      const error = new GatewayError("bad_request", "the body's chunks are malformed");
      if (exchange !== undefined) this.#handler.onClientFault(exchange, error);
    }
    return true;
  }

  pauseBody(): void {
    if (this.#body !== undefined) this.#body.isPaused = true;
    this.deadlineAtMs = Infinity;
    this.#socket.pause();
  }

  resumeBody(): void {
    if (this.#body?.isPaused !== true) return;
    this.#body.isPaused = false;
    this.#setBodyDeadline();
    this.#advance();
  }

  #setBodyDeadline(): void {
    const isReading = !this.#isRequestWhole && this.#body?.isPaused === false;
    this.deadlineAtMs =
      isReading || this.#writer.isBlocked
        ? this.#deadlines.after(this.#options.bodyTimeoutMs)
        : Infinity;
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
    if (this.isDraining || !this.#isRequestWhole) this.#isPersistent = false;
    this.#isPersistent = this.#writer.begin(exchange, {
      isPersistent: this.#isPersistent,
      httpDate: this.#deadlines.httpDate,
    });
  }

  sendBody(piece: Buffer): void {
    if (this.#isClosed) return;
    this.#writer.write(piece);
    this.#reportBlocked();
  }

  sendEnd(): void {
    if (this.#isClosed) return;
    this.#writer.end();
    this.#isResponseDone = true;
    this.#advance();
  }

  flush(): void {
    if (this.#isClosed) return;
    this.#writer.flush();
    this.#reportBlocked();
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
      this.#linger();
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
