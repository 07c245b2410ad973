// Starting the gateway as a user would: its command line, nothing of its code.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "./lab.ts";

export type Runtime = "bun" | "node";
export const RUNTIMES: readonly Runtime[] = ["bun", "node"];

export interface SluiceOptions {
  readonly runtime: Runtime;
  readonly config: string;
  readonly port: number;
  readonly statusPort: number;
  /** Default: an empty directory. */
  readonly pluginsDir?: string;
  /** Default: the gateway's own. */
  readonly workers?: number;
  /** Flags of the runtime, such as a profiler's. */
  readonly runtimeFlags?: readonly string[];
}

export function sluiceCommand(lab: Lab, options: SluiceOptions): string[] {
  const { runtime, config, port, statusPort, workers, runtimeFlags = [] } = options;
  const pluginsDir = options.pluginsDir ?? join(lab.runDir, "no-plugins");
  mkdirSync(pluginsDir, { recursive: true });
  return [
    lab.tools[runtime] ?? runtime,
    "--conditions=sluice-source",
    ...runtimeFlags,
    "runtime/bin/sluice.js",
    "start",
    "--config",
    config,
    "--plugins-dir",
    pluginsDir,
    "--proxy-listen",
    `127.0.0.1:${port}`,
    "--status-listen",
    `127.0.0.1:${statusPort}`,
    ...(workers === undefined ? [] : ["--workers", String(workers)]),
  ];
}
