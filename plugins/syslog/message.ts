// A message for a syslog daemon (RFC 5424).
import { utf8Length } from "../parts/utf8-length.ts";

/** By their numbers (§6.2.1, table 2). */
export const SEVERITIES = [
  "emerg",
  "alert",
  "crit",
  "err",
  "warning",
  "notice",
  "info",
  "debug",
] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Kong's names of facilities, with their numbers (§6.2.1, table 1). */
export const FACILITIES = {
  auth: 4,
  authpriv: 10,
  cron: 9,
  daemon: 3,
  ftp: 11,
  kern: 0,
  lpr: 6,
  mail: 2,
  news: 7,
  syslog: 5,
  user: 1,
  uucp: 8,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
} as const;
export type Facility = keyof typeof FACILITIES;

/** Whether a message of this severity is at least as grave as the level. */
export function isAtLeast(severity: Severity, level: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(level);
}

/** Everything before the time: `<PRI>VERSION` (§6.2.1, §6.2.2). */
export function priority(facility: Facility, severity: Severity): string {
  return `<${FACILITIES[facility] * 8 + SEVERITIES.indexOf(severity)}>1`;
}

/** Host and process are not known here: "-" (§6.2.4, §6.2.6); there is no structured data. */
export function message(pri: string, nowMs: number, text: string): string {
  return `${pri} ${new Date(nowMs).toISOString()} - sluice - access - ${text}`;
}

/** The message with its length in front of it, for streams (RFC 6587 §3.4.1, RFC 5425 §4.3). */
export function counted(text: string): string {
  return `${utf8Length(text)} ${text}`;
}
