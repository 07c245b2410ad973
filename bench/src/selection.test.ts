import assert from "node:assert/strict";
import { test } from "node:test";
import type { Selection } from "./selection.ts";
import { CASE_IDS, parseSelection, PEER_IDS } from "./selection.ts";

function chosen({ wantsCase, wantsPeer }: Selection): { cases: string[]; peers: string[] } {
  return { cases: CASE_IDS.filter(wantsCase), peers: PEER_IDS.filter(wantsPeer) };
}

test("chooses everything without a term", () => {
  assert.deepEqual(chosen(parseSelection([])), { cases: [...CASE_IDS], peers: [...PEER_IDS] });
});

test("chooses peers by part of an id, or by the whole id after =, in all cases", () => {
  assert.deepEqual(chosen(parseSelection(["nginx"])).peers, ["nginx", "nginx-lua"]);
  const exact = chosen(parseSelection(["=nginx"]));
  assert.deepEqual(exact, { cases: [...CASE_IDS], peers: ["nginx"] });
});

test("lets terms of both kinds narrow each other", () => {
  assert.deepEqual(chosen(parseSelection(["upload", "=sluice-bun", "caddy"])), {
    cases: ["upload-1m"],
    peers: ["sluice-bun", "caddy"],
  });
});

test("refuses a term that matches nothing", () => {
  assert.throws(() => parseSelection(["get", "apache"]), /"apache"/);
});
