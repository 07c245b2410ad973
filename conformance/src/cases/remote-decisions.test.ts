// forward-auth and opa: another server decides, and what it does not allow does not pass.
import assert from "node:assert/strict";
import { test } from "node:test";

import { useGateway } from "../harness/fixture.ts";
import { reply } from "../harness/upstream.ts";
import type { Upstream } from "../harness/upstream.ts";
import { sluice } from "../harness/runtime.ts";
import { useScratch } from "../harness/scratch.ts";

const scratch = await useScratch();

const used = useGateway(([port = 0, deciding = 0]) => {
  const server = `http://127.0.0.1:${deciding}`;
  const route = (name: string, plugin: string, config: object): object => ({
    name,
    paths: [`/${name}`],
    strip_path: false,
    plugins: [{ name: plugin, config }],
  });
  const forward = (name: string, config: object): object =>
    route(name, "forward-auth", { uri: `${server}/check`, timeout: 300, ...config });
  const agent = (name: string, config: object): object =>
    route(name, "opa", { host: server, policy: "gw.allow", timeout: 300, ...config });
  return {
    config: {
      _format_version: "3.0",
      services: [
        {
          name: "orders",
          url: `http://127.0.0.1:${port}`,
          routes: [
            forward("auth", {
              request_headers: ["Authorization"],
              upstream_headers: ["X-User"],
              client_headers: ["X-Why"],
            }),
            forward("lenient", { allow_degradation: true }),
            forward("body", { request_method: "POST", forward_body: true, max_body_size: 10 }),
            agent("opa", {
              send_headers_upstream: ["X-User"],
              with_route: true,
              with_consumer: true,
            }),
          ],
        },
      ],
    },
  };
}, 2);

function deciding(): Upstream {
  const [, server] = used.upstreams;
  if (server === undefined) throw new Error("there is no second upstream");
  return server;
}

test("T3 forward-auth: what the server says of the user goes upstream, not what the client says", async () => {
  deciding().answer = (_request, connection) => {
    connection.send(reply("200 OK", "", "X-User: ann", "X-Other: no"));
  };
  const lines = ["Authorization: Bearer x", "X-User: admin", "Cookie: s=1"];
  const { status } = await used.gateway.get("/auth/a?b=c", ...lines);
  assert.equal(status, 200);
  const asked = await deciding().request();
  assert.equal(asked.target, "/check");
  assert.equal(asked.header("authorization"), "Bearer x");
  assert.equal(asked.header("cookie"), undefined);
  assert.equal(asked.header("x-forwarded-uri"), "/auth/a?b=c");
  assert.equal(asked.header("x-forwarded-method"), "GET");
  const forwarded = await used.upstream.request();
  assert.deepEqual(forwarded.all("x-user"), ["ann"]);
  assert.equal(forwarded.header("x-other"), undefined);
});

test("T2 forward-auth, opa: other spellings of what they say do not pass either", async () => {
  deciding().answer = ({ method }, connection) =>
    void connection.send(
      method === "GET"
        ? reply("200 OK", "", "X-User: ann")
        : reply("200 OK", '{"result":true}', "Content-Type: application/json"),
    );
  for (const path of ["/auth", "/opa/a"]) {
    await used.gateway.get(path, "X_User: admin", "x_uSER: admin", "Connection: X-User");
  }
  for (const { headText } of used.upstream.requests) assert.doesNotMatch(headText, /admin/);
  assert.equal(used.upstream.requests.length, 2);
});

test("opa: an argument that comes twice is shown twice", async () => {
  deciding().answer = (_request, connection) =>
    void connection.send(reply("200 OK", '{"result":true}'));
  await used.gateway.get("/opa?user=bob&user=alice&x=1");
  const { input } = JSON.parse((await deciding().request()).body.toString()) as {
    input: { request: { query: object } };
  };
  assert.deepEqual(input.request.query, { user: ["bob", "alice"], x: "1" });
});

test("forward-auth: a refusal is the server's, with its status, body and reasons", async () => {
  deciding().answer = (_request, connection) => {
    const lines = ["WWW-Authenticate: Bearer", "X-Why: expired", "X-Internal: 1"];
    connection.send(reply("401 Unauthorized", "sign in", ...lines));
  };
  const answer = await used.gateway.get("/auth");
  assert.equal(answer.status, 401);
  assert.equal(answer.text, "sign in");
  assert.equal(answer.header("www-authenticate"), "Bearer");
  assert.equal(answer.header("x-why"), "expired");
  assert.equal(answer.header("x-internal"), undefined);
  assert.equal(used.upstream.requests.length, 0);
});

