import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import { after, before, beforeEach, describe, test } from "node:test";
import type { PinnedPlugin } from "../../config/pinned-plugins.ts";
import { ModuleSupply } from "./module-supply.ts";
import type { Supply, SuppliedModule } from "./module-supply.ts";
import { TrustedKeys, sha256Of } from "./trusted-keys.ts";

const V1 = Buffer.from("version 1");
const V2 = Buffer.from("version 2");
const SOURCE = { path: "plugins[0]", line: 3, column: 1 };

function messagesOf(supply: Supply): readonly string[] {
  return (supply.kind === "missing" ? supply.faults : supply.warnings).map(
    ({ message }) => message,
  );
}

describe("the supply of modules", () => {
  let url = "";
  let served: Buffer | undefined;
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    if (served === undefined) response.writeHead(503).end();
    else response.end(served);
  });
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    url = `http://127.0.0.1:${address.port}/p.wasm`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    served = V1;
    asked = 0;
  });

  function supplyWith(
    keys: readonly string[] = [],
    check: (plugin: string, module: SuppliedModule) => Promise<void> = () => Promise.resolve(),
  ): ModuleSupply {
    const trusted = new TrustedKeys(keys);
    return new ModuleSupply({ keys: trusted, maxBytes: 1000, timeoutMs: 10_000, check });
  }

  function pin(bytes: Buffer, more: Partial<PinnedPlugin> = {}, signature?: string): PinnedPlugin {
    const wasm = { url: `${url}?token=x`, sha256: sha256Of(bytes), signature };
    return { name: "p", wasm, isMandatory: true, source: SOURCE, ...more };
  }

  test("has the module with the hash, and asks for it once", async () => {
    const supply = supplyWith();
    for (const _ of [1, 2]) {
      const supplied = await supply.obtain([pin(V1)]);
      assert.ok(supplied.kind === "supplied");
      assert.deepEqual(Buffer.from(supplied.modules.get("p")?.bytes ?? []), V1);
    }
    served = undefined;
    assert.equal((await supply.obtain([pin(V1)])).kind, "supplied");
    assert.equal(asked, 1);
  });

  test("refuses another module than the one with the hash, and takes it when it comes", async () => {
    const supply = supplyWith();
    const refused = await supply.obtain([pin(V2)]);
    assert.equal(refused.kind, "missing");
    assert.deepEqual(messagesOf(refused), [
      `plugin p: module ${url}: its SHA-256 is ${sha256Of(V1)}, expected ${sha256Of(V2)}`,
    ]);
    served = V2;
    assert.equal((await supply.obtain([pin(V2)])).kind, "supplied");
    // What it had before is not forgotten.
    served = undefined;
    assert.equal((await supply.obtain([pin(V2)])).kind, "supplied");
  });

  test("says where the entry stands that asks for what cannot be had", async () => {
    served = undefined;
    const supplied = await supplyWith().obtain([pin(V1)]);
    assert.ok(supplied.kind === "missing");
    assert.deepEqual(supplied.faults, [
      { ...SOURCE, message: `plugin p: module ${url}: it answered 503` },
    ]);
  });

  test("goes without a module that only disabled entries pin, and says so", async () => {
    served = undefined;
    const supplied = await supplyWith().obtain([pin(V1, { isMandatory: false })]);
    assert.ok(supplied.kind === "supplied");
    assert.deepEqual([...supplied.modules], [["p", undefined]]);
    assert.match(messagesOf(supplied)[0] ?? "", /it answered 503$/);
  });

  test("wants a signature where keys are trusted, each time", async () => {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519", {
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    const supply = supplyWith([publicKey]);
    const signature = sign(null, V1, privateKey).toString("base64");
    assert.equal((await supply.obtain([pin(V1, {}, signature)])).kind, "supplied");
    assert.match(messagesOf(await supply.obtain([pin(V1)]))[0] ?? "", /it has no signature/);
    const others = sign(null, V2, privateKey).toString("base64");
    assert.match(messagesOf(await supply.obtain([pin(V1, {}, others)]))[0] ?? "", /of none of/);
  });

  test("W4 refuses what cannot be a plugin", async () => {
    const supply = supplyWith([], () => Promise.reject(new Error("not a WebAssembly module")));
    assert.deepEqual(messagesOf(await supply.obtain([pin(V1)])), [
      `plugin p: module ${url}: not a WebAssembly module`,
    ]);
  });
});
