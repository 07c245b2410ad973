// What a plugin may write to the gateway's log.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLogger } from "./log.ts";
import type { OutputLogger } from "./log.ts";

interface TestLog {
  readonly log: OutputLogger;
  readonly lines: Record<string, unknown>[];
  /** Plugins whose lines were dropped. */
  readonly dropped: string[];
}

function newLog(level = "info"): TestLog {
  const lines: Record<string, unknown>[] = [];
  const dropped: string[] = [];
  const log = createLogger({
    level,
    onDropped: () => undefined,
    onPluginDropped: (plugin) => dropped.push(plugin),
    write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>),
  });
  return { log, lines, dropped };
}

describe("a plugin's line", () => {
  test("is one line of JSON with its fields apart from the gateway's own", () => {
    const { log, lines } = newLog();
    log.write("p", 2, "a\r\nb \u001b[31m", {
      plugin: "other",
      msg: "x",
      level: 5,
      deep: { a: [1] },
    });
    log.write("p", 1, "no fields");
    assert.equal(lines.length, 2);
    const [first = {}] = lines;
    assert.equal(first["plugin"], "p");
    assert.equal(first["level"], 40);
    assert.equal(first["msg"], "a\r\nb \u001b[31m");
    assert.deepEqual(first["fields"], { plugin: "other", msg: "x", level: 5, deep: { a: [1] } });
    assert.equal("fields" in (lines[1] ?? {}), false);
  });

  test("below the level is not written, and is none of those that it may write", () => {
    const { log, lines, dropped } = newLog();
    for (let n = 0; n < 1000; n++) log.write("p", 0, "debug");
    assert.equal(log.takes("p", 0), false);
    assert.equal(log.takes("p", 1), true);
    log.write("p", 1, "info");
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ["info"],
    );
    assert.deepEqual(dropped, []);
  });
});

test("W6 of many lines of a plugin some are written, the rest is counted and said once", () => {
  const { log, lines, dropped } = newLog();
  const startedAtMs = performance.now();
  for (let n = 0; n < 50_000; n++) log.write("spams", 1, `line ${n}`);
  const seconds = Math.floor(performance.now() / 1000) - Math.floor(startedAtMs / 1000) + 1;
  const own = lines.filter(({ msg }) => String(msg).startsWith("line"));
  assert.ok(own.length >= 100 && own.length <= 100 * seconds, `${own.length} in ${seconds} s`);
  assert.equal(dropped.length, 50_000 - own.length);
  assert.deepEqual(new Set(dropped), new Set(["spams"]));
  const said = lines.filter(({ msg }) => String(msg).includes("more than 100 lines a second"));
  assert.deepEqual(
    said.map(({ plugin, level }) => [plugin, level]),
    [["spams", 40]],
  );
  log.write("other", 1, "still heard");
  assert.equal(lines.at(-1)?.["msg"], "still heard");
});

test("W6 a line that would be too many is counted when it is asked for, too", () => {
  const { log, dropped } = newLog();
  const taken = Array.from({ length: 10_000 }, () => {
    const isTaken = log.takes("p", 1);
    if (isTaken) log.write("p", 1, "line");
    return isTaken;
  });
  assert.equal(taken.filter((each) => !each).length, dropped.length);
  assert.ok(dropped.length >= 9000);
});
