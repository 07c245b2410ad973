// What the workers know of where an upstream's targets come from, as one report: each discovers for itself.
import type { DiscoveryReport, UpstreamDiscovery } from "../discovery/report.ts";

/** The registry as the worker sees it that knows least, with the counts of all. */
export function mergeDiscovery(all: readonly UpstreamDiscovery[]): UpstreamDiscovery | undefined {
  const [first] = all;
  if (first === undefined) return undefined;
  return { ...first, registry: mergeRegistries(all.flatMap(({ registry }) => registry ?? [])) };
}

function mergeRegistries(all: readonly DiscoveryReport[]): DiscoveryReport | undefined {
  const worst = (["waiting", "failing", "watching"] as const)
    .flatMap((state) => all.filter((report) => report.state === state))
    .at(0);
  if (worst === undefined) return undefined;
  const sum = (of: (report: DiscoveryReport) => number): number =>
    all.reduce((total, report) => total + of(report), 0);
  const ages = all.map(({ ageMs }) => ageMs);
  return {
    ...worst,
    ageMs: ages.includes(undefined) ? undefined : Math.max(...ages.map((age) => age ?? 0)),
    updates: sum(({ updates }) => updates),
    errors: sum(({ errors }) => errors),
  };
}
