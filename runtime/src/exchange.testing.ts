// Exchanges for tests, of which only the interesting parts are spelled out, and both ends of them that keep a record.
import { connectionForwarding } from "./clients/forwarding-fields.ts";
import { Exchange } from "./exchange.ts";
import type { BodyReceiver, ClientSide, ConnectionInfo, RequestHead } from "./exchange.ts";
import { Fields } from "./http1/fields.ts";
import { NO_BODY } from "./http1/framing.ts";
import { connectionTokens, DEFAULT_RESPONSE_TOKENS } from "./response-tokens.ts";
import { isPlainPath } from "./routing/path.ts";
import type { Socket } from "./platform/socket.ts";

/** A client that keeps what it is told. */
export class RecordingClient implements ClientSide {
  readonly events: string[] = [];
  body = "";
  receiver: BodyReceiver | undefined;
  isFull = false;
  /** Nothing of the request's body was handed out. */
  canWithdraw = true;

  sendInformational(status: number): void {
    this.events.push(`informational ${status}`);
  }
  sendHead(exchange: Exchange): void {
    this.events.push(`head ${exchange.status}`);
  }
  sendBody(piece: Buffer): void {
    this.body += piece.toString("latin1");
  }
  sendEnd(): void {
    this.events.push("end");
  }
  flush(): void {}
  abort(): void {
    this.events.push("abort");
  }
  readBody(receiver: BodyReceiver): void {
    this.receiver = receiver;
    receiver.endBody();
  }
  withdrawBody(): boolean {
    return this.canWithdraw;
  }
  pauseBody(): void {
    this.events.push("pause");
  }
  resumeBody(): void {
    this.events.push("resume");
  }
}

/** A socket that keeps what is written to it. */
export class RecordingSocket implements Socket {
  readonly remoteAddress = "192.0.2.7";
  readonly remotePort = 50_000;
  readonly localAddress = "192.0.2.1";
  readonly localPort = 8000;
  /** One for each write. */
  readonly writes: string[] = [];
  /** What the next writes return. */
  takesMore = true;

  get text(): string {
    return this.writes.join("");
  }

  write(data: string | Buffer): boolean {
    this.writes.push(typeof data === "string" ? data : data.toString("latin1"));
    return this.takesMore;
  }
  shutdown(): void {}
  close(): void {}
  destroy(): void {}
  pause(): void {}
  resume(): void {}
}

/** Lines like `Name: value`. */
export function fieldsOf(...lines: readonly string[]): Fields {
  const fields = new Fields();
  for (const line of lines) {
    const colon = line.indexOf(":");
    fields.add(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return fields;
}

export function linesOf(fields: Fields): string[] {
  return fields.names.map((name, at) => `${name.text}: ${fields.values[at]}`);
}

export interface ExchangeParts extends Partial<RequestHead> {
  readonly client?: ClientSide;
  readonly connection?: Partial<ConnectionInfo>;
}

/** A GET of http://example.com/ by 192.0.2.7, unless said otherwise. */
export function exchangeOf(parts: ExchangeParts = {}): Exchange {
  const { client, connection, ...head } = parts;
  const info = {
    id: 1,
    peerAddress: "192.0.2.7",
    peerPort: 50_000,
    serverAddress: "192.0.2.1",
    serverPort: 8000,
    scheme: "http" as const,
    requests: 1,
    ...connectionTokens(DEFAULT_RESPONSE_TOKENS),
    ...connection,
  };
  const request: RequestHead = {
    id: "0123456789abcdef0123456789abcdef",
    startedAtMs: 0,
    method: "GET",
    path: "/",
    hasPlainPath: isPlainPath(head.path ?? "/"),
    query: "",
    minorVersion: 1,
    host: "example.com",
    authority: "example.com",
    fields: new Fields(),
    framing: NO_BODY,
    acceptsTrailers: false,
    upgrade: undefined,
    isForGateway: false,
    ...head,
  };
  return new Exchange(request, client ?? new RecordingClient(), {
    ...connectionForwarding(info, false),
    ...info,
  });
}
