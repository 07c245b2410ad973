// The fault matrix: one of three targets misbehaves. What do clients see, does it get out, and does it come back?
// The times of its table are told, not asserted.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { connect } from "../harness/client.ts";
import { startGateway } from "../harness/gateway.ts";
import type { Gateway } from "../harness/gateway.ts";
import { untilHealth } from "../harness/upstreams-api.ts";
import type { BehaviourName } from "./behaviours.ts";
import { FaultyTarget } from "./faulty-target.ts";
import { Table } from "./table.ts";

/** Of requests: a status, or `cut` for a response that breaks off. */
type Seen = number | "cut";

interface Row {
  readonly ids: string;
  readonly fault: BehaviourName | "dies by SIGKILL";
  /** What clients may see besides 200: of GET, which may be sent again, and of POST, which may not. */
  readonly get: readonly Seen[];
  readonly post: readonly Seen[];
  /** Why the target is out. */
  readonly reason: RegExp;
  /** Active checks read the status line alone, as Kong's: they bring such a target back, and it goes again. */
  readonly comesAndGoes?: boolean;
}

const CHECK = /(active|passive) check/;
const ROWS: readonly Row[] = [
  { ids: "U1", fault: "refuses", get: [], post: [], reason: CHECK },
  { ids: "U1", fault: "dies by SIGKILL", get: [], post: [502], reason: CHECK },
  { ids: "U1", fault: "resets", get: [], post: [502], reason: CHECK },
  { ids: "U1", fault: "closes", get: [], post: [502], reason: CHECK },
  {
    ids: "U1",
    fault: "resets in the head",
    get: [],
    post: [502],
    reason: CHECK,
    comesAndGoes: true,
  },
  {
    ids: "U3",
    fault: "resets in the body",
    get: ["cut"],
    post: ["cut"],
    reason: CHECK,
    comesAndGoes: true,
  },
  { ids: "U2", fault: "hangs", get: [], post: [504], reason: CHECK },
  {
    ids: "U2",
    fault: "trickles the head",
    get: [],
    post: [504],
    reason: CHECK,
    comesAndGoes: true,
  },
  {
    ids: "U2",
    fault: "hangs in the body",
    get: ["cut"],
    post: ["cut"],
    reason: CHECK,
    comesAndGoes: true,
  },
  { ids: "U15", fault: "answers 503", get: [], post: [503], reason: CHECK },
  { ids: "U15", fault: "answers 500", get: [], post: [500], reason: CHECK },
  { ids: "U2", fault: "is slow", get: [], post: [504], reason: CHECK },
  {
    ids: "U3",
    fault: "sends less than it says",
    get: ["cut"],
    post: ["cut"],
    reason: CHECK,
    comesAndGoes: true,
  },
  {
    ids: "U3",
    fault: "ends within a chunk",
    get: ["cut"],
    post: ["cut"],
    reason: CHECK,
    comesAndGoes: true,
  },
  {
    ids: "U4",
    fault: "has two lengths",
    get: [502],
    post: [502],
    reason: CHECK,
    comesAndGoes: true,
  },
  { ids: "U10", fault: "is no HTTP", get: [502], post: [502], reason: CHECK },
  { ids: "U6", fault: "switches unasked", get: [502], post: [502], reason: CHECK },
  { ids: "U7", fault: "has a status of 99", get: [502], post: [502], reason: CHECK },
];

/** Failed requests in a row that take a target out, whatever went wrong. */
const FAILURES = 2;
/** Times that a target may come and go while the requests of a row are sent. */
const MAX_COMINGS = 8;
/** Of a try; a machine that stands still for half of it fails no request to a target that is well. */
const TIMEOUT_MS = 1500;
/** Requests of each method in a row of the matrix. */
const SENT = 30;

const targets = ["a", "b", "c"].map((name) => new FaultyTarget(name));
const [faulty] = targets as [FaultyTarget];
const table = new Table("One of three targets", [
  "GET",
  "POST",
  "out after",
  "back after",
  "why it is out",
]);
let gateway: Gateway;

before(async () => {
  await Promise.all(targets.map((target) => target.start()));
  gateway = await startGateway({ config: configOf(targets.map(({ address }) => address)) });
});

after(async () => {
  await gateway.stop();
  await Promise.all(targets.map((target) => target.kill()));
  table.print();
});

function configOf(addresses: readonly string[]): object {
  const unhealthy = { tcp_failures: FAILURES, http_failures: FAILURES, timeouts: FAILURES };
  return {
    _format_version: "3.0",
    upstreams: [
      {
        name: "pool",
        targets: addresses.map((target) => ({ target })),
        healthchecks: {
          active: {
            timeout: 1,
            // Two good checks forget a failed request, as Kong's: they come seldom, so that two failures are in a
            // row however long each of them takes.
            healthy: { interval: 10, successes: 2 },
            unhealthy: { interval: 0.1, http_statuses: [500, 503], ...unhealthy },
          },
          passive: { unhealthy: { http_statuses: [500, 503], ...unhealthy } },
        },
      },
    ],
    services: [
      {
        name: "orders",
        host: "pool",
        connect_timeout: TIMEOUT_MS,
        read_timeout: TIMEOUT_MS,
        retry_policy: {
          retry_on: ["connect-failure", "reset", "gateway-error", "5xx"],
          num_retries: 2,
          per_try_timeout: TIMEOUT_MS,
          retry_back_off: { base_interval: 1, max_interval: 5 },
        },
        routes: [{ name: "all", paths: ["/"] }],
      },
    ],
  };
}

