import assert from "node:assert/strict";
import { test } from "node:test";
import type { Phase } from "@sluice/plugin-sdk/abi";
import { Exchange } from "../../exchange.ts";
import type { ClientSide, ConnectionInfo, RequestHead } from "../../exchange.ts";
import { Fields } from "../../http1/fields.ts";
import { BadOutput, applyOutput } from "./output.ts";

function exchange(): Exchange {
  const fields = new Fields();
  fields.add("Accept", "text/html");
  fields.add("X-Old", "1");
  // As much of a request as changes can reach.
  const head = { method: "GET", path: "/a", query: "q=1", fields } as unknown as RequestHead;
  const made = new Exchange(head, {} as ClientSide, {} as ConnectionInfo);
  made.status = 200;
  made.responseFields = new Fields();
  made.responseFields.add("Server", "up");
  return made;
}

function apply(phase: Phase, output: unknown, on: Exchange = exchange()): Exchange {
  const text = typeof output === "string" ? output : JSON.stringify(output);
  applyOutput(phase, on, Buffer.from(text));
  return on;
}

test("changes method, path, query and headers of the request", () => {
  const changed = apply("access", {
    request: {
      method: "POST",
      path: "/b",
      query: "",
      headers: { set: [["accept", "*/*"]], add: [["X-New", "é"]], remove: ["X-Old"] },
    },
  });
  assert.deepEqual([changed.method, changed.pathOverride, changed.query], ["POST", "/b", ""]);
  assert.deepEqual(changed.requestFields.all("accept"), ["*/*"]);
  assert.equal(changed.requestFields.get("x-new"), "é");
  assert.equal(changed.requestFields.get("x-old"), undefined);
});

test("keeps changes to the response for whatever response there will be", () => {
  const changed = apply("access", { response: { headers: { add: [["X-A", "1"]] } } });
  assert.equal(changed.responseEdits?.[0]?.value, "1");
  assert.equal(changed.responseFields.get("x-a"), undefined);
});

test("answers with status, headers and body", () => {
  const on = exchange();
  const respond = { status: 403, headers: [["X-Why", "no"]], body: "não" };
  const verdict = applyOutput("access", on, Buffer.from(JSON.stringify({ respond })));
  assert.equal(verdict.kind, "respond");
  assert.deepEqual([on.status, on.responseBody], [403, "não"]);
  assert.equal(on.responseEdits?.[0]?.name.text, "X-Why");
});

test("changes status and headers of the response in header_filter", () => {
  const changed = apply("header_filter", {
    response: { status: 418, headers: { remove: ["server"] } },
  });
  assert.equal(changed.status, 418);
  assert.equal(changed.responseFields.get("server"), undefined);
});

test("says nothing with an empty output, and may say anything in log", () => {
  for (const phase of ["access", "header_filter"] as const) {
    assert.equal(applyOutput(phase, exchange(), undefined).kind, "continue");
    assert.equal(applyOutput(phase, exchange(), Buffer.alloc(0)).kind, "continue");
    apply(phase, {});
  }
  apply("log", "{ no JSON");
});

const set = (name: string, value: string): object => ({ headers: { set: [[name, value]] } });

const REFUSED: Readonly<Record<string, readonly [Phase, unknown]>> = {
  "no JSON": ["access", "{ nothing"],
  "JSON of another kind": ["access", "[]"],
  "an unknown member": ["access", { respnd: {} }],
  "an unknown member inside": ["access", { request: { uri: "/" } }],
  "CR LF in a request header": ["access", { request: set("X-A", "a\r\nX-B: b") }],
  "CR LF in a response header": ["access", { response: set("X-A", "a\r\nX-B: b") }],
  "a character that would become CR": ["access", { response: set("X-A", "\u010d\u010a") }],
  "NUL in a header": ["header_filter", { response: set("X-A", "\0") }],
  "a name that is none": ["header_filter", { response: set("X A", "1") }],
  "a name that would become another": ["access", { request: set("\u0148ost", "evil") }],
  "a field of the gateway": ["access", { request: set("X-Forwarded-For", "1.2.3.4") }],
  "a framing field": ["header_filter", { response: set("Content-Length", "5") }],
  "a value that is too long": ["access", { request: set("X-A", "a".repeat(20_000)) }],
  "too many fields": [
    "access",
    { request: { headers: { add: Array.from({ length: 600 }, () => ["X-A", "1"]) } } },
  ],
  "CR LF in the answer's headers": [
    "access",
    { respond: { status: 200, headers: [["X-A", "a\r\n\r\nb"]] } },
  ],
  "a status that is none": ["access", { respond: { status: 99 } }],
  "a status that is not whole": ["access", { respond: { status: 200.5 } }],
  "a status without a body for one that has it": ["header_filter", { response: { status: 204 } }],
  "a method that is no token": ["access", { request: { method: "GET /x" } }],
  "a path that is not canonical": ["access", { request: { path: "/a/../b" } }],
  "a path with CR LF": ["access", { request: { path: "/a\r\nHost: b" } }],
  "a query with a space": ["access", { request: { query: "a b" } }],
  "an answer in header_filter": ["header_filter", { respond: { status: 200 } }],
};

for (const [what, [phase, output]] of Object.entries(REFUSED)) {
  test(`refuses ${what}, and changes nothing (W5)`, () => {
    const on = exchange();
    const text = typeof output === "string" ? output : JSON.stringify(output);
    assert.throws(() => applyOutput(phase, on, Buffer.from(text)), BadOutput);
    assert.deepEqual(
      [on.method, on.pathOverride, on.query, on.status],
      ["GET", undefined, "q=1", 200],
    );
    assert.deepEqual(on.requestFields.values, ["text/html", "1"]);
    assert.deepEqual(on.responseFields.values, ["up"]);
    assert.equal(on.responseEdits?.length ?? 0, 0);
  });
}

test("takes all of an output or nothing", () => {
  const on = exchange();
  const output = { request: { method: "PUT", path: "//", ...set("X-A", "1") } };
  assert.throws(() => apply("access", output, on), BadOutput);
  assert.deepEqual([on.method, on.requestFields.get("x-a")], ["GET", undefined]);
});

test("refuses bytes that are no UTF-8, and more than a mebibyte (W5)", () => {
  assert.throws(() => applyOutput("access", exchange(), Buffer.from([0xff, 0xfe])), BadOutput);
  const large = Buffer.alloc(1024 * 1024 + 1, 0x20);
  assert.throws(() => applyOutput("access", exchange(), large), BadOutput);
});
