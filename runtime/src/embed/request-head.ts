// A Request as the head of an exchange, by the same rules as one from a socket.
import { GatewayError } from "../errors.ts";
import type { RequestHead } from "../exchange.ts";
import { fieldName, FieldRole } from "../http1/field-name.ts";
import { Fields } from "../http1/fields.ts";
import { CHUNKED, NO_BODY } from "../http1/framing.ts";
import type { Framing } from "../http1/framing.ts";
import { asksGateway } from "../http1/options.ts";
import { newRequestId } from "../request-id.ts";
import { canonicalPath, isPlainPath } from "../routing/path.ts";

/** Throws a GatewayError when the request must not be forwarded. */
export function requestHead(request: Request): RequestHead {
  const url = new URL(request.url);
  const path = canonicalPath(url.pathname);
  if (path === undefined) throw new GatewayError("bad_request", "the path is not safe to route");
  const fields = forwardableFields(request);
  return {
    id: newRequestId(),
    startedAtMs: performance.now(),
    method: request.method,
    path,
    hasPlainPath: isPlainPath(path),
    query: url.search.slice(1),
    minorVersion: 1,
    host: url.hostname.toLowerCase(),
    authority: url.host,
    fields,
    framing: framingOf(request),
    acceptsTrailers: false,
    upgrade: undefined,
    isForGateway: request.method === "OPTIONS" && asksGateway(path, fields),
  };
}

function forwardableFields(request: Request): Fields {
  const fields = new Fields();
  for (const [name, value] of request.headers) {
    const known = fieldName(name);
    const isOwn = known.role === FieldRole.ordinary || known.role === FieldRole.date;
    const isLength = known.role === FieldRole.contentLength && request.body !== null;
    if (isOwn || isLength) fields.push(known, value);
  }
  return fields;
}

function framingOf(request: Request): Framing {
  if (request.body === null) return NO_BODY;
  const length = request.headers.get("content-length");
  if (length === null) return CHUNKED;
  if (!/^[0-9]{1,15}$/.test(length)) {
    throw new GatewayError("bad_request", "Content-Length is no number");
  }
  return Number(length) === 0 ? NO_BODY : { kind: "length", length: Number(length) };
}
