import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { RecordingClient, fieldsOf, linesOf } from "../exchange.testing.ts";
import { freePort, until } from "../sockets.testing.ts";
import { CHUNKED } from "./framing.ts";
import { answering, calling } from "./upstream-connection.testing.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describe("a call", () => {
  test("brings head and body", async () => {
    const { call } = await calling(
      answering(
        "HTTP/1.1 201 Made\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
      ),
    );
    const { exchange, receiver } = call();
    assert.equal(await receiver.over, "end");
    assert.deepEqual([exchange.status, exchange.reason, receiver.body], [201, "Made", "abc"]);
    assert.equal(exchange.responseFields.get("x-a"), "1");
  });

  test("reports 1xx responses ahead of the final one, but for 100 (U6)", async () => {
    const interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
    const { call } = await calling(answering(interim + OK));
    const { receiver } = call();
    assert.equal(await receiver.over, "end");
    assert.deepEqual(receiver.events, ["informational 103", "head 200"]);
  });

  test("drops what the upstream's Connection nominates (T9)", async () => {
    const { call } = await calling(
      answering(
        "HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nX-B: 2\r\nContent-Length: 0\r\n\r\n",
      ),
    );
    const { exchange, receiver } = call();
    await receiver.over;
    assert.deepEqual(linesOf(exchange.responseFields), [
      "Connection: X-Hop",
      "X-B: 2",
      "Content-Length: 0",
    ]);
  });

  test("takes a body that lasts until the connection closes", async () => {
    const { call } = await calling(async (peer) => {
      await peer.take(/\r\n\r\n/);
      peer.send("HTTP/1.1 200 OK\r\n\r\nall of it");
      peer.end();
    });
    const { receiver } = call();
    assert.equal(await receiver.over, "end");
    assert.equal(receiver.body, "all of it");
  });

  const BROKEN: Readonly<Record<string, readonly [answer: string, code: string]>> = {
    "nothing (U1)": ["", "upstream_reset"],
    "half a head": ["HTTP/1.1 200 OK\r\nA", "upstream_reset"],
    "less than it announced (U3)": [
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
      "upstream_reset",
    ],
    "a chunked body without its end (U3)": [
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
      "upstream_reset",
    ],
    "a broken chunk": [
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
      "upstream_invalid_response",
    ],
    "framing in two ways (U4)": [
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok",
      "upstream_invalid_response",
    ],
    "101 unasked (U6)": [
      "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n",
      "upstream_invalid_response",
    ],
    "1xx without end (U6)": [
      "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100),
      "upstream_invalid_response",
    ],
    "a bare LF (U9)": ["HTTP/1.1 200 OK\nContent-Length: 0\n\n", "upstream_invalid_response"],
    "a banner (U10)": ["SSH-2.0-OpenSSH\r\n", "upstream_invalid_response"],
    "status 099 (U7)": ["HTTP/1.1 099 X\r\n\r\n", "upstream_invalid_response"],
    "too many fields (U9)": [
      `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(30)}\r\n`,
      "upstream_invalid_response",
    ],
  };
  for (const [kind, [answer, code]] of Object.entries(BROKEN)) {
    test(`fails when the upstream sends ${kind}`, async () => {
      const { call } = await calling(async (peer) => {
        await peer.take(/\r\n\r\n/);
        peer.send(answer);
        peer.end();
      });
      assert.equal(await call().receiver.over, code);
    });
  }

  test("fails when nobody listens", async () => {
    const { call } = await calling(() => undefined);
    const port = await freePort();
    const target = { id: "t", host: "127.0.0.1", port, address: `127.0.0.1:${port}`, weight: 1 };
    assert.equal(await call({}, { target }).receiver.over, "upstream_connect_failed");
  });

  test("fails when no answer comes in time, or stops (U2)", async () => {
    const { call, peers } = await calling(async (peer) => {
      await peer.take(/\r\n\r\n/);
      if (peers.length === 2) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
    });
    assert.equal(await call({}, { readTimeoutMs: 30 }).receiver.over, "upstream_timeout");
    const second = call({}, { readTimeoutMs: 30 }).receiver;
    assert.equal(await second.over, "upstream_timeout");
    assert.equal(second.body, "ab");
  });

  test("does not count the client's time as the upstream's", async () => {
    const { call, peers } = await calling(() => undefined);
    const client = new RecordingClient();
    client.readBody = (receiver) => {
      client.receiver = receiver;
    };
    const limits = { readTimeoutMs: 60, connectTimeoutMs: 60 };
    const slow = call({ client, framing: CHUNKED, method: "POST" }, limits);
    await until(() => peers[0]?.received.endsWith("\r\n\r\n") === true);
    // Another call's limit, begun later, is over: this one's would have been.
    assert.equal(await call({}, limits).receiver.over, "upstream_timeout");
    assert.equal(await call({}, limits).receiver.over, "upstream_timeout");
    client.receiver?.writeBody(Buffer.from("abc"));
    client.receiver?.endBody();
    await peers[0]?.take(/abc\r\n0\r\n\r\n/);
    peers[0]?.send(OK);
    assert.equal(await slow.receiver.over, "end");
  });

  test("is cancelled at once when it is given up (C4)", async () => {
    const { call, peers } = await calling(() => undefined);
    const { exchange } = call();
    await until(() => peers[0]?.received.endsWith("\r\n\r\n") === true);
    exchange.upstream?.abort();
    assert.equal(exchange.upstream, undefined);
    await peers[0]?.rest();
  });
});

