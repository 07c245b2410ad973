import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { FetchFailed } from "../outbound/fetch-failed.ts";
import { AUTHORITY, TestServer, clientFor, rulesFor } from "../outbound/outbound.testing.ts";
import type { OutboundClient } from "../outbound/outbound-client.ts";
import { readSinkOptions } from "./sink-options.ts";
import { Sinks } from "./sinks.ts";
import type { Sink } from "./sinks.ts";

/** Long enough for anything; what takes so long fails the test by its own limit. */
const LONG_MS = 60_000;
let folder = "";
let client: OutboundClient;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-sinks-"));
  client = clientFor();
});
after(async () => {
  client.close();
  await rm(folder, { recursive: true });
});

interface Bench {
  readonly sinks: Sinks;
  readonly lines: string[];
  open(options: object): Sink;
  /** What a counter says. */
  entries(outcome: string): number | undefined;
}

function bench(hosts: readonly string[] = [], ca?: string): Bench {
  const lines: string[] = [];
  const sinks = new Sinks({
    outbound: client,
    resolve: () => Promise.resolve(["127.0.0.1"]),
    ...(ca !== undefined && { ca }),
    log: { write: (_plugin, _level, message) => void lines.push(message) },
  });
  const rules = { ...rulesFor(...hosts), privateAddresses: true };
  return {
    sinks,
    lines,
    open: (options) => {
      const read = readSinkOptions(JSON.stringify(options));
      assert.ok(read !== undefined);
      return sinks.open(read, rules);
    },
    entries: (outcome) =>
      sinks.families()[0]?.samples.find(({ labels }) => labels["outcome"] === outcome)?.value,
  };
}

interface Received {
  readonly port: number;
  readonly server: Server;
  readonly sockets: Socket[];
  text: string;
  /** Resolved when the text has so many characters. */
  until(length: number): Promise<string>;
}

async function listener(where: { port: number } | { path: string }): Promise<Received> {
  let changed = Promise.withResolvers<void>();
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      received.text += chunk.toString();
      changed.resolve();
      changed = Promise.withResolvers<void>();
    });
  });
  await new Promise<void>((resolve) => server.listen(where, resolve));
  const address = server.address();
  const received: Received = {
    port: typeof address === "object" && address !== null ? (address as AddressInfo).port : 0,
    server,
    sockets,
    text: "",
    until: async (length) => {
      while (received.text.length < length) await changed.promise;
      return received.text;
    },
  };
  return received;
}

