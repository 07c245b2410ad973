// `sluice check`: what is valid passes; what is hostile or broken is refused quickly, whole and without a crash.
import assert from "node:assert/strict";
import { test } from "node:test";

import { sluice } from "../harness/runtime.ts";
import { useScratch } from "../harness/scratch.ts";
import { guest } from "../harness/wat.ts";

const scratch = await useScratch();

const HEADER = '_format_version: "3.0"\n';

const SERVICE = `services:
  - name: one
    url: http://127.0.0.1:8080
    routes:
      - name: one-route
        paths: [/one]
`;

async function check(name: string, yaml: string): Promise<{ code: number | null; text: string }> {
  const path = await scratch.write(name, yaml);
  const { code, stdout, stderr } = await sluice(["check", path]);
  return { code, text: stdout + stderr };
}

test("check: a valid config is exit code 0", async () => {
  const { code, text } = await check("valid.yaml", HEADER + SERVICE);
  assert.equal(code, 0, text);
});

test("check: JSON is read too", async () => {
  const { code, text } = await check(
    "valid.json",
    JSON.stringify({ _format_version: "3.0", services: [{ name: "a", url: "http://a" }] }),
  );
  assert.equal(code, 0, text);
});

for (const version of ["1.1", "2.1", "3.0"]) {
  test(`check: _format_version ${version} is read`, async () => {
    const { code, text } = await check("version.yaml", `_format_version: "${version}"\n${SERVICE}`);
    assert.equal(code, 0, text);
  });
}

test("G2 check: all faults are listed at once", async () => {
  const { code, text } = await check(
    "many.yaml",
    `${HEADER}servises: []\nservices:\n  - name: a\n    host: h\n    port: x\nplugins:\n  - name: nope\n`,
  );
  assert.equal(code, 1);
  for (const place of ["many.yaml:2:", "many.yaml:6:", "many.yaml:8:"]) {
    assert.ok(text.includes(place), `${place} in ${text}`);
  }
});

test("G3 check: an alias bomb is refused within a second", async () => {
  const levels = Array.from(
    { length: 9 },
    (_value, level) =>
      `l${level + 1}: &l${level + 1} [${Array.from({ length: 10 }, () => `*l${level}`).join(", ")}]`,
  );
  const start = performance.now();
  const { code, text } = await check("bomb.yaml", `${HEADER}l0: &l0 [x]\n${levels.join("\n")}\n`);
  assert.equal(code, 1);
  assert.match(text, /bomb\.yaml:\d+:\d+/);
  assert.ok(performance.now() - start < 3_000, "start of the process included");
});

test("G4 check: nesting of fifty thousand levels is refused, not a crash", async () => {
  const { code, text } = await check("deep.yaml", `${HEADER}services: ${"[".repeat(50_000)}\n`);
  assert.equal(code, 1);
  assert.match(text, /deep\.yaml:\d+:\d+/);
  assert.doesNotMatch(text, /^\s+at /m);
});

test("G5 check: << is no merge", async () => {
  const { code } = await check(
    "merge.yaml",
    `${HEADER}services:\n  - &a {name: a, url: "http://a"}\n  - {<<: *a, name: b}\n`,
  );
  assert.equal(code, 1);
});

test("check: secrets are never shown", async () => {
  const { code, text } = await check(
    "secret.yaml",
    `${HEADER}consumers:\n  - username: u\n    keyauth_credentials: [{key: topsecret}]\n  - username: v\n    keyauth_credentials: [{key: topsecret}]\n`,
  );
  assert.equal(code, 1);
  assert.doesNotMatch(text, /topsecret/);
});

for (const [what, bytes, says] of [
  ["W4 a file that is no WASM", () => Buffer.from("no wasm at all"), /wasm|magic/i],
  ["W4 the wrong ABI", () => guest({ name: "mine", abiVersion: 999 }), /ABI|999/i],
  [
    "W3 a trap at start",
    () => guest({ name: "mine", body: "(func $boom (unreachable)) (start $boom)" }),
    /trap|unreachable|start/i,
  ],
  [
    "W4 a missing import",
    () => guest({ name: "mine", imports: '(import "env" "nothing" (func))' }),
    /import|env/i,
  ],
] as const) {
  test(`check: ${what} in the plugins folder is one clear message`, async () => {
    const name = what.replaceAll(/\W/g, "-");
    const path = await scratch.write(`${name}/c.yaml`, `${HEADER}plugins:\n  - name: mine\n`);
    await scratch.write(`${name}/plugins/mine.wasm`, bytes());
    const folder = scratch.path(`${name}/plugins`);
    const { code, stdout, stderr } = await sluice(["check", path, "--plugins-dir", folder]);
    const text = stdout + stderr;
    assert.equal(code, 1, text);
    assert.match(text, /mine/);
    assert.match(text, says);
    assert.doesNotMatch(text, /^\s+at /m);
  });
}
