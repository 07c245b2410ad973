// https://www.w3.org/TR/trace-context/
import type { Format } from "./format.ts";
import { NO_SPAN, NO_TRACE } from "./ids.ts";

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
/** Of a version 00. */
const TRACEPARENT_CHARACTERS = 55;

export const w3c: Format = {
  headers: ["traceparent", "tracestate"],
  extract(request) {
    const parents = request.headers("traceparent");
    const parent = parents[0] ?? "";
    if (parents.length !== 1 || !TRACEPARENT.test(parent)) return undefined;
    const version = parent.slice(0, 2);
    if (version === "ff") return undefined;
    if (version === "00" && parent.length > TRACEPARENT_CHARACTERS) return undefined;
    const traceId = parent.slice(3, 35);
    const spanId = parent.slice(36, 52);
    if (traceId === NO_TRACE || spanId === NO_SPAN) return undefined;
    const isSampled = (Number.parseInt(parent.slice(53, 55), 16) & 1) === 1;
    const state = stateOf(request.headers("tracestate"));
    return state === undefined
      ? { traceId, spanId, isSampled }
      : { traceId, spanId, isSampled, state };
  },
  inject(request, { traceId, spanId, isSampled, state }, came) {
    const parent = `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
    if (state !== undefined) {
      request.setHeaders(["traceparent", parent, "tracestate", state]);
      return;
    }
    request.setHeader("traceparent", parent);
    if (came.length > 0 && came.includes("tracestate")) request.removeHeader("tracestate");
  },
};

const MAX_STATE_MEMBERS = 32;
const MAX_STATE_CHARACTERS = 512;

/** As one value; nothing of one that breaks the limits (L3, W3C Trace Context §3.3.1). */
function stateOf(lines: readonly string[]): string | undefined {
  if (lines.length === 0) return undefined;
  const members = lines
    .join(",")
    .split(",")
    .map((member) => member.trim())
    .filter((member) => member !== "");
  if (members.length === 0 || members.length > MAX_STATE_MEMBERS) return undefined;
  if (!members.every((member) => /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[ -~]{1,256}$/.test(member))) {
    return undefined;
  }
  const state = members.join(",");
  return state.length > MAX_STATE_CHARACTERS ? undefined : state;
}