describe("a connection to an upstream", () => {
  test("carries one call after another", async () => {
    const { call, peers } = await calling(answering(OK));
    for (let n = 0; n < 3; n++) assert.equal(await call().receiver.over, "end");
    assert.equal(peers.length, 1);
  });

  const DOUBTFUL: Readonly<Record<string, string>> = {
    "the upstream says close": "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    "it speaks HTTP/1.0": "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "more came than the response (U5)": `${OK}HTTP/1.1 200 OK\r\n`,
    "a body came where there is none (U8)": "HTTP/1.1 204 No Content\r\n\r\nbody",
  };
  for (const [kind, answer] of Object.entries(DOUBTFUL)) {
    test(`is not used again when ${kind}`, async () => {
      const { call, peers } = await calling(answering(answer));
      assert.equal(await call().receiver.over, "end");
      assert.equal(await call().receiver.over, "end");
      assert.equal(peers.length, 2);
    });
  }

  test("is not used again when bytes come that nobody asked for (U5)", async () => {
    const { call, peers } = await calling(answering(OK));
    await call().receiver.over;
    peers[0]?.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
    await peers[0]?.rest();
    const { receiver } = call();
    await receiver.over;
    assert.deepEqual([receiver.body, peers.length], ["ok", 2]);
  });

  test("is not used again when the answer came before the request was sent (U16)", async () => {
    const { call, peers } = await calling(answering(OK));
    const client = new RecordingClient();
    client.readBody = () => undefined;
    const framing = { kind: "length", length: 5 } as const;
    const fields = fieldsOf("Content-Length: 5");
    assert.equal(await call({ client, framing, fields, method: "PUT" }).receiver.over, "end");
    await call().receiver.over;
    assert.equal(peers.length, 2);
  });

  test("that died meanwhile makes an idempotent call stale and another one fail (F10)", async () => {
    const { call, peers } = await calling(async (peer) => {
      await peer.take(/\r\n\r\n/);
      peer.send(OK);
      await peer.take(/\r\n\r\n/);
      peer.reset();
    });
    await call().receiver.over;
    assert.equal(await call().receiver.over, "upstream_stale");
    await call().receiver.over;
    assert.equal(await call({ method: "POST" }).receiver.over, "upstream_reset");
    assert.equal(peers.length, 2);
  });

  test("that died ahead of the body makes any call stale, and behind its first byte none (F10)", async () => {
    for (const [canWithdraw, code] of [
      [true, "upstream_stale"],
      [false, "upstream_reset"],
    ] as const) {
      const { call } = await calling(async (peer) => {
        await peer.take(/\r\n\r\n/);
        peer.send(OK);
        await peer.take(/\r\n\r\n/);
        peer.reset();
      });
      await call().receiver.over;
      const client = new RecordingClient();
      client.canWithdraw = canWithdraw;
      const { receiver } = call({ client, method: "POST", framing: CHUNKED });
      assert.equal(await receiver.over, code);
    }
  });

  test("is kept for so many calls, so long, and so many at a time", async () => {
    const twice = await calling(answering(OK), { maxCallsPerConnection: 2 });
    for (let n = 0; n < 4; n++) await twice.call().receiver.over;
    assert.equal(twice.peers.length, 2);
    const one = await calling(answering(OK), { maxIdlePerAddress: 1 });
    await Promise.all([one.call().receiver.over, one.call().receiver.over]);
    await Promise.race(one.peers.map((peer) => peer.rest()));
    const brief = await calling(answering(OK), { idleTimeoutMs: 10 });
    await brief.call().receiver.over;
    await brief.peers[0]?.rest();
  });

  test("makes the client wait when the upstream takes nothing, and go on later", async () => {
    const { call, peers } = await calling((peer) => peer.pause());
    const client = new RecordingClient();
    client.readBody = (receiver) => {
      client.receiver = receiver;
    };
    call({ client, framing: CHUNKED, method: "POST" });
    await until(() => client.receiver !== undefined);
    const piece = Buffer.alloc(1_000_000);
    for (let n = 0; n < 100 && !client.events.includes("pause"); n++)
      client.receiver?.writeBody(piece);
    assert.deepEqual(client.events, ["pause"]);
    peers[0]?.resume();
    await until(() => client.events.includes("resume"));
  });
});
