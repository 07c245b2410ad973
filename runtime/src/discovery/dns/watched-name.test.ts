import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { FakeClock } from "../../upstream/upstreams.testing.ts";
import type { Resolution } from "./name-lookup.ts";
import { WatchedName } from "./watched-name.ts";
import type { NameTimes } from "./watched-name.ts";

const TIMES: NameTimes = {
  validTtlMs: undefined,
  staleTtlMs: 60_000,
  notFoundTtlMs: 30_000,
  errorTtlMs: 1000,
};
const FAILED: Resolution = { kind: "failed", detail: "SERVFAIL" };
const NOT_FOUND: Resolution = { kind: "not_found", detail: "no such name" };

function found(ttlMs: number, ...hosts: readonly string[]): Resolution {
  const addresses = hosts.map((host) => ({ host, port: undefined, weight: undefined }));
  return { kind: "found", type: "A", ttlMs, addresses };
}

class Watched {
  readonly clock: FakeClock = new FakeClock();
  lookUps = 0;
  changes = 0;
  faults = 0;
  answer: Resolution;
  readonly name: WatchedName;

  constructor(answer: Resolution, times: Partial<NameTimes> = {}) {
    this.answer = answer;
    this.name = new WatchedName("api.test", {
      times: { ...TIMES, ...times },
      clock: this.clock,
      random: () => 1,
      lookUp: () => {
        this.lookUps++;
        return Promise.resolve(this.answer);
      },
      onChange: () => this.changes++,
      onFault: () => this.faults++,
      onLookedUp: () => undefined,
    });
    this.name.start();
  }

  get hosts(): readonly string[] {
    return this.name.addresses.map(({ host }) => host);
  }

  /** Time goes by in steps, with room for what it sets off. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      await this.clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function watched(answer: Resolution, times?: Partial<NameTimes>): Promise<Watched> {
  const one = new Watched(answer, times);
  await one.name.firstLookUp;
  return one;
}

describe("U13 a name", () => {
  test("is looked up again before its time is over, and new addresses are used", async () => {
    const one = await watched(found(10_000, "10.0.0.1"));
    one.answer = found(10_000, "10.0.0.2");
    await one.pass(8900);
    assert.deepEqual([one.lookUps, one.hosts], [1, ["10.0.0.1"]]);
    await one.pass(1000);
    assert.deepEqual([one.lookUps, one.hosts], [2, ["10.0.0.2"]]);
  });

  test("with a time of 0 is looked up every second, not all the time", async () => {
    const one = await watched(found(0, "10.0.0.1"));
    await one.pass(10_000);
    assert.ok(one.lookUps >= 9 && one.lookUps <= 12, String(one.lookUps));
  });

  test("goes by valid_ttl instead of its records where there is one", async () => {
    const one = await watched(found(60_000, "10.0.0.1"), { validTtlMs: 500 });
    await one.pass(1000);
    assert.ok(one.lookUps > 1);
  });

  test("has not changed when only the order of the answer has", async () => {
    const one = await watched(found(1000, "10.0.0.1", "10.0.0.2"));
    const { addresses } = one.name;
    one.answer = found(1000, "10.0.0.2", "10.0.0.1");
    await one.pass(3000);
    assert.equal(one.changes, 1);
    assert.equal(one.name.addresses, addresses);
  });

  test("keeps its addresses for stale_ttl while nobody answers, and no longer", async () => {
    const one = await watched(found(10_000, "10.0.0.1"));
    one.answer = FAILED;
    await one.pass(69_000);
    assert.deepEqual(one.hosts, ["10.0.0.1"]);
    assert.equal(one.name.error, "SERVFAIL");
    await one.pass(3000);
    assert.deepEqual(one.hosts, []);
    one.answer = found(10_000, "10.0.0.3");
    await one.pass(1500);
    assert.deepEqual([one.hosts, one.name.error, one.faults], [["10.0.0.3"], undefined, 2]);
  });

  test("that is said to be gone keeps its addresses for not_found_ttl, and is asked for meanwhile", async () => {
    const one = await watched(found(10_000, "10.0.0.1"));
    one.answer = NOT_FOUND;
    await one.pass(30_000);
    assert.deepEqual(one.hosts, ["10.0.0.1"]);
    assert.ok(one.lookUps > 10, String(one.lookUps));
    await one.pass(12_000);
    assert.deepEqual(one.hosts, []);
  });

  test("that is not there is not asked for again before not_found_ttl", async () => {
    const one = await watched(NOT_FOUND);
    await one.pass(29_000);
    assert.equal(one.lookUps, 1);
    await one.pass(2000);
    assert.equal(one.lookUps, 2);
  });

  test("is let alone when nobody needs it any more", async () => {
    const one = await watched(found(1000, "10.0.0.1"));
    one.name.stop();
    await one.pass(5000);
    assert.equal(one.lookUps, 1);
    assert.deepEqual(one.hosts, ["10.0.0.1"]);
  });
});
