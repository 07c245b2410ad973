// The head of a response as the client gets it.
import { STATUS_CODES } from "node:http";
import type { Exchange } from "../exchange.ts";
import { FieldRole } from "./field-name.ts";
import type { Fields } from "./fields.ts";

export interface ResponseHeadOptions {
  /** The body goes out in chunks: the upstream did not say how long it is. */
  readonly isChunked: boolean;
  readonly closes: boolean;
  /** Sent when the upstream gave none. */
  readonly httpDate: string;
}

/** The name this gateway gives itself in Via (RFC 9110 §7.6.3). */
export const VIA = "1.1 sluice";

export function writeResponseHead(exchange: Exchange, options: ResponseHeadOptions): string {
  const status = exchange.status;
  let head = statusLine(status, exchange.reason);
  let hasDate = false;
  let hasRequestId = false;
  const { names, values } = exchange.responseFields;
  const nominated = exchange.responseNominated;
  for (let at = 0; at < names.length; at++) {
    const name = names[at];
    if (name === undefined || name.role === FieldRole.hopByHop) continue;
    if (nominated?.includes(name.lower) === true) continue;
    if (name.role === FieldRole.contentLength && status === 204) continue;
    if (name.role === FieldRole.date) hasDate = true;
    else if (name.role === FieldRole.requestId) hasRequestId = true;
    head += `${name.text}: ${values[at]}\r\n`;
  }
  if (!hasDate) head += `Date: ${options.httpDate}\r\n`;
  if (!hasRequestId) head += `X-Request-Id: ${exchange.id}\r\n`;
  head += `Via: ${VIA}\r\n`;
  if (options.isChunked) head += "Transfer-Encoding: chunked\r\n";
  if (options.closes) head += "Connection: close\r\n";
  else if (exchange.minorVersion === 0) head += "Connection: keep-alive\r\n";
  return `${head}\r\n`;
}

/** The head of a 1xx response: its own fields and nothing of ours (RFC 9110 §15.2). */
export function writeInformationalHead(status: number, fields: Fields): string {
  let head = statusLine(status, STATUS_CODES[status] ?? "");
  for (let at = 0; at < fields.length; at++) {
    const name = fields.names[at];
    if (name === undefined || name.role !== FieldRole.ordinary) continue;
    head += `${name.text}: ${fields.values[at]}\r\n`;
  }
  return `${head}\r\n`;
}

function statusLine(status: number, reason: string): string {
  return `HTTP/1.1 ${status} ${reason}\r\n`;
}
