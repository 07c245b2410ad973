import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Relayed } from "../clients/relayed.ts";
import { exchangeOf, fieldsOf, linesOf } from "../exchange.testing.ts";
import type { Exchange } from "../exchange.ts";
import { deadlineLines, limitWithDeadline } from "./deadline-field.ts";

const HEADER = "x-left";
const RESPECTED = { header: HEADER, respectsClient: true };
const IGNORED = { header: HEADER, respectsClient: false };
/** Only that there is one counts. */
const TRUSTED = {} as Relayed;

function asked(isTrusted: boolean, ...lines: string[]): Exchange {
  const exchange = exchangeOf({ fields: fieldsOf(...lines, "X-Other: 1") });
  if (isTrusted) exchange.relayed = TRUSTED;
  return exchange;
}

const GRPC = "Content-Type: application/grpc+proto";

describe("a deadline that a peer tells", () => {
  for (const [what, isTrusted, config, lines, timeoutMs, expected] of [
    ["shortens the limit", true, RESPECTED, ["X-Left: 50"], 100, 50],
    ["does not lengthen it", true, RESPECTED, ["X-Left: 500"], 100, 100],
    ["is a limit where there is none", true, RESPECTED, ["X-Left: 50"], undefined, 50],
    ["is ignored from strangers", false, RESPECTED, ["X-Left: 50"], 100, 100],
    ["is ignored where it is not respected", true, IGNORED, ["X-Left: 50"], 100, 100],
    ["is ignored when it is no number", true, RESPECTED, ["X-Left: -5"], 100, 100],
    ["is ignored when it is 0", true, RESPECTED, ["X-Left: 0"], 100, 100],
    ["is grpc-timeout for gRPC", true, RESPECTED, [GRPC, "grpc-timeout: 2S"], 9000, 2000],
    ["in nanoseconds is 1 ms at least", true, RESPECTED, [GRPC, "grpc-timeout: 7n"], 9000, 1],
    ["is not grpc-timeout for others", true, RESPECTED, ["grpc-timeout: 2S"], 9000, 9000],
  ] as const) {
    test(what, () => {
      const exchange = asked(isTrusted, ...lines);
      assert.equal(limitWithDeadline(exchange, config, timeoutMs), expected);
      const kept = linesOf(exchange.requestFields).filter((line) => !line.startsWith("Content"));
      const foreign = lines[0]?.startsWith("grpc-timeout") === true ? [lines[0]] : [];
      assert.deepEqual(kept, [...foreign, "X-Other: 1"]);
    });
  }
});

describe("the deadline that an upstream is told", () => {
  test("is nothing without a limit", () => {
    assert.equal(deadlineLines(asked(false), IGNORED), "");
  });

  test("is a try's limit when nothing is shorter", () => {
    assert.equal(deadlineLines(asked(false), IGNORED, 70), "x-left: 70\r\n");
  });

  test("is said to gRPC in its own words, with eight digits at most", () => {
    const lines = deadlineLines(asked(false, GRPC), IGNORED, 2_000_000_000);
    assert.equal(lines, "x-left: 2000000000\r\ngrpc-timeout: 99999999m\r\n");
  });
});
