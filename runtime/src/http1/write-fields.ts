// Field lines as they are forwarded.
import { FieldRole } from "./field-name.ts";
import type { Fields } from "./fields.ts";

/** What becomes of a field, by its role. */
export const Forwarding = {
  /** Goes unless the Connection field nominates it (RFC 9110 §7.6.1). */
  unlessNominated: 0,
  always: 1,
  never: 2,
} as const;

export type ForwardingRules = Readonly<Uint8Array>;

/** Rules for all roles: forwarded unless nominated, but for the exceptions. */
export function forwardingRules(
  exceptions: readonly (readonly [role: number, rule: number])[],
): ForwardingRules {
  const rules = new Uint8Array(Object.keys(FieldRole).length);
  for (const [role, rule] of exceptions) rules[role] = rule;
  return rules;
}

/** The lines, each with its CRLF. */
export function writeFields(
  fields: Fields,
  rules: ForwardingRules,
  nominated: readonly string[] | undefined,
): string {
  const { names, values, starts, source } = fields;
  let lines = "";
  let runStart = 0;
  let runEnd = 0;
  for (let at = 0; at < names.length; at++) {
    const name = names[at];
    const value = values[at];
    if (name === undefined || value === undefined) continue;
    const rule = rules[name.role];
    if (rule === Forwarding.never) continue;
    if (rule === Forwarding.unlessNominated && nominated?.includes(name.lower) === true) continue;
    const start = starts[at] ?? -1;
    // Adjoining lines of the source are one run and copied together.
    if (start !== runEnd || start < 0) {
      if (runEnd > runStart) lines += source.slice(runStart, runEnd);
      runStart = start;
    }
    if (start < 0) {
      lines += `${name.text}: ${value}\r\n`;
      runEnd = runStart = 0;
    } else {
      runEnd = start + name.text.length + value.length + 4;
    }
  }
  return runEnd > runStart ? lines + source.slice(runStart, runEnd) : lines;
}
