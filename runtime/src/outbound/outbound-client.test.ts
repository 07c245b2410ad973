import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  AUTHORITY,
  NO_SIGNAL,
  TestServer,
  clientFor,
  ok,
  requestFor,
  rulesFor,
} from "./outbound.testing.ts";
import type { Answer } from "./outbound.testing.ts";
import type { OutboundClientOptions } from "./outbound-client.ts";
import type { OutboundRequest, OutboundResponse } from "./outbound-request.ts";

const MIB = 1_048_576;

interface Setup extends Partial<OutboundClientOptions> {
  readonly isSecure?: boolean;
}

/** A server, and a client that may reach it as api.test. */
async function serve(answer: Answer | string, { isSecure = false, ...options }: Setup = {}) {
  const server = await TestServer.start(answer, { isSecure });
  const client = clientFor(options);
  after(async () => {
    client.close();
    await server.close();
  });
  const { port } = server;
  const rules = rulesFor(`api.test:${port}`, `127.0.0.1:${port}`);
  const url = `${isSecure ? "https" : "http"}://api.test:${port}`;
  const ask = (
    path: string,
    parts?: Partial<OutboundRequest>,
    signal: AbortSignal = NO_SIGNAL,
  ): Promise<OutboundResponse> => client.fetch(requestFor(`${url}${path}`, parts), rules, signal);
  return { server, client, rules, url, ask };
}

function failure(reason: string, message: RegExp = /./) {
  return { name: "FetchFailed", reason, message };
}

test("gives status, URL, headers and body of the answer", async () => {
  const { ask, url } = await serve(ok("hello", "X-A: 1", "X-A: 2"));
  const response = await ask("/path?a=1#part");
  assert.equal(response.status, 200);
  assert.equal(response.url, `${url}/path?a=1`);
  assert.deepEqual(response.headers.slice(0, 2), [
    ["X-A", "1"],
    ["X-A", "2"],
  ]);
  assert.equal(response.body.toString(), "hello");
});

test("sends method, path, the name as Host, headers and body, and asks for no coding", async () => {
  const { ask, server } = await serve(ok(""));
  await ask("/p?q", { method: "POST", headers: [["X-A", "1"]], body: Buffer.from("data") });
  assert.equal(
    server.requests[0],
    `POST /p?q HTTP/1.1\r\nHost: api.test:${server.port}\r\nX-A: 1\r\nAccept: */*\r\n` +
      "Accept-Encoding: identity\r\nUser-Agent: sluice\r\nContent-Length: 4\r\n\r\ndata",
  );
});

test("what the plugin says of Accept, coding and agent stands alone", async () => {
  const { ask, server } = await serve(ok(""));
  const headers = [
    ["accept", "a/b"],
    ["accept-encoding", "gzip"],
    ["user-agent", "mine"],
  ] as const;
  await ask("/", { headers });
  assert.match(
    server.requests[0] ?? "",
    /accept: a\/b\r\naccept-encoding: gzip\r\nuser-agent: mine\r\n\r\n$/,
  );
  assert.doesNotMatch(server.requests[0] ?? "", /\*\/\*|identity|sluice/);
});

const REFUSED: Readonly<Record<string, Partial<OutboundRequest>>> = {
  "CR LF in a value": { headers: [["x-a", "1\r\nx-b: 2"]] },
  "a character above U+00FF": { headers: [["x-a", "\u0100"]] },
  "a name that is no token": { headers: [["x a", "1"]] },
  Host: { headers: [["Host", "other.test"]] },
  Connection: { headers: [["connection", "close"]] },
  "Content-Length": { headers: [["content-length", "3"]] },
  "Transfer-Encoding": { headers: [["transfer-encoding", "chunked"]] },
  Transfer_Encoding: { headers: [["transfer_encoding", "chunked"]] },
  "a method with a space": { method: "GET /x HTTP/1.1\r\n\r\nGET" },
  CONNECT: { method: "CONNECT" },
  "a GET with a body": { body: Buffer.from("a") },
  "a user in the URL": { url: "http://user:secret@api.test/" },
  "another scheme": { url: "file:///etc/passwd" },
  "no URL": { url: "//" },
  "a timeout above a minute": { timeoutMs: 60_001 },
  "a response above 8 MiB": { maxBytes: 8_388_609 },
};

