import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { BodyReceiver, Exchange, UpstreamSide } from "../exchange.ts";
import { exchangeOf, fieldsOf } from "../exchange.testing.ts";
import { CHUNKED, NO_BODY } from "../http1/framing.ts";
import type { Framing } from "../http1/framing.ts";
import { FetchClient } from "./fetch-client.ts";

interface Answering {
  readonly client: FetchClient;
  readonly exchange: Exchange;
  /** What became of the exchange, in order. */
  readonly events: string[];
}

function answering(request: Request, framing: Framing = CHUNKED, status = 200): Answering {
  const client = new FetchClient(request);
  const exchange = exchangeOf({ client });
  const events: string[] = [];
  client.onGone(() => events.push("gone"));
  const upstream: UpstreamSide = {
    writeBody: () => undefined,
    flushBody: () => undefined,
    endBody: () => undefined,
    pauseResponse: () => events.push("pause"),
    resumeResponse: () => events.push("resume"),
    abort: () => events.push("abort"),
  };
  exchange.upstream = upstream;
  exchange.status = status;
  exchange.reason = "OK";
  exchange.responseFields = fieldsOf("X-A: 1", "Set-Cookie: a", "Set-Cookie: b", "Keep-Alive: 5");
  exchange.responseFraming = framing;
  return { client, exchange, events };
}

function get(signal?: AbortSignal): Request {
  return new Request("http://a/", signal === undefined ? {} : { signal });
}

/** The request's body as the upstream gets it. */
async function forwarded(request: Request): Promise<{ text: string; how: string }> {
  const { client } = answering(request);
  const outcome = Promise.withResolvers<string>();
  let text = "";
  const receiver: BodyReceiver = {
    writeBody: (piece) => {
      text += piece.toString();
    },
    flushBody: () => undefined,
    endBody: () => outcome.resolve("whole"),
  };
  client.onGone(() => outcome.resolve("gone"));
  client.response.catch(() => undefined);
  client.readBody(receiver);
  return { how: await outcome.promise, text };
}

describe("a Response", () => {
  test("has status, fields without hop-by-hop ones, and the body", async () => {
    const { client, exchange } = answering(get(), CHUNKED, 201);
    client.sendHead(exchange);
    client.sendBody(Buffer.from("ab"));
    client.sendBody(Buffer.from("c"));
    client.sendEnd();
    const response = await client.response;
    assert.equal(response.status, 201);
    assert.equal(response.headers.get("x-a"), "1");
    assert.equal(response.headers.get("keep-alive"), null);
    assert.equal(response.headers.get("x-request-id"), exchange.id);
    assert.deepEqual(response.headers.getSetCookie(), ["a", "b"]);
    assert.equal(await response.text(), "abc");
    assert.equal(exchange.responseBytes, 3);
  });

  test("has no body where there can be none", async () => {
    for (const [framing, status] of [
      [NO_BODY, 204],
      [NO_BODY, 304],
      [CHUNKED, 205],
    ] as const) {
      const { client, exchange } = answering(get(), framing, status);
      client.sendHead(exchange);
      client.sendBody(Buffer.from("x"));
      client.sendEnd();
      assert.equal((await client.response).body, null);
    }
  });

  test("that is cut fails where it is read", async () => {
    const { client, exchange, events } = answering(get());
    client.sendHead(exchange);
    client.sendBody(Buffer.from("ab"));
    client.abort();
    await assert.rejects((await client.response).text());
    assert.deepEqual(
      events.filter((event) => event === "gone"),
      [],
    );
  });

  test("fails when there is none", async () => {
    const { client } = answering(get());
    client.abort();
    await assert.rejects(client.response, { code: "upstream_reset" });
  });

  test("makes the upstream wait when nobody reads it", async () => {
    const { client, exchange, events } = answering(get());
    client.sendHead(exchange);
    for (let n = 0; n < 5; n++) client.sendBody(Buffer.from("x"));
    assert.ok(events.includes("pause"));
    assert.equal(events.at(-1), "pause");
    const reader = (await client.response).body?.getReader();
    for (let n = 0; n < 5; n++) await reader?.read();
    assert.equal(events.at(-1), "resume");
  });
});

describe("a program that gives up", () => {
  test("by cancelling the response's body is reported, once", async () => {
    const { client, exchange, events } = answering(get());
    client.sendHead(exchange);
    client.sendBody(Buffer.from("ab"));
    await (await client.response).body?.cancel();
    client.sendBody(Buffer.from("more"));
    client.sendEnd();
    assert.deepEqual(
      events.filter((event) => event === "gone"),
      ["gone"],
    );
  });

  test("by its signal is reported and gets no response", async () => {
    const aborting = new AbortController();
    const { client, events } = answering(get(aborting.signal));
    aborting.abort();
    await assert.rejects(client.response, { code: "client_closed" });
    assert.deepEqual(events, ["gone"]);
  });

  test("before it began is reported, too", async () => {
    const { client, events } = answering(get(AbortSignal.abort()));
    await assert.rejects(client.response, { code: "client_closed" });
    assert.deepEqual(events, ["gone"]);
  });

  test("after the end changes nothing", async () => {
    const aborting = new AbortController();
    const { client, exchange, events } = answering(get(aborting.signal));
    client.sendHead(exchange);
    client.sendBody(Buffer.from("ab"));
    client.sendEnd();
    aborting.abort();
    assert.equal(await (await client.response).text(), "ab");
    assert.ok(!events.includes("gone"));
  });
});

describe("a request's body", () => {
  const post = (body: string, length?: number): Request =>
    new Request("http://a/", {
      method: "POST",
      body,
      headers: length === undefined ? {} : { "content-length": String(length) },
    });

  test("is forwarded as a whole", async () => {
    assert.deepEqual(await forwarded(post("hello")), { how: "whole", text: "hello" });
    assert.deepEqual(await forwarded(post("hello", 5)), { how: "whole", text: "hello" });
    assert.deepEqual(await forwarded(get()), { how: "whole", text: "" });
  });

  test("that is longer than its Content-Length never becomes the next request", async () => {
    const { how, text } = await forwarded(post("12345GET /smuggled", 5));
    assert.equal(how, "gone");
    assert.ok(text.length <= 5, text);
  });

  test("that is shorter than its Content-Length is given up", async () => {
    assert.equal((await forwarded(post("123", 5))).how, "gone");
  });

  test("that fails on the way is given up", async () => {
    const failing = new ReadableStream({
      pull: (controller) => controller.error(new Error("gone")),
    });
    const init: RequestInit & { duplex: "half" } = {
      method: "POST",
      body: failing,
      duplex: "half",
    };
    assert.equal((await forwarded(new Request("http://a/", init))).how, "gone");
  });
});
