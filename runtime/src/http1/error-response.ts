// The answer to a request that never became an exchange: always the last one on its connection.
import { STATUS_CODES } from "node:http";
import type { GatewayError } from "../errors.ts";
import { newRequestId } from "../request-id.ts";

/** A whole response, head and body. */
export function errorResponse(error: GatewayError, httpDate: string): string {
  const id = newRequestId();
  const body = errorBody(error.publicMessage, id);
  return (
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? "Error"}\r\n` +
    `Date: ${httpDate}\r\nContent-Type: application/json; charset=utf-8\r\n` +
    `Content-Length: ${body.length}\r\nX-Request-Id: ${id}\r\n${retryAfter(error)}` +
    `Connection: close\r\n\r\n${body}`
  );
}

function retryAfter({ retryAfterSeconds }: GatewayError): string {
  return retryAfterSeconds === undefined ? "" : `Retry-After: ${retryAfterSeconds}\r\n`;
}

/** The body of every error that the gateway makes itself; ASCII. */
export function errorBody(message: string, requestId: string): string {
  return JSON.stringify({ message, request_id: requestId });
}
