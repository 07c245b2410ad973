// Upgrade: after the upstream's 101 the connection is raw bytes both ways, and before it nothing but HTTP.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { residentBytesOf } from "../harness/footprint.ts";
import { RawEnd, startRawUpstream } from "../harness/raw.ts";
import { reply } from "../harness/upstream.ts";

const folder = await mkdtemp(join(tmpdir(), "sluice-upgrade-"));
const logPath = join(folder, "access.log");
const raw = await startRawUpstream();
after(async () => {
  await raw.close();
  await rm(folder, { recursive: true, force: true });
});

const used = useGateway(([port = 0]) => {
  const at = (name: string, to: number, fields: Entry = {}): Entry => ({
    name,
    url: `http://127.0.0.1:${to}`,
    routes: [{ name: `${name}-route`, paths: [`/${name}`], strip_path: false }],
    ...fields,
  });
  return {
    config: config({
      services: [
        at("raw", raw.port),
        at("http", port),
        at("idle", raw.port, { read_timeout: 200 }),
        at("keyed", raw.port, { plugins: [{ name: "key-auth" }] }),
      ],
      plugins: [{ name: "file-log", config: { path: logPath } }],
    }),
  };
});

const ASKED = ["Connection: keep-alive, Upgrade", "Upgrade: foo/1"];
const SWITCHED = head("HTTP/1.1 101 Switching Protocols", "Upgrade: foo/1", "Connection: upgrade");

/** Both ends of a tunnel. */
async function tunnel(path = "/raw"): Promise<{ client: RawEnd; upstream: RawEnd; head: string }> {
  const client = new RawEnd((await connect(used.gateway.proxyPort)).socket);
  client.send(get(path, ...ASKED));
  const upstream = await raw.next();
  const asked = await upstream.take(/\r\n\r\n/);
  upstream.send(SWITCHED);
  await client.take(/^HTTP\/1\.1 101 [^]*?\r\n\r\n/);
  return { client, upstream, head: asked };
}

function close(...ends: readonly RawEnd[]): void {
  for (const end of ends) end.socket.destroy();
}

test("upgrade: any protocol goes both ways after 101", async () => {
  const { client, upstream, head: asked } = await tunnel();
  assert.match(asked, /\r\nUpgrade: foo\/1\r\n/);
  assert.match(asked, /\r\nConnection: upgrade\r\n/);
  client.send("\x00ping\r\n");
  await upstream.take(/^\x00ping\r\n/);
  upstream.send("\xffpong");
  await client.take(/^\xffpong/);
  close(client, upstream);
});

test("upgrade: the 101 says what both sides speak, with the upstream's own fields", async () => {
  const client = new RawEnd((await connect(used.gateway.proxyPort)).socket);
  client.send(get("/raw", ...ASKED));
  const upstream = await raw.next();
  await upstream.take(/\r\n\r\n/);
  upstream.send(
    head(
      "HTTP/1.1 101 Hello",
      "X-A: 1",
      "Upgrade: FOO/1",
      "Connection: Upgrade, X-Hop",
      "X-Hop: 1",
    ),
  );
  const answer = await client.take(/\r\n\r\n/);
  assert.match(answer, /^HTTP\/1\.1 101 Hello\r\nX-A: 1\r\n/);
  assert.match(answer, /\r\nConnection: upgrade\r\nUpgrade: FOO\/1\r\n/);
  assert.doesNotMatch(answer, /X-Hop|Content-Length|Transfer-Encoding/i);
  close(client, upstream);
});

test("upgrade: what comes behind the 101 in the same packet belongs to the client", async () => {
  const client = new RawEnd((await connect(used.gateway.proxyPort)).socket);
  client.send(get("/raw", ...ASKED));
  const upstream = await raw.next();
  await upstream.take(/\r\n\r\n/);
  upstream.send(`${SWITCHED}first words`);
  assert.match(await client.take(/first words/), /\r\n\r\nfirst words$/);
  close(client, upstream);
});

