import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { UsageError } from "./fault.ts";
import {
  describeOptions,
  parseAddress,
  parseMilliseconds,
  parseOptions,
  variableName,
} from "./options.ts";
import type { OptionSpecs } from "./options.ts";

const SPECS: OptionSpecs = {
  "proxy-listen": { value: "HOST:PORT", help: "address for traffic", fallback: "127.0.0.1:8000" },
  out: { value: "FILE", help: "the file to write", short: "o" },
  help: { help: "shows this", short: "h" },
};

describe("options", () => {
  test("come from the flag, else the environment, else the fallback", () => {
    const environment = { SLUICE_PROXY_LISTEN: "from:2" };
    const flag = parseOptions(SPECS, ["--proxy-listen", "flag:1"], environment);
    assert.equal(flag.text("proxy-listen"), "flag:1");
    assert.equal(parseOptions(SPECS, [], environment).text("proxy-listen"), "from:2");
    assert.equal(parseOptions(SPECS, [], {}).text("proxy-listen"), "127.0.0.1:8000");
    assert.equal(parseOptions(SPECS, [], {}).text("out"), undefined);
  });

  test("take both spellings of a value, and short names", () => {
    assert.equal(parseOptions(SPECS, ["--out=a=b"], {}).text("out"), "a=b");
    assert.equal(parseOptions(SPECS, ["-o", "x"], {}).text("out"), "x");
  });

  test("leave what is no option in order", () => {
    const { positionals } = parseOptions(SPECS, ["one", "--out", "x", "two", "--", "--out"], {});
    assert.deepEqual(positionals, ["one", "two", "--out"]);
  });

  test("that are repeatable have all their values, of the flags or else of the environment", () => {
    const specs: OptionSpecs = { "plugin-key": { value: "FILE", help: "", isRepeatable: true } };
    const environment = { SLUICE_PLUGIN_KEY: "c,d," };
    const flags = parseOptions(specs, ["--plugin-key", "a,1", "--plugin-key=b"], environment);
    assert.deepEqual(flags.texts("plugin-key"), ["a,1", "b"]);
    assert.deepEqual(parseOptions(specs, [], environment).texts("plugin-key"), ["c", "d"]);
    assert.deepEqual(parseOptions(specs, [], {}).texts("plugin-key"), []);
  });

  test("that are switches are set or not, whatever the environment says", () => {
    assert.equal(parseOptions(SPECS, ["-h"], {}).isSet("help"), true);
    assert.equal(parseOptions(SPECS, [], { SLUICE_HELP: "true" }).isSet("help"), false);
  });

  test("that are unknown or lack their value are the user's error, told in one line", () => {
    for (const args of [["--nope"], ["--out"], ["-x"], ["--help=yes"]]) {
      assert.throws(
        () => parseOptions(SPECS, args, {}),
        (error) =>
          error instanceof UsageError && !error.message.includes("\n") && error.exitCode === 2,
        args.join(" "),
      );
    }
  });

  test("have variables named after them", () => {
    assert.equal(variableName("proxy-listen"), "SLUICE_PROXY_LISTEN");
  });

  test("are described a line each, the texts below each other", () => {
    const lines = describeOptions(SPECS).split("\n");
    assert.equal(lines.length, 3);
    assert.equal(lines[0], "  --proxy-listen HOST:PORT  address for traffic (127.0.0.1:8000)");
    assert.equal(lines[2]?.indexOf("shows this"), lines[0]?.indexOf("address"));
    assert.ok(lines[1]?.startsWith("  -o, --out FILE "));
  });
});

describe("an address", () => {
  test("is a host or bracketed IPv6 address, and a port", () => {
    assert.deepEqual(parseAddress("x", "127.0.0.1:8000"), { host: "127.0.0.1", port: 8000 });
    assert.deepEqual(parseAddress("x", "localhost:0"), { host: "localhost", port: 0 });
    assert.deepEqual(parseAddress("x", "[::1]:65535"), { host: "::1", port: 65_535 });
  });

  test("that is anything else is refused with the option's name", () => {
    const wrong = [
      "",
      "8000",
      ":8000",
      "a",
      "a:",
      "a:b",
      "a:65536",
      "::1:80",
      "[x]:80",
      "a:80 ",
      "a:-1",
    ];
    for (const text of wrong) {
      assert.throws(
        () => parseAddress("proxy-listen", text),
        (error) => error instanceof UsageError && error.message.startsWith("--proxy-listen "),
        text,
      );
    }
  });
});

describe("a time in ms", () => {
  test("is a whole number from 1 on", () => {
    assert.equal(parseMilliseconds("x", "1"), 1);
    assert.equal(parseMilliseconds("x", "10000"), 10_000);
  });

  test("that is anything else is refused, also what timers cannot hold", () => {
    for (const text of ["", "0", "-1", "1.5", "10s", "NaN", "Infinity", "1e300", "2147483648"]) {
      assert.throws(() => parseMilliseconds("drain-timeout", text), UsageError, text);
    }
    assert.equal(parseMilliseconds("x", "2147483647"), 2_147_483_647);
  });
});
