// What a client's connection asks of its surroundings.
import type { ClientRules } from "../clients/client-rules.ts";
import type { GatewayError } from "../errors.ts";
import type { Exchange } from "../exchange.ts";
import type { ConnectionTokens } from "../response-tokens.ts";
import type { HeadLimits } from "./head-parser.ts";

/** What the pipeline does with requests. */
export interface RequestHandler {
  start(exchange: Exchange): void;
  /** The client is gone or cannot be served any more; the error says why. */
  onClientFault(exchange: Exchange, error: GatewayError): void;
  /** A request that never became an exchange. */
  onRefused(error: GatewayError): void;
}

export interface DownstreamOptions {
  readonly limits: HeadLimits;
  readonly clients: ClientRules;
  readonly tokens: ConnectionTokens;
  /** From the first byte of a head to its last, ms. */
  readonly headTimeoutMs: number;
  /** From the first byte of a request to its last, ms; 0 for no limit (Envoy's request_timeout). */
  readonly requestTimeoutMs: number;
  /** Between two reads of a body, and between two writes that a slow reader delays, ms. */
  readonly bodyTimeoutMs: number;
  /** Between two requests, ms. */
  readonly keepAliveTimeoutMs: number;
  /** After the last response, for the client to stop sending before the connection goes away, ms. */
  readonly lingerMs: number;
}
