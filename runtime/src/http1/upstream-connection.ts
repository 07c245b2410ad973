// One connection to an upstream: carries one call at a time, and is kept for the next one only when both sides are
// sure where the last one ended.
import type { Deadlines, Timed } from "../deadlines.ts";
import { GatewayError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import type { Exchange, UpstreamSide } from "../exchange.ts";
import type { ConnectHandler, Platform, Socket } from "../platform/socket.ts";
import type { ResponseReceiver, UpstreamCall } from "../upstream/transport.ts";
import { BodyReader } from "./body-reader.ts";
import type { ConnectionOwner } from "./connection-owner.ts";
import type { Fields } from "./fields.ts";
import { HeadParser } from "./head-parser.ts";
import type { HeadLimits } from "./head-parser.ts";
import { HeadLimit, overdue } from "./overdue.ts";
import { isReplayable } from "./replay.ts";
import { RequestWriter } from "./request-writer.ts";
import { readResponse, readSwitch } from "./response-head.ts";
import { StatusLine } from "./status-line.ts";
import { Tunnel } from "./tunnel.ts";
import type { TunnelOwner } from "./tunnel.ts";

/** More 1xx responses than this before the final one are an attack on the relay (U6). */
const MAX_INFORMATIONAL = 16;

export class UpstreamConnection implements ConnectHandler, UpstreamSide, Timed, TunnelOwner {
  deadlineAtMs: number = Infinity;
  /** Calls carried so far. */
  calls = 0;
  readonly #owner: ConnectionOwner<UpstreamConnection>;
  readonly #deadlines: Deadlines;
  readonly #socket: Socket;
  readonly #writer: RequestWriter;
  readonly #line = new StatusLine();
  readonly #parser: HeadParser;
  #exchange: Exchange | undefined;
  #call: UpstreamCall | undefined;
  #receiver: ResponseReceiver | undefined;
  readonly #headLimit = new HeadLimit();
  #body: BodyReader | undefined;
  #tunnel: Tunnel | undefined;
  #isConnected = false;
  #isClosed = false;
  #isRequestSent = false;
  #hasAnswered = false;
  #isPersistent = true;
  #isPaused = false;

  constructor(
    platform: Platform,
    call: UpstreamCall,
    limits: HeadLimits,
    deadlines: Deadlines,
    owner: ConnectionOwner<UpstreamConnection>,
  ) {
    this.#owner = owner;
    this.#deadlines = deadlines;
    this.#parser = new HeadParser(this.#line, limits);
    this.#socket = platform.connect({ host: call.target.host, port: call.target.port }, this);
    this.#writer = new RequestWriter(this.#socket);
    deadlines.add(this);
  }

  /** Starts a call; the connection must be new or idle. */
  start(exchange: Exchange, call: UpstreamCall, receiver: ResponseReceiver): void {
    this.calls++;
    this.#exchange = exchange;
    this.#call = call;
    this.#receiver = receiver;
    this.#isRequestSent = false;
    this.#hasAnswered = false;
    this.#headLimit.end();
    exchange.upstream = this;
    if (this.#isConnected) this.#send(exchange, call);
    else this.deadlineAtMs = this.#deadlines.after(call.connectTimeoutMs);
  }

  /** Waits for the next call at most so long. */
  idleFor(timeoutMs: number): void {
    this.deadlineAtMs = this.#deadlines.after(timeoutMs);
  }

  destroy(): void {
    this.#close();
    this.#socket.destroy();
  }

  // ---- the request

  onConnect(): void {
    this.#isConnected = true;
    const exchange = this.#exchange;
    if (exchange !== undefined && this.#call !== undefined) this.#send(exchange, this.#call);
  }

  #send(exchange: Exchange, call: UpstreamCall): void {
    exchange.forwardedAtMs = performance.now();
    this.#expectRead();
    this.#writer.begin(exchange, call);
    exchange.requestBody.readBody(this);
    this.#writer.flush();
  }

  writeBody(piece: Buffer): void {
    if (this.#isClosed) return;
    this.#writer.write(piece);
    this.#reportBlocked();
  }

  flushBody(): void {
    if (this.#isClosed) return;
    this.#writer.flush();
    this.#reportBlocked();
  }

  #reportBlocked(): void {
    if (this.#writer.isBlocked) {
      this.deadlineAtMs = this.#deadlines.after(this.#call?.writeTimeoutMs ?? 0);
      this.#exchange?.requestBody.pauseBody();
    } else {
      this.#expectRead();
    }
  }

  endBody(trailers?: Fields): void {
    if (this.#isClosed) return;
    this.#isRequestSent = true;
    this.#headLimit.begin(this.#deadlines, this.#call?.responseHeaderTimeoutMs ?? Infinity);
    this.#writer.end(trailers);
    this.#expectRead();
  }

  onDrain(): void {
    if (this.#tunnel !== undefined) return this.#tunnel.upstream.onDrain();
    this.#writer.isBlocked = false;
    this.#expectRead();
    this.#exchange?.requestBody.resumeBody();
  }

  // ---- the response

  onData(chunk: Buffer): void {
    const exchange = this.#exchange;
    if (this.#tunnel !== undefined) return this.#tunnel.upstream.onData(chunk);
    // Bytes that answer nothing: the next request must not take them for its response (U5).
    if (exchange === undefined) return this.destroy();
    this.#expectRead();
    const bodyStart = this.#body === undefined ? this.#readHead(chunk, exchange) : 0;
    if (bodyStart < 0 || this.#exchange !== exchange) return;
    this.#readBody(chunk, bodyStart, exchange);
  }

  /** Reads heads up to the final one. The offset behind it, or -1 when it is not whole yet or the call is over. */
  #readHead(chunk: Buffer, exchange: Exchange): number {
    let at = 0;
    for (;;) {
      at = this.#parser.feed(chunk, at);
      this.#hasAnswered = true;
      if (at < 0) {
        if (this.#parser.fault !== undefined) this.#reject("the head is malformed or too large");
        return -1;
      }
      if (this.#line.status >= 200) break;
      if (this.#line.status === 101) {
        this.#openTunnel(exchange, chunk.subarray(at));
        return -1;
      }
      if (!this.#relayInformational(exchange)) return -1;
      if (at === chunk.length) return -1;
    }
    const response = readResponse(exchange, this.#line, this.#parser.fields);
    if (response === undefined) {
      this.#reject("Content-Length or Transfer-Encoding cannot be trusted");
      return -1;
    }
    this.#isPersistent = response.isPersistent;
    this.#body = new BodyReader(response.framing);
    if (this.#headLimit.end()) this.#expectRead();
    this.#parser.reset();
    this.#receiver?.onHead(exchange);
    return at;
  }

  #relayInformational(exchange: Exchange): boolean {
    const status = this.#line.status;
    if (++exchange.informationalCount > MAX_INFORMATIONAL) {
      this.#reject("too many 1xx responses");
      return false;
    }
    // The client's 100 is the gateway's own affair (see DownstreamConnection.readBody).
    if (status !== 100) this.#receiver?.onInformational(exchange, status, this.#parser.fields);
    this.#parser.reset();
    return true;
  }

  // ---- after 101: no HTTP any more

  #openTunnel(exchange: Exchange, early: Buffer): void {
    const protocol = readSwitch(exchange, this.#line, this.#parser.fields);
    if (protocol === undefined || this.#call === undefined) {
      return this.#reject("101 with a protocol that was not offered");
    }
    this.#parser.reset();
    this.deadlineAtMs = Infinity;
    const tunnel = new Tunnel({
      protocol,
      socket: this.#socket,
      owner: this,
      deadlines: this.#deadlines,
      idleTimeoutMs: this.#call.readTimeoutMs,
      onClientBytes: (count) => (exchange.requestBytes += count),
      onUpstreamBytes: (count) => (exchange.responseBytes += count),
    });
    this.#tunnel = exchange.tunnel = tunnel;
    this.#receiver?.onHead(exchange);
    if (early.length > 0) tunnel.upstream.onData(early);
  }

  onTunnelEnd(): void {
    const exchange = this.#exchange;
    const receiver = this.#receiver;
    const limitMs = this.#call?.writeTimeoutMs ?? 0;
    this.#release();
    // What was written still goes out; an upstream that does not take it is cut in the end.
    this.deadlineAtMs = this.#deadlines.after(limitMs);
    this.#socket.close();
    if (exchange !== undefined) receiver?.onEnd(exchange);
  }

  onTunnelIdle(): void {
    this.#fail("upstream_timeout", "nothing went through the tunnel in time");
  }

  #readBody(chunk: Buffer, start: number, exchange: Exchange): void {
    const body = this.#body;
    if (body === undefined) return;
    const at = body.state === "more" ? body.read(chunk, start, this.#passBody) : start;
    if (this.#exchange !== exchange) return;
    switch (body.state) {
      case "more":
        return this.#receiver?.onFlush(exchange);
      case "done":
        return this.#finish(exchange, at === chunk.length);
      case "malformed":
        return this.#reject("the body's chunks are malformed");
      case "too_large":
        return this.#reject("the trailer section is over the limit");
    }
  }

  readonly #passBody = (piece: Buffer): void => {
    if (this.#exchange !== undefined) this.#receiver?.onBody(this.#exchange, piece);
  };

  /** The response is whole. */
  #finish(exchange: Exchange, isAtEnd: boolean): void {
    const receiver = this.#receiver;
    const trailers = this.#body?.trailers;
    const isReusable = isAtEnd && this.#isPersistent && this.#isRequestSent && !this.#isClosed;
    this.#release();
    if (isReusable) this.#owner.onIdle(this);
    else this.destroy();
    receiver?.onEnd(exchange, trailers);
  }

  pauseResponse(): void {
    this.#isPaused = true;
    this.deadlineAtMs = Infinity;
    this.#socket.pause();
  }

  resumeResponse(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#expectRead();
    this.#socket.resume();
  }

  #expectRead(): void {
    if (this.#isPaused || this.#call === undefined || this.#writer.isBlocked) return;
    // While the client still sends, it is the one to wait for, with a limit of its own.
    this.deadlineAtMs = this.#isRequestSent
      ? Math.min(this.#deadlines.after(this.#call.readTimeoutMs), this.#headLimit.atMs)
      : Infinity;
  }

  // ---- the end

  onEnd(): void {
    if (this.#tunnel !== undefined) return this.#tunnel.upstream.onEnd();
    const exchange = this.#exchange;
    const isWhole = this.#body?.endsWithConnection === true;
    if (exchange !== undefined && isWhole) return this.#finish(exchange, false);
    if (exchange === undefined) this.destroy();
    else this.#fail("upstream_reset", "the upstream closed the connection");
  }

  onClose(error: Error | undefined): void {
    if (this.#isClosed) return;
    if (this.#tunnel?.upstream.hasEnded === true) this.#tunnel.upstream.onGone();
    if (this.#exchange === undefined) this.#close();
    else if (!this.#isConnected) {
      this.#fail("upstream_connect_failed", error?.message ?? "the connection was refused", error);
    } else this.#fail("upstream_reset", error?.message ?? "the connection was reset");
  }

  onDeadline(): void {
    if (this.#exchange === undefined) return this.destroy();
    const { code, detail } = overdue(this.#isConnected, this.#writer.isBlocked, this.#headLimit);
    this.#fail(code, detail);
  }

  abort(): void {
    this.#release();
    this.destroy();
  }

  #reject(detail: string): void {
    this.#fail("upstream_invalid_response", detail);
  }

  #fail(code: ErrorCode, detail: string, cause?: Error): void {
    const exchange = this.#exchange;
    const receiver = this.#receiver;
    const isStale =
      code === "upstream_reset" && this.calls > 1 && !this.#hasAnswered && isReplayable(exchange);
    this.#release();
    this.destroy();
    if (exchange === undefined) return;
    receiver?.onFault(exchange, new GatewayError(isStale ? "upstream_stale" : code, detail, cause));
  }

  #release(): void {
    if (this.#exchange?.upstream === this) this.#exchange.upstream = undefined;
    this.#exchange = undefined;
    this.#call = undefined;
    this.#receiver = undefined;
    this.#body = undefined;
    this.#tunnel?.stop();
    this.#tunnel = undefined;
    this.deadlineAtMs = Infinity;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#socket.resume();
    }
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#deadlines.delete(this);
    this.#owner.onClosed(this);
  }
}
