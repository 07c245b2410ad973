import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Exchange } from "../exchange.ts";
import { exchangeOf } from "../exchange.testing.ts";
import { PluginChain } from "./chain.ts";
import type { ChainLink } from "./chain.ts";
import { CONTINUE, RESPOND } from "./plugin.ts";
import type { SettledVerdict, Verdict } from "./plugin.ts";
import { RecordingPlugin } from "./plugin.testing.ts";

function linkOf(
  plugin: RecordingPlugin,
  entry = 0,
  byConsumer?: ChainLink["byConsumer"],
): ChainLink {
  return { plugin, entry, byConsumer };
}

const CONSUMER = {
  id: "c1",
  username: "alice",
  customId: undefined,
  credentials: [],
  groups: [],
  tags: [],
  source: { path: "", line: 1, column: 1 },
};

/** Runs one plugin after the other until the chain has decided. */
function accessOf(chain: PluginChain, exchange: Exchange): Verdict["kind"] {
  for (;;) {
    const verdict = chain.access(exchange);
    if (verdict !== undefined) return verdict.kind;
  }
}

describe("PluginChain", () => {
  test("runs its links in order, each in its phases only", () => {
    const order: string[] = [];
    const noting =
      (name: string) =>
      (phase: string): Verdict => {
        order.push(`${name} ${phase}`);
        return CONTINUE;
      };
    const a = new RecordingPlugin("a", { phases: ["access", "log"], run: noting("a") });
    const b = new RecordingPlugin("b", { phases: ["access", "header_filter"], run: noting("b") });
    const chain = new PluginChain([linkOf(a), linkOf(b)]);
    const exchange = exchangeOf();
    assert.equal(accessOf(chain, exchange), "continue");
    void chain.headerFilter(exchange);
    void chain.log(exchange, () => assert.fail());
    assert.deepEqual(order, ["a access", "b access", "b header_filter", "a log"]);
  });

  test("ends the access phase with the first answer", () => {
    const before = new RecordingPlugin("before");
    const answers = new RecordingPlugin("answers", { run: () => RESPOND });
    const after = new RecordingPlugin("after");
    const chain = new PluginChain([before, answers, after].map((plugin) => linkOf(plugin)));
    assert.equal(accessOf(chain, exchangeOf()), "respond");
    assert.deepEqual([before.calls, after.calls], [["access 0"], []]);
  });

  test("stands at a plugin that goes on by itself, until that has settled", () => {
    const before = new RecordingPlugin("before");
    const waits = new RecordingPlugin("waits", {
      run: () => ({ kind: "pending", settled: Promise.resolve(CONTINUE) }),
    });
    const after = new RecordingPlugin("after");
    const chain = new PluginChain([before, waits, after].map((plugin) => linkOf(plugin)));
    const exchange = exchangeOf();
    assert.equal(accessOf(chain, exchange), "pending");
    assert.deepEqual([before.calls.length, waits.calls.length, after.calls.length], [1, 1, 0]);
    exchange.chainPosition++;
    assert.equal(accessOf(chain, exchange), "continue");
    assert.deepEqual([before.calls.length, waits.calls.length, after.calls.length], [1, 1, 1]);
  });

  test("runs header_filter on behind a plugin that waits, and log for all at once", async () => {
    const settling = Promise.withResolvers<SettledVerdict>();
    const waits = new RecordingPlugin("waits", {
      run: () => ({ kind: "pending", settled: settling.promise }),
    });
    const after = new RecordingPlugin("after");
    const chain = new PluginChain([linkOf(waits), linkOf(after)]);
    const exchange = exchangeOf();
    assert.equal(chain.headerFilter(exchange), settling.promise);
    assert.deepEqual(after.calls, []);
    assert.equal(chain.headerFilter(exchange), undefined);
    assert.deepEqual(after.calls, ["header_filter 0"]);
    const logged = chain.log(exchange, () => assert.fail());
    assert.deepEqual(after.calls, ["header_filter 0", "log 0"]);
    settling.resolve(CONTINUE);
    await logged;
  });

  test("lets a failure through in access and header_filter", () => {
    const fails = new RecordingPlugin("fails", {
      run: () => {
        throw new Error("trap");
      },
    });
    const chain = new PluginChain([linkOf(fails)]);
    assert.throws(() => chain.access(exchangeOf()), /trap/);
    assert.throws(() => chain.headerFilter(exchangeOf()), /trap/);
  });

  test("logs with every plugin, whatever happens to the ones before, and reports failures", () => {
    const fails = new RecordingPlugin("fails", {
      run: () => {
        throw new Error("trap");
      },
    });
    const next = new RecordingPlugin("next");
    const failed: string[] = [];
    void new PluginChain([linkOf(fails), linkOf(next)]).log(exchangeOf(), (plugin, error) =>
      failed.push(`${plugin.name}: ${String(error)}`),
    );
    assert.deepEqual(failed, ["fails: Error: trap"]);
    assert.deepEqual(next.calls, ["log 0"]);
  });

  test("takes a consumer's own entry, else the general one, else none", () => {
    const plugin = new RecordingPlugin("limits", { phases: ["access"] });
    const run = (link: ChainLink, consumer?: typeof CONSUMER): string | undefined => {
      const exchange = exchangeOf();
      exchange.consumer = consumer;
      plugin.calls.length = 0;
      assert.equal(accessOf(new PluginChain([link]), exchange), "continue");
      return plugin.calls[0];
    };
    const byConsumer = new Map([["c1", 2]]);
    assert.equal(run(linkOf(plugin, 1, byConsumer), CONSUMER), "access 2");
    assert.equal(run(linkOf(plugin, 1, byConsumer)), "access 1");
    assert.equal(run(linkOf(plugin, 1, byConsumer), { ...CONSUMER, id: "c2" }), "access 1");
    assert.equal(run(linkOf(plugin, -1, byConsumer)), undefined);
    assert.equal(run(linkOf(plugin, 1), CONSUMER), "access 1");
  });

  test("sees a consumer that an earlier plugin of the chain authenticated", () => {
    const authenticates = new RecordingPlugin("auth", {
      run: (_, exchange) => {
        exchange.consumer = CONSUMER;
        return CONTINUE;
      },
    });
    const limits = new RecordingPlugin("limits", { phases: ["access"] });
    const link = linkOf(limits, 0, new Map([["c1", 5]]));
    accessOf(new PluginChain([linkOf(authenticates), link]), exchangeOf());
    assert.deepEqual(limits.calls, ["access 5"]);
  });
});
