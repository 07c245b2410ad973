// The example of ABI.md is compiled and run as it stands there.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { ABI_VERSION, MANIFEST_SECTION, Verdict } from "../abi.ts";
import type { Manifest } from "../abi.ts";
import { TestHost } from "../guest/test-host.ts";
import { withManifest } from "./manifest.ts";
import { packageDir } from "./places.ts";

const run = promisify(execFile);

let dir: string;
let wasm: Uint8Array<ArrayBuffer>;
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "sluice-abi-"));
  const text = await readFile(new URL("../../ABI.md", import.meta.url), "utf8");
  const [, source = ""] = /^```ts\n(.*?)^```$/ms.exec(text) ?? [];
  const [, options = ""] = /^ {4}asc guest\.ts (.*) -o guest\.wasm$/m.exec(text) ?? [];
  await writeFile(join(dir, "guest.ts"), source);
  const asc = join(packageDir("assemblyscript"), "bin", "asc.js");
  const args = [asc, "guest.ts", ...options.split(" "), "-o", "guest.wasm"];
  await run(process.execPath, args, { cwd: dir });
  wasm = new Uint8Array(await readFile(join(dir, "guest.wasm")));
});
after(() => rm(dir, { recursive: true, force: true }));

test("the guest of ABI.md lets a request with a key pass and answers one without", async () => {
  const host = new TestHost();
  const guest = await host.load(wasm);
  assert.equal(guest.sluice_abi_version(), ABI_VERSION);
  assert.equal(host.configure(guest, 0), Verdict.continue);

  const allowed = host.request(({ fields }) => fields[0].push(["X-Api-Key", "k"]));
  assert.equal(guest.sluice_access(allowed, 0), Verdict.continue);
  assert.deepEqual(host.requests.get(allowed)?.fields[1], [["x-checked", "yes"]]);

  const refused = host.request();
  assert.equal(guest.sluice_access(refused, 0), Verdict.respond);
  const answer = { status: 401, body: '{"message":"No API key"}' };
  assert.deepEqual(host.requests.get(refused)?.answer, answer);
});

test("a module of another language gets its manifest as a section", () => {
  const manifest: Manifest = {
    abi: ABI_VERSION,
    name: "guest",
    version: "1.0.0",
    priority: 3,
    phases: ["access"],
    config: { type: "object" },
  };
  const module = new WebAssembly.Module(withManifest(wasm, manifest));
  const [section] = WebAssembly.Module.customSections(module, MANIFEST_SECTION);
  assert.deepEqual(JSON.parse(new TextDecoder().decode(section)), manifest);
});
