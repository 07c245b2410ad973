// The time that is left of a request, as upstreams are told it (Envoy's x-envoy-expected-rq-timeout-ms, and grpc-timeout), and
// as a trusted peer tells it.
import type { DeadlineConfig } from "../config/tries-model.ts";
import type { Exchange } from "../exchange.ts";

const GRPC_TIMEOUT = "grpc-timeout";
/** Of grpc-timeout: eight digits at most. */
const MAX_GRPC_MS = 99_999_999;

/** The smaller one of the route's limit and the peer's, ms; the peer's fields are taken off the request in any case. */
export function limitWithDeadline(
  exchange: Exchange,
  { header, respectsClient }: DeadlineConfig,
  timeoutMs: number | undefined,
): number | undefined {
  const { requestFields: fields, relayed } = exchange;
  const isGrpc = isGrpcRequest(exchange);
  const told =
    milliseconds(fields.get(header)) ?? (isGrpc ? grpcMs(fields.get(GRPC_TIMEOUT)) : undefined);
  fields.remove(header);
  if (isGrpc) fields.remove(GRPC_TIMEOUT);
  // Anybody else could make the gateway give up a request that its upstream has begun.
  if (told === undefined || !respectsClient || relayed === undefined) return timeoutMs;
  return Math.min(told, timeoutMs ?? Infinity);
}

/** Lines for the head of a try; none when the request has no limit. */
export function deadlineLines(
  exchange: Exchange,
  { header }: DeadlineConfig,
  perTryTimeoutMs: number = Infinity,
): string {
  const endsAtMs = exchange.timeLimit?.endsAtMs ?? Infinity;
  const leftMs = Math.min(endsAtMs - performance.now(), perTryTimeoutMs);
  if (leftMs === Infinity) return "";
  const ms = Math.max(1, Math.floor(leftMs));
  const grpc = isGrpcRequest(exchange) ? `${GRPC_TIMEOUT}: ${Math.min(ms, MAX_GRPC_MS)}m\r\n` : "";
  return `${header}: ${ms}\r\n${grpc}`;
}

function isGrpcRequest({ requestFields }: Exchange): boolean {
  return requestFields.get("content-type")?.startsWith("application/grpc") === true;
}

function milliseconds(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}

const UNITS_MS: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

function grpcMs(text: string | undefined): number | undefined {
  const [, digits = "", unit = ""] = /^(\d{1,8})([HMSmun])$/.exec(text ?? "") ?? [];
  const unitMs = UNITS_MS[unit];
  return unitMs === undefined ? undefined : Math.max(1, Math.ceil(Number(digits) * unitMs));
}