describe("an http sink", () => {
  test("posts batches in their frame, with headers, user and content type", async () => {
    const server = await TestServer.start("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    const { sinks, open } = bench([`logs.test:${server.port}`]);
    const sink = open({
      to: "http",
      url: `http://us%40er:pass@logs.test:${server.port}/in?x=1`,
      method: "PUT",
      headers: { "X-Tenant": "a" },
      contentType: "application/x-ndjson",
      prefix: "[",
      separator: ",",
      suffix: "]",
      queue: { max_batch_size: 2 },
    });
    sink.append('{"a":"ü"}');
    sink.append(Buffer.from("2"));
    await sinks.close(LONG_MS);
    const [request = ""] = server.requests;
    assert.match(request, /^PUT \/in\?x=1 HTTP\/1\.1\r\n/);
    assert.match(request, /\r\nx-tenant: a\r\n/i);
    assert.match(request, /\r\ncontent-type: application\/x-ndjson\r\n/i);
    const user = Buffer.from("us@er:pass").toString("base64");
    assert.ok(request.toLowerCase().includes(`\r\nauthorization: basic ${user.toLowerCase()}\r\n`));
    assert.ok(Buffer.from(request, "latin1").toString().endsWith('[{"a":"ü"},2]'), request);
    await server.close();
  });

  test("tries again after any status from 300 on, and then keeps what it gave up", async () => {
    const server = await TestServer.start("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
    const { sinks, open, entries, lines } = bench([`logs.test:${server.port}`]);
    const path = join(folder, "dead.log");
    const sink = open({
      to: "http",
      url: `http://logs.test:${server.port}/path?key=secret`,
      queue: { max_retry_time: 0.3, initial_retry_delay: 0.005, dead_letter_path: path },
    });
    sink.append("one");
    sink.append(Buffer.from("two\nlines"));
    sink.append(Buffer.from([255, 0]));
    await sinks.close(LONG_MS);
    const kept = (await readFile(path, "utf8")).split("\n");
    const base64 = (bytes: string | number[]): string =>
      `base64:${Buffer.from(bytes as string).toString("base64")}`;
    assert.deepEqual(kept, ["one", base64("two\nlines"), base64([255, 0]), ""]);
    assert.ok(server.requests.length > 3);
    assert.equal(entries("spilled"), 3);
    assert.match(lines[0] ?? "", /gave up 1 entries: answered 404; they are in the dead-letter/);
    assert.doesNotMatch(lines.join(), /secret/);
    await server.close();
  });

  test("does not go where the rules do not let it", () => {
    const { open } = bench(["logs.test:1"]);
    assert.throws(() => open({ to: "http", url: "http://other.test/" }), FetchFailed);
    assert.throws(() => open({ to: "tcp", host: "logs.test", port: 2 }), FetchFailed);
    assert.throws(() => open({ to: "udp", host: "::1", port: 1 }), FetchFailed);
  });
});

test("a dead-letter file has a bound", async () => {
  const { sinks, open, entries } = bench(["logs.test:9"]);
  const path = join(folder, "bounded.log");
  const queue = { max_retry_time: -1, dead_letter_path: path, dead_letter_max_bytes: 10 };
  const sink = open({ to: "http", url: "http://logs.test:9/", queue });
  for (const text of ["12345", "67890", "1"]) sink.append(text);
  await sinks.close(LONG_MS);
  assert.equal(await readFile(path, "utf8"), "12345\n1\n");
  assert.deepEqual([entries("spilled"), entries("dropped_ended") ?? 0], [2, 0]);
  assert.equal(entries("dropped_failed"), 1);
});

describe("a tcp sink", () => {
  test("writes batches over one connection, and over another when that has gone", async () => {
    const server = await listener({ port: 0 });
    const { sinks, open } = bench([`logs.test:${server.port}`]);
    const sink = open({ to: "tcp", host: "logs.test", port: server.port, suffix: "\n" });
    sink.append("one");
    sink.append("two");
    assert.equal(await server.until(8), "one\ntwo\n");
    assert.equal(server.sockets.length, 1);
    const [first] = server.sockets;
    const closed = new Promise((resolve) => first?.on("close", resolve));
    first?.end();
    await closed;
    sink.append("three");
    assert.equal(await server.until(14), "one\ntwo\nthree\n");
    assert.equal(server.sockets.length, 2);
    await sinks.close(LONG_MS);
    server.server.close();
  });

  test("gives up a batch that nobody reads, within its time", async () => {
    const server = createServer((socket) => socket.pause().on("error", () => {}));
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as AddressInfo;
    const { sinks, open, entries, lines } = bench([`logs.test:${port}`]);
    const queue = { max_retry_time: -1, max_batch_size: 16 };
    const sink = open({ to: "tcp", host: "logs.test", port, timeoutMs: 50, queue });
    const megabyte = Buffer.alloc(1_048_576, 97);
    for (let count = 0; count < 16; count++) sink.append(megabyte);
    await sinks.close(LONG_MS);
    assert.equal(entries("dropped_failed"), 16);
    assert.match(lines[0] ?? "", /not taken within 50 ms/);
    server.close();
  });
});

test("a tcp sink with TLS trusts who is signed and has the name, or anyone where it shall", async () => {
  const server = await TestServer.start("", { isSecure: true });
  const outcome = async (host: string, tls: object, ca?: string): Promise<string> => {
    const { sinks, open, lines } = bench([`${host}:${server.port}`], ca);
    const queue = { max_retry_time: -1 };
    open({ to: "tcp", host, port: server.port, tls, queue }).append("x");
    await sinks.close(LONG_MS);
    return lines.join() === "" ? "delivered" : "refused";
  };
  assert.equal(await outcome("api.test", {}, AUTHORITY), "delivered");
  assert.equal(await outcome("other.test", {}, AUTHORITY), "refused");
  assert.equal(await outcome("other.test", { sni: "api.test" }, AUTHORITY), "delivered");
  assert.equal(await outcome("api.test", {}), "refused");
  assert.equal(await outcome("api.test", { verify: false }), "delivered");
  await server.close();
});

test("a unix sink writes to a stream socket", async () => {
  const path = join(folder, "log.sock");
  const server = await listener({ path });
  const { sinks, open } = bench();
  open({ to: "unix", path, suffix: "\n" }).append("hello");
  assert.equal(await server.until(6), "hello\n");
  await sinks.close(LONG_MS);
  server.server.close();
});

test("a udp sink puts whole entries into datagrams, as many as fit", async () => {
  const server = createSocket("udp4");
  const packets: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  server.on("message", (packet) => {
    if (packets.push(packet.toString()) === 2) resolve();
  });
  await new Promise<void>((bound) => server.bind(0, "127.0.0.1", bound));
  const { port } = server.address();
  const { sinks, open, entries } = bench([`logs.test:${port}`]);
  const sink = open({
    to: "udp",
    host: "logs.test",
    port,
    packetBytes: 8,
    separator: "\n",
    queue: { max_batch_size: 3, max_coalescing_delay: 0 },
  });
  assert.equal(sink.append("x".repeat(9)), false);
  for (const text of ["aaa", "bbbb", "cc"]) sink.append(text);
  await promise;
  assert.deepEqual(packets, ["aaa\nbbbb", "cc"]);
  await sinks.close(LONG_MS);
  assert.deepEqual([entries("delivered"), entries("dropped_large")], [3, 1]);
  server.close();
});

test("a file sink appends batches", async () => {
  const path = join(folder, "out.log");
  const { sinks, open } = bench();
  const sink = open({
    to: "file",
    path,
    separator: "\n",
    suffix: "\n",
    queue: { max_batch_size: 2 },
  });
  for (const text of ["a", "b", "c"]) sink.append(text);
  await sinks.close(LONG_MS);
  assert.equal(await readFile(path, "utf8"), "a\nb\nc\n");
});

describe("sinks", () => {
  const options = (path: string): object => ({ to: "file", path, queue: { max_batch_size: 9 } });

  test("with equal options are one queue, which lasts until nobody holds it and it is empty", async () => {
    const { sinks, open, entries } = bench();
    const path = join(folder, "shared.log");
    const first = open(options(path));
    const second = open(options(path));
    first.append("a");
    first.release();
    first.release();
    second.append("b");
    second.release();
    const third = open(options(path));
    third.append("c");
    await sinks.close(LONG_MS);
    assert.equal(await readFile(path, "utf8"), "abc");
    assert.equal(entries("delivered"), 3);
  });

  test("lose what is not delivered in time when they close, and count it", async () => {
    const server = await listener({ port: 0 });
    server.server.close();
    const { sinks, open, entries } = bench([`logs.test:${server.port}`]);
    const sink = open({ to: "tcp", host: "logs.test", port: server.port });
    for (const text of ["a", "b"]) sink.append(text);
    await sinks.close(20);
    assert.equal(entries("dropped_ended"), 2);
  });
});
