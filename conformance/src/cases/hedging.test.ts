// hedge_policy: a second try beside a slow first one. The first good head wins, and everything else of the others ends.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { inTurn as answersInTurn, sends } from "../harness/in-turn.ts";
import { triesInLog } from "../harness/log-record.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { useScratch } from "../harness/scratch.ts";
import { reply } from "../harness/upstream.ts";
import type { Answer } from "../harness/upstream.ts";

const logPath = (await useScratch()).path("access.log");

const used = useGateway((ports) => {
  const targets = ports.map((port) => ({ target: `127.0.0.1:${port}` }));
  const hedged = (name: string, hedge: object, more: Entry = {}): Entry => ({
    name,
    host: "pool.upstream",
    read_timeout: 1000,
    hedge_policy: hedge,
    routes: [{ name, paths: [`/${name}`], strip_path: false }],
    ...more,
  });
  const delayed = { hedging_delay: 30 };
  const retry = { retry_on: ["5xx"], retry_back_off: { base_interval: 1 } };
  const budget = { budget_percent: 100, min_retry_concurrency: 1000 };
  return {
    config: config({
      services: [
        hedged("delayed", delayed, { retry_policy: { ...retry, num_retries: 0 } }),
        hedged("two", { initial_requests: 2 }),
        hedged("maybe", { additional_request_chance: { numerator: 100 } }),
        hedged(
          "on-timeout",
          { hedge_on_per_try_timeout: true },
          { retry_policy: { ...retry, per_try_timeout: 50 } },
        ),
        hedged("single", delayed, { host: "single.upstream" }),
        hedged("poor", delayed, { host: "poor.upstream" }),
        hedged("kept", delayed, { plugins: [{ name: "file-log", config: { path: logPath } }] }),
      ],
      upstreams: [
        { name: "pool.upstream", circuit_breakers: { retry_budget: budget }, targets },
        {
          name: "single.upstream",
          circuit_breakers: { retry_budget: budget },
          targets: targets.slice(0, 1),
        },
        {
          name: "poor.upstream",
          circuit_breakers: { retry_budget: { budget_percent: 0, min_retry_concurrency: 0 } },
          targets,
        },
      ],
    }),
  };
}, 2);

const OK = reply("200 OK", "fine");
let hung: Parameters<Answer>[1] | undefined;
const hangs: Answer = (_request, connection) => {
  hung = connection;
};

/** The try that got no answer has lost its connection. */
async function hungIsClosed(): Promise<void> {
  const isClosed = (): true | undefined => (hung?.socket.destroyed === true ? true : undefined);
  await eventually(isClosed, "the end of the loser's connection");
}

const inTurn = (...answers: readonly Answer[]): void => answersInTurn(used.upstreams, ...answers);

const counts = (): number[] => used.upstreams.map((upstream) => upstream.requests.length);
const sum = (numbers: readonly number[]): number => numbers.reduce((one, other) => one + other, 0);

async function hedges(route: string, outcome: string): Promise<number> {
  const samples = parseMetrics((await used.gateway.status("/metrics")).text);
  return total(samples, "sluice_upstream_hedges_total", { route, outcome });
}

test("a try that is slow is joined by one at another target, and loses its connection", async () => {
  inTurn(hangs, sends(OK));
  assert.equal((await used.gateway.get("/delayed")).text, "fine");
  assert.deepEqual(counts(), [1, 1]);
  await hungIsClosed();
  assert.equal(await hedges("delayed", "won"), 1);
});

test("a try that is fast is alone", async () => {
  inTurn(sends(OK));
  assert.equal((await used.gateway.get("/delayed")).text, "fine");
  assert.equal(sum(counts()), 1);
});

test("the first one wins when it answers first after all, with its own body", async () => {
  let first: Parameters<Answer>[1] | undefined;
  inTurn(
    (_request, connection) => (first = connection),
    () => first?.send(reply("200 OK", "first")),
  );
  assert.equal((await used.gateway.get("/delayed")).text, "first");
  assert.deepEqual(counts(), [1, 1]);
  assert.equal(await hedges("delayed", "lost"), 1);
});

