// The host function by which a plugin has its decisions repeated, and what the others mean for that (ABI.md, section
// "Decisions").
import { Fault } from "@sluice/plugin-sdk/abi";
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

/**
 * Those that record themselves, and those whose results follow from their parameters and the config alone. The clock is
 * the author's to mind, who says until when. All others spoil a recording.
 */
export const REPEATABLE: ReadonlySet<string> = new Set<HostFunction>([
  "field_get",
  "fields_get",
  "field_names",
  "field_set",
  "fields_set",
  "fields_fill",
  "property_get",
  "property_set",
  "number_get",
  "query_get",
  "query_set",
  "credential_find",
  "credential_get",
  "consumer_find",
  "consumer_find_by",
  "consumer_get",
  "authenticate",
  "authenticate_by",
  "remember",
  "record_append",
  "quota_take",
  "config_get",
  "digest",
  "hmac",
  "bytes_equal",
  "jwt_verify",
  "url_parse",
  "url_set",
  "now_ms",
  "deadline_reached",
]);

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
