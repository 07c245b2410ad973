// An upstream on a bare socket: it records the exact bytes that the gateway sends, checks that they are strict
// HTTP/1.1, and answers as the running test tells it to.
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

import { Watch } from "./deadline.ts";
import { framingOf, parseHead, readChunked, valuesOf } from "./message.ts";
import type { Header } from "./message.ts";

export interface UpstreamRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
  readonly trailers: readonly Header[];
  /** The head's exact bytes as latin-1, with its empty line. */
  readonly headText: string;
  /** Counts connections from 0. */
  readonly connection: number;
  header(name: string): string | undefined;
  all(name: string): string[];
}

export class UpstreamConnection {
  readonly index: number;
  readonly socket: Socket;

  constructor(socket: Socket, index: number) {
    this.socket = socket;
    this.index = index;
  }

  /** Latin-1. */
  send(bytes: string | Buffer): this {
    this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    return this;
  }

  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }
}

export type Answer = (request: UpstreamRequest, connection: UpstreamConnection) => void;

/** A complete response with a Content-Length. */
export function reply(status: string, body: string = "", ...lines: string[]): string {
  return [`HTTP/1.1 ${status}`, ...lines, `Content-Length: ${body.length}`, "", body].join("\r\n");
}

const ANSWER_OK: Answer = (_request, connection) => {
  connection.send(reply("200 OK", "ok"));
};

export class Upstream {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();
  readonly #watch: Watch = new Watch();
  readonly #faults: string[] = [];
  #requests: UpstreamRequest[] = [];
  #acceptedCount = 0;
  #connectionCount = 0;
  #openCount = 0;
  #byteCount = 0;
  /** What to do with a complete request. */
  answer: Answer = ANSWER_OK;
  /** What to do as soon as a head has come, before its body. */
  onHead: Answer | undefined;
  /** What to do with a new connection. */
  onConnect: ((connection: UpstreamConnection) => void) | undefined;
  /** Stops reading, so that the gateway must hold back. */
  isPaused = false;

  constructor(server: Server) {
    this.#server = server;
    // listen() on a port has been awaited, so the address is no pipe's name.
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (socket) => this.#accept(socket));
  }

  /** Requests recorded since the last {@link reset}. Throws when any byte was not strict HTTP/1.1. */
  get requests(): readonly UpstreamRequest[] {
    const fault = this.#faults[0];
    if (fault !== undefined) throw new Error(`the gateway sent malformed HTTP upstream: ${fault}`);
    return this.#requests;
  }

  /** Connections accepted since the last {@link reset}. */
  get connectionCount(): number {
    return this.#connectionCount;
  }

  get openCount(): number {
    return this.#openCount;
  }

  /** Bytes received since the last {@link reset}. */
  get byteCount(): number {
    return this.#byteCount;
  }

  /** The request that comes as number `index`, from 0. */
  async request(index: number = 0, limitMs?: number): Promise<UpstreamRequest> {
    return this.#watch.until(
      () => this.requests[index],
      `request ${index} at the upstream`,
      limitMs,
    );
  }

  /** Waits until `check` holds; it is looked at on each connection, byte, and close. */
  async until(check: () => boolean, what: string, limitMs?: number): Promise<void> {
    await this.#watch.until(() => (check() ? true : undefined), what, limitMs);
  }

  /** Forgets what was recorded and told. The gateway's idle connections stay. */
  reset(): void {
    this.#requests = [];
    this.#faults.length = 0;
    this.#connectionCount = 0;
    this.#byteCount = 0;
    this.answer = ANSWER_OK;
    this.onHead = undefined;
    this.onConnect = undefined;
    this.resume();
  }

  /** Closes every connection: the gateway's idle ones die under it. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  resume(): void {
    this.isPaused = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    this.dropConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: Socket): void {
    const connection = new UpstreamConnection(socket, this.#acceptedCount++);
    this.#connectionCount++;
    this.#openCount++;
    this.#sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      this.#openCount--;
      this.#sockets.delete(socket);
      this.#watch.notify();
    });
    const reader = new RequestReader(
      (request) => this.onHead?.(request, connection),
      (request) => {
        this.#requests.push(request);
        this.#watch.notify();
        this.answer(request, connection);
      },
    );
    socket.on("data", (bytes: Buffer) => {
      this.#byteCount += bytes.length;
      if (this.isPaused) socket.pause();
      try {
        reader.push(bytes, connection.index);
      } catch (error) {
        this.#faults.push(error instanceof Error ? error.message : String(error));
      }
      this.#watch.notify();
    });
    this.onConnect?.(connection);
    this.#watch.notify();
  }
}

/** On an address of this machine and a free port, unless one is given. */
export async function startUpstream(
  host: string = "127.0.0.1",
  port: number = 0,
): Promise<Upstream> {
  const server = createServer({ noDelay: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  return new Upstream(server);
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const upstream = await startUpstream();
  await upstream.close();
  return upstream.port;
}

type OnRequest = (request: UpstreamRequest) => void;

class RequestReader {
  readonly #onHead: OnRequest;
  readonly #onRequest: OnRequest;
  #bytes: Buffer = Buffer.alloc(0);
  #isHeadTold = false;

  constructor(onHead: OnRequest, onRequest: OnRequest) {
    this.#onHead = onHead;
    this.#onRequest = onRequest;
  }

  push(piece: Buffer, connection: number): void {
    this.#bytes = this.#bytes.length === 0 ? piece : Buffer.concat([this.#bytes, piece]);
    while (this.#bytes.length > 0 && this.#takeOne(connection));
  }

  #takeOne(connection: number): boolean {
    const end = this.#bytes.indexOf("\r\n\r\n", 0, "latin1");
    if (end < 0) return false;
    const headText = this.#bytes.toString("latin1", 0, end + 4);
    const { startLine, headers } = parseHead(headText.slice(0, -4));
    const match = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/1\.1$/.exec(startLine);
    if (match === null) throw new Error(`request line ${JSON.stringify(startLine)}`);
    const head = {
      method: match[1] ?? "",
      target: match[2] ?? "",
      headers,
      headText,
      connection,
      all: (name: string) => valuesOf(headers, name),
      header: (name: string) => singleValue(headers, name),
    };
    if (head.all("host").length !== 1) throw new Error(`Host ${head.all("host").join(" | ")}`);
    const framing = framingOf(headers) ?? { kind: "none" };
    if (!this.#isHeadTold) {
      this.#isHeadTold = true;
      this.#onHead({ ...head, body: Buffer.alloc(0), trailers: [] });
    }
    const rest = this.#bytes.subarray(end + 4);
    const body = readBody(framing, rest);
    if (body === undefined) return false;
    this.#bytes = rest.subarray(body.size);
    this.#isHeadTold = false;
    this.#onRequest({ ...head, body: body.body, trailers: body.trailers });
    return true;
  }
}

function readBody(
  framing: { readonly kind: string; readonly length?: number },
  rest: Buffer,
): { body: Buffer; trailers: readonly Header[]; size: number } | undefined {
  if (framing.kind === "chunked") return readChunked(rest);
  const length = framing.length ?? 0;
  if (rest.length < length) return undefined;
  return { body: Buffer.from(rest.subarray(0, length)), trailers: [], size: length };
}

function singleValue(headers: readonly Header[], name: string): string | undefined {
  const values = valuesOf(headers, name);
  if (values.length > 1)
    throw new Error(`${name} came ${values.length} times: ${values.join("|")}`);
  return values[0];
}
