// The rows of one case: start what can be started, verify it, measure it in turns, say why for the rest.
import type { Lab } from "./lab.ts";
import type { LoadCase } from "./load-case.ts";
import type { BenchOptions } from "./options.ts";
import { treeRssBytes } from "./proc.ts";
import type { ProxySpec, RunningProxy } from "./proxies.ts";
import { bringUp } from "./proxies.ts";
import type { CaseResult, MeasuredRow } from "./row-table.ts";
import { summarize } from "./row-table.ts";
import type { Series } from "./rounds.ts";
import { measureInTurns } from "./rounds.ts";

/** Never throws for one proxy: its row says why it has no numbers. Leaves no proxy running. */
export async function measureCase(
  lab: Lab,
  loadCase: LoadCase,
  options: BenchOptions,
  progress: (line: string) => void,
): Promise<CaseResult> {
  const selected = loadCase.proxies.filter((spec) => options.selection.wantsPeer(spec.peer));
  const placement = loadCase.placement(lab);
  const absent = new Map<ProxySpec, string>();
  const running: RunningProxy[] = [];
  progress(`\n${loadCase.title}`);
  for (const spec of selected) {
    const outcome = await bringUp(lab, spec, {
      prefix: placement.proxyPin,
      verify: (proxy) => loadCase.verify(lab, proxy),
    });
    if (outcome.kind === "running") running.push(outcome.proxy);
    else absent.set(spec, outcome.reason);
    progress(`${spec.title}: ${outcome.kind === "running" ? "verified" : outcome.reason}`);
  }
  const measured = await measureInTurns(lab, running, {
    ...options,
    placement,
    load: loadCase.load(lab),
    warmsUpEachTurn: loadCase.warmsUpEachTurn,
    onTurn: (series) => progress(turnLine(series)),
  });
  const rows = selected.map((spec) => {
    const series = measured.find((candidate) => candidate.proxy.spec === spec);
    return series === undefined
      ? absentRow(spec, absent.get(spec) ?? "was not started")
      : measuredRow(series);
  });
  await Promise.all(running.map((proxy) => lab.children.stop(proxy.child)));
  const bases = new Map(selected.map((spec) => [spec.id, loadCase.base.rowId(spec)]));
  const { id, title, base } = loadCase;
  return { id, title, base: base.title, rows: summarize(rows, bases) };
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
