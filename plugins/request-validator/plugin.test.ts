import assert from "node:assert/strict";
import { test } from "node:test";

import type { ConfigInput } from "@sluice/plugin-sdk";
import { FakeGateway, fillDefaults } from "@sluice/plugin-sdk/testing";
import type { FakeRequestInit } from "@sluice/plugin-sdk/testing";

import requestValidator from "./plugin.ts";

type Config = ConfigInput<typeof requestValidator>;
type ParameterSchema = NonNullable<Config["parameter_schema"]>[number];

/** The message of the refusal; undefined when the request passes. */
async function fault(config: Config, request: FakeRequestInit): Promise<string | undefined> {
  const gateway = new FakeGateway();
  const plugin = gateway.configure(requestValidator, config);
  const { isAnswered, response } = await gateway.handle(plugin, request);
  if (!isAnswered) return undefined;
  assert.equal(response.status, 400);
  return (JSON.parse(response.body ?? "") as { message: string }).message;
}

const USER = JSON.stringify({
  type: "object",
  properties: { name: { type: "string", maxLength: 5 }, age: { type: "integer" } },
  required: ["name"],
});

function json(body: string, type: string = "application/json"): FakeRequestInit {
  return { method: "POST", headers: { "content-type": type }, body };
}

const BODY_FAULT = "request body doesn't conform to schema";
const TYPE_FAULT = "specified Content-Type is not allowed";

test("states Kong's name, priority and defaults", () => {
  const { manifest } = requestValidator;
  assert.equal(manifest.name, "request-validator");
  assert.equal(manifest.priority, 999);
  assert.deepEqual(fillDefaults(manifest.config, {}), {
    version: "draft4",
    allowed_content_types: ["application/json"],
    content_type_parameter_validation: true,
    verbose_response: false,
  });
});

test("bodies that fit pass, others get Kong's message", async () => {
  const config = { body_schema: USER };
  assert.equal(await fault(config, json('{"name":"ann","age":7}')), undefined);
  for (const body of ['{"name":"ann","age":"7"}', "{}", '{"name":"too long"}', "[]", "{", ""]) {
    assert.equal(await fault(config, json(body)), BODY_FAULT, body);
  }
});

test("verbose_response says what is wrong", async () => {
  const config = { body_schema: USER, verbose_response: true };
  assert.match((await fault(config, json('{"name":"ann","age":"7"}'))) ?? "", /age.*integer/);
  assert.match((await fault(config, json("{}"))) ?? "", /name/);
  assert.equal(await fault(config, json("{")), "the body is no JSON");
});

test("knows the drafts", async () => {
  const schema = JSON.stringify({ properties: { n: { minimum: 1, exclusiveMinimum: true } } });
  assert.equal(await fault({ body_schema: schema }, json('{"n":1}')), BODY_FAULT);
  const newer = JSON.stringify({
    properties: { n: { exclusiveMinimum: 1 } },
    $ref: "#/$defs/a",
    $defs: { a: { required: ["n"] } },
  });
  const config: Config = { body_schema: newer, version: "draft202012" };
  assert.equal(await fault(config, json('{"n":1}')), BODY_FAULT);
  assert.equal(await fault(config, json("{}")), BODY_FAULT);
  assert.equal(await fault(config, json('{"n":2}')), undefined);
});

test("the Content-Type has to be an allowed one, with its parameters", async () => {
  const config = { body_schema: USER };
  const body = '{"name":"ann"}';
  assert.equal(await fault(config, json(body, "Application/JSON")), undefined);
  assert.equal(await fault(config, json(body, "text/plain")), TYPE_FAULT);
  assert.equal(await fault(config, json(body, "application/json; charset=utf-8")), TYPE_FAULT);
  assert.equal(await fault(config, { method: "POST", body }), undefined);
  const loose = { ...config, content_type_parameter_validation: false };
  assert.equal(await fault(loose, json(body, "application/json; charset=utf-8")), undefined);
  const more = {
    ...config,
    allowed_content_types: ["application/json;charset=UTF-8", "text/*", "multipart/form-data"],
  };
  assert.equal(await fault(more, json(body, 'application/json; Charset="utf-8"')), undefined);
  assert.equal(await fault(more, json(body)), TYPE_FAULT);
  // What is allowed and no JSON is not looked at.
  assert.equal(await fault(more, json("x", "text/plain")), undefined);
  assert.equal(await fault(more, json("x", "multipart/form-data; boundary=abc")), undefined);
});

function parameter(more: Partial<ParameterSchema>): Config {
  const schema = JSON.stringify({ type: "integer", minimum: 1 });
  return { parameter_schema: [{ in: "query", name: "n", required: true, schema, ...more }] };
}

