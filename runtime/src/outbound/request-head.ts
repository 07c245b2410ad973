// The head of an outgoing request.
import type { OutboundField, OutboundRequest } from "./outbound-request.ts";

/** What a server expects of a client that says nothing of its own. No coding: nobody here would undo it. */
const DEFAULTS: readonly OutboundField[] = [
  ["Accept", "*/*"],
  ["Accept-Encoding", "identity"],
  ["User-Agent", "sluice"],
];
/** RFC 9110 §8.6: their servers expect a length even when there is no body. */
const WITH_LENGTH: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);

/** Latin-1, with its empty line. The request was checked. */
export function requestHead({ method, headers, body }: OutboundRequest, url: URL): string {
  const given = new Set(headers.map(([name]) => name.toLowerCase()));
  const lines = [`${method} ${url.pathname}${url.search} HTTP/1.1`, `Host: ${url.host}`];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  for (const [name, value] of DEFAULTS) {
    if (!given.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  }
  if (body.length > 0 || WITH_LENGTH.has(method)) lines.push(`Content-Length: ${body.length}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}
