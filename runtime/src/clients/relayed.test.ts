import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { exchangeOf, fieldsOf } from "../exchange.testing.ts";
import { ClientRules, DEFAULT_CLIENT_SETTINGS } from "./client-rules.ts";
import type { ClientSettings } from "./client-rules.ts";
import { connectionForwarding, forwardingFields } from "./forwarding-fields.ts";
import { readRelayed } from "./relayed.ts";
import type { Relayed } from "./relayed.ts";

const PEER = { address: "10.0.0.1", port: 50_000 };

function relayed(settings: Partial<ClientSettings>, ...lines: string[]): Relayed {
  const rules = new ClientRules({
    ...DEFAULT_CLIENT_SETTINGS,
    trustedIps: ["10.0.0.0/8"],
    ...settings,
  });
  return readRelayed(fieldsOf(...lines), PEER, rules);
}

const RECURSIVE = { realIpHeader: "X-Forwarded-For", realIpRecursive: true };
const FORWARDED = { realIpHeader: "Forwarded", realIpRecursive: true };

type Case = readonly [settings: Partial<ClientSettings>, lines: readonly string[], client: string];

const CLIENTS: Readonly<Record<string, Case>> = {
  "is the one in X-Real-IP by default": [{}, ["X-Real-IP: 192.0.2.1"], "192.0.2.1 0"],
  "is the peer without the header": [{}, ["X-Forwarded-For: 192.0.2.1"], "10.0.0.1 50000"],
  "is the peer when the header is no address": [{}, ["X-Real-IP: unknown"], "10.0.0.1 50000"],
  "comes from a header of another name": [
    { realIpHeader: "CF-Connecting-IP" },
    ["cf-connecting-ip: 2001:DB8::1"],
    "2001:db8::1 0",
  ],
  "is the last of X-Forwarded-For": [
    { realIpHeader: "x-forwarded-for" },
    ["X-Forwarded-For: 6.6.6.6, 192.0.2.1, 10.0.0.2"],
    "10.0.0.2 0",
  ],
  "is the rightmost untrusted one, recursively (T1)": [
    RECURSIVE,
    ["X-Forwarded-For: 6.6.6.6, 192.0.2.1, 10.0.0.3, 10.0.0.2"],
    "192.0.2.1 0",
  ],
  "is found over several lines, which are one list (R3)": [
    RECURSIVE,
    ["X-Forwarded-For: 6.6.6.6, 192.0.2.1", "x-forwarded-for: 10.0.0.3,, 10.0.0.2 ,"],
    "192.0.2.1 0",
  ],
  "is the leftmost one when all are trusted": [
    RECURSIVE,
    ["X-Forwarded-For: 10.0.0.3, 10.0.0.2"],
    "10.0.0.3 0",
  ],
  "may have a port": [RECURSIVE, ["X-Forwarded-For: 192.0.2.1:4711"], "192.0.2.1 4711"],
  "may be IPv6 in brackets": [RECURSIVE, ["X-Forwarded-For: [2001:db8::1]:8"], "2001:db8::1 8"],
  "may be IPv4-mapped": [RECURSIVE, ["X-Forwarded-For: 6.6.6.6, ::ffff:10.0.0.2"], "6.6.6.6 0"],
  "is nobody behind an unknown node (R3)": [
    RECURSIVE,
    ["X-Forwarded-For: 6.6.6.6, unknown, 10.0.0.2"],
    "10.0.0.1 50000",
  ],
  "does not mind what stands left of it": [
    RECURSIVE,
    [`X-Forwarded-For: ${'"<\u00e9 '.repeat(500)}, 192.0.2.1`],
    "192.0.2.1 0",
  ],
  "is nobody behind white space that HTTP does not know": [
    RECURSIVE,
    ["X-Forwarded-For: 6.6.6.6,\u00a0192.0.2.1"],
    "10.0.0.1 50000",
  ],
  "is looked for among so many nodes only": [
    RECURSIVE,
    [`X-Forwarded-For: 6.6.6.6${", 10.0.0.2".repeat(500)}`],
    "10.0.0.2 0",
  ],
  "comes from Forwarded": [
    FORWARDED,
    ['Forwarded: for=6.6.6.6, for="[2001:db8::7]:80";proto=https, for=10.0.0.2'],
    "2001:db8::7 80",
  ],
  "is nobody behind an element without for": [
    FORWARDED,
    ["Forwarded: for=6.6.6.6, proto=http"],
    "10.0.0.1 50000",
  ],
  "is nobody in a malformed Forwarded": [
    FORWARDED,
    ['Forwarded: for=", for=192.0.2.1'],
    "10.0.0.1 50000",
  ],
  "does not mind a malformed line before a good one": [
    FORWARDED,
    ['Forwarded: for="', "Forwarded: for=192.0.2.1"],
    "192.0.2.1 0",
  ],
};

describe("the client behind a trusted peer", () => {
  for (const [what, [settings, lines, client]] of Object.entries(CLIENTS)) {
    test(what, () => {
      const { address, port } = relayed(settings, ...lines).client;
      assert.equal(`${address} ${port}`, client);
    });
  }
});

