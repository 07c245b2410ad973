import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { GatewayError } from "./errors.ts";
import type { Exchange } from "./exchange.ts";
import { fieldName } from "./http1/field-name.ts";
import { startGateway } from "./pipeline.testing.ts";
import { CONTINUE, RESPOND } from "./plugins/plugin.ts";
import type { SettledVerdict } from "./plugins/plugin.ts";
import { RecordingPlugin } from "./plugins/plugin.testing.ts";
import { Peer, freePort, listenRaw, until } from "./sockets.testing.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Request-Id: upstream\r\n\r\nok";

/** An upstream that answers every request with the text and keeps the heads it got. */
async function upstream(heads: string[] = [], answer: string = OK): Promise<number> {
  return listenRaw((peer) => {
    const serve = async (): Promise<void> => {
      for (;;) {
        heads.push(await peer.take(/\r\n\r\n/));
        peer.send(answer);
      }
    };
    serve().catch(() => peer.destroy());
  });
}

function request(path: string, method = "GET"): string {
  return `${method} ${path} HTTP/1.1\r\nHost: example.com\r\n\r\n`;
}

/** Sends one request on a connection of its own and returns all that comes. */
async function ask(port: number, path = "/", method = "GET"): Promise<string> {
  const client = await Peer.connect(port);
  client.send(request(path, method).replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  return client.rest();
}

/** An upstream that takes requests and says what it is told to, and no more. */
async function silent(answer = ""): Promise<number> {
  return listenRaw((peer) => {
    const serve = async (): Promise<void> => {
      await peer.take(/\r\n\r\n/);
      peer.send(answer);
    };
    serve().catch(() => peer.destroy());
  });
}

const throwing = (): never => {
  throw new GatewayError("plugin_failed", "it throws");
};

describe("a request", () => {
  test("is forwarded, and its answer comes back with the gateway's id", async () => {
    const heads: string[] = [];
    const { port, pipeline } = await startGateway({ ports: [await upstream(heads)] });
    const text = await ask(port, "/a?b=c");
    const id = /X-Request-Id: ([0-9a-f]{32})\r\n/.exec(text)?.[1];
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/);
    assert.ok(!text.includes("upstream"));
    assert.match(heads[0] ?? "", /^GET \/a\?b=c HTTP\/1\.1\r\n/);
    assert.ok(heads[0]?.includes(`X-Request-Id: ${id}\r\n`));
    await until(() => pipeline.requestsInFlight === 0);
  });

  test("without a route gets 404 as JSON", async () => {
    const { port, failures } = await startGateway({ route: { paths: ["/only"] } });
    const text = await ask(port, "/other");
    assert.match(text, /^HTTP\/1\.1 404 [^]*Content-Type: application\/json/);
    assert.match(
      text,
      /\{"message":"no Route matched with those values","request_id":"[0-9a-f]+"\}$/,
    );
    assert.deepEqual(failures, ["no_route"]);
  });

  test("runs access, header_filter and log of its plugins in order", async () => {
    const heads: string[] = [];
    const plugin = new RecordingPlugin("p");
    const { port } = await startGateway({ ports: [await upstream(heads)], plugins: [plugin] });
    await ask(port);
    await until(() => plugin.calls.length === 3);
    assert.deepEqual(plugin.calls, ["access 0", "header_filter 0", "log 0"]);
    assert.equal(heads.length, 1);
  });

  test("that a plugin answers reaches no upstream, and keeps what plugins said of the response", async () => {
    const heads: string[] = [];
    const adds = new RecordingPlugin("adds", {
      priority: 2,
      run: (phase, exchange) => {
        const edit = { kind: "set", name: fieldName("X-Added"), value: "yes" } as const;
        if (phase === "access") exchange.responseEdits = [edit];
        return CONTINUE;
      },
    });
    const answers = new RecordingPlugin("answers", {
      priority: 1,
      run: (phase, exchange) => {
        if (phase !== "access") return CONTINUE;
        exchange.status = 401;
        exchange.responseBody = "no";
        return RESPOND;
      },
    });
    const { port } = await startGateway({
      ports: [await upstream(heads)],
      plugins: [answers, adds],
    });
    const text = await ask(port);
    assert.match(text, /^HTTP\/1\.1 401 Unauthorized\r\n[^]*X-Added: yes\r\n[^]*\r\n\r\nno$/);
    assert.deepEqual(heads, []);
  });

  test("waits for a plugin that goes on by itself, and goes on with the next one", async () => {
    const settling = Promise.withResolvers<SettledVerdict>();
    const waits = new RecordingPlugin("waits", {
      priority: 2,
      phases: ["access"],
      run: () => ({ kind: "pending", settled: settling.promise }),
    });
    const next = new RecordingPlugin("next", { priority: 1, phases: ["access"] });
    const { port } = await startGateway({ ports: [await upstream()], plugins: [waits, next] });
    const answer = ask(port);
    await until(() => waits.calls.length === 1);
    assert.deepEqual(next.calls, []);
    settling.resolve(CONTINUE);
    assert.match(await answer, /^HTTP\/1\.1 200 /);
    assert.deepEqual([waits.calls, next.calls], [["access 0"], ["access 0"]]);
  });

  test("answers 500 for a plugin that fails after it has waited", async () => {
    const plugin = new RecordingPlugin("p", {
      phases: ["access"],
      run: () => ({
        kind: "pending",
        settled: Promise.reject(new GatewayError("plugin_failed", "later")),
      }),
    });
    const { port } = await startGateway({ ports: [await upstream()], plugins: [plugin] });
    assert.match(await ask(port), /^HTTP\/1\.1 500 /);
  });
});

