// Policies ask other servers: they wait for the answer, and only their own request waits with them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { asking } from "../harness/asking.ts";
import { connect, get } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import { eventually, within } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { buildGuest } from "../harness/guests.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { reply } from "../harness/upstream.ts";
import type { Upstream } from "../harness/upstream.ts";

const used = useGateway(async ([port = 0, asked = 0, early = 0]) => {
  const url = `http://127.0.0.1:${asked}`;
  return {
    config: config({
      services: [
        asking("decide", port, asked, { does: "decide", url: `${url}/decision` }),
        asking("response", port, asked, { does: "response", url: `${url}/response` }),
        asking("log", port, asked, { does: "log", url: `${url}/log` }),
        asking("report", port, asked, { does: "report", url: `${url}/report` }),
        asking("keys", port, asked, { does: "keys", url: `${url}/keys` }),
        asking("both", port, asked, { does: "both", url: `${url}/both` }),
        asking("early", port, early, {
          does: "early",
          url: `http://127.0.0.1:${early}/`,
          plugin: "early",
        }),
        asking("loop", port, asked, { does: "loop", url }),
        asking("alone", port, asked, {
          does: "report",
          url: `${url}/alone`,
          plugin: "alone",
          more: { isolation: "request" },
        }),
      ],
    }),
    plugins: {
      asks: await buildGuest("asks"),
      early: await buildGuest("asks"),
      alone: await buildGuest("asks"),
    },
    // The first call of each is a cold one, and the machine may be busy.
    flags: ["--plugin-timeout", "1000"],
  };
}, 3);

function asked(): Upstream {
  const [, server] = used.upstreams;
  if (server === undefined) throw new Error("there is no second upstream");
  return server;
}

/** The asked server answers nothing; gives the end of the first request's connection. */
function silent(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  asked().answer = (_request, { socket }) => {
    socket.once("close", () => resolve());
    asked().answer = () => {};
  };
  return within(promise, "the end of a call that nobody waits for any more", 4000);
}

/** Requests whose clients did not wait for the answer. */
async function closedClients(): Promise<number> {
  const samples = parseMetrics((await used.gateway.status("/metrics")).text);
  return total(samples, "sluice_errors_total", { code: "client_closed" });
}

test("fetch: a request goes on or not as a remote decision says", async () => {
  asked().answer = (request, connection) => {
    const isKnown = request.header("authorization") === "Bearer good";
    connection.send(
      isKnown ? reply("204 No Content", "", "X-Role: admin") : reply("403 Forbidden"),
    );
  };
  const allowed = await used.gateway.get("/decide/a", "Authorization: Bearer good");
  assert.equal(allowed.status, 200);
  assert.equal((await used.upstream.request()).header("x-role"), "admin");
  const decision = await asked().request();
  assert.equal(decision.method, "POST");
  assert.equal(decision.target, "/decision");
  assert.equal(decision.body.toString(), "/decide/a");
  const refused = await used.gateway.get("/decide/b", "Authorization: Bearer bad");
  assert.equal(refused.status, 403);
  assert.equal(used.upstream.requests.length, 1);
});

test("fetch: a response waits for an answer", async () => {
  asked().answer = (_request, connection) => void connection.send(reply("200 OK", "checked"));
  const response = await used.gateway.get("/response");
  assert.equal(response.header("x-asked"), "checked");
  assert.equal(response.text, "ok");
});

test("fetch: a record goes to a server when the response is out", async () => {
  assert.equal((await used.gateway.get("/log/a")).status, 200);
  const record = await asked().request();
  assert.equal(record.method, "PUT");
  assert.equal(record.body.toString(), "/log/a 200");
});

test("fetch: the answer comes with status, URL and body", async () => {
  asked().answer = (_request, connection) => void connection.send(reply("418 Teapot", "short"));
  assert.deepEqual((await used.gateway.get("/report")).json(), {
    status: 418,
    url: `http://127.0.0.1:${asked().port}/report`,
    text: "short",
    VERSION: "one",
  });
});

test("fetch: two at once, and one that loses against a timer", async () => {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  asked().answer = (request, connection) => {
    if (request.target.endsWith("never")) connection.socket.once("close", () => end());
    else connection.send(reply("200 OK", request.target));
  };
  assert.deepEqual((await used.gateway.get("/both")).json(), ["/both1", "/both2", "too late"]);
  await within(ended, "the end of the call that lost, with its request", 4000);
});

