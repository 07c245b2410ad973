// All tries of one request whose route has a retry or hedge policy: one after the other, or some of them at once. The first
// head that is good enough is the response; when no try is left, the last one's head or failure is.
import type { RetryOn } from "../config/tries-model.ts";
import type { Deadlines } from "../deadlines.ts";
import { GatewayError, toGatewayError } from "../errors.ts";
import type { Exchange, TryKind } from "../exchange.ts";
import type { Fields } from "../http1/fields.ts";
import { hasWholeBody } from "../http1/replay.ts";
import type { Service } from "../snapshot.ts";
import { TimeLimit } from "../time-limit.ts";
import { admit } from "../upstream/admission.ts";
import type { Random } from "../upstream/balancer.ts";
import type { Clock } from "../upstream/clock.ts";
import type { Target } from "../upstream/target.ts";
import type { ResponseReceiver, UpstreamCall } from "../upstream/transport.ts";
import { answerTry, beginTry, endTry, failTry } from "../upstream/tries.ts";
import { callOf, pickTarget, poolOf } from "../upstream/try-target.ts";
import { Hedging } from "./hedging.ts";
import { ReplayableBody } from "./replayable-body.ts";
import { faultReason, headReason } from "./retry-conditions.ts";
import { RetryPlan } from "./retry-plan.ts";
import type { FailedTry } from "./retry-plan.ts";
import { TryCall } from "./try-call.ts";
import type { CallOwner } from "./try-call.ts";
import { copyForTry, takeResponse } from "./try-exchange.ts";
import type { TryPolicy } from "./try-policy.ts";

export interface SeriesParts {
  readonly exchange: Exchange;
  readonly service: Service;
  readonly policy: TryPolicy;
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  readonly random: Random;
  /** Of the head that is taken, and of what follows it. */
  readonly response: ResponseReceiver;
  /** No try is left. */
  readonly fail: (error: GatewayError) => void;
}

interface NextTry {
  readonly kind: TryKind;
  readonly isFresh: boolean;
  /** It has a place in the budget. */
  isExtra: boolean;
}

export class TrySeries implements CallOwner {
  readonly #parts: SeriesParts;
  readonly #exchange: Exchange;
  readonly #policy: TryPolicy;
  readonly #body: ReplayableBody | undefined;
  readonly #hedging: Hedging | undefined;
  /** Most requests need none. */
  #plan: RetryPlan | undefined;
  /** Those without a head. */
  readonly #waiting = new Set<TryCall>();
  #discarded: TryCall | undefined;
  #taken: TryCall | undefined;
  #lastError: GatewayError | undefined;
  #cancelRetry: (() => void) | undefined;
  #hasBeenStale = false;
  #isOver = false;

  constructor(parts: SeriesParts) {
    const { exchange, policy, clock, random } = parts;
    this.#parts = parts;
    this.#exchange = exchange;
    this.#policy = policy;
    this.#body = ReplayableBody.of(exchange, policy.retry.maxRequestBodyBytes);
    const { hedge, counts } = policy;
    if (hedge !== undefined) {
      const send = (): boolean => this.#hedge();
      this.#hedging = Hedging.of(exchange, { policy: hedge, clock, random, counts, send });
    }
    policy.budget.beginRequest();
  }

  start(): void {
    this.#enter({ kind: "first", isFresh: false, isExtra: false });
    if (!this.#isOver) this.#hedging?.start();
  }

  /** The exchange is over, or goes on without an upstream. */
  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pause();
    this.#hedging?.finish(undefined);
    this.#giveUpWaiting();
    this.#discarded?.giveUp();
    if (this.#taken !== undefined) this.#leave(this.#taken);
    this.#policy.budget.endRequest();
  }

  // ---- a try

  #enter(next: NextTry): void {
    const { admission } = poolOf(this.#exchange, this.#parts.service);
    if (admission === undefined) return this.#isDecided ? this.#drop(next) : this.#send(next);
    admit(this.#exchange, { admission, kind: next.kind }, (refused) => {
      if (!this.#isDecided) {
        return refused === undefined ? this.#send(next) : this.#refuse(next, refused);
      }
      if (refused === undefined) admission.leave(this.#exchange, next.kind, undefined);
      this.#drop(next);
    });
  }

  get #isDecided(): boolean {
    return this.#isOver || this.#taken !== undefined;
  }

