// What is counted of discovery.
import type { UpstreamReport } from "../upstream/report.ts";
import { familiesOf } from "./families.ts";
import type { Family, Labels } from "./families.ts";

const STATES = ["waiting", "watching", "failing"] as const;

export function discoveryFamilies(
  reports: readonly UpstreamReport[],
  lookUps: Readonly<Record<string, number>>,
): Family[] {
  const registries = reports.flatMap(({ name, discovery }) => {
    const registry = discovery?.registry;
    return registry === undefined ? [] : [{ ...registry, upstream: name }];
  });
  const labelsOf = ({ upstream, type }: (typeof registries)[number]): Labels => ({
    upstream,
    type,
  });
  const family = familiesOf(registries, labelsOf);
  return [
    {
      name: "sluice_discovery_state",
      type: "gauge",
      help: "Threads in which the upstream's registry is in the state",
      samples: STATES.flatMap((state) =>
        registries.map((registry) => ({
          labels: { ...labelsOf(registry), state },
          value: registry.state === state ? 1 : 0,
        })),
      ),
    },
    family(
      "counter",
      "sluice_discovery_updates_total",
      "Lists of targets that were different from the one before",
      ({ updates }) => updates,
    ),
    family(
      "counter",
      "sluice_discovery_errors_total",
      "Failures to learn of an upstream's targets",
      ({ errors }) => errors,
    ),
    family(
      "gauge",
      "sluice_discovery_age_seconds",
      "Time since the registry was last heard of, sum over all threads",
      ({ ageMs }) => (ageMs ?? 0) / 1000,
    ),
    {
      name: "sluice_dns_lookups_total",
      type: "counter",
      help: "Names looked up, by what came of it",
      samples: Object.entries(lookUps).map(([outcome, value]) => ({ labels: { outcome }, value })),
    },
  ];
}
