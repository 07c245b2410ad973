// From QuickJS's positions to the author's, by what the compiler puts into the .wasm.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compactSourceMap } from "./compact.ts";
import { decodeMappings, encodeMappings } from "./mappings.ts";
import type { Mapping } from "./mappings.ts";
import { StackTraces } from "./stack-trace.ts";

function mapping(place: string, source: number, from: string): Mapping {
  const [line = 0, column = 0] = place.split(":").map(Number);
  const [sourceLine = 0, sourceColumn = 0] = from.split(":").map(Number);
  return { line, column, source, sourceLine, sourceColumn };
}

const MAPPINGS = [
  mapping("0:0", 0, "5:0"),
  mapping("0:40", 1, "10:2"),
  mapping("0:90", 1, "9:70000"),
  mapping("0:100", 0, "6:0"),
  mapping("0:110", 0, "7:0"),
  mapping("2:0", 0, "8:0"),
  mapping("2:8", 2, "0:0"),
];
const MAP = {
  version: 3,
  sources: ["sdk/guest.ts", "plugin.ts", "../shared/list.ts"],
  mappings: encodeMappings(MAPPINGS),
};
const isAuthors = (source: string): boolean => !source.startsWith("sdk/");

function traces(map: unknown): StackTraces {
  const text = typeof map === "string" ? map : JSON.stringify(map);
  return new StackTraces(new TextEncoder().encode(text));
}

test("writes mappings that it reads back", () => {
  assert.deepEqual([...decodeMappings(MAP.mappings)], MAPPINGS);
});

test("reads what the specification's format says", () => {
  const [first, second] = decodeMappings("AAgBC,SAAQ");
  assert.deepEqual(first, mapping("0:0", 0, "16:1"));
  assert.deepEqual(second, mapping("0:9", 0, "16:9"));
});

test("keeps the author's sources only", () => {
  const compact = compactSourceMap(
    Object.assign({ names: ["a"], sourcesContent: ["b"] }, MAP),
    isAuthors,
  );
  assert.deepEqual(Object.keys(compact), ["version", "sources", "mappings"]);
  assert.deepEqual(compact.sources, ["plugin.ts", "../shared/list.ts"]);
  assert.deepEqual(
    [...decodeMappings(compact.mappings)].map(({ line, column, source }) => [line, column, source]),
    [
      [0, 40, 0],
      [0, 90, 0],
      [0, 100, -1],
      [2, 8, 1],
    ],
  );
});

test("names the author's file, line and column and leaves out frames of the SDK", () => {
  const failure = [
    "TypeError: no name",
    "    at check (plugin.js:1:41)",
    "    at map (native)",
    "    at <anonymous> (plugin.js:1:95)",
    "    at plugin.js:3:12",
    "    at access (plugin.js:1:105)",
    "    at start (plugin.js:2:1)",
    "    at first (plugin.js:1:1)",
    "",
  ].join("\n");
  const expected = [
    "TypeError: no name",
    "    at check (plugin.ts:11:3)",
    "    at map (native)",
    "    at <anonymous> (plugin.ts:10:70001)",
    "    at ../shared/list.ts:1:1",
  ].join("\n");
  const resolver = traces(compactSourceMap(MAP, isAuthors));
  assert.equal(resolver.resolve(failure), expected);
  assert.equal(resolver.resolve(failure), expected);
});

test("leaves text without a stack as it is", () => {
  const text = "plugin.js is what it read at plugin.js:1:41 and more";
  assert.equal(traces(MAP).resolve(text), text);
});

test("leaves everything as it is without a source map, and with one that makes no sense", () => {
  const text = "Error\n    at f (plugin.js:1:41)";
  assert.equal(new StackTraces(undefined).resolve(text), text);
  for (const map of ["", "{", "null", "[]", { sources: 1, mappings: "" }, { sources: [] }]) {
    assert.equal(traces(map).resolve(text), text);
  }
  assert.equal(traces({ ...MAP, mappings: "A!" }).resolve(text), text);
  assert.equal(traces({ ...MAP, mappings: "gggggggggggggggg" }).resolve(text), text);
});
