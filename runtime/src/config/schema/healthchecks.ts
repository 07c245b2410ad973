// Kong's health checks of an upstream: what counts, how often, and what is probed.
import { z } from "zod";
import { integerBetween, isHostname, text } from "./fields.ts";
import { CHECK_TYPES } from "../upstream-model.ts";
import type { CheckType } from "../upstream-model.ts";

const MAX_SECONDS = 65_535;

const interval = z
  .number()
  .refine((seconds) => seconds >= 0 && seconds <= MAX_SECONDS, {
    error: `expected a number of seconds from 0 to ${MAX_SECONDS}`,
  })
  .default(0);

const timeout = z
  .number()
  .refine((seconds) => seconds > 0 && seconds <= MAX_SECONDS, {
    error: `expected a number of seconds above 0, at most ${MAX_SECONDS}`,
  })
  .default(1);

/** Kong keeps these in one byte. */
const count = integerBetween(0, 255).default(0);

const statuses = z.array(integerBetween(100, 999));

const percent = z
  .number()
  .refine((value) => value >= 0 && value <= 100, { error: "expected a number from 0 to 100" })
  .default(0);

const type = z
  .enum(CHECK_TYPES, { error: `expected one of ${CHECK_TYPES.join(", ")}` })
  .default("http");

const FIELD_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** Without control characters, or a value could end its line. */
const FIELD_VALUE = /^[^\p{Cc}]*$/u;
const OF_THE_PROBE = /^(?:host|connection|content-length|transfer-encoding)$/i;

/** RFC 9110 §7.6.1; HTTP/2 forbids them, too. */
const OF_A_CONNECTION = /^(?:te|keep-alive|upgrade|proxy-connection|http2-settings)$/i;

const headers = z
  .record(
    z.string(),
    z.array(text("a value without control characters", (v) => FIELD_VALUE.test(v))),
  )
  .superRefine((all, context) => {
    for (const name of Object.keys(all)) {
      const fault = !FIELD_NAME.test(name)
        ? "expected the name of a header"
        : /^host$/i.test(name)
          ? "expected the upstream's host_header instead"
          : OF_THE_PROBE.test(name)
            ? "expected another header: a probe states this one itself"
            : OF_A_CONNECTION.test(name)
              ? "expected another header: this one is about a connection, not about a request"
              : undefined;
      if (fault !== undefined) context.addIssue({ code: "custom", message: fault, path: [name] });
    }
  })
  .default({});

const HEALTHY_STATUSES = [200, 302];
const UNHEALTHY_STATUSES = [429, 404, 500, 501, 502, 503, 504, 505];
const PASSIVE_HEALTHY_STATUSES = [
  200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 306, 307, 308,
];
const PASSIVE_UNHEALTHY_STATUSES = [429, 500, 503];

const failures = { tcp_failures: count, timeouts: count, http_failures: count };

interface HealthyFields {
  readonly http_statuses: readonly number[];
  readonly successes: number;
}

interface UnhealthyFields {
  readonly http_statuses: readonly number[];
  readonly tcp_failures: number;
  readonly timeouts: number;
  readonly http_failures: number;
}

export interface HealthchecksFields {
  readonly threshold: number;
  readonly active: {
    readonly type: CheckType;
    readonly https_sni?: string | undefined;
    readonly https_verify_certificate: boolean;
    /** s */
    readonly timeout: number;
    readonly concurrency: number;
    readonly http_path: string;
    readonly headers: Readonly<Record<string, readonly string[]>>;
    /** Intervals in s. */
    readonly healthy: HealthyFields & { readonly interval: number };
    readonly unhealthy: UnhealthyFields & { readonly interval: number };
  };
  readonly passive: {
    readonly type: CheckType;
    readonly healthy: HealthyFields;
    readonly unhealthy: UnhealthyFields;
  };
}

const active = z.strictObject({
  type,
  timeout,
  concurrency: integerBetween(1, 2 ** 31 - 1).default(10),
  http_path: text('a path that starts with "/", without spaces', (path) =>
    /^\/[\x21-\x7e]*$/.test(path),
  ).default("/"),
  headers,
  https_sni: text("a host name", isHostname).optional(),
  https_verify_certificate: z.boolean().default(true),
  healthy: z
    .strictObject({ interval, http_statuses: statuses.default(HEALTHY_STATUSES), successes: count })
    .prefault({}),
  unhealthy: z
    .strictObject({ interval, http_statuses: statuses.default(UNHEALTHY_STATUSES), ...failures })
    .prefault({}),
});

const passive = z.strictObject({
  type,
  healthy: z
    .strictObject({
      http_statuses: statuses.default(PASSIVE_HEALTHY_STATUSES),
      successes: count,
    })
    .prefault({}),
  unhealthy: z
    .strictObject({ http_statuses: statuses.default(PASSIVE_UNHEALTHY_STATUSES), ...failures })
    .prefault({}),
});

/** Left out, everything is off, as in Kong. */
export const healthchecksSchema: z.ZodType<HealthchecksFields> = z
  .strictObject({
    threshold: percent,
    active: active.prefault({}),
    passive: passive.prefault({}),
  })
  .prefault({});
