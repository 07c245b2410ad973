// Outlier detection and slow start of an upstream: seconds to ms.
import type { OutlierDetectionFields } from "../schema/outlier-detection.ts";
import type { SlowStartFields } from "../schema/slow-start.ts";
import type { OutlierDetectionConfig, SlowStartConfig } from "../upstream-model.ts";

export function buildOutlierDetection(fields: OutlierDetectionFields): OutlierDetectionConfig {
  return {
    intervalMs: fields.interval * 1000,
    baseEjectionTimeMs: fields.base_ejection_time * 1000,
    maxEjectionTimeMs: fields.max_ejection_time * 1000,
    maxEjectionTimeJitterMs: fields.max_ejection_time_jitter * 1000,
    maxEjectionPercent: fields.max_ejection_percent,
    alwaysEjectOneHost: fields.always_eject_one_host,
    minHealthPercent: fields.min_health_percent,
    consecutive5xx: fields.consecutive_5xx,
    consecutiveGatewayFailure: fields.consecutive_gateway_failure,
    consecutiveLocalOriginFailure: fields.consecutive_local_origin_failure,
    successRateMinimumHosts: fields.success_rate_minimum_hosts,
    successRateRequestVolume: fields.success_rate_request_volume,
    successRateStdevFactor: fields.success_rate_stdev_factor,
    failurePercentageThreshold: fields.failure_percentage_threshold,
    failurePercentageMinimumHosts: fields.failure_percentage_minimum_hosts,
    failurePercentageRequestVolume: fields.failure_percentage_request_volume,
    splitExternalLocalOriginErrors: fields.split_external_local_origin_errors,
    successfulActiveHealthCheckUnejectHost: fields.successful_active_health_check_uneject_host,
    enforcing: {
      consecutive_5xx: fields.enforcing_consecutive_5xx,
      consecutive_gateway_failure: fields.enforcing_consecutive_gateway_failure,
      consecutive_local_origin_failure: fields.enforcing_consecutive_local_origin_failure,
      success_rate: fields.enforcing_success_rate,
      local_origin_success_rate: fields.enforcing_local_origin_success_rate,
      failure_percentage: fields.enforcing_failure_percentage,
      failure_percentage_local_origin: fields.enforcing_failure_percentage_local_origin,
    },
  };
}

export function buildSlowStart(fields: SlowStartFields): SlowStartConfig {
  return {
    windowMs: fields.window * 1000,
    aggression: fields.aggression,
    minWeightPercent: fields.min_weight_percent,
  };
}
