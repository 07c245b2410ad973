// What a policy asks for and may not have, or does not get: its own code hears why, and nothing else goes wrong.
import assert from "node:assert/strict";
import { test } from "node:test";

import { asking } from "../harness/asking.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { buildGuest } from "../harness/guests.ts";
import { parseMetrics, total } from "../harness/metrics.ts";
import { reply } from "../harness/upstream.ts";
import type { Upstream } from "../harness/upstream.ts";

const used = useGateway(async ([port = 0, asked = 0, other = 0]) => {
  const at = `http://127.0.0.1:${asked}/`;
  const byName = `http://localhost:${asked}/`;
  const report = (name: string, url: string, grants?: Entry, limits?: Entry): Entry =>
    asking(name, port, asked, {
      does: "report",
      url,
      ...(grants && { grants }),
      ...(limits && { config: limits }),
    });
  return {
    config: config({
      services: [
        report("granted", at),
        report("nothing", at, {}),
        report("other-port", at, { fetch: [`127.0.0.1:${other}`] }),
        report("by-name", byName, { fetch: [`localhost:${asked}`] }),
        report("by-name-private", byName, {
          fetch: [`localhost:${asked}`],
          private_addresses: true,
        }),
        report("by-name-and-address", byName, {
          fetch: [`localhost:${asked}`, `127.0.0.1:${asked}`, `[::1]:${asked}`],
        }),
        report("metadata", at, { fetch: [`127.0.0.1:${asked}`, "metadata.test"] }),
        report("short", at, undefined, { timeout_ms: 100 }),
        report("small", at, undefined, { max_bytes: 10 }),
        asking("decide", port, asked, { does: "decide", url: at, grants: {} }),
      ],
    }),
    plugins: { asks: await buildGuest("asks") },
    // The first call of each is a cold one, and the machine may be busy.
    flags: ["--plugin-timeout", "1000"],
  };
}, 3);

function server(index: number): Upstream {
  const upstream = used.upstreams[index];
  if (upstream === undefined) throw new Error(`there is no upstream ${index}`);
  return upstream;
}

const asked = (): Upstream => server(1);

/** Why the policy at the path got no answer; the answer's text when it got one. */
async function outcome(path: string, ...lines: string[]): Promise<string> {
  const response = await used.gateway.get(path, ...lines);
  assert.equal(response.status, 200, used.gateway.log);
  const report = response.json() as { failed?: string; text?: string };
  return report.failed ?? report.text ?? "";
}

/** The asked server answers everything with a redirect. */
function redirectTo(location: string): void {
  asked().answer = (_request, connection) => {
    connection.send(reply("302 Found", "", `Location: ${location}`));
  };
}

for (const path of ["nothing", "other-port"]) {
  test(`W7 fetch: a host that was not granted is denied: ${path}`, async () => {
    assert.equal(await outcome(`/${path}`), "denied");
    assert.equal(asked().requests.length, 0);
  });
}

test("W7 fetch: a granted name with a private address is denied, unless that was granted, too", async () => {
  assert.equal(await outcome("/by-name"), "denied");
  assert.equal(asked().connectionCount, 0);
  assert.equal(await outcome("/by-name-private"), "ok");
  assert.equal(await outcome("/by-name-and-address"), "ok");
});

test("W7 fetch: other spellings of an address are that address", async () => {
  const { port } = asked();
  for (const host of ["2130706433", "0x7f.1", "0177.0.0.1", "[::ffff:7f00:1]"]) {
    assert.equal(await outcome("/granted", `X-Url: http://${host}:${port}/`), "ok");
    assert.equal(await outcome("/by-name", `X-Url: http://${host}:${port}/`), "denied");
  }
});

test("W7 fetch: the metadata of a cloud machine is not to be had", async () => {
  const url = "http://169.254.169.254/latest/meta-data/";
  assert.equal(await outcome("/granted", `X-Url: ${url}`), "denied");
  redirectTo(url);
  assert.equal(await outcome("/granted"), "denied");
});

test("W7 fetch: a redirect to a host that was not granted is denied, and nothing is sent there", async () => {
  for (const location of [
    `http://127.0.0.1:${server(2).port}/`,
    `http://localhost:${asked().port}/`,
    "//169.254.169.254/",
  ]) {
    redirectTo(location);
    assert.equal(await outcome("/granted"), "denied");
  }
  assert.equal(server(2).connectionCount, 0);
});

test("fetch: a redirect within the grants is followed", async () => {
  asked().answer = (request, connection) => {
    const isFirst = request.target === "/";
    connection.send(isFirst ? reply("302 Found", "", "Location: /next") : reply("200 OK", "next"));
  };
  assert.equal(await outcome("/granted"), "next");
});

test("fetch: a redirect without end ends", async () => {
  redirectTo("/");
  assert.equal(await outcome("/granted"), "redirect");
  assert.equal(asked().requests.length, 6);
});

test("fetch: an answer that does not come in time is none", async () => {
  asked().answer = () => {};
  assert.equal(await outcome("/short"), "timeout");
  asked().answer = (_request, connection) => {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na");
  };
  assert.equal(await outcome("/short"), "timeout");
  await asked().until(() => asked().openCount === 0, "the end of both calls");
});

test("fetch: an answer that is too large is none", async () => {
  asked().answer = (_request, connection) => {
    connection.send(reply("200 OK", "a".repeat(11)));
  };
  assert.equal(await outcome("/small"), "limit");
  asked().answer = (_request, connection) => {
    connection.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n${"a".repeat(11)}`);
  };
  assert.equal(await outcome("/small"), "limit");
  asked().answer = (_request, connection) => {
    connection.send(reply("200 OK", "a".repeat(10)));
  };
  assert.equal(await outcome("/small"), "aaaaaaaaaa");
});

test("fetch: a server that dies, before its answer and within it", async () => {
  asked().answer = (_request, connection) => connection.reset();
  assert.equal(await outcome("/granted"), "unreachable");
  asked().answer = (_request, connection) => {
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na").end();
  };
  assert.equal(await outcome("/granted"), "unreachable");
});

test("fetch: what is no HTTP is no answer", async () => {
  asked().answer = (_request, connection) => void connection.send("SSH-2.0-x\r\n\r\n");
  assert.equal(await outcome("/granted"), "malformed");
});

test("fetch: what is no URL for it is refused, and its password is not told", async () => {
  const { port } = asked();
  for (const url of ["ftp://127.0.0.1/", "nonsense", `http://user:pw@127.0.0.1:${port}/`]) {
    const response = await used.gateway.get("/granted", `X-Url: ${url}`);
    const { failed, message } = response.json() as { failed: string; message: string };
    assert.equal(failed, "invalid");
    assert.doesNotMatch(message, /pw/);
  }
  assert.equal(asked().connectionCount, 0);
});

test("fetch: what nobody catches fails the request, and the log says why and where", async () => {
  const mark = used.gateway.mark;
  const response = await used.gateway.get("/decide");
  assert.equal(response.status, 500);
  assert.doesNotMatch(response.text, /grants/);
  assert.match(await used.gateway.logged(/not in the plugin's grants/, mark), /asks/);
});

test("fetch: refused and failed calls are counted by their reason", async () => {
  const samples = parseMetrics((await used.gateway.status("/metrics")).text);
  for (const outcome of ["denied", "timeout", "limit", "unreachable", "malformed", "redirect"]) {
    const name = "sluice_plugin_fetches_total";
    assert.ok(total(samples, name, { plugin: "asks", outcome }) > 0, outcome);
  }
});
