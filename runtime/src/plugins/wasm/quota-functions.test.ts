// Quotas, and the headers that tell of them.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault, FieldKind } from "@sluice/plugin-sdk/abi";
import { exchangeOf, fieldsOf, linesOf } from "../../exchange.testing.ts";
import type { Exchange } from "../../exchange.ts";
import { Decisions } from "./decisions/decisions.ts";
import type { Recording } from "./decisions/recording.ts";
import { fillFunctions } from "./fill-functions.ts";
import { TestGuest } from "./host-functions.testing.ts";
import { OpenQuotas } from "./open-quotas.ts";
import { quotaFunctions } from "./quota-functions.ts";

const REQUEST = FieldKind.request;
const RESPONSE = FieldKind.response;

function requestOf(): Exchange {
  return exchangeOf({ fields: fieldsOf("Host: a") });
}

/** What the response would get. */
function editsOf({ responseEdits = [] }: Exchange): string[] {
  return responseEdits.map(({ name, value }) => `${name.text}: ${value}`);
}

/** A template's placeholder. */
const mark = (name: string): string => `\u0001${name}\u0001`;

function guestWith(parts: ConstructorParameters<typeof TestGuest>[0] = {}) {
  const guest = new TestGuest(parts);
  const quotas = new OpenQuotas();
  const { quota_open: open, quota_take: take } = quotaFunctions(guest.options, quotas);
  const { fields_fill: fill } = fillFunctions(guest.options, quotas);
  return {
    guest,
    open: (limits: object, name = "", entry = 0): number => {
      guest.call.begin("configure", entry, undefined, Infinity);
      const opened = open(0, ...guest.text(JSON.stringify({ name, limits, sliding: false })));
      guest.call.end();
      return opened;
    },
    begin: (exchange: Exchange, recording?: Recording): number => {
      const handle = guest.call.begin("access", 0, exchange, Infinity);
      guest.call.record(recording);
      return handle;
    },
    take: (request: number, quota: number, client = "alice", cost = 1): number =>
      take(0, request, quota, ...guest.text(client), cost),
    fill: (request: number, kind: number, block: string, count = 1): number =>
      fill(0, request, kind, ...guest.text(block), count),
  };
}

describe("a quota", () => {
  test("is taken from by each client, in all windows or none", () => {
    const { open, begin, take } = guestWith();
    const quota = open({ hour: 3, day: 4 });
    const request = begin(requestOf());
    assert.deepEqual(
      [1, 2, 3, 4].map(() => take(request, quota)),
      [1, 1, 1, 0],
    );
    assert.equal(take(request, quota, "bob", 3), 1);
    assert.equal(take(request, quota, "bob"), 0);
  });

  test("belongs to its entry and to its name; other instances of the entry go on with it", () => {
    const first = guestWith();
    const services = { store: first.guest.options.services.store };
    const second = guestWith({ services });
    const others = guestWith({ services, plugin: "other" });
    const request = first.begin(requestOf());
    assert.equal(first.take(request, first.open({ day: 1 })), Fault.badHandle);
    const again = first.begin(requestOf());
    assert.equal(first.take(again, 1), 1);
    for (const [{ open, begin, take }, name, expected] of [
      [second, "", 0],
      [second, "mine", 1],
      [others, "", 1],
    ] as const) {
      assert.equal(take(begin(requestOf()), open({ day: 1 }, name)), Fault.badHandle);
      assert.equal(take(begin(requestOf()), name === "" ? 1 : 2), expected, name);
    }
  });

  test("refuses what is none", () => {
    const { guest, open, begin, take } = guestWith();
    for (const limits of [{}, { hour: 0 }, { hour: 1.5 }, { week: 1 }, { hour: "1" }]) {
      assert.equal(open(limits), Fault.badValue, JSON.stringify(limits));
    }
    assert.equal(open({ hour: 1 }, "n".repeat(65)), Fault.badValue);
    for (let count = 0; count < 16; count++) assert.equal(open({ hour: 1 }), count + 1);
    assert.equal(open({ hour: 1 }), Fault.limit);
    const { quota_open: openNow } = quotaFunctions(guest.options, new OpenQuotas());
    const request = begin(requestOf());
    assert.equal(openNow(0, ...guest.text("{}")), Fault.wrongPhase);
    for (const [quota, cost, fault] of [
      [17, 1, Fault.badHandle],
      [0, 1, Fault.badHandle],
      [1, 0, Fault.badValue],
      [1, -1, Fault.badValue],
      [1, 0.5, Fault.badValue],
      [1, Number.NaN, Fault.badValue],
      [1, 1e9 + 1, Fault.badValue],
    ] as const) {
      assert.equal(take(request, quota, "alice", cost), fault, `${quota}, ${cost}`);
    }
    assert.equal(take(request + 1, 1), Fault.badHandle);
    assert.equal(take(request, 1), 1);
  });

  test("R5 keeps no long key: what a client sends counts by its digest", () => {
    const { guest, open, begin, take } = guestWith();
    const keys: string[] = [];
    const { store } = guest.options.services;
    const increment = store.increment.bind(store);
    store.increment = (key, delta, ttlMs) => {
      keys.push(key);
      return increment(key, delta, ttlMs);
    };
    const quota = open({ day: 1 });
    const request = begin(requestOf());
    assert.deepEqual(
      ["x".repeat(300), "x".repeat(299) + "y"].map((client) => take(request, quota, client)),
      [1, 1],
    );
    assert.equal(take(request, quota, "x".repeat(300)), 0);
    assert.ok(keys.every((key) => key.length < 200));
  });
});

