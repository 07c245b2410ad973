// One client connection: reads requests one after another, hands each to the pipeline, writes the responses in order.
import type { Deadlines, Timed } from "../deadlines.ts";
import { GatewayError, toGatewayError } from "../errors.ts";
import { Exchange } from "../exchange.ts";
import type { BodyReceiver, ClientSide, ConnectionInfo } from "../exchange.ts";
import type { Socket, SocketHandler } from "../platform/socket.ts";
import { BodyReader } from "./body-reader.ts";
import { errorResponse } from "./error-response.ts";
import type { Fields } from "./fields.ts";
import { HeadParser } from "./head-parser.ts";
import type { HeadFault, HeadLimits } from "./head-parser.ts";
import { readRequest } from "./request-head.ts";
import { RequestLine } from "./request-line.ts";
import { ResponseWriter } from "./response-writer.ts";
import { forwardingLines } from "./write-request-head.ts";
import { writeInformationalHead } from "./write-response-head.ts";

/** What the pipeline does with requests. */
export interface RequestHandler {
  start(exchange: Exchange): void;
  /** The client is gone or cannot be served any more; the error says why. */
  onClientFault(exchange: Exchange, error: GatewayError): void;
  /** A request that never became an exchange. */
  onRefused(error: GatewayError): void;
}

