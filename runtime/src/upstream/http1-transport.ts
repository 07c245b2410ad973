// HTTP/1.1 over sockets, with connections kept for the next request.
import type { Deadlines } from "../deadlines.ts";
import type { Exchange } from "../exchange.ts";
import type { HeadLimits } from "../http1/head-parser.ts";
import { UpstreamConnection } from "../http1/upstream-connection.ts";
import type { ConnectionOwner } from "../http1/upstream-connection.ts";
import type { Platform } from "../platform/socket.ts";
import type { ResponseReceiver, Transport, UpstreamCall } from "./transport.ts";

export interface Http1TransportOptions {
  readonly limits: HeadLimits;
  /** Idle connections kept for one address (Kong's upstream_keepalive_pool_size). */
  readonly maxIdlePerAddress: number;
  /** How long an idle connection is kept, ms (upstream_keepalive_idle_timeout). */
  readonly idleTimeoutMs: number;
  /** Calls after which a connection is not kept (upstream_keepalive_max_requests). */
  readonly maxCallsPerConnection: number;
  /** To all addresses, idle ones included: before one more is opened, one that is idle goes (O1). */
  readonly maxConnections: number;
}

export class Http1Transport implements Transport {
  readonly #platform: Platform;
  readonly #deadlines: Deadlines;
  readonly #options: Http1TransportOptions;
  readonly #pools = new Map<string, IdleConnections>();
  #isClosed = false;
  #openCount = 0;

  constructor(platform: Platform, deadlines: Deadlines, options: Http1TransportOptions) {
    this.#platform = platform;
    this.#deadlines = deadlines;
    this.#options = options;
  }

  call(exchange: Exchange, call: UpstreamCall, receiver: ResponseReceiver): void {
    const pool = this.#pool(call.target.address);
    const idle = call.isFresh ? undefined : pool.take();
    const connection = idle ?? this.#open(call, pool);
    connection.start(exchange, call, receiver);
  }

  #open(call: UpstreamCall, pool: IdleConnections): UpstreamConnection {
    if (this.#openCount >= this.#options.maxConnections) this.#dropIdle();
    this.#openCount++;
    return new UpstreamConnection(
      this.#platform,
      call,
      this.#options.limits,
      this.#deadlines,
      pool,
    );
  }

  #dropIdle(): void {
    for (const pool of this.#pools.values()) if (pool.dropOldest()) return;
  }

  close(): void {
    this.#isClosed = true;
    for (const pool of this.#pools.values()) pool.clear();
  }

  #pool(address: string): IdleConnections {
    let pool = this.#pools.get(address);
    if (pool === undefined) {
      pool = new IdleConnections(
        this.#options,
        () => this.#isClosed,
        () => this.#openCount--,
      );
      this.#pools.set(address, pool);
    }
    return pool;
  }
}

/** Connections to one address that wait for a call; the most recently used goes first, so that the rest can age. */
class IdleConnections implements ConnectionOwner {
  readonly #options: Http1TransportOptions;
  readonly #isClosed: () => boolean;
  readonly #onGone: () => void;
  readonly #idle: UpstreamConnection[] = [];

  constructor(options: Http1TransportOptions, isClosed: () => boolean, onGone: () => void) {
    this.#options = options;
    this.#isClosed = isClosed;
    this.#onGone = onGone;
  }

  take(): UpstreamConnection | undefined {
    return this.#idle.pop();
  }

  onIdle(connection: UpstreamConnection): void {
    if (
      this.#isClosed() ||
      this.#idle.length >= this.#options.maxIdlePerAddress ||
      connection.calls >= this.#options.maxCallsPerConnection
    ) {
      connection.destroy();
      return;
    }
    connection.idleFor(this.#options.idleTimeoutMs);
    this.#idle.push(connection);
  }

  /** Whether there was one. */
  dropOldest(): boolean {
    const [oldest] = this.#idle;
    oldest?.destroy();
    return oldest !== undefined;
  }

  onClosed(connection: UpstreamConnection): void {
    this.#onGone();
    const at = this.#idle.lastIndexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  clear(): void {
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }
}
