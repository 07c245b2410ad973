// Which route takes a request, in Kong's order of precedence, and what it makes of the path and of Host.
import assert from "node:assert/strict";
import { test } from "node:test";

import { head } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";

/** Each route's service answers from a base path of the route's name, so the upstream sees which one won. */
function routed(port: number, name: string, match: Entry): Entry {
  return {
    name,
    url: `http://127.0.0.1:${port}/${name}`,
    routes: [{ name: `${name}-route`, strip_path: false, ...match }],
  };
}

const used = useGateway(([port = 0]) => ({
  config: config({
    services: [
      routed(port, "host", { hosts: ["a.test"] }),
      routed(port, "host-path", { hosts: ["a.test"], paths: ["/p"] }),
      routed(port, "host-path-method", { hosts: ["a.test"], paths: ["/p"], methods: ["POST"] }),
      routed(port, "wildcard-left", { hosts: ["*.b.test"] }),
      routed(port, "wildcard-right", { hosts: ["c.*"] }),
      routed(port, "exact-beats-wildcard", { hosts: ["x.b.test"] }),
      routed(port, "port", { hosts: ["port.test:8080"] }),
      routed(port, "path", { paths: ["/p"] }),
      routed(port, "longer-path", { paths: ["/p/longer"] }),
      routed(port, "regex", { paths: ["~/r/\\d+$"] }),
      routed(port, "regex-high", { paths: ["~/r/7"], regex_priority: 5 }),
      routed(port, "prefix-under-regex", { paths: ["/r"] }),
      routed(port, "method", { methods: ["DELETE"] }),
      routed(port, "header", { headers: { "x-version": ["v1", "v2"] } }),
      routed(port, "header-path", { headers: { "x-version": ["v2"] }, paths: ["/h"] }),
      routed(port, "header-regex", { headers: { "x-kind": ["~*^re-\\d+$"] } }),
      routed(port, "two-headers", { headers: { "x-version": ["v1"], "x-more": ["yes"] } }),
    ],
  }),
}));

interface Probe {
  readonly what: string;
  readonly line: string;
  readonly fields?: readonly string[];
  /** Undefined: no route. */
  readonly route: string | undefined;
}

const PROBES: readonly Probe[] = [
  { what: "a host alone", line: "GET /x", fields: ["Host: a.test"], route: "host" },
  { what: "a host in capitals", line: "GET /x", fields: ["Host: A.TEST"], route: "host" },
  { what: "a host with a port", line: "GET /x", fields: ["Host: a.test:1234"], route: "host" },
  {
    what: "host and path before host",
    line: "GET /p",
    fields: ["Host: a.test"],
    route: "host-path",
  },
  {
    what: "host, path and method before host and path",
    line: "POST /p",
    fields: ["Host: a.test"],
    route: "host-path-method",
  },
  {
    what: "a wildcard at the left",
    line: "GET /",
    fields: ["Host: y.b.test"],
    route: "wildcard-left",
  },
  {
    what: "a wildcard at the right",
    line: "GET /",
    fields: ["Host: c.org"],
    route: "wildcard-right",
  },
  {
    what: "an exact host before a wildcard",
    line: "GET /",
    fields: ["Host: x.b.test"],
    route: "exact-beats-wildcard",
  },
  {
    what: "a host that needs its port",
    line: "GET /",
    fields: ["Host: port.test:8080"],
    route: "port",
  },
  {
    what: "a host on another port",
    line: "GET /",
    fields: ["Host: port.test:9"],
    route: undefined,
  },
  { what: "a path prefix", line: "GET /p/a", route: "path" },
  { what: "the longer prefix first", line: "GET /p/longer/a", route: "longer-path" },
  { what: "a regex before a prefix", line: "GET /r/42", route: "regex" },
  { what: "a regex's end anchor", line: "GET /r/42/x", route: "prefix-under-regex" },
  { what: "regex_priority before other regexes", line: "GET /r/7", route: "regex-high" },
  { what: "a method alone", line: "DELETE /x", route: "method" },
  { what: "a header's value", line: "GET /x", fields: ["X-Version: v1"], route: "header" },
  { what: "a header's other value", line: "GET /x", fields: ["x-VERSION: v2"], route: "header" },
  {
    what: "a header with a wrong value",
    line: "GET /x",
    fields: ["X-Version: v3"],
    route: undefined,
  },
  {
    what: "header and path before path or header",
    line: "GET /h",
    fields: ["X-Version: v2"],
    route: "header-path",
  },
  { what: "a header's regex", line: "GET /x", fields: ["X-Kind: re-12"], route: "header-regex" },
  {
    what: "a header's regex that fails",
    line: "GET /x",
    fields: ["X-Kind: re-"],
    route: undefined,
  },
  {
    what: "more headers before fewer",
    line: "GET /x",
    fields: ["X-Version: v1", "X-More: yes"],
    route: "two-headers",
  },
  { what: "nothing that matches", line: "GET /nowhere", route: undefined },
  { what: "paths are case-sensitive", line: "GET /P", route: undefined },
];

for (const { what, line, fields = [], route } of PROBES) {
  test(`routing: ${what}: ${route ?? "no route"}`, async () => {
    const hasHost = fields.some((field) => field.startsWith("Host:"));
    const host = hasHost ? [] : ["Host: other.example"];
    const response = await used.gateway.ask(head(`${line} HTTP/1.1`, ...host, ...fields));
    if (route === undefined) {
      assert.equal(response.status, 404);
      assert.equal(used.upstream.requests.length, 0);
      return;
    }
    assert.equal(response.status, 200);
    assert.equal((await used.upstream.request()).target.split("/")[1], route);
  });
}

test("routing: no route is 404 as JSON with Kong's text and a request id", async () => {
  const response = await used.gateway.get("/nowhere");
  assert.match(response.header("content-type") ?? "", /^application\/json/);
  assert.deepEqual(response.json(), {
    message: "no Route matched with those values",
    request_id: response.header("x-request-id"),
  });
});
