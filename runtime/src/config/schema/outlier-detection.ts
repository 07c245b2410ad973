// Outlier detection of an upstream: Envoy's fields and defaults, times in s.
import { z } from "zod";
import { integerBetween } from "./fields.ts";

const MAX_SECONDS = 65_535;

function seconds(fallback: number, min: "above 0" | "from 0"): z.ZodDefault<z.ZodNumber> {
  return z
    .number()
    .refine((value) => (min === "from 0" ? value >= 0 : value > 0) && value <= MAX_SECONDS, {
      error: `expected a number of seconds ${min}, at most ${MAX_SECONDS}`,
    })
    .default(fallback);
}

const percent = integerBetween(0, 100);
const count = integerBetween(1, 2 ** 31 - 1);
const hosts = integerBetween(0, 2 ** 31 - 1);

const schema = z.strictObject({
  interval: seconds(10, "above 0"),
  base_ejection_time: seconds(30, "above 0"),
  max_ejection_time: seconds(300, "above 0"),
  max_ejection_time_jitter: seconds(0, "from 0"),
  max_ejection_percent: percent.default(10),
  always_eject_one_host: z.boolean().default(false),
  min_health_percent: percent.default(0),
  consecutive_5xx: count.default(5),
  consecutive_gateway_failure: count.default(5),
  consecutive_local_origin_failure: count.default(5),
  success_rate_minimum_hosts: hosts.default(5),
  success_rate_request_volume: hosts.default(100),
  success_rate_stdev_factor: hosts.default(1900),
  failure_percentage_threshold: percent.default(85),
  failure_percentage_minimum_hosts: hosts.default(5),
  failure_percentage_request_volume: hosts.default(50),
  split_external_local_origin_errors: z.boolean().default(false),
  successful_active_health_check_uneject_host: z.boolean().default(true),
  enforcing_consecutive_5xx: percent.default(100),
  enforcing_consecutive_gateway_failure: percent.default(0),
  enforcing_consecutive_local_origin_failure: percent.default(100),
  enforcing_success_rate: percent.default(100),
  enforcing_local_origin_success_rate: percent.default(100),
  enforcing_failure_percentage: percent.default(0),
  enforcing_failure_percentage_local_origin: percent.default(0),
});

export interface OutlierDetectionFields {
  readonly interval: number;
  readonly base_ejection_time: number;
  readonly max_ejection_time: number;
  readonly max_ejection_time_jitter: number;
  readonly max_ejection_percent: number;
  readonly always_eject_one_host: boolean;
  readonly min_health_percent: number;
  readonly consecutive_5xx: number;
  readonly consecutive_gateway_failure: number;
  readonly consecutive_local_origin_failure: number;
  readonly success_rate_minimum_hosts: number;
  readonly success_rate_request_volume: number;
  readonly success_rate_stdev_factor: number;
  readonly failure_percentage_threshold: number;
  readonly failure_percentage_minimum_hosts: number;
  readonly failure_percentage_request_volume: number;
  readonly split_external_local_origin_errors: boolean;
  readonly successful_active_health_check_uneject_host: boolean;
  readonly enforcing_consecutive_5xx: number;
  readonly enforcing_consecutive_gateway_failure: number;
  readonly enforcing_consecutive_local_origin_failure: number;
  readonly enforcing_success_rate: number;
  readonly enforcing_local_origin_success_rate: number;
  readonly enforcing_failure_percentage: number;
  readonly enforcing_failure_percentage_local_origin: number;
}

/** Left out, nothing is ejected. */
export const outlierDetectionSchema: z.ZodType<OutlierDetectionFields | undefined> =
  schema.optional();
