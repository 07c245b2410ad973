// How a message is framed whose body plugins change: the length that its sender stated is not true any more, and one
// that is not true is where the next message on the connection would be looked for in the wrong place (RFC 9112 §6.3).
import type { Exchange } from "../exchange.ts";
import { CHUNKED, NO_BODY } from "../http1/framing.ts";

/** The upstream gets a body of so many bytes; undefined when only its end tells. */
export function frameRequest(exchange: Exchange, length: number | undefined): void {
  const { requestFields, requestFraming } = exchange;
  const hadBody =
    requestFraming.kind !== "none" || requestFields.get("content-length") !== undefined;
  requestFields.remove("content-length");
  if (length === undefined) exchange.requestFraming = CHUNKED;
  else if (length > 0) exchange.requestFraming = { kind: "length", length };
  else exchange.requestFraming = NO_BODY;
  // RFC 9110 §8.6: to say 0 where a body is usual, and nothing where none is.
  if (length !== undefined && (length > 0 || hadBody)) {
    requestFields.add("Content-Length", String(length));
  }
}

/** The client gets a body of so many bytes; undefined when only its end tells. */
export function frameResponse(exchange: Exchange, length: number | undefined): void {
  const { responseFields, responseFraming } = exchange;
  responseFields.remove("content-length");
  if (length === undefined) {
    // One that ends with its connection still does: that is what tells its end from a fault.
    if (responseFraming?.kind === "length") exchange.responseFraming = CHUNKED;
    return;
  }
  responseFields.add("Content-Length", String(length));
  if (!mayHaveBody(exchange)) return;
  exchange.responseFraming = length === 0 ? NO_BODY : { kind: "length", length };
}

/** RFC 9112 §6.3: by what was asked and the status, whatever the fields say. */
export function mayHaveBody({ clientMethod, status }: Exchange): boolean {
  return clientMethod !== "HEAD" && !isBodyless(status);
}

export function isBodyless(status: number): boolean {
  return status === 204 || status === 304 || status < 200;
}
