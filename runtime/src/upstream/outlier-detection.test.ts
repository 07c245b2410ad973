import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { OutlierDetectionConfig, UpstreamConfig } from "../config/upstream-model.ts";
import type { ErrorCode } from "../errors.ts";
import { ACTIVE, Live, PASSIVE, configOf } from "./live-upstream.testing.ts";
import { NO_HEALTHCHECKS, outlierConfig } from "./upstreams.testing.ts";

const FIVE = { a: 100, b: 100, c: 100, d: 100, e: 100 };

function config(
  parts: Partial<OutlierDetectionConfig> = {},
  healthchecks = NO_HEALTHCHECKS,
): UpstreamConfig {
  return { ...configOf(healthchecks, FIVE), outlierDetection: outlierConfig(parts) };
}

/** What so many requests of the target come to, one after the other. */
function tries(live: Live, host: string, count: number, outcome: number | ErrorCode): void {
  for (let n = 0; n < count; n++) {
    if (typeof outcome === "number") live.gets(host, outcome);
    else live.fails(host, outcome);
  }
}

function lines(live: Live): string[] {
  return live.outliers.map(({ kind, target, reason }) => `${target} ${kind}: ${reason}`);
}

describe("consecutive failures", () => {
  test("eject a target at the fifth 5xx in a row, and say why", () => {
    const live = new Live(config());
    tries(live, "a", 4, 500);
    tries(live, "a", 1, 404);
    tries(live, "a", 4, 500);
    assert.equal(live.used, "a b c d e");
    tries(live, "a", 1, 503);
    assert.equal(live.used, "b c d e");
    assert.deepEqual(lines(live), ["a:80 ejected: consecutive_5xx, 5 in a row: status 503"]);
    const [target] = live.upstreams.report()[0]?.targets ?? [];
    assert.equal(target?.health, "HEALTHCHECKS_OFF");
    assert.equal(target?.ejection?.untilMs, performance.timeOrigin + 30_000);
    assert.deepEqual(target?.ejections, { consecutive_5xx: 1 });
    live.upstreams.stop();
  });

  const COUNTED = [
    "upstream_connect_failed",
    "upstream_reset",
    "upstream_invalid_response",
    "upstream_connect_timeout",
    "upstream_timeout",
  ] as const;
  for (const code of COUNTED) {
    test(`count ${code} as one of the target's`, () => {
      const live = new Live(config());
      tries(live, "a", 5, code);
      assert.equal(live.used, "b c d e");
    });
  }

  const OWN = [
    "upstream_stale",
    "route_timeout",
    "client_closed",
    "plugin_failed",
    "overloaded",
    "no_target",
    "circuit_open",
    "upstream_overloaded",
    "bulkhead_full",
    "name_resolution_failed",
    "internal",
  ] as const;
  for (const code of OWN) {
    test(`never count ${code}: the gateway made it itself`, () => {
      const live = new Live(config());
      tries(live, "a", 50, code);
      assert.deepEqual(live.outliers, []);
    });
  }

  test("of the gateway count for themselves when they are enforced", () => {
    const enforcing = { ...outlierConfig().enforcing, consecutive_gateway_failure: 100 };
    const live = new Live(config({ consecutiveGatewayFailure: 3, enforcing }));
    tries(live, "a", 2, 502);
    tries(live, "a", 1, 500);
    tries(live, "a", 1, 504);
    assert.equal(live.used, "a b c d e", "500 is none, and there were not five of all kinds");
    tries(live, "b", 3, "upstream_timeout");
    assert.match(lines(live).join(), /^b:80 ejected: consecutive_gateway_failure, 3 in a row/);
  });

  test("with split errors tell a target that answers 5xx from one that does not answer", () => {
    const live = new Live(
      config({ splitExternalLocalOriginErrors: true, maxEjectionPercent: 100 }),
    );
    tries(live, "a", 4, "upstream_connect_failed");
    tries(live, "a", 1, 500);
    tries(live, "a", 4, "upstream_connect_failed");
    assert.equal(live.used, "a b c d e", "it has answered in between");
    tries(live, "a", 1, "upstream_timeout");
    tries(live, "b", 5, 500);
    assert.deepEqual(
      lines(live).map((line) => line.split(",")[0]),
      ["a:80 ejected: consecutive_local_origin_failure", "b:80 ejected: consecutive_5xx"],
    );
  });

  test("that are not enforced eject nobody", () => {
    const enforcing = { ...outlierConfig().enforcing, consecutive_5xx: 0 };
    const live = new Live(config({ enforcing }));
    tries(live, "a", 50, 500);
    assert.deepEqual(lines(live), []);
  });
});

