import assert from "node:assert/strict";
import { test } from "node:test";
import { LogLevel } from "@sluice/plugin-sdk/abi";
import { TestGuest } from "./host-functions.testing.ts";
import { logFunctions } from "./log-functions.ts";

test("a line has its level, plugin and message, and is cut at 8 KiB", () => {
  const guest = new TestGuest({ plugin: "talks" });
  const functions = logFunctions(guest.options);
  functions.log(0, LogLevel.warn, ...guest.text("ü"));
  functions.log(0, LogLevel.info, ...guest.text("x".repeat(9000)));
  assert.deepEqual(guest.lines[0], ["talks", 2, "ü", undefined]);
  assert.equal((guest.lines[1] as string[])[2]?.length, 8192);
});

test("fields are what the JSON says; what is no object or too long is said so", () => {
  const guest = new TestGuest();
  const functions = logFunctions(guest.options);
  const say = (fields: string): unknown => {
    functions.log_fields(0, LogLevel.info, ...guest.text("m"), ...guest.text(fields));
    return guest.lines.pop()?.[3];
  };
  assert.deepEqual(say('{"a":[1,{"b":"\\n"}]}'), { a: [1, { b: "\n" }] });
  for (const text of ["[]", "5", "null", "{", ""]) {
    assert.deepEqual(say(text), { fields_error: "expected a JSON object" });
  }
  assert.deepEqual(say(`{"a":"${"x".repeat(8192)}"}`), {
    fields_error: "8200 bytes, expected at most 8192",
  });
});

test("W6 a line that is not taken is not even read", () => {
  const log = { write: () => assert.fail("written"), takes: () => false };
  const guest = new TestGuest({ services: { log } });
  const functions = logFunctions(guest.options);
  assert.equal(functions.log(0, LogLevel.info, -1, 5), 0);
  assert.equal(functions.log_fields(0, LogLevel.info, -1, 5, -1, 5), 0);
});
