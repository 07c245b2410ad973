// What a route answers with when its upstream cannot: a fixed answer, the last good one, or another service.
import assert from "node:assert/strict";
import { test } from "node:test";

import { get, head } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { closedPort, reply } from "../harness/upstream.ts";

const LONG_MS = 600_000;

const used = useGateway(async ([first = 0, second = 0]) => {
  const refusing = await closedPort();
  const to = (name: string, port: number, fallback?: Entry, more: Entry = {}): Entry => ({
    name,
    url: `http://127.0.0.1:${port}`,
    retries: 0,
    read_timeout: 100,
    routes: [{ name: `${name}-route`, paths: [`/${name}`], strip_path: false }],
    ...(fallback && { fallback }),
    ...more,
  });
  const fixed = {
    status: 200,
    headers: { "Content-Type": "text/plain", "X-From": "the config" },
    body: "please come again",
  };
  return {
    config: config({
      services: [
        to("static", first, { on: ["upstream_error", "timeout", 503], answer: fixed }),
        to("narrow", first, { on: ["timeout"], answer: fixed }),
        to("opening", first, { answer: fixed }, { host: "opening.upstream", url: undefined }),
        to("cached", first, { on: ["upstream_error", 500], cache: { max_entries: 4 } }),
        to("either", first, { on: ["upstream_error"], cache: {}, answer: { status: 502 } }),
        to("other", first, { on: ["upstream_error", 500], service: "spare" }),
        to("refused", refusing, { service: "spare" }),
        to("chain", refusing, { service: "broken-spare" }),
        to(
          "own",
          first,
          { on: ["timeout"], answer: fixed },
          {
            routes: [
              {
                name: "own-route",
                paths: ["/own"],
                fallback: { on: [500], answer: { status: 299, body: "the route's" } },
              },
            ],
          },
        ),
        to(
          "broken-spare",
          refusing,
          { answer: { status: 218, body: "last resort" } },
          { routes: [] },
        ),
        to(
          "retried",
          first,
          { on: [503, "upstream_error"], cache: {}, answer: fixed },
          {
            retry_policy: {
              retry_on: ["5xx"],
              num_retries: 1,
              retry_back_off: { base_interval: 1, max_interval: 1 },
            },
          },
        ),
        to("spare", second, undefined, { routes: [] }),
      ],
      upstreams: [
        {
          name: "opening.upstream",
          targets: [{ target: `127.0.0.1:${first}` }],
          circuit_breaker: { sliding_window_size: 2, wait_duration_in_open_state: LONG_MS },
        },
      ],
    }),
  };
}, 2);

function post(path: string, body: string): string {
  return head(`POST ${path} HTTP/1.1`, "Host: a", `Content-Length: ${body.length}`) + body;
}

test("fallback: a fixed answer takes the place of an error, and of a status that it is for", async () => {
  const [first] = used.upstreams;
  const mark = used.gateway.mark;
  first!.answer = (_request, connection) => connection.reset();
  const answer = await used.gateway.get("/static");
  assert.deepEqual([answer.status, answer.text], [200, "please come again"]);
  assert.equal(answer.header("x-from"), "the config");
  assert.equal(answer.header("content-type"), "text/plain");
  assert.equal(answer.header("x-fallback"), "static");
  await used.gateway.logged(/"route":"static-route","code":"upstream_reset"/, mark);
  first!.answer = () => undefined;
  assert.equal((await used.gateway.get("/static")).text, "please come again", "a time-out");
  first!.answer = (_request, connection) => connection.send(reply("503 Busy", "busy", "X-Own: 1"));
  const instead = await used.gateway.get("/static");
  assert.deepEqual([instead.status, instead.header("x-own")], [200, undefined]);
  first!.answer = (_request, connection) => connection.send(reply("500 Oops", "oops"));
  const passed = await used.gateway.get("/static");
  assert.deepEqual([passed.status, passed.text], [500, "oops"], "not one of its statuses");
  const samples = parseMetrics((await used.gateway.status("/metrics")).text);
  const labels = { route: "static-route", kind: "static" };
  assert.equal(total(samples, "sluice_fallbacks_total", labels), 3);
});

