// An upstream of the config, with its targets.
import type { TargetConfig, UpstreamConfig } from "../model.ts";
import type { EntityRecord } from "../entities/structure.ts";
import { splitAuthority } from "../schema/upstream.ts";
import type { TargetFields, UpstreamFields } from "../schema/upstream.ts";
import { addFieldFault } from "./context.ts";
import type { BuildContext, Decoded } from "./context.ts";

/** Kong's default port of a target. */
const DEFAULT_TARGET_PORT = 8000;

export function buildUpstream(
  { record, fields }: Decoded<UpstreamFields>,
  targets: ReadonlyMap<EntityRecord, readonly TargetConfig[]>,
  context: BuildContext,
): UpstreamConfig {
  return {
    id: context.registry.idOf(record),
    name: fields.name.toLowerCase(),
    algorithm: "round-robin",
    hostHeader: fields.host_header,
    targets: targets.get(record) ?? [],
    source: context.faults.positionOf(record.path, record.node.offset),
  };
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
    siblings.push({ id, host, port, weight: fields.weight });
  }
  return byUpstream;
}
