// URL and URLSearchParams of a plugin do what the runtime's do.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Verdict } from "../abi.ts";
import type { BuiltPlugin } from "../compiler/build-plugin.ts";
import { buildFixture, start } from "./test-plugin.ts";

let plugin: BuiltPlugin;
before(async () => {
  plugin = await buildFixture("urls");
});

async function run(name: string): Promise<{ value: unknown; failure: string | undefined }> {
  const { host, guest } = await start(plugin);
  const handle = host.request(({ fields }) => fields[0].push(["case", name]));
  const verdict = guest.sluice_access(handle, 0);
  const failure = host.failures[0];
  assert.equal(verdict, failure === undefined ? Verdict.continue : Verdict.failed);
  const fields = host.requests.get(handle)?.fields[0] ?? [];
  const text = fields.find(([field]) => field === "x-value")?.[1];
  return { value: text === undefined ? undefined : JSON.parse(text), failure };
}

const VALUES: Readonly<Record<string, unknown>> = {
  parts: [
    "https://us%20er:pw@example.test:8443/b%20c?q=%C3%BC#hash",
    "https://example.test:8443",
    "https:",
    "us%20er",
    "pw",
    "example.test:8443",
    "example.test",
    "8443",
    "/b%20c",
    "?q=%C3%BC",
    "#hash",
  ],
  relative: "https://a.test/b/x?y",
  canParse: [true, false, false],
  parse: ["https://a.test/", null],
  address: "127.0.0.1",
  json: '{"url":"a:b"}',
  tag: "[object URL]",
  atBuild: ["https://built.test/a?b=c", "c"],
  setters: [
    "http://user:pw@host.test:8443/a/b?c=d#e",
    "https://x%20y:pw@host.test:8443/a/b?c=d#e",
    "https://user@host.test:8443/a/b?c=d#e",
    "https://user:pw@b.test:1/a/b?c=d#e",
    "https://user:pw@b.test:8443/a/b?c=d#e",
    "https://user:pw@host.test/a/b?c=d#e",
    "https://user:pw@host.test:8443/a/b?c=d#e",
    "https://user:pw@host.test:8443/x%20y?c=d#e",
    "https://user:pw@host.test:8443/a/b#e",
    "https://user:pw@host.test:8443/a/b?x=%C3%BC#e",
    "https://user:pw@host.test:8443/a/b?c=d",
    "c:d",
  ],
  surrogate: "/%EF%BF%BD",
  live: ["https://a.test/?a=1&b=2&c=%C3%BC+%26", [], "https://a.test/", true],
  long: 50_001,
  query: [
    ["a", "1"],
    ["a", "2"],
    ["b", "ü x"],
    ["c", ""],
    ["", "d"],
    ["e", "%zz\ufffd"],
  ],
  fromPairs: "a=1&a=2",
  fromRecord: "a=1&b+c=d%26e%3Df",
  fromParams: "a=1",
  encoding: "x=aZ9*-._+%21%27%28%29%7E%25%C3%BC%E2%82%AC%F0%9F%98%80%EF%BF%BD%0A",
  change: ["a=2&a=7&b=5&c=4&d=6", "2", ["2", "7"], null, 5],
  has: [true, true, false, false],
  iterate: ["a", "b", "1", "2", "a1", "b2", 2],
};

for (const [name, value] of Object.entries(VALUES)) {
  test(`URL: ${name}`, async () => assert.deepEqual((await run(name)).value, value));
}

for (const name of ["invalid", "invalidRelative", "setInvalidHref", "badPair"]) {
  test(`URL: ${name} is a TypeError`, async () => {
    assert.match((await run(name)).failure ?? "", /^TypeError: /);
  });
}
