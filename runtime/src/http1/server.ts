// Accepts connections on one address, counts them, and sees them off.
import type { Deadlines } from "../deadlines.ts";
import type { Address, Listener, Platform } from "../platform/socket.ts";
import { DownstreamConnection } from "./downstream-connection.ts";
import type { DownstreamOptions, RequestHandler } from "./downstream.ts";

export interface ServerOptions extends DownstreamOptions {
  /** Open connections; more are closed at once. */
  readonly maxConnections: number;
}

export interface ServerParts {
  readonly platform: Platform;
  readonly deadlines: Deadlines;
  readonly handler: RequestHandler;
  readonly options: ServerOptions;
}

let lastConnectionId = 0;

export class Http1Server {
  readonly #listener: Listener;
  readonly #connections: OpenConnections;

  private constructor(listener: Listener, connections: OpenConnections) {
    this.#listener = listener;
    this.#connections = connections;
  }

  /** Throws when the address cannot be listened on. */
  static async listen(address: Address, parts: ServerParts): Promise<Http1Server> {
    const { platform, deadlines, handler, options } = parts;
    const connections = new OpenConnections();
    const listener = await platform.listen(address, (socket) => {
      const id = ++lastConnectionId;
      const onGone = connections.delete;
      const connection = new DownstreamConnection(id, socket, handler, deadlines, options, onGone);
      connections.all.add(connection);
      if (connections.all.size > options.maxConnections) connection.abort();
      return connection;
    });
    return new Http1Server(listener, connections);
  }

  get address(): Address {
    return this.#listener.address;
  }

  get connections(): number {
    return this.#connections.all.size;
  }

  /** Stops accepting and lets requests finish; what still runs after the limit is cut. */
  async drain(limitMs: number): Promise<void> {
    this.#listener.close();
    const { all } = this.#connections;
    for (const connection of all) connection.drain();
    if (all.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    this.#connections.onEmpty = resolve;
    await promise;
    clearTimeout(timer);
    for (const connection of all) connection.abort();
  }
}

class OpenConnections {
  readonly all = new Set<DownstreamConnection>();
  onEmpty: () => void = () => undefined;

  readonly delete = (connection: DownstreamConnection): void => {
    this.all.delete(connection);
    if (this.all.size === 0) this.onEmpty();
  };
}
