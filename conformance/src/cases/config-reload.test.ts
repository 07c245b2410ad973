// A changed config file is live within a second; a broken one changes nothing and says why.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { Load } from "../harness/load.ts";
import { reply } from "../harness/upstream.ts";

/** The promise is one second; the rest is for a busy machine. */
const RELOAD_LIMIT_MS = 1_500;

const used = useGateway(([port = 0]) => ({ config: initial(port) }));

function initial(port: number): Entry {
  return config({ services: [service("first", port, "/first")] });
}

async function untilStatus(path: string, status: number): Promise<void> {
  await eventually(
    async () => ((await used.gateway.get(path)).status === status ? true : undefined),
    `${status} at ${path}; log:\n${used.gateway.log}`,
    RELOAD_LIMIT_MS,
  );
}

beforeEach(async () => {
  await used.gateway.writeConfig(initial(used.upstream.port));
  await untilStatus("/first", 200);
  await untilStatus("/second", 404);
});

test("reload: a new route serves within a second, and a removed one is gone", async () => {
  await used.gateway.writeConfig(
    config({ services: [service("second", used.upstream.port, "/second")] }),
  );
  await untilStatus("/second", 200);
  assert.equal((await used.gateway.get("/first")).status, 404);
});

test("reload: a new policy applies within a second", async () => {
  await used.gateway.writeConfig(
    config({
      services: [
        service("first", used.upstream.port, "/first", { plugins: [{ name: "key-auth" }] }),
      ],
    }),
  );
  await untilStatus("/first", 401);
});

test("reload: SIGHUP reads the file again", async () => {
  await used.gateway.writeConfig(
    config({ services: [service("second", used.upstream.port, "/second")] }),
  );
  used.gateway.process.kill("SIGHUP");
  await untilStatus("/second", 200);
});

test("G7 reload: under load no request fails", async () => {
  const load = new Load(used.gateway.proxyPort, "/first", 8);
  for (const name of ["a", "b", "c"]) {
    await used.gateway.writeConfig(
      config({
        services: [
          service("first", used.upstream.port, "/first"),
          service(name, used.upstream.port, `/${name}`),
        ],
      }),
    );
    await untilStatus(`/${name}`, 200);
  }
  const { responses, failures } = await load.stop();
  assert.deepEqual(failures, []);
  assert.deepEqual([...new Set(responses.map(({ status }) => status))], [200]);
  assert.ok(responses.length > 100);
});

test("W10 reload: a request that is under way ends on the config that it began with", async () => {
  let release = (): void => {};
  used.upstream.answer = (request, connection) => {
    if (request.target === "/first/slow")
      release = () => void connection.send(reply("200 OK", "old"));
    else connection.send(reply("200 OK", "ok"));
  };
  const slow = used.gateway.get("/first/slow");
  await used.upstream.until(
    () => used.upstream.requests.some(({ target }) => target === "/first/slow"),
    "the slow request",
  );
  await used.gateway.writeConfig(
    config({ services: [service("second", used.upstream.port, "/second")] }),
  );
  await untilStatus("/second", 200);
  release();
  assert.equal((await slow).text, "old");
});

for (const [what, text] of [
  ["G1 a syntax error", "_format_version: [3.0"],
  ["G2 an unknown key", '_format_version: "3.0"\nservises: []\n'],
  ["G2 a wrong type", '_format_version: "3.0"\nservices: 5\n'],
  [
    "G2 a plugin that does not exist",
    '_format_version: "3.0"\nplugins:\n  - name: no-such-plugin\n',
  ],
  ["G8 an empty file", ""],
]) {
  test(`G9 reload: ${what} is refused with a log line that has the place, and the old config serves`, async () => {
    const mark = used.gateway.mark;
    await used.gateway.writeConfig(text ?? "");
    await used.gateway.logged(/gateway\.yaml:\d+:\d+/, mark);
    assert.equal((await used.gateway.get("/first")).status, 200);
    assert.equal((await used.gateway.status("/health/live")).status, 200);
  });
}

test("G9 reload: nothing of a config with one fault is applied", async () => {
  const mark = used.gateway.mark;
  await used.gateway.writeConfig(
    config({
      services: [service("second", used.upstream.port, "/second")],
      plugins: [{ name: "no-such-plugin" }],
    }),
  );
  await used.gateway.logged(/no-such-plugin/, mark);
  assert.equal((await used.gateway.get("/second")).status, 404);
  assert.equal((await used.gateway.get("/first")).status, 200);
});

test("reload: counters outlive it", async () => {
  const limited = (extra: readonly Entry[]): Entry =>
    config({
      services: [
        service("first", used.upstream.port, "/first"),
        service("limited", used.upstream.port, "/limited", {
          plugins: [{ name: "rate-limiting", config: { hour: 2, policy: "local" } }],
        }),
        ...extra,
      ],
    });
  await used.gateway.writeConfig(limited([]));
  await untilStatus("/limited", 200);
  await used.gateway.get("/limited");
  await used.gateway.writeConfig(limited([service("second", used.upstream.port, "/second")]));
  await untilStatus("/second", 200);
  assert.equal((await used.gateway.get("/limited")).status, 429);
});
