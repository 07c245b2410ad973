// A client on a bare socket: it sends exactly the bytes it is given and reads responses strictly.
import { connect as connectSocket } from "node:net";
import type { Socket } from "node:net";

import { Watch } from "./deadline.ts";
import { framingOf, MalformedMessage, parseHead, readChunked, valuesOf } from "./message.ts";
import type { Framing, Header } from "./message.ts";

export class Response {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  readonly framing: Framing["kind"];
  readonly body: Buffer;
  readonly trailers: readonly Header[];

  constructor(head: ResponseHead, body: Buffer, trailers: readonly Header[]) {
    this.status = head.status;
    this.reason = head.reason;
    this.headers = head.headers;
    this.framing = head.framing.kind;
    this.body = body;
    this.trailers = trailers;
  }

  /** The one value of a header; undefined when absent. Throws when it came more than once. */
  header(name: string): string | undefined {
    const values = valuesOf(this.headers, name);
    if (values.length > 1) throw new Error(`${name} came ${values.length} times`);
    return values[0];
  }

  all(name: string): string[] {
    return valuesOf(this.headers, name);
  }

  /** The body as latin-1. */
  get text(): string {
    return this.body.toString("latin1");
  }

  json(): unknown {
    return JSON.parse(this.body.toString("utf8"));
  }
}

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  readonly framing: Framing;
  /** Bytes of the head, the empty line included. */
  readonly size: number;
}

