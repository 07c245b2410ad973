// The global object of a plugin.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { LogLevel, Verdict } from "../abi.ts";
import type { BuiltPlugin } from "../compiler/build-plugin.ts";
import { buildFixture, start } from "./test-plugin.ts";
import type { TestHost } from "./test-host.ts";

let plugin: BuiltPlugin;
before(async () => {
  plugin = await buildFixture("globals");
});

async function run(name: string): Promise<TestHost> {
  const { host, guest } = await start(plugin);
  host.nowMs = 1_700_000_000_123.5;
  host.random = 0.25;
  const handle = host.request(({ fields }) => fields[0].push(["case", name]));
  const verdict = guest.sluice_access(handle, 0);
  assert.equal(verdict === Verdict.failed, host.failures.length > 0);
  return host;
}

async function valueOf(name: string): Promise<unknown> {
  const host = await run(name);
  assert.deepEqual(host.failures, []);
  const text = host.requests.get(1)?.fields[0].find(([field]) => field === "x-value")?.[1];
  const isJson = text !== undefined && text !== "undefined" && text !== "done";
  return isJson ? JSON.parse(text) : text;
}

test("Math.random asks the host, so that no two instances give the same numbers", async () => {
  assert.equal(await valueOf("random"), 0.25);
});

test("the clock is the host's, in UTC, and stands still while the plugin is built", async () => {
  const now = 1_700_000_000_123;
  assert.deepEqual(await valueOf("date"), [now, new Date(now).toISOString(), 0, 0]);
  assert.equal(await valueOf("elapsed"), "number");
});

test("crypto gives the host's random bytes", async () => {
  assert.equal(await valueOf("uuid"), "00010203-0405-4607-8809-0a0b0c0d0e0f");
  assert.deepEqual(await valueOf("bytes"), [0, 1, 2, 3]);
  assert.deepEqual(await valueOf("words"), [0x0100, 0x0302]);
  assert.equal(await valueOf("noBytes"), 0);
});

test("TextEncoder writes UTF-8", async () => {
  assert.deepEqual(await valueOf("encode"), [...new TextEncoder().encode("ü€😀")]);
  assert.deepEqual(await valueOf("encodeLoneSurrogate"), [0xef, 0xbf, 0xbd]);
});

test("TextDecoder reads UTF-8 and refuses what else it is asked for", async () => {
  assert.deepEqual(await valueOf("decode"), [0xfc, 0xfffd]);
  assert.equal(await valueOf("decodeView"), "\0");
  assert.match((await run("decodeFatal")).failures[0] ?? "", /^TypeError: .* not valid UTF-8/);
  assert.match((await run("decodeOther")).failures[0] ?? "", /^RangeError: Only utf-8/);
});

test("atob and btoa work on characters that are bytes", async () => {
  assert.deepEqual(await valueOf("base64"), ["/w==", "\u00ff"]);
});

test("there is no Node and no way to the host's functions", async () => {
  assert.equal(await valueOf("native"), "undefined");
  assert.deepEqual(await valueOf("node"), [false, false, false, false]);
});

test("the language is ECMAScript 2024", async () => {
  assert.deepEqual(await valueOf("modern"), { odd: [1, 3], even: [2] });
});

test("microtasks run before the call ends", async () => {
  assert.equal(await valueOf("microtask"), "done");
});

test("console writes to the gateway's log", async () => {
  const { logs } = await run("console");
  assert.equal(logs[0]?.level, LogLevel.info);
  assert.match(logs[0]?.message ?? "", /^a 1 \{"b":\[2\]\} undefined Error: c\n {4}at /);
});
