import assert from "node:assert/strict";
import { describe, mock, test } from "node:test";

import type { Exchange } from "../../../exchange.ts";
import type { Snapshot } from "../../../snapshot.ts";
import { Decisions } from "./decisions.ts";
import { EVERYTHING, Recording } from "./recording.ts";
import type { Look } from "./recording.ts";

type Request = Exchange & { readonly seen: Record<string, string>; readonly done: string[] };

const SNAPSHOT = {} as Snapshot;

function request(seen: Record<string, string>, snapshot: Snapshot = SNAPSHOT): Request {
  return { seen, done: [], snapshot } as unknown as Request;
}

function look(name: string): Look {
  return { name, of: name, read: (exchange) => (exchange as Request).seen[name] };
}

/** What a handler leaves that looks at these in turn and then does something. */
function recording(answers: Record<string, string | undefined>, effect: string): Recording {
  const made = new Recording();
  for (const [name, answer] of Object.entries(answers)) made.saw(look(name), answer);
  made.did((exchange) => (exchange as Request).done.push(effect), effect, "done");
  made.untilMs = Infinity;
  return made;
}

describe("a decision is repeated", () => {
  test("for the same answers, and for no others", () => {
    const decisions = new Decisions();
    decisions.keep(SNAPSHOT, recording({ method: "GET", key: "a" }, "alice"));
    decisions.keep(SNAPSHOT, recording({ method: "GET", key: "b" }, "bob"));
    decisions.keep(SNAPSHOT, recording({ method: "PUT" }, "nobody"));
    for (const [seen, done] of [
      [{ method: "GET", key: "a" }, ["alice"]],
      [{ method: "GET", key: "b" }, ["bob"]],
      [{ method: "PUT", key: "c" }, ["nobody"]],
      [{ method: "GET", key: "c" }, undefined],
      [{ method: "GET" }, undefined],
      [{ key: "a" }, undefined],
    ] as const) {
      const asked = request(seen);
      assert.equal(decisions.repeat(asked), done !== undefined, JSON.stringify(seen));
      assert.deepEqual(asked.done, done ?? []);
    }
  });

  test("for what is not there, too", () => {
    const decisions = new Decisions();
    decisions.keep(SNAPSHOT, recording({ key: undefined }, "anonymous"));
    assert.equal(decisions.repeat(request({})), true);
    assert.equal(decisions.repeat(request({ key: "" })), false);
    assert.equal(decisions.repeat(request({ key: "undefined" })), false);
  });

  test("until its time, and anew after that", () => {
    mock.timers.enable({ apis: ["Date"], now: 1000 });
    try {
      const decisions = new Decisions();
      for (const untilMs of [1500, 3000]) {
        const made = recording({ key: "a" }, String(untilMs));
        made.untilMs = untilMs;
        decisions.keep(SNAPSHOT, made);
        assert.equal(decisions.repeat(request({ key: "a" })), true);
        mock.timers.setTime(untilMs);
        assert.equal(decisions.repeat(request({ key: "a" })), false);
      }
    } finally {
      mock.timers.reset();
    }
  });

  test("not after the config has changed, nor for a request of the old one", () => {
    const decisions = new Decisions();
    const next = {} as Snapshot;
    decisions.keep(SNAPSHOT, recording({ key: "a" }, "old"));
    assert.equal(decisions.repeat(request({ key: "a" }, next)), false);
    decisions.keep(next, recording({ key: "a" }, "new"));
    const asked = request({ key: "a" }, next);
    assert.equal(decisions.repeat(asked), true);
    assert.deepEqual(asked.done, ["new"]);
    assert.equal(decisions.repeat(request({ key: "a" })), false);
  });

  test("of a call that looks elsewhere than where it has changed something", () => {
    const decisions = new Decisions();
    const made = recording({ key: "a" }, "x");
    made.saw(look("other"), "o");
    decisions.keep(SNAPSHOT, made);
    assert.equal(decisions.repeat(request({ key: "a", other: "o" })), true);
    assert.equal(decisions.repeat(request({ key: "a", other: "p" })), false);
  });

  test("of a handler that looks at nothing", () => {
    const decisions = new Decisions();
    decisions.keep(SNAPSHOT, recording({}, "always"));
    decisions.keep(SNAPSHOT, recording({}, "always, said again"));
    const asked = request({ key: "a" });
    assert.equal(decisions.repeat(asked), true);
    assert.deepEqual(asked.done, ["always, said again"]);
  });
});

describe("nothing is kept", () => {
  test("of a call that was spoilt, that did not ask, or that may have seen its own doing", () => {
    const spoilt = recording({ key: "a" }, "x");
    spoilt.spoil();
    const unasked = recording({ key: "a" }, "x");
    unasked.untilMs = 0;
    const late = recording({ key: "a" }, "x");
    late.saw(look("done"), undefined);
    const all = recording({ key: "a" }, "x");
    all.did(() => undefined, "", EVERYTHING);
    all.saw(look("other"), undefined);
    for (const made of [spoilt, unasked, late, all]) {
      const decisions = new Decisions();
      decisions.keep(SNAPSHOT, made);
      assert.equal(decisions.repeat(request({ key: "a" })), false);
    }
  });

  test("of a handler that looks elsewhere after the same answers", () => {
    for (const other of [recording({ other: "x" }, "y"), recording({}, "y")]) {
      const decisions = new Decisions();
      decisions.keep(SNAPSHOT, recording({ key: "a" }, "x"));
      decisions.keep(SNAPSHOT, other);
      assert.equal(decisions.repeat(request({ key: "a", other: "x" })), false);
    }
    const decisions = new Decisions();
    decisions.keep(SNAPSHOT, recording({ key: "a" }, "x"));
    decisions.keep(SNAPSHOT, recording({ key: "a", other: "b" }, "y"));
    assert.equal(decisions.repeat(request({ key: "a", other: "b" })), false);
  });

  test("before a plugin asks for it", () => {
    const decisions = new Decisions();
    assert.equal(decisions.record(), undefined);
    decisions.want();
    assert.ok(decisions.record() instanceof Recording);
  });

  test("of most calls when none has been repeated for long", () => {
    const decisions = new Decisions();
    decisions.want();
    const made = Array.from({ length: 2000 }, () => decisions.record());
    assert.equal(made.filter((each) => each !== undefined).length, 1000 + 1000 / 50);
    decisions.keep(SNAPSHOT, recording({ key: "a" }, "x"));
    assert.equal(decisions.repeat(request({ key: "a" })), true);
    assert.ok(decisions.record() instanceof Recording);
  });

  test("beyond a megabyte, of what was read or of what was done: then it begins anew", () => {
    const long = "x".repeat(50_000);
    for (const [key, effect] of [
      [long, ""],
      ["", long],
    ] as const) {
      const decisions = new Decisions();
      for (let at = 0; at < 12; at++) {
        decisions.keep(SNAPSHOT, recording({ key: `${key}${at}` }, `${effect}${at}`));
      }
      assert.equal(decisions.repeat(request({ key: `${key}0` })), false);
      assert.equal(decisions.repeat(request({ key: `${key}11` })), true);
    }
  });
});
