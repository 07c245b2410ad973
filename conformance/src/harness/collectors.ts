// Servers that gateways send logs and metrics to: they keep what comes.
import { createSocket } from "node:dgram";
import { createServer as createHttpServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { after } from "node:test";

import { Watch } from "./deadline.ts";

export interface CollectedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
  /** Of the connection that it came on. */
  readonly connection: number;
}

/** What has come, in order. */
export class Collected<Item> {
  readonly items: Item[] = [];
  readonly #watch = new Watch();

  add(item: Item): void {
    this.items.push(item);
    this.#watch.notify();
  }

  /** Waits for the first item that it gives something for. */
  find<T>(look: (item: Item) => T | undefined, what: string): Promise<T> {
    return this.#watch.until(
      () => {
        for (const item of this.items) {
          const found = look(item);
          if (found !== undefined) return found;
        }
        return undefined;
      },
      () => `${what} among ${JSON.stringify(this.items).slice(-4000)}`,
    );
  }

  /** Waits until so many have come. */
  async count(number: number, what: string): Promise<readonly Item[]> {
    return this.#watch.until(
      () => (this.items.length >= number ? this.items : undefined),
      () => `${number} ${what}, got ${this.items.length}`,
    );
  }
}

/** The status of the answer; 0 for none, ever. */
type AnswerWith = (request: CollectedRequest) => number;

export interface HttpCollector extends Collected<CollectedRequest> {
  readonly port: number;
  answer: AnswerWith;
}

export async function collectHttp(): Promise<HttpCollector> {
  const connections = new Map<Socket, number>();
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = [];
    const { socket } = request;
    if (!connections.has(socket)) connections.set(socket, connections.size + 1);
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const bytes = Buffer.concat(chunks);
      const body = bytes.toString();
      const connection = connections.get(socket) ?? 0;
      const collected: CollectedRequest = { method, url, headers, body, bytes, connection };
      const status = collector.answer(collected);
      if (status !== 0) response.writeHead(status).end();
      collector.add(collected);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // It listens on a port.
  const answer: AnswerWith = () => 200;
  const collector = Object.assign(new Collected<CollectedRequest>(), { port, answer });
  return collector;
}

export interface StreamCollector extends Collected<string> {
  readonly port: number;
  /** How many connections there were. */
  connections: number;
  /** Ends those that are open. */
  disconnect(): void;
}

/** `take` gives the first message of a text and the rest, or undefined when none is whole. */
export async function collectStream(
  take: (text: string) => readonly [message: string, rest: string] | undefined,
  path?: string,
): Promise<StreamCollector> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    collector.connections++;
    sockets.add(socket);
    let text = "";
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      for (let taken = take(text); taken !== undefined; taken = take(text)) {
        text = taken[1];
        collector.add(taken[0]);
      }
    });
  });
  const where = path === undefined ? { port: 0, host: "127.0.0.1" } : { path };
  await new Promise<void>((resolve) => server.listen(where, resolve));
  const disconnect = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  after(() => {
    disconnect();
    server.close();
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const collector = Object.assign(new Collected<string>(), { port, connections: 0, disconnect });
  return collector;
}

/** A line and what comes behind it. */
export function takeLine(text: string): readonly [string, string] | undefined {
  const end = text.indexOf("\n");
  return end < 0 ? undefined : [text.slice(0, end), text.slice(end + 1)];
}

export interface DatagramCollector extends Collected<string> {
  readonly port: number;
}

export async function collectDatagrams(): Promise<DatagramCollector> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  after(() => void socket.close());
  const collector = Object.assign(new Collected<string>(), { port: socket.address().port });
  socket.on("message", (message) => collector.add(message.toString()));
  return collector;
}
