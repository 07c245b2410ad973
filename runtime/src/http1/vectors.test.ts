// Test vectors of llhttp and of AWS's desync guardian at the parsers: what comes of a message does not depend on
// where its bytes are cut, and what the vectors call wrong is refused. The files are no part of the checkout:
// CONFORMANCE_VECTORS names their folder, ../shared/vectors beside the checkout is the default.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, test } from "node:test";
import { readRequests, readResponses } from "./reading.testing.ts";
import type { Outcome } from "./reading.testing.ts";

const CHECKOUT = resolve(import.meta.dirname, "../../..");
const FOLDER = process.env["CONFORMANCE_VECTORS"] ?? join(CHECKOUT, "../shared/vectors");

interface Vector {
  readonly id: string;
  readonly raw: string;
}

interface LlhttpVector extends Vector {
  readonly title: string;
  /** What is read, and with which of llhttp's leniencies. */
  readonly type: string;
  readonly error: string | null;
  /** Messages that llhttp reads whole. */
  readonly complete: number;
}

interface DesyncVector extends Vector {
  readonly tier: "Severe" | "Ambiguous" | "Acceptable" | "Compliant";
}

type Read = (pieces: readonly Buffer[]) => Outcome;

/** The file's cases; none when the machine does not have it. Its README.md states these fields. */
function load<V extends Vector>(name: string): readonly V[] {
  const path = join(FOLDER, name);
  if (!existsSync(path)) {
    const skip = `no ${name} in ${FOLDER}; set CONFORMANCE_VECTORS to its folder`;
    test(`vectors of ${name}`, { skip });
    return [];
  }
  // Test data of a fixed version, so its shape is known.
  return (JSON.parse(readFileSync(path, "utf8")) as { cases: readonly V[] }).cases;
}

/** Every request gets a Host, so that it is refused for its own fault and not for that one. */
function addHosts(raw: string): string {
  if (/^host[ \t]*:/im.test(raw)) return raw;
  const lines = raw.replaceAll(/^[A-Z-]+ \S+ HTTP\/\d\.\d\r?\n/gm, "$&Host: gw.test\r\n");
  return lines === raw ? raw.replace(/^(?:\r\n)*[^\r\n]+\r?\n/, "$&Host: gw.test\r\n") : lines;
}

function latin1(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

/** The outcome, which is the same in one piece, byte by byte, and cut in two at every place. */
function sameAtEverySplit(raw: string, read: Read): Outcome {
  const bytes = latin1(raw);
  const whole = read([bytes]);
  const single = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  assert.deepEqual(read(single), whole, "byte by byte");
  for (let at = 1; at < bytes.length; at++) {
    assert.deepEqual(read([bytes.subarray(0, at), bytes.subarray(at)]), whole, `cut at ${at}`);
  }
  return whole;
}

const readResponse: Read = (pieces) => readResponses(pieces, "GET");
const llhttp = load<LlhttpVector>("http1-llhttp.json");
const desync = load<DesyncVector>("http1-aws-desync.json");

/** Not faults of the bytes: llhttp stops there because another protocol, or nothing, follows. */
const STOPS = /^(?:Pause on|Data after `Connection: close`)/;

/** What llhttp reads and this gateway refuses: its code for it. */
const STRICTER: ReadonlyMap<string, string> = new Map([
  // CONNECT and HTTP/2's preface; methods that no gateway forwards; protocols that are not HTTP.
  ["llhttp-request-method-73", "method_not_allowed"],
  ["llhttp-request-method-74", "method_not_allowed"],
  ["llhttp-request-method-75", "method_not_allowed"],
  ["llhttp-request-uri-159", "method_not_allowed"],
  ["llhttp-request-method-86", "method_unknown"],
  ["llhttp-request-method-76", "method_unknown"],
  ["llhttp-request-method-82", "method_unknown"],
  ["llhttp-request-method-83", "bad_request"],
  ["llhttp-request-method-84", "bad_request"],
  ["llhttp-request-method-85", "bad_request"],
  ["llhttp-response-sample-218", "bad_request"],
  ["llhttp-response-sample-219", "bad_request"],
  // HTTP/0.9.
  ["llhttp-request-sample-111", "bad_request"],
  ["llhttp-response-sample-233", "bad_request"],
  // A Host with `=`, an authority with a user, a fragment, codings before `chunked` or in place of it.
  ["llhttp-request-sample-104", "bad_request"],
  ["llhttp-request-sample-105", "bad_request"],
  ["llhttp-request-uri-160", "bad_request"],
  ["llhttp-request-uri-158", "bad_request"],
  ["llhttp-request-transfer-encoding-139", "bad_request"],
  ["llhttp-request-transfer-encoding-140", "bad_request"],
  ["llhttp-response-transfer-encoding-237", "upstream_invalid_response"],
  ["llhttp-response-transfer-encoding-238", "upstream_invalid_response"],
  ["llhttp-response-transfer-encoding-239", "upstream_invalid_response"],
  // 101 to a request without Upgrade.
  ["llhttp-response-connection-171", "upstream_invalid_response"],
  ["llhttp-response-connection-172", "upstream_invalid_response"],
]);

/** Cut wrongly out of llhttp's page: the bytes hold a whole valid request, and prose after it. */
const MISCUT = "llhttp-request-connection-4";
/** The vector's program tells llhttp that requests have no body, whatever their length says. */
const WITHOUT_BODY = "llhttp-request-content-length-32";

describe("llhttp's vectors at every split", () => {
  for (const vector of llhttp) {
    const isRequest = vector.type.startsWith("request");
    const raw = isRequest ? addHosts(vector.raw) : vector.raw;
    const read = isRequest ? readRequests : readResponse;
    // The lenient types say what llhttp does when it is told to be less strict; this gateway never is.
    const isStrict = !vector.type.includes("lenient");
    test(`${vector.id}: ${vector.error ?? vector.title}`, () => {
      const outcome = sameAtEverySplit(raw, read);
      if (!isStrict) return;
      if (vector.error === null || STOPS.test(vector.error)) return assertRead(vector, outcome);
      // Some are cut off before their head is whole, which is when a head is judged.
      const { fault } = outcome.fault === undefined ? read([latin1(`${raw}\r\n\r\n`)]) : outcome;
      assert.notEqual(fault, undefined, outcome.events.join("\n"));
      if (vector.id !== MISCUT) assert.ok(outcome.messages <= vector.complete);
    });
  }
});

function assertRead({ id, type, complete }: LlhttpVector, { fault, messages }: Outcome): void {
  assert.equal(fault, STRICTER.get(id));
  if (fault !== undefined || id === WITHOUT_BODY) return;
  // A response parser reads one final response: there was one request.
  if (type.startsWith("request")) assert.equal(messages, complete);
}

describe("AWS's desync vectors at every split", () => {
  for (const { id, raw, tier } of desync) {
    test(`${id}, ${tier.toLowerCase()}`, () => {
      const { fault, events } = sameAtEverySplit(addHosts(raw), readRequests);
      if (tier === "Severe") assert.notEqual(fault, undefined, events.join("\n"));
    });
  }
});