test("H22 upgrade: what the client sends with its request waits for the 101", async () => {
  const client = new RawEnd((await connect(used.gateway.proxyPort)).socket);
  client.send(`${get("/raw", ...ASKED)}too early`);
  const upstream = await raw.next();
  await upstream.take(/\r\n\r\n/);
  assert.equal((await used.gateway.get("/http")).status, 200);
  assert.equal(upstream.receivedBytes, 0);
  upstream.send(SWITCHED);
  await upstream.take(/^too early$/);
  close(client, upstream);
});

test("H22 upgrade: after any other answer the client's bytes are its next request", async () => {
  used.upstream.answer = (request, connection) => connection.send(reply("200 OK", request.target));
  const client = await connect(used.gateway.proxyPort);
  client.send(get("/http/a", ...ASKED) + get("/http/b"));
  assert.equal((await client.response()).text, "/http/a");
  assert.equal((await client.response()).text, "/http/b");
  assert.equal((await used.upstream.request(1)).header("upgrade"), undefined);
  client.socket.destroy();
});

const NOT_OFFERED: Readonly<Record<string, readonly string[]>> = {
  "without Upgrade": ["Connection: upgrade"],
  "with a protocol that was not offered": ["Connection: upgrade", "Upgrade: bar"],
  "with one more protocol than offered": ["Connection: upgrade", "Upgrade: foo/1, bar"],
};
for (const [kind, lines] of Object.entries(NOT_OFFERED)) {
  test(`U6 upgrade: a 101 ${kind} is 502, and nothing behind it comes through`, async () => {
    const client = await connect(used.gateway.proxyPort);
    client.send(get("/raw", ...ASKED));
    const upstream = await raw.next();
    await upstream.take(/\r\n\r\n/);
    upstream.send(`${head("HTTP/1.1 101 Switching Protocols", ...lines)}bytes`);
    const response = await client.response();
    assert.equal(response.status, 502);
    assert.doesNotMatch(response.text, /bytes/);
    await upstream.gone();
    close(upstream);
    client.socket.destroy();
  });
}

test("H23 upgrade: what would carry HTTP past the policies is not offered", async () => {
  const offers: Readonly<Record<string, string | undefined>> = {
    h2c: undefined,
    "H2C, websocket": "websocket",
    "TLS/1.0": undefined,
    "foo, HTTP/2.0, bar/2": "foo, bar/2",
  };
  for (const [offer, forwarded] of Object.entries(offers)) {
    used.upstream.reset();
    await used.gateway.ask(
      get(
        "/http",
        "Connection: Upgrade, HTTP2-Settings",
        `Upgrade: ${offer}`,
        "HTTP2-Settings: AAMAAABkAAQAAP__",
      ),
    );
    const request = await used.upstream.request();
    assert.equal(request.header("upgrade"), forwarded, offer);
    assert.equal(request.header("http2-settings"), undefined);
    assert.equal(request.header("connection"), forwarded === undefined ? undefined : "upgrade");
  }
});

const NOT_ASKED: Readonly<Record<string, string>> = {
  "that Connection does not name": get("/http", "Upgrade: foo"),
  "of HTTP/1.0": head("GET /http HTTP/1.0", "Host: a", ...ASKED),
  "of a request with a body": `${head("POST /http HTTP/1.1", "Host: a", ...ASKED, "Content-Length: 2")}ab`,
};
for (const [kind, request] of Object.entries(NOT_ASKED)) {
  test(`upgrade: an Upgrade ${kind} is not forwarded`, async () => {
    assert.equal((await used.gateway.ask(request)).status, 200);
    assert.equal((await used.upstream.request()).header("upgrade"), undefined);
  });
}

test("upgrade: policies judge it like any request", async () => {
  const response = await used.gateway.ask(get("/keyed", ...ASKED));
  assert.equal(response.status, 401);
});

