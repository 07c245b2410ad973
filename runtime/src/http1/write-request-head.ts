// The head of a request as the upstream gets it.
import { forwardingFields } from "../clients/forwarding-fields.ts";
import type { Exchange } from "../exchange.ts";
import { FieldRole } from "./field-name.ts";
import { trailerLine } from "./trailers.ts";
import { droppedRoles, writeFields } from "./write-fields.ts";

export interface RequestHeadOptions {
  /** Path and query for the request line. */
  readonly uri: string;
  /** Value of Host. */
  readonly host: string;
  /** Further lines, each with its CRLF. */
  readonly lines?: string;
}

const DROPPED = droppedRoles(FieldRole.hopByHop, FieldRole.host);

export function writeRequestHead(exchange: Exchange, options: RequestHeadOptions): string {
  const { requestFields: fields } = exchange;
  let head =
    `${exchange.method} ${options.uri} HTTP/1.1\r\nHost: ${options.host}\r\n` +
    writeFields(fields, DROPPED);
  if (exchange.upgrade !== undefined || exchange.acceptsTrailers) head += connectionLines(exchange);
  if (exchange.requestFraming.kind === "chunked") {
    head += `${trailerLine(fields)}Transfer-Encoding: chunked\r\n`;
  }
  if (!fields.hasRole(FieldRole.requestId)) head += `X-Request-Id: ${exchange.id}\r\n`;
  if (options.lines !== undefined) head += options.lines;
  return head + forwardingFields(exchange);
}

/** What the client asks of this connection's other end, and the gateway passes on (RFC 9110 §7.8 and §10.1.4). */
function connectionLines({ upgrade, acceptsTrailers }: Exchange): string {
  const te = acceptsTrailers ? "TE: trailers\r\n" : "";
  if (upgrade === undefined) return `Connection: TE\r\n${te}`;
  return `Connection: upgrade${acceptsTrailers ? ", TE" : ""}\r\nUpgrade: ${upgrade}\r\n${te}`;
}