export interface DownstreamOptions {
  readonly limits: HeadLimits;
  /** From the first byte of a head to its last, ms. */
  readonly headTimeoutMs: number;
  /** Between two reads of a body, and between two writes that a slow reader delays, ms. */
  readonly bodyTimeoutMs: number;
  /** Between two requests, ms. */
  readonly keepAliveTimeoutMs: number;
  /** After the last response, for the client to stop sending before the connection goes away, ms. */
  readonly lingerMs: number;
}

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
  #startedAtMs = 0;
  #headBytes = 0;
  #exchange: Exchange | undefined;
  #body: BodyReader | undefined;
  #receiver: BodyReceiver | undefined;
  #isPersistent = true;
  #expectsContinue = false;
  #isResponseDone = false;
  /** Bytes read from the socket and not yet understood. */
  #input: Buffer | undefined;
  #inputAt = 0;
  #isAdvancing = false;
  #isBodyPaused = false;
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
    this.#input =
      this.#input === undefined
        ? chunk
        : Buffer.concat([this.#input.subarray(this.#inputAt), chunk]);
    this.#inputAt = 0;
    this.#advance();
  }

  onEnd(): void {
    if (this.#exchange === undefined) {
      this.#close();
      return;
    }
    // FIN alone does not tell a client that only stopped sending from one that left. One that announced its last
    // request may well have shut down its side and gets its answer; from a persistent one it means that it left.
    const isRequestWhole = this.#body === undefined || this.#body.state === "done";
    if (isRequestWhole && !this.#isPersistent) return;
    this.#leave("the client closed the connection");
  }

  onClose(error: Error | undefined): void {
    if (this.#isClosed) return;
    this.#leave(error?.message ?? "the client closed the connection");
  }

  onDrain(): void {
    this.#writer.isBlocked = false;
    if (this.#exchange === undefined) {
      this.#advance();
      return;
    }
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
    } else if (this.#isClosing) {
      this.#socket.destroy();
    } else {
      this.#close();
    }
  }

  /** Finishes what runs, then closes; an idle connection closes now. */
  drain(): void {
    this.isDraining = true;
    if (this.#exchange === undefined && !this.#parser.hasBegun) this.#linger();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  // ---- the way forward: as far as the bytes at hand allow

  #advance(): void {
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    while (this.#step());
    this.#isAdvancing = false;
    // What is left waits for its turn (the next request, or a body that nobody reads yet): no more until then.
    if (this.#isBodyPaused || this.#input !== undefined) this.#socket.pause();
    else this.#socket.resume();
  }

  #step(): boolean {
    if (this.#isLingering || this.#isClosed) {
      this.#input = undefined;
      return false;
    }
    if (this.#exchange === undefined) {
      // A client that asks on and on without reading the answers must not fill the memory with them (C3).
      if (this.#input === undefined || this.#writer.isBlocked) return false;
      return this.#readHead(this.#input);
    }
    if (this.#body !== undefined && this.#body.state === "more") return this.#readBody(this.#body);
    return this.#isResponseDone && this.#finish();
  }

  #consumed(input: Buffer, at: number): void {
    this.#inputAt = at;
    if (at >= input.length) this.#input = undefined;
  }

  #readHead(input: Buffer): boolean {
    if (!this.#parser.hasBegun) {
      this.#startedAtMs = performance.now();
      this.deadlineAtMs = this.#deadlines.after(this.#options.headTimeoutMs);
    }
    const start = this.#inputAt;
    const end = this.#parser.feed(input, start);
    this.#consumed(input, end < 0 ? input.length : end);
    this.#headBytes += (end < 0 ? input.length : end) - start;
    if (end >= 0) {
      this.#begin();
      return true;
    }
    if (this.#parser.fault !== undefined) this.#refuse(faultError(this.#parser.fault));
    return false;
  }

  #begin(): void {
    this.requests++;
    try {
      const read = readRequest(this.#line, this.#parser.fields, this.#startedAtMs);
      this.#parser.reset();
      this.#isPersistent = read.isPersistent;
      this.#expectsContinue = read.expectsContinue;
      this.#isResponseDone = false;
      this.#body =
        read.head.framing.kind === "none" ? undefined : new BodyReader(read.head.framing);
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
    this.#receiver = receiver;
    if (this.#expectsContinue && this.#input === undefined && !this.#writer.hasBegun) {
      this.#socket.write("HTTP/1.1 100 Continue\r\n\r\n");
    }
    this.#expectsContinue = false;
    this.#setBodyDeadline();
    this.#advance();
  }

  #readBody(body: BodyReader): boolean {
    const input = this.#input;
    const isDiscarded = this.#isResponseDone;
    if (input === undefined || (this.#receiver === undefined && !isDiscarded)) {
      return isDiscarded && this.#finish();
    }
    if (this.#isBodyPaused && !isDiscarded) return false;
    const before = this.#inputAt;
    this.#consumed(input, body.read(input, before, isDiscarded ? ignore : this.#passBody));
    const exchange = this.#exchange;
    if (exchange !== undefined) exchange.requestBytes += this.#inputAt - before;
    this.#setBodyDeadline();
    if (body.state === "malformed") {
      this.#isPersistent = false;
      const error = new GatewayError("bad_request", "the body's chunks are malformed");
      if (exchange !== undefined) this.#handler.onClientFault(exchange, error);
      return true;
    }
    if (body.state === "done" && !isDiscarded) this.#receiver?.endBody();
    return true;
  }

  readonly #passBody = (piece: Buffer): void => this.#receiver?.writeBody(piece);

  pauseBody(): void {
    this.#isBodyPaused = true;
    this.deadlineAtMs = Infinity;
    this.#socket.pause();
  }

  resumeBody(): void {
    if (!this.#isBodyPaused) return;
    this.#isBodyPaused = false;
    this.#setBodyDeadline();
    this.#advance();
  }

  #setBodyDeadline(): void {
    const isReading = this.#body?.state === "more" && !this.#isBodyPaused;
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
    const isBodyUnread = this.#body?.state === "more";
    if (this.isDraining || (isBodyUnread && this.#receiver !== undefined)) {
      this.#isPersistent = false;
    } else if (isBodyUnread && !this.#isWholeBodyHere()) {
      this.#isPersistent = false;
    }
    this.#isPersistent = this.#writer.begin(exchange, {
      isPersistent: this.#isPersistent,
      httpDate: this.#deadlines.httpDate,
    });
  }

  /** Discards what is at hand of an unread body; true when that was all of it. */
  #isWholeBodyHere(): boolean {
    const input = this.#input;
    const body = this.#body;
    if (body === undefined || input === undefined) return false;
    this.#consumed(input, body.read(input, this.#inputAt, ignore));
    return body.state === "done";
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
    const isWhole = this.#body === undefined || this.#body.state === "done";
    this.#exchange = undefined;
    this.#body = undefined;
    this.#receiver = undefined;
    this.#isBodyPaused = false;
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
    this.#input = undefined;
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

function ignore(): void {
  // A discarded body goes nowhere.
}

function faultError(fault: HeadFault): GatewayError {
  switch (fault) {
    case "malformed":
      return new GatewayError("bad_request", "the head is malformed");
    case "start_line_too_long":
      return new GatewayError("target_too_long", "the request line is over the limit");
    case "fields_too_large":
      return new GatewayError("head_too_large", "the header section is over the limit");
    default:
      return fault;
  }
}
