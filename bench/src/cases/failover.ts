// One of three targets is killed under load and comes back: how many requests fail, and how long the others take.
import { writeFileSync } from "node:fs";
import type { Child } from "../children.ts";
import { UPSTREAM_BODY } from "../fixture.ts";
import { firstAnswer, freePort, get } from "../http.ts";
import type { Lab } from "../lab.ts";
import { nginxCommand } from "../lab.ts";
import { coreEach, smallGet, SMALL_GET_CONNECTIONS } from "../load-case.ts";
import type { OpenLoopReport } from "../open-loop/protocol.ts";
import { runOpenLoop } from "../open-loop/run.ts";
import type { BenchOptions } from "../options.ts";
import { haproxy, nginx, sluice } from "../peer-list.ts";
import type { ProxySpec, RunningProxy } from "../proxies.ts";
import { bringUp } from "../proxies.ts";
import { runWrk } from "../rounds.ts";
import type { RowOutcome } from "../row-table.ts";
import { caredConfig } from "./targets.ts";

/** Requests per second: a third of what the slowest can do, so that what fails fails for the killed target alone. */
const RATE = 3000;
const TARGETS = 3;
/** Of the run: when the target is killed, and when it is started again. */
const KILLED_AT = 1 / 3;
const BACK_AT = 2 / 3;

export interface FailoverRow {
  readonly id: string;
  readonly title: string;
  readonly outcome: RowOutcome;
  readonly samples: readonly OpenLoopReport[];
}

/** Never throws for one proxy. Leaves none running. */
export async function measureFailover(
  lab: Lab,
  options: BenchOptions,
  progress: (line: string) => void,
): Promise<FailoverRow[]> {
  const rows: FailoverRow[] = [];
  progress("\nOne of three targets is killed");
  const ports = await Promise.all(Array.from({ length: TARGETS }, () => freePort()));
  const specs = proxies(ports).filter(({ peer }) => options.selection.wantsPeer(peer));
  for (const spec of specs) {
    const { id, title } = spec;
    const samples: OpenLoopReport[] = [];
    let outcome: RowOutcome = { kind: "measured" };
    try {
      for (let round = 0; round < options.rounds; round++) {
        samples.push(await measureOnce(lab, spec, ports, options));
        const last = samples.at(-1);
        if (last !== undefined) progress(`round ${round + 1}  ${title}: ${failures(last)} failed`);
      }
    } catch (error) {
      // One proxy that does not start must not cost the others their numbers.
      outcome = { kind: "absent", reason: error instanceof Error ? error.message : String(error) };
      progress(`${title}: ${outcome.reason}`);
    }
    rows.push({ id, title, outcome, samples });
  }
  return rows;
}

/** Of all requests that were due; an answer that is not 2xx, a connection that broke, no answer at all. */
export function failures({ statusErrors, unanswered }: OpenLoopReport): number {
  // A connection that breaks leaves its request unanswered.
  return statusErrors + unanswered;
}

async function measureOnce(
  lab: Lab,
  spec: ProxySpec,
  ports: readonly number[],
  { seconds, warmUpSeconds }: BenchOptions,
): Promise<OpenLoopReport> {
  const targets = ports.map((port, index) => startTarget(lab, port, index));
  const children = [...targets];
  try {
    await Promise.all(targets.map((child, index) => answered(child, ports[index] ?? 0)));
    const placement = coreEach(lab);
    const up = await bringUp(lab, spec, { prefix: placement.proxyPin, verify: answerFaults });
    if (up.kind === "absent") throw new Error(up.reason);
    children.push(up.proxy.child);
    // For the just-in-time compilers.
    await runWrk(lab, up.proxy, { placement, load: smallGet(lab), seconds: warmUpSeconds * 2 });
    const run = runOpenLoop(lab, {
      port: up.proxy.port,
      ratePerSecond: RATE,
      connections: SMALL_GET_CONNECTIONS,
      seconds,
    });
    const [victim] = targets;
    const [port = 0] = ports;
    await sleep(seconds * KILLED_AT * 1000);
    if (victim !== undefined) await lab.children.kill(victim);
    await sleep(seconds * (BACK_AT - KILLED_AT) * 1000);
    children.push(startTarget(lab, port, 0));
    return await run;
  } finally {
    await Promise.all(children.map((child) => lab.children.stop(child)));
  }
}

function startTarget(lab: Lab, port: number, index: number): Child {
  const id = `target-${index}`;
  const config = lab.render("target.conf", { port, id, body: UPSTREAM_BODY }, `${id}.conf`);
  return lab.children.start(id, [...lab.loadPin, ...nginxCommand(lab, config)]);
}

function answered(child: Child, port: number): Promise<void> {
  return firstAnswer(child, { port, headers: {}, timeoutMs: 5000 });
}

async function answerFaults({ port }: RunningProxy): Promise<string[]> {
  const { status } = await get(port, "/", {});
  return status === 200 ? [] : [`GET / gave ${status}, expected 200`];
}

function proxies([a = 0, b = 0, c = 0]: readonly number[]): ProxySpec[] {
  const values = { targetA: a, targetB: b, targetC: c };
  const own = (runtime: "bun" | "node"): ProxySpec =>
    sluice(runtime, {
      variant: "-failover",
      writeConfig: (path) => {
        const targets = [a, b, c].map((port) => `127.0.0.1:${port}`);
        writeFileSync(path, JSON.stringify(caredConfig(targets)));
      },
    });
  return [
    {
      ...nginx(),
      command: (lab, { port }) => {
        return nginxCommand(lab, lab.render("nginx-targets.conf", { ...values, port }));
      },
    },
    {
      ...haproxy(),
      command: (lab, { port }) => [
        lab.tools.haproxy ?? "haproxy",
        "-db",
        "-f",
        lab.render("haproxy-targets.cfg", { ...values, port }),
      ],
    },
    own("bun"),
    own("node"),
  ];
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
