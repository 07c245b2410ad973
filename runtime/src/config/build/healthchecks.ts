// Health checks of an upstream: seconds to ms, and what is off left out.
import type { HealthchecksFields } from "../schema/healthchecks.ts";
import type { ActiveCheckConfig, CheckRules, HealthchecksConfig } from "../upstream-model.ts";

export function buildHealthchecks({
  threshold,
  active,
  passive,
}: HealthchecksFields): HealthchecksConfig {
  return { threshold, active: buildActive(active), passive: buildPassive(passive) };
}

function buildActive(fields: HealthchecksFields["active"]): ActiveCheckConfig | undefined {
  const { healthy, unhealthy } = fields;
  if (healthy.interval === 0 && unhealthy.interval === 0) return undefined;
  return {
    type: fields.type,
    sni: fields.https_sni,
    verifiesCertificate: fields.https_verify_certificate,
    path: fields.http_path,
    timeoutMs: fields.timeout * 1000,
    concurrency: fields.concurrency,
    headers: Object.entries(fields.headers).flatMap(([name, values]) =>
      values.map((value) => [name, value] as const),
    ),
    healthyIntervalMs: healthy.interval * 1000,
    unhealthyIntervalMs: unhealthy.interval * 1000,
    rules: buildRules(fields),
  };
}

function buildPassive(fields: HealthchecksFields["passive"]): CheckRules | undefined {
  const rules = buildRules(fields);
  const { successes, httpFailures, tcpFailures, timeouts } = rules;
  if (successes === 0 && httpFailures === 0 && tcpFailures === 0 && timeouts === 0) {
    return undefined;
  }
  // Of type tcp: what an upstream answers says nothing of its health, that it answers does.
  return fields.type === "tcp" ? { ...rules, httpFailures: 0 } : rules;
}

function buildRules({
  healthy,
  unhealthy,
}: Pick<HealthchecksFields["passive"], "healthy" | "unhealthy">): CheckRules {
  return {
    healthyStatuses: new Set(healthy.http_statuses),
    unhealthyStatuses: new Set(unhealthy.http_statuses),
    successes: healthy.successes,
    httpFailures: unhealthy.http_failures,
    tcpFailures: unhealthy.tcp_failures,
    timeouts: unhealthy.timeouts,
  };
}
