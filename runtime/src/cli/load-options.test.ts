import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { LoadSettings } from "../settings.ts";
import { UsageError } from "./fault.ts";
import { LOAD_OPTIONS, loadSettings } from "./load-options.ts";
import { parseOptions } from "./options.ts";

function settings(args: readonly string[], openFiles?: number): LoadSettings {
  return loadSettings(parseOptions(LOAD_OPTIONS, args, {}), openFiles ?? 1_000_000);
}

describe("the flags about load", () => {
  test("have defaults", () => {
    assert.deepEqual(settings([]), {
      maxConnections: 16_384,
      maxConnectionsPerIp: 0,
      maxRequests: 0,
      reusePort: false,
      drainDelayMs: 0,
    });
  });

  test("are read", () => {
    const args = ["--max-connections=5", "--max-connections-per-ip=2", "--max-requests=3"];
    assert.deepEqual(settings([...args, "--reuse-port=on", "--drain-delay=1500"]), {
      maxConnections: 5,
      maxConnectionsPerIp: 2,
      maxRequests: 3,
      reusePort: true,
      drainDelayMs: 1500,
    });
  });

  test("leave descriptors for upstreams, whatever is asked for (O1)", () => {
    assert.equal(settings([], 1024).maxConnections, 448);
    assert.equal(settings(["--max-connections=1000"], 1024).maxConnections, 448);
    assert.equal(settings(["--max-connections=100"], 1024).maxConnections, 100);
  });

  for (const wrong of [
    "--max-connections=0",
    "--max-connections=1e3",
    "--max-connections-per-ip=-1",
    "--max-requests=many",
    "--max-requests=",
    "--reuse-port=yes",
    "--drain-delay=-1",
  ]) {
    test(`refuse ${wrong}`, () => {
      assert.throws(() => settings([wrong]), UsageError);
    });
  }
});
