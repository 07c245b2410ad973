// Where the operator trusts keys, only modules that one of them has signed run: those of the folder, and pinned ones.
import assert from "node:assert/strict";
import { rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";

import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { spawnGateway } from "../harness/gateway.ts";
import type { Gateway } from "../harness/gateway.ts";
import { markingGuest } from "../harness/marking-guest.ts";
import { sha256Of } from "../harness/module-host.ts";
import { sluice } from "../harness/runtime.ts";
import type { Outcome } from "../harness/runtime.ts";
import { useScratch } from "../harness/scratch.ts";

const scratch = await useScratch();
const ONE = markingGuest({ name: "own", mark: "one" });
const TWO = markingGuest({ name: "own", mark: "two" });
const signatures = { one: "", two: "", stranger: "" };

/** What `sluice plugin sign` prints for the file. */
async function sign(file: string, key: string): Promise<string> {
  const { code, stdout, stderr } = await sluice(["plugin", "sign", "--key", key, file]);
  assert.equal(code, 0, stderr);
  return /^ {2}signature: "(\S+)"$/m.exec(stdout)?.[1] ?? assert.fail(stdout);
}

before(async () => {
  for (const name of ["team", "stranger"]) {
    const { code, stderr } = await sluice(["plugin", "keygen", "-o", scratch.path(name)]);
    assert.equal(code, 0, stderr);
  }
  const one = await scratch.write("one.wasm", ONE);
  signatures.stranger = await sign(one, scratch.path("stranger.key"));
  signatures.one = await sign(one, scratch.path("team.key"));
  signatures.two = await sign(await scratch.write("two.wasm", TWO), scratch.path("team.key"));
});

function pinned(bytes: Uint8Array, file: string, signature: string | undefined): Entry {
  const wasm = { url: `file:${scratch.path(file)}`, sha256: sha256Of(bytes), signature };
  return { name: "pinned", wasm };
}

function with_(...plugins: readonly Entry[]): Entry {
  return config({ services: [service("all", 9, "/")], plugins });
}

function flags(...keys: readonly string[]): readonly string[] {
  return keys.flatMap((key) => ["--plugin-key", scratch.path(key)]);
}

async function refusal(options: Parameters<typeof spawnGateway>[0]): Promise<string> {
  const gateway = await spawnGateway(options);
  assert.equal(await gateway.ended(), 1, gateway.log);
  return gateway.log;
}

async function mark(gateway: Gateway): Promise<string | undefined> {
  return (await gateway.get("/")).header("x-filter");
}

test("signatures: a pinned module runs when one of the keys has signed it", async () => {
  const gateway = await spawnGateway({
    config: with_(pinned(ONE, "one.wasm", signatures.one)),
    flags: flags("stranger.pub", "team.pub"),
  });
  try {
    await gateway.ready();
    assert.equal(await mark(gateway), "one");
    await gateway.writeConfig(with_(pinned(TWO, "two.wasm", signatures.one)));
    await gateway.logged(/reload refused.*its signature is of none of the keys/);
    assert.equal((await gateway.status("/health/ready")).status, 503);
    assert.equal(await mark(gateway), "one");
    await gateway.writeConfig(with_(pinned(TWO, "two.wasm", signatures.two)));
    await eventually(async () => ((await mark(gateway)) === "two" ? true : undefined), "two");
    assert.equal((await gateway.status("/health/ready")).status, 200);
  } finally {
    await gateway.stop();
  }
});

test("W4 signatures: a gateway with keys does not start with a module that nobody or a stranger signed", async () => {
  const unsigned = with_(pinned(ONE, "one.wasm", undefined));
  assert.match(await refusal({ config: unsigned, flags: flags("team.pub") }), /has no signature/);
  const env = { SLUICE_PLUGIN_KEY: `${scratch.path("team.pub")},${scratch.path("team.pub")}` };
  const strange = with_(pinned(ONE, "one.wasm", signatures.stranger));
  assert.match(await refusal({ config: strange, env }), /its signature is of none of the keys/);
  const folder = { config: with_({ name: "own" }), plugins: { own: ONE } };
  const log = await refusal({ ...folder, flags: flags("team.pub") });
  assert.match(log, /plugin own: it has no signature.*the file is not used/);
  assert.match(log, /there is no plugin "own"/);
});

test("signatures: bundled plugins need none, and without keys nobody does", async () => {
  const bundled = with_({ name: "correlation-id" });
  for (const options of [
    { config: bundled, flags: flags("team.pub") },
    { config: with_(pinned(ONE, "one.wasm", undefined)) },
  ]) {
    const gateway = await spawnGateway(options);
    await gateway.ready();
    await gateway.stop();
  }
});

test("signatures: a file of the folder is swapped when its signature has come, too", async () => {
  const plugins = { own: ONE };
  const gateway = await spawnGateway({ config: with_(), plugins, flags: flags("team.pub") });
  try {
    await gateway.ready();
    const putSignature = async (signature: string): Promise<void> => {
      const path = await scratch.write("new.sig", `${signature}\n`);
      await rename(path, join(gateway.pluginsFolder, "own.wasm.sig"));
    };
    await putSignature(signatures.one);
    await gateway.logged(/"msg":"reloaded"/);
    await gateway.writeConfig(with_({ name: "own" }));
    await eventually(async () => ((await mark(gateway)) === "one" ? true : undefined), "one");
    const from = gateway.mark;
    await gateway.writePlugin("own", TWO);
    await gateway.logged(/plugin own: its signature is of none of the keys/, from);
    assert.equal(await mark(gateway), "one");
    await putSignature(signatures.two);
    await eventually(async () => ((await mark(gateway)) === "two" ? true : undefined), "two");
  } finally {
    await gateway.stop();
  }
});

const CLI: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
  [
    ["verify", "--key", "team.pub", "one.wasm"],
    0,
    /one\.wasm: signed by .*team\.pub, sha256 \w{64}/,
  ],
  [["verify", "--key", "stranger.pub", "one.wasm"], 1, /one\.wasm: not signed by .*stranger\.pub/],
  [["verify", "--key", "team.key", "one.wasm"], 2, /expected a public key, got a private one/],
  [["verify", "--key", "team.pub", "none.wasm"], 1, /cannot read .*none\.wasm/],
  [["sign", "--key", "team.pub", "one.wasm"], 2, /expected an Ed25519 private key/],
  [["sign", "--key", "team.key", "team.pub"], 1, /team\.pub: expected a \.wasm/],
  [["keygen", "-o", "team"], 1, /team\.key is there already/],
];

for (const [args, code, says] of CLI) {
  test(`signatures: sluice plugin ${args.join(" ")} exits ${code}`, async () => {
    const outcome = await cli(args);
    assert.equal(outcome.code, code, outcome.stderr);
    assert.match(outcome.stdout + outcome.stderr, says);
    assert.doesNotMatch(outcome.stdout + outcome.stderr, /BEGIN|PRIVATE/);
  });
}

test("signatures: nobody else can read the private key", async () => {
  assert.equal((await stat(scratch.path("team.key"))).mode & 0o777, 0o600);
});

test("signatures: a key that is none is a usage error", async () => {
  for (const args of [["check"], ["start", "--config"]]) {
    const file = await scratch.write("empty.yaml", JSON.stringify(with_()));
    const key = ["--plugin-key", scratch.path("one.wasm")];
    const { code, stderr } = await sluice([...args, file, ...key]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /--plugin-key .*one\.wasm: expected a public key/);
  }
});

/** Names of files are those of the scratch folder. */
function cli(args: readonly string[]): Promise<Outcome> {
  const isName = (arg: string): boolean => arg === "team" || arg.includes(".");
  return sluice(["plugin", ...args.map((arg) => (isName(arg) ? scratch.path(arg) : arg))]);
}
