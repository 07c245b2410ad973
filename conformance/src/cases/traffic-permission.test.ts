// traffic-permission: workloads by their SPIFFE id or the tags of their consumer, and nobody by what they claim.
import assert from "node:assert/strict";
import { test } from "node:test";

import { useGateway } from "../harness/fixture.ts";
import { parseMetrics, total } from "../harness/metrics.ts";

const WEB = "spiffe://mesh.local/ns/shop/sa/web";

const used = useGateway(([port = 0]) => {
  const rules = [
    {
      default: {
        deny: [{ tags: { team: "red" } }],
        allowWithShadowDeny: [{ spiffeID: { type: "Exact", value: `${WEB}-old` } }],
        allow: [{ spiffeID: { type: "Prefix", value: WEB } }, { tags: { team: "*" } }],
      },
    },
  ];
  const key = (username: string, tags: readonly string[]): object => ({
    username,
    tags,
    keyauth_credentials: [{ key: `${username}-key` }],
  });
  return {
    config: {
      _format_version: "3.0",
      services: [
        {
          name: "payments",
          url: `http://127.0.0.1:${port}`,
          routes: [
            { name: "mesh", paths: ["/mesh"] },
            { name: "keyed", paths: ["/keyed"], plugins: [{ name: "key-auth" }] },
          ],
          plugins: [{ name: "traffic-permission", config: { rules } }],
        },
      ],
      consumers: [
        key("blue", ["team:blue"]),
        key("red", ["team:red", "team:blue"]),
        key("none", ["steam:blue"]),
      ],
    },
    // Clients of the cases stand for the proxy that ends TLS.
    flags: ["--trusted-ips", "127.0.0.1"],
  };
});

test("A10 traffic permission: an id that a trusted peer tells of is let in, others stay out", async () => {
  const ask = async (path: string, ...lines: string[]): Promise<number> =>
    (await used.gateway.get(path, ...lines)).status;
  assert.equal(await ask("/mesh", `X-Forwarded-Client-Cert: Hash=1;URI=${WEB}`), 200);
  assert.equal(await ask("/mesh", `X-Forwarded-Client-Cert: Hash=1;URI=${WEB}site`), 403);
  assert.equal(await ask("/mesh"), 403);
  assert.equal(used.upstream.requests.length, 1);
});

test("traffic permission: a shadow deny lets in, is logged, and counted", async () => {
  const mark = used.gateway.mark;
  const { status } = await used.gateway.get("/mesh", `X-Forwarded-Client-Cert: URI=${WEB}-old`);
  assert.equal(status, 200);
  const line = await used.gateway.logged(/to be denied/, mark);
  assert.match(line, /"spiffe_id":"spiffe:\/\/mesh\.local\/ns\/shop\/sa\/web-old"/);
  const samples = parseMetrics((await used.gateway.status("/metrics")).text);
  const name = "sluice_plugin_traffic_permission_decisions_total";
  assert.equal(total(samples, name, { decision: "shadow_denied" }), 1);
});

test("traffic permission: tags of the consumer count, and a denied one outweighs an allowed one", async () => {
  const ask = async (username: string): Promise<number> =>
    (await used.gateway.get("/keyed", `apikey: ${username}-key`)).status;
  assert.deepEqual([await ask("blue"), await ask("red"), await ask("none")], [200, 403, 403]);
});
