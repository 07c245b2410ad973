// Bodies from TypeScript through the engine: as a whole, and by chunk.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { ContentCoding, Fault, FieldKind, Property, Verdict } from "../abi.ts";
import type { BuiltPlugin } from "../compiler/build-plugin.ts";
import { buildFixture, start } from "./test-plugin.ts";
import type { Guest, TestHost } from "./test-host.ts";

let plugin: BuiltPlugin;
before(async () => {
  plugin = await buildFixture("bodies");
});

interface Started {
  readonly host: TestHost;
  readonly guest: Guest;
  readonly request: number;
  header(name: string): string | undefined;
}

async function startAt(path: string): Promise<Started> {
  const { host, guest } = await start(plugin);
  const request = host.request(({ properties }) => properties.set(Property.path, path));
  const header = (name: string): string | undefined =>
    host.requests.get(request)?.fields[0].find(([of]) => of === name)?.[1];
  return { host, guest, request, header };
}

/** Resumes the one call that waits. */
function resume({ host, guest }: Started, result: number, body: Buffer = Buffer.alloc(0)): void {
  host.result = [Buffer.alloc(0), body];
  const [call = 0] = host.bodies.reads.keys();
  assert.equal(guest.sluice_resume(call, result), 0);
}

async function readWhole(path: string, body: Buffer): Promise<Started> {
  const started = await startAt(path);
  assert.equal(started.guest.sluice_access(started.request, 0), Verdict.pending);
  resume(started, body.length, body);
  return started;
}

