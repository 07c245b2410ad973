// Sinks, used from TypeScript through the engine.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { Fault, Verdict } from "../abi.ts";
import type { BuiltPlugin } from "../compiler/build-plugin.ts";
import { emulate } from "../emulator/emulate.ts";
import type { Guest } from "./test-host.ts";
import { TestHost } from "./test-host.ts";
import { TestRequest } from "./test-request.ts";
import { buildFixture } from "./test-plugin.ts";

let plugin: BuiltPlugin;
before(async () => {
  plugin = await buildFixture("sinks");
});

async function start(
  fault: number = 0,
): Promise<{ host: TestHost; guest: Guest; verdict: number }> {
  const host = new TestHost();
  const guest = await host.load(plugin.wasm);
  host.refuseSinksWith = fault;
  const verdict = host.configure(guest, 0, { url: "http://u:secret@logs.test/path?key=secret" });
  return { host, guest, verdict };
}

describe("a sink", () => {
  test("is opened with its options, and appended to with text, bytes and the record", async () => {
    const { host, guest, verdict } = await start();
    assert.equal(verdict, Verdict.continue);
    assert.deepEqual(host.sinkOptions, [
      {
        to: "http",
        url: "http://u:secret@logs.test/path?key=secret",
        separator: "\n",
        queue: { max_batch_size: 3 },
      },
      { to: "udp", host: "127.0.0.1", port: 9 },
    ]);
    const request = new TestRequest();
    request.record = '{"a":1}';
    host.requests.set(7, request);
    assert.equal(guest.sluice_log(7, 0), Verdict.continue);
    assert.deepEqual(host.appended, [
      { request: 0, sink: 0, entry: "tëxt" },
      { request: 0, sink: 0, entry: "\0\ufffd\n" },
      { request: 0, sink: 0, entry: "" },
      { request: 7, sink: 0, entry: '{"a":1}' },
      { request: 0, sink: 1, entry: "late" },
    ]);
  });

  test("that is not granted is a fault of the config, which shows no credential", async () => {
    const { host, verdict } = await start(Fault.denied);
    assert.equal(verdict, Verdict.failed);
    assert.match(host.failures[0] ?? "", /http:\/\/logs\.test is not in the entry's grants/);
    assert.doesNotMatch(host.failures[0] ?? "", /secret/);
    const other = await start(Fault.badValue);
    assert.match(other.host.failures[0] ?? "", /takes no sink with these options to http:/);
  });
});

describe("a sink in the emulator", () => {
  const config = { url: "http://logs.test/" };
  const grants = { fetch: ["logs.test", "127.0.0.1:9"] };

  test("keeps what is appended", async () => {
    const gateway = await emulate({ plugin: plugin.wasm, config, grants });
    await gateway.request({ path: "/x" });
    const [http, udp] = gateway.sinks;
    assert.deepEqual(http?.entries.slice(0, 3), ["tëxt", "\0\ufffd\n", ""]);
    assert.equal(JSON.parse(http?.entries[3] ?? "").request.uri, "/x");
    assert.deepEqual(udp?.entries, ["late"]);
    await gateway.restart();
    assert.equal(gateway.sinks.length, 2);
  });

  test("is refused without a grant", async () => {
    const refused = emulate({ plugin: plugin.wasm, config, grants: { fetch: ["logs.test"] } });
    await assert.rejects(refused, /127\.0\.0\.1:9 is not in the entry's grants/);
  });

  test("is opened in configure alone, and takes the record in onLog alone", async () => {
    const gateway = await emulate({ plugin: plugin.wasm, config, grants });
    const asking = (name: string): Promise<unknown> => gateway.request({ headers: { case: name } });
    await assert.rejects(asking("open"), /A sink is opened in configure/);
    await assert.rejects(asking("record"), /takes nothing in this phase/);
  });
});
