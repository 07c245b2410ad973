// Client connections on their own, and a handler that answers requests as a test says.
import { after } from "node:test";
import { DIRECT_CLIENTS } from "../clients/client-rules.ts";
import { Deadlines } from "../deadlines.ts";
import type { GatewayError } from "../errors.ts";
import type { BodyReceiver, Exchange } from "../exchange.ts";
import { currentPlatform } from "../platform/current.ts";
import { connectionTokens, DEFAULT_RESPONSE_TOKENS } from "../response-tokens.ts";
import { Peer } from "../sockets.testing.ts";
import type { RequestHandler } from "./downstream.ts";
import { Fields } from "./fields.ts";
import { Http1Server } from "./server.ts";
import type { ServerOptions } from "./server.ts";

export const OPTIONS: ServerOptions = {
  limits: { maxStartLineBytes: 200, maxFieldLineBytes: 200, maxHeadBytes: 1000, maxFields: 10 },
  clients: DIRECT_CLIENTS,
  tokens: connectionTokens(DEFAULT_RESPONSE_TOKENS),
  headTimeoutMs: 60_000,
  requestTimeoutMs: 60_000,
  bodyTimeoutMs: 60_000,
  keepAliveTimeoutMs: 60_000,
  lingerMs: 2000,
  maxConnections: 100,
  maxConnectionsPerIp: 0,
  reusePort: false,
};

/** Answers requests as a test says, and keeps what became of them. */
export class Handler implements RequestHandler {
  readonly started: Exchange[] = [];
  readonly faults: string[] = [];
  readonly refused: string[] = [];
  readonly #answer: (exchange: Exchange) => void;

  constructor(answer: (exchange: Exchange) => void) {
    this.#answer = answer;
  }
  start(exchange: Exchange): void {
    this.started.push(exchange);
    this.#answer(exchange);
  }
  onClientFault(_: Exchange, error: GatewayError): void {
    this.faults.push(error.code);
  }
  onRefused(error: GatewayError): void {
    this.refused.push(error.code);
  }
}

export function respond(exchange: Exchange, body: string | Buffer, status = 200): void {
  const bytes = Buffer.from(body);
  exchange.status = status;
  exchange.reason = "OK";
  exchange.responseFields = new Fields();
  exchange.responseFields.add("Content-Length", String(bytes.length));
  exchange.responseFraming = { kind: "length", length: bytes.length };
  exchange.client.sendHead(exchange);
  exchange.client.sendBody(bytes);
  exchange.client.sendEnd();
}

/** Sends the head of a response whose body is still to come. */
export function startResponse(exchange: Exchange): void {
  exchange.status = 200;
  exchange.responseFields = new Fields();
  exchange.responseFraming = { kind: "chunked" };
  exchange.client.sendHead(exchange);
  exchange.client.flush();
}

export const IGNORING: BodyReceiver = {
  writeBody: () => undefined,
  flushBody: () => undefined,
  endBody: () => undefined,
};

export interface Serving {
  readonly handler: Handler;
  readonly server: Http1Server;
  readonly client: Peer;
}

export async function serve(
  answer: (exchange: Exchange) => void,
  options: Partial<ServerOptions> = {},
): Promise<Serving> {
  const handler = new Handler(answer);
  const deadlines = new Deadlines();
  const server = await Http1Server.listen(
    { host: "127.0.0.1", port: 0 },
    { platform: await currentPlatform(), deadlines, handler, options: { ...OPTIONS, ...options } },
  );
  after(async () => {
    await server.drain(1);
    deadlines.stop();
  });
  return { handler, server, client: await Peer.connect(server.address.port) };
}

export function request(path: string, ...lines: readonly string[]): string {
  return `GET ${path} HTTP/1.1\r\nHost: a\r\n${lines.map((line) => `${line}\r\n`).join("")}\r\n`;
}

export function answersPath(exchange: Exchange): void {
  respond(exchange, `<${exchange.path}>`);
}
