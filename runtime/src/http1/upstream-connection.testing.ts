// Calls of a transport on its own, with an upstream that says what a test wants.
import { after } from "node:test";
import { Deadlines } from "../deadlines.ts";
import type { GatewayError } from "../errors.ts";
import type { Exchange } from "../exchange.ts";
import { exchangeOf } from "../exchange.testing.ts";
import type { ExchangeParts } from "../exchange.testing.ts";
import { currentPlatform } from "../platform/current.ts";
import { listenRaw } from "../sockets.testing.ts";
import type { Peer } from "../sockets.testing.ts";
import { Http1Transport } from "../upstream/http1-transport.ts";
import type { Http1TransportOptions } from "../upstream/http1-transport.ts";
import type { ResponseReceiver, UpstreamCall } from "../upstream/transport.ts";

const OPTIONS: Http1TransportOptions = {
  limits: { maxStartLineBytes: 200, maxFieldLineBytes: 200, maxHeadBytes: 2000, maxFields: 20 },
  maxIdlePerAddress: 10,
  idleTimeoutMs: 60_000,
  maxCallsPerConnection: 100,
  maxConnections: 100,
};

/** Keeps what a call reports; `over` is fulfilled with its end. */
export class Receiver implements ResponseReceiver {
  readonly events: string[] = [];
  body = "";
  readonly #ended = Promise.withResolvers<string>();
  readonly over: Promise<string> = this.#ended.promise;

  onInformational(_: Exchange, status: number): void {
    this.events.push(`informational ${status}`);
  }
  onHead(exchange: Exchange): void {
    this.events.push(`head ${exchange.status}`);
  }
  onBody(_: Exchange, piece: Buffer): void {
    this.body += piece.toString("latin1");
  }
  onFlush(): void {}
  onEnd(): void {
    this.#ended.resolve("end");
  }
  onFault(_: Exchange, error: GatewayError): void {
    this.#ended.resolve(error.code);
  }
}

export interface Called {
  readonly exchange: Exchange;
  readonly receiver: Receiver;
}

export interface Calling {
  /** The upstream's ends of the connections, in order. */
  readonly peers: Peer[];
  call(parts?: ExchangeParts, limits?: Partial<UpstreamCall>): Called;
}

/** A transport, and an upstream that does what the test says on each connection. */
export async function calling(
  onConnection: (peer: Peer) => void | Promise<void>,
  options: Partial<Http1TransportOptions> = {},
): Promise<Calling> {
  const peers: Peer[] = [];
  const port = await listenRaw((peer) => {
    peers.push(peer);
    void onConnection(peer);
  });
  const deadlines = new Deadlines();
  const platform = await currentPlatform();
  const transport = new Http1Transport(platform, deadlines, { ...OPTIONS, ...options });
  after(() => {
    transport.close();
    deadlines.stop();
  });
  const target = { id: "t", host: "127.0.0.1", port, address: `127.0.0.1:${port}`, weight: 1 };
  return {
    peers,
    call(parts = {}, limits = {}) {
      const exchange = exchangeOf(parts);
      const receiver = new Receiver();
      const timeouts = { connectTimeoutMs: 5000, writeTimeoutMs: 5000, readTimeoutMs: 5000 };
      const rest = { lines: "", responseHeaderTimeoutMs: Infinity, isFresh: false };
      const call = { target, uri: "/", host: "h", ...timeouts, ...rest, ...limits };
      transport.call(exchange, call, receiver);
      return { exchange, receiver };
    },
  };
}

/** Answers every request on a connection with the text. */
export function answering(text: string): (peer: Peer) => Promise<void> {
  return async (peer) => {
    for (;;) {
      await peer.take(/\r\n\r\n/).catch(() => new Promise(() => undefined));
      peer.send(text);
    }
  };
}
