// The same policy in AssemblyScript and in C, over plugin-sdk's bindings: it must not matter what it is written in.
import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { get } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { spawnGateway } from "../harness/gateway.ts";
import { buildAssemblyScript, buildC, withoutClang } from "../harness/languages.ts";
import { importsOf } from "../harness/wat.ts";

interface Binding {
  readonly language: string;
  /** Bytes; kilobytes are what these languages are for. */
  readonly maxSize: number;
  readonly skip: string | false;
  build(): Promise<Uint8Array<ArrayBuffer>>;
}

const AS = "plugin-sdk/assemblyscript/example/key-and-limit";
const EVERYTHING = "plugin-sdk/assemblyscript/example/everything";
const C = "plugin-sdk/c/example/key-and-limit";

const BINDINGS: readonly Binding[] = [
  {
    language: "AssemblyScript",
    maxSize: 24_000,
    skip: false,
    build: () => buildAssemblyScript(`${AS}.ts`, `${AS}.json`),
  },
  {
    language: "C",
    maxSize: 8_000,
    skip: withoutClang(),
    build: () => buildC(`${C}.c`, `${C}.json`),
  },
];

function post(path: string, body: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: gw\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

function entry(settings: Entry): Entry {
  return { name: "key-and-limit", config: settings };
}

for (const { language, maxSize, skip, build: compile } of BINDINGS) {
  if (skip !== false) console.log(`# ${language} is not tested: ${skip}`);
  describe(`a policy in ${language}`, { skip }, () => {
    let built: Promise<Uint8Array<ArrayBuffer>> | undefined;
    const build = (): Promise<Uint8Array<ArrayBuffer>> => (built ??= compile());
    const used = useGateway(async ([port = 0]) => ({
      config: config({
        services: [
          {
            name: "orders",
            url: `http://127.0.0.1:${port}`,
            routes: [
              { paths: ["/strict"], plugins: [entry({ keys: ["s3cret", 'q"uote'], minute: 2 })] },
              { paths: ["/other"], plugins: [entry({ keys: ["other"], header: "X-Other" })] },
              { paths: ["/open"] },
            ],
          },
        ],
      }),
      plugins: { "key-and-limit": await build() },
    }));

    test("is kilobytes, and imports nothing but the ABI", async () => {
      const wasm = await build();
      assert.ok(wasm.length < maxSize, `${wasm.length} bytes`);
      assert.ok(importsOf(wasm).every((name) => name.startsWith("extism:host/user/")));
    });

    test("answers for itself when there is no key, with the request's id", async () => {
      const response = await used.gateway.get("/strict");
      assert.equal(response.status, 401);
      assert.equal(response.header("content-type"), "application/json; charset=utf-8");
      const id = response.header("x-request-id");
      assert.deepEqual(response.json(), { message: "No API key", request_id: id });
      assert.equal((await used.gateway.get("/strict", "X-Api-Key: s3cret2")).status, 401);
      assert.equal(used.upstream.requests.length, 0);
    });

    test("lets its keys pass, hides them from the upstream, and counts each one's requests", async () => {
      const first = await used.gateway.get("/strict", "X-Api-Key: s3cret");
      assert.equal(first.status, 200);
      assert.equal(first.header("ratelimit-limit"), "2");
      assert.equal(first.header("ratelimit-remaining"), "1");
      const headers = used.upstream.requests[0]?.headers ?? [];
      assert.ok(headers.some(([name]) => name.toLowerCase() === "host"));
      assert.ok(headers.every(([name]) => name.toLowerCase() !== "x-api-key"));
      await used.gateway.get("/strict", "X-Api-Key: s3cret");
      const last = await used.gateway.get("/strict", "X-Api-Key: s3cret");
      // A new minute may have begun between the requests.
      if (last.status === 200) return;
      assert.equal(last.status, 429);
      assert.equal(last.header("ratelimit-remaining"), "0");
      assert.equal((await used.gateway.get("/strict", 'X-Api-Key: q"uote')).status, 200);
    });

    test("reads each entry's own config, defaults filled in", async () => {
      const response = await used.gateway.get("/other", "X-Other: other");
      assert.equal(response.status, 200);
      assert.equal(response.header("ratelimit-limit"), "60");
      assert.equal((await used.gateway.get("/other", "X-Api-Key: s3cret")).status, 401);
    });

    test("takes headers of any size and byte", async () => {
      for (const value of ["", "é\u00ff", "k".repeat(7_000)]) {
        assert.equal((await used.gateway.get("/strict", `X-Api-Key: ${value}`)).status, 401);
      }
      const keyed = get("/open", ...Array.from({ length: 50 }, (_value, at) => `X-Api-Key: ${at}`));
      assert.equal((await used.gateway.ask(keyed)).status, 200);
    });

    test("serves many requests with one instance", async () => {
      for (let count = 0; count < 500; count++) await used.gateway.get("/strict", "X-Api-Key: no");
      const { text } = await used.gateway.status("/metrics");
      assert.doesNotMatch(text, /^sluice_plugin_errors_total\{[^}]*"key-and-limit"[^}]*\} [1-9]/m);
    });

    test("refuses a config with its own words", async () => {
      const gateway = await spawnGateway({
        config: config({ plugins: [entry({ keys: [] })] }),
        plugins: { "key-and-limit": await build() },
      });
      assert.equal(await gateway.ended(), 1);
      assert.match(gateway.log, /keys: expected at least one/);
    });
  });
}

