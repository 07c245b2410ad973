// retry_policy: what is tried again and what never is, within which budget, and what the log says of it.
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
import { closedPort, reply } from "../harness/upstream.ts";
import type { Answer } from "../harness/upstream.ts";

const logPath = (await useScratch()).path("access.log");

const QUICK = { base_interval: 1, max_interval: 2 };
const BUDGET = { retry_budget: { budget_percent: 100, min_retry_concurrency: 1000 } };

/** A service whose one route is `/NAME`; it goes to both upstreams. */
function tried(name: string, retryPolicy: object | undefined, more: Entry = {}): Entry {
  return {
    name,
    host: "pool.upstream",
    retries: 2,
    read_timeout: 1000,
    ...(retryPolicy && { retry_policy: { retry_back_off: QUICK, ...retryPolicy } }),
    routes: [{ name, paths: [`/${name}`], strip_path: false }],
    ...more,
  };
}

const used = useGateway(async ([one, other]) => {
  const targets = [one, other].map((port) => ({ target: `127.0.0.1:${port}` }));
  const retry5xx = { retry_on: ["5xx"] };
  return {
    config: config({
      services: [
        tried("plain", undefined),
        tried("5xx", retry5xx),
        tried("gateway-error", { retry_on: ["gateway-error"] }),
        tried("reset", { retry_on: ["reset"] }),
        tried("connect", { retry_on: ["connect-failure"] }),
        tried("codes", { retry_on: ["retriable-status-codes"], retriable_status_codes: [429] }),
        tried("4xx", { retry_on: ["retriable-4xx"] }),
        tried("headers", { retry_on: ["retriable-headers"], retriable_headers: ["X-Again"] }),
        tried("asked", { ...retry5xx, retriable_request_headers: ["X-Retry"] }),
        tried("any-method", {
          ...retry5xx,
          retry_non_idempotent_methods: true,
          max_request_body_bytes: 1000,
        }),
        tried("per-try", { ...retry5xx, per_try_timeout: 50 }),
        tried("once-per-try", { ...retry5xx, per_try_timeout: 50, num_retries: 0 }),
        tried("limited", { ...retry5xx, rate_limited_retry_back_off: { max_interval: 100 } }),
        tried(
          "hurried",
          { ...retry5xx, rate_limited_retry_back_off: {} },
          { routes: [{ name: "hurried", paths: ["/hurried"], timeout: 2000 }] },
        ),
        tried("own", retry5xx, {
          routes: [
            {
              name: "own",
              paths: ["/own"],
              retry_policy: { retry_on: ["5xx"], num_retries: 1, retry_back_off: QUICK },
            },
          ],
        }),
        tried("poor", { ...retry5xx, num_retries: 3 }, { host: "poor.upstream" }),
        tried("half-down", { retry_on: ["connect-failure"] }, { host: "half.upstream" }),
        tried(
          "falls",
          { ...retry5xx, num_retries: 1 },
          { fallback: { on: [503], service: "plain" } },
        ),
        tried("kept", retry5xx, { plugins: [{ name: "file-log", config: { path: logPath } }] }),
      ],
      upstreams: [
        { name: "pool.upstream", circuit_breakers: BUDGET, targets },
        {
          name: "poor.upstream",
          circuit_breakers: { retry_budget: { budget_percent: 20, min_retry_concurrency: 0 } },
          targets,
        },
        {
          name: "half.upstream",
          circuit_breakers: BUDGET,
          targets: [{ target: `127.0.0.1:${await closedPort()}` }, targets[0]],
        },
      ],
    }),
  };
}, 2);

const BUSY = reply("503 Busy", "busy");
const OK = reply("200 OK", "fine");
const resets: Answer = (_request, connection) => connection.reset();

const inTurn = (...answers: readonly Answer[]): void => answersInTurn(used.upstreams, ...answers);

function requests(): readonly { readonly body: Buffer; readonly headText: string }[] {
  return used.upstreams.flatMap((upstream) => upstream.requests);
}

const open = (): number => used.upstreams.reduce((sum, { openCount }) => sum + openCount, 0);

function post(path: string, body: string, method: string = "POST"): string {
  const lines = [`${method} ${path} HTTP/1.1`, "Host: gw.test", `Content-Length: ${body.length}`];
  return `${head(...lines)}${body}`;
}

