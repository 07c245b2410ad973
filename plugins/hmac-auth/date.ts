// When a request was signed: its x-date, or else its date.
import type { MutableRequest } from "@sluice/plugin-sdk";

export const DATE_HEADERS: readonly string[] = ["x-date", "date"];

/** Kong's rule: one of the headers has to be near enough. */
export function isWithinSkew(
  request: MutableRequest,
  names: readonly string[],
  skewS: number,
  nowMs: number,
): boolean {
  return names.some((name) => {
    const values = request.headers(name);
    const sentMs = values.length === 1 ? httpDateMs(values[0] ?? "") : undefined;
    return sentMs !== undefined && Math.abs(nowMs - sentMs) <= skewS * 1000;
  });
}

const IMF_FIXDATE =
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** RFC 9110 §5.6.7, the form that senders must use; ms since 1970. */
function httpDateMs(text: string): number | undefined {
  if (!IMF_FIXDATE.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}
