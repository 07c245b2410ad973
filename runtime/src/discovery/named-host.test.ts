import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { GatewayError } from "../errors.ts";
import { exchangeOf } from "../exchange.testing.ts";
import type { ResolvedAddress } from "./dns/name-lookup.ts";
import { NamedHost } from "./named-host.ts";

const address = (host: string, port?: number): ResolvedAddress => ({
  host,
  port,
  weight: undefined,
});
const exchange = exchangeOf({});

function hostOf(...addresses: readonly ResolvedAddress[]): {
  readonly pool: NamedHost;
  readonly name: { addresses: readonly ResolvedAddress[]; name: string; error: string | undefined };
} {
  const name = { name: "api.test", addresses, error: undefined };
  return { pool: new NamedHost({ id: "s", port: 80, name }), name };
}

describe("a service whose host is a name", () => {
  test("uses its addresses in turn, under the name", () => {
    const { pool } = hostOf(address("10.0.0.1"), address("10.0.0.2", 8080));
    const picked = [0, 1, 2].map(() => pool.pick(exchange, []));
    assert.deepEqual(
      picked.map(({ address: at, authority }) => `${at} ${authority}`),
      ["10.0.0.1:80 api.test:80", "10.0.0.2:8080 api.test:8080", "10.0.0.1:80 api.test:80"],
    );
  });

  test("avoids what was tried, while there is another", () => {
    const { pool } = hostOf(address("10.0.0.1"), address("10.0.0.2"));
    const first = pool.pick(exchange, []);
    const second = pool.pick(exchange, [first]);
    assert.notEqual(second, first);
    assert.ok(pool.pick(exchange, [first, second]));
  });

  test("uses other addresses as soon as there are some, and the same objects until then", () => {
    const { pool, name } = hostOf(address("10.0.0.1"));
    assert.equal(pool.pick(exchange, []), pool.pick(exchange, []));
    name.addresses = [address("10.0.0.2")];
    assert.equal(pool.pick(exchange, []).host, "10.0.0.2");
  });

  test("answers 503 without an address", () => {
    const { pool } = hostOf();
    assert.throws(
      () => pool.pick(exchange, []),
      (error: GatewayError) => error.code === "name_resolution_failed" && error.status === 503,
    );
  });
});
