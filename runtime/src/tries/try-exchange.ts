// An exchange is written to by the connection that carries it. A try that runs beside another has a copy of its own, whose
// response becomes the request's when it is the first.
import { Exchange } from "../exchange.ts";

export function copyForTry(main: Exchange): Exchange {
  const request = {
    id: main.id,
    startedAtMs: main.startedAtMs,
    method: main.clientMethod,
    path: main.routedPath,
    hasPlainPath: main.hasPlainPath,
    query: main.query,
    minorVersion: main.minorVersion,
    host: main.host,
    authority: main.authority,
    fields: main.requestFields,
    framing: main.requestFraming,
    acceptsTrailers: main.acceptsTrailers,
    upgrade: main.upgrade,
    isForGateway: main.isForGateway,
  };
  const copy = new Exchange(request, main.client, main.connection);
  copy.method = main.method;
  copy.path = main.path;
  copy.relayed = main.relayed;
  copy.prefixLength = main.prefixLength;
  copy.requestBody = main.requestBody;
  return copy;
}

/** The copy's head is the response to the request. */
export function takeResponse(main: Exchange, copy: Exchange): void {
  main.status = copy.status;
  main.reason = copy.reason;
  main.responseFields = copy.responseFields;
  main.responseFraming = copy.responseFraming;
  main.forwardedAtMs = copy.forwardedAtMs;
  main.upstream = copy.upstream;
}
