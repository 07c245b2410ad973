// What the emulated gateway offers a plugin besides its request: bodies, other servers, secrets, metrics and so on.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { emulate } from "./emulate.ts";
import type { EmulatedGateway, EmulateOptions } from "./emulate.ts";
import type { AnswerRequest } from "./host-state.ts";

function start(options: Partial<EmulateOptions> = {}): Promise<EmulatedGateway> {
  return emulate({ plugin: new URL("./fixtures/services.ts", import.meta.url), ...options });
}

function as(name: string, body?: string): { headers: Record<string, string>; body?: string } {
  return { headers: { case: name }, ...(body !== undefined && { body }) };
}

/** What a request of that case is answered with. */
async function answer(name: string, options?: Partial<EmulateOptions>): Promise<string> {
  return (await (await start(options)).request(as(name))).text();
}

describe("bodies", () => {
  test("are read and replaced as a whole", async () => {
    const gateway = await start();
    await gateway.request(as("body", '{"a":1}'));
    assert.deepEqual(gateway.upstream.requests[0]?.json(), { a: 2 });
    const echo = await start({ upstream: () => ({ body: "hello" }) });
    assert.equal((await echo.request(as("answerBody"))).text(), "hello!");
  });

  test("that are too long for the plugin are answered by the gateway", async () => {
    const gateway = await start({ upstream: () => ({ body: "more than ten bytes" }) });
    const refused = await gateway.request(as("smallBody", "12345"));
    assert.equal(refused.status, 413);
    assert.equal(refused.source, "gateway");
    assert.equal((await gateway.request(as("answerBody"))).status, 502);
  });

  test("pass through the plugin chunk by chunk", async () => {
    const gateway = await start({ chunkBytes: 4, upstream: () => ({ body: "a b c d e" }) });
    const response = await gateway.request(as("chunks", "abcdefgh"));
    assert.equal(gateway.upstream.requests[0]?.text(), "ABCDefgh.");
    assert.equal(response.text(), "abcde");
  });
});

const server: AnswerRequest = (request) => {
  switch (request.path) {
    case "/who":
      return { status: 307, headers: { Location: "/me" } };
    case "/me":
      return { headers: { "X-Who": request.header("x-asked") ?? "" }, body: request.text() };
    case "/moved":
      return { status: 302, headers: { Location: "/me" } };
    case "/large":
      return { body: "large" };
    case "/never":
      return new Promise(() => {});
    case "/down":
      throw new Error("refused");
    default:
      return { body: request.path };
  }
};

describe("other servers", () => {
  test("are what the test says, redirects included", async () => {
    const gateway = await start({ fetch: server });
    const response = await gateway.request(as("fetches"));
    assert.equal(response.text(), "yes question https://api.test/me");
    assert.deepEqual(
      gateway.fetches.map(({ method, url }) => `${method} ${url}`),
      ["POST https://api.test/who?x=1", "POST https://api.test/me"],
    );
  });

  test("refuse for the reasons that a gateway has", async () => {
    const grants = { fetch: ["api.test"] };
    const reasons = await answer("refused", { fetch: server, grants });
    assert.equal(reasons, "denied invalid unreachable limit redirect");
  });

  test("may be slow: the plugin's time decides", async () => {
    const gateway = await start({ fetch: server });
    const slow = assert.rejects(gateway.request(as("slow")), /FetchError/);
    await gateway.advance(500);
    await slow;
  });

  test("may be asked at the same time, and for several requests in one instance", async () => {
    const gateway = await start({ fetch: server });
    const requests = [gateway.request(as("together")), gateway.request(as("together"))];
    const texts = (await Promise.all(requests)).map((response) => response.text());
    assert.deepEqual(texts, ["/one/other", "/one/other"]);
  });
});

describe("services", () => {
  test("compare and set, and share namespaces that are granted", async () => {
    assert.deepEqual(JSON.parse(await answer("store")), [true, false, true, "2", "1"]);
    await assert.rejects(answer("otherStore"), /not granted/);
  });

  test("keep data with a request", async () => {
    assert.deepEqual(JSON.parse(await answer("shared")), { b: [1] });
  });

  test("give secrets that are granted", async () => {
    const secrets = { "vault://env/key": "hush" };
    assert.equal(await answer("secret", { secrets }), "hush");
    await assert.rejects(answer("secret", { secrets, grants: {} }), /not granted/);
  });

  test("compute digests, tokens and URLs", async () => {
    assert.deepEqual(JSON.parse(await answer("crypto")), {
      digest: "ba7816bf",
      hmac: 32,
      isEqual: true,
      verified: "me",
      url: "http://a.test/b?c=1",
    });
  });

  test("count", async () => {
    const gateway = await start();
    await gateway.request(as("log"));
    await gateway.request(as("log"));
    assert.equal(gateway.metric("asked", { case: "log" })?.value, 2);
    assert.equal(gateway.metric("asked", { case: "other" }), undefined);
    assert.equal(gateway.metric("last")?.value, 3);
    assert.deepEqual(gateway.metric("sizes")?.observations, [3, 3]);
    assert.throws(() => gateway.metric("no_such"), /no metric no_such/);
  });

  test("trace", async () => {
    const gateway = await start();
    const traceparent = `00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    const response = await gateway.request({ headers: { case: "spans", traceparent } });
    assert.equal(response.text(), "a".repeat(32));
    const [outer, inner] = gateway.spans;
    assert.deepEqual([outer?.name, outer?.attributes], ["outer", { size: "3" }]);
    assert.equal(inner?.parent_id, outer?.span_id);
    assert.notEqual(inner?.end_ns, null);
  });

  test("choose where a request goes", async () => {
    const gateway = await start();
    await gateway.request(as("upstream"));
    const [received] = gateway.upstream.requests;
    assert.deepEqual([received?.upstream, received?.target], ["blue", "10.0.0.5:80"]);
    await assert.rejects(answer("upstream", { upstreams: ["green"] }), /upstream/);
  });

  test("log with fields, set cookies, answer from deep inside", async () => {
    const gateway = await start();
    await gateway.request(as("log"));
    assert.deepEqual(gateway.logs, [{ level: "info", message: "done", fields: { status: 200 } }]);
    const cookies = await gateway.request({ headers: { case: "cookies", Cookie: "id=7" } });
    assert.match(cookies.header("set-cookie") ?? "", /^seen=7; /);
    const deep = await gateway.request(as("deep"));
    assert.equal(deep.status, 409);
    assert.equal((deep.json() as { message: string }).message, "not now");
  });
});
