import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TargetConfig } from "../config/upstream-model.ts";
import { expand } from "./expand.ts";

const target = (host: string, weight = 100): TargetConfig => ({ id: host, host, port: 80, weight });
const address = (host: string, port?: number, weight?: number) => ({ host, port, weight });
const idOf = (host: string, port: number): string => `${host}:${port}`;

describe("a target with a name", () => {
  test("becomes its addresses, each with its id, and the name as Host", () => {
    const addresses = () => [address("10.0.0.1"), address("::1")];
    assert.deepEqual(expand([target("api.test", 7)], addresses, idOf), [
      { id: "10.0.0.1:80", host: "10.0.0.1", port: 80, weight: 7, authority: "api.test:80" },
      { id: "::1:80", host: "::1", port: 80, weight: 7, authority: "api.test:80" },
    ]);
  });

  test("takes port and weight of SRV, but stays drained", () => {
    const addresses = () => [address("10.0.0.1", 8001, 30)];
    const [found] = expand([target("api.test")], addresses, idOf);
    assert.deepEqual([found?.port, found?.weight, found?.authority], [8001, 30, "api.test:8001"]);
    assert.equal(expand([target("api.test", 0)], addresses, idOf)[0]?.weight, 0);
  });

  test("is nothing while it has no address", () => {
    assert.deepEqual(
      expand([target("api.test")], () => [], idOf),
      [],
    );
  });

  test("adds no place twice", () => {
    const both = [target("10.0.0.1"), target("api.test")];
    const addresses = () => [address("10.0.0.1"), address("10.0.0.2")];
    const found = expand(both, addresses, idOf);
    assert.deepEqual(
      found.map(({ id }) => id),
      ["10.0.0.1", "10.0.0.2:80"],
    );
  });
});

test("a target with an address is as it was", () => {
  const given = [target("10.0.0.1"), target("[::1]"), target("::1")];
  const found = expand(given, () => [], idOf);
  assert.deepEqual(found, given);
});
