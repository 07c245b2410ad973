// The flags of `sluice start` about how much it takes on at a time, and how it leaves.
import { connectionsFor, openFilesLimit } from "../open-files.ts";
import { MAX_CONNECTIONS } from "../settings.ts";
import type { LoadSettings } from "../settings.ts";
import { UsageError } from "./fault.ts";
import { parseMilliseconds } from "./options.ts";
import type { OptionSpecs, ParsedOptions } from "./options.ts";

export const LOAD_OPTIONS: OptionSpecs = {
  "max-connections": {
    value: "N",
    help: `open client connections; more get 503 (${MAX_CONNECTIONS}, less where files are limited)`,
  },
  "max-connections-per-ip": {
    value: "N",
    help: "those of one client address; 0 for no limit of its own",
    fallback: "0",
  },
  "max-requests": {
    value: "N",
    help: "requests in flight; more get 503; 0 for one on each connection",
    fallback: "0",
  },
  "reuse-port": {
    value: "on|off",
    help: "another gateway may serve the same address, for a rolling restart",
    fallback: "off",
  },
  "drain-delay": {
    value: "MS",
    help: "goes on serving so long after SIGTERM, not ready, for load balancers to notice",
    fallback: "0",
  },
};

/** Throws UsageError. */
export function loadSettings(
  options: ParsedOptions,
  openFiles: number | undefined = openFilesLimit(),
): LoadSettings {
  const asked = options.text("max-connections");
  const most = openFiles === undefined ? Infinity : connectionsFor(openFiles);
  const reusePort = options.text("reuse-port");
  if (reusePort !== "on" && reusePort !== "off") {
    throw new UsageError(`--reuse-port ${JSON.stringify(reusePort)}: expected on or off`);
  }
  const drainDelay = options.text("drain-delay") ?? "0";
  return {
    maxConnections: Math.min(
      asked === undefined ? MAX_CONNECTIONS : parseCount("max-connections", asked, 1),
      most,
    ),
    maxConnectionsPerIp: countOf(options, "max-connections-per-ip"),
    maxRequests: countOf(options, "max-requests"),
    reusePort: reusePort === "on",
    drainDelayMs: drainDelay === "0" ? 0 : parseMilliseconds("drain-delay", drainDelay),
  };
}

function countOf(options: ParsedOptions, name: string): number {
  return parseCount(name, options.text(name) ?? "0", 0);
}

function parseCount(option: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(value) || value < least) {
    throw new UsageError(
      `--${option} ${JSON.stringify(text)}: expected a whole number, ${least} or more`,
    );
  }
  return value;
}
