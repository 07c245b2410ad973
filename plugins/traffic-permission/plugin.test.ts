import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ConfigError } from "@sluice/plugin-sdk";
import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, recordedMetrics, resetMetrics } from "@sluice/plugin-sdk/testing";

import trafficPermission from "./plugin.ts";

type Rule = ConfigInput<typeof trafficPermission>["rules"][number]["default"];

const SHOP = { spiffeID: { type: "Prefix", value: "spiffe://mesh/ns/shop" } } as const;
const WEB = { spiffeID: { type: "Exact", value: "spiffe://mesh/ns/shop/sa/web" } } as const;

function told(...uris: readonly string[]): string {
  return uris.map((uri) => `URI=${uri}`).join(";");
}

/** Undefined for a request that is let in. */
async function statusOf(
  rules: readonly Rule[],
  clientCertificate: string | undefined,
): Promise<number | undefined> {
  const gateway = new FakeGateway();
  const entry = gateway.configure(trafficPermission, {
    rules: rules.map((rule) => ({ default: rule })),
  });
  const { isAnswered, response } = await gateway.handle(
    entry,
    clientCertificate === undefined ? {} : { clientCertificate },
  );
  return isAnswered ? response.status : undefined;
}

describe("a caller", () => {
  for (const [what, certificate, status] of [
    ["of the id", told("spiffe://mesh/ns/shop/sa/web"), undefined],
    ["below the prefix", told("spiffe://mesh/ns/shop/sa/api"), undefined],
    ["whose id begins alike in the middle of a segment", told("spiffe://mesh/ns/shopping"), 403],
    ["of another trust domain", told("spiffe://other/ns/shop/sa/web"), 403],
    ["with two ids", told("spiffe://mesh/ns/shop/sa/web", "spiffe://mesh/ns/shop/sa/api"), 403],
    ["without a certificate", undefined, 403],
    ["with a certificate that cannot be read", "nonsense", 403],
  ] as const) {
    test(`${what} ${status === undefined ? "is let in" : "stays out"}`, async () => {
      assert.equal(await statusOf([{ allow: [SHOP] }], certificate), status);
    });
  }
});

describe("rules", () => {
  const web = told("spiffe://mesh/ns/shop/sa/web");

  test("deny before all others, whichever rule says so", async () => {
    assert.equal(await statusOf([{ allow: [SHOP] }, { deny: [WEB] }], web), 403);
    assert.equal(await statusOf([{ deny: [WEB], allowWithShadowDeny: [WEB] }], web), 403);
  });

  test("with a shadow deny let in, and count it", async () => {
    resetMetrics();
    assert.equal(await statusOf([{ allowWithShadowDeny: [WEB], allow: [SHOP] }], web), undefined);
    assert.deepEqual(
      recordedMetrics().map(({ labels }) => labels),
      [{ decision: "shadow_denied" }],
    );
  });

  test("that match nothing are a mistake: they would match everybody", () => {
    const gateway = new FakeGateway();
    for (const match of [{}, { tags: {} }]) {
      const config = { rules: [{ default: { allow: [match] } }] };
      assert.throws(() => gateway.configure(trafficPermission, config), ConfigError);
    }
  });
});
