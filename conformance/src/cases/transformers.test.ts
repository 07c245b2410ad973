// request-transformer and response-transformer: Kong's five changes in their order, templates, and what they refuse.
import assert from "node:assert/strict";
import { test } from "node:test";

import { get, head } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { reply } from "../harness/upstream.ts";

const used = useGateway(([port = 0]) => {
  const at = (name: string, plugin: string, fields: Entry, path: string = `/${name}`): Entry => ({
    name,
    url: `http://127.0.0.1:${port}/base`,
    routes: [{ name: `${name}-route`, paths: [path], strip_path: false }],
    plugins: [{ name: plugin, config: fields }],
  });
  const request = (name: string, fields: Entry, path?: string): Entry =>
    at(name, "request-transformer", fields, path);
  return {
    config: config({
      services: [
        request("order", {
          remove: { headers: ["x-a"], querystring: ["a"], body: ["a"] },
          rename: { headers: ["x-b:x-c"], querystring: ["b:c"], body: ["b:c"] },
          replace: { headers: ["x-c:3"], querystring: ["c:3"], body: ["c:3"] },
          add: { headers: ["x-a:1"], querystring: ["a:1"], body: ["a:1"] },
          append: { headers: ["x-a:2"], querystring: ["a:2"], body: ["a:2"] },
        }),
        request(
          "captures",
          {
            replace: { uri: "/new/$(uri_captures.shop)/$(uri_captures[2])" },
            add: { headers: ['x-shop:$(uri_captures.shop) $(headers.x-app or "none")'] },
          },
          "~/shops/(?<shop>[^/]+)/(.*)$",
        ),
        request("argument", { replace: { uri: "/files/$(query_params.name)" } }),
        request("split", { add: { headers: ["x-q:$(query_params.q)"] } }),
        request("method", { http_method: "GET" }),
        at("response", "response-transformer", {
          remove: { headers: ["x-a"], json: ["secret"] },
          rename: { headers: ["x-b:x-c"], json: ["old:new"] },
          replace: { headers: ["x-c:3"] },
          add: { headers: ["x-a:1"], json: ["n:7"], json_types: ["number"] },
          append: { headers: ["set-cookie:a=1"] },
        }),
      ],
    }),
  };
});

function post(path: string, type: string, body: string, ...more: string[]): string {
  const lines = ["Host: gw.test", `Content-Type: ${type}`, `Content-Length: ${body.length}`];
  return head(`POST ${path} HTTP/1.1`, ...lines, ...more) + body;
}

test("request-transformer: changes headers and query in Kong's order", async () => {
  await used.gateway.get("/order?a=0&b=2&k=%20", "X-A: 0", "X-B: 2");
  const request = await used.upstream.request();
  assert.deepEqual(request.all("x-a"), ["1", "2"]);
  assert.deepEqual([request.all("x-b"), request.all("x-c")], [[], ["3"]]);
  assert.equal(request.target, "/base/order?k=%20&c=3&a=1&a=2");
});

test("request-transformer: changes JSON, forms and multipart, and states the new length", async () => {
  for (const [type, body, changed] of [
    ["application/json", '{"a":0,"b":2,"k":[1]}', '{"k":[1],"c":"3","a":["1","2"]}'],
    ["application/x-www-form-urlencoded", "a=0&b=2&k=+", "k=+&c=3&a=1&a=2"],
    [
      "multipart/form-data; boundary=B",
      '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n0\r\n--B--\r\n',
      '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--\r\n',
    ],
  ] as const) {
    used.upstream.reset();
    assert.equal((await used.gateway.ask(post("/order", type, body))).status, 200);
    const request = await used.upstream.request();
    assert.equal(request.body.toString("latin1"), changed);
    assert.equal(request.header("content-length"), String(changed.length));
  }
});

test("request-transformer: other bodies stay as they are, to the byte", async () => {
  for (const [type, body] of [
    ["application/json", "{broken"],
    ["text/plain", "a=0"],
    ["application/json", "[1, 2]"],
  ] as const) {
    used.upstream.reset();
    await used.gateway.ask(post("/order", type, body));
    assert.equal((await used.upstream.request()).body.toString(), body);
  }
});

test("request-transformer: templates read what the route's path captured", async () => {
  await used.gateway.get("/shops/west/orders/7?x=1", "X-App: till");
  const request = await used.upstream.request();
  assert.equal(request.target, "/new/west/orders/7?x=1");
  assert.equal(request.header("x-shop"), "west till");
});

test("P10 request-transformer: no argument leads out of the path that it is put in", async () => {
  await used.gateway.get("/argument?name=a%3Fb%23c/d");
  assert.match((await used.upstream.request()).target, /^\/files\/a%3Fb%23c\/d\?/);
  used.upstream.reset();
  for (const name of ["../admin", "..%2fadmin", "%2e%2e/admin", "/admin", "%252e%252e/admin"]) {
    const response = await used.gateway.get(`/argument?name=${name}`);
    assert.equal(response.status, 400, name);
  }
  assert.equal(used.upstream.requests.length, 0);
});

test("request-transformer: no argument begins another header", async () => {
  assert.equal((await used.gateway.get("/split?q=a%20b")).status, 200);
  assert.equal((await used.upstream.request()).header("x-q"), "a b");
  used.upstream.reset();
  for (const q of ["a%0d%0aX-Admin:%20yes", "a%0aX-Admin:%20yes", "%00"]) {
    assert.equal((await used.gateway.get(`/split?q=${q}`)).status, 400, q);
  }
  assert.equal(used.upstream.requests.length, 0);
});

test("request-transformer: http_method moves a form into the query", async () => {
  await used.gateway.ask(post("/method?a=1", "application/x-www-form-urlencoded", "b=2"));
  const request = await used.upstream.request();
  assert.equal(request.method, "GET");
  assert.equal(request.target, "/base/method?a=1&b=2");
});

test("request-transformer: a body that is too large to change is 413", async () => {
  const body = `{"a":"${"x".repeat(1_048_576)}"}`;
  const response = await used.gateway.ask(post("/order", "application/json", body));
  assert.equal(response.status, 413);
  assert.equal(used.upstream.requests.length, 0);
});

test("response-transformer: changes headers and JSON, and states the new length", async () => {
  const body = '{"secret":"s","old":[1]}';
  used.upstream.answer = (_request, connection) => {
    const fields = ["Content-Type: application/json", "X-A: 0", "X-B: 2", "Set-Cookie: s=1"];
    connection.send(reply("200 OK", body, ...fields));
  };
  const response = await used.gateway.get("/response");
  assert.deepEqual(response.json(), { new: [1], n: 7 });
  assert.equal(response.header("content-length"), String(response.body.length));
  assert.equal(response.header("x-a"), "1");
  assert.deepEqual([response.all("x-b"), response.all("x-c")], [[], ["3"]]);
  assert.deepEqual(response.all("set-cookie"), ["s=1", "a=1"]);
});

test("response-transformer: other bodies and answers to HEAD stay as they are", async () => {
  used.upstream.answer = ({ method }, connection) => {
    if (method !== "HEAD") return void connection.send(reply("200 OK", '{"secret": 1}'));
    connection.send(
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n",
    );
  };
  assert.equal((await used.gateway.get("/response")).text, '{"secret": 1}');
  const response = await used.gateway.ask(get("/response").replace("GET", "HEAD"));
  assert.equal(response.header("content-length"), "9");
  assert.equal(response.header("x-a"), "1");
});