const PARAMETER_FAULT = "request param doesn't conform to schema";

test("parameters are checked where they are", async () => {
  for (const [place, requestOf] of [
    ["query", (n: string): FakeRequestInit => ({ query: `n=${n}` })],
    ["header", (n: string): FakeRequestInit => ({ headers: { N: n } })],
    ["path", (n: string): FakeRequestInit => ({ uriCaptures: { n } })],
  ] as const) {
    const config = parameter({ in: place });
    assert.equal(await fault(config, requestOf("7")), undefined, place);
    for (const bad of ["0", "x", "1.5", "0x1", ""]) {
      assert.equal(await fault(config, requestOf(bad)), PARAMETER_FAULT, `${place} ${bad}`);
    }
    assert.equal(await fault(config, {}), PARAMETER_FAULT);
    assert.equal(await fault(parameter({ in: place, required: false }), {}), undefined);
  }
  assert.equal(await fault(parameter({}), { query: "n=1&n=2" }), PARAMETER_FAULT);
  const verbose = { ...parameter({}), verbose_response: true };
  assert.equal(await fault(verbose, {}), "query 'n' validation failed, required field missing");
});

test("lists and objects are read by their style", async () => {
  const list = JSON.stringify({ type: "array", items: { type: "integer" }, maxItems: 2 });
  const object = JSON.stringify({
    type: "object",
    properties: { a: { type: "integer" }, b: { type: "boolean" } },
    required: ["a"],
  });
  const cases: readonly [Partial<ParameterSchema>, FakeRequestInit][] = [
    [{ schema: list }, { query: "n=1&n=2" }],
    [{ schema: list, style: "form", explode: false }, { query: "n=1,2" }],
    [{ schema: list, style: "spaceDelimited" }, { query: "n=1%202" }],
    [{ schema: list, style: "pipeDelimited" }, { query: "n=1|2" }],
    [{ schema: list, in: "header" }, { headers: { n: "1, 2" } }],
    [{ schema: list, in: "path", style: "label" }, { uriCaptures: { n: ".1,2" } }],
    [
      { schema: list, in: "path", style: "matrix", explode: true },
      { uriCaptures: { n: ";n=1;n=2" } },
    ],
    [{ schema: object, style: "deepObject" }, { query: "n[a]=1&n[b]=true" }],
    [{ schema: object, in: "path" }, { uriCaptures: { n: "a,1,b,true" } }],
    [{ schema: object, in: "header", explode: true }, { headers: { n: "a=1,b=true" } }],
  ];
  for (const [more, request] of cases) {
    assert.equal(await fault(parameter(more), request), undefined, JSON.stringify(request));
    const worse = JSON.parse(JSON.stringify(request).replace("1", "x")) as FakeRequestInit;
    assert.equal(await fault(parameter(more), worse), PARAMETER_FAULT, JSON.stringify(worse));
  }
});

test("a value that is nested without end is refused", async () => {
  const deep = "[".repeat(200) + "]".repeat(200);
  assert.equal(await fault({ body_schema: "{}" }, json(deep)), BODY_FAULT);
});

test("refuses a config that it cannot carry out, with the place in it", () => {
  const gateway = new FakeGateway();
  const faults: [Config, RegExp][] = [
    [{ body_schema: "{" }, /^body_schema: is no JSON$/],
    [{ body_schema: "7" }, /^body_schema: is 7, expected an object/],
    [{ body_schema: '[{"name":{"type":"string"}}]' }, /^body_schema: is in Kong's own schema/],
    [{ body_schema: '{"$ref":"http://a.test/x"}' }, /^body_schema: has the reference/],
    [{ body_schema: '{"$ref":"#/definitions/x"}' }, /^body_schema: has nothing at the reference/],
    [{ body_schema: '{"$ref":"#"}' }, /^body_schema: is no JSON Schema/],
    [{ body_schema: '{"pattern":"(a+)+"}' }, /^body_schema: .*repetition inside of a repetition$/],
    [{ body_schema: '{"pattern":"\\\\-"}' }, /^body_schema: .*not a valid regex/],
    [{ body_schema: '{"patternProperties":{"(":{}}}' }, /^body_schema: .*not a valid regex$/],
    [{ body_schema: "{}", allowed_content_types: [] }, /^allowed_content_types: /],
    [parameter({ schema: "x" }), /^parameter_schema\[0\]\.schema: is no JSON$/],
    [
      parameter({ style: "matrix" }),
      /^parameter_schema\[0\]\.style: "matrix" is no style of a query/,
    ],
  ];
  for (const [config, message] of faults) {
    assert.throws(() => gateway.configure(requestValidator, config), {
      name: "ConfigError",
      message,
    });
  }
});