describe("placeholders", () => {
  test("stand for what is left, the same id in both directions, and a number", () => {
    const { open, begin, take, fill } = guestWith();
    const quota = open({ day: 5 });
    const exchange = requestOf();
    const request = begin(exchange);
    take(request, quota);
    const left = mark(`quota.${quota}.day.remaining`);
    const block = `X-Left\0${left} of ${mark(`quota.${quota}.tightest.limit`)}\0`;
    assert.equal(fill(request, RESPONSE, block), 0);
    const ids = `X-Id\0${mark("uuid")}#${mark("serial")}\0`;
    assert.equal(fill(request, RESPONSE, ids), 0);
    assert.equal(fill(request, REQUEST, ids), 0);
    const [shown, id] = editsOf(exchange);
    assert.equal(shown, "X-Left: 4 of 5");
    assert.match(id ?? "", /^X-Id: [0-9a-f]{8}-[0-9a-f-]{27}#\d+$/);
    assert.deepEqual(linesOf(exchange.requestFields), ["Host: a", id]);
  });

  test("of a quota that this call has not taken from say nothing", () => {
    const { open, begin, take, fill } = guestWith();
    const quota = open({ day: 5 });
    const block = `X-Left\0${mark(`quota.${quota}.day.remaining`)}\0`;
    assert.equal(fill(begin(requestOf()), RESPONSE, block), Fault.absent);
    take(begin(requestOf()), quota);
    assert.equal(fill(begin(requestOf()), RESPONSE, block), Fault.absent);
  });

  test("that are none, and values that are none, set nothing", () => {
    const { open, begin, fill } = guestWith();
    const quota = open({ day: 5 });
    const exchange = requestOf();
    const request = begin(exchange);
    for (const [block, fault] of [
      [`X-A\0${mark("secret")}\0`, Fault.badValue],
      [`X-A\0\u0001uuid\0`, Fault.badValue],
      [`X-A\0${mark(`quota.${quota}.hour.remaining`)}\0`, Fault.badValue],
      [`X-A\0${mark("quota.9.day.remaining")}\0`, Fault.badValue],
      [`X-A\0${mark("uuid")}\r\nX-B: 1\0`, Fault.badValue],
      [`X-Consumer-ID\0${mark("uuid")}\0`, Fault.denied],
      [`Content-Length\0${mark("serial")}\0`, Fault.denied],
      [`X-A\0${mark("uuid")}\0X-B\0`, Fault.badValue],
    ] as const) {
      assert.equal(fill(request, REQUEST, block), fault, JSON.stringify(block));
    }
    assert.equal(fill(request, REQUEST, "X-A\0a\0", 513), Fault.limit);
    assert.deepEqual(linesOf(exchange.requestFields), ["Host: a"]);
  });
});

describe("a remembered decision", () => {
  function remembered(limits: object) {
    const { guest, open, begin, take, fill } = guestWith();
    const quota = open(limits);
    const decisions = new Decisions();
    decisions.want();
    const recording = decisions.record() ?? assert.fail("nothing is recorded");
    const exchange = requestOf();
    const request = begin(exchange, recording);
    return { guest, quota, take, fill, decisions, recording, exchange, request };
  }

  test("takes for each request, and is none when there is nothing left", () => {
    const { quota, take, fill, decisions, recording, exchange, request } = remembered({ day: 3 });
    take(request, quota);
    fill(request, RESPONSE, `X-Left\0${mark(`quota.${quota}.day.remaining`)}\0`);
    fill(request, REQUEST, `X-Id\0${mark("serial")}\0`);
    recording.untilMs = Infinity;
    decisions.keep(exchange.snapshot, recording);
    const next = [requestOf(), requestOf(), requestOf()];
    assert.deepEqual(
      next.map((each) => decisions.repeat(each)),
      [true, true, false],
    );
    assert.deepEqual([exchange, ...next].map(editsOf), [
      ["X-Left: 2"],
      ["X-Left: 1"],
      ["X-Left: 0"],
      [],
    ]);
    const ids = next.slice(0, 2).map(({ requestFields }) => requestFields.get("x-id"));
    assert.equal(new Set(ids).size, 2);
    assert.deepEqual(linesOf(next[2]!.requestFields), ["Host: a"]);
  });

  test("leaves no number of its own to a request that waits", () => {
    const { quota, take, fill, decisions, recording, exchange, request } = remembered({ day: 9 });
    take(request, quota);
    recording.untilMs = Infinity;
    decisions.keep(exchange.snapshot, recording);
    const block = `X-Left\0${mark(`quota.${quota}.day.remaining`)}\0`;
    assert.equal(fill(request, RESPONSE, block), 0);
    assert.equal(decisions.repeat(requestOf()), true);
    assert.equal(fill(request, RESPONSE, block), Fault.absent);
  });

  test("has one quota, and looks at nothing once it has taken", () => {
    const twice = remembered({ day: 3 });
    twice.take(twice.request, twice.quota);
    twice.take(twice.request, twice.quota, "bob");
    const looking = remembered({ day: 3 });
    looking.take(looking.request, looking.quota);
    looking.recording.saw({ name: "method", of: "method", read: () => "GET" }, "GET");
    const refused = remembered({ day: 1 });
    refused.take(refused.request, refused.quota, "alice", 2);
    for (const { recording } of [twice, looking, refused]) {
      recording.untilMs = Infinity;
      assert.equal(recording.isRepeatable, false);
    }
  });
});
