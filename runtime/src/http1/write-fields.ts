// Field lines as they are forwarded.
import { FieldRole } from "./field-name.ts";
import type { Fields } from "./fields.ts";

/** For each role, 1 when its fields are not forwarded. */
export type DroppedRoles = Readonly<Uint8Array>;

export function droppedRoles(...roles: readonly number[]): DroppedRoles {
  const dropped = new Uint8Array(Object.keys(FieldRole).length);
  for (const role of roles) dropped[role] = 1;
  return dropped;
}

export const NONE_DROPPED: DroppedRoles = droppedRoles();

/** The lines, each with its CRLF. */
export function writeFields(fields: Fields, dropped: DroppedRoles): string {
  const { names, values, starts, source } = fields;
  let lines = "";
  let runStart = 0;
  let runEnd = 0;
  for (let at = 0; at < names.length; at++) {
    const name = names[at];
    const value = values[at];
    if (name === undefined || value === undefined || dropped[name.role] === 1) continue;
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
