// Known gaps of a runtime: cases that may fail, each with its reason. A gap that is closed must leave the list.
import { readFile } from "node:fs/promises";

import type { CaseResult } from "./junit.ts";
import type { Failure, Tally } from "./tally.ts";

export interface KnownGap {
  /** The case's full name as the report shows it. */
  readonly name: string;
  readonly reason: string;
}

/** Reads `expected/<runtime>.json`. Throws when an entry has no name or no reason. */
export async function readKnownGaps(path: string): Promise<KnownGap[]> {
  const content: unknown = JSON.parse(await readFile(path, "utf8"));
  if (!Array.isArray(content)) throw new Error(`${path}: expected a list`);
  return content.map((entry: unknown) => {
    if (!isKnownGap(entry)) throw new Error(`${path}: each entry is {"name", "reason"}, both set`);
    return entry;
  });
}

function isKnownGap(entry: unknown): entry is KnownGap {
  if (typeof entry !== "object" || entry === null) return false;
  return "name" in entry && "reason" in entry && Boolean(entry.name) && Boolean(entry.reason);
}

/** Counts the results; known gaps count as skipped while they fail and as failures once they pass. */
export function tallyWith(results: readonly CaseResult[], gaps: readonly KnownGap[]): Tally {
  const reasons = new Map(gaps.map((gap) => [gap.name, gap.reason]));
  let passed = 0;
  const failures: Failure[] = [];
  const skipped: string[] = [];
  for (const { name, kind, message } of results) {
    const gap = reasons.get(name);
    switch (kind) {
      case "passed":
        if (gap === undefined) passed += 1;
        else failures.push({ name, message: `passes, but is listed as a known gap: ${gap}` });
        break;
      case "failed":
        if (gap === undefined) failures.push({ name, message });
        else skipped.push(`${name}: known gap: ${gap}`);
        break;
      case "skipped":
        skipped.push(`${name}: ${message || "no reason given"}`);
        break;
    }
    reasons.delete(name);
  }
  for (const name of reasons.keys()) {
    failures.push({ name, message: "is listed as a known gap, but there is no such case" });
  }
  return { passed, failures, skipped };
}
