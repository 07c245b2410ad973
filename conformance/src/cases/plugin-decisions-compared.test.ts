// The same requests through policies whose decisions are repeated, and through the same ones that are called each time.
import assert from "node:assert/strict";
import { test } from "node:test";

import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { parseMetrics, total } from "../harness/metrics.ts";

/** All of them go by the request, and what is left of a quota, alone. */
const POLICIES: readonly Entry[] = [
  { name: "cors", config: { origins: ["https://a.example", "https://c.example"] } },
  { name: "key-auth", config: { hide_credentials: true, key_names: ["apikey", "x-key"] } },
  { name: "acl", config: { deny: ["banned"] } },
  { name: "rate-limiting", config: { month: 17, year: 18, ietf_headers: true } },
  {
    name: "request-transformer",
    config: {
      remove: { headers: ["X-Debug"], querystring: ["debug"] },
      rename: { headers: ["X-Old:X-New"] },
      replace: { headers: ["X-Mode:replaced"] },
      add: { headers: ["X-Team:none", "X-Echo:$(headers.x-old)"] },
      append: { headers: ["X-Trail:$(query_params.a)"] },
    },
  },
];

const used = useGateway(([port = 0]) => ({
  config: {
    ...config({
      services: [
        service("repeated", port, "/repeated", { plugins: POLICIES }),
        // Whoever has an instance for each request is called for each.
        service("each-one", port, "/each-one", {
          plugins: POLICIES.map((policy) => ({ ...policy, isolation: "request" })),
        }),
      ],
    }),
    consumers: [
      {
        username: "alice",
        keyauth_credentials: [{ key: "alice-key" }],
        acls: [{ group: "staff" }],
      },
      { username: "bob", keyauth_credentials: [{ key: "bob-key" }], acls: [{ group: "banned" }] },
    ],
  },
}));

test("decisions: of 80 requests each comes to the same as with a call", async () => {
  const choice = chooser(7);
  const statuses = new Set<number>();
  for (let count = 0; count < 80; count++) {
    const [path, lines] = anyRequest(choice);
    const [repeated, called] = [
      await outcome(`/repeated${path}`, lines),
      await outcome(`/each-one${path}`, lines),
    ];
    assert.deepEqual(repeated, called, `${path} ${lines.join(" | ")}`);
    statuses.add(repeated.status);
  }
  assert.deepEqual(
    [...statuses].sort((a, b) => a - b),
    [200, 401, 403, 429],
  );
  const metrics = parseMetrics((await used.gateway.status("/metrics")).text);
  for (const plugin of ["key-auth", "cors", "acl", "rate-limiting", "request-transformer"]) {
    const repeats = total(metrics, "sluice_plugin_remembered_total", { plugin });
    assert.ok(repeats > 3, `${plugin}: ${repeats} repeats`);
  }
});

/** Always the same numbers below a bound: mulberry32. */
function chooser(seed: number): <Value>(values: readonly Value[]) => Value {
  let state = seed;
  return (values) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return values[((mixed ^ (mixed >>> 14)) >>> 0) % values.length] as never; // There is one.
  };
}

/** Few values of each, so that many requests are alike. */
const LINES: readonly (readonly string[])[] = [
  [
    "apikey: alice-key",
    "apikey: alice-key",
    "apikey: bob-key",
    "apikey: nobody",
    "X-Key: alice-key",
    "",
  ],
  ["", "", "Origin: https://a.example", "Origin: https://b.example", "Origin: https://c.example"],
  ["", "", "X-Old: 1", "X-Old: 2", "X-Old: 1\r\nX-Old: 2", "X-New: 3"],
  ["", "X-Debug: 1", "X-Mode: on", "X-Team: blue"],
];

function anyRequest(choice: ReturnType<typeof chooser>): [path: string, lines: string[]] {
  const lines = LINES.map((each) => choice(each)).filter((line) => line !== "");
  return [choice(["", "/x", "?a=1", "?a=2&debug=1", "?debug=1", "?apikey=alice-key"]), lines];
}

interface Outcome {
  readonly status: number;
  readonly headers: readonly string[];
  /** Of the upstream's request, if there was one. */
  readonly target: string | undefined;
  readonly sent: readonly string[] | undefined;
}

/** What the client gets and what the upstream got, but for what each request has of its own. */
async function outcome(path: string, lines: readonly string[]): Promise<Outcome> {
  const seen = used.upstream.requests.length;
  const answer = await used.gateway.get(path, ...lines);
  const sent = used.upstream.requests[seen];
  return {
    status: answer.status,
    headers: without(answer.headers),
    target: sent?.target.replace(/^\/(?:repeated|each-one)/, ""),
    sent: sent && without(sent.headers),
  };
}

function without(headers: readonly (readonly [string, string])[]): string[] {
  const own =
    /^(?:date|x-request-id|x-forwarded-path|x-kong-.*|x-sluice-.*|content-length|ratelimit-reset|retry-after)$/i;
  return headers
    .filter(([name]) => !own.test(name))
    .map(([name, value]) => `${name}: ${value.replaceAll(/;t=\d+/g, "")}`);
}
