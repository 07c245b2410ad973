// A series of tries in a test, whose transport and targets do what the test says.
import assert from "node:assert/strict";
import type { HedgePolicyConfig } from "../config/tries-model.ts";
import { Deadlines } from "../deadlines.ts";
import { GatewayError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { exchangeOf, fieldsOf } from "../exchange.testing.ts";
import type { Exchange } from "../exchange.ts";
import type { Service } from "../snapshot.ts";
import { TryCounts } from "../status/try-counts.ts";
import type { Admission } from "../upstream/admission.ts";
import type { Target } from "../upstream/target.ts";
import type { ResponseReceiver, UpstreamCall } from "../upstream/transport.ts";
import { QuickClock } from "./quick-clock.testing.ts";
import { RetryBudget } from "./retry-budget.ts";
import { CONNECT_ONLY } from "./try-policy.ts";
import type { TryPolicy } from "./try-policy.ts";
import { TrySeries } from "./try-series.ts";

export interface Sent {
  readonly exchange: Exchange;
  readonly call: UpstreamCall;
  readonly receiver: ResponseReceiver;
  isAborted: boolean;
}

export interface WorldParts {
  readonly method?: string;
  readonly targets?: number;
  readonly admission?: Admission;
}

/** A series whose transport and targets do what the test says. */
export class World {
  readonly clock: QuickClock = new QuickClock();
  readonly sent: Sent[] = [];
  readonly events: string[] = [];
  readonly counts: TryCounts = new TryCounts();
  readonly exchange: Exchange;
  readonly series: TrySeries;

  constructor(policy: Partial<TryPolicy>, parts: WorldParts = {}) {
    this.exchange = exchangeOf({ method: parts.method ?? "GET" });
    const targets = Array.from({ length: parts.targets ?? 9 }, (_, at) => target(at));
    const pool = {
      observer: undefined,
      admission: parts.admission,
      targets,
      pick: (_: Exchange, tried: readonly Target[]) =>
        targets.find((each) => !tried.includes(each)) ?? targets[0],
    };
    const transport = {
      call: (exchange: Exchange, call: UpstreamCall, receiver: ResponseReceiver) =>
        this.#call(exchange, call, receiver),
      close: () => undefined,
    };
    const config = { connectTimeoutMs: 1, writeTimeoutMs: 1, readTimeoutMs: 1, protocol: "http" };
    const service = { config, balancer: pool, transport } as unknown as Service; // What a series reads of it.
    const deadlines = new Deadlines();
    deadlines.stop();
    const budget = { budgetPercent: 100, minRetryConcurrency: 100 };
    this.series = new TrySeries({
      exchange: this.exchange,
      service,
      policy: {
        retry: { ...CONNECT_ONLY, retryOn: new Set(["5xx"] as const) },
        numRetries: 2,
        hedge: undefined,
        budget: new RetryBudget(budget, this.clock),
        counts: this.counts,
        ...policy,
      },
      deadlines,
      clock: this.clock,
      random: () => 0.5,
      response: this.#response(),
      fail: (error) => {
        this.events.push(`fail ${error.code}`);
        this.series.stop();
      },
    });
  }

  #call(exchange: Exchange, call: UpstreamCall, receiver: ResponseReceiver): void {
    const sent: Sent = { exchange, call, receiver, isAborted: false };
    this.sent.push(sent);
    exchange.forwardedAtMs = this.sent.length;
    const nothing = (): void => undefined;
    exchange.upstream = {
      writeBody: nothing,
      flushBody: nothing,
      endBody: nothing,
      pauseResponse: nothing,
      resumeResponse: nothing,
      abort: () => {
        sent.isAborted = true;
        exchange.upstream = undefined;
      },
    };
  }

  #response(): ResponseReceiver {
    return {
      onInformational: () => undefined,
      onHead: ({ status }) => void this.events.push(`head ${status}`),
      onBody: (_, piece) => void this.events.push(`body ${piece.toString()}`),
      onFlush: () => undefined,
      onEnd: () => void this.events.push("end"),
      onFault: () => undefined,
    };
  }

  answer(at: number, status: number, ...lines: string[]): void {
    const { exchange, receiver } = this.#sent(at);
    exchange.status = status;
    exchange.responseFields = fieldsOf(...lines);
    receiver.onHead(exchange);
  }

  body(at: number, text: string): void {
    const { exchange, receiver } = this.#sent(at);
    receiver.onBody(exchange, Buffer.from(text));
  }

  end(at: number): void {
    const { exchange, receiver } = this.#sent(at);
    exchange.upstream = undefined;
    receiver.onEnd(exchange);
  }

  fault(at: number, code: ErrorCode): void {
    const { exchange, receiver } = this.#sent(at);
    exchange.upstream = undefined;
    receiver.onFault(exchange, new GatewayError(code, ""));
  }

  #sent(at: number): Sent {
    const sent = this.sent[at];
    assert.ok(sent !== undefined, `no try ${at}`);
    return sent;
  }
}

function target(at: number): Target {
  return { id: `${at}`, host: "h", port: at + 1, address: `h:${at + 1}`, weight: 1 };
}

/** A second try after 10 ms. */
export const HEDGE: HedgePolicyConfig = {
  initialRequests: 1,
  additionalRequestChance: 0,
  hedgesOnPerTryTimeout: false,
  hedgingDelayMs: 10,
  maxAttempts: 2,
};