test("fallback: an error that it is not for is answered as ever, and a route's own comes before its service's", async () => {
  const [first] = used.upstreams;
  first!.answer = (_request, connection) => connection.reset();
  const answer = await used.gateway.get("/narrow");
  assert.deepEqual([answer.status, answer.header("x-fallback")], [502, undefined]);
  first!.answer = (_request, connection) => connection.send(reply("500 Oops"));
  const own = await used.gateway.get("/own");
  assert.deepEqual([own.status, own.text], [299, "the route's"]);
});

test("fallback: while a circuit breaker is open", async () => {
  const [first] = used.upstreams;
  first!.answer = (_request, connection) => connection.send(reply("500 Oops"));
  for (let n = 0; n < 2; n++) assert.equal((await used.gateway.get("/opening")).status, 500);
  const open = await used.gateway.get("/opening");
  assert.deepEqual([open.status, open.text], [200, "please come again"]);
  assert.equal(open.header("retry-after"), undefined);
  assert.equal(first!.requests.length, 2);
});

test("K1 fallback: the last good answer, with its age, to those whom it may be given", async () => {
  const [first] = used.upstreams;
  const good = (body: string, ...lines: readonly string[]): void => {
    first!.answer = (_request, connection) =>
      connection.send(reply("200 OK", body, "Content-Type: text/x", ...lines));
  };
  const bad = (): void => {
    first!.answer = (_request, connection) => connection.send(reply("500 Oops", "oops"));
  };
  good("one", "Age: 7", "X-Own: 1");
  await used.gateway.get("/cached/a?x=1");
  good("two", "X-Own: 2");
  assert.equal((await used.gateway.get("/cached/a?x=2")).text, "two");
  bad();
  const one = await used.gateway.get("/cached/a?x=1");
  assert.deepEqual([one.status, one.text, one.header("x-own")], [200, "one", "1"]);
  assert.deepEqual([one.header("x-fallback"), one.header("content-type")], ["cached", "text/x"]);
  assert.ok(Number(one.header("age")) >= 7);
  assert.equal((await used.gateway.get("/cached/a?x=2")).text, "two");
  const others = ["/cached/a", "/cached/b?x=1"];
  for (const path of others) assert.equal((await used.gateway.get(path)).status, 500, path);
  for (const line of ["Host: b", "Host: gw.test:99"]) {
    const host = await used.gateway.ask(head("GET /cached/a?x=1 HTTP/1.1", line));
    assert.equal(host.status, 500, "another host");
  }
  const somebody = ["Authorization: Basic eA==", "Cookie: a=b"];
  for (const line of somebody) {
    assert.equal((await used.gateway.get("/cached/a?x=1", line)).status, 500, line);
  }
  first!.answer = (_request, connection) => connection.reset();
  assert.equal((await used.gateway.get("/cached/a?x=1")).text, "one", "an error, too");

  const KEPT_FOR_NOBODY: readonly (readonly [
    request: readonly string[],
    response: readonly string[],
  ])[] = [
    [["Authorization: Basic eA=="], []],
    [["Cookie: a=b"], []],
    [["Cache-Control: no-store"], []],
    [[], ["Set-Cookie: a=b"]],
    [[], ["Cache-Control: private"]],
    [[], ["Cache-Control: no-store"]],
    [[], ["Cache-Control: max-age=0, must-revalidate"]],
    [[], ["Vary: *"]],
  ];
  for (const [number, [request, response]] of KEPT_FOR_NOBODY.entries()) {
    const path = `/cached/nobody/${number}`;
    good("mine", ...response);
    assert.equal((await used.gateway.get(path, ...request)).text, "mine");
    bad();
    assert.equal((await used.gateway.get(path)).status, 500, `${request.join()}${response.join()}`);
  }

  good("de", "Vary: Accept-Language");
  await used.gateway.get("/cached/v", "Accept-Language: de");
  bad();
  assert.equal((await used.gateway.get("/cached/v", "Accept-Language: de")).text, "de");
  assert.equal((await used.gateway.get("/cached/v", "Accept-Language: fr")).status, 500);

  // An answer that is cut is none, and four entries are all that there may be.
  for (let n = 0; n < 5; n++) {
    good(`n${n}`);
    await used.gateway.get(`/cached/n/${n}`);
  }
  first!.answer = (_request, connection) => {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncut").reset();
  };
  await assert.rejects(used.gateway.get("/cached/n/4"));
  bad();
  assert.equal((await used.gateway.get("/cached/n/0")).status, 500);
  assert.equal((await used.gateway.get("/cached/n/4")).text, "n4");

  const either = await used.gateway.get("/either");
  assert.deepEqual([either.status, either.text], [500, "oops"], "not a cause of its");
  first!.answer = (_request, connection) => connection.reset();
  const fixed = await used.gateway.get("/either");
  assert.deepEqual([fixed.status, fixed.header("x-fallback")], [502, "static"]);
});

