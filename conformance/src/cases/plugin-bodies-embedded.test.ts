// Policies on bodies where there is no socket: createGateway over Request and Response, and services in the process.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { buildGuest } from "../harness/guests.ts";
import { ROOT, runToEnd, spawnProgram } from "../harness/runtime.ts";
import { useScratch } from "../harness/scratch.ts";
import { reply, startUpstream } from "../harness/upstream.ts";
import type { Upstream } from "../harness/upstream.ts";

const PROGRAM = "conformance/src/embed/program.ts";
const ORDERS = `app:${join(ROOT, "conformance/src/embed/orders-app.ts")}`;
const scratch = await useScratch();

interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

let upstream: Upstream;
before(async () => {
  upstream = await startUpstream();
});
after(() => upstream.close());

/** One request through a gateway with that policy before the service at the URL. */
async function ask(url: string, plugin: string, settings: Entry, body?: string): Promise<Answer> {
  const folder = join(scratch.folder, "plugins");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${plugin}.wasm`), await buildGuest(plugin));
  const plugins = [{ name: plugin, config: settings }];
  const routes = [{ paths: ["/"], strip_path: false }];
  const request = {
    url: "http://gw.test/orders/1",
    method: body === undefined ? "GET" : "POST",
    ...(body !== undefined && { body, headers: { "content-length": String(body.length) } }),
  };
  const job = await scratch.write(
    "job.json",
    JSON.stringify({
      config: config({ services: [{ url, routes, plugins }] }),
      requests: [request],
      pluginFolders: [folder],
    }),
  );
  const { code, stdout, stderr } = await runToEnd(spawnProgram(PROGRAM, [job]));
  assert.equal(code, 0, stderr);
  // The last line is the program's own answer.
  const [answer] = JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as [
    { status: number; headers: [string, string][]; body: string },
  ];
  return { ...answer, headers: new Map(answer.headers) };
}

test("bodies embedded: chunks of both bodies go through a policy", async () => {
  upstream.reset();
  upstream.answer = (_request, connection) => connection.send(reply("200 OK", "hello"));
  const url = `http://127.0.0.1:${upstream.port}`;
  const settings = { request: "double", response: "upper" };
  const answer = await ask(url, "bodies-by-chunk", settings, "ab");
  assert.equal(answer.body, "HELLO");
  assert.equal(answer.headers.get("content-length"), undefined);
  const request = await upstream.request();
  assert.equal(request.body.toString(), "abab");
  assert.equal(request.header("content-length"), undefined);
});

test("bodies embedded: whole bodies are read and replaced", async () => {
  upstream.reset();
  upstream.answer = (_request, connection) => connection.send(reply("200 OK", "hello"));
  const url = `http://127.0.0.1:${upstream.port}`;
  const settings = { request: "rewrite", response: "rewrite" };
  const answer = await ask(url, "bodies-whole", settings, "ab");
  assert.equal(answer.body, "<hello>");
  assert.equal(answer.headers.get("content-length"), "7");
  const request = await upstream.request();
  assert.equal(request.body.toString(), "<ab>");
  assert.equal(request.header("content-length"), "4");
});

test("bodies embedded: a request that is too large is 413", async () => {
  upstream.reset();
  const url = `http://127.0.0.1:${upstream.port}`;
  const answer = await ask(url, "bodies-whole", { request: "read", max_bytes: 3 }, "abcd");
  assert.equal(answer.status, 413);
  assert.equal(upstream.connectionCount, 0);
});

test("bodies embedded: policies change the bodies of a service in the process", async () => {
  const chunks = { request: "upper", response: "upper" };
  const byChunk = await ask(ORDERS, "bodies-by-chunk", chunks, "ab");
  assert.equal(byChunk.status, 201);
  assert.equal((JSON.parse(byChunk.body) as { BODY: string }).BODY, "AB");

  const whole = { request: "rewrite", response: "read" };
  const rewritten = await ask(ORDERS, "bodies-whole", whole, "ab");
  assert.equal((JSON.parse(rewritten.body) as { body: string }).body, "<ab>");
  assert.equal(rewritten.headers.get("x-response-body"), String(rewritten.body.length));

  const replaced = await ask(ORDERS, "bodies-whole", { request: "set", response: "set" });
  // A GET cannot have a body where it becomes a Request.
  assert.equal(replaced.status, 400);
  const set = await ask(ORDERS, "bodies-whole", { response: "set" });
  assert.equal(set.body, "set by the policy");
});
