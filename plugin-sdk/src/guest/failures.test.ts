// What goes wrong in a plugin stays in its call: the host hears why, and the same instance serves the next request.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Verdict } from "../abi.ts";
import type { BuiltPlugin } from "../compiler/build-plugin.ts";
import { buildFixture, start } from "./test-plugin.ts";
import type { Guest, TestHost } from "./test-host.ts";

let plugin: BuiltPlugin;
before(async () => {
  plugin = await buildFixture("failures");
});

function access(host: TestHost, guest: Guest, name: string): number {
  const request = host.request(({ fields }) => fields[0].push(["case", name]));
  return guest.sluice_access(request, 0);
}

async function run(name: string, maxDeadlineChecks = Infinity): Promise<string> {
  const { host, guest } = await start(plugin);
  host.maxDeadlineChecks = maxDeadlineChecks;
  assert.equal(access(host, guest, name), Verdict.failed);
  const [failure = "", ...others] = host.failures;
  assert.deepEqual(others, []);

  host.maxDeadlineChecks = Infinity;
  assert.equal(access(host, guest, "works"), Verdict.continue);
  assert.equal(access(host, guest, "asyncAnswer"), Verdict.respond);
  assert.equal(host.failures.length, 1);
  return failure;
}

describe("a handler that fails", () => {
  test("is reported with message and stack", async () => {
    assert.match(
      await run("throws"),
      /^RangeError: on purpose\n {4}at throws \(plugin\.js:\d+:\d+\)/,
    );
  });

  test("may throw anything", async () => {
    assert.equal(await run("throwsText"), "just text");
    assert.equal(await run("throwsHostile"), "an error that cannot be turned into text");
  });

  test("may return nonsense", async () => {
    assert.match(await run("nonsense"), /^TypeError: onRequest must return what ctx\.respond/);
  });

  test("that recurses without end gets a RangeError inside the sandbox", async () => {
    assert.match(await run("recursion"), /^RangeError: Maximum call stack size exceeded\n/);
  });

  test("that lets QuickJS itself recurse gets a RangeError inside the sandbox", async () => {
    assert.match(await run("nesting"), /^RangeError: Maximum call stack size exceeded\n/);
  });

  test("that uses up its memory gets an error inside the sandbox", async () => {
    assert.match(await run("memory"), /out of memory/);
    assert.equal(await run("smallObjects"), "InternalError: out of memory");
  });
});

describe("the deadline", () => {
  const overdue = "the call used up its time and was stopped";
  const maxChecks = 20;

  test("stops an endless loop", async () => {
    assert.equal(await run("loop", maxChecks), overdue);
  });

  test("cannot be caught", async () => {
    assert.equal(await run("stubbornLoop", maxChecks), overdue);
  });

  test("stops a regular expression that backtracks", async () => {
    assert.equal(await run("regularExpression", maxChecks), overdue);
  });

  test("stops an endless loop in the continuation of a promise", async () => {
    assert.equal(await run("asyncLoop", maxChecks), overdue);
  });

  test("is asked for at least every 10,000 operations", async () => {
    const { host, guest } = await start(plugin);
    host.maxDeadlineChecks = maxChecks;
    access(host, guest, "loop");
    assert.equal(host.deadlineChecks, maxChecks + 1);
  });
});

describe("an async handler", () => {
  test("answers when its promise is fulfilled", async () => {
    const { host, guest } = await start(plugin);
    assert.equal(access(host, guest, "asyncAnswer"), Verdict.respond);
    assert.deepEqual(host.requests.get(1)?.answer, { status: 418, body: "later" });
  });

  test("fails when its promise is rejected", async () => {
    assert.match(await run("asyncThrows"), /^TypeError: later on purpose\n/);
  });

  test("that leaves a rejected promise behind is told of in the log", async () => {
    const { host, guest } = await start(plugin);
    assert.equal(access(host, guest, "forgottenPromise"), Verdict.continue);
    assert.equal(host.logs.length, 1);
    assert.match(host.logs[0]?.message ?? "", /nobody awaited it: Error: nobody listens/);
  });

  test("may handle a rejection later in the same call", async () => {
    const { host, guest } = await start(plugin);
    assert.equal(access(host, guest, "handledRejection"), Verdict.continue);
    assert.deepEqual(host.logs, []);
  });
});

