// Decisions of policies that the gateway repeats without calling them.
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { get, head } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { buildGuest } from "../harness/guests.ts";
import { parseMetrics, total } from "../harness/metrics.ts";

const MODES = ["header", "time", "random", "store", "late", "answer", "plain"] as const;

function services(port: number, key: string): object {
  const at = (name: string, ...plugins: Entry[]): Entry =>
    service(name, port, `/${name}`, { plugins });
  return {
    ...config({
      services: [
        ...MODES.map((mode) => at(mode, { name: "decides", config: { mode } })),
        at("isolated", { name: "decides", isolation: "request" }),
        at("key", { name: "key-auth", config: { hide_credentials: true } }),
        at("key-and-group", { name: "key-auth" }, { name: "acl", config: { allow: ["staff"] } }),
        at("basic", { name: "basic-auth" }),
        at("cors", {
          name: "cors",
          config: { origins: ["https://a.example", "https://c.example"] },
        }),
        at("address", { name: "ip-restriction", config: { deny: ["192.0.2.1"] } }),
        at("bots", { name: "bot-detection" }),
        at("size", { name: "request-size-limiting" }),
        at("log", { name: "file-log", config: { path: logPath } }),
        at("limited", { name: "key-auth" }, { name: "rate-limiting", config: { month: 6 } }),
        at("numbered", {
          name: "correlation-id",
          config: { header_name: "X-Id", echo_downstream: true },
        }),
        at("named", { name: "correlation-id", config: { header_name: "X-Id", generator: "uuid" } }),
        at(
          "changed",
          {
            name: "request-transformer",
            config: {
              remove: { headers: ["X-Debug"] },
              add: { headers: ["X-Team:none", "X-Method:$(headers.x-kind)"] },
            },
          },
          { name: "response-transformer", config: { add: { headers: ["X-Seen:yes"] } } },
        ),
      ],
    }),
    consumers: [
      {
        username: "alice",
        keyauth_credentials: [{ key }],
        basicauth_credentials: [{ username: "alice", password: "secret" }],
        acls: [{ group: "staff" }],
      },
      { username: "bob", keyauth_credentials: [{ key: "bob-key" }] },
    ],
  };
}

const folder = mkdtempSync(join(tmpdir(), "sluice-decisions-"));
const logPath = join(folder, "log");
after(() => rm(folder, { recursive: true }));

let port = 0;
const used = useGateway(async ([first = 0]) => {
  port = first;
  return {
    config: services(port, "alice-key"),
    plugins: { decides: await buildGuest("decides") },
    flags: ["--trusted-ips", "127.0.0.0/8", "--real-ip-header", "X-Forwarded-For"],
  };
});

async function remembered(plugin: string): Promise<number> {
  const samples = parseMetrics((await used.gateway.status("/metrics")).text);
  return total(samples, "sluice_plugin_remembered_total", { plugin });
}

/** How often the policy was not called for these requests. */
async function repeatsOf(plugin: string, run: () => Promise<void>): Promise<number> {
  const before = await remembered(plugin);
  await run();
  return (await remembered(plugin)) - before;
}

async function decided(path: string, ...lines: string[]): Promise<string | undefined> {
  assert.equal((await used.gateway.get(path, ...lines)).status, 200);
  return used.upstream.requests.at(-1)?.header("x-decided");
}

test("decisions: what was read the same is decided the same, without a call", async () => {
  const repeats = await repeatsOf("decides", async () => {
    for (let round = 0; round < 4; round++) {
      assert.equal(await decided("/header", "X-Who: alice"), "alice GET");
      assert.equal(await decided("/header", "X-Who: bob"), "bob GET");
      assert.equal(await decided("/header"), "nobody GET");
      assert.equal(await decided("/header", "X-Who: "), " GET".trim());
    }
  });
  // The first call asks, the next ones are recorded.
  assert.equal(repeats, 4 * 4 - 5);
});

test("decisions: what it did to the response is done again, too", async () => {
  const first = await used.gateway.get("/header", "X-Who: carol");
  const again = await used.gateway.get("/header", "X-Who: carol");
  assert.ok(Number(first.header("x-call")) > 0);
  assert.equal(again.header("x-call"), first.header("x-call"));
});

