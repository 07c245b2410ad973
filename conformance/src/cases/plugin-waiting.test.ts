// Policies that wait hold their own request and nobody else's; many of them wait in one instance.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { buildGuest } from "../harness/guests.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { reply } from "../harness/upstream.ts";

const used = useGateway(async ([port = 0]) => {
  const at = (path: string, phase: string, outcome = "continue", name = "waits"): Entry => ({
    name: path,
    url: `http://127.0.0.1:${port}`,
    routes: [{ paths: [`/${path}`] }],
    plugins: [{ name, config: { phase, outcome } }],
  });
  return {
    config: config({
      services: [
        at("request", "request"),
        at("respond", "request", "respond"),
        at("throw", "request", "throw"),
        at("loop", "request", "loop"),
        at("response", "response"),
        at("response-throw", "response", "throw"),
        at("log", "log"),
        at("never", "never"),
        // By itself: while an interval runs, there is always something to hope for.
        at("interval", "interval", "continue", "ticks"),
      ],
    }),
    plugins: { waits: await buildGuest("waits"), ticks: await buildGuest("waits") },
  };
});

test("waiting: a request goes on when its policy has waited", async () => {
  const response = await used.gateway.get("/request", "X-Mark: a");
  assert.equal(response.status, 200);
  assert.equal(response.header("x-waited"), "a");
  assert.equal((await used.upstream.request()).header("x-waited"), "a");
});

test("waiting: a policy answers after it has waited", async () => {
  const response = await used.gateway.get("/respond", "X-Mark: b");
  assert.equal(response.status, 202);
  assert.equal(response.text, "waited b");
  assert.equal(used.upstream.requests.length, 0);
});

test("W11 waiting: two hundred requests wait in one instance, and each gets its own answer", async () => {
  const marks = Array.from({ length: 200 }, (_, at) => `m${at}`);
  const answers = await Promise.all(
    marks.map((mark, at) =>
      used.gateway.get("/respond", `X-Mark: ${mark}`, `X-Wait-Ms: ${(at * 7) % 50}`),
    ),
  );
  assert.deepEqual(
    answers.map(({ text }) => text),
    marks.map((mark) => `waited ${mark}`),
  );
});

test("W3 waiting: what is thrown after a wait costs its request 500, and is logged", async () => {
  const mark = used.gateway.mark;
  assert.equal((await used.gateway.get("/throw")).status, 500);
  assert.match(await used.gateway.logged(/thrown after waiting/, mark), /waits/);
  assert.equal((await used.gateway.get("/request")).status, 200);
});

test("W1 waiting: a loop after a wait is stopped; those who wait beside it fail, and the next ones do not", async () => {
  const beside = used.gateway.get("/respond", "X-Wait-Ms: 3000");
  const looping = await used.gateway.get("/loop");
  assert.equal(looping.status, 500);
  assert.equal((await beside).status, 500);
  assert.equal((await used.gateway.get("/respond")).status, 202);
});

test("waiting: what waits for nothing is 500 at once", async () => {
  const mark = used.gateway.mark;
  assert.equal((await used.gateway.get("/never")).status, 500);
  await used.gateway.logged(/still pending/, mark);
});

test("waiting: a response is held until its policy has waited, and comes whole", async () => {
  used.upstream.answer = (_, connection) => {
    connection.send(reply("201 Created", "x".repeat(100_000)));
  };
  const response = await used.gateway.get("/response");
  assert.equal(response.status, 203);
  assert.equal(response.header("x-waited"), "201");
  assert.equal(response.text.length, 100_000);
});

test("waiting: pipelined responses that are held keep their order", async () => {
  const client = await connect(used.gateway.proxyPort);
  client.send(get("/response/1") + get("/response/2") + get("/response/3"));
  for (let at = 0; at < 3; at++) assert.equal((await client.response()).status, 203);
  client.abort();
});

test("waiting: a response whose policy fails after a wait is 500", async () => {
  used.upstream.answer = (_, connection) => connection.send(reply("200 OK", "secret"));
  const response = await used.gateway.get("/response-throw");
  assert.equal(response.status, 500);
  assert.doesNotMatch(response.text, /secret/);
});

test("C4 waiting: a client that goes away while its policy waits is no error of the policy", async () => {
  const before = await errors();
  const client = await connect(used.gateway.proxyPort);
  client.send(get("/respond", "X-Wait-Ms: 200"));
  await new Promise((resolve) => setImmediate(resolve));
  client.abort();
  assert.equal((await used.gateway.get("/respond", "X-Wait-Ms: 300")).status, 202);
  assert.equal(await errors(), before);
});

async function errors(): Promise<number> {
  const samples = parseMetrics((await used.gateway.status("/metrics")).text);
  return total(samples, "sluice_plugin_errors_total", { plugin: "waits" });
}

test("waiting: the log phase may wait", async () => {
  const mark = used.gateway.mark;
  assert.equal((await used.gateway.get("/log/x")).status, 200);
  await used.gateway.logged(/waited for \/log\/x 200/, mark);
});

test("waiting: an interval of configure runs once each time, in the instance that serves", async () => {
  await eventually(
    async () => (Number((await used.gateway.get("/interval")).text) > 2 ? true : undefined),
    "three ticks",
  );
});
