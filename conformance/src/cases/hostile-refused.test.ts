// Hostile modules that are refused when they are loaded: the log says why, and what runs goes on.
import assert from "node:assert/strict";
import { test } from "node:test";

import { REFUSED_BINARIES } from "../corpus/binaries.ts";
import { hostile } from "../corpus/read.ts";
import { forwardAll } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { Load } from "../harness/load.ts";
import { assemble, access } from "../harness/wat.ts";

/** What the gateway must say of each. */
const REFUSED_TEXTS: Readonly<Record<string, RegExp>> = {
  "loop-configure": /used up its time/,
  "loop-abi-version": /used up its time/,
  "loop-initialize": /cannot start/,
  "start-section": /a start section is not allowed/,
  "import-missing": /imports extism:host\/user\.format_disk/,
  "import-memory": /imports something else than a function/,
  "import-metering": /imports something else than a function/,
  "export-metering": /exports sluice:fuel, a name of the gateway's own/,
  "signature-import":
    /imports extism:host\/user\.log as \(i64\) -> \(\), expected \(i32, i32, i32\)/,
  "signature-i64": /exports sluice_access as \(i64, i32\) -> \(i32\)/,
  "signature-results": /exports sluice_access as \(i32, i32\) -> \(i32, i32\)/,
  "memory-large": /starts with 16384 pages of memory, expected at most 512/,
  "memory-shared": /a shared or 64-bit memory is not allowed/,
  "memory-two": /2 memories, expected 1/,
  "memory-64": /a shared or 64-bit memory is not allowed/,
  "table-large": /a table of 10000000 entries, expected at most 100000/,
  "tables-many": /20 tables, expected at most 8/,
  atomics: /an instruction of threads \(0xfe\) is not allowed \(byte \d+ of the code section\)/,
  "garbage-collection": /type form 0x5f is not allowed/,
};

let port = 0;
const used = useGateway(([first = 0]) => {
  port = first;
  return { config: forwardAll(first), plugins: {} };
});

function withPlugin(name: string): Entry {
  return forwardAll(port, { plugins: [{ name }] });
}

const modules: Readonly<Record<string, readonly [make: () => Uint8Array, reason: RegExp]>> = {
  ...Object.fromEntries(
    Object.entries(REFUSED_TEXTS).map(([name, reason]) => [name, [() => hostile(name), reason]]),
  ),
  ...REFUSED_BINARIES,
};

for (const [name, [make, reason]] of Object.entries(modules)) {
  const id = /^loop|^start/.test(name) ? "W1" : /^memory|^table/.test(name) ? "W2" : "W4";
  test(`${id} hostile: ${name} is refused with its reason, and the running config stays`, async () => {
    const { gateway } = used;
    const { mark } = gateway;
    const load = new Load(gateway.proxyPort, "/", 2);
    await gateway.writePlugin(name, make());
    await gateway.writeConfig(withPlugin(name));
    const line = await gateway.logged(new RegExp(`plugin ${name}: `), mark);
    assert.match(line, reason);
    const { responses, failures } = await load.stop();
    assert.deepEqual(failures, []);
    assert.ok(responses.every(({ status }) => status === 200));
    assert.equal((await gateway.get("/")).status, 200);
    await gateway.removePlugin(name);
  });
}

test("W4 hostile: after all of those a good plugin is taken", async () => {
  const { gateway } = used;
  const { mark } = gateway;
  const good = assemble(`(module
    (memory (export "memory") 1)
    (func (export "sluice_abi_version") (result i32) (i32.const 1))
    ${access("(i32.const 0)")})`);
  await gateway.writePlugin("good", good);
  await gateway.writeConfig(withPlugin("good"));
  await gateway.logged(/"reloaded"/, mark);
  assert.equal((await gateway.get("/")).status, 200);
});
