// Guests in WebAssembly text that wait: the end of a phase in another call, and everything that must not work (W5, W9).
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { spawnGateway } from "../harness/gateway.ts";
import { guest } from "../harness/wat.ts";

const HOST = (name: string, parameters: string, result = "(result i32)"): string =>
  `(import "extism:host/user" "${name}" (func $${name} (param ${parameters}) ${result}))`;

const IMPORTS = [
  HOST("property_get", "i32 i32 i32 i32"),
  HOST("field_set", "i32 i32 i32 i32 i32 i32 i32"),
  HOST("respond", "i32 i32 i32 i32"),
  HOST("settle", "i32 i32"),
  HOST("result_read", "i32 i32 i32 i32 i32"),
  HOST("timer_start", "f64 i32"),
].join("\n");

/** What resume does with the request of a call, by the mode of that request. */
const RESUMES: Readonly<Record<string, { readonly mode: number; readonly does: string }>> = {
  settles: { mode: 1, does: "(drop (call $settle (local.get $request) (i32.const 0)))" },
  "settles-twice": {
    mode: 2,
    // The second one must be refused, and does no harm.
    does: `(drop (call $settle (local.get $request) (i32.const 0)))
      (if (i32.ne (call $settle (local.get $request) (i32.const -1)) (i32.const -2))
        (then (unreachable)))`,
  },
  "gives-up": { mode: 3, does: "(return (i32.const -1))" },
  "settles-with-nonsense": {
    mode: 4,
    does: "(drop (call $settle (local.get $request) (i32.const 7)))",
  },
  "responds-without": {
    mode: 5,
    does: "(drop (call $settle (local.get $request) (i32.const 1)))",
  },
  responds: {
    mode: 6,
    does: `(drop (call $respond (local.get $request) (i32.const 201) (i32.const 16) (i32.const 6)))
      (drop (call $settle (local.get $request) (i32.const 1)))`,
  },
  traps: { mode: 7, does: "(unreachable)" },
  "reads-another-result": {
    mode: 8,
    does: `(if (i32.ne (call $result_read (i32.add (local.get $call) (i32.const 1)) (i32.const 0)
          (i32.const 0) (i32.const 64) (i32.const 64)) (i32.const -2)) (then (unreachable)))
      (if (i32.ne (call $result_read (local.get $call) (i32.const 9)
          (i32.const 0) (i32.const 64) (i32.const 64)) (i32.const -2)) (then (unreachable)))
      (drop (call $settle (local.get $request) (i32.const 0)))`,
  },
  "settles-pending": {
    mode: 9,
    does: "(drop (call $settle (local.get $request) (i32.const 2)))",
  },
  "never-settles": { mode: 10, does: "" },
};

/** A mode's own call comes back before the next request is sent, so that one global is enough for the mode. */
const WAITS = `
  (data (i32.const 16) "x-late")
  (global $mode (mut i32) (i32.const 0))
  (global $waiting (mut i32) (i32.const 0))
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func (export "sluice_access") (param $request i32) (param i32) (result i32) (local $mode i32)
    (local.set $mode (call $property_get (local.get $request) (i32.const 3) (i32.const 0) (i32.const 0)))
    ;; Waits for nothing.
    (if (i32.eq (local.get $mode) (i32.const 20)) (then (return (i32.const 2))))
    ;; Waits for a long time, and is remembered.
    (if (i32.eq (local.get $mode) (i32.const 21)) (then
      (global.set $waiting (local.get $request))
      (drop (call $timer_start (f64.const 50000) (i32.const 0)))
      (return (i32.const 2))))
    ;; Changes and ends the one that is remembered.
    (if (i32.eq (local.get $mode) (i32.const 22)) (then
      (drop (call $field_set (global.get $waiting) (i32.const 0) (i32.const 16) (i32.const 6)
        (i32.const 16) (i32.const 6) (i32.const 0)))
      (drop (call $settle (global.get $waiting) (i32.const 0)))
      (return (i32.const 0))))
    ;; 200 while the remembered one is there, 500 when its handle is not good any more.
    (if (i32.eq (local.get $mode) (i32.const 23)) (then
      (return (select (i32.const -1) (i32.const 0)
        (i32.eq (i32.const -2)
          (call $property_get (global.get $waiting) (i32.const 1) (i32.const 0) (i32.const 0)))))))
    (if (i32.eqz (local.get $mode)) (then (return (i32.const 0))))
    (global.set $mode (local.get $mode))
    (global.set $waiting (local.get $request))
    (drop (call $timer_start (f64.const 1) (i32.const 0)))
    (i32.const 2))
  (func (export "sluice_resume") (param $call i32) (param i32) (result i32) (local $request i32)
    (local.set $request (global.get $waiting))
    ${Object.values(RESUMES)
      .map(
        ({ mode, does }) =>
          `(if (i32.eq (global.get $mode) (i32.const ${mode})) (then ${does} (return (i32.const 0))))`,
      )
      .join("\n")}
    (i32.const 0))`;

