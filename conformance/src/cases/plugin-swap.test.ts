// A plugin's .wasm is replaced while requests flow: none fails, and what is broken never gets to serve.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, test } from "node:test";

import { config, service } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { buildGuest } from "../harness/guests.ts";
import { Load } from "../harness/load.ts";
import { guest } from "../harness/wat.ts";
import { swapUnderLoad } from "../soak/swaps.ts";

/** The promise is one second; the rest is for a busy machine. */
const SWAP_LIMIT_MS = 1_500;

const used = useGateway(async ([port = 0]) => ({
  config: config({ services: [service("all", port, "/", { plugins: [{ name: "versioned" }] })] }),
  plugins: { versioned: await buildGuest("versioned-one") },
}));

async function servedVersion(): Promise<string | undefined> {
  return (await used.gateway.get("/v")).header("x-access-version");
}

async function untilVersion(version: string): Promise<void> {
  await eventually(
    async () => ((await servedVersion()) === version ? true : undefined),
    `version ${version} serving; log:\n${used.gateway.log}`,
    SWAP_LIMIT_MS,
  );
}

beforeEach(async () => {
  if ((await servedVersion()) === "one") return;
  await used.gateway.writePlugin("versioned", await buildGuest("versioned-one"));
  await untilVersion("one");
});

test("W10 swap: under load a new .wasm takes over within a second and no request fails", async () => {
  const load = new Load(used.gateway.proxyPort, "/v", 8);
  await eventually(() => (load.responses.length > 200 ? true : undefined), "load before the swap");
  await used.gateway.writePlugin("versioned", await buildGuest("versioned-two"));
  await untilVersion("two");
  const atSwap = load.responses.length;
  await eventually(
    () => (load.responses.length > atSwap + 200 ? true : undefined),
    "load after it",
  );
  const { responses, failures } = await load.stop();
  assert.deepEqual(failures, []);
  assert.deepEqual([...new Set(responses.map(({ status }) => status))], [200]);
  assert.equal(responses[0]?.header("x-access-version"), "one");
  assert.equal(responses.at(-1)?.header("x-access-version"), "two");
});

test("W10 swap: thirty swaps under load fail no request and leave no instance behind", async () => {
  const { failures, mixed, instances } = await swapUnderLoad(used.gateway, 30);
  assert.deepEqual(failures, []);
  assert.equal(mixed, 0);
  assert.equal(instances[1], instances[0]);
});

test("W10 swap: each request ends on the version that it began with", async () => {
  const load = new Load(used.gateway.proxyPort, "/v", 8);
  for (const version of ["two", "one", "two"]) {
    await used.gateway.writePlugin("versioned", await buildGuest(`versioned-${version}`));
    await untilVersion(version);
  }
  const { responses, failures } = await load.stop();
  assert.deepEqual(failures, []);
  for (const response of responses) {
    assert.equal(response.header("x-filter-version"), response.header("x-access-version"));
  }
});

test("W10 swap: a request that waits for its upstream ends on the old version", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  used.upstream.answer = (request, connection) => {
    void (request.target === "/slow" ? released : Promise.resolve()).then(() =>
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    );
  };
  const slow = used.gateway.get("/slow");
  await used.upstream.until(
    () => used.upstream.requests.some(({ target }) => target === "/slow"),
    "the slow request",
  );
  await used.gateway.writePlugin("versioned", await buildGuest("versioned-two"));
  await untilVersion("two");
  release();
  const response = await slow;
  assert.equal(response.header("x-access-version"), "one");
  assert.equal(response.header("x-filter-version"), "one");
});

interface Broken {
  readonly what: string;
  readonly bytes: () => Uint8Array | Promise<Uint8Array>;
}

const BROKEN: readonly Broken[] = [
  { what: "W4 a file that is no WASM", bytes: () => Buffer.from("#!/bin/sh\necho no wasm\n") },
  { what: "W4 an empty file", bytes: () => new Uint8Array() },
  {
    what: "W4 a WASM that is cut short",
    bytes: async () => (await buildGuest("versioned-two")).subarray(0, 20_000),
  },
  { what: "W4 another ABI version", bytes: () => guest({ name: "versioned", abiVersion: 999 }) },
  {
    what: "W4 a missing import",
    bytes: () =>
      guest({
        name: "versioned",
        imports: '(import "extism:host/user" "no_such_function" (func (param i32)))',
      }),
  },
  {
    what: "W3 a trap at start",
    bytes: () => guest({ name: "versioned", body: "(func $boom (unreachable)) (start $boom)" }),
  },
  {
    what: "a config that the entries do not satisfy",
    bytes: () => buildGuest("versioned-other-config"),
  },
];

for (const { what, bytes } of BROKEN) {
  test(`swap: ${what}: refused with a log line that says why, and the old one keeps serving`, async () => {
    const mark = used.gateway.mark;
    const load = new Load(used.gateway.proxyPort, "/v", 2);
    await used.gateway.writePlugin("versioned", await bytes());
    await used.gateway.logged(/versioned/, mark);
    assert.equal(await servedVersion(), "one");
    const { responses, failures } = await load.stop();
    assert.deepEqual(failures, []);
    assert.ok(responses.every((response) => response.header("x-access-version") === "one"));
    assert.equal((await used.gateway.status("/health/live")).status, 200);
    await used.gateway.writePlugin("versioned", await buildGuest("versioned-two"));
    await untilVersion("two");
  });
}

test("G8 swap: a file that is written in two halves ends up serving whole", async () => {
  const bytes = await buildGuest("versioned-two");
  const path = join(used.gateway.pluginsFolder, "versioned.wasm");
  await writeFile(path, bytes.subarray(0, bytes.length / 2));
  assert.equal(await servedVersion(), "one");
  await writeFile(path, bytes);
  await untilVersion("two");
});
