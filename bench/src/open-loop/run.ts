// Runs the open-loop generator against one proxy.
import { fileURLToPath } from "node:url";
import { CLIENT_HEADERS } from "../fixture.ts";
import type { Lab } from "../lab.ts";
import type { OpenLoopReport } from "./protocol.ts";
import { parseOpenLoopReport } from "./protocol.ts";

export interface OpenLoopRun {
  readonly port: number;
  readonly ratePerSecond: number;
  readonly connections: number;
  readonly seconds: number;
}

const GENERATOR = fileURLToPath(new URL("generator.ts", import.meta.url));
const WARM_UP_MS = 500;
const DRAIN_MS = 2000;

/** Throws when the generator fails or prints no report. */
export async function runOpenLoop(lab: Lab, run: OpenLoopRun): Promise<OpenLoopReport> {
  const { port, ratePerSecond, connections, seconds } = run;
  const headers = Object.entries({ Host: `127.0.0.1:${port}`, ...CLIENT_HEADERS });
  const lines = ["GET / HTTP/1.1", ...headers.map(([name, value]) => `${name}: ${value}`), "", ""];
  const request = {
    port,
    message: lines.join("\r\n"),
    ratePerSecond,
    connections,
    warmUpMs: WARM_UP_MS,
    measuredMs: seconds * 1000,
    drainMs: DRAIN_MS,
  };
  const child = lab.children.start("open-loop", [
    ...lab.loadPin,
    lab.tools.bun ?? "bun",
    GENERATOR,
    JSON.stringify(request),
  ]);
  const code = await child.exited;
  if (code !== 0) throw new Error(`the generator ended with ${code}: ${child.lastOutput()}`);
  return parseOpenLoopReport(child.lastOutput());
}
