// Upstreams with weighted targets, taken in turn, and what happens when a target does not answer.
import assert from "node:assert/strict";
import { test } from "node:test";

import { config } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { closedPort } from "../harness/upstream.ts";

const used = useGateway(async ([first = 0, second = 0, third = 0]) => {
  const down = await closedPort();
  const at = (name: string, more = {}): object => ({
    name,
    host: `${name}.upstream`,
    routes: [{ name: `${name}-route`, paths: [`/${name}`], strip_path: false }],
    ...more,
  });
  return {
    config: config({
      services: [
        { ...at("equal") },
        { ...at("weighted") },
        { ...at("zero") },
        { ...at("half-down") },
        { ...at("named") },
      ],
      upstreams: [
        {
          name: "equal.upstream",
          targets: [{ target: `127.0.0.1:${first}` }, { target: `127.0.0.1:${second}` }],
        },
        {
          name: "weighted.upstream",
          targets: [
            { target: `127.0.0.1:${first}`, weight: 500 },
            { target: `127.0.0.1:${second}`, weight: 300 },
            { target: `127.0.0.1:${third}`, weight: 200 },
          ],
        },
        {
          name: "zero.upstream",
          targets: [
            { target: `127.0.0.1:${first}`, weight: 0 },
            { target: `127.0.0.1:${second}`, weight: 1 },
          ],
        },
        {
          name: "half-down.upstream",
          targets: [{ target: `127.0.0.1:${down}` }, { target: `127.0.0.1:${second}` }],
        },
        {
          name: "named.upstream",
          host_header: "inner.test",
          targets: [{ target: `127.0.0.1:${first}` }],
        },
      ],
    }),
  };
}, 3);

async function send(path: string, count: number): Promise<number[]> {
  for (let sent = 0; sent < count; sent++) {
    assert.equal((await used.gateway.get(path)).status, 200);
  }
  return used.upstreams.map((upstream) => upstream.requests.length);
}

test("balancing: equal targets get equal shares", async () => {
  assert.deepEqual(await send("/equal", 10), [5, 5, 0]);
});

test("balancing: weights set the shares exactly over one round", async () => {
  assert.deepEqual(await send("/weighted", 20), [10, 6, 4]);
});

test("balancing: a target of weight 0 gets nothing", async () => {
  assert.deepEqual(await send("/zero", 4), [0, 4, 0]);
});

test("U1 balancing: a target that refuses is passed over and the request succeeds elsewhere", async () => {
  assert.deepEqual(await send("/half-down", 6), [0, 6, 0]);
});

test("balancing: host_header is sent as Host", async () => {
  await used.gateway.get("/named");
  assert.equal((await used.upstream.request()).header("host"), "inner.test");
});
