// What a plugin may do is what its entry grants; secrets in its config are for it alone; its schema is served.
import assert from "node:assert/strict";
import { test } from "node:test";

import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { buildGuest } from "../harness/guests.ts";
import { markingGuest } from "../harness/marking-guest.ts";
import { sluice } from "../harness/runtime.ts";
import { useScratch } from "../harness/scratch.ts";
import { access, guest } from "../harness/wat.ts";

const IMPORT = (name: string, parameters: string): string =>
  `(import "extism:host/user" "${name}" (func $${name} (param ${parameters}) (result i32)))`;

/** Answers 403 when the call is denied (-5), else 200. */
function asking(name: string, parameters: string, call: string): Uint8Array<ArrayBuffer> {
  return guest({
    name,
    manifest: { capabilities: ["consumers", "store:shared", "of-a-later-version"] },
    imports: `${IMPORT(name, parameters)} ${IMPORT("respond", "i32 i32 i32 i32")}`,
    body: `(data (i32.const 0) "alice") (data (i32.const 8) "keyauth_credentials")
      ${access(`
        (drop (call $respond (local.get 0)
          (select (i32.const 403) (i32.const 200) (i32.eq (i32.const -5) ${call}))
          (i32.const 0) (i32.const 0)))
        (i32.const 1)`)}`,
  });
}

const GUESTS = {
  consumer_find: asking(
    "consumer_find",
    "i32 i32 i32",
    "(call $consumer_find (local.get 0) (i32.const 0) (i32.const 5))",
  ),
  credential_find: asking(
    "credential_find",
    "i32 i32 i32 i32 i32",
    "(call $credential_find (local.get 0) (i32.const 8) (i32.const 19) (i32.const 0) (i32.const 5))",
  ),
  authenticate: asking(
    "authenticate",
    "i32 i32 i32",
    "(call $authenticate (local.get 0) (i32.const 0) (i32.const -1))",
  ),
} as const;

const SECRET = "s3cret-realm";

const used = useGateway(([port = 0]) => {
  const at = (path: string, plugin: Entry): Entry => ({
    name: path,
    url: `http://127.0.0.1:${port}`,
    routes: [{ name: `${path}-route`, paths: [`/${path}`] }],
    plugins: [plugin],
  });
  const grants = { consumers: true, store: ["shared"] };
  return {
    config: config({
      services: [
        ...Object.keys(GUESTS).flatMap((name) => [
          at(`${name}-denied`, { name }),
          at(`${name}-granted`, { name, grants }),
        ]),
        at("secret", { name: "key-auth", config: { realm: "{vault://env/test-realm}" } }),
      ],
      consumers: [{ username: "alice", keyauth_credentials: [{ key: "alice" }] }],
    }),
    plugins: { ...GUESTS, marking: markingGuest({ name: "marking" }) },
    env: { TEST_REALM: SECRET },
    flags: ["--admin-listen", "127.0.0.1:0"],
  };
});

for (const name of Object.keys(GUESTS)) {
  test(`grants: ${name} is denied unless the entry grants consumers`, async () => {
    assert.equal((await used.gateway.get(`/${name}-denied`)).status, 403);
    assert.equal((await used.gateway.get(`/${name}-granted`)).status, 200);
  });

  test(`grants: what ${name} asks for and is not granted is in the log, with the entry's place`, () => {
    const lines = used.gateway.log
      .split("\n")
      .filter((line) => line.includes(`"plugin":"${name}"`));
    assert.equal(lines.length, 2);
    assert.match(
      lines[0] ?? "",
      /asks for consumers, store:shared, of-a-later-version, which services\[\d\]\.plugins\[0\]\.grants does not grant/,
    );
    assert.match(lines[1] ?? "", /asks for of-a-later-version, which/);
  });
}

test("grants: bundled plugins have what they ask for", async () => {
  const response = await used.gateway.get("/secret", "apikey: alice");
  assert.equal(response.status, 200);
  assert.doesNotMatch(used.gateway.log, /"plugin":"key-auth"/);
});

test("secrets: a plugin has the secret that its config refers to, and nobody else sees it", async () => {
  const response = await used.gateway.get("/secret");
  assert.equal(response.header("www-authenticate"), `Key realm="${SECRET}"`);
  assert.ok(!used.gateway.log.includes(SECRET));
});

const scratch = await useScratch();

const WRONG_SECRETS: readonly (readonly [
  what: string,
  env: Readonly<Record<string, string>>,
  says: RegExp,
])[] = [
  [
    "is not set",
    {},
    /:4:19: plugins\[0\]\.config\.realm: the environment variable TEST_REALM is not set/,
  ],
  [
    "is not what the plugin takes",
    { TEST_REALM: 'a"secret' },
    /:4:19: plugins\[0\]\.config\.realm: expected/,
  ],
];
for (const [what, env, says] of WRONG_SECRETS) {
  test(`secrets: one that ${what} is an error that does not show it`, async () => {
    const yaml = `_format_version: "3.0"\nplugins:\n- name: key-auth\n  config: {realm: "{vault://env/test-realm}"}\n`;
    const file = await scratch.write("secret.yaml", yaml);
    const { code, stdout, stderr } = await sluice(["check", file], { env });
    assert.equal(code, 1);
    assert.match(stderr, says);
    assert.ok(!(stdout + stderr).includes('a"secret') && !(stdout + stderr).includes('a\\"secret'));
  });
}

test("secrets: one that the plugin quotes when it refuses its config is not shown", async () => {
  await scratch.write("plugins/quotes-config.wasm", await buildGuest("quotes-config"));
  const yaml = `_format_version: "3.0"\nplugins:\n- name: quotes-config\n  config: {token: "{vault://env/token}"}\n`;
  const file = await scratch.write("quotes.yaml", yaml);
  const args = ["check", "--plugins-dir", scratch.path("plugins"), file];
  const { code, stdout, stderr } = await sluice(args, { env: { TOKEN: SECRET } });
  assert.equal(code, 1);
  assert.match(stderr, /:3:3: plugins\[0\]: .*token: must not be \{vault:\/\/env\/token\}/);
  assert.ok(!(stdout + stderr).includes(SECRET));
});

test("schemas: the admin API has the JSON Schema of each plugin's config", async () => {
  const [, admin] = /admin listening on (\S+)/.exec(used.gateway.log) ?? [];
  const bundled = await fetch(`${admin}/schemas/plugins/key-auth`);
  assert.equal(bundled.status, 200);
  const schema = (await bundled.json()) as { type: string; properties: Record<string, unknown> };
  assert.equal(schema.type, "object");
  assert.ok(Object.hasOwn(schema.properties, "key_names"));
  assert.equal((await fetch(`${admin}/schemas/plugins/marking`)).status, 200);
  const missing = await fetch(`${admin}/schemas/plugins/nope`);
  assert.equal(missing.status, 404);
  assert.deepEqual(await missing.json(), { message: 'there is no plugin "nope"' });
});
