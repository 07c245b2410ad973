// Start to first answered request, and what the idle gateway holds in memory, with the four policies on.
import { setTimeout as delay } from "node:timers/promises";
import { CLIENT_HEADERS } from "./fixture.ts";
import { firstAnswer, freePort } from "./http.ts";
import type { Lab } from "./lab.ts";
import { treeRssBytes } from "./proc.ts";
import type { Runtime } from "./sluice.ts";
import { sluiceCommand } from "./sluice.ts";
import type { Spread } from "./statistics.ts";
import { spread } from "./statistics.ts";

export interface StartCost {
  /** Spawn of the process to the first 200. */
  readonly startMs: Spread;
  /** Resident memory two seconds after that. */
  readonly idleRssBytes: Spread;
}

const IDLE_MS = 2000;

/** Starts the gateway `times` times, after one start that fills the plugin cache. Throws when it does not start. */
export async function measureStart(lab: Lab, runtime: Runtime, times: number): Promise<StartCost> {
  const runs: { startMs: number; rssBytes: number }[] = [];
  for (let run = 0; run <= times; run++) runs.push(await startOnce(lab, runtime));
  const counted = runs.slice(1);
  return {
    startMs: spread(counted.map((run) => run.startMs)),
    idleRssBytes: spread(counted.map((run) => run.rssBytes)),
  };
}

async function startOnce(
  lab: Lab,
  runtime: Runtime,
): Promise<{ startMs: number; rssBytes: number }> {
  const port = await freePort();
  const statusPort = await freePort();
  const id = `start-${runtime}`;
  const logPath = `${lab.runDir}/${id}.log`;
  const config = lab.render("sluice-policies.yaml", { logPath }, `${id}.yaml`);
  const command = sluiceCommand(lab, { runtime, config, port, statusPort });

  const spawnedAt = performance.now();
  const child = lab.children.start(id, command, lab.root);
  await firstAnswer(child, { port, headers: CLIENT_HEADERS, timeoutMs: 30_000 });
  const startMs = performance.now() - spawnedAt;
  await delay(IDLE_MS);
  const rssBytes = treeRssBytes(child.pid);
  await lab.children.stop(child);
  return { startMs, rssBytes };
}