const NO_RESUME = `
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func (export "sluice_access") (param i32 i32) (result i32) (i32.const 2))`;

/** Waits in a phase that cannot. */
const waitsIn = (phase: string, parameters: string): string => `
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func (export "sluice_resume") (param i32 i32) (result i32) (i32.const 0))
  (func (export "sluice_${phase}") (param ${parameters}) (result i32) (i32.const 2))`;

const used = useGateway(([port = 0]) => {
  const at = (name: string): Entry => ({
    name,
    url: `http://127.0.0.1:${port}`,
    routes: [{ name: `${name}-route`, paths: [`/${name}`] }],
    plugins: [{ name }],
  });
  return {
    config: config({ services: [at("waits"), at("no-resume"), at("waits-in-body")] }),
    plugins: {
      waits: guest({ name: "waits", imports: IMPORTS, body: WAITS }),
      "no-resume": guest({ name: "no-resume", body: NO_RESUME }),
      "waits-in-body": guest({
        name: "waits-in-body",
        body: waitsIn("request_body", "i32 i32 i32 i32"),
        manifest: { phases: ["request_body"] },
      }),
    },
  };
});

function path(mode: number): string {
  return `/waits?${"x".repeat(mode)}`;
}

async function statusOf(mode: number): Promise<number> {
  return (await used.gateway.get(path(mode))).status;
}

for (const [name, status] of Object.entries({
  settles: 200,
  "settles-twice": 200,
  responds: 201,
  "reads-another-result": 200,
  "gives-up": 500,
  "settles-with-nonsense": 500,
  "settles-pending": 500,
  "responds-without": 500,
  traps: 500,
  "never-settles": 500,
})) {
  test(`W9 abi: a guest that ${name} in resume: ${status}, and the next request is served`, async () => {
    const mode = RESUMES[name]?.mode ?? 0;
    for (let count = 0; count < 2; count++) assert.equal(await statusOf(mode), status);
    assert.equal(await statusOf(0), 200);
  });
}

test("W9 abi: a guest that waits for nothing fails at once", async () => {
  assert.equal(await statusOf(20), 500);
  assert.equal(await statusOf(0), 200);
});

test("W9 abi: a phase that waits can be changed and settled in another request's call", async () => {
  const waiting = await connect(used.gateway.proxyPort);
  waiting.send(get(path(21)));
  // There is nothing to see of a request that waits but that another one finds it.
  await eventually(async () => ((await statusOf(23)) === 200 ? true : undefined), "the wait");
  const hasArrived = used.upstream.requests.some(
    ({ target }) => target.split("?")[1]?.length === 21,
  );
  assert.equal(hasArrived, false);
  assert.equal(await statusOf(22), 200);
  assert.equal((await waiting.response()).status, 200);
  const late = used.upstream.requests.find((request) => request.header("x-late") !== undefined);
  assert.equal(late?.header("x-late"), "x-late");
  waiting.abort();
});

test("W9 abi: the handle of a request that waits is no good when its client is gone", async () => {
  const waiting = await connect(used.gateway.proxyPort);
  waiting.send(get(path(21)));
  await eventually(async () => ((await statusOf(23)) === 200 ? true : undefined), "the wait");
  waiting.abort();
  await eventually(async () => ((await statusOf(23)) === 500 ? true : undefined), "its end");
  assert.equal(await statusOf(0), 200);
});

test("W9 abi: a guest without resume cannot wait", async () => {
  assert.equal((await used.gateway.get("/no-resume")).status, 500);
});

test("W9 abi: a phase of a body cannot wait", async () => {
  const head = "POST /waits-in-body HTTP/1.1\r\nHost: gw\r\nContent-Length: 3\r\n\r\nabc";
  assert.equal((await used.gateway.ask(head)).status, 500);
  assert.equal(await statusOf(0), 200);
});

test("W9 abi: configure cannot wait", async () => {
  const waits = guest({
    name: "waits-early",
    body: `
      (func (export "sluice_configure") (param i32) (result i32) (i32.const 2))
      (func (export "sluice_resume") (param i32 i32) (result i32) (i32.const 0))
      (func (export "sluice_access") (param i32 i32) (result i32) (i32.const 0))`,
  });
  const gateway = await spawnGateway({
    config: config({ plugins: [{ name: "waits-early" }] }),
    plugins: { "waits-early": waits },
  });
  assert.equal(await gateway.ended(), 1);
  assert.match(gateway.log, /waits-early/);
});