describe("X-Forwarded-For", () => {
  const list = (...lines: string[]): string => relayed({}, ...lines).forwardedFor;

  test("gets the peer at its end, several lines in one", () => {
    assert.equal(list("X-Forwarded-For: a, b", "X-Forwarded-For:c"), "a, b, c, 10.0.0.1");
  });

  test("is the client where the peer sends none", () => {
    assert.equal(list("X-Real-IP: 192.0.2.1"), "192.0.2.1");
    assert.equal(list(), "10.0.0.1");
  });

  test("loses what is no node, and all that stands left of it", () => {
    assert.equal(list('X-Forwarded-For: 1.1.1.1, "x", 192.0.2.1'), "192.0.2.1, 10.0.0.1");
    assert.equal(list("X-Forwarded-For: <script>"), "10.0.0.1");
  });

  test("loses its far end when it is too long", () => {
    const value = list(`X-Forwarded-For: 6.6.6.6, ${"2001:db8::1, ".repeat(1000)}192.0.2.1`);
    assert.ok(value.length <= 4200, String(value.length));
    assert.match(value, /^2001:db8::1, .*, 192\.0\.2\.1, 10\.0\.0\.1$/);
  });
});

describe("the other X-Forwarded-*", () => {
  test("are kept when they are valid", () => {
    const kept = relayed(
      {},
      "X-Forwarded-Proto: HTTPS",
      "X-Forwarded-Host: Shop.example:8443",
      "X-Forwarded-Port: 8443",
      "X-Forwarded-Path: /a%20b/",
      "X-Forwarded-Prefix: /shop",
    );
    const { proto, host, port, path, prefix } = kept;
    assert.deepEqual(
      [proto, host, port, path, prefix],
      ["https", "Shop.example:8443", "8443", "/a%20b/", "/shop"],
    );
  });

  const WRONG = [
    "Proto: gopher",
    "Proto: https, http",
    "Proto: ",
    "Host: a,b",
    "Host: a@b",
    `Host: ${"a".repeat(256)}`,
    "Host: a\u00e9",
    "Port: 0",
    "Port: 65536",
    "Port: +80",
    "Path: a",
    "Path: /a\\b",
    "Path: /a?b",
    "Path: /a\u00e9",
    "Path: /..;/a",
    "Prefix: ",
  ];
  for (const line of WRONG) {
    test(`are not taken when they are wrong, such as ${line.slice(0, 20)}`, () => {
      const { proto, host, port, path, prefix } = relayed({}, `X-Forwarded-${line}`);
      assert.deepEqual(
        [proto, host, port, path, prefix],
        [undefined, undefined, undefined, undefined, undefined],
      );
    });
  }

  test("are not taken when they came twice", () => {
    assert.equal(
      relayed({}, "X-Forwarded-Proto: https", "x-forwarded-proto: http").proto,
      undefined,
    );
  });

  test("with an underscore are not taken (T2)", () => {
    assert.equal(relayed({}, "X_Forwarded_Proto: https").proto, undefined);
  });
});

describe("forwarding fields", () => {
  const fields = (
    sendsForwarded: boolean,
    from: Relayed | undefined,
    prefixLength = 0,
  ): string[] => {
    const info = { peerAddress: PEER.address, serverPort: 8000, scheme: "http" as const };
    const exchange = exchangeOf({
      path: "/api/x",
      authority: "shop.example:8000",
      host: "shop.example",
      connection: { ...info, ...connectionForwarding(info, sendsForwarded) },
    });
    exchange.relayed = from;
    exchange.prefixLength = prefixLength;
    return forwardingFields(exchange).split("\r\n");
  };

  test("of an untrusted peer are the gateway's own", () => {
    assert.deepEqual(fields(false, undefined, 4), [
      "X-Forwarded-Prefix: /api",
      "X-Forwarded-Host: shop.example",
      "X-Forwarded-Path: /api/x",
      "X-Forwarded-For: 10.0.0.1",
      "X-Real-IP: 10.0.0.1",
      "X-Forwarded-Proto: http",
      "X-Forwarded-Port: 8000",
      "Via: 1.1 sluice",
      "",
      "",
    ]);
  });

  test("of a trusted peer are its own", () => {
    const told = relayed(
      { realIpHeader: "X-Forwarded-For" },
      "X-Forwarded-For: 192.0.2.1",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: outer.example",
      "X-Forwarded-Port: 443",
      "X-Forwarded-Path: /outer/api/x",
      "X-Forwarded-Prefix: /outer",
    );
    assert.deepEqual(fields(false, told, 4), [
      "X-Forwarded-Prefix: /outer",
      "X-Forwarded-Host: outer.example",
      "X-Forwarded-Path: /outer/api/x",
      "X-Forwarded-For: 192.0.2.1, 10.0.0.1",
      "X-Real-IP: 192.0.2.1",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Port: 443",
      "Via: 1.1 sluice",
      "",
      "",
    ]);
  });

  const forwarded = (from: Relayed | undefined): string | undefined =>
    fields(true, from).find((line) => line.startsWith("Forwarded: "));

  test("have Forwarded when it is switched on", () => {
    const own = 'for=10.0.0.1;host="shop.example:8000";proto=http';
    assert.equal(forwarded(undefined), `Forwarded: ${own}`);
  });

  test("go on with the Forwarded of a peer that is known to keep it", () => {
    const line = 'Forwarded: for="[2001:db8::7]";proto=https, for=10.0.0.2';
    assert.equal(
      forwarded(relayed(FORWARDED, line)),
      `${line}, for=10.0.0.1;host="shop.example:8000";proto=http`,
    );
  });

  test("say in Forwarded what X-Forwarded-* say when the peer keeps those", () => {
    const told = relayed(
      RECURSIVE,
      "X-Forwarded-For: 2001:db8::7, _hidden",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: outer.example",
      "Forwarded: for=6.6.6.6",
    );
    assert.equal(
      forwarded(told),
      'Forwarded: for="[2001:db8::7]";host=outer.example;proto=https, for=unknown, ' +
        'for=10.0.0.1;host="shop.example:8000";proto=http',
    );
  });
});
