// How many connections the process can hold: each takes a file descriptor, and its request one more (O1).
import { readFileSync } from "node:fs";

/** For logs, plugins, watchers, the other listeners, and clients that are being refused. */
const RESERVED_DESCRIPTORS = 128;

/** The soft limit on open files; undefined where the system does not say it or has none. */
export function openFilesLimit(): number | undefined {
  try {
    return softLimitIn(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    // There is no such file but on Linux.
    return undefined;
  }
}

/** Reads the text of /proc/PID/limits. */
export function softLimitIn(text: string): number | undefined {
  const limit = /^Max open files +([0-9]+) /m.exec(text)?.[1];
  return limit === undefined ? undefined : Number(limit);
}

/** Client connections that leave as many descriptors for upstreams, and some for everything else. */
export function connectionsFor(openFiles: number): number {
  const free = Math.max(openFiles - RESERVED_DESCRIPTORS, openFiles / 2);
  return Math.max(1, Math.floor(free / 2));
}