/** One after the other, each on a connection of its own. */
async function send(method: "GET" | "POST", count: number): Promise<Seen[]> {
  const body = method === "POST" ? "Content-Length: 4\r\n\r\nbody" : "\r\n";
  const seen: Seen[] = [];
  for (let sent = 0; sent < count; sent++) {
    const client = await connect(gateway.proxyPort);
    client.send(`${method} / HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n${body}`);
    const bytes = await client.rest();
    const [, status = "", length = ""] =
      /^HTTP\/1\.1 (\d{3})[^]*?\r\ncontent-length: *(\d+)\r\n/i.exec(bytes) ?? [];
    const isWhole = bytes.split("\r\n\r\n", 2)[1]?.length === Number(length) && length !== "";
    seen.push(isWhole ? Number(status) : "cut");
  }
  return seen;
}

interface SeenOfFault {
  readonly gets: readonly Seen[];
  readonly posts: readonly Seen[];
  /** Until the target was out, ms, and why it was. */
  readonly afterMs: number;
  readonly why: string;
  /** Who answered then. */
  readonly names: readonly string[];
}

/** The target is well again after it, whatever was seen. */
async function seenWhile(fault: Row["fault"], comesAndGoes: boolean): Promise<SeenOfFault> {
  await damage(fault);
  try {
    const brokenAt = performance.now();
    const out = untilHealth(gateway, "pool", "UNHEALTHY", "HEALTHY", "HEALTHY").then(
      ({ targets: [first] }) => ({ why: first?.reason ?? "", at: performance.now() }),
    );
    const [gets, posts] = await Promise.all([send("GET", SENT), send("POST", SENT)]);
    const { why, at } = await out;
    const answered = comesAndGoes ? [] : await names(12);
    return { gets, posts, afterMs: at - brokenAt, why, names: answered };
  } finally {
    await mend(fault);
  }
}

async function damage(fault: Row["fault"]): Promise<void> {
  if (fault === "dies by SIGKILL") await faulty.kill();
  else await faulty.behave(fault);
}

async function mend(fault: Row["fault"]): Promise<void> {
  if (fault === "dies by SIGKILL") await faulty.start();
  else await faulty.behave("good");
}

function shown(seen: readonly Seen[]): string {
  const counts = Object.entries(Object.groupBy(seen, String));
  return counts.map(([each, all = []]) => `${all.length} × ${each}`).join(", ");
}

describe("faults", () => {
  for (const { ids, fault, get, post, reason, comesAndGoes = false } of ROWS) {
    test(`${ids} faults: a target that ${fault} gets out, and is back when it is well`, async () => {
      await untilHealth(gateway, "pool", "HEALTHY", "HEALTHY", "HEALTHY");
      const seen = await seenWhile(fault, comesAndGoes);
      const { gets, posts, afterMs, why } = seen;
      assert.match(why, reason);
      assert.deepEqual(except(gets, [200, ...get]), [], `GET saw ${shown(gets)}`);
      assert.deepEqual(except(posts, [200, ...post]), [], `POST saw ${shown(posts)}`);
      // Both methods may have one on its way when the last failure is counted.
      const failed = [...gets, ...posts].filter((each) => each !== 200).length;
      const most = (FAILURES + 1) * (comesAndGoes ? MAX_COMINGS : 1);
      assert.ok(failed <= most, `GET saw ${shown(gets)}, POST saw ${shown(posts)}`);
      // Out is out.
      if (!comesAndGoes) assert.deepEqual(new Set(seen.names), new Set(["b", "c"]));
      const mendedAt = performance.now();
      await untilHealth(gateway, "pool", "HEALTHY", "HEALTHY", "HEALTHY");
      const backMs = performance.now() - mendedAt;
      assert.deepEqual(new Set(await names(6)), new Set(["a", "b", "c"]));
      table.add(fault, shown(gets), shown(posts), ms(afterMs), ms(backMs), why);
    });
  }
});

test("U5 faults: what a target sends beyond its answer reaches nobody", async () => {
  await faulty.behave("sends more than it says");
  assert.deepEqual(new Set(await names(30)), new Set(["a", "b", "c"]));
  await faulty.behave("good");
});

async function names(count: number): Promise<string[]> {
  const bodies: string[] = [];
  for (let sent = 0; sent < count; sent++) bodies.push((await gateway.get("/")).text);
  return bodies;
}

function except(seen: readonly Seen[], allowed: readonly Seen[]): Seen[] {
  return seen.filter((each) => !allowed.includes(each));
}

function ms(value: number): string {
  return `${Math.round(value)} ms`;
}
