// Bodies on their way through plugins, both ways, over real sockets.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PHASES } from "@sluice/plugin-sdk/abi";
import type { Phase } from "@sluice/plugin-sdk/abi";
import { PluginBodies } from "./bodies/plugin-bodies.ts";
import { GatewayError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { startGateway } from "./pipeline.testing.ts";
import type { TestGateway } from "./pipeline.testing.ts";
import { CONTINUE } from "./plugins/plugin.ts";
import type { BodyPiece, Verdict } from "./plugins/plugin.ts";
import { RecordingPlugin } from "./plugins/plugin.testing.ts";
import { Peer, listenRaw, until } from "./sockets.testing.ts";

type Run = (phase: string, exchange: Exchange, piece: BodyPiece | undefined) => Verdict | undefined;

function plugin(run: Run, phases: readonly Phase[] = PHASES): RecordingPlugin {
  return new RecordingPlugin("p", {
    phases,
    run: (phase, exchange, _, piece) => run(phase, exchange, piece) ?? CONTINUE,
  });
}

const upper = plugin((_, __, piece) => {
  if (piece !== undefined) piece.bytes = Buffer.from(piece.bytes.toString().toUpperCase());
  return undefined;
});

/** An upstream that keeps what it gets and answers each request whose end is as told. */
async function upstream(answer: string, end: RegExp, got: string[] = []): Promise<number> {
  return listenRaw((peer) => {
    const serve = async (): Promise<void> => {
      for (;;) {
        got.push(await peer.take(end));
        peer.send(answer);
      }
    };
    serve().catch(() => peer.destroy());
  });
}

async function ask(gateway: TestGateway, text: string): Promise<string> {
  const client = await Peer.connect(gateway.port);
  client.send(text);
  return client.rest();
}

const GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describe("bodies through a plugin", () => {
  test("change both ways, and say no length that is not theirs any more", async () => {
    const got: string[] = [];
    const port = await upstream(OK, /0\r\n\r\n$/, got);
    const gateway = await startGateway({ ports: [port], plugins: [upper] });
    const text = await ask(gateway, POST);
    assert.match(text, /\r\nTransfer-Encoding: chunked\r\n[^]*\r\n\r\n2\r\nOK\r\n0\r\n\r\n$/);
    assert.doesNotMatch(text, /Content-Length/i);
    assert.match(
      got[0] ?? "",
      /\r\nTransfer-Encoding: chunked\r\n[^]*\r\n\r\n5\r\nHELLO\r\n0\r\n\r\n$/,
    );
    assert.doesNotMatch(got[0] ?? "", /Content-Length/i);
  });

  test("that fails at a request's piece is 500, and the upstream's connection is given up", async () => {
    const failing = plugin((phase) => {
      if (phase === "request_body") throw new GatewayError("plugin_failed", "at a piece");
      return undefined;
    });
    const gateway = await startGateway({
      ports: [await upstream(OK, /0\r\n\r\n$/)],
      plugins: [failing],
    });
    assert.match(await ask(gateway, POST), /^HTTP\/1\.1 500 /);
    assert.deepEqual(gateway.failures, ["plugin_failed"]);
    await until(() => gateway.pipeline.requestsInFlight === 0);
  });

  test("that fails at a response's piece cuts the client off", async () => {
    const failing = plugin((phase) => {
      if (phase === "body_filter") throw new GatewayError("plugin_failed", "at a piece");
      return undefined;
    });
    const gateway = await startGateway({
      ports: [await upstream(OK, /\r\n\r\n/)],
      plugins: [failing],
    });
    assert.doesNotMatch(await ask(gateway, GET), /ok|0\r\n\r\n$/);
    await until(() => gateway.pipeline.requestsInFlight === 0);
  });

  test("that fails at any piece leaves the answer to a failed request alone", async () => {
    const failing = plugin((phase) => {
      if (phase === "access" || phase === "body_filter") {
        throw new GatewayError("plugin_failed", phase);
      }
      return undefined;
    });
    const gateway = await startGateway({ ports: [], plugins: [failing] });
    assert.match(await ask(gateway, GET), /^HTTP\/1\.1 500 [^]*"request_id"/);
    assert.deepEqual(gateway.failures, ["plugin_failed"]);
  });
});

describe("a plugin's own response body", () => {
  const replacing = plugin(
    (_, exchange) => {
      PluginBodies.of(exchange).newResponse = Buffer.from("new body");
      return undefined;
    },
    ["header_filter"],
  );

  test("goes with its length, and the upstream's connection is used again", async () => {
    let connections = 0;
    const port = await listenRaw((peer) => {
      connections++;
      const serve = async (): Promise<void> => {
        for (;;) {
          await peer.take(/\r\n\r\n/);
          peer.send(OK);
        }
      };
      serve().catch(() => peer.destroy());
    });
    const gateway = await startGateway({ ports: [port], plugins: [replacing] });
    for (let n = 0; n < 3; n++) {
      assert.match(await ask(gateway, GET), /\r\nContent-Length: 8\r\n[^]*\r\n\r\nnew body$/);
    }
    assert.equal(connections, 1);
  });

  test("stands for the gateway's own answers, too, and not for one that says that it failed", async () => {
    const gateway = await startGateway({ ports: [], plugins: [replacing] });
    assert.match(await ask(gateway, GET), /^HTTP\/1\.1 503 [^]*\r\n\r\nnew body$/);

    let calls = 0;
    const failing = plugin((phase, exchange) => {
      if (phase !== "header_filter") return undefined;
      PluginBodies.of(exchange).newResponse = Buffer.from("new body");
      if (++calls === 1) throw new GatewayError("plugin_failed", "after it was set");
      return undefined;
    });
    const other = await startGateway({
      ports: [await upstream(OK, /\r\n\r\n/)],
      plugins: [failing],
    });
    assert.match(await ask(other, GET), /^HTTP\/1\.1 500 [^]*"request_id"[^]*$/);
  });
});

describe("a plugin that fails while an error is answered", () => {
  test("is passed over: the client gets that answer", async () => {
    const failing = plugin((phase) => {
      if (phase === "header_filter") throw new GatewayError("response_body_too_large", "too large");
      return undefined;
    });
    const gateway = await startGateway({
      ports: [await upstream(OK, /\r\n\r\n/)],
      plugins: [failing],
    });
    assert.match(await ask(gateway, GET), /^HTTP\/1\.1 502 [^]*"request_id"/);
    assert.deepEqual(gateway.failures, ["response_body_too_large", "response_body_too_large"]);
  });
});
