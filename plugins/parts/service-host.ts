// Kong's name for a service in metrics: its name, or its host when it has none.
import type { LogContext } from "@sluice/plugin-sdk";

/** By id of a service: a config has few. */
const hosts = new Map<string, string>();

/** Undefined when no service was asked. */
export function serviceNameOrHost(ctx: LogContext): string | undefined {
  return ctx.service?.name ?? serviceHost(ctx);
}

/** Only the log record has it. */
export function serviceHost(ctx: LogContext): string | undefined {
  const id = ctx.service?.id;
  if (id === undefined) return undefined;
  let host = hosts.get(id);
  if (host === undefined) {
    const record: { service?: { host?: string } } = JSON.parse(ctx.record());
    if (hosts.size >= MAX_HOSTS) hosts.clear();
    hosts.set(id, (host = record.service?.host ?? id));
  }
  return host;
}

const MAX_HOSTS = 10_000;
