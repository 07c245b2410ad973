import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCpuList, parseRssBytes, parseStat } from "./proc.ts";

const fields =
  "S 10 42 42 0 -1 4194304 900 7 0 0 150 50 3 4 20 0 8 0 12345 1000000 2500 18446744073709551615";

test("adds user and system time and leaves out that of waited-for children", () => {
  assert.deepEqual(parseStat(`42 (nginx) ${fields}`), { pid: 42, parentPid: 10, cpuTicks: 200 });
});

test("reads past a program name with spaces and brackets", () => {
  assert.equal(parseStat(`42 (a) b (c) ${fields}`).parentPid, 10);
});

test("refuses text that is no stat line", () => {
  assert.throws(() => parseStat("42 nginx S 1 2"), /not the text/);
  assert.throws(() => parseStat("42 (nginx) S x"), /not the text/);
});

test("reads resident memory in bytes", () => {
  assert.equal(parseRssBytes("Name:\tbun\nVmHWM:\t  900 kB\nVmRSS:\t    512 kB\n"), 524_288);
  assert.equal(parseRssBytes("Name:\tgone\n"), 0);
});

test("reads ranges and single numbers of a CPU list", () => {
  assert.deepEqual(parseCpuList("0-2,5"), [0, 1, 2, 5]);
  assert.deepEqual(parseCpuList("3"), [3]);
});
