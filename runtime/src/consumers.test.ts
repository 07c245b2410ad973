import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { ConsumerConfig, CredentialConfig } from "./config/model.ts";
import {
  Consumers,
  authenticate,
  authenticateBy,
  consumerText,
  credentialText,
} from "./consumers.ts";
import type { Exchange } from "./exchange.ts";
import { exchangeOf, fieldsOf, linesOf } from "./exchange.testing.ts";
import { Snapshot } from "./snapshot.ts";
import { RouteStats } from "./status/route-stats.ts";
import { testUpstreams } from "./upstream/upstreams.testing.ts";

const KEYS = "keyauth_credentials";

function keyOf(id: string, key: string): CredentialConfig {
  return { id, collection: KEYS, key, identifier: id, fields: {} };
}

function consumerOf(id: string, parts: Partial<ConsumerConfig> = {}): ConsumerConfig {
  return {
    id,
    username: undefined,
    customId: undefined,
    credentials: [],
    groups: [],
    tags: [],
    source: { path: "consumers[0]", line: 1, column: 1 },
    ...parts,
  };
}

const ALICE = consumerOf("id-alice", {
  username: "alice",
  customId: "a-1",
  credentials: [keyOf("cred-1", "key-one"), keyOf("cred-2", "key-two")],
});
const NOBODY = consumerOf("id-nobody");
const BOB = consumerOf("id-bob", { username: "bob", credentials: [keyOf("cred-3", "key-bob")] });
const ALL: readonly ConsumerConfig[] = [ALICE, NOBODY, BOB];

describe("Consumers", () => {
  const consumers = new Consumers(ALL);

  test("finds the credential of a key, and whose it is", () => {
    for (const [key, id, consumer] of [
      ["key-one", "cred-1", ALICE],
      ["key-two", "cred-2", ALICE],
      ["key-bob", "cred-3", BOB],
    ] as const) {
      const holder = consumers.identity(-1, consumers.findCredential(KEYS, key) ?? 99);
      assert.deepEqual([holder?.credential?.id, holder?.consumer], [id, consumer]);
    }
  });

  test("finds nothing for a key that is nobody's", () => {
    for (const key of ["", "key", "key-one ", "KEY-ONE", "__proto__"]) {
      assert.equal(consumers.findCredential(KEYS, key), undefined, key);
    }
  });

  test("finds a key in its own collection only", () => {
    assert.equal(consumers.findCredential("basicauth_credentials", "key-one"), undefined);
    assert.equal(consumers.findCredential(`${KEYS}\0key-one`, ""), undefined);
  });

  test("finds a consumer by id or username", () => {
    for (const name of ["id-alice", "alice"]) {
      assert.equal(consumers.identity(consumers.find(name) ?? 99, -1)?.consumer, ALICE);
    }
    assert.equal(consumers.find("a-1"), undefined);
    assert.equal(consumers.find("constructor"), undefined);
    assert.equal(consumers.identity(-1, -1), undefined);
    assert.equal(consumers.identity(-1, 99), undefined);
  });

  test("finds a consumer by one field alone", () => {
    assert.equal(consumers.findBy("custom_id", "a-1"), consumers.find("alice"));
    assert.equal(consumers.findBy("username", "alice"), consumers.find("alice"));
    assert.equal(consumers.findBy("id", "id-bob"), consumers.find("bob"));
    assert.equal(consumers.findBy("username", "id-bob"), undefined);
    assert.equal(consumers.findBy("custom_id", "alice"), undefined);
  });

  test("gives credentials handles that no later config takes for its own", () => {
    const old = consumers.findCredential(KEYS, "key-bob") ?? -1;
    const later = new Consumers(ALL);
    assert.equal(later.identity(-1, old), undefined);
    assert.equal(later.identity(-1, later.findCredential(KEYS, "key-bob") ?? -1)?.consumer, BOB);
    assert.equal(consumers.identity(-1, old)?.consumer, BOB);
  });

  test("tells plugins what the config says, by Kong's names", () => {
    const credential = { ...keyOf("c", "k"), fields: { username: "u", secret: "s" } };
    const carol = consumerOf("id-carol", { credentials: [credential], groups: ["g"], tags: ["t"] });
    const all = new Consumers([carol]);
    const identity = all.identity(-1, all.findCredential(KEYS, "k") ?? -1);
    assert.ok(identity !== undefined);
    assert.deepEqual(JSON.parse(credentialText(identity)), {
      id: "c",
      consumer_id: "id-carol",
      username: "u",
      secret: "s",
    });
    assert.deepEqual(JSON.parse(consumerText(carol)), {
      id: "id-carol",
      tags: ["t"],
      groups: ["g"],
    });
  });

  test("takes an id for an id, even if somebody's username is the same", () => {
    const thief = consumerOf("id-thief", { username: "id-alice" });
    const both = new Consumers([ALICE, thief]);
    assert.equal(both.identity(both.find("id-alice") ?? 99, -1)?.consumer, ALICE);
  });
});