describe("a plugin that fails", () => {
  for (const phase of ["access", "header_filter"] as const) {
    test(`in ${phase} costs its request 500 and no other`, async () => {
      let fails = true;
      const plugin = new RecordingPlugin("p", {
        run: (current) => (fails && current === phase ? throwing() : CONTINUE),
      });
      const { port, failures, pipeline } = await startGateway({
        ports: [await upstream()],
        plugins: [plugin],
      });
      assert.match(await ask(port), /^HTTP\/1\.1 500 [^]*"An unexpected error occurred"/);
      assert.deepEqual(failures, ["plugin_failed"]);
      fails = false;
      assert.match(await ask(port), /^HTTP\/1\.1 200 /);
      await until(() => pipeline.requestsInFlight === 0);
    });
  }

  test("in header_filter of an error's answer costs 500, not the answer", async () => {
    const plugin = new RecordingPlugin("p", { phases: ["header_filter"], run: throwing });
    const { port } = await startGateway({ route: { paths: ["/only"] }, plugins: [plugin] });
    assert.match(await ask(port, "/other"), /^HTTP\/1\.1 500 /);
  });

  test("in log is reported and keeps nobody else from logging", async () => {
    const fails = new RecordingPlugin("fails", { priority: 2, phases: ["log"], run: throwing });
    const next = new RecordingPlugin("next", { priority: 1, phases: ["log"] });
    const { port, failedPlugins, pipeline } = await startGateway({
      ports: [await upstream()],
      plugins: [fails, next],
    });
    assert.match(await ask(port), /^HTTP\/1\.1 200 /);
    await until(() => pipeline.requestsInFlight === 0);
    assert.deepEqual([failedPlugins, next.calls], [["fails"], ["log 0"]]);
  });
});