  #send(next: NextTry): void {
    const { service, deadlines, response } = this.#parts;
    const main = this.#exchange;
    // What it said is not for us, and what it sends must not be taken for what the next one says.
    this.#discarded?.giveUp();
    let target: Target;
    try {
      target = pickTarget(main, service, next.kind);
    } catch (thrown) {
      return this.#refuse(next, toGatewayError(thrown));
    }
    const pool = poolOf(main, service);
    if (next.kind === "hedge" && main.tries?.some((each) => each.target === target) === true) {
      pool.admission?.leave(main, next.kind, undefined);
      return this.#drop(next);
    }
    const isMainFree =
      this.#waiting.size === 0 || [...this.#waiting].every((each) => each.exchange !== main);
    const exchange = isMainFree ? main : copyForTry(main);
    const body = this.#body?.reader();
    if (body !== undefined) exchange.requestBody = body;
    const attempt = beginTry(main, pool, target, next.kind);
    const { isExtra } = next;
    const call = new TryCall({ owner: this, response, main, exchange, attempt, body, isExtra });
    this.#waiting.add(call);
    const { perTryTimeoutMs } = this.#policy.retry;
    if (perTryTimeoutMs !== undefined) {
      call.limit = new TimeLimit(deadlines, perTryTimeoutMs, () => this.#onTryTimeout(call));
    }
    service.transport.call(exchange, this.#callOf(target, next.isFresh), call);
  }

  #callOf(target: Target, isFresh: boolean): UpstreamCall {
    const call = callOf(this.#exchange, this.#parts.service, target, isFresh);
    const { perTryIdleTimeoutMs } = this.#policy.retry;
    return perTryIdleTimeoutMs === undefined
      ? call
      : { ...call, readTimeoutMs: perTryIdleTimeoutMs };
  }

  /** It could not begin. */
  #refuse(next: NextTry, error: GatewayError): void {
    this.#drop(next);
    if (next.kind === "hedge" || this.#waiting.size > 0) return;
    this.#parts.fail(this.#lastError ?? error);
  }

  /** Gives its place in the budget back, if it has one. */
  #drop(extra: { isExtra: boolean }): void {
    if (extra.isExtra) this.#policy.budget.endRetry();
    extra.isExtra = false;
  }

  /** The call is over, or its head is here and not taken. */
  #leave(call: TryCall): void {
    this.#waiting.delete(call);
    call.limit?.stop();
    call.body?.leave();
    this.#drop(call);
    endTry(this.#exchange, call.attempt);
  }

  // ---- what becomes of it

  onInformational(_: TryCall, status: number, fields: Fields): void {
    if (this.#waiting.size === 1) {
      this.#parts.response.onInformational(this.#exchange, status, fields);
    }
  }

