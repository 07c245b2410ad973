import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { HashInput } from "../../config/upstream-model.ts";
import { exchangeOf, fieldsOf } from "../../exchange.testing.ts";
import type { ExchangeParts } from "../../exchange.testing.ts";
import type { Exchange } from "../../exchange.ts";
import { compileRouter } from "../../routing/router.ts";
import { routeOf } from "../../routing/routing.testing.ts";
import type { Target } from "../target.ts";
import { targetsOf, use } from "../upstreams.testing.ts";
import { balancerCases, picked } from "./balancer.testing.ts";
import { hashKey } from "./hash-key.ts";
import { PriorityLevels } from "./priority-levels.ts";
import { RoundRobin } from "./round-robin.ts";
import { StickySessions } from "./sticky-sessions.ts";

const NONE: HashInput = { kind: "none" };

function keyBy(
  hashOn: HashInput,
  hashFallback: HashInput = NONE,
): (e: Exchange) => number | undefined {
  let made = 0;
  return hashKey({ hashOn, hashFallback, hashOnCookiePath: "/app" }, () => `made${++made}`);
}

function header(...lines: string[]): Exchange {
  return exchangeOf({ fields: fieldsOf(...lines) });
}

function setCookies({ responseEdits = [] }: Exchange): string[] {
  return responseEdits.map(({ kind, name, value }) => `${kind} ${name.text}: ${value}`);
}

describe("the key of consistent hashing", () => {
  test("is the same for the same value and another for another one", () => {
    const cases: readonly [HashInput, (value: string) => ExchangeParts][] = [
      [{ kind: "ip" }, (value) => ({ connection: { peerAddress: value } })],
      [{ kind: "path" }, (value) => ({ path: `/${value}` })],
      [{ kind: "header", name: "x-key" }, (value) => ({ fields: fieldsOf(`X-Key: ${value}`) })],
      [{ kind: "query_arg", name: "k" }, (value) => ({ query: `a=b&k=${value}` })],
      [{ kind: "cookie", name: "k" }, (value) => ({ fields: fieldsOf(`Cookie: a=b; k=${value}`) })],
    ];
    for (const [input, parts] of cases) {
      const key = keyBy(input);
      const one = key(exchangeOf(parts("one")));
      assert.equal(typeof one, "number", input.kind);
      assert.equal(key(exchangeOf(parts("one"))), one, input.kind);
      assert.notEqual(key(exchangeOf(parts("two"))), one, input.kind);
    }
  });

  test("goes by the consumer whom a plugin has found", () => {
    const key = keyBy({ kind: "consumer" }, { kind: "ip" });
    const of = (id: string): number | undefined => {
      const exchange = exchangeOf();
      const none = { username: id, customId: undefined, credentials: [], groups: [], tags: [] };
      exchange.consumer = { id, ...none, source: { path: "", line: 1, column: 1 } };
      return key(exchange);
    };
    assert.equal(of("a"), of("a"));
    assert.notEqual(of("a"), of("b"));
    assert.notEqual(of("a"), key(exchangeOf()));
  });

  test("goes by what a regular expression of the route captured", () => {
    const key = keyBy({ kind: "uri_capture", name: "user" });
    const router = compileRouter([routeOf("r", { paths: ["~/u/(?<user>[^/]+)/.*", "/plain"] })]);
    const of = (path: string): number | undefined => {
      const exchange = exchangeOf({ path });
      exchange.match = router.match(exchange);
      return key(exchange);
    };
    assert.equal(of("/u/ann/x"), of("/u/ann/y"));
    assert.notEqual(of("/u/ann/x"), of("/u/bob/x"));
    assert.equal(of("/plain/x"), undefined);
  });

  test("takes all values of a header or argument, in whatever order", () => {
    const byHeader = keyBy({ kind: "header", name: "x" });
    assert.equal(byHeader(header("X: 1", "X: 2")), byHeader(header("X: 2", "x: 1")));
    assert.notEqual(byHeader(header("X: 1", "X: 2")), byHeader(header("X: 1")));
  });

  test("is that of the fallback when there is nothing of the first, and none without both", () => {
    const key = keyBy({ kind: "header", name: "a" }, { kind: "header", name: "b" });
    assert.equal(key(header("B: x")), key(header("B: x")));
    assert.equal(key(header("A: y", "B: x")), key(header("A: y", "B: z")));
    assert.equal(key(header("C: x")), undefined);
  });

  test("sets a cookie for a client that has none, and the same one at a second try", () => {
    const key = keyBy({ kind: "cookie", name: "k" });
    const exchange = header("Cookie: kk=1; other=k=2; k=");
    const first = key(exchange);
    assert.equal(key(exchange), first);
    assert.deepEqual(setCookies(exchange), ["add Set-Cookie: k=made1; Path=/app; HttpOnly"]);
    assert.equal(key(header("Cookie: x=y", "Cookie: k=made1")), first);
  });
});

describe("sticky-sessions", () => {
  const cookie = { name: "s", path: "/" };
  const sticky = (targets: readonly Target[]): StickySessions => {
    const make = (those: readonly Target[]): RoundRobin => new RoundRobin(those);
    const levels = new PriorityLevels(targets, { make, random: Math.random });
    return new StickySessions(cookie, targets, levels);
  };
  balancerCases("sticky-sessions", sticky);

  test("tells the client its target, and finds it again", () => {
    const targets = targetsOf({ a: 1, b: 1, c: 1 });
    const balancer = sticky(targets);
    use(balancer, targets);
    const first = exchangeOf();
    const target = picked(balancer, first);
    assert.deepEqual(setCookies(first), [`add Set-Cookie: s=${target.id}; Path=/; HttpOnly`]);
    for (let n = 0; n < 10; n++) {
      const next = header(`Cookie: s=${target.id}`);
      assert.equal(picked(balancer, next), target);
      assert.deepEqual(setCookies(next), []);
    }
  });

  test("tells a new client of the last target that was tried for it alone", () => {
    const targets = targetsOf({ a: 1, b: 1 });
    const balancer = sticky(targets);
    use(balancer, targets);
    const exchange = exchangeOf();
    const first = picked(balancer, exchange);
    const second = picked(balancer, exchange, [first]);
    assert.notEqual(second, first);
    assert.deepEqual(setCookies(exchange), [`add Set-Cookie: s=${second.id}; Path=/; HttpOnly`]);
  });

  test("gives a client another target, and says so once, when its own is out or has failed", () => {
    const targets = targetsOf({ a: 1, b: 1 });
    const [a, b] = targets;
    const balancer = sticky(targets);
    use(balancer, targets);
    const retried = header(`Cookie: s=${a?.id}`);
    assert.equal(picked(balancer, retried), a);
    assert.equal(picked(balancer, retried, targets.slice(0, 1)), b);
    assert.deepEqual(setCookies(retried), ["add Set-Cookie: s=b; Path=/; HttpOnly"]);
    use(balancer, targets, targets.slice(1));
    assert.equal(picked(balancer, header(`Cookie: s=${a?.id}`)), b);
    assert.equal(picked(balancer, header("Cookie: s=nobody")), b);
  });
});
