// The head of a request as the upstream gets it.
import type { Exchange } from "../exchange.ts";
import { FieldRole } from "./field-name.ts";
import { VIA } from "./write-response-head.ts";

export interface RequestHeadOptions {
  /** Path and query for the request line. */
  readonly uri: string;
  readonly host: string;
}

export function writeRequestHead(exchange: Exchange, options: RequestHeadOptions): string {
  let head = `${exchange.method} ${options.uri} HTTP/1.1\r\nHost: ${options.host}\r\n`;
  let hasRequestId = false;
  const { names, values } = exchange.requestFields;
  const nominated = exchange.requestNominated;
  for (let at = 0; at < names.length; at++) {
    const name = names[at];
    if (name === undefined || name.role === FieldRole.hopByHop || name.role === FieldRole.host) {
      continue;
    }
    if (name.role === FieldRole.requestId) hasRequestId = true;
    if (nominated !== undefined && isDropped(name.role, name.lower, nominated)) continue;
    head += `${name.text}: ${values[at]}\r\n`;
  }
  if (exchange.requestFraming.kind === "chunked") head += "Transfer-Encoding: chunked\r\n";
  head += forwardingFields(exchange);
  if (!hasRequestId) head += `X-Request-Id: ${exchange.id}\r\n`;
  return `${head}\r\n`;
}

/** Managed fields are the gateway's by now: a client cannot nominate them away (T4, CVE-2025-48865). */
function isDropped(role: number, lower: string, nominated: readonly string[]): boolean {
  return role === FieldRole.ordinary && nominated.includes(lower);
}

/** Kong's X-Forwarded-* and X-Real-IP; what the client sent under these names was dropped before. */
function forwardingFields(exchange: Exchange): string {
  const { clientAddress, serverPort, scheme } = exchange.connection;
  const prefix =
    exchange.prefixLength > 1
      ? `X-Forwarded-Prefix: ${exchange.routedPath.slice(0, exchange.prefixLength)}\r\n`
      : "";
  return (
    `X-Forwarded-For: ${clientAddress}\r\nX-Real-IP: ${clientAddress}\r\n` +
    `X-Forwarded-Proto: ${scheme}\r\nX-Forwarded-Host: ${exchange.host}\r\n` +
    `X-Forwarded-Port: ${serverPort}\r\nX-Forwarded-Path: ${exchange.routedPath}\r\n${prefix}Via: ${VIA}\r\n`
  );
}
