// The life of one try: who is told that it begins, what came of it, and that it is over.
import type { GatewayError } from "../errors.ts";
import type { Exchange, Try, TryKind } from "../exchange.ts";
import type { TargetPool } from "./balancer.ts";
import type { Target } from "./target.ts";

export function beginTry(exchange: Exchange, pool: TargetPool, target: Target, kind: TryKind): Try {
  const { observer, admission } = pool;
  const attempt: Try = {
    target,
    kind,
    observer,
    admission,
    route: exchange.route,
    breaker: undefined,
    permit: undefined,
    startedAtMs: performance.now(),
    status: 0,
    error: undefined,
    isOver: false,
    isAbandoned: false,
  };
  (exchange.tries ??= []).push(attempt);
  observer?.begin(attempt);
  return attempt;
}

/** The head of a response is here. */
export function answerTry(attempt: Try, status: number, nowMs: number): void {
  attempt.status = status;
  attempt.observer?.answered(attempt, status, nowMs - attempt.startedAtMs);
}

/** There will be no response, or no more of it. */
export function failTry(exchange: Exchange, attempt: Try, error: GatewayError): void {
  if (attempt.isOver) return;
  attempt.error = error;
  attempt.observer?.failed(attempt, error, performance.now() - attempt.startedAtMs);
  endTry(exchange, attempt);
}

/** Nobody waits for it any more; says it once. */
export function endTry(exchange: Exchange, attempt: Try): void {
  if (attempt.isOver) return;
  attempt.isOver = true;
  attempt.observer?.end(attempt);
  attempt.admission?.leave(exchange, attempt.kind ?? "first", attempt);
}