test("W7 forward-auth: a redirect is the client's, and nobody follows it", async () => {
  deciding().answer = (_request, connection) => {
    connection.send(reply("302 Found", "", "Location: http://169.254.169.254/"));
  };
  const answer = await used.gateway.get("/auth");
  assert.equal(answer.status, 302);
  assert.equal(answer.header("location"), "http://169.254.169.254/");
  assert.equal(deciding().requests.length, 1);
});

test("forward-auth: no answer is no permission, unless the config allows it", async () => {
  deciding().answer = (_request, { socket }) => socket.destroy();
  const mark = used.gateway.mark;
  const refused = await used.gateway.get("/auth", "Authorization: Bearer secret-token");
  assert.equal(refused.status, 403);
  const line = await used.gateway.logged(/gave no answer/, mark);
  assert.doesNotMatch(line, /secret-token/);
  assert.equal((await used.gateway.get("/lenient")).status, 200);
  deciding().answer = () => {};
  assert.equal((await used.gateway.get("/auth")).status, 403);
});

test("forward-auth: a body goes to the server and upstream, and a longer one is 413", async () => {
  const post = (body: string): string =>
    `POST /body HTTP/1.1\r\nHost: gw\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  assert.equal((await used.gateway.ask(post("0123456789"))).status, 200);
  assert.equal((await deciding().request()).body.toString(), "0123456789");
  assert.equal((await used.upstream.request()).body.toString(), "0123456789");
  assert.equal((await used.gateway.ask(post("0123456789a"))).status, 413);
  assert.equal(used.upstream.requests.length, 1);
});

test("T3 opa: the agent's word decides, and names the user", async () => {
  deciding().answer = (request, connection) => {
    const { input } = JSON.parse(request.body.toString()) as {
      input: { request: { path: string }; route: { name: string } };
    };
    assert.equal(input.route.name, "opa");
    const result = input.request.path.endsWith("/open")
      ? { allow: true, headers: { "X-User": "ann" } }
      : { allow: false, reason: "closed", status_code: 451 };
    connection.send(reply("200 OK", JSON.stringify({ result }), "Content-Type: application/json"));
  };
  assert.equal((await used.gateway.get("/opa/open", "X-User: admin")).status, 200);
  assert.equal((await deciding().request()).target, "/v1/data/gw/allow");
  assert.deepEqual((await used.upstream.request()).all("x-user"), ["ann"]);
  const refused = await used.gateway.get("/opa/shut");
  assert.equal(refused.status, 451);
  assert.equal(refused.text, "closed");
  assert.equal(used.upstream.requests.length, 1);
});

test("opa: an undefined rule, a fault and no answer refuse", async () => {
  for (const answer of [reply("200 OK", "{}"), reply("500 Oops", ""), reply("200 OK", "<html>")]) {
    deciding().answer = (_request, connection) => void connection.send(answer);
    assert.equal((await used.gateway.get("/opa/open")).status, 403);
  }
  deciding().answer = (_request, { socket }) => socket.destroy();
  assert.equal((await used.gateway.get("/opa/open")).status, 403);
  assert.equal(used.upstream.requests.length, 0);
});

test("G2 opa: a policy that leaves the agent's data is an error of the config", async () => {
  const plugins = [{ name: "opa", config: { host: "http://127.0.0.1:1", policy: "../policies" } }];
  const path = await scratch.write("opa.yaml", JSON.stringify({ _format_version: "3.0", plugins }));
  const { code, stdout, stderr } = await sluice(["check", path]);
  assert.equal(code, 1);
  assert.match(stdout + stderr, /plugins\[0\]\.config\.policy/);
});

test("G2 forward-auth, opa: headers that are the gateway's are errors of the config", async () => {
  const host = "http://127.0.0.1:1";
  const plugins = [
    { name: "forward-auth", config: { uri: host, upstream_headers: ["X-User", "Connection"] } },
    {
      name: "opa",
      config: { host, policy: "a", send_headers_upstream: ["x_consumer_id"] },
    },
  ];
  const path = await scratch.write("own.yaml", JSON.stringify({ _format_version: "3.0", plugins }));
  const { code, stdout, stderr } = await sluice(["check", path]);
  assert.equal(code, 1);
  assert.match(stdout + stderr, /plugins\[0\].*upstream_headers\[1\].*"Connection"/);
  assert.match(stdout + stderr, /plugins\[1\].*send_headers_upstream\[0\]/);
});
