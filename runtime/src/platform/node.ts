// Sockets on Node: node:net.
import net from "node:net";
import type {
  Address,
  ConnectHandler,
  Listener,
  Platform,
  Socket,
  SocketHandler,
} from "./socket.ts";

class NodeSocket implements Socket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #socket: net.Socket;
  #isPaused = false;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    this.remoteAddress = socket.remoteAddress ?? "";
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = socket.localAddress ?? "";
    this.localPort = socket.localPort ?? 0;
  }

  write(data: string | Buffer): boolean {
    return typeof data === "string" ? this.#socket.write(data, "latin1") : this.#socket.write(data);
  }

  shutdown(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket.resume();
  }
}

function attach(socket: net.Socket, handler: SocketHandler): void {
  let failure: Error | undefined;
  socket.on("data", (chunk: Buffer) => handler.onData(chunk));
  socket.on("drain", () => handler.onDrain());
  socket.on("end", () => handler.onEnd());
  socket.on("error", (error) => {
    failure = error;
  });
  socket.on("close", () => handler.onClose(failure));
}

export const nodePlatform: Platform = {
  name: "node",

  listen(address, accept): Promise<Listener> {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      attach(socket, accept(new NodeSocket(socket)));
    });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: address.host, port: address.port, backlog: 4096 }, () => {
        server.removeListener("error", reject);
        // After listening, errors concern single connections (EMFILE while accepting): they must not end the process.
        server.on("error", () => undefined);
        const bound = server.address();
        const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
        resolve({ address: { host: address.host, port }, close: () => server.close() });
      });
    });
  },

  connect(address: Address, handler: ConnectHandler): Socket {
    const socket = net.connect({
      host: address.host,
      port: address.port,
      allowHalfOpen: true,
      noDelay: true,
    });
    socket.on("connect", () => handler.onConnect());
    attach(socket, handler);
    return new NodeSocket(socket);
  },
};
