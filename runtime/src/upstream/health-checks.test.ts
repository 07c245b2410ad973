import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GatewayError } from "../errors.ts";
import type { ErrorCode } from "../errors.ts";
import { ACTIVE, EQUAL, Live, PASSIVE, configOf } from "./live-upstream.testing.ts";
import { answerTry } from "./tries.ts";
import { checkRules, NO_HEALTHCHECKS } from "./upstreams.testing.ts";

describe("passive checks", () => {
  test("take a target out at the failure that is one too many, and say why", () => {
    const live = new Live(configOf(PASSIVE, EQUAL));
    assert.equal(live.used, "a b c");
    live.pool.observer?.answered(live.try("b"), 500, 1);
    assert.equal(live.used, "a b c");
    live.pool.observer?.answered(live.try("b"), 500, 1);
    assert.equal(live.used, "a c");
    live.fails("c", "upstream_connect_failed");
    assert.equal(live.used, "a");
    assert.deepEqual(live.lines, [
      "b:80 down: passive check, http failure 2: status 500",
      "c:80 down: passive check, tcp failure 1: upstream_connect_failed: x",
    ]);
  });

  const COUNTED: readonly ErrorCode[] = [
    "upstream_connect_failed",
    "upstream_reset",
    "upstream_invalid_response",
    "upstream_connect_timeout",
    "upstream_timeout",
  ];
  for (const code of COUNTED) {
    test(`count ${code}`, () => {
      const live = new Live(configOf(PASSIVE, EQUAL));
      live.fails("a", code);
      assert.equal(live.used, "b c");
    });
  }

  const OWN: readonly ErrorCode[] = [
    "upstream_stale",
    "route_timeout",
    "client_closed",
    "plugin_failed",
    "overloaded",
    "circuit_open",
    "upstream_overloaded",
    "bulkhead_full",
    "name_resolution_failed",
    "internal",
  ];
  for (const code of OWN) {
    test(`do not count ${code}: it is not the target's doing`, () => {
      const live = new Live(configOf(PASSIVE, EQUAL));
      for (let n = 0; n < 5; n++) live.fails("a", code);
      assert.equal(live.used, "a b c");
    });
  }

  for (const code of ["EMFILE", "EADDRNOTAVAIL", "ENOBUFS"]) {
    test(`do not count a connection that failed with ${code}: the gateway is at its limit`, () => {
      const live = new Live(configOf(PASSIVE, EQUAL));
      live.fails("a", "upstream_connect_failed", Object.assign(new Error(), { code }));
      assert.equal(live.used, "a b c");
      live.fails(
        "a",
        "upstream_connect_failed",
        Object.assign(new Error(), { code: "ECONNREFUSED" }),
      );
      assert.equal(live.used, "b c");
    });
  }

  test("are not asked for by an upstream that has none, so that its requests cost nothing", () => {
    assert.equal(new Live(configOf(NO_HEALTHCHECKS, EQUAL)).pool.observer, undefined);
    assert.equal(new Live(configOf(ACTIVE, EQUAL)).pool.observer, undefined);
  });
});

const TWICE = { ...PASSIVE, passive: checkRules({ tcpFailures: 2, successes: 1 }) };

describe("a response that breaks off in its body", () => {
  test("is a failure of its target, however good its head was", () => {
    const live = new Live(configOf(TWICE, EQUAL));
    const breaksOff = (): void => {
      const attempt = live.try("a");
      const { observer } = live.pool;
      observer?.begin(attempt);
      answerTry(attempt, 200, 1);
      attempt.error = new GatewayError("upstream_reset", "x");
      observer?.failed(attempt, attempt.error, 1);
      observer?.end(attempt);
    };
    breaksOff();
    assert.equal(live.used, "a b c");
    breaksOff();
    assert.equal(live.used, "b c");
  });

  test("counts as good once it is over: a whole one takes failures back", () => {
    const live = new Live(configOf(TWICE, EQUAL));
    live.fails("a", "upstream_reset");
    live.gets("a", 200);
    live.fails("a", "upstream_reset");
    assert.equal(live.used, "a b c");
  });
});

describe("active checks", () => {
  test("take a target out when it fails and back when it answers", async () => {
    const live = new Live(configOf(ACTIVE, EQUAL));
    await live.clock.advance(10);
    assert.equal(live.used, "a b c");
    live.answers.set("a", { kind: "tcp_failure", detail: "refused" });
    live.answers.set("b", { kind: "timeout" });
    live.answers.set("c", { kind: "no_http" });
    await live.clock.advance(1000);
    assert.equal(live.used, "-");
    live.answers.clear();
    live.answers.set("b", { kind: "connected" });
    await live.clock.advance(2000);
    assert.equal(live.used, "a b c");
    assert.deepEqual(live.lines, [
      "a:80 down: active check, tcp failure 1: refused",
      "b:80 down: active check, timeout 1: no answer in time",
      "c:80 down: active check, http failure 1: the answer is not HTTP",
      "a:80 up: active check, success 1: status 200",
      "b:80 up: active check, success 1: connected",
      "c:80 up: active check, success 1: status 200",
    ]);
  });

  test("learn nothing from a probe that the gateway could not make", async () => {
    const live = new Live(configOf(ACTIVE, EQUAL));
    live.answers.set("a", { kind: "not_probed", detail: "too many open files" });
    await live.clock.advance(5000);
    assert.deepEqual(live.lines, []);
  });

  test("do not probe targets of weight 0", async () => {
    const live = new Live(configOf(ACTIVE, { a: 0, b: 1 }));
    await live.clock.advance(10);
    assert.deepEqual(live.probed, ["0 b"]);
  });
});

describe("the threshold", () => {
  test("closes the upstream when less than that share of the weight is healthy", () => {
    const checks = { ...PASSIVE, threshold: 50 };
    const live = new Live(configOf(checks, { a: 200, b: 100, c: 100, idle: 0 }));
    live.fails("b", "upstream_reset");
    live.fails("c", "upstream_reset");
    assert.equal(live.used, "a", "just half of it is healthy");
    live.upstreams.setHealth("pool", "b:80", true);
    live.fails("a", "upstream_reset");
    assert.equal(live.used, "-", "a quarter of it is healthy");
    assert.equal(live.upstreams.report()[0]?.health, "UNHEALTHY");
    live.upstreams.setHealth("pool", "c:80", true);
    assert.equal(live.used, "b c");
  });

  test("of 0 leaves the upstream open while one target is healthy", () => {
    const live = new Live(configOf(PASSIVE, { a: 1, b: 65_535 }));
    live.fails("b", "upstream_reset");
    assert.equal(live.used, "a");
    live.fails("a", "upstream_reset");
    assert.equal(live.used, "-");
  });
});
