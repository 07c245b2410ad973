// The throughput rows: start what can be started, verify it, measure it in turns, say why for the rest.
import type { Lab } from "./lab.ts";
import { isSelected } from "./options.ts";
import type { BenchOptions } from "./options.ts";
import { treeRssBytes } from "./proc.ts";
import type { ProxySpec, RunningProxy } from "./proxies.ts";
import { PROXIES, startProxy } from "./proxies.ts";
import type { MeasuredRow } from "./report.ts";
import type { Series } from "./rounds.ts";
import { measureInTurns } from "./rounds.ts";
import { PACKAGES } from "./tools.ts";
import { findFaults } from "./verify.ts";

/** Never throws for one proxy: its row says why it has no numbers. Leaves no proxy running. */
export async function measureRows(
  lab: Lab,
  options: BenchOptions,
  progress: (line: string) => void,
): Promise<MeasuredRow[]> {
  const selected = PROXIES.filter((spec) => isSelected(spec.id, options.only));
  const absent = new Map<ProxySpec, string>();
  const running: RunningProxy[] = [];
  for (const spec of selected) {
    const outcome = await bringUp(lab, spec);
    if (outcome.kind === "running") running.push(outcome.proxy);
    else absent.set(spec, outcome.reason);
    progress(`${spec.title}: ${outcome.kind === "running" ? "verified" : outcome.reason}`);
  }
  const measured = await measureInTurns(lab, running, {
    ...options,
    onTurn: (series) => progress(turnLine(series)),
  });
  const rows = selected.map((spec) => {
    const series = measured.find((candidate) => candidate.proxy.spec === spec);
    return series === undefined
      ? absentRow(spec, absent.get(spec) ?? "was not started")
      : measuredRow(series);
  });
  await Promise.all(running.map((proxy) => lab.children.stop(proxy.child)));
  return rows;
}

type BringUp =
  | { readonly kind: "running"; readonly proxy: RunningProxy }
  | { readonly kind: "absent"; readonly reason: string };

async function bringUp(lab: Lab, spec: ProxySpec): Promise<BringUp> {
  const needs = [...spec.needs, "wrk" as const].filter((tool) => lab.tools[tool] === undefined);
  if (needs.length > 0) {
    return { kind: "absent", reason: `needs ${needs.map((tool) => PACKAGES[tool]).join(", ")}` };
  }
  try {
    const proxy = await startProxy(lab, spec);
    const faults = await findFaults(proxy);
    if (faults.length === 0) return { kind: "running", proxy };
    await lab.children.stop(proxy.child);
    return { kind: "absent", reason: `does not do the work: ${faults.join("; ")}` };
  } catch (error) {
    // A peer that will not start is a row to explain, not a reason to measure nothing.
    return { kind: "absent", reason: error instanceof Error ? error.message : String(error) };
  }
}

function absentRow({ id, title }: ProxySpec, reason: string): MeasuredRow {
  return { id, title, outcome: { kind: "absent", reason }, samples: [], rssBytes: undefined };
}

function measuredRow({ proxy, samples, fault }: Series): MeasuredRow {
  const { id, title } = proxy.spec;
  const { child } = proxy;
  return {
    id,
    title,
    outcome: fault === undefined ? { kind: "measured" } : { kind: "invalid", reason: fault },
    samples,
    rssBytes: child.hasExited() ? undefined : treeRssBytes(child.pid),
  };
}

function turnLine({ proxy, samples, fault }: Series): string {
  const last = samples.at(-1);
  if (fault !== undefined || last === undefined) return `${proxy.spec.title}: invalid, ${fault}`;
  const cpu = last.cpuUsPerRequest.toFixed(1);
  const rate = last.requestsPerSecond.toFixed(0);
  return `round ${last.round + 1}  ${proxy.spec.title}: ${cpu} µs/request, ${rate} requests/s`;
}
