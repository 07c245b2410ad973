// What is known of a client's connection from its socket and the gateway's settings, for all of its requests.
import { peerAddress } from "../clients/address.ts";
import { connectionForwarding } from "../clients/forwarding-fields.ts";
import { readRelayed } from "../clients/relayed.ts";
import type { Relayed } from "../clients/relayed.ts";
import type { ConnectionInfo } from "../exchange.ts";
import type { Socket } from "../platform/socket.ts";
import type { ResponseTokens } from "../response-tokens.ts";
import type { DownstreamOptions } from "./downstream.ts";
import type { Fields } from "./fields.ts";

export class ClientConnection implements ConnectionInfo {
  readonly id: number;
  readonly peerAddress: string;
  readonly peerPort: number;
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly scheme = "http";
  readonly forwardingLines: string;
  readonly forwardedPeer: string | undefined;
  readonly responseEnd: string;
  readonly responseTokens: ResponseTokens;
  requests = 0;
  readonly #options: DownstreamOptions;
  readonly #isTrusted: boolean;

  constructor(id: number, socket: Socket, options: DownstreamOptions) {
    const { clients, tokens } = options;
    this.id = id;
    this.peerAddress = peerAddress(socket.remoteAddress);
    this.peerPort = socket.remotePort;
    this.serverAddress = socket.localAddress;
    this.serverPort = socket.localPort;
    const forwarding = connectionForwarding(this, clients.sendsForwarded);
    this.forwardingLines = forwarding.forwardingLines;
    this.forwardedPeer = forwarding.forwardedPeer;
    this.responseEnd = tokens.responseEnd;
    this.responseTokens = tokens.responseTokens;
    this.#options = options;
    this.#isTrusted = clients.trusts(this.peerAddress);
  }

  /** How long it may wait for the head of a request, ms. */
  get idleLimitMs(): number {
    const { headTimeoutMs, keepAliveTimeoutMs } = this.#options;
    return this.requests === 0 ? headTimeoutMs : keepAliveTimeoutMs;
  }

  /** What a peer that is trusted says of the client that it speaks for. */
  relayed(fields: Fields): Relayed | undefined {
    if (!this.#isTrusted) return undefined;
    const peer = { address: this.peerAddress, port: this.peerPort };
    return readRelayed(fields, peer, this.#options.clients);
  }
}
