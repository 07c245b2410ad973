import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { upstreamFaults, upstreamOf } from "./config.testing.ts";

describe("an upstream's algorithm", () => {
  test("is round-robin over 10,000 slots, with nothing checked, unless said otherwise", () => {
    const { algorithm, slots, hashOn, hashFallback, healthchecks } = upstreamOf("tags: []");
    assert.deepEqual([algorithm, slots], ["round-robin", 10_000]);
    assert.deepEqual([hashOn, hashFallback], [{ kind: "none" }, { kind: "none" }]);
    assert.deepEqual(healthchecks, { threshold: 0, active: undefined, passive: undefined });
  });

  for (const algorithm of ["least-connections", "latency", "random", "consistent-hashing"]) {
    test(`may be ${algorithm}`, () => {
      assert.equal(upstreamOf(`algorithm: ${algorithm}`).algorithm, algorithm);
    });
  }

  test("is consistent-hashing when hash_on says by what, as in Kong", () => {
    const upstream = upstreamOf(
      "hash_on: header, hash_on_header: X-User, hash_fallback: cookie, hash_on_cookie: c, hash_on_cookie_path: /p",
    );
    assert.equal(upstream.algorithm, "consistent-hashing");
    assert.deepEqual(upstream.hashOn, { kind: "header", name: "x-user" });
    assert.deepEqual(upstream.hashFallback, { kind: "cookie", name: "c" });
    assert.equal(upstream.hashOnCookiePath, "/p");
  });

  test("hashes by each of Kong's inputs", () => {
    const cases: Readonly<Record<string, string>> = {
      consumer: "hash_on: consumer",
      ip: "hash_on: ip",
      path: "hash_on: path",
      query_arg: "hash_on: query_arg, hash_on_query_arg: q",
      uri_capture: "hash_on: uri_capture, hash_on_uri_capture: id",
      cookie: "hash_on: cookie, hash_on_cookie: c",
    };
    for (const [kind, fields] of Object.entries(cases)) {
      assert.equal(upstreamOf(fields).hashOn.kind, kind);
    }
  });

  test("is sticky by a cookie", () => {
    const { stickyCookie } = upstreamOf(
      "algorithm: sticky-sessions, sticky_sessions_cookie: s, sticky_sessions_cookie_path: /x",
    );
    assert.deepEqual(stickyCookie, { name: "s", path: "/x" });
  });

  const FAULTY: Readonly<Record<string, readonly string[]>> = {
    "algorithm: magic": [
      '2:34: upstreams[0].algorithm: expected one of round-robin, least-connections, consistent-hashing, latency, sticky-sessions, random, got "magic"',
    ],
    "algorithm: latency, hash_on: ip": [
      '2:34: upstreams[0].algorithm: expected "consistent-hashing" with hash_on, got "latency"',
    ],
    "algorithm: sticky-sessions": [
      "2:13: upstreams[0].sticky_sessions_cookie: missing: expected the name of a cookie for algorithm sticky-sessions",
    ],
    "slots: 9": ["2:30: upstreams[0].slots: expected an integer from 10 to 65536, got 9"],
    "hash_on: header": [
      "2:13: upstreams[0].hash_on_header: missing: expected it, since hash_on is header",
    ],
    "hash_on: ip, hash_fallback: query_arg": [
      "2:13: upstreams[0].hash_fallback_query_arg: missing: expected it, since hash_fallback is query_arg",
    ],
    "hash_fallback: ip": [
      '2:38: upstreams[0].hash_fallback: expected "none" while hash_on is none, got "ip"',
    ],
    "hash_on: ip, hash_fallback: ip": [
      '2:51: upstreams[0].hash_fallback: expected something else than hash_on, got "ip"',
    ],
    "hash_on: cookie, hash_on_cookie: c, hash_fallback: ip": [
      '2:74: upstreams[0].hash_fallback: expected "none": a cookie is set when it is absent',
    ],
    "hash_on: header, hash_on_header: a, hash_fallback: header, hash_fallback_header: A": [
      '2:104: upstreams[0].hash_fallback_header: expected another than hash_on_header, got "A"',
    ],
    'hash_on: cookie, hash_on_cookie: "a b"': [
      '2:56: upstreams[0].hash_on_cookie: expected the name of a cookie, got "a b"',
    ],
    "hash_on_cookie_path: /a;b": [
      '2:44: upstreams[0].hash_on_cookie_path: expected a path that starts with "/", without spaces and ;, got "/a;b"',
    ],
    "use_srv_name: true": [
      "2:37: upstreams[0].use_srv_name: use_srv_name is not supported by this version: expected false, got true",
    ],
  };
  for (const [fields, expected] of Object.entries(FAULTY)) {
    test(`is refused as ${fields}`, () => {
      assert.deepEqual(new Set(upstreamFaults(fields)), new Set(expected));
    });
  }
});

