import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkRules } from "../upstreams.testing.ts";
import { TargetHealth, statusObservation } from "./target-health.ts";
import type { Observation } from "./target-health.ts";

const RULES = checkRules({ successes: 2, httpFailures: 3, tcpFailures: 2, timeouts: 1 });

/** The health after each observation, `+` or `-`. */
function course(observations: readonly Observation[], rules = RULES): string {
  const health = new TargetHealth();
  return observations
    .map((what) => {
      const before = health.isHealthy;
      const count = health.observe(what, rules);
      assert.equal(count > 0, before !== health.isHealthy, "it says when it changes");
      return health.isHealthy ? "+" : "-";
    })
    .join("");
}

describe("the health of a target", () => {
  test("is good until so many failures of one kind came in a row", () => {
    assert.equal(course(["http_failure", "http_failure", "http_failure"]), "++-");
    assert.equal(course(["tcp_failure", "tcp_failure"]), "+-");
    assert.equal(course(["timeout"]), "-");
  });

  test("counts each kind by itself, as Kong does", () => {
    assert.equal(course(["http_failure", "tcp_failure", "http_failure", "http_failure"]), "+++-");
  });

  test("forgets failures at a success, though successes may count for nothing", () => {
    const rules = checkRules({ httpFailures: 2 });
    assert.equal(course(["http_failure", "success", "http_failure"], rules), "+++");
  });

  test("is bad until so many successes came in a row", () => {
    assert.equal(course(["timeout", "success", "success"]), "--+");
    assert.equal(course(["timeout", "success", "http_failure", "success", "success"]), "----+");
  });

  test("starts to count anew after it has changed", () => {
    assert.equal(course(["timeout", "success", "success", "tcp_failure"]), "--++");
  });

  test("does not change by what is set to 0", () => {
    const off = checkRules({});
    assert.equal(course(["http_failure", "tcp_failure", "timeout", "timeout"], off), "++++");
    const noReturn = checkRules({ timeouts: 1 });
    assert.equal(course(["timeout", "success", "success", "success"], noReturn), "----");
  });

  test("is what an operator sets it to, with nothing counted", () => {
    const health = new TargetHealth();
    health.observe("tcp_failure", RULES);
    health.set(true);
    health.observe("tcp_failure", RULES);
    assert.equal(health.isHealthy, true);
    health.set(false);
    assert.equal(health.isHealthy, false);
  });
});

test("a status is good, bad, or says nothing", () => {
  assert.equal(statusObservation(200, RULES), "success");
  assert.equal(statusObservation(500, RULES), "http_failure");
  assert.equal(statusObservation(404, RULES), undefined);
});
