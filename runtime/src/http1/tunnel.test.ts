import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { Deadlines } from "../deadlines.ts";
import { RecordingSocket } from "../exchange.testing.ts";
import { until } from "../sockets.testing.ts";
import { Tunnel } from "./tunnel.ts";
import type { TunnelEnd } from "./tunnel.ts";

/** A socket that also keeps what else it is told. */
class ToldSocket extends RecordingSocket {
  readonly told: string[] = [];

  override shutdown(): void {
    this.told.push("shutdown");
  }
  override pause(): void {
    this.told.push("pause");
  }
  override resume(): void {
    this.told.push("resume");
  }
}

interface Side {
  readonly socket: ToldSocket;
  readonly end: TunnelEnd;
}

function tunnelOf(idleTimeoutMs = 60_000): {
  readonly tunnel: Tunnel;
  readonly client: Side;
  readonly upstream: Side;
  readonly events: string[];
  readonly bytes: { client: number; upstream: number };
} {
  const events: string[] = [];
  const bytes = { client: 0, upstream: 0 };
  const sockets = { client: new ToldSocket(), upstream: new ToldSocket() };
  const deadlines = new Deadlines();
  after(() => deadlines.stop());
  const tunnel = new Tunnel({
    protocol: "foo",
    socket: sockets.upstream,
    owner: {
      onTunnelEnd: () => events.push("end"),
      onTunnelIdle: () => events.push("idle"),
    },
    deadlines,
    idleTimeoutMs,
    onClientBytes: (count) => (bytes.client += count),
    onUpstreamBytes: (count) => (bytes.upstream += count),
  });
  const end = tunnel.join(sockets.client);
  sockets.client.told.length = 0;
  const client = { socket: sockets.client, end };
  const upstream = { socket: sockets.upstream, end: tunnel.upstream };
  return { tunnel, client, upstream, events, bytes };
}

describe("a tunnel", () => {
  test("hands bytes to the other side and counts them", () => {
    const { client, upstream, bytes } = tunnelOf();
    client.end.onData(Buffer.from("abc"));
    upstream.end.onData(Buffer.from("de"));
    assert.deepEqual([upstream.socket.text, client.socket.text], ["abc", "de"]);
    assert.deepEqual(bytes, { client: 3, upstream: 2 });
  });

  test("stops a side while the other one takes nothing, and only that side", () => {
    const { client, upstream } = tunnelOf();
    upstream.socket.takesMore = false;
    client.end.onData(Buffer.from("abc"));
    assert.deepEqual([client.socket.told, upstream.socket.told], [["pause"], []]);
    upstream.end.onDrain();
    assert.deepEqual([client.socket.told, upstream.socket.told], [["pause", "resume"], []]);
  });

  test("says FIN behind the last bytes, once there is room for them", () => {
    const { client, upstream, events } = tunnelOf();
    upstream.socket.takesMore = false;
    client.end.onData(Buffer.from("abc"));
    client.end.onEnd();
    assert.deepEqual(upstream.socket.told, []);
    upstream.end.onEnd();
    assert.deepEqual(events, []);
    upstream.end.onDrain();
    assert.deepEqual(upstream.socket.told, ["shutdown"]);
    assert.deepEqual(events, ["end"]);
  });

  test("ends when both sides have said FIN, and no sooner", () => {
    const { client, upstream, events } = tunnelOf();
    upstream.end.onEnd();
    assert.deepEqual([client.socket.told, events], [["shutdown"], []]);
    client.end.onData(Buffer.from("later"));
    assert.equal(upstream.socket.text, "later");
    client.end.onEnd();
    assert.deepEqual(events, ["end"]);
  });

  test("passes nothing on once it is stopped", () => {
    const { tunnel, client, upstream, events } = tunnelOf();
    tunnel.stop();
    client.end.onData(Buffer.from("abc"));
    client.end.onEnd();
    upstream.end.onEnd();
    upstream.end.onGone();
    assert.deepEqual([upstream.socket.text, upstream.socket.told, events], ["", [], []]);
  });

  test("is idle when nothing goes through, and not while something does", async () => {
    const { client, events } = tunnelOf(300);
    const { events: quietEvents } = tunnelOf(500);
    await until(() => {
      client.end.onData(Buffer.from("a"));
      return quietEvents.length > 0;
    });
    assert.deepEqual([quietEvents, events], [["idle"], []]);
  });
});
