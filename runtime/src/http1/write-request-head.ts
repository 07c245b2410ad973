// The head of a request as the upstream gets it.
import type { ConnectionInfo, Exchange } from "../exchange.ts";
import { FieldRole } from "./field-name.ts";
import { droppedRoles, writeFields } from "./write-fields.ts";
import { VIA } from "./write-response-head.ts";

export interface RequestHeadOptions {
  /** Path and query for the request line. */
  readonly uri: string;
  /** Value of Host. */
  readonly host: string;
}

const DROPPED = droppedRoles(FieldRole.hopByHop, FieldRole.host);

export function writeRequestHead(exchange: Exchange, options: RequestHeadOptions): string {
  const { requestFields: fields, routedPath } = exchange;
  let head =
    `${exchange.method} ${options.uri} HTTP/1.1\r\nHost: ${options.host}\r\n` +
    writeFields(fields, DROPPED);
  if (exchange.requestFraming.kind === "chunked") head += "Transfer-Encoding: chunked\r\n";
  if (exchange.prefixLength > 1) {
    head += `X-Forwarded-Prefix: ${routedPath.slice(0, exchange.prefixLength)}\r\n`;
  }
  if (!fields.hasRole(FieldRole.requestId)) head += `X-Request-Id: ${exchange.id}\r\n`;
  return (
    `${head}X-Forwarded-Host: ${exchange.host}\r\nX-Forwarded-Path: ${routedPath}\r\n` +
    exchange.connection.forwardingLines
  );
}

/**
 * The lines that are the same for all requests of a connection, and the end of the head: Kong's X-Forwarded-* and
 * X-Real-IP (what the client sent under these names was dropped before), and Via.
 */
export function forwardingLines(
  connection: Pick<ConnectionInfo, "clientAddress" | "serverPort" | "scheme">,
): string {
  const { clientAddress, serverPort, scheme } = connection;
  return (
    `X-Forwarded-For: ${clientAddress}\r\nX-Real-IP: ${clientAddress}\r\n` +
    `X-Forwarded-Proto: ${scheme}\r\nX-Forwarded-Port: ${serverPort}\r\nVia: ${VIA}\r\n\r\n`
  );
}
