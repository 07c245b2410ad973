// Limits by what responses say that they used, as Kong's response-ratelimiting does.
import { ConfigError, definePlugin, s } from "@sluice/plugin-sdk";
import type {
  EarlyResponse,
  Infer,
  RequestContext,
  ResponseContext,
  Store,
} from "@sluice/plugin-sdk";

import { identifierBy } from "../parts/client-identifier.ts";
import type { Identify } from "../parts/client-identifier.ts";
import { PERIODS, periodFields } from "../parts/calendar-windows.ts";
import { nowOrLater } from "../parts/now-or-later.ts";
import { reasonOf } from "../parts/reason.ts";
import { redisFields, redisOf } from "../parts/redis.ts";
import { incrementsOf } from "./increments.ts";
import { localCounters, quotaOf, redisCounters } from "./usage.ts";
import type { Counted, Counters, Quota } from "./usage.ts";

const config = s.object({
  limits: s
    .record(s.object(periodFields))
    .describe("By name: how much may be used in each period."),
  header_name: s
    .string()
    .pattern(/^[A-Za-z0-9_-]+$/)
    .default("x-kong-limit")
    .describe("The response header that says what was used."),
  limit_by: s.enum(["consumer", "credential", "ip"]).default("consumer"),
  ipv6_prefix: s.integer().min(1).max(128).default(64),
  policy: s.enum(["local", "cluster", "redis"]).default("local"),
  redis: redisFields.optional(),
  fault_tolerant: s.boolean().default(true),
  block_on_first_violation: s.boolean().default(false),
  hide_client_headers: s.boolean().default(false),
});

type Config = Infer<typeof config>;

interface Settings extends Config {
  readonly identify: Identify;
  readonly quotas: readonly Quota[];
  /** Undefined for those in the gateway's store. */
  readonly redisCounters: Counters | undefined;
}

/** Who is counted, from access to header_filter; not there when the request was not looked at. */
const IDENTIFIER = "response-ratelimiting";

export default definePlugin({
  name: "response-ratelimiting",
  version: "1.0.0",
  priority: 900,
  config,

  configure(config, entry): Settings {
    if (config.policy === "cluster") {
      throw new ConfigError('"cluster" needs Kong\'s database: use "redis" or "local"', "policy");
    }
    const redis = redisOf(config);
    return {
      ...config,
      identify: identifierBy(config),
      quotas: quotasOf(config, entry.id),
      redisCounters: redis && redisCounters(redis),
    };
  },

  onRequest(ctx, settings) {
    const { quotas } = settings;
    const identifier = settings.identify(ctx);
    return nowOrLater(
      () => countersOf(ctx.store, settings).read(quotas, identifier),
      (used) => begin(ctx, settings, identifier, used),
      (cause) => {
        ctx.log.error(`What is used is not known: ${reasonOf(cause)}`);
        return settings.fault_tolerant ? undefined : ctx.error(500, "An unexpected error occurred");
      },
    );
  },

  onResponse(ctx, settings) {
    const { quotas, header_name } = settings;
    const said = incrementsOf(ctx.response.headers(header_name));
    ctx.response.removeHeader(header_name);
    const identifier = knownIdentifier(ctx);
    if (identifier === undefined) return undefined;
    const increments = quotas.map(({ name }) => said.get(name) ?? 0);
    return nowOrLater(
      () => countersOf(ctx.store, settings).count(quotas, identifier, increments),
      (counted) => finish(ctx, settings, increments, counted),
      (cause) => {
        ctx.log.error(`The response was not counted: ${reasonOf(cause)}`);
        if (!settings.fault_tolerant) refuse(ctx, 500);
      },
    );
  },
});

/** Tells the upstream what is left, unless nothing is and that is an answer. */
function begin(
  ctx: RequestContext,
  { quotas, block_on_first_violation }: Settings,
  identifier: string,
  used: readonly number[],
): EarlyResponse | undefined {
  const remaining = new Map<string, number>();
  for (const [at, { name, limit }] of quotas.entries()) {
    const left = Math.max(0, limit - (used[at] ?? 0));
    if (block_on_first_violation && left === 0) {
      return ctx.error(429, `API rate limit exceeded for '${name}'`);
    }
    remaining.set(name, Math.min(left, remaining.get(name) ?? Infinity));
  }
  for (const [name, left] of remaining) {
    ctx.request.setHeader(`X-RateLimit-Remaining-${name}`, String(left));
  }
  ctx.shared.set(IDENTIFIER, { [ctx.plugin.id]: identifier });
  return undefined;
}

function finish(
  ctx: ResponseContext,
  { quotas, hide_client_headers }: Settings,
  increments: readonly number[],
  { fits, used }: Counted,
): void {
  if (!hide_client_headers) {
    for (const [at, quota] of quotas.entries()) {
      const left = Math.max(0, quota.limit - (used[at] ?? 0) - (increments[at] ?? 0));
      ctx.response.setHeader(quota.limitHeader, String(quota.limit));
      ctx.response.setHeader(quota.remainingHeader, String(left));
    }
  }
  if (!fits) refuse(ctx, 429);
}

/** Throws ConfigError for a limit without a period, and for a longer period that allows less than a shorter one. */
function quotasOf({ limits }: Config, entryId: string): Quota[] {
  const quotas: Quota[] = [];
  for (const [name, periods] of Object.entries(limits)) {
    const path = `limits.${name}`;
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(name)) {
      throw new ConfigError("a name is of letters, digits, - and _: it is part of headers", path);
    }
    let shorter: Quota | undefined;
    for (const period of PERIODS) {
      const limit = periods[period];
      if (limit === undefined) continue;
      if (shorter !== undefined && limit < shorter.limit) {
        const bound = `${shorter.limit}, the limit of ${shorter.period}`;
        throw new ConfigError(`${limit} is lower than ${bound}`, `${path}.${period}`);
      }
      shorter = quotaOf(name, period, limit, entryId);
      quotas.push(shorter);
    }
    if (shorter === undefined) {
      throw new ConfigError(`give at least one of ${PERIODS.join(", ")}`, path);
    }
  }
  if (quotas.length === 0) throw new ConfigError("give at least one", "limits");
  return quotas;
}

function countersOf(store: Store, { redisCounters }: Settings): Counters {
  return redisCounters ?? localCounters(store);
}

function knownIdentifier(ctx: ResponseContext): string | undefined {
  const shared = ctx.shared.get(IDENTIFIER);
  if (typeof shared !== "object" || shared === null) return undefined;
  const identifier: unknown = Object.entries(shared).find(([id]) => id === ctx.plugin.id)?.[1];
  return typeof identifier === "string" ? identifier : undefined;
}

/** The upstream's answer is not given out; what described it goes, too. */
function refuse(ctx: ResponseContext, status: number): void {
  const { response } = ctx;
  response.status = status;
  for (const name of ["Content-Type", "Content-Encoding", "ETag", "Last-Modified"]) {
    response.removeHeader(name);
  }
  response.setBody("");
}
