// What is answered instead of an error, step by step: each step for its own causes, and once for a request.
import type {
  FallbackCauses,
  FallbackConfig,
  StaticAnswerConfig,
} from "../config/fallback-model.ts";
import type { GatewayError } from "../errors.ts";
import type { Exchange, ResponseEdit } from "../exchange.ts";
import { fieldName } from "../http1/field-name.ts";
import type { Service } from "../snapshot.ts";
import type { Fallback, FallbackKind, FallbackWays } from "../upstream/fallback.ts";
import type { ResponseReceiver } from "../upstream/transport.ts";
import type { AnswerCache, StoredAnswer } from "./answer-cache.ts";
import { Capture } from "./capture.ts";
import { isAnonymousGet } from "./storable.ts";

export interface FallbackParts {
  readonly config: FallbackConfig;
  /** Of the config; undefined when it says none. */
  readonly cache: AnswerCache | undefined;
  /** By id. */
  readonly services: ReadonlyMap<string, Service>;
  readonly nowMs: () => number;
  onAnswer(kind: FallbackKind): void;
}

type Step = { readonly on: FallbackCauses } & (
  | { readonly kind: "cached"; readonly cache: AnswerCache }
  | { readonly kind: "service"; readonly service: Service }
  | { readonly kind: "static"; readonly answer: StaticAnswerConfig }
);

export class FallbackSteps implements Fallback {
  readonly statuses: ReadonlySet<number>;
  readonly #parts: FallbackParts;
  readonly #steps: readonly Step[];

  constructor(parts: FallbackParts) {
    this.#parts = parts;
    this.#steps = stepsOf(parts.config, parts.services, parts.cache);
    this.statuses = new Set(this.#steps.flatMap(({ on }) => [...on.statuses]));
  }

  answer(exchange: Exchange, error: GatewayError | undefined, ways: FallbackWays): boolean {
    while (exchange.fallbackSteps < this.#steps.length) {
      const step = this.#steps[exchange.fallbackSteps++];
      if (step === undefined || !covers(step.on, exchange, error)) continue;
      if (!this.#take(step, exchange, error, ways)) continue;
      this.#parts.onAnswer(step.kind);
      return true;
    }
    return false;
  }

  receiver(exchange: Exchange, receiver: ResponseReceiver): ResponseReceiver {
    const { cache, nowMs } = this.#parts;
    if (cache === undefined || exchange.fallbackService !== undefined) return receiver;
    if (!isAnonymousGet(exchange)) return receiver;
    return new Capture({ cache, key: keyOf(exchange), receiver, nowMs });
  }

  #take(
    step: Step,
    exchange: Exchange,
    error: GatewayError | undefined,
    ways: FallbackWays,
  ): boolean {
    switch (step.kind) {
      case "cached": {
        const stored = this.#stored(step.cache, exchange);
        if (stored === undefined) return false;
        respond(exchange, { status: 200, edits: this.#editsOf(stored, exchange) });
        ways.respond(exchange, stored.body);
        return true;
      }
      case "service": {
        // The route's time is over for any service.
        if (error?.code === "route_timeout") return false;
        const { responseEdits } = exchange;
        exchange.responseEdits = [ASKED_ANOTHER, ...(responseEdits ?? [])];
        if (ways.forward(exchange, step.service)) return true;
        exchange.responseEdits = responseEdits;
        return false;
      }
      case "static": {
        const { status, headers, body } = step.answer;
        const edits = headers.map(([name, value]) => set(name, value));
        respond(exchange, { status, edits: [...edits, mark("static")] });
        ways.respond(exchange, body);
        return true;
      }
    }
  }

  #stored(cache: AnswerCache, exchange: Exchange): StoredAnswer | undefined {
    if (exchange.fallbackService !== undefined || !isAnonymousGet(exchange)) return undefined;
    return cache.get(keyOf(exchange), exchange.requestFields, this.#parts.nowMs());
  }

  #editsOf({ fields, bornAtMs }: StoredAnswer, { route }: Exchange): ResponseEdit[] {
    const removed = route?.responseHeadersToRemove ?? [];
    const kept = fields.filter(([{ lower }]) => !removed.includes(lower));
    const ageSeconds = Math.max(0, Math.floor((this.#parts.nowMs() - bornAtMs) / 1000));
    return [
      // In the place of what an answer of the gateway's own would say.
      { kind: "remove", name: fieldName("Content-Type"), value: "" },
      ...kept.map(([name, value]): ResponseEdit => ({ kind: "add", name, value })),
      // RFC 9111 §5.1: a cache that answers says how old the answer is.
      set("Age", String(ageSeconds)),
      mark("cached"),
    ];
  }
}

/** Those of the services that it leads to stand right behind them. The config has no loop. */
function stepsOf(
  { on, serviceId, answer }: FallbackConfig,
  services: ReadonlyMap<string, Service>,
  cache: AnswerCache | undefined,
): Step[] {
  const service = serviceId === undefined ? undefined : services.get(serviceId);
  const next = service?.config.fallback;
  return [
    ...(cache === undefined ? [] : [{ kind: "cached", on, cache } as const]),
    ...(service === undefined ? [] : [{ kind: "service", on, service } as const]),
    ...(next === undefined ? [] : stepsOf(next, services, undefined)),
    ...(answer === undefined ? [] : [{ kind: "static", on, answer } as const]),
  ];
}

function covers(
  on: FallbackCauses,
  { status }: Exchange,
  error: GatewayError | undefined,
): boolean {
  return error === undefined ? on.statuses.has(status) : on.codes.has(error.code);
}

/**
 * The same for all requests that an anonymous GET of the service would be the same for: also in what the gateway tells
 * the service of them, which a trusted peer may have told the gateway (K2).
 */
function keyOf({ authority, upstreamUri, routedPath, relayed, connection }: Exchange): string {
  const { proto = connection.scheme, host: other, port, path, prefix } = relayed ?? {};
  return JSON.stringify([authority, upstreamUri, routedPath, proto, other, port, path, prefix]);
}

/** What plugins want of the response comes after. */
function respond(
  exchange: Exchange,
  { status, edits }: { readonly status: number; readonly edits: readonly ResponseEdit[] },
): void {
  exchange.status = status;
  exchange.responseSource = "gateway";
  const retryAfter: ResponseEdit = { kind: "remove", name: fieldName("Retry-After"), value: "" };
  const before = status < 400 ? [retryAfter, ...edits] : edits;
  const others = exchange.responseEdits?.filter((edit) => edit !== ASKED_ANOTHER) ?? [];
  exchange.responseEdits = [...before, ...others];
}

function set(name: string, value: string): ResponseEdit {
  return { kind: "set", name: fieldName(name), value };
}

function mark(kind: FallbackKind): ResponseEdit {
  return set("X-Fallback", kind);
}

const ASKED_ANOTHER: ResponseEdit = mark("service");
