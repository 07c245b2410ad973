// The specification and the bindings for other languages say what abi.ts says: every function, every signature, every
// number.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import {
  ABI_VERSION,
  Fault,
  FieldKind,
  HOST_FUNCTIONS,
  HashAlgorithm,
  LogLevel,
  NumberProperty,
  Property,
  SetMode,
  Verdict,
} from "./abi.ts";

const source = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), "utf8");

/** `usize` and pointers are i32 in 32-bit memory. */
const LETTERS: Readonly<Record<string, string>> = {
  i32: "i",
  usize: "i",
  f64: "f",
  void: "v",
  int32_t: "i",
  double: "f",
};

function letterOf(type: string): string {
  return LETTERS[type] ?? `(${type})`;
}

test("ABI.md describes every host function, with its parameters and its result", async () => {
  const described = new Map<string, string>();
  const pattern = /^\| `(\w+)\(([^)]*)\)(?: -> (\w+))?` \| (.*)/gm;
  for (const [, name = "", parameters = "", result = "i32", text = ""] of (
    await source("../ABI.md")
  ).matchAll(pattern)) {
    const types = parameters
      .split(", ")
      .filter((parameter) => parameter !== "")
      .map((parameter) => letterOf(parameter.split(": ")[1] ?? "i32"));
    const letter = text.startsWith("nothing") ? "v" : letterOf(result);
    described.set(name, `${types.join("")}:${letter}`);
  }
  assert.deepEqual(Object.fromEntries(described), HOST_FUNCTIONS);
});

test("AssemblyScript declares every host function as the ABI has it", async () => {
  const declared = new Map<string, string>();
  const pattern =
    /@external\("extism:host\/user", "(\w+)"\)\s*export declare function \w+\(([^)]*)\): (\w+)/g;
  for (const [, name = "", parameters = "", result = ""] of (
    await source("./engine/host.ts")
  ).matchAll(pattern)) {
    const types = [...parameters.matchAll(/: (\w+)/g)].map(([, type = ""]) => letterOf(type));
    declared.set(name, `${types.join("")}:${letterOf(result)}`);
  }
  assert.deepEqual(Object.fromEntries(declared), HOST_FUNCTIONS);
});

test("C declares every host function as the ABI has it", async () => {
  const declared = new Map<string, string>();
  const pattern = /SLUICE_IMPORT\((\w+)\)\s*(\w+) sluice_\w+\(([^)]*)\);/g;
  for (const [, name = "", result = "", parameters = ""] of (
    await source("../c/sluice.h")
  ).matchAll(pattern)) {
    const types = parameters === "void" ? [] : parameters.split(",").map(typeInC);
    declared.set(name, `${types.join("")}:${letterOf(result)}`);
  }
  assert.deepEqual(Object.fromEntries(declared), HOST_FUNCTIONS);
});

function typeInC(parameter: string): string {
  if (parameter.includes("*")) return "i";
  const [type = ""] = parameter.trim().split(/\s+/);
  return letterOf(type);
}

/** Members of the ABI's tables of numbers, `clientAddress` as CLIENT_ADDRESS. */
function numbersOf(table: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(table).map(([name, value]) => [
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(),
    value,
  ]);
}

const TABLES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  Fault,
  FieldKind,
  HashAlgorithm,
  LogLevel,
  NumberProperty,
  Property,
  SetMode,
  Verdict,
};

test("AssemblyScript has the ABI's numbers", async () => {
  const text = await source("../assemblyscript/numbers.ts");
  for (const [table, numbers] of Object.entries(TABLES)) {
    const [, body = ""] = new RegExp(`enum ${table} \\{([^}]*)\\}`).exec(text) ?? [];
    const members = [...body.matchAll(/(\w+) = (-?\d+)/g)].map(([, name = "", value]) => [
      name.toUpperCase(),
      Number(value),
    ]);
    const expected = Object.entries(numbers).map(([name, value]) => [name.toUpperCase(), value]);
    assert.deepEqual(Object.fromEntries(members), Object.fromEntries(expected), table);
  }
  assert.match(text, new RegExp(`ABI_VERSION: i32 = ${ABI_VERSION};`));
});

test("C has the ABI's numbers", async () => {
  const text = await source("../c/sluice.h");
  const found = new Map(
    [...text.matchAll(/SLUICE_(\w+) = (-?\d+)/g)].map(([, name = "", value]) => [
      name,
      Number(value),
    ]),
  );
  for (const numbers of Object.values(TABLES)) {
    for (const [name, value] of numbersOf(numbers)) assert.equal(found.get(name), value, name);
  }
  assert.match(text, new RegExp(`SLUICE_ABI_VERSION ${ABI_VERSION}\\b`));
});
