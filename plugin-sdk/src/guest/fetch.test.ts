// fetch of TypeScript through the engine; the test is the host and says what each call comes to.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Fault, Verdict } from "../abi.ts";
import type { BuiltPlugin } from "../compiler/build-plugin.ts";
import { buildFixture, start } from "./test-plugin.ts";
import type { Guest, TestHost } from "./test-host.ts";

let plugin: BuiltPlugin;
before(async () => {
  plugin = await buildFixture("fetches");
});

interface Started {
  readonly host: TestHost;
  readonly guest: Guest;
  readonly handle: number;
  readonly verdict: number;
  /** What the handler answered, read as JSON where it is. */
  readonly answer: (handle?: number) => unknown;
  readonly succeed: (call: number, body: string) => void;
  readonly fail: (call: number, fault: number, reason: string) => void;
}

async function run(name: string, change: (host: TestHost) => void = () => {}): Promise<Started> {
  const { host, guest } = await start(plugin);
  change(host);
  const { handle, verdict } = request(host, guest, name);
  const answer = (of = handle): unknown => {
    const body = host.requests.get(of)?.answer?.body;
    return body === undefined || !/^[[{]/.test(body) ? body : JSON.parse(body);
  };
  const succeed = (call: number, body: string): void => {
    const headers = [
      ["X-A", "1"],
      ["x-a", "2"],
    ];
    const head = JSON.stringify({ status: 201, url: "https://a.test/end", headers });
    host.result = [Buffer.from(head), Buffer.from(body)];
    assert.equal(guest.sluice_resume(call, 201), 0);
  };
  const fail = (call: number, fault: number, reason: string): void => {
    host.result = [Buffer.from(JSON.stringify({ reason, message: "so it is" })), Buffer.alloc(0)];
    assert.equal(guest.sluice_resume(call, fault), 0);
  };
  return { host, guest, handle, verdict, answer, succeed, fail };
}

function request(host: TestHost, guest: Guest, name: string): { handle: number; verdict: number } {
  const handle = host.request(({ fields }) => fields[0].push(["case", name]));
  return { handle, verdict: guest.sluice_access(handle, 0) };
}

test("a fetch goes out with its request's handle, and the handler goes on with the answer", async () => {
  const { host, handle, verdict, answer, succeed } = await run("plain");
  assert.equal(verdict, Verdict.pending);
  assert.deepEqual(host.fetches.get(1), {
    request: handle,
    head: { url: "https://a.test/", headers: [] },
    body: "",
  });
  succeed(1, "hällo");
  assert.equal(host.settled.get(handle), Verdict.respond);
  assert.deepEqual(answer(), {
    status: 201,
    ok: true,
    url: "https://a.test/end",
    names: ["x-a"],
    values: [["1", "2"]],
    first: "1",
    text: "hällo",
  });
});

test("everything that can be said reaches the host", async () => {
  const { host } = await run("full");
  assert.deepEqual(host.fetches.get(1), {
    request: 1,
    head: {
      url: "https://a.test/base/x?y",
      method: "POST",
      headers: [["X-A", "1"]],
      timeout_ms: 1500,
      redirect: "manual",
      max_bytes: 10,
    },
    body: Buffer.from("Grüße").toString("latin1"),
  });
});

test("a form has its type, bytes are sent as they are, and headers may repeat", async () => {
  const form = (await run("form")).host.fetches.get(1);
  assert.equal(form?.body, "a=1+2");
  assert.deepEqual(form?.head, {
    url: "https://a.test/",
    method: "POST",
    headers: [["Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"]],
  });
  const bytes = (await run("bytes")).host.fetches.get(1);
  assert.equal(bytes?.body, "\xff");
  assert.deepEqual(bytes?.head, {
    url: "https://a.test/",
    method: "PUT",
    headers: [
      ["x", "1"],
      ["x", "2"],
    ],
  });
});

test("json parses the body, and what is no JSON rejects", async () => {
  const good = await run("json");
  good.succeed(1, '{"a":1}');
  assert.deepEqual(good.answer(), { a: 1 });
  const bad = await run("json");
  bad.succeed(1, "{");
  assert.equal(bad.host.settled.get(1), Verdict.failed);
  assert.match(bad.host.failures[0] ?? "", /^SyntaxError/);
});

test("a body larger than one piece arrives whole", async () => {
  const { answer, succeed } = await run("plain");
  const body = "0123456789".repeat(150_000);
  succeed(1, body);
  const { text } = answer() as { text: string };
  assert.ok(text === body);
});

for (const [fault, reason] of [
  [Fault.denied, "denied"],
  [Fault.unavailable, "timeout"],
  [Fault.unavailable, "unreachable"],
  [Fault.limit, "limit"],
  [Fault.badHandle, "ended"],
] as const) {
  test(`a fetch that comes to nothing rejects with the reason ${reason}`, async () => {
    const { answer, fail } = await run("fails");
    fail(1, fault, reason);
    assert.deepEqual(answer(), {
      name: "FetchError",
      reason,
      message: "so it is",
      isAuthors: true,
    });
  });
}

for (const [fault, reason] of [
  [Fault.badHandle, "ended"],
  [Fault.limit, "limit"],
  [Fault.wrongPhase, "invalid"],
  [Fault.badValue, "invalid"],
] as const) {
  test(`fault ${fault} at once rejects with the reason ${reason}`, async () => {
    const { answer, verdict } = await run("fails", (host) => {
      host.refuseFetchesWith = fault;
    });
    assert.equal(verdict, Verdict.respond);
    assert.equal((answer() as { reason: string }).reason, reason);
  });
}

test("a fetch that nobody catches fails the request, with the place that asked", async () => {
  const { host, fail } = await run("uncaught");
  fail(1, Fault.denied, "denied");
  assert.equal(host.settled.get(1), Verdict.failed);
  assert.match(host.failures[0] ?? "", /^FetchError: so it is\n[^]*at fails \(/);
});

test("a body over the limit never reaches the host", async () => {
  const { host, answer } = await run("large");
  assert.equal((answer() as { reason: string }).reason, "limit");
  assert.equal(host.fetches.size, 0);
});

test("the imported fetch belongs to no request", async () => {
  const { host } = await run("outside");
  assert.equal(host.fetches.get(1)?.request, 0);
});

test("two fetches run at once, and end in any order", async () => {
  const { host, answer, succeed } = await run("all");
  assert.equal(host.fetches.size, 2);
  succeed(2, "b");
  assert.equal(host.settled.size, 0);
  succeed(1, "a");
  assert.deepEqual(answer(), ["a", "b"]);
});

test("a race with a timer goes to the first, and the loser does no harm", async () => {
  const { host, guest, handle, answer, succeed } = await run("race");
  const [timer = 0] = host.timers.keys();
  assert.equal(guest.sluice_resume(timer, 0), 0);
  assert.equal(answer(), "timer");
  succeed(1, "late");
  assert.deepEqual([...host.settled], [[handle, Verdict.respond]]);
});

test("several requests wait for one promise of the module", async () => {
  const { host, guest, handle, answer, succeed } = await run("shared");
  const second = request(host, guest, "shared");
  assert.equal(second.verdict, Verdict.pending);
  assert.equal(host.fetches.size, 1);
  succeed(1, "keys");
  assert.deepEqual([answer(handle), answer(second.handle)], ["keys", "keys"]);
  const third = request(host, guest, "shared");
  assert.equal(third.verdict, Verdict.respond);
});
