// console.* writes to the gateway's log.
import { LogLevel } from "../abi.ts";
import { log } from "./native.ts";

type Write = (...values: readonly unknown[]) => void;

export const console: Readonly<Record<"debug" | "error" | "info" | "log" | "warn", Write>> = {
  debug: writer(LogLevel.debug),
  error: writer(LogLevel.error),
  info: writer(LogLevel.info),
  log: writer(LogLevel.info),
  warn: writer(LogLevel.warn),
};

function writer(level: number): Write {
  return (...values) => log(level, values.map(inspect).join(" "));
}

/** Text of any value, for people. */
export function inspect(value: unknown): string {
  if (value instanceof Error) return `${value}\n${value.stack ?? ""}`.trimEnd();
  if (typeof value !== "object" || value === null) return String(value);
  try {
    return JSON.stringify(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
