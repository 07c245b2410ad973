// llhttp's response vectors from an upstream: each is relayed faithfully, answered with 502, or cut off; what the
// client gets parses strictly; and how the bytes are cut in pieces changes nothing.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get } from "../harness/client.ts";
import type { Client } from "../harness/client.ts";
import { forwardAll } from "../harness/config.ts";
import { endToEndOfResponse } from "../harness/end-to-end.ts";
import { useGateway } from "../harness/fixture.ts";
import { readStrictResponse } from "../harness/strict.ts";
import type { StrictResponse } from "../harness/strict.ts";
import { reply } from "../harness/upstream.ts";
import { cutsOf, llhttpVectors } from "../harness/vectors.ts";

const used = useGateway(([port = 0]) => ({ config: forwardAll(port) }));
let ping: Client | undefined;

/** Not faults of the bytes: llhttp stops there because nothing, or another protocol, may follow. */
const STOPS = /^(?:Pause on|Data after `Connection: close`)/;
/** Wrong, unless llhttp is told to be lenient, which this gateway never is. Of other leniencies it has no use. */
const FORGIVEN = /lenient-(?!keep-alive|data-after-close)/;
/** 101 to a request without Upgrade. */
const UNASKED = new Set(["llhttp-response-connection-171", "llhttp-response-connection-172"]);

for (const { id, raw, type, error } of llhttpVectors()) {
  if (!type.startsWith("response")) continue;
  const isFault = FORGIVEN.test(type) || (error !== null && !STOPS.test(error));
  const upstreamSide = isFault || UNASKED.has(id) ? undefined : readAll(raw);
  const expected = upstreamSide === undefined ? "502 or cut off" : "relayed";
  test(`vectors: ${id}, ${type}, ${error ?? "no error"}: ${expected}`, async () => {
    const clientSide = await relay([raw]);
    if (upstreamSide === undefined) assert.match(summary(clientSide), /^(?:502|cut off)$/);
    else assert.deepEqual(clientSide?.map(relayed), upstreamSide.map(relayed));
    for (const cut of cutsOf(raw)) {
      const pieces = [raw.slice(0, cut), raw.slice(cut)];
      assert.deepEqual(
        (await relay(pieces))?.map(comparable),
        clientSide?.map(comparable),
        `cut at ${cut}`,
      );
    }
  });
}

/** The upstream answers one request with the pieces, each read before the next is sent, and ends if need be. */
async function relay(pieces: readonly string[]): Promise<StrictResponse[] | undefined> {
  used.upstream.reset();
  let next = 0;
  used.upstream.answer = ({ target }, connection) => {
    if (target !== "/vector") {
      connection.send(reply("200 OK", "pong"));
      return;
    }
    const sendNext = (): void => {
      connection.send(pieces[next++] ?? "");
      if (next < pieces.length) void pinged().then(sendNext);
      else if (readAll(pieces.join(""), false) === undefined) connection.end();
    };
    sendNext();
  };
  const client = await connect(used.gateway.proxyPort);
  const text = await client.send(get("/vector", "Connection: close")).rest();
  client.socket.destroy();
  await pinged();
  return readAll(text);
}

/** Bytes after an answer are nobody's: a later request gets its own. */
async function pinged(): Promise<void> {
  ping ??= await connect(used.gateway.proxyPort);
  const response = await ping.send(get("/ping")).response();
  assert.equal(response.text, "pong");
}

/** The responses to one GET, interim ones first; undefined when they are malformed or cut short. */
function readAll(text: string, isEnded: boolean = true): StrictResponse[] | undefined {
  const bytes = Buffer.from(text, "latin1");
  const responses: StrictResponse[] = [];
  for (let at = 0; ;) {
    const parsed = readStrictResponse(bytes, at, { method: "GET", isEnded });
    if (parsed.kind !== "whole") return undefined;
    const { status } = parsed.message;
    // 100 is between two neighbours; the gateway answers for itself.
    if (status !== 100) responses.push(parsed.message);
    if (status >= 200) return responses;
    at = parsed.end;
  }
}

function summary(responses: readonly StrictResponse[] | undefined): string {
  const final = responses?.at(-1);
  return final === undefined ? "cut off" : String(final.status);
}

/** What both sides must agree on. A reason is free text, and 1xx and HTTP/1.0's may be restated. */
function relayed({ status, headers, body }: StrictResponse): unknown {
  const kept = endToEndOfResponse(headers, status).filter(([name]) => !/^date$/i.test(name));
  return { status, headers: kept, body: body.toString("latin1") };
}

/** The same response at another time. */
function comparable(response: StrictResponse): unknown {
  const { status, body } = response;
  const text = body.toString("latin1").replace(/"request_id":"\w+"/, "");
  return { ...Object(relayed(response)), status, body: text };
}
