// encoded_characters of a route: which escapes it takes, each by a switch of its own, and what no switch allows.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

import { connect, get } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { sluice } from "../harness/runtime.ts";
import { useScratch } from "../harness/scratch.ts";

const SWITCHES = [
  { name: "allow_encoded_slash", escape: "%2f", fallback: false },
  { name: "allow_encoded_back_slash", escape: "%5C", fallback: false },
  { name: "allow_encoded_semicolon", escape: "%3b", fallback: true },
  { name: "allow_encoded_percent", escape: "%25", fallback: true },
  { name: "allow_encoded_question_mark", escape: "%3f", fallback: true },
  { name: "allow_encoded_hash", escape: "%23", fallback: true },
];

const scratch = await useScratch();
const logPath = scratch.path("access.log");

const used = useGateway(([port = 0]) => {
  const at = (name: string, encoded: Entry | undefined, ...plugins: Entry[]): Entry => ({
    name,
    url: `http://127.0.0.1:${port}`,
    routes: [
      {
        name: `${name}-route`,
        paths: [`/${name}`],
        strip_path: false,
        plugins,
        ...(encoded === undefined ? {} : { encoded_characters: encoded }),
      },
    ],
  });
  return {
    config: config({
      services: [
        at("default", undefined),
        at("open", { allow_encoded_slash: true, allow_encoded_back_slash: true }),
        at("limited", undefined, { name: "rate-limiting", config: { hour: 1 } }),
        at("admin", { allow_encoded_slash: true }, { name: "key-auth" }),
        ...SWITCHES.flatMap(({ name }) => [
          at(`${name}-on`, { [name]: true }),
          at(`${name}-off`, { [name]: false }),
        ]),
        {
          name: "stripping",
          url: `http://127.0.0.1:${port}/base`,
          routes: [
            { paths: ["/stripping"], encoded_characters: { allow_encoded_slash: true } },
            { paths: ["~/cut"], encoded_characters: { allow_encoded_slash: true } },
          ],
        },
        {
          name: "rest",
          url: `http://127.0.0.1:${port}/rest`,
          routes: [{ paths: ["/"], encoded_characters: { allow_encoded_slash: true } }],
        },
      ],
      plugins: [{ name: "file-log", config: { path: logPath } }],
    }),
  };
});

for (const { name, escape, fallback } of SWITCHES) {
  for (const [suffix, isAllowed] of [
    ["on", true],
    ["off", false],
  ] as const) {
    test(`P3 path policy: ${name} ${suffix} ${isAllowed ? "takes" : "refuses"} ${escape}`, async () => {
      const response = await used.gateway.get(`/${name}-${suffix}/a${escape}b`);
      assert.equal(response.status, isAllowed ? 200 : 400);
      if (!isAllowed) return assert.equal(used.upstream.requests.length, 0);
      const { target } = await used.upstream.request();
      assert.equal(target, `/${name}-${suffix}/a${escape.toUpperCase()}b`);
    });
  }

  test(`P3 path policy: ${escape} is ${fallback ? "taken" : "refused"} by default`, async () => {
    const response = await used.gateway.get(`/default/a${escape}b`);
    assert.equal(response.status, fallback ? 200 : 400);
  });
}

for (const path of [
  "/open/a%00",
  "/open/a%0d%0ab",
  "/open/%2e%2e%2fadmin",
  "/open/..%2Fadmin/x",
  "/open/..%5cadmin",
  "/open/a%2f..%2f..%2fadmin",
  "/open/a%2F%2e%2e",
  "/open/a%2f..;x/b",
  "/open/a%2f.%2fb",
  "/open/%c0%ae%c0%ae%2fadmin",
]) {
  test(`P3 path policy: no switch allows ${path}`, async () => {
    assert.equal((await used.gateway.get(path)).status, 400);
    assert.equal(used.upstream.requests.length, 0);
  });
}

for (const path of ["/admin%2fx", "/%2fadmin/x", "/admin;%2Fx", "/default%2Fx", "/open;/x"]) {
  test(`P3 path policy: ${path}, which is another route's when decoded, is 400`, async () => {
    assert.equal((await used.gateway.get(path)).status, 400);
    assert.equal(used.upstream.requests.length, 0);
  });
}

test("P3 path policy: an escaped slash is never a separator for strip_path", async () => {
  for (const [path, target] of [
    ["/stripping/a%2fb/../c", "/base/c"],
    ["/stripping/a%2F%2fb", "/base/a%2F%2Fb"],
    ["/cut%2Fa", "/base/%2Fa"],
  ] as const) {
    used.upstream.reset();
    assert.equal((await used.gateway.get(path)).status, 200);
    assert.equal((await used.upstream.request()).target, target);
  }
});

test("P3 path policy: a refused path is seen by no policy, and keeps the connection", async () => {
  for (let sent = 0; sent < 3; sent++) {
    assert.equal((await used.gateway.get("/limited/a%2fb")).status, 400);
  }
  const client = await connect(used.gateway.proxyPort);
  assert.equal((await client.send(get("/limited/a%2fb")).response()).status, 400);
  assert.equal((await client.send(get("/limited/a")).response()).status, 200);
  client.socket.destroy();
});

test("P3 path policy: a refused path is logged with its route", async () => {
  const id = (await used.gateway.get("/default/a%5cb")).header("x-request-id") ?? "";
  const line = await eventually(async () => {
    const text = await readFile(logPath, "utf8").catch(() => "");
    return text.split("\n").find((each) => each.includes(id));
  }, "the record");
  const record = JSON.parse(line) as { error: string; request: { uri: string } };
  assert.deepEqual([record.error, record.request.uri], ["bad_request", "/default/a%5Cb"]);
});

for (const [field, says] of [
  ["allow_encoded_null_character: true", /NUL is always refused/],
  ["allow_encoded_slahs: true", /allow_encoded_slash/],
  ["allow_encoded_hash: yes please", /expected .*boolean|true or false/i],
] as const) {
  test(`P9 path policy: ${field} is refused by check`, async () => {
    const file = await scratch.write(
      "wrong.yaml",
      `_format_version: "3.0"\nroutes:\n- paths: [/a]\n  encoded_characters:\n    ${field}\n`,
    );
    const { code, stderr } = await sluice(["check", file]);
    assert.equal(code, 1);
    assert.match(stderr, says);
    assert.match(stderr, /:5:/);
  });
}
