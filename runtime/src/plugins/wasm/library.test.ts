import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { TrustedKeys } from "../supply/trusted-keys.ts";
import { PluginLibrary } from "./library.ts";
import { PluginRefused } from "./module.ts";
import { guest } from "./wasm.testing.ts";

function versioned(version: string, parts: Parameters<typeof guest>[0] = {}): Uint8Array {
  const phases = ["access"];
  const config = { title: version };
  const manifest = { abi: 1, name: "p", version, priority: 1, phases, config };
  return guest({ ...parts, manifest: JSON.stringify(manifest) });
}

describe("PluginLibrary", () => {
  let root = "";
  let bundled = "";
  let own = "";
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "sluice-library-"));
  });
  beforeEach(async () => {
    bundled = await mkdtemp(join(root, "bundled-"));
    own = await mkdtemp(join(root, "own-"));
  });
  after(() => rm(root, { recursive: true }));

  /** As an operator should: written elsewhere, then moved into place. */
  async function put(folder: string, name: string, bytes: Uint8Array): Promise<void> {
    const path = join(folder, `${name}.wasm`);
    await writeFile(`${path}.part`, bytes);
    await rename(`${path}.part`, path);
  }

  test("finds .wasm files by name, and those of later folders win", async () => {
    await put(bundled, "p", versioned("1.0.0"));
    await put(bundled, "q", versioned("1.0.0"));
    await put(own, "p", versioned("2.0.0"));
    await writeFile(join(own, "r.txt"), "");
    const library = new PluginLibrary([bundled, own]);
    assert.deepEqual(await library.scan(), []);
    assert.deepEqual([...library.names()].toSorted(), ["p", "q"]);
    assert.deepEqual(library.schema("p"), { title: "2.0.0" });
    assert.equal((await library.module("p")).version, "2.0.0");
    assert.equal(library.schema("nope"), undefined);
    await assert.rejects(library.module("nope"), PluginRefused);
  });

  test("compiles a file once and takes a replaced one after the next scan", async () => {
    await put(own, "p", versioned("1.0.0"));
    const library = new PluginLibrary([own]);
    await library.scan();
    const first = await library.module("p");
    await library.scan();
    assert.equal(await library.module("p"), first);
    await put(own, "p", versioned("1.0.1"));
    await library.scan();
    assert.equal((await library.module("p")).version, "1.0.1");
  });

  test("forgets removed files, and falls back to a bundled one", async () => {
    await put(bundled, "p", versioned("1.0.0"));
    await put(own, "p", versioned("2.0.0"));
    await put(own, "q", versioned("2.0.0"));
    const library = new PluginLibrary([bundled, own]);
    await library.scan();
    await rm(join(own, "p.wasm"));
    await rm(join(own, "q.wasm"));
    await library.scan();
    assert.deepEqual(library.names(), ["p"]);
    assert.equal((await library.module("p")).version, "1.0.0");
  });

  test("keeps the one that worked when a broken file takes its place, and says so once", async () => {
    await put(own, "p", versioned("1.0.0"));
    const library = new PluginLibrary([own]);
    await library.scan();
    await library.module("p");
    library.accept("p");
    await put(own, "p", Buffer.from("broken"));
    const [refused, ...more] = await library.scan();
    assert.match(refused?.message ?? "", /^plugin p: /);
    assert.deepEqual(more, []);
    assert.deepEqual(await library.scan(), []);
    assert.equal((await library.module("p")).version, "1.0.0");
  });

  test("goes back to the one that worked when a file turns out not to, until it changes", async () => {
    await put(own, "p", versioned("1.0.0"));
    const library = new PluginLibrary([own]);
    await library.scan();
    await library.module("p");
    library.accept("p");
    await put(own, "p", versioned("2.0.0", { imports: [["env", "x"]] }));
    await library.scan();
    await assert.rejects(library.module("p"), /imports env\.x/);
    library.refuse("p");
    assert.equal((await library.module("p")).version, "1.0.0");
    await library.scan();
    assert.deepEqual(library.schema("p"), { title: "1.0.0" });
    await put(own, "p", versioned("3.0.0"));
    await library.scan();
    assert.equal((await library.module("p")).version, "3.0.0");
  });

  describe("with trusted keys", () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519", {
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    const keys = new TrustedKeys([publicKey]);
    const signed = (bytes: Uint8Array): string =>
      `${sign(null, bytes, privateKey).toString("base64")}\n`;

    test("takes signed files, and bundled ones as they are", async () => {
      await put(bundled, "q", versioned("1.0.0"));
      await put(own, "p", versioned("1.0.0"));
      await writeFile(join(own, "p.wasm.sig"), signed(versioned("1.0.0")));
      const library = new PluginLibrary([bundled, own], { bundledFolder: bundled, keys });
      assert.deepEqual(await library.scan(), []);
      assert.deepEqual([...library.names()].toSorted(), ["p", "q"]);
      assert.deepEqual([library.isBundled("p"), library.isBundled("q")], [false, true]);
    });

    test("keeps the one that worked until the signature of its successor is there", async () => {
      await put(own, "p", versioned("1.0.0"));
      await writeFile(join(own, "p.wasm.sig"), signed(versioned("1.0.0")));
      const library = new PluginLibrary([own], { keys });
      await library.scan();
      await put(own, "p", versioned("2.0.0"));
      assert.match(String((await library.scan())[0]), /its signature is of none of the keys/);
      assert.deepEqual(await library.scan(), []);
      assert.deepEqual(library.schema("p"), { title: "1.0.0" });
      await writeFile(join(own, "p.wasm.sig"), signed(versioned("2.0.0")));
      assert.deepEqual(await library.scan(), []);
      assert.equal((await library.module("p")).version, "2.0.0");
    });

    test("refuses a file that nobody has signed", async () => {
      await put(own, "p", versioned("1.0.0"));
      const library = new PluginLibrary([own], { keys });
      assert.match(String((await library.scan())[0]), /it has no signature/);
      assert.deepEqual(library.names(), []);
    });
  });

  test("does not run a file that changed after it was looked at", async () => {
    await put(own, "p", versioned("1.0.0"));
    const library = new PluginLibrary([own]);
    await library.scan();
    await put(own, "p", versioned("2.0.0"));
    await assert.rejects(library.module("p"), /its file has just changed/);
    await library.scan();
    assert.equal((await library.module("p")).version, "2.0.0");
  });

  test("reads a file again that could not be read before", async () => {
    await put(own, "p", versioned("1.0.0"));
    const library = new PluginLibrary([own]);
    await library.scan();
    const path = join(own, "p.wasm");
    await rename(path, `${path}.away`);
    await assert.rejects(library.module("p"));
    await rename(`${path}.away`, path);
    assert.equal((await library.module("p")).version, "1.0.0");
  });

  test("takes a folder that is not there for an empty one, and complains of one that is none", async () => {
    const missing = new PluginLibrary([join(root, "missing")]);
    assert.deepEqual(await missing.scan(), []);
    const file = join(own, "file");
    await writeFile(file, "");
    await assert.rejects(new PluginLibrary([file]).scan(), /ENOTDIR/);
  });
});
