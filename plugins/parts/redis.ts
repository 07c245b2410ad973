// Kong's `redis` fields, as several policies have them.
import { ConfigError, openRedis, s } from "@sluice/plugin-sdk";
import type { Infer, Redis } from "@sluice/plugin-sdk";

/** What `openRedis` takes. The server that the operator names here may be reached. */
export const redisFields = s
  .object({
    host: s.string().nonEmpty().optional(),
    port: s.port().default(6379),
    username: s.string().optional(),
    password: s.string().secret().optional(),
    database: s.integer().min(0).default(0),
    timeout: s
      .integer()
      .min(1)
      .max(60_000)
      .default(2000)
      .describe("ms to connect, and for an answer."),
    ssl: s.boolean().default(false),
    ssl_verify: s.boolean().default(false),
    server_name: s.string().optional(),
  })
  .endpoint();

/** For a policy that has its state in a Redis; undefined for another one. Throws ConfigError when no host is given. */
export function redisOf(
  {
    policy,
    redis,
  }: {
    readonly policy: string;
    readonly redis?: Infer<typeof redisFields> | undefined;
  },
  field: "policy" | "strategy" = "policy",
): Redis | undefined {
  if (policy !== "redis") return undefined;
  if (redis?.host === undefined) {
    throw new ConfigError(`is required when ${field} is redis`, "redis.host");
  }
  return openRedis(redis);
}
