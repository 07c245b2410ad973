// correlation-id: Kong's generators and header rules.
import assert from "node:assert/strict";
import { test } from "node:test";

import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";

const used = useGateway(([port = 0]) => {
  const at = (name: string, fields: Entry): Entry => ({
    name,
    url: `http://127.0.0.1:${port}`,
    routes: [{ name: `${name}-route`, paths: [`/${name}`], strip_path: false }],
    plugins: [{ name: "correlation-id", config: fields }],
  });
  return {
    config: config({
      services: [
        at("default", {}),
        at("uuid", { generator: "uuid", header_name: "X-Cid" }),
        at("counter", { generator: "uuid#counter", header_name: "X-Cid" }),
        at("tracker", { generator: "tracker", header_name: "X-Cid" }),
        at("echo", { header_name: "X-Cid", echo_downstream: true }),
      ],
    }),
  };
});

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

test("correlation-id: the default is Kong-Request-ID as uuid#counter", async () => {
  const response = await used.gateway.get("/default");
  const id = (await used.upstream.request()).header("kong-request-id") ?? "";
  assert.match(id, new RegExp(`^${UUID}#\\d+$`));
  assert.equal(response.header("kong-request-id"), undefined);
});

test("correlation-id: uuid differs on each request", async () => {
  await used.gateway.get("/uuid");
  await used.gateway.get("/uuid");
  const ids = used.upstream.requests.map((request) => request.header("x-cid") ?? "");
  for (const id of ids) assert.match(id, new RegExp(`^${UUID}$`));
  assert.notEqual(ids[0], ids[1]);
});

test("correlation-id: uuid#counter counts up behind one uuid", async () => {
  await used.gateway.get("/counter");
  await used.gateway.get("/counter");
  const [first, second] = used.upstream.requests.map((request) =>
    (request.header("x-cid") ?? "").split("#"),
  );
  assert.equal(first?.[0], second?.[0]);
  assert.equal(Number(second?.[1]), Number(first?.[1]) + 1);
});

test("correlation-id: tracker has Kong's six parts", async () => {
  await used.gateway.get("/tracker");
  const id = (await used.upstream.request()).header("x-cid") ?? "";
  assert.match(id, /^[\d.:a-f]+-\d+-\d+-\d+-\d+-\d+(\.\d+)?$/);
});

test("correlation-id: an id that the client sends is kept", async () => {
  await used.gateway.get("/uuid", "X-Cid: mine");
  assert.equal((await used.upstream.request()).header("x-cid"), "mine");
});

test("correlation-id: echo_downstream sends the id back", async () => {
  const response = await used.gateway.get("/echo");
  const id = (await used.upstream.request()).header("x-cid");
  assert.notEqual(id, undefined);
  assert.equal(response.header("x-cid"), id);
});

test("correlation-id: echo_downstream sends the client's own id back", async () => {
  assert.equal((await used.gateway.get("/echo", "X-Cid: mine")).header("x-cid"), "mine");
});
