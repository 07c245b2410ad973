// Host functions on consumers: what they give, to whom, and when.
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Fault, FieldKind, Property } from "@sluice/plugin-sdk/abi";
import type { ConsumerConfig } from "../../config/model.ts";
import { exchangeOf } from "../../exchange.testing.ts";
import type { Exchange } from "../../exchange.ts";
import { Snapshot } from "../../snapshot.ts";
import { RouteStats } from "../../status/route-stats.ts";
import { testUpstreams } from "../../upstream/upstreams.testing.ts";
import { fieldFunctions } from "./field-functions.ts";
import { consumerFunctions } from "./gateway-functions.ts";
import type { CallPhase } from "./guest-call.ts";
import { TestGuest } from "./host-functions.testing.ts";

const ALICE: ConsumerConfig = {
  id: "id-alice",
  username: "alice",
  customId: "a-1",
  credentials: [
    {
      id: "cred-1",
      collection: "hmacauth_credentials",
      key: "alice-key",
      identifier: "alice-key",
      fields: { username: "alice-key", secret: "s3cret" },
    },
  ],
  groups: ["staff"],
  tags: [],
  source: { path: "", line: 1, column: 1 },
};

let exchange: Exchange;
beforeEach(() => {
  exchange = exchangeOf();
  exchange.snapshot = new Snapshot({
    config: { services: [], routes: [], upstreams: [], consumers: [ALICE], plugins: [] },
    plugins: new Map(),
    upstreams: testUpstreams(),
    transport: () => assert.fail("no service has one"),
    routeStats: (service, route) => new RouteStats(service, route),
  });
});

function guestOf(isGranted: boolean, phase: CallPhase = "access") {
  const guest = new TestGuest({ grants: { consumers: isGranted } });
  const request = guest.call.begin(phase, 0, exchange, Infinity);
  const { memory, call, entries } = guest.options;
  const functions = {
    ...consumerFunctions(guest.options),
    ...fieldFunctions(memory, call, entries),
  };
  return { guest, request, functions };
}

test("gives a credential's fields, and those of consumers, as JSON", () => {
  const { guest, request, functions } = guestOf(true);
  const text = (value: string): [number, number] => guest.text(value);
  const found = functions.credential_find(
    0,
    request,
    ...text("hmacauth_credentials"),
    ...text("alice-key"),
  );
  const length = functions.credential_get(0, request, found, ...guest.result);
  assert.deepEqual(JSON.parse(String(guest.read(length))), {
    id: "cred-1",
    consumer_id: "id-alice",
    username: "alice-key",
    secret: "s3cret",
  });
  const alice = functions.consumer_find_by(0, request, Property.consumerCustomId, ...text("a-1"));
  const size = functions.consumer_get(0, request, alice, ...guest.result);
  assert.deepEqual(JSON.parse(String(guest.read(size))), {
    id: "id-alice",
    username: "alice",
    custom_id: "a-1",
    tags: [],
    groups: ["staff"],
  });
  assert.equal(functions.credential_get(0, request, -1, ...guest.result), Fault.badHandle);
  assert.equal(functions.consumer_get(0, request, 7, ...guest.result), Fault.badHandle);
  const method = functions.consumer_find_by(0, request, Property.method, ...text("a-1"));
  assert.equal(method, Fault.badValue);
});

test("tells whose request it is without a grant, and nothing else", () => {
  const { guest, request, functions } = guestOf(false);
  assert.equal(functions.consumer_get(0, request, -1, ...guest.result), Fault.absent);
  exchange.consumer = ALICE;
  const length = functions.consumer_get(0, request, -1, ...guest.result);
  assert.deepEqual(JSON.parse(String(guest.read(length))).groups, ["staff"]);
  assert.equal(functions.consumer_get(0, request, 0, ...guest.result), Fault.denied);
  assert.equal(functions.credential_get(0, request, 0, ...guest.result), Fault.denied);
  const id = guest.text("token");
  assert.equal(functions.authenticate_by(0, request, -1, ...id), Fault.denied);
  const byName = functions.consumer_find_by(0, request, Property.consumerUsername, ...id);
  assert.equal(byName, Fault.denied);
});

test("authenticates by a credential that the config does not have, in access alone", () => {
  const { guest, request, functions } = guestOf(true);
  assert.equal(functions.authenticate_by(0, request, 0, ...guest.text("token-1")), 0);
  assert.deepEqual([exchange.consumer, exchange.credential?.id], [ALICE, "token-1"]);
  assert.equal(functions.authenticate_by(0, request, 9, ...guest.text("t")), Fault.badHandle);
  assert.equal(functions.authenticate_by(0, request, -1, ...guest.text("")), Fault.badValue);
  const long = guest.text("x".repeat(257));
  assert.equal(functions.authenticate_by(0, request, -1, ...long), Fault.limit);
  const late = guestOf(true, "log");
  const result = late.functions.authenticate_by(0, late.request, -1, ...late.guest.text("t"));
  assert.equal(result, Fault.wrongPhase);
});

test("lets who may name consumers say more of the client, and nobody else (T3)", () => {
  for (const [name, isAllowed] of [
    ["X-Consumer-Groups", true],
    ["X-Authenticated-Groups", true],
    ["X-Credential-Scope", true],
    ["X-Credential-Identifier", false],
    ["X-Consumer-Username", false],
    ["X_Consumer_Groups", false],
    ["Host", false],
  ] as const) {
    for (const isGranted of [true, false]) {
      const { guest, request, functions } = guestOf(isGranted);
      const field = [...guest.text(name), ...guest.text("v")];
      const result = functions.field_set(0, request, FieldKind.request, ...field, 0);
      assert.equal(result, isGranted && isAllowed ? 0 : Fault.denied, name);
      const onResponse = functions.field_set(0, request, FieldKind.response, ...field, 0);
      assert.equal(onResponse, Fault.denied, name);
      const pair = guest.text(`${name}\0v\0`);
      const many = functions.fields_set(0, request, FieldKind.request, ...pair, 1);
      assert.equal(many, result, name);
    }
  }
});