test("what is to be retried does not win while another try is under way", async () => {
  let first: Parameters<Answer>[1] | undefined;
  inTurn(
    (_request, connection) => (first = connection),
    (_request, connection) => {
      connection.send(reply("503 Busy", "busy"));
      setTimeout(() => first?.send(reply("200 OK", "late")), 20);
    },
  );
  assert.equal((await used.gateway.get("/delayed")).text, "late");
});

test("both failing is one answer, that of the last", async () => {
  inTurn(hangs, (_request, connection) => {
    connection.reset();
    for (const upstream of used.upstreams) upstream.dropConnections();
  });
  const client = await connect(used.gateway.proxyPort);
  client.send(get("/delayed"));
  assert.equal((await client.response("GET")).status, 502);
  inTurn(sends(OK));
  assert.equal((await client.send(get("/delayed")).response("GET")).text, "fine");
  client.socket.destroy();
});

for (const path of ["/two", "/maybe"]) {
  test(`${path} sends two from the start, and the client gets one response`, async () => {
    inTurn(hangs, sends(OK));
    const client = await connect(used.gateway.proxyPort);
    assert.equal((await client.send(get(path)).response("GET")).text, "fine");
    await hungIsClosed();
    assert.deepEqual(counts(), [1, 1]);
    client.socket.destroy();
  });
}

test("two winners at once are one response, and the other one's body reaches nobody", async () => {
  inTurn(sends(OK));
  const client = await connect(used.gateway.proxyPort);
  for (let n = 0; n < 10; n++) {
    assert.equal((await client.send(get("/two")).response("GET")).text, "fine");
  }
  client.socket.destroy();
});

test("hedge_on_per_try_timeout lets the first try live beside the second", async () => {
  let first: Parameters<Answer>[1] | undefined;
  let seen = 0;
  for (const upstream of used.upstreams) {
    upstream.answer = (request, connection) => {
      // One that the case before gave up may come as late as now.
      if (request.header("x-case") !== "on-timeout") return;
      if (seen++ === 0) first = connection;
      else setTimeout(() => first?.send(reply("200 OK", "first")), 10);
    };
  }
  assert.equal((await used.gateway.get("/on-timeout", "X-Case: on-timeout")).text, "first");
  assert.equal(seen, 2);
});

test("a body is sent to both, the same", async () => {
  inTurn(hangs, sends(OK));
  const body = "0123456789".repeat(100);
  const lines = ["PUT /delayed HTTP/1.1", "Host: gw.test", `Content-Length: ${body.length}`];
  assert.equal((await used.gateway.ask(`${head(...lines)}${body}`)).text, "fine");
  const bodies = used.upstreams.flatMap((each) => each.requests.map((r) => r.body.toString()));
  assert.deepEqual(bodies, [body, body]);
});

for (const [name, request] of [
  ["a POST", `${head("POST /delayed HTTP/1.1", "Host: gw.test", "Content-Length: 1")}x`],
  ["an upgrade", get("/delayed", "Connection: upgrade", "Upgrade: chat")],
  ["a request to the only target", get("/single")],
  ["one past the retry budget", get("/poor")],
] as const) {
  test(`F10 hedge: ${name} is sent once`, async () => {
    const late: Answer = (_request, connection) => void setTimeout(() => connection.send(OK), 100);
    inTurn(late);
    assert.equal((await used.gateway.ask(request)).text, "fine");
    assert.equal(sum(counts()), 1);
  });
}

test("a client that leaves ends both", async () => {
  inTurn(hangs);
  const client = await connect(used.gateway.proxyPort);
  client.send(get("/two"));
  await Promise.all(used.upstreams.map((upstream) => upstream.request(0)));
  client.socket.destroy();
  for (const upstream of used.upstreams) {
    await upstream.until(() => upstream.openCount === 0, "the end of its connections");
  }
});

test("the log record names the hedge and who was given up", async () => {
  inTurn(hangs, sends(OK));
  assert.equal((await used.gateway.get("/kept")).text, "fine");
  const tries = await triesInLog(logPath);
  assert.deepEqual(
    tries.map(({ state, hedge }) => [state, hedge]),
    [
      ["aborted", undefined],
      [undefined, true],
    ],
  );
});
