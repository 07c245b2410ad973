// Plugins that fail, hang or say nonsense cost their own request 500; the process and all others go on.
import assert from "node:assert/strict";
import { test } from "node:test";

import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { buildGuest } from "../harness/guests.ts";
import { Load } from "../harness/load.ts";
import { access, guest } from "../harness/wat.ts";

const HOST_CALL = (name: string, parameters: string, result: string): string =>
  `(import "extism:host/user" "${name}" (func $${name} (param ${parameters}) ${result}))`;

/** Guests in WebAssembly text, each wrong in its `access` phase. */
const RAW_GUESTS = {
  traps: access("(unreachable)"),
  divides: access("(i32.div_s (i32.const 1) (i32.const 0))"),
  "odd-verdict": access("(i32.const 77)"),
  "says-failed": access("(i32.const -1)"),
  "responds-without": access("(i32.const 1)"),
  "out-of-bounds": access("(i32.load (i32.const 0x7fffffff))"),
  "deep-recursion": `(func $deep (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0))))
    ${access("(call $deep (local.get 0))")}`,
  "grows-memory": access(`
    (loop $more
      (br_if $more (i32.ne (memory.grow (i32.const 256)) (i32.const -1))))
    (i32.const 0)`),
} as const;

/** Guests that call a host function with pointers and numbers that make no sense. */
const HOST_GUESTS = {
  "wild-pointer": {
    imports: HOST_CALL("log", "i32 i32 i32", ""),
    body: access("(call $log (i32.const 1) (i32.const -16) (i32.const 1000000)) (i32.const 0)"),
  },
  "bad-handle": {
    imports: HOST_CALL("property_get", "i32 i32 i32 i32", "(result i32)"),
    body: access(
      `(drop (call $property_get (i32.const 12345678) (i32.const 1) (i32.const 0) (i32.const 10)))
       (i32.const 0)`,
    ),
  },
  "odd-property": {
    imports: HOST_CALL("property_get", "i32 i32 i32 i32", "(result i32)"),
    body: access(
      `(drop (call $property_get (local.get 0) (i32.const 9999) (i32.const 0) (i32.const 10)))
       (i32.const 0)`,
    ),
  },
  "huge-body": {
    imports: HOST_CALL("respond", "i32 i32 i32 i32", "(result i32)"),
    body: access(
      `(drop (call $respond (local.get 0) (i32.const 200) (i32.const 0) (i32.const 0x40000000)))
       (i32.const 1)`,
    ),
  },
} as const;

const MISBEHAVIOURS = [
  "throw",
  "throw-text",
  "reject",
  "loop",
  "recurse",
  "allocate",
  "split-header",
  "bad-status",
  "throw-late",
  "loop-late",
] as const;

const used = useGateway(async ([port = 0]) => {
  const at = (path: string, plugin: Entry): Entry => ({
    name: path,
    url: `http://127.0.0.1:${port}`,
    routes: [{ name: `${path}-route`, paths: [`/${path}`] }],
    plugins: [plugin],
  });
  const raw = { ...RAW_GUESTS, ...HOST_GUESTS };
  const misbehave = [...MISBEHAVIOURS, "throw-in-log", "spam-log", "nothing"];
  return {
    config: config({
      services: [
        ...Object.keys(raw).map((name) => at(name, { name })),
        ...misbehave.map((does) => at(does, { name: "misbehave", config: { does } })),
        { name: "plain", url: `http://127.0.0.1:${port}`, routes: [{ paths: ["/plain"] }] },
      ],
    }),
    plugins: {
      misbehave: await buildGuest("misbehave"),
      ...Object.fromEntries(
        Object.entries(RAW_GUESTS).map(([name, body]) => [name, guest({ name, body })]),
      ),
      ...Object.fromEntries(
        Object.entries(HOST_GUESTS).map(([name, parts]) => [name, guest({ name, ...parts })]),
      ),
    },
  };
});

async function assertFailsAlone(path: string): Promise<void> {
  const load = new Load(used.gateway.proxyPort, "/plain", 2);
  const response = await used.gateway.get(path);
  assert.equal(response.status, 500);
  assert.deepEqual(response.json(), {
    message: "An unexpected error occurred",
    request_id: response.header("x-request-id"),
  });
  assert.equal(response.header("x-injected"), undefined);
  const { responses, failures } = await load.stop();
  assert.deepEqual(failures, []);
  assert.ok(responses.every(({ status }) => status === 200));
  assert.equal((await used.gateway.get("/plain")).status, 200);
  assert.equal((await used.gateway.get("/nothing")).status, 200);
}

for (const does of MISBEHAVIOURS) {
  const id = /loop/.test(does)
    ? "W1"
    : does === "allocate"
      ? "W2"
      : does === "split-header"
        ? "W5"
        : "W3";
  test(`${id} hostile: a TypeScript policy that does "${does}": 500 for its request alone`, async () => {
    await assertFailsAlone(`/${does}`);
    // Once more: what replaced the broken instance fails just as cleanly.
    assert.equal((await used.gateway.get(`/${does}`)).status, 500);
  });
}

for (const name of [
  "traps",
  "divides",
  "odd-verdict",
  "says-failed",
  "out-of-bounds",
  "deep-recursion",
]) {
  test(`W3 hostile: a raw guest that ${name}: 500 for its request alone`, async () => {
    await assertFailsAlone(`/${name}`);
    assert.equal((await used.gateway.get(`/${name}`)).status, 500);
  });
}

for (const name of ["wild-pointer", "huge-body", "responds-without"]) {
  test(`W5 hostile: a raw guest with ${name}: 500 for its request alone`, async () => {
    await assertFailsAlone(`/${name}`);
  });
}

for (const name of ["bad-handle", "odd-property"]) {
  test(`W9 hostile: a raw guest with ${name} gets a fault number and does no harm`, async () => {
    const response = await used.gateway.get(`/${name}`);
    assert.ok([200, 500].includes(response.status));
    assert.equal((await used.gateway.get("/plain")).status, 200);
  });
}

test("W2 hostile: a guest that grows its memory for ever meets a limit", async () => {
  const response = await used.gateway.get("/grows-memory");
  assert.ok([200, 500].includes(response.status));
  assert.equal((await used.gateway.get("/plain")).status, 200);
});

test("W1 hostile: an endless loop ends within its deadline", async () => {
  const start = performance.now();
  await used.gateway.get("/loop");
  assert.ok(performance.now() - start < 3_000);
});

test("W3 hostile: a throw in the log phase does not change the answer", async () => {
  assert.equal((await used.gateway.get("/throw-in-log")).status, 200);
  assert.equal((await used.gateway.get("/plain")).status, 200);
});

test("W6 hostile: a policy that logs twenty thousand lines does not stop the others", async () => {
  const response = await used.gateway.get("/spam-log");
  assert.ok([200, 500].includes(response.status));
  assert.equal((await used.gateway.get("/plain")).status, 200);
});

test("hostile: why a policy failed stands in the log, with the plugin's name, not in the answer", async () => {
  const mark = used.gateway.mark;
  const response = await used.gateway.get("/throw");
  assert.doesNotMatch(response.text, /on purpose/);
  assert.match(await used.gateway.logged(/thrown on purpose/, mark), /misbehave/);
});

test("hostile: errors of a plugin are counted", async () => {
  await used.gateway.get("/throw");
  const { text } = await used.gateway.status("/metrics");
  assert.match(text, /^sluice_plugin_errors_total\{[^}]*"misbehave"[^}]*\} [1-9]/m);
});