describe("an upstream's health checks", () => {
  test("have Kong's defaults, with times in ms", () => {
    const { active, passive, threshold } = upstreamOf(
      "healthchecks: {threshold: 12.5, active: {healthy: {interval: 0.5}}, passive: {unhealthy: {timeouts: 3}}}",
    ).healthchecks;
    assert.equal(threshold, 12.5);
    assert.deepEqual(
      [active?.type, active?.path, active?.timeoutMs, active?.concurrency, active?.headers],
      ["http", "/", 1000, 10, []],
    );
    assert.deepEqual([active?.healthyIntervalMs, active?.unhealthyIntervalMs], [500, 0]);
    assert.deepEqual([...(active?.rules.healthyStatuses ?? [])], [200, 302]);
    assert.deepEqual(
      [...(active?.rules.unhealthyStatuses ?? [])],
      [429, 404, 500, 501, 502, 503, 504, 505],
    );
    assert.deepEqual([...(passive?.unhealthyStatuses ?? [])], [429, 500, 503]);
    assert.equal(passive?.healthyStatuses.size, 19);
    assert.deepEqual(
      [passive?.successes, passive?.httpFailures, passive?.tcpFailures, passive?.timeouts],
      [0, 0, 0, 3],
    );
  });

  test("are read as written", () => {
    const { active } = upstreamOf(`healthchecks: {active: {type: tcp, timeout: 2.5, concurrency: 3,
      http_path: "/up?x=1", headers: {X-A: [a, b], X-B: [c]},
      healthy: {interval: 5, http_statuses: [204], successes: 2},
      unhealthy: {interval: 1, http_statuses: [500], tcp_failures: 4, timeouts: 5, http_failures: 6}}}`).healthchecks;
    assert.deepEqual(active, {
      type: "tcp",
      sni: undefined,
      verifiesCertificate: true,
      path: "/up?x=1",
      timeoutMs: 2500,
      concurrency: 3,
      headers: [
        ["X-A", "a"],
        ["X-A", "b"],
        ["X-B", "c"],
      ],
      healthyIntervalMs: 5000,
      unhealthyIntervalMs: 1000,
      rules: {
        healthyStatuses: new Set([204]),
        unhealthyStatuses: new Set([500]),
        successes: 2,
        httpFailures: 6,
        tcpFailures: 4,
        timeouts: 5,
      },
    });
  });

  test("of type https and grpcs are told which name the certificate must be for", () => {
    for (const type of ["https", "grpcs"]) {
      const { active } = upstreamOf(`healthchecks: {active: {type: ${type}, https_sni: in.test,
        https_verify_certificate: false, healthy: {interval: 5}}}`).healthchecks;
      assert.deepEqual(
        [active?.type, active?.sni, active?.verifiesCertificate],
        [type, "in.test", false],
      );
    }
  });

  test("of type tcp take no status for a failure", () => {
    const { passive } = upstreamOf(
      "healthchecks: {passive: {type: tcp, unhealthy: {http_failures: 1, tcp_failures: 2}}}",
    ).healthchecks;
    assert.deepEqual([passive?.httpFailures, passive?.tcpFailures], [0, 2]);
  });

  const FAULTY: Readonly<Record<string, readonly string[]>> = {
    "active: {helthy: {}}": ['active.helthy: unknown key: did you mean "healthy"?'],
    "active: {healthy: {interval: -1}}": [
      "active.healthy.interval: expected a number of seconds from 0 to 65535, got -1",
    ],
    "active: {timeout: 0}": [
      "active.timeout: expected a number of seconds above 0, at most 65535, got 0",
    ],
    "active: {type: udp}": [
      'active.type: expected one of http, https, tcp, grpc, grpcs, got "udp"',
    ],
    "active: {http_path: up}": [
      'active.http_path: expected a path that starts with "/", without spaces, got "up"',
    ],
    "active: {headers: {Host: [x]}}": [
      "active.headers.Host: expected the upstream's host_header instead",
    ],
    "active: {headers: {Connection: [x]}}": [
      "active.headers.Connection: expected another header: a probe states this one itself",
    ],
    "active: {headers: {Keep-Alive: [x]}}": [
      "active.headers.Keep-Alive: expected another header: this one is about a connection, not about a request",
    ],
    'active: {headers: {X: ["a\\r\\nB: c"]}}': [
      'active.headers.X[0]: expected a value without control characters, got "a\\r\\nB: c"',
    ],
    "active: {unhealthy: {tcp_failures: 256, http_statuses: [99]}}": [
      "active.unhealthy.tcp_failures: expected an integer from 0 to 255, got 256",
      "active.unhealthy.http_statuses[0]: expected an integer from 100 to 999, got 99",
    ],
    "threshold: 101": ["threshold: expected a number from 0 to 100, got 101"],
    'active: {https_sni: "a b"}': ['active.https_sni: expected a host name, got "a b"'],
  };
  for (const [fields, expected] of Object.entries(FAULTY)) {
    test(`are refused as ${fields}`, () => {
      const messages = upstreamFaults(`healthchecks: {${fields}}`).map((line) =>
        line.replace(/^2:\d+: upstreams\[0\]\.healthchecks\./, ""),
      );
      assert.deepEqual(messages.toSorted(), expected.toSorted());
    });
  }
});

