// An instance serves for days: what a call takes, it gives back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Property } from "../abi.ts";
import { buildFixture, start } from "./test-plugin.ts";
import type { Guest, TestHost } from "./test-host.ts";
import type { TestRequest } from "./test-request.ts";

interface Run {
  /** In ./fixtures. */
  readonly fixture: string;
  /** Its cases, in turns. */
  readonly cases: readonly string[];
  readonly calls: number;
}

// A leak of one QuickJS block, 16 bytes, in every tenth of 100,000 calls would take three pages.
const RUNS: readonly Run[] = [
  { fixture: "failures", cases: ["works", "header"], calls: 1_000_000 },
  {
    fixture: "every-function",
    cases: ["fields", "latin1", "properties", "query", "consumers", "store", "error"],
    calls: 100_000,
  },
  {
    fixture: "failures",
    cases: ["throws", "asyncAnswer", "asyncThrows", "never", "forgottenPromise"],
    calls: 100_000,
  },
];

const WARM_UP_CALLS = 20_000;

for (const { fixture, cases, calls } of RUNS) {
  const name = `memory does not grow over ${calls} calls of ${cases.join(", ")}`;
  test(name, { timeout: 120_000 }, async () => {
    const { host, guest } = await start(await buildFixture(fixture));
    repeat(host, guest, cases, WARM_UP_CALLS);
    const bytes = guest.memory.buffer.byteLength;
    repeat(host, guest, cases, calls);
    assert.equal(guest.memory.buffer.byteLength, bytes);
  });
}

function repeat(host: TestHost, guest: Guest, names: readonly string[], calls: number): void {
  const handles = names.map((name) => host.request((request) => prepare(request, name)));
  for (let call = 0; call < calls; call++) {
    const handle = handles[call % handles.length] ?? 0;
    guest.sluice_access(handle, 0);
    const request = host.requests.get(handle);
    // What the plugin added; otherwise the host's own lists would grow.
    if (request !== undefined) prepare(request, names[call % names.length] ?? "");
    host.failures.length = 0;
    host.logs.length = 0;
  }
}

function prepare(request: TestRequest, name: string): void {
  request.fields[0].splice(0, Infinity, ["case", name], ["x-bytes", "\u00e9"]);
  request.fields[1].length = 0;
  request.query = [["a", "ü"]];
  request.properties.set(Property.consumerId, "c1");
}
