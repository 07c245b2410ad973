// Connections to servers that plugins ask, kept for a moment after a call. Each plugin has its own.
import type { HeadLimits } from "../http1/head-parser.ts";
import { OutboundConnection } from "./connection.ts";
import { addressesOf, mayConnect } from "./destination.ts";
import type { FetchRules, Resolver } from "./destination.ts";
import { FetchFailed } from "./fetch-failed.ts";
import { portOf } from "./outbound-request.ts";

export interface ConnectionPoolOptions {
  readonly resolve: Resolver;
  readonly limits: HeadLimits;
  /** PEM of the authorities to trust, instead of the runtime's own. */
  readonly ca?: string;
}

/** Shorter than what servers use (Node: 5 s), so that few connections are closed while a call is on its way, ms. */
const IDLE_MS = 4000;
const MAX_IDLE_PER_ORIGIN = 16;
const MAX_IDLE = 128;
/** For one of several addresses of a name, ms: the next one may be reachable. */
const ADDRESS_TIMEOUT_MS = 2000;

interface Idle {
  readonly key: string;
  readonly connection: OutboundConnection;
  readonly timer: NodeJS.Timeout;
}

export class ConnectionPool {
  readonly #options: ConnectionPoolOptions;
  /** The longest unused one first. */
  #idle: Idle[] = [];
  #isClosed = false;

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
  }

  /** A kept connection to the URL's origin whose address the rules allow now. */
  take(url: URL, rules: FetchRules): OutboundConnection | undefined {
    const key = keyOf(url, rules);
    const found = this.#idle.findLast(
      (idle) => idle.key === key && mayConnect(idle.connection.address, url, rules),
    );
    return found && this.#remove(found);
  }

  /** Keeps a connection whose call is over, when it can carry another one. */
  give(
    connection: OutboundConnection,
    url: URL,
    rules: FetchRules,
    keepAliveMs: number = IDLE_MS,
  ): void {
    const key = keyOf(url, rules);
    const same = this.#idle.filter((idle) => idle.key === key).length;
    if (this.#isClosed || !connection.isReusable || same >= MAX_IDLE_PER_ORIGIN) {
      return connection.destroy();
    }
    const oldest = this.#idle[0];
    if (oldest !== undefined && this.#idle.length >= MAX_IDLE) this.#remove(oldest).destroy();
    const timer = setTimeout(() => connection.destroy(), keepAliveMs).unref();
    const idle = { key, connection, timer };
    connection.onClose = () => void this.#remove(idle);
    connection.rest();
    this.#idle.push(idle);
  }

  #remove(idle: Idle): OutboundConnection {
    clearTimeout(idle.timer);
    idle.connection.onClose = undefined;
    this.#idle = this.#idle.filter((other) => other !== idle);
    return idle.connection;
  }

  /** Connects to the first of the origin's addresses that answers. Rejected with {@link FetchFailed}. */
  async open(url: URL, rules: FetchRules, signal: AbortSignal): Promise<OutboundConnection> {
    const addresses = await unlessAborted(addressesOf(url, rules, this.#options.resolve), signal);
    let failure = new FetchFailed("unreachable", `${url.host} has no address`);
    for (const [at, address] of addresses.entries()) {
      signal.throwIfAborted();
      const limitMs = at < addresses.length - 1 ? ADDRESS_TIMEOUT_MS : Infinity;
      try {
        return await this.#connect(address, url, signal, limitMs);
      } catch (error) {
        signal.throwIfAborted();
        failure = error instanceof FetchFailed ? error : failure;
      }
    }
    throw failure;
  }

  async #connect(
    address: string,
    url: URL,
    signal: AbortSignal,
    limitMs: number,
  ): Promise<OutboundConnection> {
    const { limits, ca } = this.#options;
    const connection = new OutboundConnection({
      address,
      port: portOf(url),
      host: url.hostname.replace(/^\[|\]$|\.$/g, ""),
      isSecure: url.protocol === "https:",
      limits,
      ca,
    });
    const giveUp = (): void => connection.destroy();
    const timer = limitMs === Infinity ? undefined : setTimeout(giveUp, limitMs);
    signal.addEventListener("abort", giveUp);
    try {
      await connection.connected();
      return connection;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const idle of this.#idle) this.#remove(idle).destroy();
  }
}

function keyOf(url: URL, { plugin }: FetchRules): string {
  return `${plugin} ${url.origin}`;
}

/** As the promise, or rejected with the signal's reason: looking a name up cannot be stopped. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(signal.reason);
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    void promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", giveUp));
  });
}