test("upgrade: 10 MB each way at once arrive as they were sent", async () => {
  const { client, upstream } = await tunnel();
  const size = 10 * 1024 * 1024;
  const up = randomBytes(size);
  const down = randomBytes(size);
  client.send(up);
  upstream.send(down);
  const sha = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
  const [atUpstream, atClient] = await Promise.all([
    upstream.hash(size, 20_000),
    client.hash(size, 20_000),
  ]);
  assert.equal(atUpstream, sha(up));
  assert.equal(atClient, sha(down));
  close(client, upstream);
});

for (const slow of ["client", "upstream"] as const) {
  test(`upgrade: a ${slow} that does not read holds the other side back`, async () => {
    const ends = await tunnel();
    const sender = slow === "client" ? ends.upstream : ends.client;
    ends[slow].socket.pause();
    const before = await residentBytes();
    const handshakeBytes = sender.socket.bytesWritten;
    const size = 200 * 1024 * 1024;
    const piece = Buffer.alloc(256 * 1024, "x");
    let sent = 0;
    for (; sent < size; sent += piece.length) {
      if (sender.socket.write(piece)) continue;
      const hasDrained = await Promise.race([
        new Promise<boolean>((resolve) => sender.socket.once("drain", () => resolve(true))),
        new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 500)),
      ]);
      if (!hasDrained) break;
    }
    const left = sender.socket.bytesWritten - sender.socket.writableLength;
    assert.ok(left < 40 * 1024 * 1024, `${left} bytes went into the tunnel`);
    assert.ok((await residentBytes()) - before < 40 * 1024 * 1024);
    const total = sender.socket.bytesWritten - handshakeBytes;
    sender.socket.end();
    ends[slow].socket.resume();
    await ends[slow].ended(20_000);
    assert.equal(ends[slow].receivedBytes, total);
    close(ends.client, ends.upstream);
  });
}

for (const first of ["client", "upstream"] as const) {
  test(`upgrade: FIN of the ${first} goes through, and the other way stays open until its own`, async () => {
    const ends = await tunnel();
    const one = ends[first];
    const other = first === "client" ? ends.upstream : ends.client;
    one.send("last words");
    one.socket.end();
    await other.ended();
    assert.equal(other.text, "last words");
    other.send("answer");
    await one.take(/answer/);
    other.socket.end();
    await one.ended();
    close(one, other);
  });

  test(`upgrade: when the ${first} breaks off, the other side is closed`, async () => {
    const ends = await tunnel();
    const other = first === "client" ? ends.upstream : ends.client;
    ends[first].socket.resetAndDestroy();
    await other.gone();
    close(other);
  });
}

test("upgrade: a tunnel in which nothing moves is closed after the service's read_timeout", async () => {
  const { client, upstream } = await tunnel("/idle");
  await Promise.all([client.gone(), upstream.gone()]);
  close(client, upstream);
});

test("upgrade: the log has it once, at the end, with status 101 and the bytes of both ways", async () => {
  const { client, upstream } = await tunnel("/raw/logged");
  client.send("x".repeat(5000));
  await upstream.hash(5000);
  upstream.send("y".repeat(7000));
  await client.hash(7000);
  assert.doesNotMatch(await logText(), /raw\/logged/);
  client.socket.end();
  await upstream.ended();
  upstream.socket.end();
  const line = await eventually(
    async () => (await logText()).split("\n").find((each) => each.includes("/raw/logged")),
    "the tunnel's log line",
  );
  const record = JSON.parse(line) as {
    readonly request: { readonly size: number };
    readonly response: { readonly status: number; readonly size: number };
    readonly error?: string;
  };
  assert.equal(record.response.status, 101);
  assert.equal(record.error, undefined);
  assert.ok(record.request.size > 5000 && record.request.size < 6000, `${record.request.size}`);
  assert.ok(record.response.size > 7000 && record.response.size < 8000, `${record.response.size}`);
  close(client, upstream);
});

async function logText(): Promise<string> {
  return readFile(logPath, "utf8").catch(() => "");
}

function residentBytes(): Promise<number> {
  return residentBytesOf(used.gateway.process.pid);
}