  onHead(call: TryCall): void {
    const nowMs = performance.now();
    const { status, responseFields } = call.exchange;
    answerTry(call.attempt, status, nowMs);
    const reason = headReason(this.#policy.retry, status, responseFields);
    if (reason === undefined) return this.#take(call);
    const areOthersWaiting = this.#waiting.size > 1 || this.#cancelRetry !== undefined;
    const waitMs = areOthersWaiting ? 0 : this.#waitFor(this.#failed(reason, call, responseFields));
    if (waitMs === undefined) return this.#take(call);
    call.attempt.isAbandoned = true;
    call.discard();
    this.#discarded?.giveUp();
    this.#discarded = call;
    this.#lastError = undefined;
    this.#leave(call);
    if (!areOthersWaiting) this.#retryIn(waitMs);
  }

  onFault(call: TryCall, error: GatewayError): void {
    failTry(this.#exchange, call.attempt, error);
    this.#leave(call);
    this.#lastError = error;
    if (error.code === "upstream_stale" && !this.#hasBeenStale) {
      this.#hasBeenStale = true;
      this.#policy.counts.countRetry("stale", "sent");
      return this.#enter({ kind: "retry", isFresh: true, isExtra: false });
    }
    if (this.#waiting.size > 0 || this.#cancelRetry !== undefined) return;
    const reason = faultReason(this.#policy.retry, error);
    const waitMs = reason && this.#waitFor(this.#failed(reason, call, undefined));
    if (waitMs === undefined) this.#parts.fail(error);
    else this.#retryIn(waitMs);
  }

  onCut(call: TryCall, error: GatewayError): void {
    failTry(this.#exchange, call.attempt, error);
    this.#clearUpstream(call);
    this.#parts.fail(error);
  }

  onWhole(call: TryCall): void {
    this.#clearUpstream(call);
  }

  /** The connection may be another request's from here on. */
  #clearUpstream({ exchange }: TryCall): void {
    if (exchange !== this.#exchange) this.#exchange.upstream = undefined;
  }

  #onTryTimeout(call: TryCall): void {
    if (call.state !== "waiting" || this.#isOver) return;
    if (this.#hedging?.hedgesOnPerTryTimeout === true && this.#hedging.more()) return;
    const error = new GatewayError("upstream_try_timeout", "per_try_timeout is over");
    call.giveUp();
    this.onFault(call, error);
  }

  /** This is the response: nothing else is tried, and what else runs is given up. */
  #take(call: TryCall): void {
    this.#pause();
    this.#waiting.delete(call);
    call.limit?.stop();
    call.state = "taken";
    this.#taken = call;
    this.#giveUpWaiting();
    this.#hedging?.finish(call.attempt.kind);
    if (call.exchange !== this.#exchange) takeResponse(this.#exchange, call.exchange);
    this.#parts.response.onHead(this.#exchange);
    // Unless something else was asked instead of taking the response, which needs the body once more.
    if (this.#taken === call && !this.#isOver) this.#body?.forget();
  }

  #giveUpWaiting(): void {
    for (const call of this.#waiting) {
      call.attempt.isAbandoned = true;
      call.giveUp();
      this.#leave(call);
    }
  }

  // ---- one more

  #failed(reason: RetryOn, { isSent, exchange }: TryCall, fields: Fields | undefined): FailedTry {
    const isUnsent = !isSent && fields === undefined;
    return { reason, isUnsent, isReadable: hasWholeBody(exchange), fields };
  }

  /** How long to wait for the next try, ms; undefined when there is none. */
  #waitFor(failed: FailedTry): number | undefined {
    this.#plan ??= new RetryPlan(this.#parts);
    return this.#plan.next(failed);
  }

  #retryIn(waitMs: number): void {
    const next: NextTry = { kind: "retry", isFresh: false, isExtra: true };
    const cancel = this.#parts.clock.after(waitMs, () => {
      this.#cancelRetry = undefined;
      this.#enter(next);
    });
    this.#cancelRetry = () => {
      cancel();
      this.#drop(next);
    };
  }

  /** One try beside those that wait; false when there may be none. */
  #hedge(): boolean {
    if (this.#isOver || this.#taken !== undefined) return false;
    if (!hasWholeBody(this.#exchange)) return false;
    if (!this.#policy.budget.take()) {
      this.#policy.counts.countHedge("budget_exhausted");
      return false;
    }
    const before = this.#waiting.size;
    this.#enter({ kind: "hedge", isFresh: false, isExtra: true });
    return this.#waiting.size > before;
  }

  #pause(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }
}
