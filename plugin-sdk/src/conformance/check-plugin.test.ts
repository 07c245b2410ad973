import assert from "node:assert/strict";
import { test } from "node:test";
import binaryen from "binaryen";
import { withManifest } from "../compiler/manifest.ts";
import { checkPlugin } from "./index.ts";
import type { Outcome } from "./index.ts";

const HOST = "extism:host/user";
const VERSION = '(func (export "sluice_abi_version") (result i32) (i32.const 1))';
const CONFIGURE = '(func (export "sluice_configure") (param i32) (result i32) (i32.const 0))';
const ACCESS = '(func (export "sluice_access") (param i32 i32) (result i32) (i32.const 0))';
const MEMORY = '(memory (export "memory") 1)';

const MANIFEST = {
  abi: 1,
  name: "tried",
  version: "1.0.0",
  priority: 1,
  phases: ["access"],
  config: { type: "object" },
};

function assemble(...parts: readonly string[]): Uint8Array<ArrayBuffer> {
  const module = binaryen.parseText(`(module ${parts.join("\n")})`);
  try {
    return Uint8Array.from(module.emitBinary());
  } finally {
    module.dispose();
  }
}

function access(instructions: string): string {
  return `(func (export "sluice_access") (param $request i32) (param i32) (result i32) ${instructions})`;
}

async function failuresOf(wasm: Uint8Array, config?: unknown): Promise<string[]> {
  const outcomes: Outcome[] = [];
  for await (const outcome of checkPlugin(wasm, { config })) outcomes.push(outcome);
  assert.ok(outcomes.length > 0);
  return outcomes
    .filter(({ kind }) => kind === "failed")
    .map(({ name, reason }) => `${name}: ${reason}`);
}

test("a plugin that does nothing wrong passes, with a manifest or without", async () => {
  const wasm = assemble(MEMORY, VERSION, CONFIGURE, ACCESS);
  assert.deepEqual(await failuresOf(wasm), []);
  assert.deepEqual(await failuresOf(withManifest(wasm, { ...MANIFEST, phases: ["access"] })), []);
});

const GET = `(import "${HOST}" "field_get" (func $get (param i32 i32 i32 i32 i32 i32 i32) (result i32)))`;
const PROPERTY = `(import "${HOST}" "property_get" (func $property (param i32 i32 i32 i32) (result i32)))`;

