import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { fetchModule, isAllowedUrl, shownUrl } from "./fetch-module.ts";

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

const MODULE = Buffer.from("\0asm of a kind");
const LIMITS = { maxBytes: 100, timeoutMs: 10_000 };

describe("a module's url", () => {
  let origin = "";
  let answer: Answer = () => assert.fail();
  const server = createServer((request, response) => answer(response, request));
  let folder = "";
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    origin = `http://127.0.0.1:${address.port}`;
    folder = await mkdtemp(join(tmpdir(), "sluice-fetch-"));
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });

  const redirectTo =
    (location: string, status = 302): Answer =>
    (response) =>
      response.writeHead(status, { location }).end();

  test("leads to its bytes", async () => {
    answer = (response) => response.end(MODULE);
    assert.deepEqual(Buffer.from(await fetchModule(`${origin}/p.wasm?t=1`, LIMITS)), MODULE);
    const path = join(folder, "my plugin.wasm");
    await writeFile(path, MODULE);
    assert.deepEqual(Buffer.from(await fetchModule(pathToFileURL(path).href, LIMITS)), MODULE);
  });

  test("may redirect, to where a url may lead", async () => {
    answer = (response, { url }) =>
      url === "/p.wasm"
        ? response.end(MODULE)
        : response.writeHead(307, { location: "p.wasm" }).end();
    assert.deepEqual(Buffer.from(await fetchModule(`${origin}/old`, LIMITS)), MODULE);
  });

  const ELSEWHERE = [
    "http://192.168.0.1/p.wasm?token=x",
    "http://localhost/p.wasm",
    "http://169.254.169.254/",
    "http://user:pass@127.0.0.1/",
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
  ];
  for (const target of ELSEWHERE) {
    test(`W7 does not redirect to ${target}`, async () => {
      answer = redirectTo(target);
      await assert.rejects(fetchModule(`${origin}/p.wasm`, LIMITS), (error: Error) => {
        assert.match(error.message, /^it redirects to .*, expected https, or http to a loopback/);
        assert.doesNotMatch(error.message, /token|pass@/);
        return true;
      });
    });
  }

  test("does not redirect for ever, nor nowhere", async () => {
    answer = redirectTo("/again");
    await assert.rejects(fetchModule(origin, LIMITS), {
      message: "it redirects more than 5 times",
    });
    answer = (response) => response.writeHead(302).end();
    await assert.rejects(fetchModule(origin, LIMITS), /^Error: it answered 302 without/);
  });

  test("must answer 200", async () => {
    for (const status of [204, 206, 404, 503]) {
      answer = (response) => response.writeHead(status).end();
      await assert.rejects(fetchModule(origin, LIMITS), { message: `it answered ${status}` });
    }
  });

  test("is bounded in size, however the server says how much it is", async () => {
    const large = Buffer.alloc(LIMITS.maxBytes + 1);
    const message = "it is larger than 100 bytes";
    answer = (response) => response.end(large);
    await assert.rejects(fetchModule(origin, LIMITS), { message });
    // Without an end, too: what is beyond the limit is not waited for.
    answer = (response) => {
      response.write(large);
    };
    await assert.rejects(fetchModule(origin, LIMITS), { message });
    const path = join(folder, "large.wasm");
    await writeFile(path, large);
    await assert.rejects(fetchModule(pathToFileURL(path).href, LIMITS), { message });
  });

  test("is bounded in time", async () => {
    answer = (response) => {
      response.write("a");
    };
    await assert.rejects(fetchModule(origin, { ...LIMITS, timeoutMs: 20 }), {
      message: "it did not come within 20 ms",
    });
  });

  test("says in one line why nothing comes, without the url's query", async () => {
    const closed = createServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const address = closed.address();
    await new Promise((resolve) => closed.close(resolve));
    assert.ok(typeof address === "object" && address !== null);
    const url = `http://127.0.0.1:${address.port}/p.wasm?token=secret`;
    await assert.rejects(fetchModule(url, LIMITS), (error: Error) => {
      assert.match(error.message, /^it cannot be had: \w+$/);
      return true;
    });
    const missing = pathToFileURL(join(folder, "missing.wasm")).href;
    await assert.rejects(fetchModule(missing, LIMITS), { message: "it cannot be had: ENOENT" });
    await mkdir(join(folder, "folder.wasm"));
    const directory = pathToFileURL(join(folder, "folder.wasm")).href;
    await assert.rejects(fetchModule(directory, LIMITS), { message: "it is no file" });
  });

  test("is shown without its query and its user", () => {
    assert.equal(shownUrl("https://me:x@a.test/p.wasm?token=x#y"), "https://a.test/p.wasm");
  });

  test("is never http after https", () => {
    const loopback = new URL("http://127.0.0.1/");
    assert.ok(isAllowedUrl(loopback, new URL("http://127.0.0.2/")));
    assert.ok(!isAllowedUrl(loopback, new URL("https://a.test/")));
    assert.ok(isAllowedUrl(new URL("https://b.test/"), new URL("https://a.test/")));
  });
});
