// An upstream of the config, with its targets.
import { valueNode } from "../document/node.ts";
import { quote } from "../faults.ts";
import type { Algorithm, TargetConfig, UpstreamConfig } from "../upstream-model.ts";
import type { EntityRecord } from "../entities/structure.ts";
import { splitAuthority } from "../schema/upstream.ts";
import type { TargetFields, UpstreamFields } from "../schema/upstream.ts";
import { addFieldFault } from "./context.ts";
import type { BuildContext, Decoded } from "./context.ts";
import { buildAdaptiveConcurrency, buildBounds } from "./bounds.ts";
import { buildCircuitBreaker } from "./circuit-breaker.ts";
import { buildDiscovery } from "./discovery.ts";
import { buildHashInputs } from "./hash-inputs.ts";
import { buildHealthchecks } from "./healthchecks.ts";
import { buildOutlierDetection, buildSlowStart } from "./outlier-detection.ts";

/** Kong's default port of a target. */
const DEFAULT_TARGET_PORT = 8000;

export function buildUpstream(
  { record, fields }: Decoded<UpstreamFields>,
  targets: ReadonlyMap<EntityRecord, readonly TargetConfig[]>,
  context: BuildContext,
): UpstreamConfig {
  const stickyName = fields.sticky_sessions_cookie;
  const algorithm = algorithmOf({ record, fields }, context);
  const stickyNode = valueNode(record.node, "sticky_sessions_cookie");
  if (algorithm === "sticky-sessions" && stickyNode === undefined) {
    const message = "missing: expected the name of a cookie for algorithm sticky-sessions";
    addFieldFault(context, record, "sticky_sessions_cookie", message);
  }
  checkTogether({ record, fields }, algorithm, context);
  return {
    id: context.registry.idOf(record),
    name: fields.name.toLowerCase(),
    algorithm,
    slots: fields.slots,
    ...buildHashInputs({ record, fields }, context),
    hashOnCookiePath: fields.hash_on_cookie_path,
    stickyCookie:
      algorithm === "sticky-sessions" && stickyName !== undefined
        ? { name: stickyName, path: fields.sticky_sessions_cookie_path }
        : undefined,
    hostHeader: fields.host_header,
    healthchecks: buildHealthchecks(fields.healthchecks),
    overprovisioningFactor: fields.overprovisioning_factor,
    healthyPanicThreshold: fields.healthy_panic_threshold,
    slowStart: fields.slow_start && buildSlowStart(fields.slow_start),
    outlierDetection: fields.outlier_detection && buildOutlierDetection(fields.outlier_detection),
    circuitBreaker: fields.circuit_breaker && buildCircuitBreaker(fields.circuit_breaker),
    bounds: fields.circuit_breakers && buildBounds(fields.circuit_breakers),
    adaptiveConcurrency:
      fields.adaptive_concurrency && buildAdaptiveConcurrency(fields.adaptive_concurrency),
    targets: targets.get(record) ?? [],
    discovery: buildDiscovery({ record, fields }, context),
    source: context.faults.positionOf(record.path, record.node.offset),
  };
}

/** Fields that say the opposite of each other. */
function checkTogether(
  { record, fields }: Decoded<UpstreamFields>,
  algorithm: Algorithm,
  context: BuildContext,
): void {
  if (fields.healthy_panic_threshold > 0 && fields.healthchecks.threshold > 0) {
    const message = `expected 0 with a healthchecks.threshold, got ${fields.healthy_panic_threshold}: below it requests get 503, in panic they do not`;
    addFieldFault(context, record, "healthy_panic_threshold", message);
  }
  if (fields.slow_start !== undefined && algorithm === "consistent-hashing") {
    const message = "expected none with algorithm consistent-hashing: keys would move all the time";
    addFieldFault(context, record, "slow_start", message);
  }
}

/** As in Kong, hash_on alone asks for consistent hashing. */
function algorithmOf(
  { record, fields }: Decoded<UpstreamFields>,
  context: BuildContext,
): Algorithm {
  if (fields.hash_on === "none") return fields.algorithm ?? "round-robin";
  if (fields.algorithm !== undefined && fields.algorithm !== "consistent-hashing") {
    const message = `expected "consistent-hashing" with hash_on, got ${quote(fields.algorithm)}`;
    addFieldFault(context, record, "algorithm", message);
  }
  return "consistent-hashing";
}

/** The targets by the upstream that they belong to. */
export function buildTargets(
  targets: readonly Decoded<TargetFields>[],
  context: BuildContext,
): ReadonlyMap<EntityRecord, readonly TargetConfig[]> {
  const byUpstream = new Map<EntityRecord, TargetConfig[]>();
  for (const { record, fields } of targets) {
    const upstream = context.registry.resolve(record, "upstream");
    if (upstream.kind === "absent") {
      addFieldFault(context, record, "upstream", "missing: expected the name or id of an upstream");
    }
    if (upstream.kind !== "found") continue;
    const { host, port = DEFAULT_TARGET_PORT } = splitAuthority(fields.target.toLowerCase());
    const siblings = byUpstream.get(upstream.record) ?? [];
    byUpstream.set(upstream.record, siblings);
    if (siblings.some((sibling) => sibling.host === host && sibling.port === port)) {
      addFieldFault(
        context,
        record,
        "target",
        `the upstream has the target ${host}:${port} already`,
      );
    }
    const id = context.registry.idOf(record, upstream.id, `${host}:${port}`);
    siblings.push({ id, host, port, weight: fields.weight, priority: fields.priority });
  }
  return byUpstream;
}
