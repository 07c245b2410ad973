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
import { freeIfWritten, noteWritten } from "./spent-chunk.ts";

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
    if (typeof data === "string") return this.#socket.write(data, "latin1");
    const takesMore = this.#socket.write(data);
    if (this.#socket.writableLength === 0) noteWritten(data);
    return takesMore;
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

/**
 * Where the bytes of every socket arrive; a chunk is copied out before the next read. Node's own way makes a buffer, a
 * stream chunk and an event of each read, which costs 2 us more.
 */
const READ_BYTES = 65_536;
const arrivals = Buffer.allocUnsafeSlow(READ_BYTES);

/** Reads that go to a handler, which may come later than the socket. */
function readsFor(of: { handler: SocketHandler | undefined }): net.OnReadOpts {
  return {
    buffer: arrivals,
    callback: (length) => {
      const chunk = Buffer.allocUnsafe(length);
      arrivals.copy(chunk, 0, 0, length);
      of.handler?.onData(chunk);
      freeIfWritten(chunk);
      return true;
    },
  };
}

/** Node lets only outgoing sockets name a buffer; an accepted one is made again around its handle. */
function withReads(socket: net.Socket, onread: net.OnReadOpts): net.Socket {
  const taken = socket as unknown as { _handle: unknown };
  const options = { handle: taken._handle, allowHalfOpen: true, onread };
  taken._handle = null;
  return new net.Socket(options as net.SocketConstructorOpts);
}

function attach(socket: net.Socket, handler: SocketHandler): void {
  let failure: Error | undefined;
  socket.on("drain", () => handler.onDrain());
  socket.on("end", () => handler.onEnd());
  socket.on("error", (error) => {
    failure = error;
  });
  socket.on("close", () => handler.onClose(failure));
}

/** Connections that the kernel keeps for a busy event loop; it takes no more than net.core.somaxconn. */
const LISTEN_BACKLOG = 4096;

/** What has run before takes 40 us instead of 140, in which the kernel still queues connections and then resets them. */
async function rehearseClose(): Promise<void> {
  for (let count = 0; count < 2; count++) {
    const server = net.createServer(() => undefined);
    await new Promise<void>((resolve) => {
      server.once("error", () => resolve());
      server.listen({ host: "127.0.0.1", port: 0 }, resolve);
    });
    server.close();
  }
}

export const nodePlatform: Platform = {
  name: "node",

  listen(address, accept, { reusePort }): Promise<Listener> {
    const options = { allowHalfOpen: true, noDelay: true, pauseOnConnect: true };
    const server = net.createServer(options, (accepted) => {
      const of: { handler: SocketHandler | undefined } = { handler: undefined };
      const socket = withReads(accepted, readsFor(of));
      of.handler = accept(new NodeSocket(socket));
      attach(socket, of.handler);
    });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      const { host, port } = address;
      server.listen({ host, port, reusePort, backlog: LISTEN_BACKLOG }, () => {
        server.removeListener("error", reject);
        // After listening, errors concern single connections (EMFILE while accepting): they must not end the process.
        server.on("error", () => undefined);
        const bound = server.address();
        const boundPort = typeof bound === "object" && bound !== null ? bound.port : port;
        resolve({
          address: { host, port: boundPort },
          prepareToClose: rehearseClose,
          close: () => server.close(),
        });
      });
    });
  },

  connect(address: Address, handler: ConnectHandler): Socket {
    const socket = net.connect({
      host: address.host,
      port: address.port,
      allowHalfOpen: true,
      noDelay: true,
      onread: readsFor({ handler }),
    });
    socket.on("connect", () => handler.onConnect());
    attach(socket, handler);
    return new NodeSocket(socket);
  },
};
