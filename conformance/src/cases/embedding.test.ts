// createGateway: the same pipeline as a Hono app over Request and Response, on both runtimes.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { ROOT, runToEnd, spawnProgram } from "../harness/runtime.ts";
import { useScratch } from "../harness/scratch.ts";
import { reply, startUpstream } from "../harness/upstream.ts";
import type { Upstream } from "../harness/upstream.ts";

const PROGRAM = "conformance/src/embed/program.ts";
const ORDERS = `app:${join(ROOT, "conformance/src/embed/orders-app.ts")}`;
const scratch = await useScratch();

interface EmbeddedRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface EmbeddedAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

let upstream: Upstream;
before(async () => {
  upstream = await startUpstream();
});
after(() => upstream.close());

async function embedded(
  gatewayConfig: Entry,
  ...requests: EmbeddedRequest[]
): Promise<EmbeddedAnswer[]> {
  upstream.reset();
  const job = await scratch.write("job.json", JSON.stringify({ config: gatewayConfig, requests }));
  const { code, stdout, stderr } = await runToEnd(spawnProgram(PROGRAM, [job]));
  assert.equal(code, 0, stderr);
  // The last line is the program's own answer.
  const answers = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as {
    status: number;
    headers: [string, string][];
    body: string;
  }[];
  return answers.map((answer) => ({ ...answer, headers: new Map(answer.headers) }));
}

test("embedding: a request reaches the upstream and its answer comes back", async () => {
  const [answer] = await embedded(config({ services: [service("all", upstream.port, "/")] }), {
    url: "http://gw.test/a?b=c",
    method: "POST",
    body: "hello",
    headers: { "X-Mine": "1" },
  });
  assert.equal(answer?.status, 200);
  assert.equal(answer.body, "ok");
  const request = await upstream.request();
  assert.equal(request.target, "/a?b=c");
  assert.equal(request.body.toString("latin1"), "hello");
  assert.equal(request.header("x-mine"), "1");
  assert.equal(request.header("x-request-id"), answer.headers.get("x-request-id"));
});

test("embedding: routing, strip_path and Kong's 404 are those of the listeners", async () => {
  const [stripped, lost] = await embedded(
    config({
      services: [{ url: `http://127.0.0.1:${upstream.port}/base`, routes: [{ paths: ["/api"] }] }],
    }),
    { url: "http://gw.test/api/x" },
    { url: "http://gw.test/elsewhere" },
  );
  assert.equal(stripped?.status, 200);
  assert.equal((await upstream.request()).target, "/base/x");
  assert.equal(lost?.status, 404);
  assert.deepEqual(JSON.parse(lost.body), {
    message: "no Route matched with those values",
    request_id: lost.headers.get("x-request-id"),
  });
});

test("embedding: policies run: key-auth refuses, then knows the consumer", async () => {
  const [refused, passed] = await embedded(
    config({
      services: [service("all", upstream.port, "/", { plugins: [{ name: "key-auth" }] })],
      consumers: [{ username: "alice", keyauth_credentials: [{ key: "k" }] }],
    }),
    { url: "http://gw.test/" },
    { url: "http://gw.test/", headers: { apikey: "k" } },
  );
  assert.equal(refused?.status, 401);
  assert.equal(passed?.status, 200);
  assert.equal((await upstream.request()).header("x-consumer-username"), "alice");
});

test("embedding: counters are shared between requests of one gateway", async () => {
  const answers = await embedded(
    config({
      services: [
        service("all", upstream.port, "/", {
          plugins: [{ name: "rate-limiting", config: { hour: 2, policy: "local" } }],
        }),
      ],
    }),
    ...Array.from({ length: 3 }, () => ({ url: "http://gw.test/" })),
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 429],
  );
});

test("embedding: a service can be a Hono app, behind the same policies", async () => {
  const [answer] = await embedded(
    config({
      services: [
        {
          name: "orders",
          url: ORDERS,
          routes: [{ paths: ["/orders"], strip_path: false }],
          plugins: [{ name: "key-auth" }],
        },
      ],
      consumers: [{ username: "alice", keyauth_credentials: [{ key: "k" }] }],
    }),
    {
      url: "http://gw.test/orders/7?q=x",
      method: "PUT",
      body: "payload",
      headers: { apikey: "k" },
    },
  );
  assert.equal(answer?.status, 201);
  assert.equal(answer.headers.get("x-from"), "orders");
  assert.deepEqual(JSON.parse(answer.body), {
    method: "PUT",
    path: "/orders/7",
    query: "x",
    requestId: answer.headers.get("x-request-id"),
    consumer: "alice",
    body: "payload",
  });
});

test("embedding: an app that throws costs its own request an error", async () => {
  const [broken, next] = await embedded(
    config({
      services: [
        { name: "orders", url: ORDERS, routes: [{ paths: ["/throws"], strip_path: false }] },
        service("all", upstream.port, "/"),
      ],
    }),
    { url: "http://gw.test/throws" },
    { url: "http://gw.test/other" },
  );
  assert.ok(broken !== undefined && broken.status >= 500);
  assert.doesNotMatch(broken.body, /the app broke/);
  assert.equal(next?.status, 200);
});

test("embedding: an upstream's header fields, Set-Cookie twice included, come back", async () => {
  upstream.reset();
  const gatewayConfig = config({ services: [service("all", upstream.port, "/")] });
  const pending = embedded(gatewayConfig, { url: "http://gw.test/" });
  upstream.answer = (_request, connection) =>
    connection.send(reply("203 Odd", "body", "Set-Cookie: a=1", "Set-Cookie: b=2", "X-A: b"));
  const [answer] = await pending;
  assert.equal(answer?.status, 203);
  assert.equal(answer.headers.get("x-a"), "b");
  assert.equal(answer.body, "body");
});

test("embedding: a broken config rejects with the faults", async () => {
  const job = await scratch.write(
    "broken.json",
    JSON.stringify({ config: config({ services: 5 as unknown as Entry[] }), requests: [] }),
  );
  const { code, stderr } = await runToEnd(spawnProgram(PROGRAM, [job]));
  assert.notEqual(code, 0);
  assert.match(stderr, /services/);
});
