// HTTP/1.1 over sockets, with connections kept for the next request.
import type { Deadlines } from "../deadlines.ts";
import type { Exchange } from "../exchange.ts";
import type { ConnectionOwner } from "../http1/connection-owner.ts";
import type { HeadLimits } from "../http1/head-parser.ts";
import { UpstreamConnection } from "../http1/upstream-connection.ts";
import type { Platform } from "../platform/socket.ts";
import type { ConnectionBound, ResponseReceiver, Transport, UpstreamCall } from "./transport.ts";

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
  /** Of upstreams that bound their connections, by name. */
  readonly #groups = new Map<string, ConnectionGroup>();
  #isClosed = false;
  #openCount = 0;

  constructor(platform: Platform, deadlines: Deadlines, options: Http1TransportOptions) {
    this.#platform = platform;
    this.#deadlines = deadlines;
    this.#options = options;
  }

  call(exchange: Exchange, call: UpstreamCall, receiver: ResponseReceiver): void {
    const pool =
      call.connections === undefined
        ? this.#pool(call.target.address)
        : this.#boundedPool(call.target.address, call.connections);
    const idle = call.isFresh ? undefined : pool.take();
    const connection = idle ?? this.#open(call, pool);
    connection.start(exchange, call, receiver);
  }

  #open(call: UpstreamCall, pool: IdleConnections): UpstreamConnection {
    if (this.#openCount >= this.#options.maxConnections) this.#dropIdle();
    this.#openCount++;
    pool.onOpen();
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

  #pool(key: string, group?: ConnectionGroup): IdleConnections {
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new IdleConnections(this.#options, {
        isClosed: () => this.#isClosed,
        onOpen: () => group?.makeRoom(),
        onGone: () => {
          this.#openCount--;
          if (group !== undefined) group.open--;
        },
      });
      this.#pools.set(key, pool);
      group?.pools.push(pool);
    }
    return pool;
  }

  /** What other upstreams have open to the same address is theirs. */
  #boundedPool(address: string, { upstream, max }: ConnectionBound): IdleConnections {
    let group = this.#groups.get(upstream);
    if (group === undefined) this.#groups.set(upstream, (group = new ConnectionGroup()));
    group.max = max;
    return this.#pool(`${upstream} ${address}`, group);
  }
}

/** The connections of an upstream that bounds them. */
class ConnectionGroup {
  readonly pools: IdleConnections[] = [];
  max = 0;
  open = 0;

  /** No more tries are under way than connections may be open: where all of those are, some are idle. */
  makeRoom(): void {
    if (this.open >= this.max) for (const pool of this.pools) if (pool.dropOldest()) break;
    this.open++;
  }
}

interface PoolOwner {
  isClosed(): boolean;
  /** A connection is about to be opened. */
  onOpen(): void;
  onGone(): void;
}

/** Connections to one address that wait for a call; the most recently used goes first, so that the rest can age. */
class IdleConnections implements ConnectionOwner<UpstreamConnection> {
  readonly #options: Http1TransportOptions;
  readonly #owner: PoolOwner;
  readonly #idle: UpstreamConnection[] = [];

  constructor(options: Http1TransportOptions, owner: PoolOwner) {
    this.#options = options;
    this.#owner = owner;
  }

  onOpen(): void {
    this.#owner.onOpen();
  }

  take(): UpstreamConnection | undefined {
    return this.#idle.pop();
  }

  onIdle(connection: UpstreamConnection): void {
    if (
      this.#owner.isClosed() ||
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
    this.#owner.onGone();
    const at = this.#idle.lastIndexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  clear(): void {
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }
}
