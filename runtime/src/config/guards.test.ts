// Circuit breakers, bounds and fallbacks in a config.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { configOf, faultsOf, named, upstreamFaults, upstreamOf } from "./config.testing.ts";
import type { FallbackConfig } from "./fallback-model.ts";

const HEADER = '_format_version: "3.0"\n';

/** One line for each service: its name, and what it falls back to. */
function services(...fallbacks: readonly (readonly [name: string, fallback: string])[]): string {
  const lines = fallbacks.map(([name, fallback]) => {
    const rest = fallback === "" ? "" : `, fallback: ${fallback}`;
    return `  - {name: ${name}, host: h, routes: [{name: ${name}-r, paths: [/${name}]}]${rest}}`;
  });
  return `${HEADER}services:\n${lines.join("\n")}\n`;
}

describe("a circuit breaker", () => {
  test("is of each target, closed, and counts all errors, unless said otherwise", () => {
    const { circuitBreaker: breaker } = upstreamOf("circuit_breaker: {}");
    assert.deepEqual([breaker?.per, breaker?.initialState], ["target", "closed"]);
    assert.deepEqual(
      [breaker?.recordExceptions, breaker?.ignoreExceptions],
      [undefined, new Set()],
    );
  });

  test("has Resilience4j's states, and names our errors where it names exceptions", () => {
    const { circuitBreaker: breaker } = upstreamOf(
      "circuit_breaker: {per: route, initial_state: FORCED_OPEN, record_exceptions: [upstream_timeout], ignore_exceptions: [upstream_reset]}",
    );
    assert.deepEqual([breaker?.per, breaker?.initialState], ["route", "forced_open"]);
    assert.deepEqual(breaker?.recordExceptions, new Set(["upstream_timeout"]));
    assert.deepEqual(breaker?.ignoreExceptions, new Set(["upstream_reset"]));
    const wrong =
      "circuit_breaker: {per: host, initial_state: HALF_OPEN, ignore_exceptions: [IOException]}";
    const [scope, state, exception] = upstreamFaults(wrong);
    assert.equal(
      scope,
      '2:46: upstreams[0].circuit_breaker.per: expected one of target, upstream, route, got "host"',
    );
    assert.equal(
      state,
      '2:67: upstreams[0].circuit_breaker.initial_state: expected one of CLOSED, OPEN, DISABLED, METRICS_ONLY, FORCED_OPEN, got "HALF_OPEN"',
    );
    assert.match(
      exception ?? "",
      /^2:98: .*\.ignore_exceptions\[0\]: expected one of upstream_connect_failed, .*"IOException"$/,
    );
  });
});

describe("bounds", () => {
  test("have Envoy's names; what is left out is unbounded, but for the queue", () => {
    assert.equal(upstreamOf("tags: []").bounds, undefined);
    const { bounds } = upstreamOf("circuit_breakers: {max_requests: 5}");
    assert.deepEqual(
      [bounds?.maxRequests, bounds?.maxConnections, bounds?.maxPendingRequests, bounds?.maxRetries],
      [5, undefined, 1024, undefined],
    );
    assert.deepEqual(upstreamFaults("circuit_breakers: {max_connections: 0, max_request: 1}"), [
      "2:59: upstreams[0].circuit_breakers.max_connections: expected an integer from 1 to 1000000, got 0",
      '2:62: upstreams[0].circuit_breakers.max_request: unknown key: did you mean "max_requests"?',
    ]);
  });

  test("may be adaptive, with Envoy's defaults", () => {
    const { adaptiveConcurrency } = upstreamOf(
      "adaptive_concurrency: {gradient_controller_config: {min_rtt_calc_params: {jitter: 10}}}",
    );
    assert.deepEqual(adaptiveConcurrency, {
      sampleAggregatePercentile: 50,
      maxConcurrencyLimit: 1000,
      concurrencyUpdateIntervalMs: 100,
      minRttIntervalMs: 60_000,
      fixedMinRttMs: undefined,
      minRttRequestCount: 50,
      jitterPercent: 10,
      minConcurrency: 3,
      bufferPercent: 25,
    });
  });

  test("of a route are a bulkhead with Resilience4j's defaults", () => {
    const { routes } = configOf(`${HEADER}routes: [{name: r, paths: [/], bulkhead: {}}]`);
    assert.deepEqual(named(routes, "r").bulkhead, {
      maxConcurrentCalls: 25,
      maxWaitDurationMs: 0,
      queueCapacity: 100,
    });
  });
});

