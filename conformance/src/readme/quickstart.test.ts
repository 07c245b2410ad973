// `npm start` with nothing else: it serves, says where, and the lines that it prints to try are right.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Quickstart } from "./quickstart.ts";
import { runShell } from "./shell.ts";

let quickstart: Quickstart | undefined;
before(async () => {
  quickstart = await Quickstart.start("npm start");
});
after(async () => quickstart?.stop());

function curlLines(): string[] {
  return (quickstart?.log ?? "")
    .split("\n")
    .map((line) => line.slice(line.indexOf("curl ")))
    .filter((line) => line.startsWith("curl "))
    .map((line) => line.replace(/\s+#.*$/, ""));
}

async function statusOf(line: string): Promise<string> {
  const { stdout } = await runShell(
    `${line} --silent --output /dev/null --write-out '%{http_code}'`,
  );
  return stdout.slice(-3);
}

test("quickstart: prints three curl lines to try, on the ports that it listens on", () => {
  assert.ok(curlLines().length >= 3, quickstart?.log ?? "not started");
});

test("quickstart: the printed lines do what stands behind them: 200, 401, and 429 in the end", async () => {
  const statuses: string[] = [];
  for (const line of curlLines()) statuses.push(await statusOf(line));
  assert.deepEqual(statuses.slice(0, 3), ["200", "401", "200"]);
  const limited = curlLines()[2] ?? "";
  for (let count = 0; count < 10; count++) statuses.push(await statusOf(limited));
  assert.equal(statuses.at(-1), "429");
});

test("quickstart: the echo service answers with what it was sent", async () => {
  const { stdout } = await runShell(`${curlLines()[0] ?? ""} --silent`);
  assert.match(stdout, /GET/);
  assert.match(stdout, /\/echo\/hello/);
});
