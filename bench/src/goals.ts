// What the project wants to reach, checked against the numbers of one run.
import type { ByRound } from "./row-table.ts";
import type { Spread } from "./statistics.ts";
import { pairedRatio } from "./statistics.ts";

/** CPU time per request by round, for each `case/row` that has valid numbers. */
export type CpuByRow = ReadonlyMap<string, ByRound>;

/** Single measured values by id, such as `start-bun`, in the unit of the goal. */
export type Values = ReadonlyMap<string, Spread>;

/** The piece of work that set the goal. */
export type Topic =
  | "The main job"
  | "The forwarding core"
  | "The plugin platform"
  | "The policy library"
  | "Upstreams";

export interface Goal {
  readonly topic: Topic;
  readonly text: string;
  readonly limit: number;
  readonly unit: "×" | "ms" | "MB" | "KB";
  /** How the measured value must compare with the limit. */
  readonly comparison: "≤" | "<" | "≥";
  /** A ratio of two rows' CPU time, or a measured value. */
  readonly source: { readonly of: string; readonly to: string } | { readonly value: string };
}

export interface GoalResult extends Omit<Goal, "source"> {
  /** Undefined when it was not measured in this run. */
  readonly measured: Spread | undefined;
  readonly isMet: boolean | undefined;
}

export const GOALS: readonly Goal[] = [
  ...mainJob([
    cpu("Forwarding on Bun, CPU against nginx", "sluice-bun", "nginx", 1.25),
    cpu("Forwarding on Node, CPU against nginx", "sluice-node", "nginx", 1.6),
    cpu("Four policies on Bun, CPU against nginx + Lua", "sluice-bun-policies", "nginx-lua", 1),
    cpu("Four policies on Node, CPU against nginx + Lua", "sluice-node-policies", "nginx-lua", 1),
    cpu("Four policies on Bun, CPU against none", "sluice-bun-policies", "sluice-bun", 2.3),
    cpu("Four policies on Node, CPU against none", "sluice-node-policies", "sluice-node", 2.3),
    value("Start to first answered request on Bun", "start-bun", "<", [1000, "ms"]),
    value("Start to first answered request on Node", "start-node", "<", [1000, "ms"]),
    value("Idle memory with four policies on Bun", "idle-bun", "<", [150, "MB"]),
    value("Idle memory with four policies on Node", "idle-node", "<", [150, "MB"]),
    value("Memory of a plugin instance on Bun", "instance-bun", "<", [1, "MB"]),
    value("Memory of a plugin instance on Node", "instance-node", "<", [1, "MB"]),
  ]),
  ...forwardingCore([
    cpu("Small GET on Bun, CPU against nginx", "sluice-bun", "nginx", 1),
    cpu("Small GET on Bun, CPU against HAProxy", "sluice-bun", "haproxy", 1.25),
    cpu("Small GET on Node, CPU against nginx", "sluice-node", "nginx", 1.3),
    body("64 KB response on Bun, CPU against nginx", "response-64k"),
    body("1 MB response on Bun, CPU against nginx", "response-1m"),
    body("1 MB upload on Bun, CPU against nginx", "upload-1m"),
    value("p99 at half of the maximum rate on Bun, against nginx", "p99-bun", "≤", [1.5, "×"]),
    value("p99 at half of the maximum rate on Node, against nginx", "p99-node", "≤", [1.5, "×"]),
    value("2 workers on 2 cores on Bun, throughput", "workers-bun", "≥", [1.8, "×"]),
    value("2 workers on 2 cores on Node, throughput", "workers-node", "≥", [1.8, "×"]),
    value("2 workers on Bun, gain by CPU time", "workers-cpu-bun", "≥", [1.8, "×"]),
    value("2 workers on Node, gain by CPU time", "workers-cpu-node", "≥", [1.8, "×"]),
    value("Memory of an idle connection on Bun", "connection-bun", "≤", [15, "KB"]),
    value("Memory of an idle connection on Node", "connection-node", "≤", [15, "KB"]),
    routes("10,000 routes on Bun, CPU against 1 route", "sluice-bun"),
    routes("10,000 routes on Node, CPU against 1 route", "sluice-node"),
  ]),
  ...pluginPlatform([
    call("Call of a TypeScript plugin on Bun, against Extism's JSON", "call-typescript-bun", 0.25),
    call(
      "Call of a TypeScript plugin on Node, against Extism's JSON",
      "call-typescript-node",
      0.25,
    ),
    call("Call of an AssemblyScript plugin on Bun, the same", "call-assemblyscript-bun", 0.083),
    call("Call of an AssemblyScript plugin on Node, the same", "call-assemblyscript-node", 0.083),
    call("Body chunk of 64 KiB in TypeScript on Bun, the same", "call-chunk-bun", 0.1),
    call("Body chunk of 64 KiB in TypeScript on Node, the same", "call-chunk-node", 0.1),
    call("Fuel checks in an empty loop on Bun", "metering-loop-bun", 2),
    call("Fuel checks in an empty loop on Node", "metering-loop-node", 2),
    call("Fuel checks in an AssemblyScript policy on Bun", "metering-assemblyscript-bun", 1.1),
    call("Fuel checks in an AssemblyScript policy on Node", "metering-assemblyscript-node", 1.1),
    call("Fuel checks in a QuickJS policy on Bun", "metering-quickjs-bun", 1.1),
    call("Fuel checks in a QuickJS policy on Node", "metering-quickjs-node", 1.1),
  ]),
  ...policyLibrary([
    row(
      "Five policies on Bun, CPU against nginx + Lua",
      "policies",
      ["sluice-bun-policies-five", "nginx-lua-five"],
      0.8,
    ),
    row(
      "Five policies on Node, CPU against nginx + Lua",
      "policies",
      ["sluice-node-policies-five", "nginx-lua-five"],
      0.8,
    ),
    // What it adds may be 0.4 of what forwarding takes.
    row(
      "jwt, RS256 seen before, on Bun, CPU against none",
      "policies",
      ["sluice-bun-jwt", "sluice-bun-none"],
      1.4,
    ),
    row(
      "jwt, RS256 seen before, on Node, CPU against none",
      "policies",
      ["sluice-node-jwt", "sluice-node-none"],
      1.4,
    ),
  ]),
  ...upstreams([
    row(
      "3 targets with everything on Bun, CPU against a plain service",
      "targets",
      ["sluice-bun-upstream", "sluice-bun-plain"],
      1.1,
    ),
    row(
      "3 targets with everything on Node, CPU against a plain service",
      "targets",
      ["sluice-node-upstream", "sluice-node-plain"],
      1.1,
    ),
  ]),
];

