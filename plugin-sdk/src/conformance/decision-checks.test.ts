import assert from "node:assert/strict";
import { test } from "node:test";
import binaryen from "binaryen";
import { HOST_FUNCTIONS } from "../abi.ts";
import type { HostFunction } from "../abi.ts";
import { decisionChecks } from "./decision-checks.ts";
import { outcomeOf } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";

interface GuestParts {
  readonly phase?: "access" | "header_filter" | "log";
  /** In access, when that is not the phase. */
  readonly before?: string;
  readonly resume?: string;
  readonly configure?: string;
  /** In the end "continue" is returned. */
  readonly run: string;
}

const QUOTA = '{"name":"","limits":{"minute":1},"sliding":false}';

/** $request is the request, $calls how many there were before; byte 16 is "0". */
function assemble(parts: GuestParts): WebAssembly.Module {
  const { phase = "access", before = "", resume = "", configure = "", run } = parts;
  const text = `(module
    ${imports(`${configure} ${before} ${resume} ${run}`)}
    (memory (export "memory") 1)
    (global $calls (mut i32) (i32.const 0)) (global $waiting (mut i32) (i32.const 0))
    (data (i32.const 0) "x-count") (data (i32.const 16) "0") (data (i32.const 32) "x-api-key")
    (data (i32.const 48) "x-id\\00\\01uuid\\01\\00") (data (i32.const 64) "/other")
    (data (i32.const 80) "${QUOTA.replaceAll('"', '\\"')}")
    (func (export "sluice_abi_version") (result i32) (i32.const 1))
    (func (export "sluice_configure") (param i32) (result i32) ${configure} (i32.const 0))
    (func (export "sluice_${phase}") (param $request i32) (param i32) (result i32)
      ${run}
      (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
      (i32.const 0))
    ${before === "" ? "" : access(before)}
    (func (export "sluice_resume") (param i32 i32) (result i32) ${resume} (i32.const 0)))`;
  const module = binaryen.parseText(text);
  try {
    return new WebAssembly.Module(Uint8Array.from(module.emitBinary()));
  } finally {
    module.dispose();
  }
}

function access(run: string): string {
  return `(func (export "sluice_access") (param $request i32) (param i32) (result i32) ${run} (i32.const 0))`;
}

/** Of the functions that the text calls, as $name. */
function imports(text: string): string {
  const types: Readonly<Record<string, string>> = { i: "i32", f: "f64" };
  return Object.entries<string>(HOST_FUNCTIONS)
    .filter(([name]) => text.includes(`$${name} `))
    .map(([name, signature]) => {
      const [taken = "", given = ""] = signature.split(":");
      const parameters = taken
        .split("")
        .map((letter) => types[letter])
        .join(" ");
      const result = given === "v" ? "" : `(result ${types[given]})`;
      const type = `(func $${name} (param ${parameters}) ${result})`;
      return `(import "extism:host/user" "${name}" ${type})`;
    })
    .join("\n");
}

function call(name: HostFunction, ...values: readonly (number | string)[]): string {
  const all = values.map((each) => (typeof each === "number" ? `(i32.const ${each})` : each));
  return `(drop (call $${name} ${all.join(" ")}))`;
}

const REQUEST = "(local.get $request)";
const REMEMBER = call("remember", REQUEST, "(f64.const inf)");
const WRITE_COUNT = "(i32.store8 (i32.const 16) (i32.add (i32.const 48) (global.get $calls)))";
const READ_KEY = call("field_get", REQUEST, 0, 32, 9, 0, 16, 1);
/** What byte 16 says. */
const SET = call("field_set", REQUEST, 0, 0, 7, 16, 1, 0);
const SET_IN_RESPONSE = call("field_set", REQUEST, 1, 0, 7, 16, 1, 0);

function check(parts: GuestParts): Promise<Outcome> {
  const { phase = "access", before = "" } = parts;
  const phases = before === "" ? [phase] : (["access", phase] as const);
  const manifest = { abi: 1, name: "tried", version: "1.0.0", priority: 1, phases, config: {} };
  const module = assemble(parts);
  const imports = WebAssembly.Module.imports(module).map(({ name }) => name);
  const [decisions] = decisionChecks({ module, manifest, config: {} }, imports);
  assert.ok(decisions);
  return outcomeOf(decisions);
}

/** What of the outcome says what differs. */
async function differenceOf(parts: GuestParts): Promise<string | undefined> {
  const { reason } = await check(parts);
  return reason?.split(";")[0];
}

async function kindOf(parts: GuestParts): Promise<string> {
  return (await check(parts)).kind;
}

test("finds a plugin that counts and remembers", async () => {
  const { kind, reason } = await check({ run: `${WRITE_COUNT} ${SET} ${REMEMBER}` });
  assert.equal(kind, "failed");
  assert.equal(
    reason,
    'access: "a plain GET": request header x-count: "H", the first time "0"; what is remembered may go by the config and the request alone',
  );
});

test("finds what it does to the response", async () => {
  const run = `${WRITE_COUNT} ${SET_IN_RESPONSE} ${REMEMBER}`;
  for (const phase of ["access", "header_filter"] as const) {
    assert.equal(
      await differenceOf({ phase, run }),
      `${phase}: "a plain GET": response header x-count: "H", the first time "0"`,
    );
  }
});

test("finds what it takes from quotas, in log, too", async () => {
  const configure = call("quota_open", 80, QUOTA.length);
  const run = `${WRITE_COUNT} ${call("quota_take", REQUEST, 1, 16, 1, "(f64.const 1)")} ${REMEMBER}`;
  assert.equal(
    await differenceOf({ phase: "log", configure, run }),
    'log: "a plain GET": quota 1: 1 for "H", the first time 1 for "0"',
  );
});

