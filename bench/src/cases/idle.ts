// What an idle keep-alive connection costs: resident memory with 1,000 of them and with 10,000 more.
import { execFileSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Child } from "../children.ts";
import type { Lab } from "../lab.ts";
import type { BenchOptions } from "../options.ts";
import { haproxy, nginx, sluice } from "../peer-list.ts";
import { treeRssBytes } from "../proc.ts";
import type { ProxySpec, RunningProxy } from "../proxies.ts";
import { bringUp } from "../proxies.ts";
import type { RowOutcome } from "../row-table.ts";
import type { Spread } from "../statistics.ts";
import { spread } from "../statistics.ts";
import { findFaults } from "../verify.ts";

export interface IdleRow {
  readonly id: string;
  readonly title: string;
  readonly outcome: RowOutcome;
  /** Idle connections that the growth was divided by. */
  readonly connections: number;
  readonly bytesPerConnection: Spread | undefined;
  /** With the first connections, and with all. */
  readonly firstRssBytes: Spread | undefined;
  readonly fullRssBytes: Spread | undefined;
}

/** The first ones fill what a server sets aside before it grows. */
const FIRST_CONNECTIONS = 1_000;
const FURTHER_CONNECTIONS = 10_000;
const LEAST_CONNECTIONS = 2_000;

const MAX_CONNECTIONS = 16_384;
const FILES_WANTED = 65_536;
/** A gateway may keep a file for the upstream of each connection, and some for itself. */
const FILES_PER_CONNECTION = 2;
const FILES_APART = 1_000;
const SETTLE_MS = 1500;
const READY_TIMEOUT_MS = 60_000;
const CLIENT = fileURLToPath(new URL("../idle/client.ts", import.meta.url));
const PROXIES: readonly ProxySpec[] = [
  nginx({ maxConnections: MAX_CONNECTIONS }),
  haproxy({ maxConnections: MAX_CONNECTIONS }),
  sluice("bun"),
  sluice("node"),
];

interface Reading {
  readonly first: number;
  readonly full: number;
  readonly further: number;
}

/** Never throws for one proxy. Leaves none running. */
export async function measureIdle(
  lab: Lab,
  options: BenchOptions,
  progress: (line: string) => void,
): Promise<IdleRow[]> {
  const rows: IdleRow[] = [];
  const further = furtherConnections(maxOpenFiles());
  progress(`\n${further} idle connections`);
  for (const spec of PROXIES.filter(({ peer }) => options.selection.wantsPeer(peer))) {
    const row = await measureOne(lab, spec, { further, repeats: options.memoryRepeats });
    rows.push(row);
    const each = row.bytesPerConnection?.median.toFixed(0);
    progress(`${spec.title}: ${row.outcome.kind === "measured" ? each : row.outcome.reason}`);
  }
  return rows;
}

/** Connections after the first ones that a process with so many files can hold. */
export function furtherConnections(openFiles: number): number {
  const all = Math.floor((openFiles - FILES_APART) / FILES_PER_CONNECTION);
  return Math.max(0, Math.min(FURTHER_CONNECTIONS, all - FIRST_CONNECTIONS));
}

interface IdleOptions {
  readonly further: number;
  readonly repeats: number;
}

async function measureOne(
  lab: Lab,
  spec: ProxySpec,
  { further, repeats }: IdleOptions,
): Promise<IdleRow> {
  const readings: Reading[] = [];
  try {
    if (further < LEAST_CONNECTIONS) {
      throw new Error(`open files are limited to ${maxOpenFiles()} a process (ulimit -Hn)`);
    }
    for (let repeat = 0; repeat < repeats; repeat++) {
      readings.push(await readOnce(lab, spec, further));
    }
  } catch (error) {
    // Its row says why; the others are still measured.
    const reason = error instanceof Error ? error.message : String(error);
    return rowOf(spec, { kind: "absent", reason }, []);
  }
  return rowOf(spec, { kind: "measured" }, readings);
}

async function readOnce(lab: Lab, spec: ProxySpec, further: number): Promise<Reading> {
  const prefix = [...withManyFiles(), ...lab.proxyPin];
  const outcome = await bringUp(lab, spec, { prefix, verify: findFaults });
  if (outcome.kind === "absent") throw new Error(outcome.reason);
  const { proxy } = outcome;
  const clients: Child[] = [];
  try {
    clients.push(await hold(lab, proxy, FIRST_CONNECTIONS));
    const first = await settledRss(proxy, clients);
    clients.push(await hold(lab, proxy, further));
    return { first, full: await settledRss(proxy, clients), further };
  } finally {
    await Promise.all([...clients, proxy.child].map((child) => lab.children.stop(child)));
  }
}

/** Starts a client and waits until all its connections have had an answer. */
async function hold(lab: Lab, { port }: RunningProxy, connections: number): Promise<Child> {
  const command = [process.execPath, CLIENT, String(port), String(connections)];
  const child = lab.children.start("idle-client", [...withManyFiles(), ...lab.loadPin, ...command]);
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!child.lastOutput().endsWith("ready")) {
    if (child.hasExited() || performance.now() > deadline) {
      await lab.children.stop(child);
      throw new Error(`${connections} connections were not reached: ${child.lastOutput()}`);
    }
    await delay(20);
  }
  return child;
}

async function settledRss(proxy: RunningProxy, clients: readonly Child[]): Promise<number> {
  await delay(SETTLE_MS);
  const lost = clients.find((client) => client.hasExited());
  if (lost !== undefined) throw new Error(`connections were lost: ${lost.lastOutput()}`);
  return treeRssBytes(proxy.child.pid);
}

/** Hard limit of open files that this process can hand on. */
function maxOpenFiles(): number {
  const text = execFileSync("/bin/sh", [...withManyFiles().slice(1), "sh", "-c", "ulimit -n"], {
    encoding: "utf8",
  });
  return text.trim() === "unlimited" ? Number.POSITIVE_INFINITY : Number(text);
}

/** Command prefix that lets a program open as many files as it may, at least as many as are wanted. */
function withManyFiles(): string[] {
  const raise = `ulimit -n ${FILES_WANTED} 2>/dev/null || ulimit -n "$(ulimit -Hn)"`;
  return ["/bin/sh", "-c", `${raise}; exec "$@"`, "sh"];
}

function rowOf(
  { id, title }: ProxySpec,
  outcome: RowOutcome,
  readings: readonly Reading[],
): IdleRow {
  const of = (pick: (reading: Reading) => number) => {
    return readings.length === 0 ? undefined : spread(readings.map(pick));
  };
  return {
    id,
    title,
    outcome,
    connections: readings[0]?.further ?? 0,
    bytesPerConnection: of(({ first, full, further }) => (full - first) / further),
    firstRssBytes: of(({ first }) => first),
    fullRssBytes: of(({ full }) => full),
  };
}