describe("AssemblyScript's library", () => {
  const used = useGateway(async ([port = 0]) => ({
    config: config({
      services: [
        {
          name: "all",
          url: `http://127.0.0.1:${port}`,
          routes: [{ paths: ["/"], strip_path: false }],
          plugins: [
            {
              name: "everything",
              config: { on: true, text: 'a "b" \u00e9\n', list: ["x", "y"], number: -1.5 },
              grants: { fetch: ["127.0.0.1:1"], private_addresses: true },
            },
          ],
        },
      ],
    }),
    plugins: { everything: await buildAssemblyScript(`${EVERYTHING}.ts`, `${EVERYTHING}.json`) },
    flags: ["--log-level", "debug"],
  }));

  test("reads config: texts with escapes, lists, flags, numbers", async () => {
    assert.match(await used.gateway.logged(/-1\.5/), /true a \\"b\\" \u00e9\\n x\+y -1\.5/);
  });

  test("reads and changes the request and the response", async () => {
    const response = await used.gateway.get("/a?q=1%20x&q=2&gone=1", "X-Many: 1", "X-Many: 2");
    assert.equal(response.status, 203);
    assert.equal(response.header("x-headers"), "1|2");
    assert.match(response.header("x-text") ?? "", /^GET \S+ q=1%20x&q=2&gone=1$/);
    assert.deepEqual(response.all("x-arg"), ["1 x", "2"]);
    assert.equal(response.header("x-checks"), "true true true true");
    const [request] = used.upstream.requests;
    assert.equal(request?.method, "PUT");
    assert.equal(request?.target, "/a?q=%C3%A9%20x&added=1");
    assert.equal(response.text, "ko");
  });

  test("keeps and shares data, and computes digests and tokens", async () => {
    const response = await used.gateway.get("/a");
    assert.equal(response.header("x-store"), "true two 0 1.0");
    assert.equal(response.header("x-shared"), "b");
    assert.equal(response.header("x-crypto"), "186 32 true 5");
    assert.equal(response.header("x-token"), "signed");
    assert.equal(response.header("x-verified"), "refused");
  });

  test("takes from quotas, and has headers filled in", async () => {
    const response = await used.gateway.get("/a");
    assert.equal(response.header("x-quota"), "true 0 1000");
    const sent = used.upstream.requests.at(-1)?.headers ?? [];
    const [, filled = ""] = sent.find(([name]) => name.toLowerCase() === "x-filled") ?? [];
    assert.match(
      filled,
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}#[1-9][0-9]*$/,
    );
  });

  test("answers, waits for a timer, a fetch and a body", async () => {
    const answer = await used.gateway.get("/answer");
    assert.deepEqual([answer.status, answer.text], [418, "aet"]);
    assert.equal((await used.gateway.get("/timer")).header("x-resumed"), "0 false 0");
    // Nobody listens on port 1: unavailable, and part 0 says why.
    assert.equal((await used.gateway.get("/fetch")).header("x-resumed"), "-7 true 0");
    const posted = await used.gateway.ask(post("/body", "abc"));
    assert.equal(posted.header("x-resumed"), "3 false 3");
    assert.equal(used.upstream.requests.at(-1)?.body.toString(), "cba");
  });

  test("counts, and traces", async () => {
    const mark = used.gateway.mark;
    await used.gateway.get("/a");
    await used.gateway.logged(/trace of true true true/, mark);
    const { text } = await used.gateway.status("/metrics");
    assert.match(text, /^sluice_plugin_everything_calls(?:_total)? [1-9]/m);
  });
});
