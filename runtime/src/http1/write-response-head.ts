// The head of a response as the client gets it.
import { STATUS_CODES } from "node:http";
import type { Exchange } from "../exchange.ts";
import { FieldRole } from "./field-name.ts";
import type { Fields } from "./fields.ts";
import { trailerLine } from "./trailers.ts";
import { droppedRoles, writeFields } from "./write-fields.ts";

export interface ResponseHeadOptions {
  /** The body goes out in chunks: the upstream did not say how long it is. */
  readonly isChunked: boolean;
  readonly closes: boolean;
  /** Sent when the upstream gave none. */
  readonly httpDate: string;
}

/** The name this gateway gives itself in Via (RFC 9110 §7.6.3). */
export const VIA = "1.1 sluice";

const DROPPED = droppedRoles(FieldRole.hopByHop);
/** 204 and 101 have no body and therefore no length (RFC 9110 §8.6); 1xx has nothing of ours at all. */
const DROPPED_WITH_LENGTH = droppedRoles(FieldRole.hopByHop, FieldRole.contentLength);

export function writeResponseHead(exchange: Exchange, options: ResponseHeadOptions): string {
  const { status, responseFields: fields } = exchange;
  const dropped = status === 204 || status === 101 ? DROPPED_WITH_LENGTH : DROPPED;
  let head = statusLine(status, exchange.reason) + writeFields(fields, dropped);
  if (!fields.hasRole(FieldRole.date)) head += `Date: ${options.httpDate}\r\n`;
  if (!fields.hasRole(FieldRole.requestId)) head += `X-Request-Id: ${exchange.id}\r\n`;
  if (status === 101 && exchange.tunnel !== undefined) {
    return `${head}Connection: upgrade\r\nUpgrade: ${exchange.tunnel.protocol}\r\n${exchange.connection.responseEnd}`;
  }
  if (options.isChunked) {
    if (exchange.acceptsTrailers) head += trailerLine(fields);
    head += "Transfer-Encoding: chunked\r\n";
  }
  if (options.closes) head += "Connection: close\r\n";
  else if (exchange.minorVersion === 0) head += "Connection: keep-alive\r\n";
  return `${head}${exchange.connection.responseEnd}`;
}

/** The head of a 1xx response: its own fields and nothing of ours (RFC 9110 §15.2). */
export function writeInformationalHead(status: number, fields: Fields): string {
  const lines = writeFields(fields, DROPPED_WITH_LENGTH);
  return `${statusLine(status, STATUS_CODES[status] ?? "")}${lines}\r\n`;
}

function statusLine(status: number, reason: string): string {
  return status === 200 && reason === "OK"
    ? "HTTP/1.1 200 OK\r\n"
    : `HTTP/1.1 ${status} ${reason}\r\n`;
}
