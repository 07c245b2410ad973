// Accepts connections on one address, counts them, and sees them off.
import { peerAddress } from "../clients/address.ts";
import type { Deadlines } from "../deadlines.ts";
import { GatewayError } from "../errors.ts";
import type { Address, Listener, Platform, Socket, SocketHandler } from "../platform/socket.ts";
import { Admission } from "./admission.ts";
import type { ConnectionLimits, RefusalReason } from "./admission.ts";
import { DownstreamConnection } from "./downstream-connection.ts";
import type { DownstreamOptions, RequestHandler } from "./downstream.ts";
import { errorResponse } from "./error-response.ts";
import { RefusedConnection } from "./refused-connection.ts";
import { stopAccepting } from "./stop-accepting.ts";

export interface ServerOptions extends DownstreamOptions, ConnectionLimits {
  /** Other processes may listen on the same address, such as the next one in a rolling restart. */
  readonly reusePort: boolean;
}

export interface ServerParts {
  readonly platform: Platform;
  readonly deadlines: Deadlines;
  readonly handler: RequestHandler;
  readonly options: ServerOptions;
  readonly onConnectionRefused?: (reason: RefusalReason) => void;
}

/** Refused clients that may take their time over the 503; more are reset, for each of them holds a descriptor. */
const MAX_REFUSED_OPEN = 16;
/** At a drain, connections that have been idle for so long are closed: a request on its way is unlikely, ms. */
const DRAIN_GRACE_MS = 500;

let lastConnectionId = 0;

export class Http1Server {
  readonly #parts: ServerParts;
  readonly #admission: Admission;
  readonly #connections = new Set<DownstreamConnection>();
  readonly #refused = new Set<RefusedConnection>();
  #listener: Listener | undefined;
  #acceptedCount = 0;
  #isDraining = false;
  #onEmpty: () => void = () => undefined;

  private constructor(parts: ServerParts) {
    this.#parts = parts;
    this.#admission = new Admission(parts.options);
  }

  /** Throws when the address cannot be listened on. */
  static async listen(address: Address, parts: ServerParts): Promise<Http1Server> {
    const server = new Http1Server(parts);
    server.#listener = await parts.platform.listen(address, server.#accept, parts.options);
    return server;
  }

  get address(): Address {
    return this.#started.address;
  }

  get connections(): number {
    return this.#admission.open;
  }

  /** Stops accepting and lets requests finish; what still runs after the limit is cut. */
  async drain(limitMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, limitMs);
    this.#isDraining = true;
    for (const connection of this.#connections) connection.drain(DRAIN_GRACE_MS);
    await stopAccepting(this.#started, () => this.#acceptedCount);
    if (this.#connections.size > 0) {
      this.#onEmpty = resolve;
      await promise;
    }
    clearTimeout(timer);
    for (const connection of this.#connections) connection.abort();
    for (const connection of this.#refused) connection.abort();
  }

  get #started(): Listener {
    if (this.#listener === undefined) throw new Error("the server does not listen yet");
    return this.#listener;
  }

  readonly #accept = (socket: Socket): SocketHandler => {
    this.#acceptedCount++;
    const { handler, deadlines, options } = this.#parts;
    const peer = peerAddress(socket.remoteAddress);
    // A trusted peer brings the connections of many clients.
    const client = options.clients.trusts(peer) ? undefined : peer;
    const reason = this.#admission.enter(client);
    if (reason !== undefined) return this.#refuse(socket, reason);
    const id = ++lastConnectionId;
    const connection = new DownstreamConnection(id, socket, handler, deadlines, options, () => {
      this.#connections.delete(connection);
      this.#admission.leave(client);
      if (this.#connections.size === 0) this.#onEmpty();
    });
    this.#connections.add(connection);
    if (this.#isDraining) connection.drain(DRAIN_GRACE_MS);
    return connection;
  };

  #refuse(socket: Socket, reason: RefusalReason): SocketHandler {
    const { deadlines, options, onConnectionRefused } = this.#parts;
    onConnectionRefused?.(reason);
    const refused = new RefusedConnection(socket, deadlines, {
      response: errorResponse(TOO_MANY_CONNECTIONS, deadlines.httpDate),
      lingerMs: options.lingerMs,
      onGone: this.#forget,
    });
    this.#refused.add(refused);
    if (this.#refused.size > MAX_REFUSED_OPEN) refused.abort();
    return refused;
  }

  readonly #forget = (refused: RefusedConnection): void => {
    this.#refused.delete(refused);
  };
}

const TOO_MANY_CONNECTIONS = new GatewayError("overloaded", "too many connections");
