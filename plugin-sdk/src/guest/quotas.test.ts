// Quotas and placeholders, used from TypeScript through the engine.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Fault, Verdict } from "../abi.ts";
import type { BuiltPlugin } from "../compiler/build-plugin.ts";
import { buildFixture, start } from "./test-plugin.ts";
import { TestHost } from "./test-host.ts";
import { TestRequest } from "./test-request.ts";

let plugin: BuiltPlugin;
before(async () => {
  plugin = await buildFixture("quotas");
});

interface Outcome {
  readonly verdict: number;
  readonly host: TestHost;
  readonly request: TestRequest;
}

async function run(name: string, change: (host: TestHost) => void = () => {}): Promise<Outcome> {
  const { host, guest } = await start(plugin);
  change(host);
  const request = new TestRequest();
  request.fields[0].push(["case", name]);
  host.requests.set(1, request);
  return { verdict: guest.sluice_access(1, 0), host, request };
}

describe("a quota", () => {
  test("is opened with its limits", async () => {
    const { host } = await start(plugin);
    assert.deepEqual(host.quotas.options, [
      { limits: { minute: 5, hour: 100 }, name: "", sliding: false },
      { limits: { second: 1 }, name: "sécond", sliding: true },
    ]);
  });

  test("that the host refuses is a fault of the config, or of the plugin", async () => {
    for (const [fault, message] of [
      [Fault.badValue, /^a quota has at least one limit/],
      [Fault.limit, /^RangeError: An entry opens at most 16 quotas/],
    ] as const) {
      const host = new TestHost();
      const guest = await host.load(plugin.wasm);
      host.quotas.refuseWith = fault;
      assert.equal(host.configure(guest, 0), Verdict.failed);
      assert.match(host.failures[0] ?? "", message);
    }
    const late = await run("late", ({ quotas }) => (quotas.refuseWith = Fault.wrongPhase));
    assert.match(late.host.failures[0] ?? "", /^Error: A quota is opened in configure/);
  });

  test("is taken from, once unless the cost says more", async () => {
    const { verdict, host, request } = await run("take");
    assert.equal(verdict, Verdict.continue);
    assert.deepEqual(host.quotas.taken, [
      { request: 1, quota: 1, identifier: "tëxt", cost: 1 },
      { request: 1, quota: 1, identifier: "", cost: 2.5 },
      { request: 1, quota: 1, identifier: "a", cost: 1e9 },
    ]);
    assert.deepEqual(request.fields[0][1], ["x-fits", "true,true,true"]);
    const full = await run("take", ({ quotas }) => (quotas.answer = 0));
    assert.deepEqual(full.request.fields[0][1], ["x-fits", "false,false,false"]);
  });

  test("is taken from in every handler that can be remembered", async () => {
    const { host, guest } = await start(plugin);
    const request = host.request();
    assert.equal(guest.sluice_header_filter(request, 0), Verdict.continue);
    assert.equal(guest.sluice_log(request, 0), Verdict.continue);
    assert.deepEqual(host.requests.get(request)?.fields[1], [
      ["x-fits", "true <quota.1.tightest.remaining>"],
    ]);
    assert.deepEqual(
      host.quotas.taken.map(({ identifier, cost }) => [identifier, cost]),
      [
        ["late", 1],
        ["logged", 3],
      ],
    );
  });

  for (const [fault, message] of [
    [
      Fault.badHandle,
      /^Error: The request of quota 1 of this entry has ended, or the handle is unknown/,
    ],
    [Fault.badValue, /^RangeError: A cost is a whole number from 1 to 1e9, not 1/],
    [Fault.unavailable, /^Error: The quota 1 of this entry could not be had/],
  ] as const) {
    test(`that is not taken from because of fault ${fault} says why`, async () => {
      const { verdict, host } = await run("take", ({ quotas }) => (quotas.answer = fault));
      assert.equal(verdict, Verdict.failed);
      assert.match(host.failures[0] ?? "", message);
    });
  }
});

describe("placeholders", () => {
  test("are filled in by the host", async () => {
    const { verdict, request } = await run("fill");
    assert.equal(verdict, Verdict.continue);
    assert.deepEqual(request.fields[0][1], ["X-Id", "é <uuid>#<serial>"]);
    assert.deepEqual(request.fields[1], [
      ["X-Left", "<quota.1.minute.remaining> of <quota.1.minute.limit>"],
      ["X-Reset", "<quota.1.tightest.reset>"],
    ]);
  });

  for (const name of ["tooWide", "smuggling", "smugglingName", "uncounted"]) {
    test(`stand in no value that HTTP does not allow: ${name}`, async () => {
      const { verdict, host, request } = await run(name);
      assert.equal(verdict, Verdict.failed);
      assert.match(host.failures[0] ?? "", /^TypeError: HTTP does not allow .* headers? .*x-a/);
      assert.deepEqual(request.fields[0], [["case", name]]);
    });
  }

  test("of a quota need that it was taken from", async () => {
    const { verdict, host } = await run("fill", (of) => (of.refuseChangesWith = Fault.absent));
    assert.equal(verdict, Verdict.failed);
    const message = /^Error: The quota of a placeholder was not taken from in this call/;
    assert.match(host.failures[0] ?? "", message);
  });
});
