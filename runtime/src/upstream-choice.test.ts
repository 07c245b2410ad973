// A plugin's choice of where a request goes, from the property that it sets to the upstream that is asked.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault, Property } from "@sluice/plugin-sdk/abi";
import type { ServiceConfig } from "./config/model.ts";
import type { Exchange } from "./exchange.ts";
import { exchangeOf } from "./exchange.testing.ts";
import { startGateway } from "./pipeline.testing.ts";
import type { GatewayParts } from "./pipeline.testing.ts";
import { CONTINUE } from "./plugins/plugin.ts";
import { NO_GRANTS, RecordingPlugin } from "./plugins/plugin.testing.ts";
import { readUpstreamProperty, setUpstreamProperty } from "./plugins/wasm/upstream-properties.ts";
import { Peer, listenRaw } from "./sockets.testing.ts";
import { chosenTarget } from "./upstream-choice.ts";

/** An upstream that answers with its name and the Host that it was asked as. */
async function upstream(name: string): Promise<number> {
  return listenRaw((peer) => {
    const serve = async (): Promise<void> => {
      for (;;) {
        const head = await peer.take(/\r\n\r\n/);
        const body = `${name} ${/^Host: (.*)\r$/m.exec(head)?.[1]}`;
        peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      }
    };
    serve().catch(() => peer.destroy());
  });
}

/** The body of the answer of a gateway one of whose plugins chooses. */
async function ask(parts: GatewayParts, choose: (exchange: Exchange) => unknown): Promise<string> {
  const plugin = new RecordingPlugin("chooses", {
    phases: ["access"],
    run: (_, exchange) => {
      choose(exchange);
      return CONTINUE;
    },
  });
  const { port } = await startGateway({ ...parts, plugins: [plugin] });
  const client = await Peer.connect(port);
  client.send("GET / HTTP/1.1\r\nHost: client.test\r\nConnection: close\r\n\r\n");
  return (await client.rest()).split("\r\n\r\n")[1] ?? "";
}

const GRANTED = { ...NO_GRANTS, targets: ["10.0.0.5:80", "[2001:db8::1]:443"] };

describe("a request", () => {
  test("goes to the upstream that a plugin chose, not to the service's host", async () => {
    const [own, other] = [await upstream("own"), await upstream("other")];
    const service = { host: "127.0.0.1", port: own };
    const answer = await ask({ ports: [other], service }, (exchange) => {
      assert.equal(setUpstreamProperty(exchange, Property.upstream, "POOL", NO_GRANTS), 0);
    });
    assert.equal(answer, `other 127.0.0.1:${other}`);
  });

  test("goes to the target that a plugin chose, not to the service's upstream", async () => {
    const [own, other] = [await upstream("own"), await upstream("other")];
    const address = `127.0.0.1:${other}`;
    const grants = { ...NO_GRANTS, targets: [address] };
    const answer = await ask({ ports: [own] }, (exchange) => {
      assert.equal(setUpstreamProperty(exchange, Property.target, address, grants), 0);
    });
    assert.equal(answer, `other ${address}`);
  });

  test("keeps the client's Host where the route says so", async () => {
    const [own, other] = [await upstream("own"), await upstream("other")];
    const parts = { ports: [own], route: { preserveHost: true } };
    const answer = await ask(parts, (exchange) => {
      exchange.upstreamChoice = chosenTarget(`127.0.0.1:${other}`);
    });
    assert.equal(answer, "other client.test");
  });

  test("goes where the last choice says", async () => {
    const [own, other] = [await upstream("own"), await upstream("other")];
    const answer = await ask({ ports: [own] }, (exchange) => {
      exchange.upstreamChoice = chosenTarget(`127.0.0.1:${other}`);
      setUpstreamProperty(exchange, Property.upstream, "pool", NO_GRANTS);
    });
    assert.equal(answer, `own 127.0.0.1:${own}`);
  });
});

describe("the choice", () => {
  test("of an upstream that is not there is refused, and changes nothing", () => {
    const exchange = exchangeOf();
    exchange.upstreamChoice = chosenTarget("10.0.0.5:80");
    assert.equal(setUpstreamProperty(exchange, Property.upstream, "none", GRANTED), Fault.badValue);
    assert.equal(exchange.upstreamChoice?.target, "10.0.0.5:80");
  });

  test("of a target needs a grant for exactly that", () => {
    const set = (target: string): number | undefined =>
      setUpstreamProperty(exchangeOf(), Property.target, target, GRANTED);
    assert.equal(set("10.0.0.5:80"), 0);
    assert.equal(set("[2001:DB8::1]:443"), 0);
    for (const target of ["10.0.0.5:8080", "10.0.0.50:80", "127.0.0.1:80", "a.test:80"]) {
      assert.equal(set(target), Fault.denied);
    }
    assert.equal(
      setUpstreamProperty(exchangeOf(), Property.target, "10.0.0.5:80", undefined),
      Fault.denied,
    );
  });

  for (const target of [
    "",
    "a.test",
    "a.test:",
    "a.test:0",
    "a.test:65536",
    "a:b:80",
    "u@a.test:80",
    "a.test:80/x",
    "a b:80",
    "::1:80",
  ]) {
    test(`of ${JSON.stringify(target)} is no target`, () => {
      const outcome = setUpstreamProperty(exchangeOf(), Property.target, target, GRANTED);
      assert.equal(outcome, Fault.badValue);
    });
  }

  test("is not there for an app, which no socket leads to", () => {
    const exchange = exchangeOf();
    const service = { config: { protocol: "app" } as ServiceConfig }; // All that is looked at.
    exchange.route = { service } as NonNullable<Exchange["route"]>;
    assert.equal(
      setUpstreamProperty(exchange, Property.target, "10.0.0.5:80", GRANTED),
      Fault.denied,
    );
  });

  test("can be read, and the target that was asked in the end, too", () => {
    const exchange = exchangeOf();
    assert.equal(readUpstreamProperty(exchange, Property.upstream), undefined);
    assert.equal(readUpstreamProperty(exchange, Property.target), undefined);
    const choice = chosenTarget("10.0.0.5:80");
    exchange.upstreamChoice = choice;
    assert.equal(readUpstreamProperty(exchange, Property.target), "10.0.0.5:80");
    const [target] = choice?.balancer.targets ?? [];
    assert.ok(target);
    exchange.tries = [
      { target: { ...target, address: "10.0.0.9:80" }, startedAtMs: 0, error: undefined },
    ];
    assert.equal(readUpstreamProperty(exchange, Property.target), "10.0.0.9:80");
    assert.equal(readUpstreamProperty(exchange, Property.method), undefined);
  });
});
