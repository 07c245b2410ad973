// Quotas and placeholders in the emulated gateway.
import assert from "node:assert/strict";
import { test } from "node:test";
import { emulate } from "./emulate.ts";
import type { EmulatedGateway } from "./emulate.ts";

function start(config: unknown = {}): Promise<EmulatedGateway> {
  return emulate({ plugin: new URL("./fixtures/quotas.ts", import.meta.url), config });
}

function as(
  name: string,
  headers: Record<string, string> = {},
): { headers: Record<string, string> } {
  return { headers: { case: name, ...headers } };
}

test("counts in all windows of a quota or in none, and tells what is left", async () => {
  const gateway = await start();
  await gateway.advance(20_500);
  const tell = async (cost = 1): Promise<string> => {
    const response = await gateway.request(as("fixed", { cost: String(cost) }));
    return `${response.status} ${response.header("x-minute")} ${response.header("x-hour")}`;
  };
  assert.equal(await tell(), "200 1/2 2");
  assert.equal(gateway.upstream.requests[0]?.header("x-reset"), "in 40 s");
  assert.equal(await tell(2), "429 1/2 2");
  await gateway.restart();
  assert.equal(await tell(), "200 0/2 1");
  assert.equal(await tell(), "429 0/2 1");
  await gateway.advance(60_000);
  assert.equal(await tell(), "200 1/2 0");
  assert.equal(await tell(), "429 1/2 0");
  assert.deepEqual(gateway.store.keys(), []);
});

test("counts each client for itself, and windows that slide", async () => {
  const gateway = await start();
  const passed = async (clientAddress: string): Promise<number> => {
    let count = 0;
    for (let at = 0; at < 6; at++) {
      const { status } = await gateway.request({ ...as("sliding"), clientAddress });
      if (status === 200) count++;
    }
    return count;
  };
  assert.equal(await passed("192.0.2.1"), 4);
  assert.equal(await passed("192.0.2.2"), 4);
  await gateway.advance(90_000);
  assert.equal(await passed("192.0.2.1"), 2);
});

test("writes the same uuid and serial wherever one request has them", async () => {
  const gateway = await start();
  const ids: string[] = [];
  for (let at = 0; at < 2; at++) ids.push((await gateway.request(as("ids"))).header("x-id") ?? "");
  assert.deepEqual(
    gateway.upstream.requests.map((request) => request.header("x-id")),
    ids,
  );
  const [first, second] = ids.map((id) => id.split("#"));
  assert.match(
    first?.[0] ?? "",
    /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
  );
  assert.notEqual(first?.[0], second?.[0]);
  assert.deepEqual([first?.[1], second?.[1]], ["1", "2"]);
});

test("tells nothing of a quota that another request took from since", async () => {
  const gateway = await start();
  const first = gateway.request(as("waits"));
  const refused = assert.rejects(first, /not taken from/);
  const second = gateway.request(as("waits"));
  await gateway.advance(10);
  await refused;
  assert.equal((await second).header("x-left"), "0");
});

test("refuses what the gateway refuses", async () => {
  const gateway = await start();
  for (const [name, message] of [
    ["untaken", /not taken from/],
    ["unknown", /TypeError/],
    ["unlimited", /TypeError/],
    ["lone", /TypeError/],
    ["forbidden", /belongs to the gateway/],
    ["late", /opened in configure/],
    ["cost", /RangeError/],
  ] as const) {
    await assert.rejects(gateway.request(as(name)), message, name);
  }
  await gateway.request(as("partial"));
  assert.equal(gateway.upstream.requests[0]?.header("x-a"), "undefined");
});

test("opens sixteen quotas and no more", async () => {
  await start({ more: 14 });
  await assert.rejects(start({ more: 15 }), /at most 16 quotas/);
});