test("W11 fetch: two hundred requests ask at once, and each gets its own answer", async () => {
  asked().answer = (request, connection) => {
    const mark = request.header("mark") ?? "";
    setTimeout(() => connection.send(reply("200 OK", mark)), (Number(mark) * 7) % 50);
  };
  const marks = Array.from({ length: 200 }, (_, at) => String(at));
  const answers = await Promise.all(
    marks.map((mark) => used.gateway.get("/report", `X-Mark: ${mark}`)),
  );
  assert.deepEqual(
    answers.map((answer) => answer.json()),
    marks.map((text) => ({
      status: 200,
      url: `http://127.0.0.1:${asked().port}/report`,
      text,
      VERSION: "one",
    })),
  );
});

test("fetch: requests that share no instance wait each in its own", async () => {
  asked().answer = (request, connection) => {
    const mark = request.header("mark") ?? "";
    setTimeout(() => connection.send(reply("200 OK", mark)), 20 - Number(mark));
  };
  const marks = Array.from({ length: 20 }, (_, at) => String(at));
  const answers = await Promise.all(
    marks.map((mark) => used.gateway.get("/alone", `X-Mark: ${mark}`)),
  );
  assert.deepEqual(
    answers.map((answer) => (answer.json() as { text: string }).text),
    marks,
  );
});

test("fetch: a connection is kept for the next call", async () => {
  await used.gateway.get("/report");
  asked().reset();
  await used.gateway.get("/report");
  await used.gateway.get("/report");
  assert.equal(asked().connectionCount, 0);
});

test("fetch: when the client goes away, so does what its policy asked for", async () => {
  const ended = silent();
  const client = await connect(used.gateway.proxyPort);
  client.send(get("/decide"));
  await asked().request();
  client.abort();
  await ended;
  asked().reset();
  assert.equal((await used.gateway.get("/report")).status, 200);
});

test("W1 fetch: a loop beside those that wait fails them and itself, and nobody after", async () => {
  const ended = silent();
  // What belongs to no request, and ends with the instance.
  const keys = used.gateway.get("/keys");
  await asked().request();
  const waiting = [1, 2, 3].map(() => used.gateway.get("/report"));
  await asked().request(3);
  assert.equal((await used.gateway.get("/loop")).status, 500);
  for (const each of [keys, ...waiting]) assert.equal((await each).status, 500);
  await ended;
  asked().reset();
  assert.equal((await used.gateway.get("/report")).status, 200);
});

test("fetch: several requests wait for one answer, also when the one that asked goes away", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  asked().answer = (_request, connection) => {
    void released.then(() => connection.send(reply("200 OK", "the keys")));
  };
  const first = await connect(used.gateway.proxyPort);
  first.send(get("/keys"));
  await asked().request();
  const others = [1, 2, 3].map(() => used.gateway.get("/keys"));
  const gone = await closedClients();
  first.abort();
  await eventually(
    async () => ((await closedClients()) > gone ? true : undefined),
    "the gateway to see that the client went away",
  );
  release();
  const answers = await Promise.all(others);
  assert.deepEqual(
    answers.map(({ status, text }) => [status, text]),
    Array.from({ length: 3 }, () => [200, "the keys"]),
  );
  assert.equal(asked().requests.length, 1);
});

test("fetch: not in configure, but in a timer that it starts", async () => {
  const text = await eventually(async () => {
    const answer = await used.gateway.get("/early");
    return answer.text.includes(" ") ? answer.text : undefined;
  }, "the answer to a timer");
  assert.equal(text, "invalid ok");
});

test("W10 fetch: a swap lets those that wait end on the old code", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  asked().answer = (request, connection) => {
    const isHeld = request.header("mark") === "hold";
    void (isHeld ? released : Promise.resolve()).then(() => connection.send(reply("200 OK", "a")));
  };
  const version = async (...lines: string[]): Promise<unknown> =>
    ((await used.gateway.get("/report", ...lines)).json() as { VERSION: string }).VERSION;
  const waiting = [1, 2, 3].map(() => version("X-Mark: hold"));
  await asked().request(2);
  await used.gateway.writePlugin("asks", await buildGuest("asks-two"));
  await eventually(async () => ((await version()) === "two" ? true : undefined), "the new code");
  release();
  assert.deepEqual(await Promise.all(waiting), ["one", "one", "one"]);
  await used.gateway.writePlugin("asks", await buildGuest("asks"));
  await eventually(async () => ((await version()) === "one" ? true : undefined), "the old code");
});

test("fetch: what became of calls is counted", async () => {
  const { text } = await used.gateway.status("/metrics");
  const samples = parseMetrics(text);
  const labels = { plugin: "asks" };
  assert.ok(
    total(samples, "sluice_plugin_fetches_total", { ...labels, outcome: "answered" }) > 200,
  );
  assert.ok(total(samples, "sluice_plugin_fetches_total", { ...labels, outcome: "ended" }) >= 4);
});