for (const [what, parts] of Object.entries(REFUSED)) {
  test(`refuses ${what} before anything is sent`, async () => {
    const { ask, server } = await serve(ok(""));
    await assert.rejects(ask("/", parts), (error: Error) => {
      assert.doesNotMatch(error.message, /secret/);
      return "reason" in error && error.reason === "invalid";
    });
    assert.equal(server.sockets.length, 0);
  });
}

test("reads chunked bodies, bodies until close, and skips 1xx", async () => {
  const { ask, server } = await serve(
    "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
  );
  assert.equal((await ask("/")).body.toString(), "abcde");
  server.answer = (_, socket) => socket.end("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  assert.equal((await ask("/")).body.toString(), "until the end");
});

test("answers to HEAD, 204 and 304 have no body", async () => {
  const { ask, server } = await serve("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
  assert.equal((await ask("/", { method: "HEAD" })).body.length, 0);
  server.answer = (_, socket) => socket.write("HTTP/1.1 204 No Content\r\n\r\n");
  assert.equal((await ask("/")).status, 204);
});

test("a connection carries one call after the other", async () => {
  const { ask, server } = await serve(ok("a"));
  await ask("/1");
  await ask("/2");
  assert.equal(server.sockets.length, 1);
});

test("a connection of one plugin is never another's", async () => {
  const { client, rules, url, server } = await serve(ok("a"));
  await client.fetch(requestFor(url), rules, NO_SIGNAL);
  await client.fetch(requestFor(url), { ...rules, plugin: "other" }, NO_SIGNAL);
  assert.equal(server.sockets.length, 2);
});

test("bytes behind an answer close the connection and are no answer to the next call", async () => {
  const { ask, server } = await serve(`${ok("first")}HTTP/1.1 200 OK\r\n`);
  assert.equal((await ask("/1")).body.toString(), "first");
  server.answer = (_, socket) => socket.write(ok("second"));
  assert.equal((await ask("/2")).body.toString(), "second");
  assert.equal(server.sockets.length, 2);
});

test("a GET is sent again when a kept connection dies under it, a POST is not", async () => {
  const { ask, server } = await serve(ok("a"));
  await ask("/");
  let hasDied = false;
  server.answer = (_, socket) => {
    if (hasDied) return void socket.write(ok("again"));
    hasDied = true;
    socket.destroy();
  };
  assert.equal((await ask("/")).body.toString(), "again");
  hasDied = false;
  await assert.rejects(ask("/", { method: "POST" }), failure("unreachable"));
});

test("a kept connection that the server has closed is not used", async () => {
  const { ask, server } = await serve(ok("a"));
  await ask("/");
  server.sockets[0]?.end();
  await server.until(() => server.sockets.every((socket) => socket.destroyed));
  assert.equal((await ask("/", { method: "POST" })).status, 200);
});

test("a server that closes before or within its answer is unreachable", async () => {
  const { ask, server } = await serve((_, socket) => socket.end());
  await assert.rejects(ask("/"), failure("unreachable"));
  server.answer = (_, socket) => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
  await assert.rejects(ask("/"), failure("unreachable"));
});

test("a port where nobody listens is unreachable", async () => {
  const { ask, server } = await serve(ok(""));
  await server.close();
  await assert.rejects(ask("/"), failure("unreachable"));
});

for (const [what, text] of Object.entries({
  "no HTTP": "SSH-2.0-OpenSSH_9.9\r\n",
  "two lengths": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
  "a 101": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
  "broken chunks": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
})) {
  test(`an answer with ${what} is malformed`, async () => {
    const { ask } = await serve(text);
    await assert.rejects(ask("/"), failure("malformed"));
  });
}

test("a server that speaks first is malformed", async () => {
  const { ask, server } = await serve("");
  server.onConnect = (socket) => socket.write("220 mail.test ESMTP\r\n");
  await assert.rejects(ask("/"), failure("malformed"));
});

test("a body over the limit fails, by its length at once and by its bytes", async () => {
  const { ask, server } = await serve("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n");
  await assert.rejects(ask("/", { maxBytes: 10 }), failure("limit", /more than 10 bytes/));
  server.answer = (_, socket) => socket.write(`HTTP/1.1 200 OK\r\n\r\n${"a".repeat(11)}`);
  await assert.rejects(ask("/", { maxBytes: 10 }), failure("limit", /more than 10 bytes/));
  server.answer = (_, socket) => socket.write(ok("a".repeat(10)));
  assert.equal((await ask("/", { maxBytes: 10 })).body.length, 10);
});

test("what a plugin's calls receive at a time has a limit", async () => {
  const { ask, server } = await serve((_, socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${8 * MIB}\r\n\r\n`);
    socket.write(Buffer.alloc(8 * MIB - 1));
  });
  const all = Array.from({ length: 9 }, () => ask("/", { maxBytes: 8 * MIB }));
  await assert.rejects(Promise.race(all), failure("limit", /calls/));
  for (const socket of server.sockets) socket.write("a");
  const outcomes = await Promise.allSettled(all);
  assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 8);
});

test("a head over the limit is malformed", async () => {
  const { ask } = await serve(ok("", `X-Long: ${"a".repeat(40_000)}`));
  await assert.rejects(ask("/"), failure("malformed"));
});

test("the time limit is over all of it: no answer, and one that trickles", async () => {
  const { ask, server } = await serve(() => {});
  await assert.rejects(ask("/", { timeoutMs: 30 }), failure("timeout", /30 ms/));
  server.answer = (_, socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na");
  await assert.rejects(ask("/", { timeoutMs: 30 }), failure("timeout"));
  await server.until(() => server.sockets.every((socket) => socket.destroyed));
});

test("a name that is never resolved takes no longer than the time limit", async () => {
  const { ask } = await serve(ok(""), { resolve: () => new Promise(() => {}) });
  await assert.rejects(ask("/", { timeoutMs: 30 }), failure("timeout"));
});

test("an aborted fetch closes its connection and gives the reason", async () => {
  const asked = new AbortController();
  const reason = new Error("gone");
  const { ask, server } = await serve(() => asked.abort(reason));
  await assert.rejects(ask("/", {}, asked.signal), failure("unreachable"));
  await server.until(() => server.sockets.every((socket) => socket.destroyed));
});

test("closing the client ends what is under way", async () => {
  const { ask, client } = await serve(() => client.close());
  await assert.rejects(ask("/"), failure("ended"));
});

test("https checks the certificate against the name, and sends the name", async () => {
  const { ask, server, client, rules } = await serve(ok("safe"), { isSecure: true, ca: AUTHORITY });
  assert.equal((await ask("/")).body.toString(), "safe");
  const byAddress = requestFor(`https://127.0.0.1:${server.port}/`);
  await assert.rejects(client.fetch(byAddress, rules, NO_SIGNAL), failure("unreachable"));
});

test("https refuses a certificate of nobody that is trusted, and one for another name", async () => {
  const { ask, server } = await serve(ok(""), { isSecure: true });
  await assert.rejects(ask("/"), failure("unreachable"));
  const trusting = clientFor({ ca: AUTHORITY });
  after(() => trusting.close());
  const other = requestFor(`https://other.test:${server.port}/`);
  const rules = rulesFor(`other.test:${server.port}`, `127.0.0.1:${server.port}`);
  await assert.rejects(trusting.fetch(other, rules, NO_SIGNAL), failure("unreachable"));
  assert.equal(server.requests.length, 0);
});

test("what became of fetches is counted", async () => {
  const outcomes: string[] = [];
  const { ask } = await serve(ok("a"), {
    onDone: (plugin, outcome) => outcomes.push(`${plugin} ${outcome}`),
  });
  await ask("/");
  await assert.rejects(ask("/", { method: "TRACE" }));
  assert.deepEqual(outcomes, ["tested answered", "tested invalid"]);
});