describe("a whole body", () => {
  test("comes as text, as bytes and as JSON", async () => {
    const text = await readWhole("/text", Buffer.from("\ufefftëxt"));
    assert.equal(text.header("x-text"), "tëxt");
    assert.equal(text.host.settled.get(text.request), Verdict.continue);
    const bytes = await readWhole("/bytes", Buffer.from([0, 255, 13]));
    assert.equal(bytes.header("x-bytes"), "0,255,13");
    const json = await readWhole("/json", Buffer.from('{"a":[1]}'));
    assert.equal(json.header("x-json"), '{"a":[1]}');
    const empty = await readWhole("/text", Buffer.alloc(0));
    assert.equal(empty.header("x-text"), "");
  });

  test("is asked for up to what the author takes", async () => {
    for (const [path, maxBytes] of [
      ["/text", 1_048_576],
      ["/bytes", 10],
      ["/json", 0x7fff_ffff],
    ] as const) {
      const { host, guest, request } = await startAt(path);
      guest.sluice_access(request, 0);
      assert.deepEqual([...host.bodies.reads.values()], [{ kind: FieldKind.request, maxBytes }]);
    }
  });

  test("of a MiB and more comes whole, many times over", async () => {
    const started = await startAt("/text");
    const { host, guest } = started;
    const body = Buffer.alloc(1_048_576 + 3, "abc");
    for (let n = 0; n < 20; n++) {
      host.bodies.reads.clear();
      const request = host.request(({ properties }) => properties.set(Property.path, "/bytes"));
      assert.equal(guest.sluice_access(request, 0), Verdict.pending);
      resume(started, body.length, body);
      assert.equal(host.settled.get(request), Verdict.continue, host.failures.join());
    }
  });

  test("that is too large, or of a request that ended, is an error to catch", async () => {
    const caught = await startAt("/caught");
    caught.guest.sluice_access(caught.request, 0);
    resume(caught, Fault.limit);
    assert.equal(caught.header("x-error"), "RangeError");
    assert.equal(caught.host.settled.get(caught.request), Verdict.continue);

    const failed = await startAt("/text");
    failed.guest.sluice_access(failed.request, 0);
    resume(failed, Fault.badHandle);
    assert.equal(failed.host.settled.get(failed.request), Verdict.failed);
    assert.match(failed.host.failures[0] ?? "", /^Error: The request of request's body has ended/);
  });

  test("that is known to be too large fails at once", async () => {
    const { host, guest, request } = await startAt("/text");
    host.bodies.refuseReadsWith = Fault.limit;
    assert.equal(guest.sluice_access(request, 0), Verdict.failed);
    assert.match(host.failures[0] ?? "", /^RangeError: /);
  });

  test("is replaced by text, bytes or nothing", async () => {
    for (const [path, bytes] of [
      ["/set", [0x74, 0xc3, 0xab, 0x78, 0x74]],
      ["/set-bytes", [0, 255, 13, 10]],
      ["/set-empty", []],
    ] as const) {
      const { host, guest, request } = await startAt(path);
      assert.equal(guest.sluice_access(request, 0), Verdict.continue);
      assert.deepEqual([...(host.bodies.set.get(FieldKind.request) ?? [-1])], bytes);
    }
  });

  test("of a response is read and replaced in onResponse", async () => {
    const started = await startAt("/");
    const { host, guest, request } = started;
    host.requests.get(request)?.fields[1].push(["x-read", "1"]);
    assert.equal(guest.sluice_header_filter(request, 0), Verdict.pending);
    resume(started, 3, Buffer.from("old"));
    assert.equal(host.settled.get(request), Verdict.continue);
    assert.deepEqual(host.requests.get(request)?.fields[1].at(-1), ["x-text", "old"]);
    assert.equal(host.bodies.set.get(FieldKind.response)?.toString(), "new");
  });
});

interface Passed {
  readonly verdict: number;
  readonly newChunk: Buffer | undefined;
  readonly host: TestHost;
  readonly request: number;
}

async function pass(path: string, chunk: string, isLast = 0): Promise<Passed> {
  const { host, guest, request } = await startAt(path);
  host.bodies.chunk = Buffer.from(chunk, "latin1");
  const verdict = guest.sluice_request_body(request, 0, host.bodies.chunk.length, isLast);
  return { verdict, newChunk: host.bodies.newChunk, host, request };
}

describe("a chunk", () => {
  test("passes as it is when the handler returns nothing", async () => {
    const { verdict, newChunk } = await pass("/pass", "abc");
    assert.equal(verdict, Verdict.continue);
    assert.equal(newChunk, undefined);
  });

  test("is replaced by what the handler returns", async () => {
    assert.equal((await pass("/upper", "abc")).newChunk?.toString(), "ABC");
    assert.deepEqual([...((await pass("/reverse", "\x00\xff\n")).newChunk ?? [])], [10, 255, 0]);
    assert.equal((await pass("/drop", "abc")).newChunk?.length, 0);
    assert.equal((await pass("/drop-bytes", "abc")).newChunk?.length, 0);
  });

  test("is a Uint8Array, with the word whether it is the last one", async () => {
    assert.equal((await pass("/describe", "abc", 0)).newChunk?.toString(), "true 3 false");
    assert.equal((await pass("/describe", "abc", 1)).newChunk?.toString(), "true 3 true");
    assert.equal((await pass("/describe", "", 1)).newChunk?.toString(), "true 0 true");
  });

  test("cannot wait for a promise", async () => {
    const { verdict, host } = await pass("/promise", "abc");
    assert.equal(verdict, Verdict.failed);
    assert.match(host.failures[0] ?? "", /^TypeError: onRequestBody must return .* cannot wait/);
  });

  test("of a handler that throws fails with its error", async () => {
    const { verdict, host } = await pass("/other", "abc");
    assert.equal(verdict, Verdict.failed);
    assert.match(host.failures[0] ?? "", /^Error: no such path: \/other/);
  });

  test("of a handler that throws an HttpError is answered", async () => {
    const { verdict, host, request } = await pass("/refuse", "abc");
    assert.equal(verdict, Verdict.respond);
    const { status, body } = host.requests.get(request)?.answer ?? {};
    assert.equal(status, 413);
    assert.equal((JSON.parse(body ?? "") as { message: string }).message, "too much");
  });

  test("of a response goes to onResponseBody", async () => {
    const { host, guest, request } = await startAt("/");
    host.requests.get(request)?.numbers.set(1, 203);
    host.bodies.chunk = Buffer.from("abc");
    assert.equal(guest.sluice_body_filter(request, 0, 3, 1), Verdict.continue);
    assert.equal(host.bodies.newChunk?.toString(), "203 3 true");
  });

  test("of 64 KiB leaves no memory behind, a thousand times over", async () => {
    const { host, guest, request } = await startAt("/reverse");
    host.bodies.chunk = Buffer.alloc(65_536, "x");
    const pass = (): number => guest.sluice_request_body(request, 0, 65_536, 0);
    for (let n = 0; n < 100; n++) assert.equal(pass(), Verdict.continue);
    const before = guest.memory.buffer.byteLength;
    for (let n = 0; n < 1000; n++) pass();
    assert.equal(guest.memory.buffer.byteLength, before);
  });
});

test("a response's body is encoded, unless it cannot be", async () => {
  for (const [fault, answers] of [
    [0, "true,true"],
    [Fault.absent, "false,false"],
  ] as const) {
    const { host, guest, request } = await startAt("/");
    host.requests.get(request)?.fields[FieldKind.response].push(["x-encode", "1"]);
    host.bodies.refuseEncodingWith = fault;
    guest.sluice_header_filter(request, 0);
    const fields = host.requests.get(request)?.fields[FieldKind.response];
    assert.equal(fields?.find(([name]) => name === "x-encoded")?.[1], answers);
    const asked = [
      [ContentCoding.br, -1],
      [ContentCoding.gzip, 9],
    ];
    assert.deepEqual(host.bodies.encodings, fault === 0 ? asked : []);
  }
});

test("both kinds of bodies can be skipped", async () => {
  for (const [path, run] of [
    ["/skip", (guest: Guest, request: number) => guest.sluice_access(request, 0)],
    ["/skip-rest", (guest: Guest, request: number) => guest.sluice_request_body(request, 0, 0, 1)],
  ] as const) {
    const { host, guest, request } = await startAt(path);
    assert.equal(run(guest, request), Verdict.continue);
    assert.deepEqual([...host.bodies.skipped], [FieldKind.request]);
  }
});

test("an answer may have any bytes", async () => {
  const { host, guest } = await start(await buildFixture("answers-bytes"));
  const request = host.request();
  assert.equal(guest.sluice_access(request, 0), Verdict.respond);
  const answered = host.requests.get(request);
  assert.deepEqual([...(answered?.answerBytes ?? [])], [0, 200, 13, 10]);
  assert.deepEqual(answered?.fields[1], [["content-type", "application/octet-stream"]]);
});

test("the phases are those whose handlers there are", () => {
  assert.deepEqual(plugin.manifest.phases, [
    "access",
    "request_body",
    "header_filter",
    "body_filter",
  ]);
});
