// The config: Kong's fields, and those of what Kong does not have.
import { s } from "@sluice/plugin-sdk";
import type { Infer } from "@sluice/plugin-sdk";

import { periodFields } from "../parts/calendar-windows.ts";
import { redisFields } from "../parts/redis.ts";

const headerName = s
  .string()
  .pattern(/^[A-Za-z0-9_-]+$/)
  .optional();

export const config = s.object({
  ...periodFields,
  limit_by: s
    .enum(["consumer", "credential", "ip", "service", "header", "path"])
    .default("consumer")
    .describe("Whose requests are counted together; the client's address where there is none."),
  header_name: headerName,
  path: s.string().pattern(/^\//).optional(),
  ipv6_prefix: s
    .integer()
    .min(1)
    .max(128)
    .default(64)
    .describe("Bits of an IPv6 address that make one client."),
  policy: s.enum(["local", "cluster", "redis"]).default("local"),
  redis: redisFields.optional(),
  sync_rate: s.number().default(-1),
  algorithm: s
    .enum(["window", "token_bucket", "leaky_bucket"])
    .default("window")
    .describe("Counts in windows; or lets bursts pass, or holds them back, at the limit's rate."),
  window_type: s.enum(["fixed", "sliding"]).default("fixed"),
  burst: s.integer().min(0).optional().describe("Of buckets."),
  cost: s.integer().min(1).default(1).describe("What one request counts."),
  cost_header: headerName.describe("A request header with a number that takes the place of cost."),
  fault_tolerant: s
    .boolean()
    .default(true)
    .describe("Lets requests pass when they cannot be counted; otherwise they get 500."),
  hide_client_headers: s.boolean().default(false),
  ietf_headers: s.boolean().default(false).describe("RateLimit and RateLimit-Policy as well."),
  error_code: s.integer().min(200).max(599).default(429),
  error_message: s.string().default("API rate limit exceeded"),
});

export type Config = Infer<typeof config>;