describe("authenticate", () => {
  /** An exchange pinned to a config with these consumers. */
  function exchangeWith(...fields: readonly string[]): Exchange {
    const exchange = exchangeOf({ fields: fieldsOf(...fields) });
    exchange.snapshot = new Snapshot({
      config: { services: [], routes: [], upstreams: [], consumers: ALL, plugins: [] },
      plugins: new Map(),
      upstreams: testUpstreams(),
      transport: () => assert.fail("no service has one"),
      routeStats: (service, route) => new RouteStats(service, route),
    });
    return exchange;
  }

  function handleOf(exchange: Exchange, key: string): number {
    return exchange.snapshot?.consumers.findCredential(KEYS, key) ?? -1;
  }

  test("makes the request the consumer's and says so upstream", () => {
    const exchange = exchangeWith("Accept: a");
    assert.equal(authenticate(exchange, -1, handleOf(exchange, "key-two")), true);
    assert.deepEqual([exchange.consumer, exchange.credential?.id], [ALICE, "cred-2"]);
    assert.deepEqual(linesOf(exchange.requestFields), [
      "Accept: a",
      "X-Consumer-ID: id-alice",
      "X-Consumer-Custom-ID: a-1",
      "X-Consumer-Username: alice",
      "X-Credential-Identifier: cred-2",
    ]);
  });

  test("leaves out what the consumer does not have", () => {
    const exchange = exchangeWith();
    authenticate(exchange, -1, handleOf(exchange, "key-bob"));
    const names = exchange.requestFields.names.map((name) => name.text);
    assert.ok(!names.includes("X-Consumer-Custom-ID"));
  });

  test("marks a consumer without a credential as anonymous", () => {
    const exchange = exchangeWith();
    const handle = exchange.snapshot?.consumers.find("id-nobody") ?? -1;
    assert.equal(authenticate(exchange, handle, -1), true);
    assert.deepEqual([exchange.consumer, exchange.credential], [NOBODY, undefined]);
    assert.deepEqual(linesOf(exchange.requestFields), [
      "X-Consumer-ID: id-nobody",
      "X-Anonymous-Consumer: true",
    ]);
  });

  test("leaves no trace of the identity before", () => {
    const exchange = exchangeWith();
    authenticate(exchange, exchange.snapshot?.consumers.find("alice") ?? -1, -1);
    authenticate(exchange, -1, handleOf(exchange, "key-bob"));
    assert.deepEqual(linesOf(exchange.requestFields), [
      "X-Consumer-ID: id-bob",
      "X-Consumer-Username: bob",
      "X-Credential-Identifier: cred-3",
    ]);
    assert.equal(exchange.consumer, BOB);
  });

  test("makes the request one of a credential that the config does not have", () => {
    const exchange = exchangeWith("Accept: a");
    const handle = exchange.snapshot?.consumers.find("id-bob");
    assert.equal(authenticateBy(exchange, handle, "token-1"), true);
    assert.deepEqual([exchange.consumer, exchange.credential?.id], [BOB, "token-1"]);
    exchange.requestFields.add("X-Authenticated-Groups", "g");
    exchange.requestFields.add("X-Credential-Scope", "s");
    assert.equal(authenticateBy(exchange, undefined, "token-2"), true);
    assert.deepEqual([exchange.consumer, exchange.credential?.id], [undefined, "token-2"]);
    assert.deepEqual(linesOf(exchange.requestFields), [
      "Accept: a",
      "X-Credential-Identifier: token-2",
    ]);
    assert.equal(authenticateBy(exchange, 99, "token-3"), false);
    assert.equal(exchange.credential?.id, "token-2");
  });

  test("refuses handles that are none, and changes nothing", () => {
    const exchange = exchangeWith();
    for (const [consumer, credential] of [
      [-1, -1],
      [99, -1],
      [-1, 99],
    ] as const) {
      assert.equal(authenticate(exchange, consumer, credential), false);
    }
    assert.equal(exchange.consumer, undefined);
    assert.equal(exchange.requestFields.length, 0);
  });

  test("writes names as UTF-8, and escapes those that could end a line (W5)", () => {
    const exchange = exchangeOf();
    const names = {
      Zoë: "Zo\xc3\xab",
      "a\r\nX: y": "a%0D%0AX%3A%20y",
      "\u010d\u010a": "\xc4\x8d\xc4\x8a",
    };
    for (const [username, text] of Object.entries(names)) {
      exchange.snapshot = new Snapshot({
        config: {
          services: [],
          routes: [],
          upstreams: [],
          consumers: [consumerOf("c", { username })],
          plugins: [],
        },
        plugins: new Map(),
        upstreams: testUpstreams(),
        transport: () => assert.fail("no service has one"),
        routeStats: (service, route) => new RouteStats(service, route),
      });
      authenticate(exchange, exchange.snapshot.consumers.find("c") ?? -1, -1);
      assert.equal(exchange.requestFields.get("x-consumer-username"), text);
    }
  });
});
