// Accepts connections on one address, counts them, and sees them off.
import type { Deadlines } from "../deadlines.ts";
import type { Address, Listener, Platform } from "../platform/socket.ts";
import { DownstreamConnection } from "./downstream-connection.ts";
import type { DownstreamOptions, RequestHandler } from "./downstream-connection.ts";

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
  readonly #connections = new Set<DownstreamConnection>();
  readonly #listener: Listener;
  #onEmpty: () => void = () => undefined;

  private constructor(listener: Listener, connections: Set<DownstreamConnection>) {
    this.#listener = listener;
    this.#connections = connections;
  }

  /** Throws when the address cannot be listened on. */
  static async listen(address: Address, parts: ServerParts): Promise<Http1Server> {
    const { platform, deadlines, handler, options } = parts;
    const connections = new Set<DownstreamConnection>();
    let server: Http1Server | undefined;
    const onGone = (connection: DownstreamConnection): void => {
      connections.delete(connection);
      if (connections.size === 0 && server !== undefined) server.#onEmpty();
    };
    const listener = await platform.listen(address, (socket) => {
      const id = ++lastConnectionId;
      const connection = new DownstreamConnection(id, socket, handler, deadlines, options, onGone);
      connections.add(connection);
      if (connections.size > options.maxConnections) connection.destroy();
      return connection;
    });
    server = new Http1Server(listener, connections);
    return server;
  }

  get address(): Address {
    return this.#listener.address;
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Stops accepting and lets requests finish; what still runs after the limit is cut. */
  async drain(limitMs: number): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) connection.drain();
    if (this.#connections.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    this.#onEmpty = resolve;
    await promise;
    clearTimeout(timer);
    for (const connection of this.#connections) connection.destroy();
  }
}
