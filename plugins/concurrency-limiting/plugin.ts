// Limits how many requests of a client are on the way at a time, as APISIX' limit-conn does.
import { ConfigError, definePlugin, s } from "@sluice/plugin-sdk";
import type { EarlyResponse, Infer, LogContext, RequestContext } from "@sluice/plugin-sdk";

import { identifierBy } from "../parts/client-identifier.ts";
import type { Identify } from "../parts/client-identifier.ts";
import { nowOrLater } from "../parts/now-or-later.ts";
import { reasonOf } from "../parts/reason.ts";
import { redisFields, redisOf } from "../parts/redis.ts";
import { localPermits, redisPermits } from "./permits.ts";
import type { Permit, Permits, Taken } from "./permits.ts";

const config = s.object({
  conn: s.integer().min(1).describe("Requests on the way that go on at once."),
  burst: s.integer().min(0).default(0).describe("How many more are held back for a while."),
  default_conn_delay: s
    .number()
    .min(0)
    .max(60)
    .default(0.1)
    .describe("Seconds that a request is held back for each conn that are on the way before it."),
  limit_by: s
    .enum(["consumer", "credential", "ip", "service", "route", "header"])
    .default("consumer"),
  header_name: s
    .string()
    .pattern(/^[A-Za-z0-9_-]+$/)
    .optional(),
  ipv6_prefix: s.integer().min(1).max(128).default(64),
  policy: s.enum(["local", "redis"]).default("local"),
  redis: redisFields.optional(),
  lease: s
    .integer()
    .min(1)
    .max(86_400)
    .default(600)
    .describe("Seconds after which a request is not counted any more."),
  fault_tolerant: s.boolean().default(true),
  error_code: s.integer().min(200).max(599).default(503),
  error_message: s.string().default("Too many requests at a time"),
});

type Config = Infer<typeof config>;

interface Settings extends Config {
  readonly identify: Identify;
  readonly permits: Permits;
}

type Outcome = EarlyResponse | undefined;

/** The permit, from access to log. */
const PERMIT = "concurrency-limiting";

export default definePlugin({
  name: "concurrency-limiting",
  version: "1.0.0",
  priority: 905,
  config,

  configure(config, entry): Settings {
    const { limit_by, header_name, lease } = config;
    const redis = redisOf(config);
    if (limit_by === "header" && header_name === undefined) {
      throw new ConfigError("is required when limit_by is header", "header_name");
    }
    const permits =
      redis === undefined
        ? localPermits(entry.id, lease * 1000)
        : redisPermits(redis, entry.id, lease * 1000);
    return { ...config, permits, identify: identifierBy(config) };
  },

  onRequest(ctx, settings) {
    const identifier = settings.identify(ctx);
    const { permits, conn, burst } = settings;
    return nowOrLater<Taken, Outcome | Promise<Outcome>>(
      () => permits.take(ctx.store, identifier, ctx.request.id, conn + burst),
      (taken) => begin(ctx, settings, taken),
      (cause) => {
        ctx.log.error(`The request was not counted: ${reasonOf(cause)}`);
        return settings.fault_tolerant ? undefined : ctx.error(500, "An unexpected error occurred");
      },
    );
  },

  onLog(ctx, settings) {
    const permit = permitOf(ctx);
    if (permit === undefined) return undefined;
    return nowOrLater(
      () => settings.permits.giveBack(ctx.store, permit),
      () => undefined,
      (cause) => ctx.log.warn(`A permit runs out instead of coming back: ${reasonOf(cause)}`),
    );
  },
});

function begin(
  ctx: RequestContext,
  { conn, default_conn_delay, error_code, error_message, permits }: Settings,
  { permit, count }: Taken,
): Outcome | Promise<Outcome> {
  if (permit === undefined) return ctx.error(error_code, error_message);
  try {
    ctx.shared.set(PERMIT, { ...permit });
  } catch (cause) {
    // The client left while the permit was on its way: the log phase did not know of it.
    void permits.giveBack(ctx.store, permit);
    throw cause;
  }
  const delayMs = Math.floor((count - 1) / conn) * default_conn_delay * 1000;
  if (delayMs === 0) return undefined;
  return new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), delayMs));
}

function permitOf(ctx: LogContext): Permit | undefined {
  const found = ctx.shared.get(PERMIT);
  return isPermit(found) ? found : undefined;
}

/** Other plugins of the chain can set shared data, too. */
function isPermit(value: unknown): value is Permit {
  return (
    typeof value === "object" &&
    value !== null &&
    "key" in value &&
    typeof value.key === "string" &&
    "untilMs" in value &&
    typeof value.untilMs === "number" &&
    "holder" in value &&
    typeof value.holder === "string"
  );
}
