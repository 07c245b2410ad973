// What is counted of discovery.
import type { DiscoveryReport } from "../discovery/report.ts";
import type { UpstreamReport } from "../upstream/report.ts";
import type { Family, Sample } from "./families.ts";

const STATES = ["waiting", "watching", "failing"] as const;

export function discoveryFamilies(
  reports: readonly UpstreamReport[],
  lookUps: Readonly<Record<string, number>>,
): Family[] {
  const perRegistry = (read: (report: DiscoveryReport) => number): Sample[] =>
    reports.flatMap(({ name, discovery }) => {
      const registry = discovery?.registry;
      if (registry === undefined) return [];
      return [{ labels: { upstream: name, type: registry.type }, value: read(registry) }];
    });
  return [
    {
      name: "sluice_discovery_state",
      type: "gauge",
      help: "Threads in which the upstream's registry is in the state",
      samples: STATES.flatMap((state) =>
        perRegistry((report) => (report.state === state ? 1 : 0)).map(({ labels, value }) => ({
          labels: { ...labels, state },
          value,
        })),
      ),
    },
    {
      name: "sluice_discovery_updates_total",
      type: "counter",
      help: "Lists of targets that were different from the one before",
      samples: perRegistry(({ updates }) => updates),
    },
    {
      name: "sluice_discovery_errors_total",
      type: "counter",
      help: "Failures to learn of an upstream's targets",
      samples: perRegistry(({ errors }) => errors),
    },
    {
      name: "sluice_discovery_age_seconds",
      type: "gauge",
      help: "Time since the registry was last heard of, sum over all threads",
      samples: perRegistry(({ ageMs }) => (ageMs ?? 0) / 1000),
    },
    {
      name: "sluice_dns_lookups_total",
      type: "counter",
      help: "Names looked up, by what came of it",
      samples: Object.entries(lookUps).map(([outcome, value]) => ({ labels: { outcome }, value })),
    },
  ];
}
