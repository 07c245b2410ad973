import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { brotliDecompressSync, createGunzip, gunzipSync } from "node:zlib";
import { RecordingClient, exchangeOf } from "../exchange.testing.ts";
import type { Exchange, UpstreamSide } from "../exchange.ts";
import type { Coding } from "./content-coding.ts";
import { EncodedResponse } from "./encoded-response.ts";

function setUp(coding: Coding, contentType: string = "text/plain") {
  const client = new RecordingClient();
  const exchange: Exchange = exchangeOf({ client });
  const events: string[] = [];
  exchange.upstream = {
    pauseResponse: () => void events.push("pause"),
    resumeResponse: () => void events.push("resume"),
  } as unknown as UpstreamSide; // Nothing else of it is used here.
  exchange.responseFields.add("Content-Type", contentType);
  const ended = Promise.withResolvers<void>();
  const sink = new EncodedResponse({
    exchange,
    coding: { coding, level: undefined },
    onEnd: () => ended.resolve(),
    onFailed: ended.reject,
  });
  return { client, exchange, events, sink, ended: ended.promise };
}

function bytesOf(client: RecordingClient): Buffer {
  return Buffer.from(client.body, "latin1");
}

/** Until the client has more than it had. */
async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setImmediate(resolve));
}

test("pieces may change once they were written", async () => {
  for (const [coding, decode] of [
    ["gzip", gunzipSync],
    ["br", brotliDecompressSync],
  ] as const) {
    const { client, sink, ended } = setUp(coding);
    const buffer = Buffer.from("hello, ");
    sink.write(buffer);
    buffer.fill("world, ");
    sink.write(buffer);
    buffer.fill("?");
    sink.end();
    await ended;
    assert.equal(decode(bytesOf(client)).toString(), "hello, world, ");
  }
});

for (const type of ["text/event-stream; charset=utf-8", "text/plain"]) {
  test(`${type}: what has come goes out before the end`, async () => {
    const { client, sink, exchange } = setUp("gzip", type);
    sink.write(Buffer.from("data: 1\n\n"));
    sink.flush();
    await until(() => client.body.length > 18);
    const decoder = createGunzip();
    decoder.write(bytesOf(client));
    assert.equal(String((await once(decoder, "data"))[0]), "data: 1\n\n");
    decoder.destroy();
    for (const giveUp of exchange.underWay ?? []) giveUp();
  });
}

test("holds the upstream back, and lets it go on when both can take more", async () => {
  const { client, events, sink, ended } = setUp("gzip");
  sink.write(Buffer.alloc(200_000));
  assert.deepEqual(events, ["pause"]);
  await until(() => events.includes("resume"));
  events.length = 0;
  client.isFull = true;
  sink.write(Buffer.alloc(200_000));
  sink.flush();
  // All of it was taken when what is behind it comes out, and the encoder says so a little later.
  await until(() => client.body.length > 0);
  for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(events, ["pause"]);
  sink.end();
  await ended;
  assert.deepEqual(events, ["pause"]);
});

test("sends nothing once the exchange is over", async () => {
  const { client, exchange, sink } = setUp("gzip");
  sink.write(Buffer.alloc(100_000));
  exchange.isOver = true;
  for (const giveUp of exchange.underWay ?? []) giveUp();
  sink.write(Buffer.from("more"));
  sink.flush();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(client.body, "");
});
