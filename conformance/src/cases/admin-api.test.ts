// POST /config puts a whole config in the place of the one that serves.
import assert from "node:assert/strict";
import { test } from "node:test";

import { config, service } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";

const used = useGateway(([port = 0]) => ({
  config: config({ services: [service("first", port, "/first")] }),
  flags: ["--admin-listen", "127.0.0.1:0"],
}));

function post(body: object, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const [, url] = /admin listening on (\S+)/.exec(used.gateway.log) ?? [];
  return fetch(`${url}/config`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

async function statusOf(path: string): Promise<number> {
  return (await used.gateway.get(path)).status;
}

test("admin: a posted config serves at once, until the file changes", async () => {
  const { port } = used.upstream;
  const posted = config({ services: [service("second", port, "/second")] });
  assert.equal((await post(posted)).status, 201);
  assert.deepEqual([await statusOf("/first"), await statusOf("/second")], [404, 200]);

  await used.gateway.writeConfig(config({ services: [service("third", port, "/third")] }));
  await eventually(async () => ((await statusOf("/third")) === 200 ? true : undefined), "/third");
  assert.equal(await statusOf("/second"), 404);
});

test("admin: a config with faults is 400 with every fault, and changes nothing", async () => {
  const { port } = used.upstream;
  await post(config({ services: [service("first", port, "/first")] }));
  const response = await post({ ...config({}), servises: [], rutes: [] });
  assert.equal(response.status, 400);
  const { errors } = (await response.json()) as { errors: string[] };
  assert.equal(errors.length, 2);
  assert.match(errors.join("\n"), /servises.*services/);
  assert.equal(await statusOf("/first"), 200);
});

test("A7 admin: no route leads there", async () => {
  const { port } = used.upstream;
  const [, digits] = /admin listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(used.gateway.log) ?? [];
  const inward = service("inward", Number(digits), "/");
  await post(config({ services: [service("first", port, "/first"), inward] }));
  const evil = JSON.stringify(config({ services: [service("evil", port, "/evil")] }));
  const answer = await used.gateway.ask(
    `POST /config HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: Via\r\nContent-Length: ${evil.length}\r\n\r\n${evil}`,
  );
  assert.equal(answer.status, 403);
  assert.equal(await statusOf("/first"), 200);
});

test("A3 admin: another site's page cannot post a config", async () => {
  const { port } = used.upstream;
  await post(config({ services: [service("first", port, "/first")] }));
  const evil = config({ services: [service("evil", port, "/evil")] });
  assert.equal((await post(evil, { origin: "http://evil.example" })).status, 403);
  assert.equal((await post(evil, { "content-type": "text/plain" })).status, 415);
  assert.equal(await statusOf("/evil"), 404);
});
