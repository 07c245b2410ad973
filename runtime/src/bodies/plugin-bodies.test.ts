import assert from "node:assert/strict";
import { test } from "node:test";
import { startGateway } from "../pipeline.testing.ts";
import { CONTINUE } from "../plugins/plugin.ts";
import { RecordingPlugin } from "../plugins/plugin.testing.ts";
import { Peer, listenRaw, until } from "../sockets.testing.ts";
import { PluginBodies } from "./plugin-bodies.ts";

const NEVER = { kind: "pending", settled: new Promise<never>(() => undefined) } as const;

test("who waits for a body is told when the client goes away (C4)", async () => {
  const told: string[] = [];
  const plugin = new RecordingPlugin("p", {
    phases: ["access"],
    run: (_, exchange) => {
      PluginBodies.of(exchange).askRequest(100, ({ kind }) => void told.push(kind));
      return NEVER;
    },
  });
  const gateway = await startGateway({ ports: [], plugins: [plugin] });
  const client = await Peer.connect(gateway.port);
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  await until(() => plugin.calls.length === 1);
  client.destroy();
  await until(() => told.length > 0);
  assert.deepEqual(told, ["gone"]);
});

test("who waits for a response's body is told when another response takes its place", async () => {
  const told: string[] = [];
  const plugin = new RecordingPlugin("p", {
    phases: ["header_filter"],
    run: (_, exchange) => {
      if (exchange.error !== undefined) return CONTINUE;
      const ask = (): void =>
        PluginBodies.of(exchange).askResponse(100, ({ kind }) => void told.push(kind));
      setImmediate(ask);
      return NEVER;
    },
  });
  const port = await listenRaw((peer) => {
    const cut = async (): Promise<void> => {
      await peer.take(/\r\n\r\n/);
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
      await until(() => plugin.calls.length === 1);
      setImmediate(() => setImmediate(() => peer.destroy()));
    };
    cut().catch(() => peer.destroy());
  });
  const gateway = await startGateway({ ports: [port], plugins: [plugin] });
  const client = await Peer.connect(gateway.port);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  assert.match(await client.rest(), /^HTTP\/1\.1 502 /);
  assert.deepEqual(told, ["gone"]);
});
