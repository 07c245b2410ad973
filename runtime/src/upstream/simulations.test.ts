// Whole upstreams under many requests, with a seeded random and a clock that stands still but for what the test says.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { UpstreamConfig } from "../config/upstream-model.ts";
import { exchangeOf, fieldsOf } from "../exchange.testing.ts";
import type { Exchange } from "../exchange.ts";
import { assertFair, countsOf, nthRequest } from "./balancers/balancer.testing.ts";
import type { BalancedTargets } from "./balanced-targets.ts";
import { configOf } from "./live-upstream.testing.ts";
import type { Target } from "./target.ts";
import { NO_HEALTHCHECKS, seededRandom, testUpstreams } from "./upstreams.testing.ts";
import type { Upstreams } from "./upstreams.ts";

const MIXED = Object.fromEntries(
  Array.from({ length: 40 }, (_, n) => [`t${n}`, 10 + (n % 5) * 20]),
);
const EQUAL = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`t${n}`, 100]));

interface Simulated {
  readonly pool: BalancedTargets;
  readonly upstreams: Upstreams;
}

function simulate(parts: Partial<UpstreamConfig>, weights: Record<string, number>): Simulated {
  const upstreams = testUpstreams({ random: seededRandom(4) });
  const pool = upstreams.pool({ ...configOf(NO_HEALTHCHECKS, weights), ...parts });
  upstreams.activate([{ balancer: pool }], []);
  return { pool, upstreams };
}

/** Requests one after the other, each of which takes 5 ms at its target. */
function run({ pool }: Simulated, count: number, request: (n: number) => Exchange): Target[] {
  return Array.from({ length: count }, (_, n) => {
    const target = pool.pick(request(n), []);
    assert.ok(target !== undefined);
    target.state?.latency.observe(5, n);
    return target;
  });
}

const ALGORITHMS: readonly Partial<UpstreamConfig>[] = [
  { algorithm: "round-robin" },
  { algorithm: "least-connections" },
  { algorithm: "random" },
  { algorithm: "consistent-hashing", hashOn: { kind: "ip" }, slots: 65_536 },
  { algorithm: "sticky-sessions", stickyCookie: { name: "s", path: "/" } },
];

describe("shares of requests by weight (chi-square)", () => {
  for (const parts of ALGORITHMS) {
    test(`of ${parts.algorithm}, from the start and after targets were out and came back`, () => {
      const simulated = simulate(parts, MIXED);
      // A hash table deals its slots by chance, too: so few requests that its own noise does not count.
      const count = parts.algorithm === "consistent-hashing" ? 10_000 : 50_000;
      assertFair(countsOf(run(simulated, count, nthRequest)), simulated.pool.targets);
      for (let round = 0; round < 500; round++) {
        const target = `t${(round * 7) % 40}:80`;
        simulated.upstreams.setHealth("pool", target, round % 2 === 1);
        run(simulated, 3, nthRequest);
      }
      const out = simulated.pool.targets.filter(({ state }) => state?.health.isHealthy === false);
      const left = simulated.pool.targets.filter((target) => !out.includes(target));
      assert.ok(out.length > 5);
      // The keys of those that are out go to the others by chance.
      assertFair(countsOf(run(simulated, count / 5, nthRequest)), left);
      for (const { address } of out) simulated.upstreams.setHealth("pool", address, true);
      assertFair(countsOf(run(simulated, count, nthRequest)), simulated.pool.targets);
    });
  }

  test("of latency, among targets that are equally fast", () => {
    const simulated = simulate({ algorithm: "latency" }, EQUAL);
    const at = (n: number): Exchange => exchangeOf({ startedAtMs: n });
    assertFair(countsOf(run(simulated, 50_000, at)), simulated.pool.targets);
  });

  test("would tell a balancer that favours some", () => {
    const simulated = simulate({ algorithm: "round-robin" }, EQUAL);
    const counts = countsOf(run(simulated, 50_000, nthRequest));
    assert.throws(() =>
      assertFair({ ...counts, t0: (counts["t0"] ?? 0) * 1.5 }, simulated.pool.targets),
    );
  });
});

describe("clients with a cookie", () => {
  test("stay where they are through changes that do not concern their target", () => {
    const sticky = {
      algorithm: "sticky-sessions",
      stickyCookie: { name: "s", path: "/" },
    } as const;
    const simulated = simulate(sticky, EQUAL);
    const random = seededRandom(8);
    const homes = Array.from({ length: 300 }, (_, n) => `t${n % 40}`);
    let moved = 0;
    for (let step = 0; step < 3000; step++) {
      const flapping = Math.floor(random() * 40);
      simulated.upstreams.setHealth("pool", `t${flapping}:80`, random() < 0.7);
      const client = Math.floor(random() * homes.length);
      const home = homes[client] ?? "";
      const target = simulated.pool.pick(exchangeOf({ fields: fieldsOf(`Cookie: s=${home}`) }), []);
      if (target?.id === home) continue;
      const before = simulated.pool.targets.find(({ id }) => id === home);
      assert.equal(before?.state?.health.isHealthy, false, `${home} could be used`);
      homes[client] = target?.id ?? "";
      moved++;
    }
    assert.ok(moved > 0);
  });
});

describe("keys of consistent hashing", () => {
  test("never move between two targets that both stay, however many come and go", () => {
    const simulated = simulate({ algorithm: "consistent-hashing", hashOn: { kind: "ip" } }, EQUAL);
    const random = seededRandom(9);
    const keys = 3000;
    const places = (): string[] => run(simulated, keys, nthRequest).map(({ id }) => id);
    const all = simulated.pool.config.targets;
    let listed = [...all];
    let before = places();
    for (let step = 0; step < 30; step++) {
      const gone = random() < 0.5 && listed.length > 20;
      const missing = all.filter((target) => !listed.includes(target));
      const changed = gone ? listed[Math.floor(random() * listed.length)] : missing[0];
      if (changed === undefined) continue;
      const most = gone ? listed.length : listed.length + 1;
      listed = gone ? listed.filter((target) => target !== changed) : [...listed, changed];
      simulated.upstreams.setTargets("pool", listed);
      const after = places();
      const moved = before.flatMap((id, n) => (id === after[n] ? [] : [[id, after[n]]]));
      for (const [from, to] of moved)
        assert.ok([from, to].includes(changed.id), `${from} to ${to}`);
      // K/N, and four standard deviations of what chance adds.
      const share = keys / most;
      assert.ok(moved.length <= share + 4 * Math.sqrt(share) + share / 2, `${moved.length} moved`);
      before = after;
    }
  });
});
