// Test vectors of llhttp and of AWS's desync guardian: what they call invalid or severe reaches no upstream.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect } from "../harness/client.ts";
import { forwardAll } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { addHost, bodyFor, desyncVectors, llhttpVectors } from "../harness/vectors.ts";

const used = useGateway(([port = 0]) => ({ config: forwardAll(port) }));

/** Sends the bytes, ends after the first answer, and takes everything that came back. */
async function exchange(raw: string): Promise<string> {
  const client = await connect(used.gateway.proxyPort);
  client.send(raw);
  // Bytes that leave a request unfinished get no answer before the end.
  await client.settled(250);
  client.halfClose();
  const text = await client.rest(10_000);
  client.socket.destroy();
  return text;
}

/** Requests that the upstream got whole; reading them checks that all bytes were strict HTTP/1.1. */
async function upstreamCount(): Promise<number> {
  const response = await used.gateway.get("/vector-done");
  assert.equal(response.status, 200, "the gateway serves on");
  return used.upstream.requests.filter((request) => request.target !== "/vector-done").length;
}

/** Cut wrongly out of llhttp's page: the bytes hold a whole valid request, and prose after it. */
const MISCUT = new Set(["llhttp-request-connection-4"]);

for (const { id, raw, type, error, complete } of llhttpVectors()) {
  if (type !== "request" || MISCUT.has(id)) continue;
  if (error === null || error.startsWith("Pause on")) {
    test(`vectors: ${id} brings at most ${complete} requests to the upstream`, async () => {
      await exchange(addHost(raw));
      assert.ok((await upstreamCount()) <= Math.max(complete, 1));
    });
  } else {
    test(`vectors: ${id} is refused: ${error}`, async () => {
      const text = await exchange(addHost(raw));
      assert.match(text, complete > 0 ? /^(HTTP\/1\.1 [2-5]\d\d |$)/ : /^(HTTP\/1\.1 [45]\d\d |$)/);
      assert.ok((await upstreamCount()) <= complete);
    });
  }
}

for (const { id, raw, tier, hasHost } of desyncVectors()) {
  const bytes = hasHost ? raw : addHost(raw);
  switch (tier) {
    case "Severe":
      test(`vectors: ${id} is severe: 400 and nothing upstream`, async () => {
        assert.match(await exchange(bytes), /^HTTP\/1\.1 (400|501|505) /);
        assert.equal(await upstreamCount(), 0);
      });
      break;
    case "Ambiguous":
    case "Acceptable":
    case "Compliant":
      test(`vectors: ${id} is ${tier.toLowerCase()}: refused, or one request upstream`, async () => {
        await exchange(bytes + bodyFor(raw));
        assert.ok((await upstreamCount()) <= 1);
      });
      break;
  }
}
