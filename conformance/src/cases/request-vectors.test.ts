// Test vectors of llhttp and of AWS's desync guardian: what they call invalid or severe reaches no upstream.
// The files are no part of the checkout: CONFORMANCE_VECTORS names their folder, ../shared/vectors beside the
// checkout is the default, and without them these cases are skipped aloud.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";

import { connect } from "../harness/client.ts";
import { forwardAll } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { ROOT } from "../harness/runtime.ts";

const FOLDER = process.env["CONFORMANCE_VECTORS"] ?? resolve(ROOT, "../shared/vectors");

const used = useGateway(([port = 0]) => ({ config: forwardAll(port) }));

interface Vector {
  readonly id: string;
  readonly raw: string;
}

interface LlhttpVector extends Vector {
  readonly type: string;
  readonly error: string | null;
  readonly complete: number;
}

interface DesyncVector extends Vector {
  readonly tier: "Severe" | "Ambiguous" | "Acceptable" | "Compliant";
  readonly hasHost: boolean;
}

/** The file's cases, or undefined when the machine does not have it. Its README.md states these fields. */
function load<V extends Vector>(name: string): readonly V[] | undefined {
  const path = join(FOLDER, name);
  if (!existsSync(path)) return undefined;
  // Test data of a fixed version, so its shape is known.
  return (JSON.parse(readFileSync(path, "utf8")) as { cases: readonly V[] }).cases;
}

/** Every vector gets a Host, so that it is refused for its own fault and not for that one. */
function addHost(raw: string): string {
  if (/^host\s*:/im.test(raw)) return raw;
  return raw.replace(/\r?\n/, "$&Host: gw.test\r\n");
}

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

const llhttp = load<LlhttpVector>("http1-llhttp.json");
const desync = load<DesyncVector>("http1-aws-desync.json");

if (llhttp === undefined || desync === undefined) {
  test("vectors: llhttp and AWS desync requests", {
    skip: `no test vectors in ${FOLDER}; set CONFORMANCE_VECTORS to their folder`,
  });
}

/** Cut wrongly out of llhttp's page: the bytes hold a whole valid request, and prose after it. */
const MISCUT = new Set(["llhttp-request-connection-4"]);

for (const { id, raw, type, error, complete } of llhttp ?? []) {
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

for (const { id, raw, tier, hasHost } of desync ?? []) {
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

/** A body that suits the head, with nothing that looks like a request after it. */
function bodyFor(raw: string): string {
  const length = /^content-length\s*:\s*(\d+)/im.exec(raw);
  if (/^transfer-encoding\s*:.*chunked/im.test(raw)) return "5\r\nhello\r\n0\r\n\r\n";
  return length === null ? "" : "x".repeat(Number(length[1]));
}