describe("a fallback", () => {
  function fallbackOf(fallback: string): FallbackConfig | undefined {
    const { services: all } = configOf(services(["a", fallback], ["b", ""]));
    return named(all, "a").fallback;
  }

  test("is for all that keeps an upstream from answering, unless said otherwise", () => {
    const fallback = fallbackOf("{answer: {body: hello, headers: {X-A: b}}}");
    assert.deepEqual(fallback?.answer, { status: 503, headers: [["X-A", "b"]], body: "hello" });
    const codes = fallback?.on.codes;
    for (const code of [
      "circuit_open",
      "no_target",
      "upstream_reset",
      "upstream_timeout",
      "bulkhead_full",
    ] as const) {
      assert.equal(codes?.has(code), true, code);
    }
    assert.equal(fallback?.on.statuses.size, 0);
    const narrow = fallbackOf("{on: [timeout, 503], cache: {}}");
    assert.deepEqual([...(narrow?.on.statuses ?? [])], [503]);
    assert.equal(narrow?.on.codes.has("upstream_reset"), false);
    assert.deepEqual(narrow?.cache, {
      maxEntries: 1000,
      maxBytes: 10 * 1024 * 1024,
      storageTtlMs: 3_600_000,
    });
  });

  test("names a service, and must say something", () => {
    const { services: all } = configOf(services(["a", "{service: b}"], ["b", ""]));
    assert.equal(named(all, "a").fallback?.serviceId, named(all, "b").id);
    const bad = services(
      ["a", "{}"],
      ["b", "{service: c}"],
      ["d", "{on: [never, 200], answer: {headers: {Content-Length: '1'}}}"],
    );
    const paths = faultsOf(bad).map((line) => line.replace(/^[\d:]+ /, ""));
    assert.deepEqual(paths.toSorted(), [
      "services[0].fallback: expected at least one of cache, service, answer",
      'services[1].fallback.service: there is no service "c": did you mean "a"?',
      'services[2].fallback.answer.headers.Content-Length: expected the name of a header, none that says where the response ends, got "1"',
      'services[2].fallback.on[0]: expected circuit_open, no_target, overloaded, timeout, upstream_error, or a status from 400 to 599, got "never"',
      "services[2].fallback.on[1]: expected an integer from 400 to 599, got 200",
    ]);
  });

  test("never leads a request in a circle", () => {
    const loop = services(["a", "{service: b}"], ["b", "{service: c}"], ["c", "{service: a}"]);
    assert.deepEqual(
      faultsOf(loop).map((line) => line.replace(/^[\d:]+ /, "")),
      [
        "services[0].fallback.service: expected a service that does not lead back here: a > b > c > a",
        "services[1].fallback.service: expected a service that does not lead back here: b > c > a > b",
        "services[2].fallback.service: expected a service that does not lead back here: c > a > b > c",
      ],
    );
    const own = services(["a", "{service: a}"]);
    assert.match(faultsOf(own).join(), /does not lead back here: a > a$/);
    const route = `${services(["b", "{service: a}"])}  - name: a
    host: h
    routes: [{name: r, paths: [/r], fallback: {service: b}}]
`;
    assert.match(faultsOf(route).join(), /routes\[0\]\.fallback\.service: .*: a > b > a$/);
    assert.deepEqual(
      faultsOf(services(["a", "{service: b}"], ["b", "{service: c}"], ["c", ""])),
      [],
    );
  });
});
