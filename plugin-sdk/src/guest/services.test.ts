// The gateway's services, used from TypeScript through the engine.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { before, describe, test } from "node:test";
import { Fault, Property, Verdict } from "../abi.ts";
import type { BuiltPlugin } from "../compiler/build-plugin.ts";
import { TestRequest } from "./test-request.ts";
import type { TestHost } from "./test-host.ts";
import { buildFixture, start } from "./test-plugin.ts";

let plugin: BuiltPlugin;
before(async () => {
  plugin = await buildFixture("services");
});

interface Outcome {
  readonly verdict: number;
  readonly host: TestHost;
  readonly request: TestRequest;
  /** A request header that the plugin set. */
  readonly sent: (name: string) => string | undefined;
}

async function run(
  name: string,
  change: (host: TestHost, request: TestRequest) => void = () => {},
): Promise<Outcome> {
  const { host, guest } = await start(plugin);
  const request = new TestRequest();
  change(host, request);
  request.fields[0].push(["case", name]);
  host.requests.set(1, request);
  const verdict = guest.sluice_access(1, 0);
  const sent = (header: string): string | undefined =>
    request.fields[0].find(([field]) => field === header)?.[1];
  return { verdict, host, request, sent };
}

describe("the store", () => {
  test("compares and sets", async () => {
    const { host, sent } = await run("store");
    assert.equal(sent("x-outcomes"), "false,true,false,true");
    assert.deepEqual(host.store.get("a"), { value: "ü", ttlMs: 0 });
  });

  test("keeps a plugin's own keys apart from those of namespaces, whatever they begin with", async () => {
    const { host, sent } = await run("store");
    assert.deepEqual([...host.store.keys()].toSorted(), [
      "\0\0",
      "\0\0\0a\0b",
      "\0common\0\0",
      "\0common\0n",
      "a",
    ]);
    assert.equal(sent("x-read"), "own,2");
  });

  test("refuses a namespace that has a NUL in its name", async () => {
    const { verdict, host } = await run("badNamespace");
    assert.equal(verdict, Verdict.failed);
    assert.match(host.failures[0] ?? "", /^TypeError: A namespace is of letters/);
  });
});

describe("data of a request", () => {
  test("shared data are JSON values", async () => {
    const { host, sent } = await run("shared", ({ services }) => {
      services.shared.set("given", '{"b":[true]}');
    });
    assert.equal(sent("x-before"), '{"b":[true]}');
    assert.equal(sent("x-absent"), "undefined");
    assert.deepEqual(Object.fromEntries(host.services.shared), {
      object: '{"a":[1,"ü",null]}',
      null: "null",
    });
  });

  test("secrets are read by reference", async () => {
    const { sent } = await run("secret", ({ services }) => {
      services.secrets.set("vault://env/key", "value");
    });
    assert.equal(sent("x-secret"), "value");
    assert.equal(sent("x-absent"), "undefined");
  });

  test("cookies are read and set", async () => {
    const { request, sent } = await run("cookies", (_, { fields }) => {
      fields[0].push(["Cookie", 'a=1%20; b="x"; a=2'], ["cookie", "c=%zz"]);
    });
    assert.equal(sent("x-one"), "1 ");
    assert.equal(sent("x-all"), '[["a","1 "],["b","x"],["c","%zz"]]');
    assert.deepEqual(request.fields[1], [
      ["set-cookie", "b=%C3%BC%3B%20x; Path=/; HttpOnly"],
      ["set-cookie", "b=2"],
    ]);
  });

  test("an upstream and a target can be chosen", async () => {
    const { request, sent } = await run("upstream", (_, { properties }) => {
      properties.set(Property.target, "127.0.0.1:1");
    });
    assert.equal(sent("x-before"), "undefined 127.0.0.1:1");
    assert.equal(request.properties.get(Property.upstream), "blue");
    assert.equal(request.properties.get(Property.target), "10.0.0.5:80");
  });
});

describe("cryptography", () => {
  test("digests and MACs take text and bytes, and give bytes and text", async () => {
    const { sent } = await run("digests");
    assert.equal(sent("x-hex"), createHash("sha256").update("abc").digest("hex"));
    assert.equal(sent("x-same"), "true");
    assert.equal(sent("x-empty"), createHash("sha1").digest("base64"));
    assert.equal(sent("x-length"), "64");
    assert.equal(sent("x-hmac"), createHmac("md5", "").digest("base64url"));
    assert.equal(sent("x-equal"), "true,false,false,true,false");
  });

  test("tokens are signed and verified", async () => {
    const { sent } = await run("jwt", (host) => (host.nowMs = 5000));
    const [header = ""] = sent("x-token")?.split(".") ?? [];
    assert.equal(
      Buffer.from(header, "base64url").toString(),
      '{"alg":"HS256","kid":"k","typ":"JWT"}',
    );
    assert.equal(sent("x-payload"), '"issued_in_future"');
    assert.equal(sent("x-other"), "bad_signature");
  });

  test("a key that is none is the author's error", async () => {
    const { verdict, host } = await run("badKey");
    assert.equal(verdict, Verdict.failed);
    assert.match(host.failures[0] ?? "", /^TypeError: keys: the pem holds no public key/);
  });
});

