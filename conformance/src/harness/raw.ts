// Ends of bare connections for protocols other than HTTP: bytes as they come, counted and hashed.
import { createHash } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

import { Watch } from "./deadline.ts";

export class RawEnd {
  readonly socket: Socket;
  readonly #watch: Watch = new Watch();
  #pieces: Buffer[] = [];
  #isEnded = false;
  #isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (piece: Buffer) => {
      this.#pieces.push(piece);
      this.#watch.notify();
    });
    socket.on("end", () => {
      this.#isEnded = true;
      this.#watch.notify();
    });
    socket.on("error", () => undefined);
    socket.on("close", () => {
      this.#isClosed = true;
      this.#watch.notify();
    });
  }

  send(bytes: string | Buffer): this {
    this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    return this;
  }

  get receivedBytes(): number {
    return this.#pieces.reduce((sum, piece) => sum + piece.length, 0);
  }

  /** What has come and nobody has taken, as latin-1. */
  get text(): string {
    return Buffer.concat(this.#pieces).toString("latin1");
  }

  /** Waits until the text matches, and takes it up to the end of the match away. */
  async take(pattern: RegExp, limitMs?: number): Promise<string> {
    return this.#watch.until(
      () => {
        const text = this.text;
        const match = pattern.exec(text);
        if (match === null) return undefined;
        const end = match.index + match[0].length;
        this.#pieces = [Buffer.from(text.slice(end), "latin1")];
        return text.slice(0, end);
      },
      () => `${String(pattern)}; got ${JSON.stringify(this.text.slice(0, 600))}`,
      limitMs,
    );
  }

  /** SHA-256 of exactly so many bytes, which are taken away. */
  async hash(count: number, limitMs?: number): Promise<string> {
    await this.#watch.until(
      () => (this.receivedBytes >= count ? true : undefined),
      () => `${count} bytes; got ${this.receivedBytes}`,
      limitMs,
    );
    const bytes = Buffer.concat(this.#pieces);
    this.#pieces = [bytes.subarray(count)];
    return createHash("sha256").update(bytes.subarray(0, count)).digest("hex");
  }

  /** Waits for the other side's FIN. */
  async ended(limitMs?: number): Promise<void> {
    await this.#watch.until(() => (this.#isEnded ? true : undefined), "FIN", limitMs);
  }

  /** Waits until the connection is gone, or at least the other side's FIN or reset has come. */
  async gone(limitMs?: number): Promise<void> {
    await this.#watch.until(
      () => (this.#isEnded || this.#isClosed ? true : undefined),
      "the connection's end",
      limitMs,
    );
  }
}

export class RawUpstream {
  readonly port: number;
  readonly #server: Server;
  readonly #watch: Watch = new Watch();
  readonly #waiting: RawEnd[] = [];
  readonly #sockets: Set<Socket> = new Set();

  constructor(server: Server) {
    this.#server = server;
    // listen() on a port has been awaited, so the address is no pipe's name.
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      this.#waiting.push(new RawEnd(socket));
      this.#watch.notify();
    });
  }

  /** The next connection that nobody has taken yet. */
  async next(limitMs?: number): Promise<RawEnd> {
    return this.#watch.until(() => this.#waiting.shift(), "a connection at the upstream", limitMs);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Listens on 127.0.0.1 and a free port. */
export async function startRawUpstream(): Promise<RawUpstream> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return new RawUpstream(server);
}