test("lets a plugin count that does not remember", async () => {
  const { kind, reason } = await check({ run: `${WRITE_COUNT} ${SET}` });
  assert.deepEqual([kind, reason], ["skipped", "it never remembers"]);
});

test("lets a plugin remember what it reads of the request", async () => {
  const read = `(i32.store8 (i32.const 16) (i32.const 48)) ${READ_KEY}`;
  assert.equal(await kindOf({ run: `${read} ${SET} ${REMEMBER}` }), "passed");
});

test("finds what is left over from the request before", async () => {
  // Where there is no key, or a longer one, it is that of an earlier request.
  const difference = await differenceOf({ run: `${READ_KEY} ${SET} ${REMEMBER}` });
  assert.equal(difference, 'access: "no headers": request header x-count: "x", the first time "0"');
});

test("finds a limit that is counted in the module", async () => {
  const answer = `${call("respond", REQUEST, 429, 0, 0)} (return (i32.const 1))`;
  const run = `(if (i32.gt_u (global.get $calls) (i32.const 5)) (then ${answer})) ${REMEMBER}`;
  assert.equal(
    await differenceOf({ run }),
    'access: "a plain GET": answer: 429, the first time nothing',
  );
});

test("finds what is remembered at times only", async () => {
  const run = `${WRITE_COUNT} ${SET} (if (i32.eqz (global.get $calls)) (then ${REMEMBER}))`;
  assert.match((await differenceOf({ run })) ?? "", /the first time "0"$/);
});

test("finds what is done before anything is remembered", async () => {
  const run = `${WRITE_COUNT} ${SET} (if (global.get $calls) (then ${REMEMBER}))`;
  assert.match((await differenceOf({ run })) ?? "", /the first time "0"$/);
});

test("does not mind a first call that asks others", async () => {
  const ask = `${call("store_get", 0, 7, 1024, 64)} ${SET} (i32.store8 (i32.const 16) (i32.const 49))`;
  const run = `(if (global.get $calls) (then ${SET} ${REMEMBER}) (else ${ask}))`;
  assert.equal(await kindOf({ run }), "passed");
});

test("finds what counts behind a quota, however little that leaves", async () => {
  const configure = call("quota_open", 80, QUOTA.length);
  const take = `(if (i32.eqz (call $quota_take ${REQUEST} (i32.const 1) (i32.const 32) (i32.const 9) (f64.const 1)))
    (then (return (i32.const 0))))`;
  const run = `${take} ${WRITE_COUNT} ${SET} ${REMEMBER}`;
  assert.match((await differenceOf({ configure, run })) ?? "", /"H", the first time "0"$/);
  assert.equal(await kindOf({ configure, run: `${take} ${SET} ${REMEMBER}` }), "passed");
});

test("does not mind what placeholders stand for", async () => {
  const fill = call("fields_fill", REQUEST, 0, 48, 12, 1);
  assert.equal(await kindOf({ run: `${fill} ${REMEMBER}` }), "passed");
});

test("does not mind that a later phase goes by what they stood for", async () => {
  const fill = call("fields_fill", REQUEST, 0, 48, 12, 1);
  // A uuid has 36 characters.
  const read = call("field_get", REQUEST, 0, 48, 4, 0, 1024, 36);
  const run = `${read} ${call("field_set", REQUEST, 1, 0, 7, 1024, 36, 0)} ${REMEMBER}`;
  assert.equal(await kindOf({ phase: "header_filter", before: fill, run }), "passed");
});

test("does not mind what configure drew by lot", async () => {
  const letter = "(i32.add (i32.const 65) (i32.and (i32.load8_u (i32.const 16)) (i32.const 15)))";
  const configure = `${call("random_bytes", 16, 1)} (i32.store8 (i32.const 16) ${letter})`;
  assert.equal(await kindOf({ configure, run: `${SET} ${REMEMBER}` }), "passed");
});

test("does not mind a call of which no gateway keeps anything", async () => {
  const counts = `${WRITE_COUNT} ${SET} ${REMEMBER}`;
  const spoils: readonly string[] = [
    "(drop (call $random_number ))",
    call("property_set", REQUEST, 2, 64, 6),
    call("store_get", 0, 7, 1024, 64),
    "(call $log (i32.const 0) (i32.const 0) (i32.const 7))",
    // More than there is.
    call("quota_take", REQUEST, 1, 32, 9, "(f64.const 2)"),
  ];
  const configure = call("quota_open", 80, QUOTA.length);
  for (const spoiling of spoils) {
    assert.equal(await kindOf({ configure, run: `${spoiling} ${counts}` }), "skipped", spoiling);
  }
  const measured = call("number_get", REQUEST, 8);
  assert.equal(await kindOf({ phase: "log", run: `${measured} ${REMEMBER}` }), "skipped");
});

test("does not mind what was to be remembered until a time that has passed", async () => {
  const remember = call("remember", REQUEST, "(f64.const 1)");
  assert.equal(await kindOf({ run: `${WRITE_COUNT} ${SET} ${remember}` }), "skipped");
});

test("does not mind what has changed when its time was over", async () => {
  // Each request waits for 10 ms of the emulated time.
  const before = `(global.set $waiting ${REQUEST}) ${call("timer_start", "(f64.const 10)", 0)} (return (i32.const 2))`;
  const resume = call("settle", "(global.get $waiting)", 0);
  const soon = "(f64.add (call $now_ms ) (f64.const 5))";
  const run = `${WRITE_COUNT} ${SET_IN_RESPONSE} ${call("remember", REQUEST, soon)}`;
  assert.equal(await kindOf({ phase: "header_filter", before, resume, run }), "passed");
});
