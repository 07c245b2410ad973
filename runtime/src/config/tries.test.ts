import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { configOf, faultsOf } from "./config.testing.ts";
import type { TriesConfig } from "./model.ts";

const HEADER = '_format_version: "3.0"\n';

function textOf(fields: string): string {
  return `${HEADER}services: [{name: s, host: h, ${fields}}]`;
}

function triesOf(fields: string): TriesConfig | undefined {
  return configOf(textOf(fields)).services[0]?.tries;
}

describe("policies about tries", () => {
  test("are none unless something is said", () => {
    assert.equal(triesOf("tags: []"), undefined);
  });

  test("have Envoy's defaults, and the service's number of retries", () => {
    assert.deepEqual(triesOf("retry_policy: {retry_on: [5xx]}")?.retryPolicy, {
      retryOn: new Set(["5xx"]),
      numRetries: undefined,
      perTryTimeoutMs: undefined,
      perTryIdleTimeoutMs: undefined,
      retriableStatusCodes: new Set(),
      retriableHeaders: [],
      retriableRequestHeaders: [],
      baseIntervalMs: 25,
      maxIntervalMs: 250,
      rateLimited: undefined,
      retriesNonIdempotentMethods: false,
      maxRequestBodyBytes: 65_536,
    });
    assert.deepEqual(triesOf("hedge_policy: {}")?.hedgePolicy, {
      initialRequests: 1,
      additionalRequestChance: 0,
      hedgesOnPerTryTimeout: false,
      hedgingDelayMs: undefined,
      maxAttempts: 2,
    });
    assert.deepEqual(triesOf("deadline: {}")?.deadline, {
      header: "x-envoy-expected-rq-timeout-ms",
      respectsClient: false,
    });
  });

  test("know Retry-After when they heed what responses say", () => {
    const policy = triesOf("retry_policy: {retry_on: [5xx], rate_limited_retry_back_off: {}}");
    assert.deepEqual(policy?.retryPolicy?.rateLimited, {
      resetHeaders: [{ name: "retry-after", format: "SECONDS" }],
      maxIntervalMs: 300_000,
    });
  });

  test("give a chance as a fraction", () => {
    const chance = "additional_request_chance: {numerator: 25, denominator: TEN_THOUSAND}";
    const policy = triesOf(`hedge_policy: {${chance}}`);
    assert.equal(policy?.hedgePolicy?.additionalRequestChance, 0.0025);
  });

  test("may be a route's, too", () => {
    const config = configOf(
      `${HEADER}routes: [{name: r, paths: [/], response_header_timeout: 7, retry_policy: {retry_on: [reset]}}]`,
    );
    assert.equal(config.routes[0]?.tries?.responseHeaderTimeoutMs, 7);
  });

  test("have a budget for each upstream, beside its bounds", () => {
    const [upstream] = configOf(
      `${HEADER}upstreams: [{name: u, circuit_breakers: {retry_budget: {budget_percent: 5}}}]`,
    ).upstreams;
    assert.deepEqual(upstream?.bounds?.retryBudget, { budgetPercent: 5, minRetryConcurrency: 3 });
  });

  for (const [fields, expected] of [
    ["retry_policy: {}", "services[0].retry_policy.retry_on: missing"],
    ["retry_policy: {retry_on: [5xx, always]}", "retry_on[1]: expected one of connect-failure, "],
    ["retry_policy: {retry_on: []}", "retry_on: expected at least one condition"],
    [
      "retry_policy: {retry_on: [retriable-status-codes]}",
      'retriable_status_codes: missing: "retriable-status-codes" in retry_on needs some',
    ],
    [
      "retry_policy: {retry_on: [5xx], retriable_headers: [X-A]}",
      'retriable_headers: expected "retriable-headers" in retry_on, too',
    ],
    [
      "retry_policy: {retry_on: [5xx], retry_back_off: {base_interval: 10, max_interval: 5}}",
      "max_interval: expected no less than base_interval",
    ],
    ["hedge_policy: {initial_requests: 3}", "initial_requests: expected no more than max_attempts"],
    ["hedge_policy: {max_attempts: 9}", "max_attempts: expected an integer from 2 to 5"],
    ["deadline: {header: Content-Length}", "header: expected a header that does not belong to"],
    ["response_header_timeout: 0", "response_header_timeout: expected an integer from 1"],
  ] as const) {
    test(`refuse {${fields}}`, () => {
      const faults = faultsOf(textOf(fields));
      assert.equal(faults.length, 1, faults.join("\n"));
      assert.ok(faults[0]?.includes(expected), faults.join());
    });
  }
});
