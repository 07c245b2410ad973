// The fakes of the gateway's services, as a plugin's unit test meets them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HttpError, definePlugin, digest, hmac, jwt, s, timingSafeEqual } from "../index.ts";
import type { RequestContext, RequestOutcome } from "../index.ts";
import { FakeGateway } from "./fake-gateway.ts";
import "./fake-module-host.ts";

async function run(
  onRequest: (ctx: RequestContext) => RequestOutcome | Promise<RequestOutcome>,
  gateway: FakeGateway = new FakeGateway(),
  headers: Record<string, string> = {},
) {
  const definition = { name: "p", version: "1.0.0", priority: 1, config: s.object({}) };
  const plugin = gateway.configure(definePlugin({ ...definition, onRequest }), {});
  return gateway.handle(plugin, { headers });
}

test("an HttpError is the answer, thrown or rejected; another error is thrown on", async () => {
  const thrown = await run(() => {
    throw new HttpError(402, "Pay first", { headers: { "X-Price": "5" } });
  });
  assert.equal(thrown.response.status, 402);
  assert.match(thrown.response.body ?? "", /^\{"message":"Pay first"/);
  assert.equal(thrown.response.header("x-price"), "5");
  const rejected = await run(() => Promise.reject(new HttpError(418, "short and stout")));
  assert.equal(rejected.response.status, 418);
  const other = (): never => {
    throw new Error("other");
  };
  await assert.rejects(run(other), /other/);
});

test("an HttpError is an Error with a status and a cause", () => {
  const cause = new Error("why");
  const error = new HttpError(503, "later", { cause });
  assert.ok(error instanceof Error);
  assert.deepEqual(
    [error.name, error.message, error.status, error.cause],
    ["HttpError", "later", 503, cause],
  );
  assert.equal("cause" in new HttpError(503, "later"), false);
});

test("the store compares and sets, and its namespaces are apart", async () => {
  const gateway = new FakeGateway();
  await run(({ store }) => {
    assert.equal(store.compareAndSet("a", undefined, "1"), true);
    assert.equal(store.compareAndSet("a", undefined, "2"), false);
    assert.equal(store.compareAndSet("a", "1", "2", 1000), true);
    store.namespace("common").set("a", "shared");
  }, gateway);
  assert.equal(gateway.store.get("a"), "2");
  assert.equal(gateway.store.namespace("common").get("a"), "shared");
  gateway.nowMs += 1000;
  assert.equal(gateway.store.compareAndSet("a", "2", "3"), false);
});

test("shared data, secrets, cookies, the choice of an upstream and the log are there", async () => {
  const gateway = new FakeGateway({ secrets: { "vault://env/key": "value" } });
  const exchange = await run(
    (ctx) => {
      assert.equal(ctx.shared.get("a"), undefined);
      ctx.shared.set("a", { b: [null] });
      ctx.shared.set("null", null);
      ctx.shared.set("c", 1);
      ctx.shared.delete("c");
      ctx.response.setCookie(
        "seen",
        `${ctx.request.cookie("a")} ${ctx.secrets.get("vault://env/key")}`,
      );
      ctx.upstream.choose("blue");
      ctx.log.info("line", { a: 1 });
    },
    gateway,
    { cookie: "a=1" },
  );
  assert.deepEqual(exchange.shared.get("a"), { b: [null] });
  assert.equal(exchange.shared.get("null"), null);
  assert.equal(exchange.shared.get("c"), undefined);
  assert.equal(exchange.response.header("set-cookie"), "seen=1%20value");
  assert.equal(exchange.chosen.name, "blue");
  assert.deepEqual(gateway.logLines, ['info: line {"a":1}']);
});

test("spans are kept, with their parents and errors, on the gateway's clock", async () => {
  const gateway = new FakeGateway({ nowMs: 5 });
  const exchange = await run(async ({ trace }) => {
    await trace.span("outer", async (span) => {
      span.set("a", 1);
      await Promise.resolve();
      assert.throws(() => span.span("inner", () => assert.fail("oh")));
    });
  }, gateway);
  const [outer, inner] = exchange.trace.record().spans;
  assert.deepEqual([outer?.name, outer?.attributes, outer?.is_error], ["outer", { a: "1" }, false]);
  assert.deepEqual(
    [inner?.name, inner?.parent_id, inner?.is_error],
    ["inner", outer?.span_id, true],
  );
  assert.equal(outer?.end_ns, "5000000");
});

test("cryptography is real", async () => {
  assert.equal(digest("MD5", "abc", "hex"), "900150983cd24fb0d6963f7d28e17f72");
  assert.equal(digest("SHA-256", "").length, 32);
  assert.ok(timingSafeEqual(hmac("SHA-1", "k", "a"), hmac("SHA-1", "k", "a")));
  assert.throws(() => digest("SHA-3" as "SHA-1", "abc"), /Expected one of SHA-256/);
  const token = jwt.sign({ sub: "me" }, { secret: "s" }, { algorithm: "HS256", expiresInS: 60 });
  const result = jwt.verify(token, { secret: "s" }, { algorithms: ["HS256"], required: ["exp"] });
  assert.equal(result.valid && result.payload["sub"], "me");
  const late = jwt.verify(
    token,
    { secret: "s" },
    { algorithms: ["HS256"], nowS: 1e10, clockSkewS: 5 },
  );
  assert.equal(late.valid || late.reason, "expired");
  assert.throws(() => jwt.sign({}, { secret: "" }, { algorithm: "HS256" }), TypeError);
});
