// Every command of README.md's `sh` blocks is run, in order, and does what the comment behind it says.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";

import { within } from "../harness/deadline.ts";
import { ROOT } from "../harness/runtime.ts";
import { copyCheckout, removeCheckout } from "./checkout.ts";
import { readCommands, readFiles } from "./commands.ts";
import { Quickstart } from "./quickstart.ts";
import { runShell, startShell, stopShell } from "./shell.ts";

const markdown = await readFile(join(ROOT, "README.md"), "utf8");
const commands = readCommands(markdown);
const folder = await copyCheckout(readFiles(markdown));

let gateway: Quickstart | undefined;
after(async () => {
  await gateway?.stop();
  await removeCheckout(folder);
});

test("README.md: has commands in its sh blocks", () => {
  assert.ok(commands.length > 0);
});

for (const { text, line, status } of commands) {
  test(`README.md:${line}: ${text.split("\n", 1)[0] ?? ""}`, async () => {
    for (const part of text.split(/\s+&&\s+/)) await runPart(part, status);
  });
}

test("README.md: the code that it shows of the new plugin is what the command wrote", async () => {
  const [, shown] = /hello\/plugin\.ts` is this:\n\n```ts\n([\s\S]*?)```/.exec(markdown) ?? [];
  const written = await readFile(join(folder, "hello/plugin.ts"), "utf8");
  for (const part of shown?.split("\n\n") ?? [""]) {
    assert.ok(part.trim() !== "" && written.includes(part.trimEnd()), part);
  }
});

async function runPart(text: string, status: number | undefined): Promise<void> {
  if (/^npm (ci|install)$/.test(text)) {
    // This run stands on the installed packages: only check that the lock file could install them.
    return succeeds("npm ci --dry-run --ignore-scripts --offline --no-audit", ROOT);
  }
  if (text === "npm test" || text === ".ci/run") return isWhatRunsNow();
  if (/^npm run bench\b/.test(text)) return succeeds(withFlags(text, "--help"));
  if (/^npm start\b|\bsluice start\b|\/cli\.ts start\b/.test(text)) {
    await gateway?.stop();
    gateway = await Quickstart.start(text, folder);
    return;
  }
  if (/\bplugin build\b.* --watch\b/.test(text)) return buildsAndWatches(text);
  const command = gateway === undefined ? text : gateway.withPorts(text);
  if (status === undefined) return succeeds(command);
  const { stdout } = await runShell(
    `${command} --silent --output /dev/null --write-out '%{http_code}'`,
    folder,
  );
  assert.equal(stdout.slice(-3), String(status));
}

const BUILD_LIMIT_MS = 30_000;

/** It goes on until it is stopped; what it says of the first build is that it works. */
async function buildsAndWatches(command: string): Promise<void> {
  const child = startShell(command, folder);
  try {
    const output = new Promise<string>((resolve) => {
      child.stdout?.setEncoding("utf8").once("data", resolve);
    });
    const built = await within(output, "a first build", BUILD_LIMIT_MS);
    assert.match(built, /\.wasm: \S+ \d+\.\d+\.\d+, \d+ KB/);
  } finally {
    await stopShell(child);
  }
}

async function succeeds(command: string, cwd: string = folder): Promise<void> {
  const { code, stdout, stderr } = await runShell(command, cwd);
  assert.equal(code, 0, `${command}\n${stdout}${stderr}`);
}

/** A suite cannot run itself; it is running, so what is left to check is that CI runs the same. */
async function isWhatRunsNow(): Promise<void> {
  const ci = await readFile(join(ROOT, ".ci/run"), "utf8");
  assert.equal(ci.trimEnd().split("\n").at(-1), "npm ci && npm test");
}

/** npm passes on what stands behind `--`. */
function withFlags(command: string, flags: string): string {
  return / -- /.test(command) ? `${command} ${flags}` : `${command} -- ${flags}`;
}