test("K2 fallback: what was answered to what is not in the key is kept for nobody", async () => {
  const [first] = used.upstreams;
  const asked = [
    get("/cached/k/0", "X-Original-URL: /evil"),
    get("/cached/k/1", "X_Original_Url: /evil"),
    get("/cached/k/2", "X-HTTP-Method-Override: PUT"),
    `${head("GET /cached/k/3 HTTP/1.1", "Host: gw.test", "Content-Length: 4")}evil`,
    get("/cached/k/4", "X-Api-Key: mine"),
  ];
  for (const [number, bytes] of asked.entries()) {
    first!.answer = (_request, connection) => connection.send(reply("200 OK", "evil"));
    assert.equal((await used.gateway.ask(bytes)).text, "evil");
    first!.answer = (_request, connection) => connection.send(reply("500 Oops", "oops"));
    assert.equal((await used.gateway.get(`/cached/k/${number}`)).text, "oops", bytes);
  }
});

test("fallback: another service gets the request, when all of it can be sent again", async () => {
  const [first, second] = used.upstreams;
  second!.answer = ({ body }, connection) =>
    connection.send(reply("200 OK", `spare ${String(body)}`));
  first!.answer = (_request, connection) => connection.send(reply("500 Oops"));
  const answer = await used.gateway.get("/other/x?y=1");
  assert.deepEqual([answer.status, answer.text], [200, "spare "]);
  assert.equal(answer.header("x-fallback"), "service");
  assert.equal(second!.requests[0]?.target, "/other/x?y=1");
  assert.equal(second!.requests[0]?.header("host"), `127.0.0.1:${second!.port}`);
  const sent = await used.gateway.ask(post("/refused", "the body"));
  assert.deepEqual([sent.status, sent.text], [200, "spare the body"], "nobody has got it yet");
  const gone = await used.gateway.ask(post("/other", "the body"));
  assert.equal(gone.status, 500, "the body is the first service's");
  second!.answer = (_request, connection) => connection.reset();
  assert.equal((await used.gateway.get("/other")).status, 502, "it may fail itself");
});

test("fallback: one service may fall back on the next", async () => {
  const answer = await used.gateway.ask(get("/chain"));
  assert.deepEqual([answer.status, answer.text], [218, "last resort"]);
  assert.equal(answer.header("x-fallback"), "static");
});

test("fallback: it is for what all retries have come to", async () => {
  const [first] = used.upstreams;
  first!.answer = (_request, connection) => connection.send(reply("503 Busy"));
  const fixed = await used.gateway.get("/retried");
  assert.deepEqual([fixed.status, fixed.text], [200, "please come again"]);
  assert.equal(first!.requests.length, 2, "tried twice");
  first!.answer = (_request, connection) => {
    const isFirst = first!.requests.length === 3;
    connection.send(isFirst ? reply("503 Busy", "busy") : reply("200 OK", "good at last"));
  };
  assert.equal((await used.gateway.get("/retried")).text, "good at last");
  first!.answer = (_request, connection) => connection.reset();
  const kept = await used.gateway.get("/retried");
  assert.deepEqual(
    [kept.status, kept.text, kept.header("x-fallback")],
    [200, "good at last", "cached"],
  );
});
