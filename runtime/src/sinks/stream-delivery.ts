// Batches over one connection that stays: TCP, TLS, or a Unix socket. Another one is made when that has gone.
import { connect as connectTcp, isIP } from "node:net";
import type { Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { addressesOf } from "../outbound/destination.ts";
import type { FetchRules, Resolver } from "../outbound/destination.ts";
import { joined } from "./delivery.ts";
import type { Delivery, Item } from "./delivery.ts";
import { destinationOf } from "./sink-options.ts";
import type { StreamSinkOptions } from "./sink-options.ts";

export interface StreamDeliveryParts {
  readonly rules: FetchRules;
  readonly resolve: Resolver;
  /** PEM of the authorities to trust, instead of the runtime's own. */
  readonly ca?: string | undefined;
}

export class StreamDelivery implements Delivery {
  readonly #options: StreamSinkOptions;
  readonly #parts: StreamDeliveryParts;
  #connection: Promise<Socket> | undefined;
  #idleTimer: NodeJS.Timeout | undefined;
  #sending = 0;

  constructor(options: StreamSinkOptions, parts: StreamDeliveryParts) {
    this.#options = options;
    this.#parts = parts;
  }

  async deliver(items: readonly Item[], signal: AbortSignal): Promise<void> {
    clearTimeout(this.#idleTimer);
    this.#sending++;
    try {
      const socket = await this.#connected(signal);
      await written(socket, joined(items, this.#options), this.#options.timeoutMs, signal);
    } finally {
      if (--this.#sending === 0) this.#rest();
    }
  }

  close(): void {
    clearTimeout(this.#idleTimer);
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.then((socket) => socket.destroy()).catch(() => {});
  }

  /** Between batches it keeps no process alive, and lasts as long as the options say. */
  #rest(): void {
    this.#idleTimer = setTimeout(() => this.close(), this.#options.keepAliveMs).unref();
    this.#connection?.then((socket) => socket.unref()).catch(() => {});
  }

  async #connected(signal: AbortSignal): Promise<Socket> {
    const connection = (this.#connection ??= this.#connect(signal));
    try {
      const socket = await connection;
      socket.ref();
      return socket;
    } catch (error) {
      if (this.#connection === connection) this.#connection = undefined;
      throw error;
    }
  }

  async #connect(signal: AbortSignal): Promise<Socket> {
    const url = destinationOf(this.#options);
    if (url === undefined) return this.#open("", signal);
    let failure: unknown;
    for (const address of await addressesOf(url, this.#parts.rules, this.#parts.resolve)) {
      try {
        return await this.#open(address, signal);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  #open(address: string, signal: AbortSignal): Promise<Socket> {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const socket = connectTo(this.#options, address, this.#parts.ca, () => resolve(socket));
    const { timeoutMs } = this.#options;
    const giveUp = (): void => void socket.destroy(new Error("the gateway ends"));
    const late = (): void => void socket.destroy(new Error(`no connection within ${timeoutMs} ms`));
    const timer = setTimeout(late, timeoutMs);
    signal.addEventListener("abort", giveUp);
    if (signal.aborted) giveUp();
    // Nothing that it says matters, but it must be read for its end to be seen.
    socket.resume();
    socket.setNoDelay(true);
    socket.on("error", reject);
    socket.on("end", () => socket.destroy());
    socket.on("close", () => {
      reject(new Error("the connection was closed"));
      void this.#connection?.then((current) => {
        if (current === socket) this.#connection = undefined;
      }, noop);
    });
    return promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
    });
  }
}

function noop(): void {}

function connectTo(
  options: StreamSinkOptions,
  address: string,
  ca: string | undefined,
  onConnect: () => void,
): Socket {
  if (options.to === "unix") return connectTcp({ path: options.path }, onConnect);
  const { host, port, tls } = options;
  if (tls === undefined) return connectTcp({ host: address, port }, onConnect);
  const name = tls.sni ?? host.replace(/\.$/, "");
  // RFC 6066 §3: an address is no server name; the certificate is then checked for the address.
  const servername = isIP(name) === 0 ? { servername: name } : {};
  const target = { host: address, port, ca, rejectUnauthorized: tls.verify, ...servername };
  return connectTls(target, onConnect);
}

/** Resolved when the system has taken the bytes. What is cut short ends the connection: its rest would be half an entry. */
function written(
  socket: Socket,
  bytes: Buffer,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const end = (reason: string): void => {
    reject(new Error(reason));
    socket.destroy();
  };
  const late = (): void => end(`not taken within ${timeoutMs} ms`);
  const giveUp = (): void => end("the gateway ends");
  const closed = (): void => reject(new Error("the connection was closed"));
  const timer = setTimeout(late, timeoutMs);
  signal.addEventListener("abort", giveUp);
  socket.on("error", reject);
  socket.on("close", closed);
  if (signal.aborted) giveUp();
  else if (socket.destroyed) closed();
  else socket.write(bytes, (error) => (error ? reject(error) : resolve()));
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
    socket.off("error", reject);
    socket.off("close", closed);
  });
}
