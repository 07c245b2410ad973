// canary, traffic-mirror, fault-injection, request-validator: what is tried out on a share of the requests, and what a
// request has to be like.
import assert from "node:assert/strict";
import { test } from "node:test";

import { connect, get, head } from "../harness/client.ts";
import type { Response } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { parseMetrics, total } from "../harness/metrics.ts";

const USER = JSON.stringify({
  type: "object",
  properties: { name: { type: "string" }, tags: { type: "array", items: { type: "string" } } },
  required: ["name"],
  additionalProperties: false,
});

const used = useGateway(([port = 0, other = 0]) => {
  const at = (name: string, plugin: string, fields: Entry, more: Entry = {}): Entry => ({
    name,
    url: `http://127.0.0.1:${port}`,
    routes: [{ name: `${name}-route`, paths: [`/${name}`], strip_path: false }],
    plugins: [
      { name: plugin, config: fields },
      { name: "key-auth", config: { anonymous: "guest" } },
    ],
    ...more,
  });
  const there = { upstream_host: "127.0.0.1", upstream_port: other };
  const shadow = { host: `http://127.0.0.1:${other}` };
  return {
    config: config({
      upstreams: [{ name: "next", targets: [{ target: `127.0.0.1:${other}` }] }],
      services: [
        at("all", "canary", { ...there, percentage: 100, upstream_uri: "/v2" }),
        at("none", "canary", { ...there, percentage: 0, canary_by_header_name: "x-canary" }),
        at("half", "canary", {
          upstream_host: "next",
          percentage: 50,
          hash: "header",
          hash_header: "x-user",
        }),
        at("past", "canary", { upstream_host: "next", start: 1, duration: 1 }),
        at("future", "canary", { upstream_host: "next", start: 4_000_000_000 }),
        at("group", "canary", { upstream_host: "next", hash: "allow", groups: ["beta"] }),
        at("lost", "canary", { upstream_host: "nowhere", percentage: 100 }),
        at("mirror", "traffic-mirror", {
          ...shadow,
          path: "/copy",
          path_concat_mode: "prefix",
          max_body_size: 10,
        }),
        at("slow-mirror", "traffic-mirror", { ...shadow, timeout: 1000 }),
        at("dead-mirror", "traffic-mirror", { host: "http://127.0.0.1:1" }),
        at("abort", "fault-injection", { abort: { httpStatus: 418, percentage: 100 } }),
        at("never", "fault-injection", { abort: { httpStatus: 500, percentage: 0 } }),
        at("delay", "fault-injection", { delay: { value: "60ms" } }),
        at("body", "request-validator", { body_schema: USER, verbose_response: true }),
        {
          name: "parameter",
          url: `http://127.0.0.1:${port}`,
          routes: [
            { name: "parameter-route", paths: ["~/users/(?<id>[^/]+)$"], strip_path: false },
          ],
          plugins: [
            {
              name: "request-validator",
              config: {
                parameter_schema: [
                  { in: "path", name: "id", required: true, schema: '{"type":"integer"}' },
                  {
                    in: "query",
                    name: "page",
                    required: false,
                    schema: '{"type":"integer","minimum":1}',
                  },
                  {
                    in: "header",
                    name: "x-trace",
                    required: true,
                    schema: '{"pattern":"^[a-f0-9]+$"}',
                  },
                ],
              },
            },
          ],
        },
      ],
      consumers: [
        { username: "guest" },
        { username: "ann", keyauth_credentials: [{ key: "ann-key" }], acls: [{ group: "beta" }] },
      ],
    }),
  };
}, 2);

/** What the second upstream got. */
const others = (): number => used.upstreams[1]?.requests.length ?? 0;

test("canary: all or none by percentage, with the path of the new version", async () => {
  await used.gateway.get("/all?a=1");
  assert.equal((await used.upstreams[1]?.request())?.target, "/v2?a=1");
  await used.gateway.get("/none");
  assert.deepEqual([used.upstream.requests.length, others()], [1, 1]);
});

test("canary: a header takes a request there", async () => {
  await used.gateway.get("/none", "X-Canary: always");
  await used.gateway.get("/all", "X-Canary: never");
  assert.equal(others(), 2);
});

test("canary: one user stays with one version", async () => {
  const versions = new Set<string>();
  for (let user = 0; user < 16; user++) {
    for (const upstream of used.upstreams) upstream.reset();
    for (let count = 0; count < 3; count++) await used.gateway.get("/half", `X-User: u${user}`);
    const seen = others();
    assert.ok(seen === 0 || seen === 3, `u${user}: ${seen} of 3`);
    versions.add(String(seen));
  }
  assert.equal(versions.size, 2);
});

test("canary: a release in time is over some time, and has not begun before", async () => {
  await used.gateway.get("/past");
  assert.equal(others(), 1);
  await used.gateway.get("/future");
  assert.equal(others(), 1);
});

test("canary: a group is let in, others are not", async () => {
  await used.gateway.get("/group");
  assert.equal(others(), 0);
  await used.gateway.get("/group", "apikey: ann-key");
  assert.equal(others(), 1);
});

test("canary: a host that there is not leaves requests with their service", async () => {
  assert.equal((await used.gateway.get("/lost")).status, 200);
  assert.equal(used.upstream.requests.length, 1);
});

