// Discovery as the status API shows it.
import type { UpstreamDiscovery } from "../discovery/report.ts";
import type { UpstreamReport } from "../upstream/report.ts";

export function discoveryStatus({ registry, names }: UpstreamDiscovery): Record<string, unknown> {
  return {
    ...(registry !== undefined && {
      type: registry.type,
      state: registry.state,
      since: new Date(registry.sinceMs).toISOString(),
      age_seconds: registry.ageMs === undefined ? undefined : Math.round(registry.ageMs) / 1000,
      targets: registry.targets,
      updates: registry.updates,
      errors: registry.errors,
      error: registry.error,
    }),
    names,
  };
}

/** What keeps the gateway from being ready: upstreams that must be known and are not. */
export function undiscovered(upstreams: readonly UpstreamReport[]): string | undefined {
  const missing = upstreams.filter(({ discovery }) => {
    const registry = discovery?.registry;
    return registry?.isRequired === true && registry.ageMs === undefined;
  });
  if (missing.length === 0) return undefined;
  return `targets are not known yet of ${missing.map(({ name }) => name).join(", ")}`;
}
