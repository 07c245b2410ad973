// A plugin's real .wasm in the emulated gateway, as its author's tests run it.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { buildPlugin } from "../compiler/build-plugin.ts";
import { emulate } from "./emulate.ts";
import type { EmulatedGateway, EmulateOptions } from "./emulate.ts";
import { PluginFailure } from "./failure.ts";

const PLUGIN = new URL("./fixtures/everyday.ts", import.meta.url);

function start(options: Partial<EmulateOptions> = {}): Promise<EmulatedGateway> {
  return emulate({ plugin: PLUGIN, ...options });
}

function as(name: string): { headers: Record<string, string> } {
  return { headers: { case: name } };
}

/** Where a part of the plugin's source stands: `file:line:column`. */
async function place(part: string): Promise<string> {
  const source = await readFile(PLUGIN, "utf8");
  const before = source.slice(0, source.indexOf(part)).split("\n");
  return `${PLUGIN.pathname}:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

describe("the emulated gateway", () => {
  test("carries a request through the plugin to the upstream and back", async () => {
    const gateway = await start({
      upstream: (request) => ({ status: 201, headers: { "X-Up": "1" }, body: request.text() }),
    });
    const response = await gateway.request({
      method: "POST",
      path: "/first?page=1&size=5",
      headers: [
        ["case", "rewrite"],
        ["X-A", "1"],
        ["x-a", "2"],
      ],
      body: "hello",
    });
    const [received] = gateway.upstream.requests;
    assert.equal(received?.method, "PUT");
    assert.equal(received?.url, "http://gateway.test/other?size=5&page=2%20%26%203");
    assert.equal(received?.header("X-Seen"), "1|2");
    assert.equal(received?.header("X-A"), undefined);
    assert.equal(received?.text(), "hello");
    assert.equal(response.status, 202);
    assert.equal(response.source, "upstream");
    assert.equal(response.header("x-up"), "1");
    assert.equal(response.header("X-Was"), "201 yes 3");
    assert.equal(response.text(), "hello");
  });

  test("sends the plugin's own answer and asks no upstream", async () => {
    const gateway = await start();
    const response = await gateway.request(as("answer"));
    assert.equal(response.status, 403);
    assert.equal(response.source, "plugin");
    assert.equal(response.header("X-Why"), "no");
    assert.equal(response.header("Content-Type"), "application/json; charset=utf-8");
    assert.deepEqual(response.json(), { why: "no" });
    assert.deepEqual(gateway.upstream.requests, []);
  });

  test("has a clock that stands still until it is moved, and a store that goes by it", async () => {
    const gateway = await start({ nowMs: 1000 });
    const counts = async (): Promise<string | undefined> =>
      (await gateway.request(as("count"))).header("X-Counts");
    assert.equal((await gateway.request(as("time"))).header("X-Time"), "1000 1000");
    assert.equal(await counts(), "1 1 1");
    await gateway.advance(59_999);
    assert.equal(await counts(), "2 2 2");
    await gateway.advance(1);
    assert.equal(await counts(), "3 1 3");
    assert.equal(gateway.nowMs, 61_000);
  });

  test("keeps the store, and nothing else, when another instance takes over", async () => {
    const gateway = await start();
    await gateway.request(as("count"));
    await gateway.restart();
    assert.equal((await gateway.request(as("count"))).header("X-Counts"), "1 2 2");
  });

  test("knows consumers by their credentials", async () => {
    const credentials = [{ id: "c-1", collection: "keyauth_credentials", key: "secret" }];
    const gateway = await start({ consumers: [{ id: "a", username: "alice", credentials }] });
    await gateway.request({ headers: { case: "identify", apikey: "secret" } });
    await gateway.request({ headers: { case: "identify", apikey: "wrong" } });
    const names = gateway.upstream.requests.map((request) => request.header("X-Consumer-Username"));
    assert.deepEqual(names, ["alice", undefined]);
  });

  test("tells of consumers and credentials, and takes another's word for who the client is", async () => {
    const credentials = [
      { id: "c-1", collection: "jwt_secrets", key: "k", identifier: "k", fields: { secret: "s" } },
    ];
    const alice = { id: "a", username: "alice", customId: "a-1", groups: ["g"], tags: ["t"] };
    const gateway = await start({ consumers: [{ ...alice, credentials }] });
    await gateway.request({ headers: { case: "vouch", "x-id": "a-1" } });
    await gateway.request({ headers: { case: "vouch", "x-id": "none" } });
    const names = ["X-Consumer-ID", "X-Credential-Identifier", "X-Consumer-Groups", "X-Fields"];
    assert.deepEqual(
      gateway.upstream.requests.map((request) => names.map((name) => request.header(name))),
      [
        ["a", "a token", "g,t", "s a"],
        [undefined, "a token", "", "s a"],
      ],
    );
    await assert.rejects(
      gateway.request({ headers: { case: "vouch" } }).then(async () => {
        const bare = await start({ grants: {} });
        return bare.request({ headers: { case: "vouch" } });
      }),
      /was not granted/,
    );
  });

  test("collects what the plugin logs and appends", async () => {
    const gateway = await start({ config: { log: "/log/b" } });
    await gateway.request(as("say"));
    assert.deepEqual(gateway.logs, [
      { level: "warn", message: "careful" },
      { level: "info", message: '{"a":1}' },
    ]);
    await gateway.request({ path: "/x?a=1", ...as("log") });
    const file = gateway.files.get("/log/b");
    assert.equal(file?.reopened, 1);
    assert.equal(JSON.parse(file?.lines[0] ?? "").request.uri, "/x?a=1");
  });

  test("waits for timers of the plugin, which its clock fires", async () => {
    const gateway = await start({ nowMs: 0 });
    const [one, other] = [gateway.request(as("delayed")), gateway.request()];
    await other;
    await gateway.advance(1499);
    const late = gateway.request(as("delayed"));
    await gateway.advance(1);
    assert.equal((await one).text(), "1500");
    await gateway.advance(5000);
    assert.equal((await late).text(), "2999");
  });

  test("runs a .wasm of any origin: bytes and files alike", async () => {
    const result = await buildPlugin({ entry: PLUGIN.pathname, check: false });
    assert.equal(result.kind, "built");
    const wasm = result.kind === "built" ? result.wasm : new Uint8Array();
    const gateway = await start({ plugin: wasm });
    assert.equal((await gateway.request(as("answer"))).status, 403);
    await assert.rejects(start({ plugin: Uint8Array.of(1, 2, 3) }), WebAssembly.CompileError);
  });
});

describe("a config", () => {
  test("that does not fit the schema is refused, with every fault", async () => {
    await assert.rejects(start({ config: { limit: 0, more: 1 } }), {
      message: "config.more: unknown key\nconfig.limit: expected a number at least 1, got 0",
    });
  });

  test("that the plugin refuses is refused in its words", async () => {
    await assert.rejects(start({ config: { limit: 101 } }), {
      message: "limit: must not be over 100",
    });
  });
});

describe("a plugin that fails", () => {
  const fails = async (name: string, options?: Partial<EmulateOptions>): Promise<PluginFailure> => {
    const gateway = await start(options);
    const failure: unknown = await gateway.request(as(name)).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.ok(failure instanceof PluginFailure);
    assert.equal((await gateway.request(as("answer"))).status, 403);
    return failure;
  };

  test("fails the request with the author's file, line and column", async () => {
    const failure = await fails("throws");
    assert.equal(failure.message, "RangeError: on purpose");
    const [first, second, third, fourth] = (failure.stack ?? "").split("\n");
    assert.equal(first, "PluginFailure in access: RangeError: on purpose");
    assert.equal(second, `    at explode (${await place("RangeError(")})`);
    assert.equal(third, `    at throws (${await place("explode();\n  },\n  async delayed")})`);
    assert.equal(fourth?.split(":", 1)[0], `    at onRequest (${PLUGIN.pathname}`);
    assert.doesNotMatch(failure.stack ?? "", /plugin\.js|install\.ts/);
  });

  test("shows the author's lines in the log, too", async () => {
    const gateway = await start();
    await gateway.request(as("forgets"));
    const [line] = gateway.logs;
    assert.equal(line?.level, "error");
    assert.match(line?.message ?? "", /nobody listens\n {4}at forgets \(.*everyday\.ts:\d+:\d+\)/);
  });

  test("that throws after it waited fails its own request", async () => {
    const gateway = await start();
    const failing = assert.rejects(gateway.request(as("throwsLater")), /on purpose/);
    const other = gateway.request(as("delayed"));
    await gateway.advance(10);
    await failing;
    await gateway.advance(1500);
    assert.equal((await other).status, 200);
  });

  test("that waits for what never comes fails", async () => {
    assert.match(
      (await fails("waitsForNothing")).message,
      /nothing that it awaits can ever happen/,
    );
  });

  test("that loops without end is stopped", async () => {
    const failure = await fails("loop", { callLimitMs: 20 });
    assert.match(failure.message, /time/);
  });

  test("may not touch what is the gateway's", async () => {
    assert.match((await fails("hop")).message, /"?Connection"? belongs to the gateway/);
    assert.match((await fails("smuggle")).message, /HTTP does not allow/);
  });
});