export class Client {
  readonly socket: Socket;
  readonly #watch: Watch = new Watch();
  #received: Buffer = Buffer.alloc(0);
  #hasEnded = false;
  #error: Error | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (piece: Buffer) => {
      this.#received = Buffer.concat([this.#received, piece]);
      this.#watch.notify();
    });
    socket.on("end", () => {
      this.#hasEnded = true;
      this.#watch.notify();
    });
    socket.on("error", (error) => {
      this.#error = error;
      this.#watch.notify();
    });
    socket.on("close", () => {
      this.#hasEnded = true;
      this.#watch.notify();
    });
  }

  /** Latin-1: one character, one byte. */
  send(bytes: string | Buffer): this {
    this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    return this;
  }

  /** Ends our side and keeps reading. */
  halfClose(): this {
    this.socket.end();
    return this;
  }

  abort(): void {
    this.socket.resetAndDestroy();
  }

  /** The next final response; 1xx before it are dropped. */
  async response(method: string = "GET", limitMs?: number): Promise<Response> {
    for (;;) {
      const response = await this.message(method, limitMs);
      if (response.status >= 200) return response;
    }
  }

  /** The next message, be it 1xx or final. */
  async message(method: string = "GET", limitMs?: number): Promise<Response> {
    const response = await this.#watch.until(
      () => this.#take(method),
      () => `response; got ${this.#shown()}`,
      limitMs,
    );
    return response;
  }

  /** The head of the next message, left in place for {@link message}. */
  async head(method: string = "GET", limitMs?: number): Promise<ResponseHead> {
    return this.#watch.until(
      () => readResponseHead(this.#received, method),
      () => `response head; got ${this.#shown()}`,
      limitMs,
    );
  }

  /** Waits until the gateway has closed, has sent a whole head, or has been silent for `quietMs`. */
  async settled(quietMs: number): Promise<void> {
    await this.#watch
      .until(() => this.#hasEnded || this.#received.includes("\r\n\r\n") || undefined, "", quietMs)
      .catch(() => undefined);
  }

  /** All that comes until the gateway closes, as latin-1. A reset counts as a close. */
  async rest(limitMs?: number): Promise<string> {
    await this.#watch.until(
      () => (this.#hasEnded ? true : undefined),
      () => `close of the connection; got ${this.#shown()}`,
      limitMs,
    );
    const text = this.#received.toString("latin1");
    this.#received = Buffer.alloc(0);
    return text;
  }

  /** Waits for the close that a response has announced; at once where none has. */
  async announcedClose(limitMs?: number): Promise<void> {
    if (!/\r\nconnection: close\r\n/i.test(this.#received.toString("latin1"))) return;
    await this.#watch.until(
      () => (this.#hasEnded ? true : undefined),
      () => `close after Connection: close; got ${this.#shown()}`,
      limitMs,
    );
  }

  /** Waits until at least `count` bytes have come that nobody has taken. */
  async bytes(count: number, limitMs?: number): Promise<Buffer> {
    await this.#watch.until(
      () => (this.#received.length >= count ? true : undefined),
      () => `${count} bytes; got ${this.#shown()}`,
      limitMs,
    );
    return this.#received;
  }

  get receivedBytes(): number {
    return this.#received.length;
  }

  get isClosed(): boolean {
    return this.#hasEnded;
  }

  #take(method: string): Response | undefined {
    const head = readResponseHead(this.#received, method);
    if (head === undefined) {
      if (this.#hasEnded) throw new Error(`closed before a response; got ${this.#shown()}`);
      return undefined;
    }
    const rest = this.#received.subarray(head.size);
    const taken = takeBody(head, rest, this.#hasEnded && this.#error === undefined);
    if (taken === undefined) {
      if (this.#hasEnded) throw new Error(`body cut short; got ${this.#shown()}`);
      return undefined;
    }
    this.#received = rest.subarray(taken.size);
    return new Response(head, taken.body, taken.trailers);
  }

  #shown(): string {
    const text = JSON.stringify(this.#received.toString("latin1", 0, 600));
    return `${text} (${this.#received.length} bytes${this.#hasEnded ? ", closed" : ""}${
      this.#error === undefined ? "" : `, ${this.#error.message}`
    })`;
  }
}

/** `localAddress`: one of 127.0.0.0/8, by which the gateway and its upstream tell clients apart. */
export async function connect(port: number, localAddress?: string): Promise<Client> {
  const socket = connectSocket({
    port,
    host: "127.0.0.1",
    allowHalfOpen: true,
    noDelay: true,
    ...(localAddress === undefined ? {} : { localAddress }),
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  return new Client(socket);
}

/** One request on a connection of its own: sends the bytes, reads the final response, closes. */
export async function ask(port: number, bytes: string | Buffer): Promise<Response> {
  const client = await connect(port);
  try {
    const method = bytes.toString("latin1").split(" ", 1)[0] ?? "GET";
    return await client.send(bytes).response(method);
  } finally {
    client.socket.destroy();
  }
}

/** Sends the bytes and gives all that comes until the gateway closes. */
export async function askToClose(port: number, bytes: string | Buffer): Promise<string> {
  const client = await connect(port);
  try {
    return await client.send(bytes).rest();
  } finally {
    client.socket.destroy();
  }
}

/** A request head: the lines, each with CRLF, and the empty line. */
export function head(...lines: string[]): string {
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** A plain GET of a path with extra header lines. */
export function get(path: string, ...lines: string[]): string {
  return head(`GET ${path} HTTP/1.1`, "Host: gw.test", ...lines);
}

function readResponseHead(bytes: Buffer, method: string): ResponseHead | undefined {
  const end = bytes.indexOf("\r\n\r\n", 0, "latin1");
  if (end < 0) return undefined;
  const { startLine, headers } = parseHead(bytes.toString("latin1", 0, end));
  const match = /^HTTP\/1\.[01] ([1-9]\d\d) ([\t\x20-\x7e\x80-\xff]*)$/.exec(startLine);
  if (match === null) throw new MalformedMessage(`status line ${JSON.stringify(startLine)}`);
  const status = Number(match[1]);
  const isBodyless = method === "HEAD" || status < 200 || status === 204 || status === 304;
  const stated = framingOf(headers);
  const framing: Framing = isBodyless ? { kind: "none" } : (stated ?? { kind: "close" });
  return { status, reason: match[2] ?? "", headers, framing, size: end + 4 };
}

interface TakenBody {
  readonly body: Buffer;
  readonly trailers: readonly Header[];
  readonly size: number;
}

function takeBody(head: ResponseHead, rest: Buffer, isCleanEnd: boolean): TakenBody | undefined {
  switch (head.framing.kind) {
    case "none":
      return { body: Buffer.alloc(0), trailers: [], size: 0 };
    case "length": {
      const { length } = head.framing;
      if (rest.length < length) return undefined;
      return { body: rest.subarray(0, length), trailers: [], size: length };
    }
    case "chunked":
      return readChunked(rest);
    case "close":
      return isCleanEnd ? { body: rest, trailers: [], size: rest.length } : undefined;
  }
}
