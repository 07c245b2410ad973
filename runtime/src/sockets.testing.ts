// Raw TCP for tests: clients and upstreams that say exactly what a test wants, and nothing of their own.
import net from "node:net";
import { after } from "node:test";

/** One end of a connection. What arrives is latin-1 text. */
export class Peer {
  readonly #socket: net.Socket;
  #received = "";
  #isEnded = false;
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.#received += chunk.toString("latin1");
      this.#wake();
    });
    socket.on("error", () => undefined);
    socket.on("end", () => {
      this.#isEnded = true;
      this.#wake();
    });
    socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  /** A client of 127.0.0.1 at this port, gone at the end of the test. */
  static async connect(port: number): Promise<Peer> {
    const socket = net.connect({ host: "127.0.0.1", port, allowHalfOpen: true });
    after(() => socket.destroy());
    const peer = new Peer(socket);
    await new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return peer;
  }

  /** Resolves when nothing is left of the connection. */
  get closed(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isClosed) resolve();
      else this.#socket.once("close", () => resolve());
    });
  }

  get received(): string {
    return this.#received;
  }

  send(text: string): void {
    this.#socket.write(text, "latin1");
  }

  /** Says FIN after what was sent. */
  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Bytes given to the socket that the kernel has not taken yet. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** Waits until the text received matches, and takes it up to the end of the match away. */
  async take(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#received);
      if (match !== null) {
        const end = match.index + match[0].length;
        const taken = this.#received.slice(0, end);
        this.#received = this.#received.slice(end);
        return taken;
      }
      if (this.#isEnded || this.#isClosed) {
        throw new Error(`closed before ${String(pattern)}, after ${this.#received.slice(0, 500)}`);
      }
      await this.#next();
    }
  }

  /** All that comes until the other end closes or says FIN. */
  async rest(): Promise<string> {
    while (!this.#isEnded && !this.#isClosed) await this.#next();
    const rest = this.#received;
    this.#received = "";
    return rest;
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

/** A server on 127.0.0.1 that calls back for each connection; gone at the end of the test. */
export async function listenRaw(onConnection: (peer: Peer) => void): Promise<number> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    onConnection(new Peer(socket));
  });
  after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

/** A port of 127.0.0.1 where nobody listens. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

/** Waits until the condition holds, by looking after each turn of the event loop. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => {
      setTimeout(resolve, 1);
    });
  }
}