describe("metrics", () => {
  test("stand in the manifest, in the order of their numbers", () => {
    assert.deepEqual(plugin.manifest.metrics, [
      { kind: "counter", name: "requests", help: "Requests", labels: ["route", "kind"] },
      { kind: "gauge", name: "level", help: "Level", labels: [] },
      { kind: "histogram", name: "sizes", help: "Sizes", labels: [], buckets: [1, 10] },
    ]);
  });

  test("are recorded with the values of their labels", async () => {
    const { host } = await run("metrics");
    assert.deepEqual(host.services.metrics, [
      { metric: 0, value: 1, labels: "a\0" + "5\0" },
      { metric: 0, value: 2.5, labels: "b\0x\0" },
      { metric: 1, value: -1.5, labels: "" },
      { metric: 2, value: 7, labels: "" },
    ]);
  });

  test("that do not take a value say so; a limit is no error", async () => {
    const refused = await run(
      "badMetric",
      ({ services }) => (services.refuseWith = Fault.badValue),
    );
    assert.equal(refused.verdict, Verdict.failed);
    assert.match(
      refused.host.failures[0] ?? "",
      /^RangeError: The metric requests does not take -1/,
    );
    const full = await run("metrics", ({ services }) => (services.refuseWith = Fault.limit));
    assert.equal(full.verdict, Verdict.continue);
  });

  test("have no NUL in the values of their labels", async () => {
    const { host } = await run(
      "nulInLabel",
      ({ services }) => (services.refuseWith = Fault.badValue),
    );
    assert.deepEqual(
      host.services.metrics.map(({ labels }) => labels),
      ["a\0b\0c\0", "ab\0c\0"],
    );
  });
});

describe("spans", () => {
  test("are nested, have attributes, and end with what they measure", async () => {
    const { host, sent } = await run("spans", ({ services }) => {
      services.trace = '{"trace_id":"abc"}';
    });
    assert.equal(sent("x-trace"), "abc");
    assert.equal(sent("x-sum"), "5");
    assert.equal(sent("x-error"), "Error: oh");
    assert.deepEqual(host.services.spans, [
      { parent: 0, name: "outer", attributes: ["a=1", "b=true"], isError: false },
      { parent: 1, name: "inner", attributes: [], isError: false },
      { parent: 0, name: "throws", attributes: [], isError: true },
    ]);
  });

  test("of async functions end when these are done", async () => {
    const { verdict, host, sent } = await run("asyncSpans");
    assert.equal(verdict, Verdict.continue);
    assert.equal(sent("x-outcome"), "done");
    assert.equal(sent("x-error"), "Error: oh");
    assert.deepEqual(
      host.services.spans.map(({ isError }) => isError),
      [false, true],
    );
  });

  test("over the limit are not kept, but what they measure runs", async () => {
    const { verdict, host, sent } = await run("spans", ({ services }) => {
      services.trace = '{"trace_id":"abc"}';
      services.refuseWith = Fault.limit;
    });
    assert.equal(verdict, Verdict.continue);
    assert.equal(sent("x-sum"), "5");
    assert.deepEqual(host.services.spans, []);
  });

  test("have attributes up to a limit, beyond which nothing happens", async () => {
    const { verdict, host } = await run("spans", ({ services }) => {
      services.trace = '{"trace_id":"abc"}';
      services.refuseAttributesWith = Fault.limit;
    });
    assert.equal(verdict, Verdict.continue);
    assert.deepEqual(host.services.spans[0]?.attributes, []);
  });
});

test("a log line may have fields, whatever they are", async () => {
  const { host } = await run("log");
  assert.deepEqual(host.logs.slice(0, 2), [
    { level: 1, message: "plain" },
    { level: 2, message: "with fields", fields: '{"a":1,"nested":{"b":"ü"}}' },
  ]);
  assert.match(host.logs[2]?.fields ?? "", /^\{"fields_error":"TypeError: .*circular/);
});

describe("an HttpError", () => {
  test("that is thrown answers with its status, message and headers", async () => {
    const { verdict, request } = await run("throwsAnswer", (_, { properties }) => {
      properties.set(Property.requestId, "id");
    });
    assert.equal(verdict, Verdict.respond);
    assert.deepEqual(request.answer, {
      status: 402,
      body: '{"message":"Pay first","request_id":"id"}',
    });
    assert.deepEqual(request.fields[1], [
      ["X-Price", "5"],
      ["content-type", "application/json; charset=utf-8"],
    ]);
  });

  test("that an async handler throws does so, too", async () => {
    const { verdict, request } = await run("rejectsAnswer");
    assert.equal(verdict, Verdict.respond);
    assert.equal(request.answer?.status, 418);
  });

  test("is the only error that answers", async () => {
    const { verdict, host } = await run("throwsOther");
    assert.equal(verdict, Verdict.failed);
    assert.match(host.failures[0] ?? "", /^Error: no answer/);
  });
});
