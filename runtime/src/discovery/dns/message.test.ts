import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { decode, encode, TRUNCATED_RESPONSE } from "dns-packet";
import type { Packet } from "dns-packet";
import { isDnsName, queryBytes, readAnswer } from "./message.ts";
import type { Query } from "./message.ts";

const QUERY: Query = { id: 7, name: "api.test", type: "A", hasEdns: true };

function answer(change: Partial<Packet> = {}, rcode = 0): Buffer {
  return encode({
    type: "response",
    id: 7,
    flags: rcode,
    questions: [{ type: "A", name: "api.test", class: "IN" }],
    answers: [{ type: "A", name: "api.test", ttl: 5, data: "10.0.0.1" }],
    ...change,
  });
}

describe("a question", () => {
  test("is one, with recursion and room for larger answers", () => {
    const packet = decode(queryBytes(QUERY));
    assert.deepEqual(packet.questions, [{ name: "api.test", type: "A", class: "IN" }]);
    assert.equal(packet.id, 7);
    assert.equal(packet.additionals?.[0]?.type, "OPT");
    assert.equal(decode(queryBytes({ ...QUERY, hasEdns: false })).additionals?.length, 0);
  });
});

describe("an answer", () => {
  test("has records with their time in ms", () => {
    assert.deepEqual(readAnswer(answer(), QUERY), {
      kind: "records",
      records: [{ kind: "A", name: "api.test", ttlMs: 5000, address: "10.0.0.1" }],
    });
  });

  test("may come in any case (haproxy 25d6e65aa)", () => {
    const questions = [{ type: "A", name: "aPi.TeSt", class: "IN" }] as const;
    const answers = [{ type: "A", name: "API.test", ttl: 5, data: "10.0.0.1" }] as const;
    const read = readAnswer(answer({ questions: [...questions], answers: [...answers] }), QUERY);
    assert.equal(read?.kind === "records" && read.records[0]?.name, "api.test");
  });

  const others: Readonly<Record<string, Buffer>> = {
    "another id": answer({ id: 8 }),
    "another name": answer({ questions: [{ type: "A", name: "api.tes", class: "IN" }] }),
    "another type": answer({ questions: [{ type: "AAAA", name: "api.test", class: "IN" }] }),
    "no question": answer({ questions: [] }),
    "a question of its own": answer({ type: "query" }),
    "half of its bytes": answer().subarray(0, 20),
    "no bytes": Buffer.alloc(0),
  };
  for (const [what, bytes] of Object.entries(others)) {
    test(`with ${what} is none`, () => {
      assert.equal(readAnswer(bytes, QUERY), undefined);
    });
  }

  test("says that there is no such name, that it was cut, or that the server failed", () => {
    assert.deepEqual(readAnswer(answer({ answers: [] }, 3), QUERY), { kind: "no_name" });
    const cut = answer({ flags: TRUNCATED_RESPONSE });
    assert.deepEqual(readAnswer(cut, QUERY), { kind: "truncated" });
    const failed = answer({ flags: 2, answers: [] });
    assert.deepEqual(readAnswer(failed, QUERY), { kind: "refused", code: "SERVFAIL" });
  });

  test("leaves out what no target can be", () => {
    const srv = (target: string, port: number): Packet["answers"] => [
      { type: "SRV", name: "api.test", ttl: 1, data: { target, port } },
    ];
    const query: Query = { ...QUERY, type: "SRV" };
    const questions: Packet["questions"] = [{ type: "SRV", name: "api.test", class: "IN" }];
    for (const answers of [srv("a b.test", 80), srv("a.test", 0), srv(".", 80)]) {
      const read = readAnswer(answer({ questions, answers }), query);
      assert.deepEqual(read, { kind: "records", records: [] });
    }
  });
});

test("a time with the highest bit set is 0, and a long one a day", () => {
  const ttlOf = (ttl: number): unknown => {
    const answers: Packet["answers"] = [{ type: "A", name: "api.test", ttl, data: "10.0.0.1" }];
    const read = readAnswer(answer({ answers }), QUERY);
    return read?.kind === "records" && read.records[0]?.ttlMs;
  };
  assert.equal(ttlOf(0x8000_0000), 0);
  assert.equal(ttlOf(0x7fff_ffff), 86_400_000);
});

test("a name that can be asked for has labels of 1 to 63 characters", () => {
  for (const name of ["a", "a.b", "_http._tcp.a-b.test", "a.test."])
    assert.ok(isDnsName(name), name);
  const long = "a".repeat(64);
  for (const name of ["", ".", "a..b", long, "a b", "a\0", "é.test", `${"a.".repeat(127)}b`]) {
    assert.ok(!isDnsName(name), name);
  }
});
