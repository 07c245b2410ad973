// The upstream that judges: every byte the gateway sends it goes through the strict parser.
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

import { readStrictRequest } from "../harness/strict.ts";
import type { StrictRequest } from "../harness/strict.ts";
import { Wire } from "./wire.ts";

export interface Arrival {
  readonly request: StrictRequest;
  readonly connection: Wire;
}

export class JudgingUpstream {
  readonly port: number;
  /** Whole requests, in the order in which they became whole. */
  arrivals: Arrival[] = [];
  /** What was not strict HTTP/1.1 (I2). */
  faults: string[] = [];
  answer: (arrival: Arrival) => void = () => undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    // listen() on a port has been awaited, so the address is no pipe's name.
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket) => this.#accept(socket));
  }

  static async start(): Promise<JudgingUpstream> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new JudgingUpstream(server);
  }

  reset(): void {
    this.arrivals = [];
    this.faults = [];
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    const connection = new Wire(socket);
    socket.on("data", () => this.#read(connection));
  }

  #read(connection: Wire): void {
    for (;;) {
      const parsed = readStrictRequest(connection.received, 0);
      if (parsed.kind === "partial") return;
      if (parsed.kind === "malformed") {
        this.faults.push(`${parsed.why} in ${connection.received.toString("latin1")}`);
        connection.socket.destroy();
        return;
      }
      connection.drop(parsed.end);
      const arrival = { request: parsed.message, connection };
      this.arrivals.push(arrival);
      this.answer(arrival);
    }
  }
}
