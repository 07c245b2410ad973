import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fieldsOf } from "../exchange.testing.ts";
import { RecordingReceiver, ScriptedSource } from "./bodies.testing.ts";
import { HeldRequest } from "./held-request.ts";
import type { TellBody } from "./held-body.ts";

interface Held {
  readonly client: ScriptedSource;
  readonly held: HeldRequest;
  readonly told: string[];
  readonly tell: TellBody;
  readonly upstream: RecordingReceiver;
}

function holding(): Held {
  const client = new ScriptedSource();
  const told: string[] = [];
  const tell: TellBody = (outcome) => {
    told.push(outcome.kind === "whole" ? outcome.bytes.toString() : outcome.kind);
  };
  return {
    client,
    held: new HeldRequest(client),
    told,
    tell,
    upstream: new RecordingReceiver(),
  };
}

describe("a request's body that a plugin reads", () => {
  test("goes on unchanged afterwards, with its trailers", () => {
    const { client, held, told, tell, upstream } = holding();
    held.ask(100, tell);
    client.give("ab", "c");
    client.end(fieldsOf("Digest: 1"));
    assert.deepEqual(told, ["abc"]);
    held.readBody(upstream);
    assert.equal(upstream.body, "abc");
    assert.equal(upstream.trailers?.get("digest"), "1");
    assert.equal(upstream.events.at(-1), "end");
    assert.deepEqual(client.events, ["read"]);
  });

  test("is read no further than the plugin takes, and the rest goes through", () => {
    const { client, held, told, tell, upstream } = holding();
    held.ask(2, tell);
    client.give("abc");
    assert.deepEqual(told, ["too_large"]);
    assert.deepEqual(client.events, ["read", "pause"]);
    held.readBody(upstream);
    assert.deepEqual(client.events, ["read", "pause", "resume"]);
    client.give("de");
    client.end();
    assert.equal(upstream.body, "abcde");
    assert.deepEqual(upstream.events, ["write 3", "flush", "write 2", "flush", "end"]);
    assert.equal(held.isRepeatable, false);
  });

  test("waits where the upstream is full before the rest goes through", () => {
    const { client, held, tell, upstream } = holding();
    held.ask(2, tell);
    client.give("abc");
    upstream.onPiece = () => held.pauseBody();
    held.readBody(upstream);
    assert.equal(client.events.at(-1), "pause");
    held.resumeBody();
    assert.equal(client.events.at(-1), "resume");
  });

  test("can be sent again, as often as it takes", () => {
    const { client, held, tell, upstream } = holding();
    held.ask(100, tell);
    client.give("abc");
    client.end();
    assert.equal(held.withdrawBody(), true);
    held.readBody(upstream);
    assert.equal(held.withdrawBody(), false);
    assert.equal(held.isRepeatable, true);
    const other = new RecordingReceiver();
    held.readBody(other);
    assert.equal(other.body, "abc");
    assert.deepEqual(other.events, ["write 3", "end"]);
  });

  test("is kept no longer than it may be sent again", () => {
    const { client, held, tell, upstream } = holding();
    held.ask(100, tell);
    client.give("abc");
    client.end();
    held.readBody(upstream);
    held.forget();
    assert.equal(held.isRepeatable, false);
    assert.deepEqual(held.body.pieces, []);
  });

  test("asked for twice is read once", () => {
    const { client, held, told, tell } = holding();
    held.ask(100, tell);
    held.ask(100, tell);
    client.give("abc");
    client.end();
    held.ask(100, tell);
    assert.deepEqual(told, ["abc", "abc", "abc"]);
    assert.equal(client.events.filter((event) => event === "read").length, 1);
  });
});

describe("a request's body that a plugin replaces", () => {
  test("goes on as the plugin's, and what the client sends is dropped", () => {
    const { client, held, upstream } = holding();
    held.replace(Buffer.from("new"));
    assert.equal(held.newLength, 3);
    held.readBody(upstream);
    assert.deepEqual(client.events, ["read"]);
    client.give("old body");
    client.end(fieldsOf("Digest: 1"));
    assert.equal(upstream.body, "new");
    assert.deepEqual(upstream.events, ["write 3", "end"]);
    assert.equal(upstream.trailers, undefined);
  });

  test("after a part of it was read, is not mixed with the rest", () => {
    const { client, held, tell, upstream } = holding();
    held.ask(2, tell);
    client.give("abc");
    held.replace(Buffer.from("new"));
    held.readBody(upstream);
    client.give("def");
    client.end();
    assert.equal(upstream.body, "new");
  });

  test("is never made to wait by the upstream, so that the next request is found", () => {
    const { client, held, upstream } = holding();
    held.replace(Buffer.from("new"));
    upstream.onPiece = () => held.pauseBody();
    held.readBody(upstream);
    assert.deepEqual(client.events, ["read"]);
  });

  test("is what the next plugin reads", () => {
    const { held, told, tell } = holding();
    held.replace(Buffer.from("new"));
    held.ask(100, tell);
    assert.deepEqual(told, ["new"]);
  });
});