test("decisions: they end when the policy said so", async () => {
  await decided("/time", "X-Who: alice");
  const first = (await used.gateway.get("/time", "X-Who: alice")).header("x-call");
  await eventually(async () => {
    const now = (await used.gateway.get("/time", "X-Who: alice")).header("x-call");
    return now === first ? undefined : true;
  }, "another call");
});

for (const [mode, why] of [
  ["random", "has asked for random bytes"],
  ["store", "has counted in the store"],
  ["late", "has read after it had changed something"],
  ["answer", "has answered"],
  ["plain", "has not asked for it"],
  ["isolated", "has an instance for each request"],
] as const) {
  test(`decisions: a call that ${why} is not repeated`, async () => {
    const repeats = await repeatsOf("decides", async () => {
      for (let at = 0; at < 4; at++) {
        assert.equal((await used.gateway.get(`/${mode}`, "X-Who: alice")).status, 200);
      }
    });
    assert.equal(repeats, 0);
  });
}

test("J12 decisions: a remembered key lets nobody else in, and is hidden each time", async () => {
  const repeats = await repeatsOf("key-auth", async () => {
    for (let round = 0; round < 3; round++) {
      assert.equal((await used.gateway.get("/key", "apikey: alice-key")).status, 200);
      const seen = used.upstream.requests.at(-1);
      assert.equal(seen?.header("apikey"), undefined);
      assert.equal(seen?.header("x-consumer-username"), "alice");
      assert.equal((await used.gateway.get("/key?apikey=bob-key")).status, 200);
      assert.equal(used.upstream.requests.at(-1)?.header("x-consumer-username"), "bob");
      assert.doesNotMatch(used.upstream.requests.at(-1)?.target ?? "", /bob-key/);
      for (const lines of [["apikey: alice-kez"], ["apikey: alice-key", "apikey: bob-key"], []]) {
        assert.equal((await used.gateway.get("/key", ...lines)).status, 401);
      }
    }
  });
  assert.ok(repeats >= 3, `${repeats} repeats`);
});

test("decisions: of two policies, the second one goes by what the first one said", async () => {
  for (let round = 0; round < 3; round++) {
    assert.equal((await used.gateway.get("/key-and-group", "apikey: alice-key")).status, 200);
    assert.equal(used.upstream.requests.at(-1)?.header("x-consumer-groups"), "staff");
    assert.equal((await used.gateway.get("/key-and-group", "apikey: bob-key")).status, 403);
  }
});

test("decisions: each policy that goes by the request alone is not called for the same again", async () => {
  const basic = `Authorization: Basic ${Buffer.from("alice:secret").toString("base64")}`;
  const wrong = `Authorization: Basic ${Buffer.from("alice:secreT").toString("base64")}`;
  for (const [plugin, path, line, refused, status] of [
    ["basic-auth", "/basic", basic, wrong, 401],
    ["acl", "/key-and-group", "apikey: alice-key", "apikey: bob-key", 403],
    ["cors", "/cors", "Origin: https://a.example", "", 200],
    ["ip-restriction", "/address", "X-Forwarded-For: 192.0.2.2", "X-Forwarded-For: 192.0.2.1", 403],
    ["bot-detection", "/bots", "User-Agent: curl", "User-Agent: Googlebot/2.1", 403],
    ["request-size-limiting", "/size", "X: y", "X: y", 200],
  ] as const) {
    const repeats = await repeatsOf(plugin, async () => {
      for (let round = 0; round < 4; round++) {
        assert.equal((await used.gateway.get(path, line)).status, 200, plugin);
        const other = await used.gateway.get(path, ...(refused === "" ? [] : [refused]));
        assert.equal(other.status, status, plugin);
      }
    });
    assert.ok(repeats >= 2, `${plugin}: ${repeats} repeats`);
  }
});

test("decisions: each request has its own line in the log", async () => {
  const repeats = await repeatsOf("file-log", async () => {
    for (let at = 0; at < 5; at++) {
      assert.equal((await used.gateway.get(`/log/${at}`)).status, 200);
    }
    const lines = await eventually(async () => {
      const text = await readFile(logPath, "utf8").catch(() => "");
      return text.split("\n").length > 5 ? text.trimEnd().split("\n") : undefined;
    }, "five lines");
    const uris = lines.map(
      (line) => (JSON.parse(line) as { request: { uri: string } }).request.uri,
    );
    assert.deepEqual(uris.sort(), ["/log/0", "/log/1", "/log/2", "/log/3", "/log/4"]);
  });
  assert.equal(repeats, 3);
});

