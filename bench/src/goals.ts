// What the project wants to reach, checked against the numbers of one run.
import type { Spread } from "./statistics.ts";
import { pairedRatio } from "./statistics.ts";

/** CPU time per request by round, for each row id that has valid numbers. */
export type CpuByRow = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Single measured values by id, such as `start-bun`. */
export type Values = ReadonlyMap<string, Spread>;

export interface Goal {
  readonly text: string;
  readonly limit: number;
  readonly unit: "×" | "ms" | "MB";
  /** Whether the limit itself still meets the goal. */
  readonly isInclusive: boolean;
  /** A ratio of two rows' CPU time, or a measured value. */
  readonly source: { readonly of: string; readonly to: string } | { readonly value: string };
}

export interface GoalResult {
  readonly text: string;
  readonly limit: number;
  readonly unit: Goal["unit"];
  readonly isInclusive: boolean;
  /** Undefined when it was not measured in this run. */
  readonly measured: Spread | undefined;
  readonly isMet: boolean | undefined;
}

export const GOALS: readonly Goal[] = [
  cpuGoal("Forwarding on Bun, CPU against nginx", "sluice-bun", "nginx", 1.25),
  cpuGoal("Forwarding on Node, CPU against nginx", "sluice-node", "nginx", 1.6),
  cpuGoal("Four policies on Bun, CPU against nginx + Lua", "sluice-bun-policies", "nginx-lua", 1),
  cpuGoal("Four policies on Node, CPU against nginx + Lua", "sluice-node-policies", "nginx-lua", 1),
  cpuGoal("Four policies on Bun, CPU against none", "sluice-bun-policies", "sluice-bun", 2.3),
  cpuGoal("Four policies on Node, CPU against none", "sluice-node-policies", "sluice-node", 2.3),
  valueGoal("Start to first answered request on Bun", "start-bun", 1000, "ms"),
  valueGoal("Start to first answered request on Node", "start-node", 1000, "ms"),
  valueGoal("Idle memory with four policies on Bun", "idle-bun", 150, "MB"),
  valueGoal("Idle memory with four policies on Node", "idle-node", 150, "MB"),
  valueGoal("Memory of a plugin instance on Bun", "instance-bun", 1, "MB"),
  valueGoal("Memory of a plugin instance on Node", "instance-node", 1, "MB"),
];

/** Judges by the median; values in bytes must already be in the goal's unit. */
export function judge(goals: readonly Goal[], cpu: CpuByRow, values: Values): GoalResult[] {
  return goals.map((goal) => {
    const { text, limit, unit, isInclusive } = goal;
    const measured = measuredFor(goal, cpu, values);
    const isMet = measured === undefined ? undefined : meets(goal, measured.median);
    return { text, limit, unit, isInclusive, measured, isMet };
  });
}

function measuredFor({ source }: Goal, cpu: CpuByRow, values: Values): Spread | undefined {
  if ("value" in source) return values.get(source.value);
  return pairedRatio(cpu.get(source.of) ?? new Map(), cpu.get(source.to) ?? new Map());
}

function meets({ limit, isInclusive }: Goal, value: number): boolean {
  return isInclusive ? value <= limit : value < limit;
}

function cpuGoal(text: string, of: string, to: string, limit: number): Goal {
  return { text, limit, unit: "×", isInclusive: true, source: { of, to } };
}

function valueGoal(text: string, value: string, limit: number, unit: "ms" | "MB"): Goal {
  return { text, limit, unit, isInclusive: false, source: { value } };
}
