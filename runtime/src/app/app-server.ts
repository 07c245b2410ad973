// Serves a Hono app on a listener of its own, through the same codec as the proxy: the status API.
import type { GatewayError } from "../errors.ts";
import type { Exchange } from "../exchange.ts";
import type { RequestHandler } from "../http1/downstream.ts";
import { errorBody } from "../http1/error-response.ts";
import { Fields } from "../http1/fields.ts";
import type { ResponseReceiver } from "../upstream/transport.ts";
import { AppTransport } from "./app-transport.ts";
import type { App } from "./app-transport.ts";

/** How long an app may take for a response, ms. */
const READ_TIMEOUT_MS = 30_000;

export class AppServer implements RequestHandler, ResponseReceiver {
  readonly #transport: AppTransport;

  constructor(app: App) {
    this.#transport = new AppTransport(app);
  }

  start(exchange: Exchange): void {
    const { serverAddress: host, serverPort: port } = exchange.connection;
    const call = {
      target: { id: "app", host, port, address: `${host}:${port}`, weight: 1 },
      uri: exchange.query === "" ? exchange.path : `${exchange.path}?${exchange.query}`,
      host: exchange.authority,
      lines: "",
      responseHeaderTimeoutMs: Infinity,
      connectTimeoutMs: READ_TIMEOUT_MS,
      writeTimeoutMs: READ_TIMEOUT_MS,
      readTimeoutMs: READ_TIMEOUT_MS,
      isFresh: false,
    };
    this.#transport.call(exchange, call, this);
  }

  onInformational(): void {
    // Apps have no way to send one.
  }

  onHead(exchange: Exchange): void {
    exchange.isHeadSent = true;
    exchange.client.sendHead(exchange);
  }

  onBody(exchange: Exchange, piece: Buffer): void {
    exchange.client.sendBody(piece);
  }

  onFlush(exchange: Exchange): void {
    exchange.client.flush();
  }

  onEnd(exchange: Exchange): void {
    exchange.client.sendEnd();
  }

  onFault(exchange: Exchange, error: GatewayError): void {
    this.onClientFault(exchange, error);
  }

  onClientFault(exchange: Exchange, error: GatewayError): void {
    exchange.upstream?.abort();
    if (error.code === "client_closed") return;
    if (exchange.isHeadSent) {
      exchange.client.abort();
      return;
    }
    const body = Buffer.from(errorBody(error.publicMessage, exchange.id));
    exchange.status = error.status;
    exchange.responseFields = new Fields();
    exchange.responseFields.add("Content-Type", "application/json; charset=utf-8");
    exchange.responseFields.add("Content-Length", String(body.length));
    exchange.responseFraming = { kind: "length", length: body.length };
    this.onHead(exchange);
    this.onBody(exchange, body);
    this.onEnd(exchange);
  }

  onRefused(): void {
    // The codec has answered.
  }
}
