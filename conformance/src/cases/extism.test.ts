// Plain Extism plugins, JSON in and JSON out: what plugin-sdk/EXTISM.md promises, and what hostile ones may not do.
import assert from "node:assert/strict";
import { test } from "node:test";

import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { startGateway } from "../harness/gateway.ts";
import { buildAssemblyScript } from "../harness/languages.ts";
import { Load } from "../harness/load.ts";
import { assemble } from "../harness/wat.ts";

const EXAMPLE = "plugin-sdk/assemblyscript/example/extism-policy";
const ASC_OPTIONS = ["--exportStart", "_initialize", "--use", "abort=", "-O3"];

const ENV = "extism:host/env";

/** A module with the kernel functions that the instructions use. */
function extism(instructions: string, more = ""): Uint8Array<ArrayBuffer> {
  return assemble(`(module
    (import "${ENV}" "alloc" (func $alloc (param i64) (result i64)))
    (import "${ENV}" "store_u8" (func $store_u8 (param i64 i32)))
    (import "${ENV}" "load_u64" (func $load_u64 (param i64) (result i64)))
    (import "${ENV}" "input_load_u64" (func $input_load_u64 (param i64) (result i64)))
    (import "${ENV}" "output_set" (func $output_set (param i64 i64)))
    (import "${ENV}" "error_set" (func $error_set (param i64)))
    (import "${ENV}" "var_set" (func $var_set (param i64 i64)))
    (import "${ENV}" "log_info" (func $log_info (param i64)))
    (memory (export "memory") 1)
    ${more}
    (func $write (param $length i32) (local $at i32) (local $block i64)
      (local.set $block (call $alloc (i64.extend_i32_u (local.get $length))))
      (loop $next
        (if (i32.lt_u (local.get $at) (local.get $length)) (then
          (call $store_u8
            (i64.add (local.get $block) (i64.extend_i32_u (local.get $at)))
            (i32.load8_u (local.get $at)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next))))
      (call $output_set (local.get $block) (i64.extend_i32_u (local.get $length))))
    (func (export "access") (result i32) (local $block i64) ${instructions} (i32.const 0))
  )`);
}

/** A plugin whose output is this text. */
function saying(output: string): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(output, "latin1");
  const data = [...bytes].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
  return extism(`(call $write (i32.const ${bytes.length}))`, `(data (i32.const 0) "${data}")`);
}

const set = (name: string, value: string): string =>
  JSON.stringify({ response: { headers: { set: [[name, value]] } } });

/** Fail: 500 for their request, and nothing else. */
const HOSTILE: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "says-no-json": saying("nothing"),
  "says-no-utf8": saying('{"response":{"headers":{"set":[["X-A","\xff\xfe"]]}}}'),
  "splits-the-response": saying(set("X-A", "a\r\nX-Injected: b")),
  "sets-a-gateway-field": saying(set("X-Forwarded-For", "1.1.1.1")),
  "sets-the-framing": saying(set("Transfer-Encoding", "chunked")),
  "says-unknown-things": saying('{"respnd":{}}'),
  "answers-with-a-wrong-status": saying('{"respond":{"status":1000}}'),
  "output-outside": extism("(call $output_set (i64.const 0x7fffffffffff) (i64.const 100))"),
  "output-longer-than-block": extism(
    "(call $output_set (call $alloc (i64.const 4)) (i64.const 67108864))",
  ),
  "output-of-64-mb": extism(
    "(call $output_set (call $alloc (i64.const 67108864)) (i64.const 67108864))",
  ),
  "loads-outside": extism("(drop (call $load_u64 (i64.const -8)))"),
  "reads-behind-the-input": extism("(drop (call $input_load_u64 (i64.const 1000000)))"),
  "stores-outside": extism("(call $store_u8 (i64.const 0x100000000) (i32.const 1))"),
  traps: extism("(unreachable)"),
  recurses: extism("(call $deep)", "(func $deep (call $deep))"),
  loops: extism("(loop $again (br $again))"),
  "fills-variables": extism(`
    (loop $again
      (call $var_set (local.tee $block (call $alloc (i64.const 1048577))) (local.get $block))
      (br $again))`),
};

/** Do no harm. */
const ODD: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "asks-for-too-much": extism(`
    (drop (call $alloc (i64.const -1)))
    (drop (call $alloc (i64.const 0x7fffffffffffffff)))
    (local.set $block (i64.const 1))
    (loop $again
      (if (i64.ne (call $alloc (i64.const 200000000)) (i64.const 0)) (then (br $again))))`),
  "takes-all-blocks": extism(`
    (loop $again (br_if $again (i64.ne (call $alloc (i64.const 0)) (i64.const 0))))`),
  "sets-an-odd-error": extism("(call $error_set (i64.const 0x123456789))"),
  "logs-nothing": extism("(call $log_info (i64.const 99999))"),
  "says-nothing": extism(""),
};

/** Refused when they are loaded: the process must not even blink (F4). */
const REFUSED: Readonly<Record<string, readonly [Uint8Array<ArrayBuffer>, RegExp]>> = {
  "wants-wasi": [
    assemble(`(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
      (memory (export "memory") 1) (func (export "access") (result i32) (i32.const 0)))`),
    /no WASI/,
  ],
  "wants-the-network": [
    assemble(`(module (import "${ENV}" "http_request" (func (param i64 i64) (result i64)))
      (memory (export "memory") 1) (func (export "access") (result i32) (i32.const 0)))`),
    /no network/,
  ],
  "wants-something-unknown": [
    assemble(`(module (import "${ENV}" "frobnicate" (func))
      (memory (export "memory") 1) (func (export "access") (result i32) (i32.const 0)))`),
    /extism:host\/env\.frobnicate/,
  ],
  "takes-parameters": [
    assemble(`(module (memory (export "memory") 1)
      (func (export "access") (param i32 i32) (result i32) (i32.const 0)))`),
    /takes 2 parameters/,
  ],
  "loops-at-its-start": [
    assemble(`(module (memory (export "memory") 1)
      (func (export "_initialize") (loop $again (br $again)))
      (func (export "access") (result i32) (i32.const 0)))`),
    /loops-at-its-start/,
  ],
  "fails-at-its-start": [
    assemble(`(module (memory (export "memory") 1) (func (export "_initialize") (unreachable))
      (func (export "access") (result i32) (i32.const 0)))`),
    /unreachable/i,
  ],
};

