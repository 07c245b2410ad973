// Bytes to a DNS server and the bytes that come back: over UDP, and over TCP for what did not fit.
import { createSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";

export interface DnsServer {
  /** An address. */
  readonly host: string;
  readonly port: number;
}

export interface ExchangeOptions {
  readonly server: DnsServer;
  readonly query: Buffer;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/**
 * What the server answers, as `read` takes it; what `read` gives undefined for is not waited on any less. The kernel drops
 * what comes from elsewhere, and chooses the port. Rejects at the time limit.
 */
export function overUdp<T>(
  { server, query, timeoutMs, signal }: ExchangeOptions,
  read: (bytes: Buffer) => T | undefined,
): Promise<T> {
  const socket = createSocket(isIPv6(server.host) ? "udp6" : "udp4");
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  socket.on("error", reject);
  socket.on("message", (bytes) => {
    const answer = read(bytes);
    if (answer !== undefined) resolve(answer);
  });
  socket.connect(server.port, server.host, () => {
    socket.send(query, (error) => {
      if (error !== null) reject(error);
    });
  });
  return ended(promise, { reject, timeoutMs, signal, close: () => socket.close() });
}

/** An answer's length is two bytes (RFC 1035 §4.2.2). */
const MAX_TCP_BYTES = 65_537;

/** The same over TCP, where an answer that is not taken is the last one. */
export function overTcp<T>(
  { server, query, timeoutMs, signal }: ExchangeOptions,
  read: (bytes: Buffer) => T | undefined,
): Promise<T> {
  const socket = connect({ host: server.host, port: server.port, noDelay: true });
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let received = Buffer.alloc(0);
  socket.on("error", reject);
  socket.on("close", () => reject(new Error("the connection was closed before an answer")));
  socket.on("data", (piece: Buffer) => {
    received = Buffer.concat(
      [received, piece],
      Math.min(MAX_TCP_BYTES, received.length + piece.length),
    );
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
    const answer = read(received.subarray(2, 2 + received.readUInt16BE(0)));
    if (answer === undefined) reject(new Error("the answer is none to the question"));
    else resolve(answer);
  });
  const length = Buffer.alloc(2);
  length.writeUInt16BE(query.length);
  socket.write(Buffer.concat([length, query]));
  return ended(promise, { reject, timeoutMs, signal, close: () => socket.destroy() });
}

interface Ending {
  reject(error: Error): void;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  close(): void;
}

async function ended<T>(
  promise: Promise<T>,
  { reject, timeoutMs, signal, close }: Ending,
): Promise<T> {
  const giveUp = (): void => reject(new Error("stopped"));
  const timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
  signal.addEventListener("abort", giveUp);
  if (signal.aborted) giveUp();
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
    close();
  }
}