for (const [path, answer] of [
  ["/5xx", BUSY],
  ["/5xx", reply("500 Oops", "oops")],
  ["/gateway-error", BUSY],
  ["/codes", reply("429 Slow", "slow")],
  ["/4xx", reply("409 Conflict", "conflict")],
  ["/headers", reply("200 OK", "again", "X-Again: 1")],
] as const) {
  test(`${path} retries what says "${answer.slice(9, 18)}", at another target`, async () => {
    inTurn(sends(answer), sends(OK));
    assert.equal((await used.gateway.get(path)).text, "fine");
    assert.deepEqual(
      used.upstreams.map((upstream) => upstream.requests.length),
      [1, 1],
    );
  });
}

for (const [path, answer] of [
  ["/plain", BUSY],
  ["/gateway-error", reply("500 Oops", "oops")],
  ["/codes", BUSY],
  ["/asked", BUSY],
] as const) {
  test(`${path} takes what says "${answer.slice(9, 18)}"`, async () => {
    inTurn(sends(answer), sends(OK));
    assert.equal((await used.gateway.get(path)).text, answer.split("\r\n\r\n")[1]);
    assert.equal(requests().length, 1);
  });
}

test("a request that asks for it by retriable_request_headers is retried", async () => {
  inTurn(sends(BUSY), sends(OK));
  assert.equal((await used.gateway.get("/asked", "X-Retry: yes")).text, "fine");
});

test("the last answer is the client's when no retry is left", async () => {
  inTurn(sends(BUSY));
  const response = await used.gateway.get("/5xx");
  assert.equal(response.status, 503);
  assert.equal(response.text, "busy");
  assert.equal(requests().length, 3);
});

test("a route's retry_policy stands for that of its service", async () => {
  inTurn(sends(BUSY));
  assert.equal((await used.gateway.get("/own")).status, 503);
  assert.equal(requests().length, 2);
});

test("U1 retry: a reset or a close before the head, or in the middle of it, is tried again", async () => {
  inTurn(
    resets,
    (_request, connection) => connection.send("HTTP/1.1 200 OK\r\nContent-Le").end(),
    sends(OK),
  );
  assert.equal((await used.gateway.get("/reset")).text, "fine");
  assert.equal(requests().length, 3);
});

test("U1 retry: a target that refuses is left for the other one, whatever the method", async () => {
  for (let n = 0; n < 4; n++) {
    assert.equal((await used.gateway.ask(post("/half-down", "body"))).text, "ok");
  }
  assert.ok(requests().every(({ body }) => body.toString() === "body"));
});

test("U3 retry: a response that has begun is never tried again", async () => {
  inTurn((_request, connection) => {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    setTimeout(() => connection.reset(), 20);
  }, sends(OK));
  const client = await connect(used.gateway.proxyPort);
  const text = await client.send(get("/5xx")).rest();
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*half$/);
  assert.equal(requests().length, 1);
});

test("F10 retry: what may have been processed is not sent again, unless its method allows it", async () => {
  for (const path of ["/5xx", "/reset"]) {
    inTurn(path === "/reset" ? resets : sends(BUSY), sends(OK));
    for (const upstream of used.upstreams) upstream.dropConnections();
    const before = requests().length;
    assert.notEqual((await used.gateway.ask(post(path, "pay"))).status, 200);
    assert.equal(requests().length, before + 1);
  }
});

for (const [method, path] of [
  ["PUT", "/5xx"],
  ["POST", "/any-method"],
] as const) {
  test(`a body of ${method} ${path} is kept and sent again, the same`, async () => {
    inTurn(sends(BUSY), resets, sends(OK));
    const body = "0123456789".repeat(80);
    assert.equal((await used.gateway.ask(post(path, body, method))).text, "fine");
    const bodies = requests().map((each) => each.body.toString());
    assert.deepEqual(bodies, [body, body, body]);
  });
}

test("a chunked body whose end comes after the first failure is sent again as a whole", async () => {
  let heads = 0;
  for (const upstream of used.upstreams) {
    upstream.onHead = (_request, connection) => {
      if (heads++ === 0) connection.reset();
    };
  }
  const client = await connect(used.gateway.proxyPort);
  client.send(head("PUT /5xx HTTP/1.1", "Host: gw.test", "Transfer-Encoding: chunked"));
  client.send("4\r\nfirs\r\n");
  await eventually(() => (heads > 1 ? true : undefined), "the second try");
  client.send("1\r\nt\r\n0\r\n\r\n");
  assert.equal((await client.response("PUT")).text, "ok");
  assert.deepEqual(
    requests().map(({ body }) => body.toString()),
    ["first"],
  );
  client.socket.destroy();
});