/** What is wrong with a module, and how the check that finds it begins. */
const WRONG: Readonly<Record<string, readonly [module: Uint8Array, finding: RegExp]>> = {
  "is no WebAssembly": [Buffer.from("nothing"), /^module: /],
  "imports what the ABI has not": [
    assemble(`(import "${HOST}" "steal" (func))`, MEMORY, VERSION, CONFIGURE, ACCESS),
    /^imports: .*steal/,
  ],
  "imports WASI": [
    assemble(
      '(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))',
      MEMORY,
      VERSION,
      CONFIGURE,
      ACCESS,
    ),
    /^imports: /,
  ],
  "imports a function with another signature": [
    assemble(`(import "${HOST}" "now_ms" (func (result i32)))`, MEMORY, VERSION, CONFIGURE, ACCESS),
    /^imports: .*now_ms has the signature :i, expected :f/,
  ],
  "imports its memory": [
    assemble('(import "env" "memory" (memory 1))', VERSION, CONFIGURE, ACCESS),
    /^imports: .*env\.memory is no function/,
  ],
  "exports no memory": [assemble("(memory 1)", VERSION, CONFIGURE, ACCESS), /^memory: /],
  "starts with too much memory": [
    assemble('(memory (export "memory") 600)', VERSION, CONFIGURE, ACCESS),
    /^memory: .*starts with 600 pages/,
  ],
  "has a start section": [
    assemble(MEMORY, VERSION, CONFIGURE, ACCESS, "(func $s) (start $s)"),
    /^start: /,
  ],
  "has no configure": [assemble(MEMORY, VERSION, ACCESS), /^exports: .*sluice_configure/],
  "has no phase": [assemble(MEMORY, VERSION, CONFIGURE), /^exports: .*no phase/],
  "has a phase with another signature": [
    assemble(
      MEMORY,
      VERSION,
      CONFIGURE,
      '(func (export "sluice_access") (param i32) (result i32) (i32.const 0))',
    ),
    /^exports: .*sluice_access has the signature i:i/,
  ],
  "speaks another version": [
    assemble(
      MEMORY,
      '(func (export "sluice_abi_version") (result i32) (i32.const 2))',
      CONFIGURE,
      ACCESS,
    ),
    /^configure: .*ABI 2/,
  ],
  "has a manifest of another shape": [
    withManifest(assemble(MEMORY, VERSION, CONFIGURE, ACCESS), {
      ...MANIFEST,
      name: "No Name",
      phases: ["access"],
    }),
    /^manifest: .*name: /,
  ],
  "has a manifest with a phase that it does not export": [
    withManifest(assemble(MEMORY, VERSION, CONFIGURE, ACCESS), {
      ...MANIFEST,
      phases: ["access", "log"],
    }),
    /^manifest: .*phase log/,
  ],
  "refuses its config": [
    assemble(
      MEMORY,
      VERSION,
      '(func (export "sluice_configure") (param i32) (result i32) (i32.const -1))',
      ACCESS,
    ),
    /^configure: takes a config/,
  ],
  "takes its config only once": [
    assemble(
      MEMORY,
      VERSION,
      "(global $done (mut i32) (i32.const 0))",
      `(func (export "sluice_configure") (param i32) (result i32)
        (if (global.get $done) (then (return (i32.const -1))))
        (global.set $done (i32.const 1))
        (i32.const 0))`,
      ACCESS,
    ),
    /^configure: takes it again/,
  ],
  "returns no verdict": [
    assemble(MEMORY, VERSION, CONFIGURE, access("(i32.const 7)")),
    /^access: a plain GET: access: returned 7/,
  ],
  "says that it answered and did not": [
    assemble(MEMORY, VERSION, CONFIGURE, access("(i32.const 1)")),
    /^access: a plain GET: /,
  ],
  "waits without a way to be resumed": [
    assemble(MEMORY, VERSION, CONFIGURE, access("(i32.const 2)")),
    /^access: a plain GET: /,
  ],
  "traps when there are no headers": [
    assemble(
      GET,
      '(memory (export "memory") 1) (data (i32.const 0) "accept")',
      VERSION,
      CONFIGURE,
      access(`(if (i32.lt_s
          (call $get (local.get $request) (i32.const 0) (i32.const 0) (i32.const 6) (i32.const 0)
            (i32.const 64) (i32.const 1024))
          (i32.const 0)) (then (unreachable)))
        (i32.const 0)`),
    ),
    /^access: no headers: .*trapped/,
  ],
  "believes in lengths that were not written": [
    assemble(
      GET,
      '(memory (export "memory") 1) (data (i32.const 0) "cookie")',
      VERSION,
      CONFIGURE,
      access(`(drop (i32.load8_u (i32.add (i32.const 65000) (call $get (local.get $request)
          (i32.const 0) (i32.const 0) (i32.const 6) (i32.const 0) (i32.const 64) (i32.const 64)))))
        (i32.const 0)`),
    ),
    /^access: values of 16 KiB: /,
  ],
  "gives pointers that lie outside": [
    assemble(
      PROPERTY,
      MEMORY,
      VERSION,
      CONFIGURE,
      access(`(drop (call $property (local.get $request) (i32.const 1) (i32.const 65535) (i32.const 64)))
        (i32.const 0)`),
    ),
    /^access: a plain GET: .*pointer 65535/,
  ],
  "keeps a handle": [
    assemble(
      PROPERTY,
      MEMORY,
      VERSION,
      CONFIGURE,
      "(global $kept (mut i32) (i32.const 0))",
      access(`(if (i32.eqz (global.get $kept)) (then (global.set $kept (local.get $request))))
        (drop (call $property (global.get $kept) (i32.const 1) (i32.const 0) (i32.const 64)))
        (i32.const 0)`),
    ),
    /^handles: .*property_get/,
  ],
  "takes more and more memory": [
    assemble(
      MEMORY,
      VERSION,
      CONFIGURE,
      "(global $calls (mut i32) (i32.const 0))",
      access(`(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (if (i32.eqz (i32.rem_u (global.get $calls) (i32.const 300)))
          (then (drop (memory.grow (i32.const 1)))))
        (i32.const 0)`),
    ),
    /^memory: does not grow/,
  ],
  "remembers what it counts": [
    assemble(
      `(import "${HOST}" "remember" (func $remember (param i32 f64) (result i32)))`,
      `(import "${HOST}" "field_set" (func $set (param i32 i32 i32 i32 i32 i32 i32) (result i32)))`,
      '(memory (export "memory") 1) (data (i32.const 0) "x-count0")',
      VERSION,
      CONFIGURE,
      access(`(drop (call $remember (local.get $request) (f64.const inf)))
        (i32.store8 (i32.const 7) (i32.xor (i32.load8_u (i32.const 7)) (i32.const 1)))
        (call $set (local.get $request) (i32.const 0) (i32.const 0) (i32.const 7) (i32.const 7)
          (i32.const 1) (i32.const 0))`),
    ),
    /^decisions: /,
  ],
  "traps at a fault": [
    assemble(
      PROPERTY,
      MEMORY,
      VERSION,
      CONFIGURE,
      access(`(if (i32.lt_s
          (call $property (local.get $request) (i32.const 1) (i32.const 0) (i32.const 64))
          (i32.const 0)) (then (unreachable)))
        (i32.const 0)`),
    ),
    /^faults: property_get/,
  ],
};

for (const [what, [wasm, finding]] of Object.entries(WRONG)) {
  test(`finds a plugin that ${what}`, async () => {
    const failures = await failuresOf(wasm);
    assert.ok(
      failures.some((line) => finding.test(line)),
      `${String(finding)} not in:\n${failures.join("\n")}`,
    );
  });
}

test("finds what traps at the deadline", async () => {
  const wasm = assemble(
    `(import "${HOST}" "deadline_reached" (func $deadline (result i32)))`,
    MEMORY,
    VERSION,
    CONFIGURE,
    access("(if (call $deadline) (then (unreachable))) (i32.const 0)"),
  );
  assert.match((await failuresOf(wasm)).join("\n"), /^deadline: /m);
});

test("runs a plugin with the config that it is given", async () => {
  const wasm = withManifest(
    assemble(
      `(import "${HOST}" "config_get" (func $config (param i32 i32 i32) (result i32)))`,
      MEMORY,
      VERSION,
      // {"id":"entry-id","config":{}} has 29 bytes.
      `(func (export "sluice_configure") (param i32) (result i32)
        (i32.sub (i32.gt_s (call $config (local.get 0) (i32.const 0) (i32.const 0)) (i32.const 29)) (i32.const 1)))`,
      ACCESS,
    ),
    { ...MANIFEST, phases: ["access"] },
  );
  assert.match((await failuresOf(wasm)).join("\n"), /^configure: takes a config/m);
  const failures = await failuresOf(wasm, { key: "value" });
  assert.doesNotMatch(failures.join("\n"), /^configure: takes a config/m);
});
