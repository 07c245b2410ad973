// What a redirect makes of a request (Fetch standard, "HTTP-redirect fetch"; RFC 9110 §15.4).
import type { OutboundField, OutboundRequest, OutboundResponse } from "./outbound-request.ts";

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** They describe a body that is not sent any more. */
const OF_BODY = /^content-/i;
/** What one origin was given is no other's; APIs take their keys in headers of any name. */
const OF_CREDENTIALS = /auth|cookie|key|token|secret|session|password|signature/i;

/** Where the response sends the client; undefined when it is no redirect. */
export function locationOf({ status, headers }: OutboundResponse): string | undefined {
  if (!REDIRECTS.has(status)) return undefined;
  return headers.find(([name]) => name.toLowerCase() === "location")?.[1];
}

/** The request to send to `to`. */
export function redirected(
  request: OutboundRequest,
  status: number,
  from: URL,
  to: URL,
): OutboundRequest {
  const { method } = request;
  const becomesGet =
    (status === 303 && method !== "GET" && method !== "HEAD") ||
    ((status === 301 || status === 302) && method === "POST");
  const isKept = ([name]: OutboundField): boolean => {
    if (becomesGet && OF_BODY.test(name)) return false;
    return from.origin === to.origin || !OF_CREDENTIALS.test(name);
  };
  return {
    ...request,
    url: to.href,
    headers: request.headers.filter(isKept),
    ...(becomesGet && { method: "GET", body: Buffer.alloc(0) }),
  };
}