describe("a target that fails", () => {
  test("is given up for another one when it cannot be connected to", async () => {
    const tries: number[] = [];
    const plugin = new RecordingPlugin("p", {
      phases: ["log"],
      run: (_, exchange) => {
        tries.push(exchange.tries?.length ?? 0);
        return CONTINUE;
      },
    });
    const ports = [await freePort(), await upstream()];
    const { port } = await startGateway({ ports, plugins: [plugin] });
    for (let n = 0; n < 4; n++) assert.match(await ask(port, "/", "POST"), /^HTTP\/1\.1 200 /);
    await until(() => tries.length === 4);
    assert.ok(tries.includes(2) && Math.max(...tries) === 2, String(tries));
  });

  test("is tried again as often as the service says, and then it is 502", async () => {
    const closed = await freePort();
    let tries = 0;
    const plugin = new RecordingPlugin("p", {
      phases: ["log"],
      run: (_, exchange) => {
        tries = exchange.tries?.length ?? 0;
        return CONTINUE;
      },
    });
    const service = { retries: 2 };
    const { port } = await startGateway({ ports: [closed], service, plugins: [plugin] });
    assert.match(await ask(port), /^HTTP\/1\.1 502 /);
    await until(() => tries > 0);
    assert.equal(tries, 3);
  });

  test("after it got the request is not tried again", async () => {
    const heads: string[] = [];
    const port = await listenRaw((peer) => {
      void peer.take(/\r\n\r\n/).then((head) => {
        heads.push(head);
        peer.reset();
      });
    });
    const gateway = await startGateway({ ports: [port] });
    assert.match(await ask(gateway.port), /^HTTP\/1\.1 502 /);
    assert.equal(heads.length, 1);
  });

  test("with a kept connection that died gets the request again, on a new one (F10)", async () => {
    const heads: string[] = [];
    const port = await listenRaw((peer) => {
      const serve = async (): Promise<void> => {
        heads.push(await peer.take(/\r\n\r\n/));
        peer.send(OK);
        heads.push(await peer.take(/\r\n\r\n/));
        peer.reset();
      };
      serve().catch(() => undefined);
    });
    const gateway = await startGateway({ ports: [port], service: { retries: 0 } });
    for (let n = 0; n < 4; n++) assert.match(await ask(gateway.port), /^HTTP\/1\.1 200 /);
    assert.ok(heads.length > 4, "no connection was used again");
  });

  test("when there is none is 503", async () => {
    const { port, failures } = await startGateway({ ports: [] });
    assert.match(await ask(port), /^HTTP\/1\.1 503 /);
    assert.deepEqual(failures, ["no_target"]);
  });

  test("in the middle of a response cuts the client's, too (U3)", async () => {
    const port = await listenRaw((peer) => {
      void peer.take(/\r\n\r\n/).then(() => {
        peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        peer.end();
      });
    });
    const gateway = await startGateway({ ports: [port] });
    const text = await ask(gateway.port);
    assert.ok(!text.endsWith("0\r\n\r\n"), text);
    assert.deepEqual(gateway.failures, ["upstream_reset"]);
    assert.equal(gateway.pipeline.requestsInFlight, 0);
  });
});

describe("a client that leaves", () => {
  test("takes its upstream request with it, and is logged as 499 (C4)", async () => {
    const peers: Peer[] = [];
    const port = await listenRaw((peer) => peers.push(peer));
    const logged: Exchange[] = [];
    const plugin = new RecordingPlugin("p", {
      phases: ["log"],
      run: (_, exchange) => {
        logged.push(exchange);
        return CONTINUE;
      },
    });
    const gateway = await startGateway({ ports: [port], plugins: [plugin] });
    const client = await Peer.connect(gateway.port);
    client.send(request("/"));
    await until(() => peers[0]?.received.endsWith("\r\n\r\n") === true);
    client.destroy();
    await peers[0]?.rest();
    await until(() => logged.length === 1);
    assert.equal(logged[0]?.status, 499);
    assert.equal(gateway.pipeline.requestsInFlight, 0);
  });
});

describe("a route's timeout", () => {
  test("is 504 when there is no answer by then, tries included", async () => {
    const ports = [await silent()];
    const { port, failures, pipeline } = await startGateway({ ports, route: { timeoutMs: 50 } });
    const text = await ask(port);
    assert.match(text, /^HTTP\/1\.1 504 [^]*"message":"The upstream server is timing out"/);
    assert.deepEqual(failures, ["route_timeout"]);
    await until(() => pipeline.requestsInFlight === 0);
  });

  test("cuts an answer that goes on for longer", async () => {
    const ports = [
      await silent("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"),
    ];
    const { port, failures } = await startGateway({ ports, route: { timeoutMs: 50 } });
    const text = await ask(port);
    assert.match(text, /^HTTP\/1\.1 200 [^]*2\r\nab\r\n$/);
    assert.deepEqual(failures, ["route_timeout"]);
  });

  test("is forgotten once the answer is out", async () => {
    const { port, failures } = await startGateway({
      ports: [await upstream()],
      route: { timeoutMs: 50 },
    });
    await ask(port);
    // The same route: its time is over only after that of the first request.
    const ports = [await silent()];
    const slower = await startGateway({ ports, route: { timeoutMs: 100 } });
    await ask(slower.port);
    assert.deepEqual(failures, []);
  });
});