const used = useGateway(async ([port = 0]) => {
  const at = (name: string, ...plugins: Entry[]): Entry => ({
    name,
    url: `http://127.0.0.1:${port}`,
    routes: [{ name: `${name}-route`, paths: [`/${name}`] }],
    plugins,
  });
  const raw = { ...HOSTILE, ...ODD };
  return {
    config: config({
      services: [
        at("keyed", { name: "extism-policy" }),
        at("other", { name: "extism-policy", config: { header: "X-Number" } }),
        at("plain"),
        ...Object.keys(raw).map((name) => at(name, { name })),
      ],
    }),
    plugins: {
      "extism-policy": await buildAssemblyScript(`${EXAMPLE}.ts`, `${EXAMPLE}.json`, ASC_OPTIONS),
      ...raw,
    },
  };
});

test("an Extism plugin answers a request", async () => {
  const response = await used.gateway.get("/keyed");
  assert.equal(response.status, 401);
  assert.equal(response.text, "no key");
  assert.equal(response.header("content-type"), "text/plain");
  assert.equal(response.header("x-status-was"), "401");
  assert.equal(used.upstream.requests.length, 0);
});

test("an Extism plugin changes request and response, and keeps variables for each entry", async () => {
  await used.gateway.get("/keyed/a", "X-Api-Key: k1");
  const response = await used.gateway.get("/keyed/b", "X-Api-Key: k1");
  assert.equal(response.status, 200);
  assert.equal(response.header("x-path"), "/keyed/b");
  assert.equal(response.header("x-status-was"), "200");
  const [, second] = used.upstream.requests;
  assert.equal(second?.header("x-count"), "2");
  assert.equal(second?.header("x-api-key"), undefined);
  // W8: another entry of the same plugin sees none of it.
  await used.gateway.get("/other", "X-Api-Key: k1");
  assert.equal(used.upstream.requests[2]?.header("x-number"), "1");
});

test("an Extism plugin logs", async () => {
  const mark = used.gateway.mark;
  await used.gateway.get("/keyed/logged", "X-Api-Key: k2");
  const line = await used.gateway.logged(/finished \/keyed\/logged/, mark);
  assert.match(line, /extism-policy/);
});

test("W3 what an Extism plugin gives as its error fails its request, and stands in the log", async () => {
  const mark = used.gateway.mark;
  const response = await used.gateway.get("/keyed", "X-Api-Key: fail");
  assert.equal(response.status, 500);
  assert.doesNotMatch(response.text, /always fails/);
  assert.match(await used.gateway.logged(/always fails/, mark), /extism-policy/);
  assert.equal((await used.gateway.get("/keyed", "X-Api-Key: k3")).status, 200);
});

test("an Extism plugin gets any header byte as one character", async () => {
  const key = 'k\u00e9"\\\t\u00ff';
  await used.gateway.get("/keyed", `X-Api-Key: ${key}`);
  await used.gateway.get("/keyed", `X-Api-Key: ${key}`);
  assert.equal(used.upstream.requests[1]?.header("x-count"), "2");
});

for (const name of Object.keys(HOSTILE)) {
  const id = { loops: "W1", "fills-variables": "W2", traps: "W3", recurses: "W3" }[name] ?? "W5";
  test(`${id} hostile: an Extism plugin that ${name}: 500 for its request alone`, async () => {
    const load = new Load(used.gateway.proxyPort, "/plain", 2);
    // Twice: what replaced the broken instance fails just as cleanly.
    for (let count = 0; count < 2; count++) {
      const response = await used.gateway.get(`/${name}`);
      assert.equal(response.status, 500);
      assert.equal(response.header("x-injected"), undefined);
      assert.equal(response.header("x-a"), undefined);
    }
    const { responses, failures } = await load.stop();
    assert.deepEqual(failures, []);
    assert.ok(responses.every(({ status }) => status === 200));
    assert.equal((await used.gateway.get("/says-nothing")).status, 200);
  });
}

for (const name of Object.keys(ODD)) {
  test(`W2 hostile: an Extism plugin that ${name} meets limits and goes on`, async () => {
    assert.equal((await used.gateway.get(`/${name}`)).status, 200);
  });
}

for (const [name, [module, reason]] of Object.entries(REFUSED)) {
  test(`W4 an Extism plugin that ${name} is refused when it is loaded, and the rest runs`, async () => {
    const gateway = await startGateway({
      config: config({
        services: [
          {
            name: "plain",
            url: `http://127.0.0.1:${used.upstream.port}`,
            routes: [{ paths: ["/plain"] }],
          },
        ],
      }),
    });
    const mark = gateway.mark;
    await gateway.writePlugin(name, module);
    await gateway.writeConfig(config({ plugins: [{ name }] }));
    assert.match(await gateway.logged(reason, mark), new RegExp(name));
    assert.equal((await gateway.get("/plain")).status, 200);
    assert.equal(await gateway.stop(), 0);
  });
}