describe("an upstream's circuit breaker", () => {
  test("is none unless it is asked for, and then has Resilience4j's defaults", () => {
    assert.equal(upstreamOf("tags: []").circuitBreaker, undefined);
    assert.deepEqual(upstreamOf("circuit_breaker: {}").circuitBreaker, {
      failureRateThreshold: 50,
      slowCallRateThreshold: 100,
      slowCallDurationThresholdMs: 60_000,
      waitDurationInOpenStateMs: 60_000,
      permittedNumberOfCallsInHalfOpenState: 10,
      maxWaitDurationInHalfOpenStateMs: 0,
      slidingWindowType: "COUNT_BASED",
      slidingWindowSize: 100,
      minimumNumberOfCalls: 100,
      automaticTransitionFromOpenToHalfOpenEnabled: false,
      failureStatuses: new Set([500, 502, 503, 504]),
      recordExceptions: undefined,
      ignoreExceptions: new Set(),
      initialState: "closed",
      per: "target",
    });
  });

  test("needs no more calls than a window of calls holds", () => {
    const fields = "sliding_window_size: 5, minimum_number_of_calls: 20";
    const minimum = (type: string): number | undefined =>
      upstreamOf(`circuit_breaker: {sliding_window_type: ${type}, ${fields}}`).circuitBreaker
        ?.minimumNumberOfCalls;
    assert.equal(minimum("COUNT_BASED"), 5);
    assert.equal(minimum("TIME_BASED"), 20);
  });

  test("is refused with faults at their places", () => {
    const messages = upstreamFaults(
      "circuit_breaker: {failure_rate_threshold: 0, sliding_window_type: TIME, failure_rate_treshold: 1}",
    ).map((line) => line.replace(/^2:\d+: upstreams\[0\]\.circuit_breaker\./, ""));
    assert.deepEqual(messages, [
      "failure_rate_threshold: expected a number above 0, at most 100, got 0",
      'sliding_window_type: expected COUNT_BASED or TIME_BASED, got "TIME"',
      'failure_rate_treshold: unknown key: did you mean "failure_rate_threshold"?',
    ]);
  });
});
