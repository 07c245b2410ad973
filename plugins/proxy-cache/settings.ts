// Kong's fields, and what goes beyond them.
import { ConfigError, s } from "@sluice/plugin-sdk";
import type { Infer } from "@sluice/plugin-sdk";

import { headerName } from "../parts/header-names.ts";
import { redisFields, redisOf } from "../parts/redis.ts";
import { rolesReader } from "./header-roles.ts";
import type { RolesReader } from "./header-roles.ts";
import type { KeptCopies } from "./kept-copies.ts";
import { MemoryStorage } from "./memory-storage.ts";
import { RedisStorage } from "./redis-storage.ts";
import type { Storage } from "./storage.ts";

const seconds = s.integer().min(0).max(31_536_000);

export const config = s.object({
  response_code: s.array(s.integer().min(200).max(599)).nonEmpty().default([200, 301, 404]),
  request_method: s
    .array(s.enum(["HEAD", "GET"]))
    .nonEmpty()
    .default(["GET", "HEAD"]),
  content_type: s
    .array(s.string())
    .default(["text/plain", "application/json"])
    .describe("With parameters: exactly this; without: whatever the parameters are."),
  cache_ttl: s.integer().min(1).default(300).describe("Seconds."),
  strategy: s.enum(["memory", "redis"]),
  memory: s.object({ dictionary_name: s.enum(["kong_db_cache"]).optional() }).optional(),
  redis: redisFields.optional(),
  cache_control: s.boolean().default(false).describe("Freshness by RFC 9111 instead of cache_ttl."),
  storage_ttl: s.integer().min(1).optional().describe("Seconds that an entry is kept."),
  ignore_uri_case: s.boolean().default(false),
  vary_headers: s.array(headerName).optional(),
  vary_query_params: s.array(s.string()).optional(),
  response_headers: s
    .object({
      age: s.boolean().default(true),
      "X-Cache-Status": s.boolean().default(true),
      "X-Cache-Key": s.boolean().default(true),
    })
    .default({}),
  stale_while_revalidate: seconds
    .default(0)
    .describe("Seconds that a stale entry is served while a new one is fetched; RFC 5861."),
  stale_if_error: seconds
    .default(0)
    .describe("Seconds that a stale entry is served when the upstream fails; RFC 5861."),
  max_body_bytes: s.integer().min(0).max(8_388_608).default(1_048_576),
  lock_timeout: s
    .number()
    .min(0)
    .max(60)
    .default(5)
    .describe("Seconds that requests wait for the one that fetches; 0 lets all of them fetch."),
});

/** What goes into the store piece by piece takes the time of the call. */
const MAX_MEMORY_BODY_BYTES = 2_097_152;

export type Config = Infer<typeof config>;

export interface Settings extends Config {
  /** What all keys of the entry begin with. */
  readonly keyStart: string;
  readonly sortedQueryParams: readonly string[] | undefined;
  readonly rolesOf: RolesReader;
  readonly storage: Storage;
  readonly statuses: ReadonlySet<number>;
  readonly methods: ReadonlySet<string>;
  readonly contentTypes: ReadonlySet<string>;
}

/** Throws ConfigError. */
export function settingsOf(config: Config, entryId: string, copies: KeptCopies): Settings {
  const { strategy, response_code, max_body_bytes } = config;
  const redis = redisOf({ policy: strategy, redis: config.redis }, "strategy");
  if (strategy === "memory" && max_body_bytes > MAX_MEMORY_BODY_BYTES) {
    const bound = `${MAX_MEMORY_BODY_BYTES} with strategy memory; redis takes more`;
    throw new ConfigError(`must be at most ${bound}`, "max_body_bytes");
  }
  const at = response_code.findIndex((code) => code === 206 || code === 304);
  if (at >= 0) {
    throw new ConfigError("a part or a mere confirmation is never stored", `response_code[${at}]`);
  }
  const sortedQueryParams = config.vary_query_params && [...config.vary_query_params].sort();
  return {
    ...config,
    keyStart: JSON.stringify([entryId, sortedQueryParams ?? null]),
    sortedQueryParams,
    rolesOf: rolesReader(config.vary_headers ?? []),
    storage:
      redis === undefined ? new MemoryStorage(copies) : new RedisStorage(redis, max_body_bytes),
    statuses: new Set(response_code),
    methods: new Set(config.request_method),
    contentTypes: new Set(config.content_type.map((type) => normalType(type))),
  };
}

/** Lower case, without space around the parameters. */
export function normalType(type: string): string {
  return type
    .toLowerCase()
    .replace(/\s*;\s*/g, ";")
    .trim();
}
