// Which requests may be sent again when the connection they went out on was closed without an answer.
import type { Exchange } from "../exchange.ts";

/** RFC 9110 §9.2.2: these may be sent again when it is unknown whether they were acted on. */
export const IDEMPOTENT: ReadonlySet<string> = new Set([
  "GET",
  "HEAD",
  "OPTIONS",
  "PUT",
  "DELETE",
  "QUERY",
]);

/** One more upstream would get all of its body, if it has one. */
export function hasWholeBody({ requestFraming, requestBody }: Exchange): boolean {
  return requestFraming.kind === "none" || requestBody.isRepeatable === true;
}

export function isReplayable(exchange: Exchange | undefined): boolean {
  if (exchange === undefined) return false;
  if (exchange.requestFraming.kind === "none") return IDEMPOTENT.has(exchange.method);
  // Nobody can have acted on a request of which nothing but the head was sent, whatever its method.
  if (exchange.requestBody.withdrawBody()) return true;
  return exchange.requestBody.isRepeatable === true && IDEMPOTENT.has(exchange.method);
}
