// file-log: one line of JSON for each request, as Kong's log record, without any credential.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { closedPort, reply } from "../harness/upstream.ts";

const folder = await mkdtemp(join(tmpdir(), "sluice-file-log-"));
const path = join(folder, "access.log");
after(() => rm(folder, { recursive: true, force: true }));

const used = useGateway(async ([port = 0]) => ({
  config: config({
    services: [
      {
        name: "logged",
        url: `http://127.0.0.1:${port}`,
        routes: [{ name: "logged-route", paths: ["/logged"], strip_path: false }],
        plugins: [{ name: "key-auth" }],
      },
      {
        name: "down",
        url: `http://127.0.0.1:${await closedPort()}`,
        retries: 0,
        routes: [{ name: "down-route", paths: ["/down"] }],
      },
    ],
    consumers: [
      { username: "alice", custom_id: "c7", keyauth_credentials: [{ key: "alice-key" }] },
    ],
    plugins: [{ name: "file-log", config: { path } }],
  }),
}));

/** Kong's record, as far as these cases look into it. */
interface Record {
  readonly request: {
    readonly id: string;
    readonly method: string;
    readonly uri: string;
    readonly url: string;
    readonly size: number;
    readonly querystring: { readonly [name: string]: unknown };
    readonly headers: { readonly [name: string]: unknown };
  };
  readonly response: {
    readonly status: number;
    readonly size: number;
    readonly headers: { readonly [name: string]: unknown };
  };
  readonly latencies: { readonly [name: string]: number };
  readonly tries: readonly { readonly ip: string; readonly port: number }[];
  readonly service?: { readonly name: string };
  readonly route?: { readonly name: string };
  readonly consumer?: { readonly username: string; readonly custom_id: string };
  readonly authenticated_entity?: { readonly id: string };
  readonly client_ip: string;
  readonly started_at: number;
  readonly upstream_uri?: string;
  readonly upstream_status?: string | number;
  readonly source?: string;
}

/** The record of the request with that id, once it is in the file. */
async function recordOf(id: string | undefined): Promise<{ line: string; record: Record }> {
  assert.notEqual(id, undefined);
  return eventually(async () => {
    const text = await readFile(path, "utf8").catch(() => "");
    // A reader may come in the middle of a write: what has no end yet is no line.
    const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
    const line = lines.find((each) => each.includes(id ?? "-"));
    // A line's shape is what these cases check.
    return line === undefined ? undefined : { line, record: JSON.parse(line) as Record };
  }, `a record of request ${id}`);
}

test("file-log: a record has Kong's fields", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(reply("201 Created", "hello", "X-From: up"));
  const startedAt = Date.now();
  const response = await used.gateway.get("/logged/a?x=1&y=2", "apikey: alice-key", "X-Mine: yes");
  const { record } = await recordOf(response.header("x-request-id"));
  assert.equal(record.request.method, "GET");
  assert.match(record.request.uri, /^\/logged\/a\?/);
  assert.match(record.request.url, /^http:\/\/gw\.test(:\d+)?\/logged\/a/);
  assert.equal(record.request.querystring["x"], "1");
  assert.equal(record.request.headers["x-mine"], "yes");
  assert.ok(record.request.size > 40);
  assert.equal(record.response.status, 201);
  assert.equal(record.response.headers["x-from"], "up");
  assert.ok(record.response.size >= 5);
  assert.equal(record.service?.name, "logged");
  assert.equal(record.route?.name, "logged-route");
  assert.equal(record.consumer?.username, "alice");
  assert.equal(record.consumer?.custom_id, "c7");
  assert.match(record.authenticated_entity?.id ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(record.client_ip, "127.0.0.1");
  assert.ok(Math.abs(record.started_at - startedAt) < 2_000, `${record.started_at}`);
  assert.equal(record.tries[0]?.port, used.upstream.port);
  assert.match(record.upstream_uri ?? "", /^\/logged\/a/);
  assert.equal(String(record.upstream_status), "201");
  for (const name of ["request", "kong", "proxy"]) {
    assert.equal(typeof record.latencies[name], "number", name);
  }
});

test("L2 file-log: the API key is in no record, be it sent as header or in the query", async () => {
  const byHeader = await used.gateway.get("/logged", "apikey: alice-key");
  const byQuery = await used.gateway.get("/logged?apikey=alice-key&a=b");
  assert.equal(byQuery.status, 200);
  for (const response of [byHeader, byQuery]) {
    const { line } = await recordOf(response.header("x-request-id"));
    assert.doesNotMatch(line, /alice-key/);
  }
});

test("L2 file-log: Authorization, Cookie and Set-Cookie are redacted", async () => {
  used.upstream.answer = (_request, connection) =>
    connection.send(reply("200 OK", "ok", "Set-Cookie: session=topsecret3"));
  const response = await used.gateway.ask(
    get(
      "/logged",
      "apikey: alice-key",
      "Authorization: Bearer topsecret1",
      "Cookie: a=topsecret2",
      "Proxy-Authorization: Basic topsecret4",
    ),
  );
  const { line } = await recordOf(response.header("x-request-id"));
  assert.doesNotMatch(line, /topsecret/);
});

test("L2 file-log: a wrong key is not written either", async () => {
  const response = await used.gateway.get("/logged", "apikey: almost-alice-key");
  assert.equal(response.status, 401);
  const { line, record } = await recordOf(response.header("x-request-id"));
  assert.doesNotMatch(line, /almost/);
  assert.equal(record.response.status, 401);
  assert.equal(record.consumer, undefined);
});

test("L2 file-log: the gateway's own log has no key", () => {
  assert.doesNotMatch(used.gateway.log, /alice-key|topsecret/);
});

test("L1 file-log: control characters, quotes and escapes stay inside one line of JSON", async () => {
  const response = await used.gateway.ask(
    Buffer.from(get("/logged/quoted", "apikey: alice-key", 'User-Agent: "\\x\t\xff'), "latin1"),
  );
  const { record } = await recordOf(response.header("x-request-id"));
  assert.equal(typeof record.request.headers["user-agent"], "string");
});

test("file-log: gateway errors and requests without a route are logged too", async () => {
  const down = await used.gateway.get("/down");
  assert.equal((await recordOf(down.header("x-request-id"))).record.response.status, 502);
  const lost = await used.gateway.get("/nowhere");
  const { record } = await recordOf(lost.header("x-request-id"));
  assert.equal(record.response.status, 404);
  assert.equal(record.route, undefined);
});

test("C4 file-log: a client that went away is logged as 499", async () => {
  used.upstream.answer = () => {};
  const client = await connect(used.gateway.proxyPort);
  client.send(get("/logged/gone", "apikey: alice-key"));
  const id = (await used.upstream.request()).header("x-request-id");
  client.abort();
  assert.equal((await recordOf(id)).record.response.status, 499);
});

test("file-log: two hundred requests make two hundred whole lines", async () => {
  const client = await connect(used.gateway.proxyPort);
  const ids = [];
  for (let count = 0; count < 200; count++) {
    client.send(head("GET /logged/many HTTP/1.1", "Host: gw.test", "apikey: alice-key"));
    ids.push((await client.response()).header("x-request-id"));
  }
  client.socket.destroy();
  await recordOf(ids.at(-1));
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  const many = lines.filter((line) => (JSON.parse(line) as Record).request.uri === "/logged/many");
  assert.equal(many.length, 200);
});
