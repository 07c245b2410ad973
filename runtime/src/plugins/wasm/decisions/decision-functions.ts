// The host function by which a plugin has its decisions repeated, and what the others mean for that (ABI.md, section
// "Decisions").
import { Fault, REPEATABLE_FUNCTIONS } from "@sluice/plugin-sdk/abi";
import type { HostFunction } from "@sluice/plugin-sdk/abi";
import type { GuestCall } from "../guest-call.ts";
import { REPEATED_PHASES } from "./decisions.ts";
import type { PhaseDecisions } from "./decisions.ts";

type Run = (...parameters: number[]) => number;

/** `decisions` by entry; none for those that are never repeated. */
export function decisionFunctions(
  call: GuestCall,
  decisions: readonly (PhaseDecisions | undefined)[],
): Record<"remember", Run> {
  return {
    remember: (_, request = 0, untilMs = 0) => {
      const asking = call.of(request);
      if (asking?.exchange === undefined) return Fault.badHandle;
      const phase = REPEATED_PHASES.find((each) => each === asking.phase);
      if (phase === undefined) return Fault.wrongPhase;
      if (!(untilMs > 0)) return Fault.badValue;
      decisions[asking.entry]?.[phase]?.want();
      const recording = call.recordingOf(request);
      if (recording !== undefined) recording.untilMs = untilMs;
      return 0;
    },
  };
}

const REPEATABLE: ReadonlySet<string> = new Set<HostFunction>(REPEATABLE_FUNCTIONS);

/** The functions, of which those that cannot be repeated say so. */
export function spoiling(functions: Record<string, Run>, call: GuestCall): Record<string, Run> {
  const all = Object.entries(functions).map(([name, run]): [string, Run] => [
    name,
    REPEATABLE.has(name) ? run : spoiler(run, call),
  ]);
  return Object.fromEntries(all);
}

/** With as many parameters as any of them has: a call with a list of them takes longer. */
function spoiler(run: Run, call: GuestCall): Run {
  return (a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0) => {
    call.spoilRecording();
    return run(a, b, c, d, e, f, g, h, i);
  };
}
