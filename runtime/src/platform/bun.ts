// Sockets on Bun: Bun.listen and Bun.connect, which hand bytes over without stream objects in between.
import { closeSync, openSync } from "node:fs";
import { devNull } from "node:os";
import type {
  Address,
  ConnectHandler,
  Listener,
  Platform,
  Socket,
  SocketHandler,
} from "./socket.ts";
import { freeIfWritten, noteWritten } from "./spent-chunk.ts";

/** Most bytes kept for one socket whose peer does not read; the codec stops long before. */
type Pending = Buffer[];

class BunSocket implements Socket {
  remoteAddress = "";
  remotePort = 0;
  localAddress = "";
  localPort = 0;
  handler: SocketHandler | undefined;
  connectHandler: ConnectHandler | undefined;
  failure: Error | undefined;
  isGone = false;
  hasEnded = false;
  #socket: Bun.Socket<BunSocket> | undefined;
  #pending: Pending | undefined;
  isShutDown = false;
  #isClosing = false;
  #isDestroyed = false;
  #isPaused = false;

  open(socket: Bun.Socket<BunSocket>): void {
    this.#socket = socket;
    // Undefined, against Bun's types, for a client that left before it was accepted.
    this.remoteAddress = (socket.remoteAddress as string | undefined) ?? "";
    this.remotePort = socket.remotePort;
    this.localAddress = socket.localAddress;
    this.localPort = socket.localPort;
    if (this.#isDestroyed) {
      socket.terminate();
      return;
    }
    if (this.#isPaused) socket.pause();
    if (this.#pending !== undefined) this.drain();
  }

  write(data: string | Buffer): boolean {
    if (data.length === 0) return this.#pending === undefined;
    const socket = this.#socket;
    if (this.#pending !== undefined || socket === undefined) {
      (this.#pending ??= []).push(toBuffer(data));
      return false;
    }
    // Bun's types know only UTF-8 text; the runtime takes Node's encodings.
    const written =
      typeof data === "string"
        ? (socket as unknown as LatinWriter).write(data, "latin1")
        : socket.write(data);
    if (written === data.length) {
      if (typeof data !== "string") noteWritten(data);
      return true;
    }
    // The client has reset the connection while it was paused: Bun says so here and nowhere else.
    if (written < 0) queueMicrotask(() => this.destroy());
    else this.#pending = [toBuffer(data).subarray(written)];
    return false;
  }

  /** The kernel takes bytes again. */
  drain(): void {
    const pending = this.#pending;
    const socket = this.#socket;
    if (pending === undefined || socket === undefined) return;
    while (pending.length > 0) {
      const first = pending[0] as Buffer; // The loop's condition says that there is one.
      const written = socket.write(first);
      if (written < first.length) {
        if (written > 0) pending[0] = first.subarray(written);
        return;
      }
      pending.shift();
    }
    this.#pending = undefined;
    if (this.#isClosing) socket.end();
    else if (this.isShutDown) socket.shutdown();
    else this.handler?.onDrain();
  }

  shutdown(): void {
    if (this.isShutDown) return;
    this.isShutDown = true;
    if (this.#pending === undefined) this.#socket?.shutdown();
  }

  close(): void {
    this.#isClosing = true;
    if (this.#pending === undefined) this.#socket?.end();
  }

  destroy(): void {
    this.#isDestroyed = true;
    this.#socket?.terminate();
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#socket?.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#socket?.resume();
  }
}

interface LatinWriter {
  write(text: string, encoding: "latin1"): number;
}

function toBuffer(data: string | Buffer): Buffer {
  return typeof data === "string" ? Buffer.from(data, "latin1") : data;
}

const events = {
  data(socket: Bun.Socket<BunSocket>, chunk: Buffer): void {
    socket.data.handler?.onData(chunk);
    freeIfWritten(chunk);
  },
  drain(socket: Bun.Socket<BunSocket>): void {
    socket.data.drain();
  },
  end(socket: Bun.Socket<BunSocket>): void {
    socket.data.hasEnded = true;
    socket.data.handler?.onEnd();
  },
  error(socket: Bun.Socket<BunSocket>, error: Error): void {
    socket.data.failure = error;
  },
  close(socket: Bun.Socket<BunSocket>, error?: Error): void {
    const { data } = socket;
    data.isGone = true;
    // When both sides have said FIN, Bun tells of the other one's only that the socket is closed.
    if (error === undefined && data.failure === undefined && data.isShutDown && !data.hasEnded) {
      data.handler?.onEnd();
    }
    socket.data.handler?.onClose(error ?? socket.data.failure);
  },
};

/** Bun says ECONNREFUSED when the process has no descriptor left, too; that one is not the other end's doing. */
function connectFailure(error: unknown): Error {
  try {
    closeSync(openSync(devNull, "r"));
  } catch (noDescriptor) {
    if (noDescriptor instanceof Error) return noDescriptor;
  }
  return error instanceof Error ? error : new Error(String(error));
}

export const bunPlatform: Platform = {
  name: "bun",

  listen(address, accept, { reusePort }): Promise<Listener> {
    // Bun's types do not have it; the runtime does.
    const shared = { reusePort };
    // The kernel keeps 512 connections for a busy event loop: Bun has no setting for it.
    const listener = Bun.listen<BunSocket>({
      hostname: address.host,
      port: address.port,
      ...shared,
      allowHalfOpen: true,
      socket: {
        binaryType: "buffer",
        ...events,
        open(socket): void {
          const wrapped = new BunSocket();
          socket.data = wrapped;
          wrapped.open(socket);
          const handler = accept(wrapped);
          wrapped.handler = handler;
          // Bun reports the end of a connection that is destroyed right away before there is anybody to tell.
          if (wrapped.isGone) handler.onClose(undefined);
        },
      },
    });
    return Promise.resolve({
      address: { host: address.host, port: listener.port },
      prepareToClose: () => Promise.resolve(),
      close: () => listener.stop(false),
    });
  },

  connect(address: Address, handler: ConnectHandler): Socket {
    const wrapped = new BunSocket();
    wrapped.handler = handler;
    const fail = (error: unknown): void => {
      const gone = wrapped.handler;
      wrapped.handler = undefined;
      gone?.onClose(connectFailure(error));
    };
    Bun.connect<BunSocket>({
      hostname: address.host,
      port: address.port,
      allowHalfOpen: true,
      data: wrapped,
      socket: {
        binaryType: "buffer",
        ...events,
        open(socket): void {
          wrapped.open(socket);
          handler.onConnect();
        },
        connectError(_socket, error): void {
          fail(error);
        },
      },
    }).catch(fail);
    return wrapped;
  },
};
