// The order of a route's plugins: priorities, `ordering` and `plugin_order`; and what has no order is no config.
import assert from "node:assert/strict";
import { test } from "node:test";

import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { markingGuest } from "../harness/marking-guest.ts";
import { sluice } from "../harness/runtime.ts";
import { useScratch } from "../harness/scratch.ts";

const PRIORITIES = { high: 300, mid: 200, low: 100, twin: 100, loner: 50 } as const;

const GUESTS = Object.fromEntries(
  Object.entries(PRIORITIES).map(([name, priority]) => [name, markingGuest({ name, priority })]),
);

/** A route at `/NAME` with these plugins. */
function route(name: string, plugins: readonly Entry[], more: Entry = {}): Entry {
  return { name, paths: [`/${name}`], plugins, ...more };
}

const before = (...access: readonly string[]): Entry => ({ ordering: { before: { access } } });
const after = (...access: readonly string[]): Entry => ({ ordering: { after: { access } } });

const THREE: readonly Entry[] = [{ name: "low" }, { name: "high" }, { name: "mid" }];

const used = useGateway(([port = 0]) => ({
  config: config({
    services: [
      {
        name: "all",
        url: `http://127.0.0.1:${port}`,
        plugins: [{ name: "loner", ...before("high") }],
        routes: [
          route("priorities", [...THREE, { name: "loner" }]),
          route("service", THREE),
          route("before", [
            { name: "low", ...before("mid") },
            ...THREE.slice(1),
            { name: "loner" },
          ]),
          route("after", [
            ...THREE.slice(0, 2),
            { name: "mid", ...after("low") },
            { name: "loner" },
          ]),
          route("explicit", [...THREE, { name: "loner" }], { plugin_order: ["low", "mid"] }),
          route("twins", [{ name: "twin" }, { name: "low" }, { name: "loner" }], {
            plugin_order: ["twin"],
          }),
        ],
      },
    ],
  }),
  plugins: GUESTS,
}));

const ORDERS: Readonly<Record<string, readonly string[]>> = {
  priorities: ["high", "mid", "low", "loner"],
  service: ["loner", "high", "mid", "low"],
  before: ["high", "low", "mid", "loner"],
  after: ["high", "low", "mid", "loner"],
  explicit: ["low", "mid", "high", "loner"],
  twins: ["twin", "low", "loner"],
};

for (const [name, order] of Object.entries(ORDERS)) {
  test(`order: /${name} runs ${order.join(", ")} in every phase`, async () => {
    const { mark } = used.gateway;
    const response = await used.gateway.get(`/${name}`);
    assert.deepEqual((await used.upstream.request()).all("x-access"), order);
    assert.deepEqual(response.all("x-filter"), order);
    await used.gateway.logged(new RegExp(`"${order.at(-1)}"`), mark);
    const logged = used.gateway.log
      .slice(mark)
      .split("\n")
      .flatMap((line) => /"plugin":"(\w+)"/.exec(line)?.[1] ?? []);
    assert.deepEqual(logged, order);
  });
}

const scratch = await useScratch();

async function check(yaml: string): Promise<{ code: number | null; lines: string[] }> {
  const file = await scratch.write("gateway.yaml", `_format_version: "3.0"\n${yaml}`);
  for (const [name, bytes] of Object.entries(GUESTS)) {
    await scratch.write(`plugins/${name}.wasm`, bytes);
  }
  const args = ["check", "--plugins-dir", scratch.path("plugins"), file];
  const { code, stderr } = await sluice(args);
  const lines = stderr.split("\n").filter((line) => line !== "");
  return { code, lines: lines.map((line) => line.replace(`${file}:`, "")) };
}

test("order: two plugins of one priority that nothing tells apart are an error that names them", async () => {
  const { code, lines } = await check(`routes:
- name: tied
  paths: [/a]
  plugins: [{ name: low }]
- paths: [/b]
  plugins: [{ name: low, ordering: { after: { access: [twin] } } }]
- paths: [/c]
plugins:
- name: twin
`);
  assert.equal(code, 1);
  assert.deepEqual(lines, [
    '10:3: plugins[0]: route "tied": the plugins "low" (routes[0].plugins[0]) and "twin" (plugins[0]) have the same ' +
      "priority, 100, and nothing says which runs first: say so in the route's plugin_order, or with ordering in " +
      "one of the entries",
  ]);
});

test("order: a circle is an error that says who put each plugin before which", async () => {
  const { code, lines } = await check(`routes:
- paths: [/a]
  name: round
- paths: [/b]
plugins:
- name: high
  ordering: { after: { access: [low] } }
- name: low
  ordering: { after: { access: [high] } }
`);
  assert.equal(code, 1);
  assert.deepEqual(lines, [
    '9:3: plugins[1]: route "round" and 2 more: the plugins have no order: "low" (plugins[1]) before "high" ' +
      '(plugins[0]) by plugins[0].ordering, "high" (plugins[0]) before "low" (plugins[1]) by plugins[1].ordering',
  ]);
});

test("order: names of plugins that are not there are errors with the nearest name", async () => {
  const { code, lines } = await check(`routes:
- paths: [/a]
  plugin_order: [low, hihg]
  plugins:
  - name: low
  - name: high
    ordering: { before: { access: [medium, midd] } }
`);
  assert.equal(code, 1);
  assert.deepEqual(lines, [
    '4:23: routes[0].plugin_order[1]: the route has no plugin "hihg": did you mean "high"?',
    '8:36: routes[0].plugins[1].ordering.before.access[0]: there is no plugin "medium"',
    '8:44: routes[0].plugins[1].ordering.before.access[1]: there is no plugin "midd": did you mean "mid"?',
  ]);
});

test("order: the bundled plugins can all be in one chain", async () => {
  const { code, lines } = await check(`routes: [{ paths: [/a] }]
plugins:
- name: correlation-id
- name: key-auth
- name: rate-limiting
  config: { minute: 5, policy: local }
- name: file-log
  config: { path: ${JSON.stringify(scratch.path("all.log"))} }
`);
  assert.deepEqual([code, lines], [0, []]);
});