describe("an ejection", () => {
  test("ends with the first interval after its time, which grows each time and shrinks again", async () => {
    const live = new Live(config({ maxEjectionTimeMs: 70_000 }));
    const outFor = async (): Promise<number> => {
      tries(live, "a", 5, 500);
      assert.equal(live.used, "b c d e");
      let waitedMs = 0;
      while (live.used === "b c d e") {
        await live.clock.advance(10_000);
        waitedMs += 10_000;
      }
      return waitedMs;
    };
    assert.deepEqual(
      [await outFor(), await outFor(), await outFor(), await outFor()],
      [30_000, 60_000, 70_000, 70_000],
    );
    assert.equal(lines(live).at(-1), "a:80 returned: its ejection time is over");
    await live.clock.advance(30_000);
    assert.equal(await outFor(), 30_000, "three intervals without one");
    assert.deepEqual(live.upstreams.report()[0]?.targets[0]?.ejections, { consecutive_5xx: 5 });
    live.upstreams.stop();
    assert.equal(live.clock.waiting, 0);
  });

  test("leaves no counts behind", async () => {
    const live = new Live(config());
    tries(live, "a", 9, 500);
    await live.clock.advance(30_000);
    tries(live, "a", 4, 500);
    assert.equal(live.used, "a b c d e");
    live.upstreams.stop();
  });

  test("of more than max_ejection_percent is not made, and that is said once in an interval", async () => {
    const live = new Live(config({ maxEjectionPercent: 40 }));
    for (const host of ["a", "b", "c", "d"]) tries(live, host, 5, 500);
    assert.equal(live.used, "c d e");
    assert.match(lines(live)[2] ?? "", /^c:80 spared: consecutive_5xx/);
    assert.equal(live.outliers.length, 3);
    live.upstreams.stop();
  });

  test("of a single target is made only with always_eject_one_host when the percentage allows none", () => {
    const live = new Live(config({ alwaysEjectOneHost: false }));
    tries(live, "a", 5, 500);
    assert.equal(live.used, "a b c d e", "one of five is more than 10 %");
  });

  test("counts as unhealthy for the threshold of health checks", () => {
    const live = new Live(config({}, { ...NO_HEALTHCHECKS, threshold: 90 }));
    assert.equal(live.used, "a b c d e");
    tries(live, "a", 5, 500);
    assert.equal(live.used, "-");
    live.upstreams.stop();
  });

  test("is not made when fewer than min_health_percent would be left", () => {
    const live = new Live(config({ maxEjectionPercent: 100, minHealthPercent: 60 }));
    live.upstreams.setHealth("pool", "e:80", false);
    for (const host of ["a", "b", "c"]) tries(live, host, 5, 500);
    assert.equal(live.used, "b c d");
  });

  test("ends when an operator says that the target is healthy, or outlier detection goes", async () => {
    const live = new Live(config({ maxEjectionPercent: 100 }));
    for (const host of ["a", "b"]) tries(live, host, 5, 500);
    live.upstreams.setHealth("pool", "a:80", true);
    assert.equal(live.used, "a c d e");
    live.load(config({ maxEjectionPercent: 100 }));
    assert.equal(live.used, "a c d e", "the same again changes nothing");
    live.load(configOf(PASSIVE, FIVE));
    assert.equal(live.used, "a b c d e");
    await live.clock.advance(1);
    assert.equal(live.clock.waiting, 0);
  });

  test("ends when a probe finds the target well, unless that is switched off", async () => {
    for (const [doesUneject, expected] of [
      [true, "a b c d e"],
      [false, "b c d e"],
    ] as const) {
      const live = new Live(
        config({ successfulActiveHealthCheckUnejectHost: doesUneject }, ACTIVE),
      );
      await live.clock.advance(500);
      tries(live, "a", 5, 500);
      assert.equal(live.used, "b c d e");
      await live.clock.advance(1000);
      assert.equal(live.used, expected);
      live.upstreams.stop();
    }
  });
});

describe("rates", () => {
  test("are judged at each interval over its own requests", async () => {
    const live = new Live(config({ consecutive5xx: 1000 }));
    for (const host of ["b", "c", "d", "e"]) tries(live, host, 100, 200);
    tries(live, "a", 60, 500);
    tries(live, "a", 40, 200);
    await live.clock.advance(10_000);
    assert.equal(live.used, "b c d e");
    assert.match(lines(live).join(), /^a:80 ejected: success_rate, 40 % of 100 calls went well/);
    await live.clock.advance(30_000);
    assert.equal(live.used, "a b c d e");
    for (const host of ["a", "b", "c", "d", "e"]) tries(live, host, 99, host === "a" ? 500 : 200);
    await live.clock.advance(10_000);
    assert.equal(live.used, "a b c d e", "too few requests");
    live.upstreams.stop();
  });

  test("of errors that have no status are judged apart when they are split", async () => {
    const live = new Live(
      config({
        splitExternalLocalOriginErrors: true,
        consecutiveLocalOriginFailure: 1000,
      }),
    );
    for (const host of ["b", "c", "d", "e"]) tries(live, host, 100, 200);
    tries(live, "a", 100, "upstream_connect_failed");
    await live.clock.advance(10_000);
    assert.match(lines(live).join(), /^a:80 ejected: local_origin_success_rate/);
    live.upstreams.stop();
  });
});