test("R4 decisions: a repeated one counts each request, and there is none beyond the limit", async () => {
  const repeats = await repeatsOf("rate-limiting", async () => {
    for (const key of ["alice-key", "bob-key"]) {
      const answers: [number, string | undefined][] = [];
      for (let count = 0; count < 9; count++) {
        const answer = await used.gateway.get("/limited", `apikey: ${key}`);
        answers.push([answer.status, answer.header("x-ratelimit-remaining-month")]);
      }
      const passed = [5, 4, 3, 2, 1, 0].map((left) => [200, String(left)]);
      assert.deepEqual(answers, [...passed, ...Array.from({ length: 3 }, () => [429, "0"])]);
    }
  });
  // Of the first client's, one call asks and one is recorded; of the other's, one is recorded.
  assert.equal(repeats, 2 * 6 - 3);
});

test("decisions: each request has an id of its own, the same in both directions", async () => {
  const repeats = await repeatsOf("correlation-id", async () => {
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) {
      const answer = await used.gateway.get("/numbered");
      const sent = used.upstream.requests.at(-1)?.header("x-id") ?? "";
      assert.match(sent, /^[0-9a-f-]{36}#\d+$/);
      assert.equal(answer.header("x-id"), sent);
      ids.push(sent, (await idOf("/named")) ?? "");
    }
    assert.equal(new Set(ids).size, 10);
    assert.equal(await idOf("/named", "X-Id: mine"), "mine");
  });
  assert.equal(repeats, 2 * 3);
});

async function idOf(path: string, ...lines: string[]): Promise<string | undefined> {
  await used.gateway.get(path, ...lines);
  return used.upstream.requests.at(-1)?.header("x-id");
}

test("decisions: headers are changed by what each request and response has", async () => {
  const repeats = await repeatsOf("request-transformer", async () => {
    for (let round = 0; round < 3; round++) {
      for (const [kind, team] of [
        ["a", "blue"],
        ["b", undefined],
      ] as const) {
        const lines = team === undefined ? [] : [`X-Team: ${team}`];
        const answer = await used.gateway.get(
          "/changed",
          `X-Kind: ${kind}`,
          "X-Debug: 1",
          ...lines,
        );
        assert.equal(answer.header("x-seen"), "yes");
        const seen = used.upstream.requests.at(-1);
        assert.equal(seen?.header("x-debug"), undefined);
        assert.equal(seen?.header("x-team"), team ?? "none");
        assert.equal(seen?.header("x-method"), kind);
      }
    }
  });
  assert.equal(repeats, 3);
  assert.ok((await remembered("response-transformer")) >= 3);
});

test("decisions: an origin is allowed for itself only", async () => {
  for (let round = 0; round < 3; round++) {
    for (const origin of ["https://a.example", "https://b.example"]) {
      const answer = await used.gateway.get("/cors", `Origin: ${origin}`);
      const expected = origin === "https://a.example" ? origin : undefined;
      assert.equal(answer.header("access-control-allow-origin"), expected);
    }
  }
});

test("decisions: a preflight is answered, however often others were repeated", async () => {
  const lines = ["Host: a", "Origin: https://a.example", "Access-Control-Request-Method: PUT"];
  for (let round = 0; round < 3; round++) {
    const answer = await used.gateway.ask(head("OPTIONS /cors HTTP/1.1", ...lines));
    assert.equal(answer.header("access-control-allow-origin"), "https://a.example");
    assert.ok(answer.header("access-control-allow-methods")?.includes("PUT"));
  }
});

test("A6 decisions: a key that a new config does not have lets nobody in", async () => {
  for (let round = 0; round < 3; round++) {
    assert.equal((await used.gateway.get("/key", "apikey: alice-key")).status, 200);
  }
  await used.gateway.writeConfig(services(port, "new-key"));
  await eventually(async () => {
    const { status } = await used.gateway.ask(get("/key", "apikey: alice-key"));
    return status === 401 ? true : undefined;
  }, "the old key to be refused");
  assert.equal((await used.gateway.get("/key", "apikey: new-key")).status, 200);
  assert.equal(used.upstream.requests.at(-1)?.header("x-consumer-username"), "alice");
});
