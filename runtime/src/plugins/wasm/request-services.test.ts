import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault } from "@sluice/plugin-sdk/abi";
import { exchangeOf } from "../../exchange.testing.ts";
import { TestGuest } from "./host-functions.testing.ts";
import { secretFunctions, sharedFunctions } from "./request-services.ts";

describe("shared data", () => {
  test("is the request's, for every plugin and phase, and no other request's", () => {
    const [exchange, other] = [exchangeOf(), exchangeOf()];
    const [one, two] = [new TestGuest(), new TestGuest()];
    const first = sharedFunctions(one.options);
    const second = sharedFunctions(two.options);
    const access = one.call.begin("access", 0, exchange, Infinity);
    assert.equal(first.shared_set(0, access, ...one.text("key"), ...one.text('"ü"')), 0);
    const log = two.call.begin("log", 0, exchange, Infinity);
    assert.equal(two.read(second.shared_get(0, log, ...two.text("key"), ...two.result)), '"ü"');
    assert.equal(second.shared_set(0, log, ...two.text("key"), 0, -1), 0);
    assert.equal(first.shared_get(0, access, ...one.text("key"), ...one.result), Fault.absent);
    first.shared_set(0, access, ...one.text("key"), ...one.text("1"));
    const elsewhere = two.call.begin("access", 0, other, Infinity);
    assert.equal(second.shared_get(0, elsewhere, ...two.text("key"), ...two.result), Fault.absent);
  });

  test("has a limit, and needs a request", () => {
    const guest = new TestGuest();
    const functions = sharedFunctions(guest.options);
    const request = guest.call.begin("access", 0, exchangeOf(), Infinity);
    const set = (length: number): number =>
      functions.shared_set(0, request, ...guest.text("key"), 64, length);
    assert.equal(set(65_536), Fault.limit);
    assert.equal(set(60_000), 0);
    guest.call.end();
    assert.equal(set(1), Fault.badHandle);
    assert.equal(functions.shared_get(0, request, 64, 3, ...guest.result), Fault.badHandle);
  });
});

describe("a secret", () => {
  const NAME = "vault://env/jwt-key";
  const parts = { environment: { JWT_KEY: "value", OTHER: "other" }, grants: { secrets: [NAME] } };

  function secretOf(guest: TestGuest, request: number, name: string): string | number {
    const { secret_get: get } = secretFunctions(guest.options);
    return guest.read(get(0, request, ...guest.text(name), ...guest.result));
  }

  test("is given to an entry that it was granted to, in a request and outside of one", () => {
    const guest = new TestGuest(parts);
    const request = guest.call.begin("access", 0, exchangeOf(), Infinity);
    assert.equal(secretOf(guest, request, NAME), "value");
    assert.equal(secretOf(guest, 0, NAME), "value");
  });

  test("is denied when it was not granted, there or not", () => {
    const guest = new TestGuest(parts);
    const request = guest.call.begin("access", 0, exchangeOf(), Infinity);
    for (const name of [
      "vault://env/other",
      "vault://env/none",
      "vault://env/JWT-KEY",
      "",
      `{${NAME}}`,
    ]) {
      assert.equal(secretOf(guest, request, name), Fault.denied);
    }
  });

  test("is absent when it was granted and is not there", () => {
    const guest = new TestGuest({ ...parts, environment: {} });
    const request = guest.call.begin("access", 0, exchangeOf(), Infinity);
    assert.equal(secretOf(guest, request, NAME), Fault.absent);
  });

  test("is not given for a request that has ended", () => {
    const guest = new TestGuest(parts);
    const request = guest.call.begin("access", 0, exchangeOf(), Infinity);
    guest.call.end();
    assert.equal(secretOf(guest, request, NAME), Fault.badHandle);
  });
});