test("a body over max_request_body_bytes is sent once", async () => {
  inTurn(sends(BUSY), sends(OK));
  const response = await used.gateway.ask(post("/any-method", "x".repeat(1001)));
  assert.equal(response.text, "busy");
  assert.equal(requests().length, 1);
});

test("I5 retry: what a discarded response still sends reaches nobody", async () => {
  const endless: Answer = (_request, connection) => {
    connection.send(`HTTP/1.1 503 Busy\r\nContent-Length: 1000000\r\n\r\n${"poison ".repeat(100)}`);
  };
  const surplus: Answer = (_request, connection) => {
    connection.send(`${BUSY}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`);
  };
  inTurn(endless, surplus, sends(OK));
  assert.equal((await used.gateway.get("/5xx")).text, "fine");
  inTurn(sends(OK));
  for (let n = 0; n < 4; n++) assert.equal((await used.gateway.get("/plain")).text, "fine");
  await used.upstream.until(() => open() <= 2, "the end of the discarded connections");
});

test("a discarded response that is whole leaves its connection in use", async () => {
  inTurn(sends(OK));
  for (let n = 0; n < 2; n++) await used.gateway.get("/plain");
  for (const upstream of used.upstreams) upstream.reset();
  inTurn(sends(BUSY), sends(OK));
  for (let n = 0; n < 2; n++) assert.equal((await used.gateway.get("/5xx")).text, "fine");
  assert.equal(
    used.upstreams.reduce((sum, { connectionCount }) => sum + connectionCount, 0),
    0,
  );
});

test("U2 retry: a try over per_try_timeout is given up for another one", async () => {
  inTurn(() => undefined, sends(OK));
  assert.equal((await used.gateway.get("/per-try")).text, "fine");
  await used.upstream.until(() => open() <= 2, "the end of the connection that hung");
});

test("U2 retry: per_try_timeout is 504 when no try is left", async () => {
  inTurn(() => undefined);
  const mark = used.gateway.log.length;
  assert.equal((await used.gateway.get("/once-per-try")).status, 504);
  await used.gateway.logged(/"upstream_try_timeout"/, mark);
});

test("Retry-After is heeded up to max_interval, and what asks for longer is not waited for", async () => {
  inTurn(sends(reply("503 Busy", "busy", "Retry-After: 3600")), sends(OK));
  assert.equal((await used.gateway.get("/limited")).text, "fine");
  inTurn(sends(reply("503 Busy", "busy", "Retry-After: 0")), sends(OK));
  assert.equal((await used.gateway.get("/limited")).text, "fine");
});

test("a retry that would come after the route's timeout is not waited for", async () => {
  inTurn(sends(reply("503 Busy", "busy", "Retry-After: 60")), sends(OK));
  const response = await used.gateway.get("/hurried");
  assert.deepEqual([response.status, response.text], [503, "busy"]);
});

test("O4 retry: an upstream that is down gets a fifth more, no fourfold", async () => {
  inTurn(sends(BUSY));
  for (let n = 0; n < 30; n++) assert.equal((await used.gateway.get("/poor")).status, 503);
  assert.ok(requests().length > 30 && requests().length <= 36, `${requests().length}`);
  const samples = parseMetrics((await used.gateway.status("/metrics")).text);
  const of = (outcome: string): number =>
    total(samples, "sluice_upstream_retries_total", { route: "poor", reason: "5xx", outcome });
  assert.equal(of("sent"), requests().length - 30);
  assert.ok(of("budget_exhausted") >= 24, `${of("budget_exhausted")}`);
});

test("a fallback comes after the last retry, and has the body that was kept", async () => {
  inTurn(sends(BUSY), sends(BUSY), sends(OK));
  assert.equal((await used.gateway.ask(post("/falls", "body", "PUT"))).text, "fine");
  assert.deepEqual(
    requests().map(({ body }) => body.toString()),
    ["body", "body", "body"],
  );
});

test("the log record has all tries, with what became of each", async () => {
  inTurn(
    sends(BUSY),
    (_request, connection) => connection.send("HTTP/1.1 200 OK\r\nX").end(),
    sends(OK),
  );
  assert.equal((await used.gateway.get("/kept")).text, "fine");
  const tries = await triesInLog(logPath);
  const states = tries.map(({ state, code, error }) => [state, code, error]);
  assert.deepEqual(states, [
    ["next", 503, undefined],
    ["failed", 502, "upstream_reset"],
    [undefined, undefined, undefined],
  ]);
});
