import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connectionsFor, openFilesLimit, softLimitIn } from "./open-files.ts";

describe("the limit on open files", () => {
  test("is read as the soft one", () => {
    const text = [
      "Limit                     Soft Limit           Hard Limit           Units     ",
      "Max processes             31190                31190                processes ",
      "Max open files            1024                 524288               files     ",
    ].join("\n");
    assert.equal(softLimitIn(text), 1024);
  });

  test("is unknown when there is none", () => {
    assert.equal(softLimitIn("Max open files            unlimited   unlimited   files"), undefined);
    assert.equal(softLimitIn(""), undefined);
  });

  test("of this process is a number on Linux, and undefined elsewhere", () => {
    const limit = openFilesLimit();
    assert.ok(process.platform === "linux" ? (limit ?? 0) > 0 : limit === undefined);
  });

  for (const openFiles of [1, 16, 100, 256, 1024, 65_536]) {
    test(`of ${openFiles} is never given to clients beyond its half, and never withheld`, () => {
      const connections = connectionsFor(openFiles);
      assert.ok(connections >= 1);
      assert.ok(connections <= Math.max(1, openFiles / 2), `${connections}`);
    });
  }

  test("leaves a descriptor for each connection's upstream and 128 for the rest", () => {
    assert.equal(connectionsFor(1024), 448);
    assert.equal(connectionsFor(256), 64);
  });
});