describe("a handler that waits", () => {
  async function waiting(name: string): Promise<{ host: TestHost; guest: Guest; timer: number }> {
    const { host, guest } = await start(plugin);
    assert.equal(access(host, guest, name), Verdict.pending);
    const [timer = 0] = host.timers.keys();
    assert.deepEqual(host.timers.get(timer), { delayMs: 20, repeats: false });
    assert.deepEqual([...host.settled], []);
    return { host, guest, timer };
  }

  test("goes on when it is resumed, and settles its phase", async () => {
    const { host, guest, timer } = await waiting("afterTimer");
    assert.equal(guest.sluice_resume(timer, 0), 0);
    assert.deepEqual([...host.settled], [[1, Verdict.respond]]);
    assert.deepEqual(host.requests.get(1)?.answer, { status: 202, body: "after 20 ms" });
  });

  test("settles as failed when it fails later, and says why", async () => {
    const { host, guest, timer } = await waiting("throwsAfterTimer");
    assert.equal(guest.sluice_resume(timer, 0), 0);
    assert.deepEqual([...host.settled], [[1, Verdict.failed]]);
    assert.match(host.failures[0] ?? "", /^RangeError: after 20 ms on purpose\n {4}at throwsAfter/);
  });

  test("lets others run meanwhile, each with its own end", async () => {
    const { host, guest, timer } = await waiting("afterTimer");
    assert.equal(access(host, guest, "works"), Verdict.continue);
    assert.equal(access(host, guest, "afterTimer"), Verdict.pending);
    const second = [...host.timers.keys()].at(-1) ?? 0;
    guest.sluice_resume(second, 0);
    guest.sluice_resume(timer, 0);
    assert.deepEqual(
      [...host.settled],
      [
        [3, Verdict.respond],
        [1, Verdict.respond],
      ],
    );
  });

  test("does not mind a call that it does not know", async () => {
    const { host, guest, timer } = await waiting("afterTimer");
    assert.equal(guest.sluice_resume(timer + 7, 0), 0);
    assert.deepEqual([...host.settled], []);
  });

  test("may set an interval, whose errors are logged and which ends when it is cleared", async () => {
    const { host, guest } = await start(plugin);
    assert.equal(access(host, guest, "interval"), Verdict.continue);
    const [timer = 0] = host.timers.keys();
    assert.deepEqual(host.timers.get(timer), { delayMs: 5, repeats: true });
    assert.equal(guest.sluice_resume(timer, 0), 0);
    assert.deepEqual(host.logs[0]?.message, "tick");
    assert.match(host.logs[1]?.message ?? "", /^A timer failed: Error: tick on purpose/);
    assert.equal(host.timers.size, 0);
    assert.equal(guest.sluice_resume(timer, 0), 0);
    assert.equal(host.logs.length, 2);
  });
});

describe("configure", () => {
  test("passes on a ConfigError word for word", async () => {
    const { host, guest } = await start(plugin);
    assert.equal(host.configure(guest, 1, { limit: 0 }), Verdict.failed);
    assert.deepEqual(host.failures, ["limit: must not be 0"]);
  });

  test("reports any other error with its stack", async () => {
    const { host, guest } = await start(plugin);
    assert.equal(host.configure(guest, 1, { limit: 1 }), Verdict.failed);
    assert.match(host.failures[0] ?? "", /^Error: a bug\n {4}at configure/);
  });

  test("fails for a handle without a config", async () => {
    const { host, guest } = await start(plugin);
    assert.equal(guest.sluice_configure(9), Verdict.failed);
    assert.match(host.failures[0] ?? "", /^Error: There is no config with the handle 9/);
  });

  test("must come before a phase", async () => {
    const { host, guest } = await start(plugin);
    assert.equal(guest.sluice_access(host.request(), 9), Verdict.failed);
    assert.match(host.failures[0] ?? "", /^Error: The config handle 9 was never configured/);
  });
});