test("traffic-mirror: another server gets a copy without the client's credentials", async () => {
  const lines = ["Authorization: Bearer t", "Cookie: a=1", "X-A: 1", "Content-Length: 2"];
  const asked = head("POST /mirror/x?a=1 HTTP/1.1", "Host: gw.test", ...lines);
  assert.equal((await used.gateway.ask(`${asked}{}`)).status, 200);
  const copy = await used.upstreams[1]?.request();
  assert.equal(copy?.target, "/copy/mirror/x?a=1");
  assert.equal(copy?.body.toString(), "{}");
  assert.equal(copy?.header("x-a"), "1");
  assert.equal(copy?.header("x-shadow"), "gw.test-shadow");
  for (const name of ["authorization", "cookie", "x-consumer-username"]) {
    assert.equal(copy?.header(name), undefined, name);
  }
  const own = await used.upstream.request();
  assert.equal(own.header("authorization"), "Bearer t");
  assert.equal(own.header("x-shadow"), undefined);
  assert.equal(own.header("content-length"), "2");
});

test("traffic-mirror: a copy is not copied again, nor is a large body", async () => {
  await used.gateway.get("/mirror", "X-Shadow: a-shadow");
  const large = head("POST /mirror HTTP/1.1", "Host: gw.test", "Content-Length: 11");
  assert.equal((await used.gateway.ask(`${large}0123456789a`)).status, 200);
  assert.equal((await used.upstream.request(1)).body.toString(), "0123456789a");
  assert.equal(others(), 0);
});

test("traffic-mirror: an answer that does not come holds nobody up", async () => {
  const shadow = used.upstreams[1];
  assert.ok(shadow !== undefined);
  shadow.answer = () => undefined;
  assert.equal((await used.gateway.get("/slow-mirror")).status, 200);
  await shadow.request();
  shadow.dropConnections();
});

test("traffic-mirror: a server that is not there touches no request, and is counted", async () => {
  assert.equal((await used.gateway.get("/dead-mirror")).status, 200);
  const name = "sluice_plugin_traffic_mirror_requests";
  const count = async (): Promise<number> =>
    total(parseMetrics((await used.gateway.status("/metrics")).text), name, {
      outcome: "unreachable",
    });
  while ((await count()) < 1);
});

test("fault-injection: aborts all or none", async () => {
  const aborted = await used.gateway.get("/abort");
  assert.equal(aborted.status, 418);
  assert.equal((aborted.json() as { message: string }).message, "fault filter abort");
  assert.equal(used.upstream.requests.length, 0);
  assert.equal((await used.gateway.get("/never")).status, 200);
});

test("fault-injection: a delayed request comes later than others, and as it was", async () => {
  const slow = await connect(used.gateway.proxyPort);
  const quick = await connect(used.gateway.proxyPort);
  slow.send(get("/delay?a=1"));
  const first = Promise.race([
    slow.response().then(() => "slow"),
    quick
      .send(get("/never"))
      .response()
      .then(() => "quick"),
  ]);
  assert.equal(await first, "quick");
  const delayed = await used.upstream.request(1);
  assert.equal(delayed.target, "/delay?a=1");
  slow.socket.destroy();
  quick.socket.destroy();
});

async function validate(body: string, type: string = "application/json"): Promise<Response> {
  const lines = ["Host: gw.test", `Content-Type: ${type}`, `Content-Length: ${body.length}`];
  return used.gateway.ask(head("POST /body HTTP/1.1", ...lines) + body);
}

test("request-validator: a body that fits goes on to the byte", async () => {
  const body = '{ "name" : "ann", "tags": [ "a" ] }';
  assert.equal((await validate(body)).status, 200);
  assert.equal((await used.upstream.request()).body.toString(), body);
});

test("request-validator: another body is 400, and says why", async () => {
  for (const [body, message] of [
    ['{"name":7}', /name.*string/],
    ['{"tags":[]}', /name/],
    ['{"name":"a","role":"admin"}', /./],
    ['{"name":"a"', /the body is no JSON/],
    [`${"[".repeat(300)}${"]".repeat(300)}`, /nested deeper/],
  ] as const) {
    const response = await validate(body);
    assert.equal(response.status, 400, body.slice(0, 40));
    assert.match((response.json() as { message: string }).message, message);
  }
  const typed = await validate('{"name":"a"}', "text/plain");
  assert.equal(typed.status, 400);
  assert.equal(
    (typed.json() as { message: string }).message,
    "specified Content-Type is not allowed",
  );
  assert.equal(used.upstream.requests.length, 0);
});

test("request-validator: parameters of path, query and header", async () => {
  assert.equal((await used.gateway.get("/users/7?page=2", "X-Trace: ab1")).status, 200);
  for (const [path, ...lines] of [
    ["/users/x", "X-Trace: ab1"],
    ["/users/7?page=0", "X-Trace: ab1"],
    ["/users/7?page=1&page=2", "X-Trace: ab1"],
    ["/users/7", "X-Trace: nope"],
    ["/users/7"],
  ] as const) {
    const response = await used.gateway.get(path, ...lines);
    assert.equal(response.status, 400, path);
    assert.equal(
      (response.json() as { message: string }).message,
      "request param doesn't conform to schema",
    );
  }
});