/** Judges by the median. */
export function judge(goals: readonly Goal[], cpuTimes: CpuByRow, values: Values): GoalResult[] {
  return goals.map(({ source, ...goal }) => {
    const measured = measuredFor(source, cpuTimes, values);
    const isMet = measured === undefined ? undefined : meets(goal, measured.median);
    return { ...goal, measured, isMet };
  });
}

function measuredFor(
  source: Goal["source"],
  cpuTimes: CpuByRow,
  values: Values,
): Spread | undefined {
  if ("value" in source) return values.get(source.value);
  return pairedRatio(cpuTimes.get(source.of) ?? new Map(), cpuTimes.get(source.to) ?? new Map());
}

function meets({ comparison, limit }: Pick<Goal, "comparison" | "limit">, found: number): boolean {
  switch (comparison) {
    case "≤":
      return found <= limit;
    case "<":
      return found < limit;
    case "≥":
      return found >= limit;
  }
}

type TopiclessGoal = Omit<Goal, "topic">;

function mainJob(goals: readonly TopiclessGoal[]): Goal[] {
  return goals.map((goal) => ({ ...goal, topic: "The main job" }));
}

function forwardingCore(goals: readonly TopiclessGoal[]): Goal[] {
  return goals.map((goal) => ({ ...goal, topic: "The forwarding core" }));
}

function pluginPlatform(goals: readonly TopiclessGoal[]): Goal[] {
  return goals.map((goal) => ({ ...goal, topic: "The plugin platform" }));
}

function policyLibrary(goals: readonly TopiclessGoal[]): Goal[] {
  return goals.map((goal) => ({ ...goal, topic: "The policy library" }));
}

function upstreams(goals: readonly TopiclessGoal[]): Goal[] {
  return goals.map((goal) => ({ ...goal, topic: "Upstreams" }));
}

/** CPU time of a row of a case by that of another. */
function row(
  text: string,
  id: string,
  [of, to]: readonly [string, string],
  limit: number,
): TopiclessGoal {
  const source = { of: `${id}/${of}`, to: `${id}/${to}` };
  return { text, limit, unit: "×", comparison: "≤", source };
}

function call(text: string, id: string, limit: number): TopiclessGoal {
  return value(text, id, "≤", [limit, "×"]);
}

function cpu(text: string, of: string, to: string, limit: number): TopiclessGoal {
  const source = { of: `get/${of}`, to: `get/${to}` };
  return { text, limit, unit: "×", comparison: "≤", source };
}

function body(text: string, id: string): TopiclessGoal {
  const source = { of: `${id}/sluice-bun`, to: `${id}/nginx` };
  return { text, limit: 1.3, unit: "×", comparison: "≤", source };
}

function routes(text: string, peer: string): TopiclessGoal {
  const source = { of: `routes/${peer}-10000`, to: `routes/${peer}-1` };
  return { text, limit: 1.06, unit: "×", comparison: "<", source };
}

function value(
  text: string,
  id: string,
  comparison: Goal["comparison"],
  [limit, unit]: [number, Goal["unit"]],
): TopiclessGoal {
  return { text, limit, unit, comparison, source: { value: id } };
}
