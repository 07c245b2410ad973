// Batches over UDP: an entry in a datagram, or as many as fit where a separator tells them apart. Nobody says whether one arrived (RFC 768).
import { createSocket } from "node:dgram";
import type { Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { addressesOf } from "../outbound/destination.ts";
import { joined, lengthOf } from "./delivery.ts";
import type { Delivery, Item } from "./delivery.ts";
import { destinationOf } from "./sink-options.ts";
import type { DatagramSinkOptions, Framing } from "./sink-options.ts";
import type { StreamDeliveryParts } from "./stream-delivery.ts";

/** How long an address is good before the name is looked up again, ms. */
const ADDRESS_MS = 30_000;

interface Peer {
  readonly socket: Socket;
  readonly address: string;
  readonly untilMs: number;
}

export class DatagramDelivery implements Delivery {
  readonly #options: DatagramSinkOptions;
  readonly #parts: StreamDeliveryParts;
  #peer: Peer | undefined;

  constructor(options: DatagramSinkOptions, parts: StreamDeliveryParts) {
    this.#options = options;
    this.#parts = parts;
  }

  async deliver(items: readonly Item[], signal: AbortSignal): Promise<void> {
    const { port, packetBytes } = this.#options;
    const { socket, address } = await this.#reached();
    for (const packet of packets(items, this.#options, packetBytes)) {
      signal.throwIfAborted();
      await sent(socket, packet, port, address);
    }
  }

  close(): void {
    this.#peer?.socket.close();
    this.#peer = undefined;
  }

  async #reached(): Promise<Peer> {
    if (this.#peer !== undefined && performance.now() < this.#peer.untilMs) return this.#peer;
    const url = destinationOf(this.#options) as URL; // A datagram's options always have one.
    const [address = ""] = await addressesOf(url, this.#parts.rules, this.#parts.resolve);
    this.close();
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    // What the network says of a datagram comes later than the next one.
    socket.on("error", () => {});
    socket.unref();
    this.#peer = { socket, address, untilMs: performance.now() + ADDRESS_MS };
    return this.#peer;
  }
}

/** The longest entry that a datagram takes. */
export function longestEntry({ prefix, suffix }: Framing, packetBytes: number): number {
  return packetBytes - lengthOf(prefix) - lengthOf(suffix);
}

/** The items in order, none of them cut. */
export function packets(
  items: readonly Item[],
  framing: Framing,
  packetBytes: number,
): readonly Buffer[] {
  const room = longestEntry(framing, packetBytes);
  const between = lengthOf(framing.separator);
  const all: Buffer[] = [];
  let group: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    const length = lengthOf(item);
    if (group.length > 0 && (between === 0 || bytes + between + length > room)) {
      all.push(joined(group, framing));
      group = [];
    }
    bytes = group.length === 0 ? length : bytes + between + length;
    group.push(item);
  }
  return [...all, joined(group, framing)];
}

function sent(socket: Socket, packet: Buffer, port: number, address: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.send(packet, port, address, (error) => (error ? reject(error) : resolve()));
  return promise;
}
