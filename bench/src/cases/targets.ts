// What an upstream's care for its targets costs while nothing goes wrong: three targets that are checked, broken off and
// retried by rules, against a service with one address and none of that.
import { writeFileSync } from "node:fs";
import type { LoadCase } from "../load-case.ts";
import { coreEach, smallGet } from "../load-case.ts";
import { sluice } from "../peer-list.ts";
import type { ProxySpec } from "../proxies.ts";
import type { Runtime } from "../sluice.ts";
import { RUNTIMES } from "../sluice.ts";
import { findFaults } from "../verify.ts";

export const targetsCase: LoadCase = {
  id: "targets",
  title: "Targets",
  proxies: RUNTIMES.flatMap((runtime) => [plain(runtime), cared(runtime)]),
  base: { title: "a plain service", rowId: ({ peer }) => `${peer}-plain` },
  warmsUpEachTurn: true,
  placement: coreEach,
  load: smallGet,
  verify: (_, proxy) => findFaults(proxy),
};

function plain(runtime: Runtime): ProxySpec {
  const spec = sluice(runtime, { variant: "-plain" });
  return { ...spec, title: `${spec.title}, a plain service` };
}

function cared(runtime: Runtime): ProxySpec {
  const spec = sluice(runtime, {
    variant: "-upstream",
    // All are the same program: what it costs the proxy is what is measured.
    writeConfig: (path, port) => {
      const targets = [1, 2, 3].map((host) => `127.0.0.${host}:${port}`);
      writeFileSync(path, JSON.stringify(caredConfig(targets)));
    },
  });
  return { ...spec, title: `${spec.title}, 3 targets, checks, breaker, retries` };
}

/** Everything on that watches over targets, as an operator of an important service sets it. */
export function caredConfig(targets: readonly string[]): unknown {
  return {
    _format_version: "3.0",
    upstreams: [
      {
        name: "pool",
        targets: targets.map((target) => ({ target })),
        healthchecks: {
          active: {
            timeout: 0.5,
            healthy: { interval: 0.5, successes: 1 },
            unhealthy: { interval: 0.2, tcp_failures: 1, http_failures: 1, timeouts: 1 },
          },
          passive: { unhealthy: { tcp_failures: 1, timeouts: 2, http_failures: 5 } },
        },
        circuit_breaker: {
          sliding_window_size: 100,
          minimum_number_of_calls: 20,
          wait_duration_in_open_state: 500,
        },
      },
    ],
    services: [
      {
        name: "bench",
        host: "pool",
        retry_policy: {
          retry_on: ["connect-failure", "reset", "gateway-error"],
          num_retries: 2,
          per_try_timeout: 1000,
        },
        routes: [{ name: "all", paths: ["/"] }],
      },
    ],
  };
}
