import assert from "node:assert/strict";
import { after, test } from "node:test";
import {
  NO_SIGNAL,
  TestServer,
  clientFor,
  ok,
  redirectTo,
  requestFor,
  rulesFor,
} from "./outbound.testing.ts";
import { HostGrants } from "../plugins/host-grant.ts";
import type { FetchRules } from "./destination.ts";

const server = await TestServer.start(ok("reached"));
after(() => server.close());
const { port } = server;

/** What a fetch comes to when the name has these addresses. */
async function outcome(
  url: string,
  rules: FetchRules,
  addresses: readonly string[] = ["127.0.0.1"],
): Promise<string> {
  const client = clientFor({ resolve: () => Promise.resolve(addresses) });
  try {
    return (await client.fetch(requestFor(url), rules, NO_SIGNAL)).body.toString();
  } catch (error) {
    return error instanceof Error && "reason" in error ? String(error.reason) : String(error);
  } finally {
    client.close();
  }
}

test("nothing may be reached that was not granted, whatever its address is", async () => {
  const rules = { ...rulesFor(), privateAddresses: true };
  assert.equal(await outcome(`http://api.test:${port}/`, rules), "denied");
});

test("a grant is for a port", async () => {
  const rules = { ...rulesFor("api.test"), privateAddresses: true };
  assert.equal(await outcome(`http://api.test:${port}/`, rules), "denied");
});

test("W7 a granted name with a private address is denied", async () => {
  assert.equal(await outcome(`http://api.test:${port}/`, rulesFor(`api.test:${port}`)), "denied");
});

test("W7 other spellings of a private address are the same address", async () => {
  for (const host of ["127.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "0177.0.0.1"]) {
    assert.equal(await outcome(`http://${host}:${port}/`, rulesFor("api.test")), "denied");
    const granted = rulesFor(`127.0.0.1:${port}`);
    assert.equal(await outcome(`http://${host}:${port}/`, granted), "reached", host);
  }
});

test("private addresses are allowed by the grant for them, and one by its own", async () => {
  const url = `http://api.test:${port}/`;
  const rules = rulesFor(`api.test:${port}`);
  assert.equal(await outcome(url, { ...rules, privateAddresses: true }), "reached");
  assert.equal(await outcome(url, rulesFor(`api.test:${port}`, `127.0.0.1:${port}`)), "reached");
  assert.equal(await outcome(url, rulesFor(`api.test:${port}`, "127.0.0.1:1")), "denied");
});

test("W7 a private host's name is that of the URL, with its port, and grants nothing by itself", async () => {
  const privateHosts = new HostGrants([`api.test:${port}`]);
  const rules = { ...rulesFor(`*.test:${port}`), privateHosts };
  assert.equal(await outcome(`http://api.test:${port}/`, rules), "reached");
  assert.equal(await outcome(`http://other.test:${port}/`, rules), "denied");
  assert.equal(
    await outcome(`http://api.test:${port}/`, { ...rulesFor(), privateHosts }),
    "denied",
  );
});

test("W7 of several addresses only the allowed ones are tried", async () => {
  const rules = rulesFor(`api.test:${port}`, `127.0.0.1:${port}`);
  const addresses = ["169.254.169.254", "10.0.0.1", "127.0.0.1"];
  assert.equal(await outcome(`http://api.test:${port}/`, rules, addresses), "reached");
  assert.equal(await outcome(`http://api.test:${port}/`, rules, addresses.slice(0, 2)), "denied");
});

test("the next address is tried when the first one refuses", async () => {
  const rules = { ...rulesFor(`api.test:${port}`), privateAddresses: true };
  const addresses = ["127.0.0.9", "127.0.0.1"];
  assert.equal(await outcome(`http://api.test:${port}/`, rules, addresses), "reached");
});

test("a name without an address is unreachable", async () => {
  assert.equal(await outcome("http://api.test/", rulesFor("api.test"), []), "unreachable");
});

test("W7 rebinding: a name is looked up once for a connection, and what it was then is what is reached", async () => {
  const answers = [["127.0.0.1"], ["127.0.0.9"]];
  let lookups = 0;
  const client = clientFor({ resolve: () => Promise.resolve(answers[lookups++] ?? []) });
  after(() => client.close());
  const rules = rulesFor(`api.test:${port}`, `127.0.0.1:${port}`);
  const ask = () => client.fetch(requestFor(`http://api.test:${port}/`), rules, NO_SIGNAL);
  assert.equal((await ask()).body.toString(), "reached");
  assert.equal(lookups, 1);
  for (const socket of server.sockets) socket.destroy();
  await server.until(() => server.sockets.every((socket) => socket.destroyed));
  // The kept connection is gone, and the name is another address now.
  await assert.rejects(ask(), { reason: "denied" });
});

test("a kept connection is no way around the grants of another entry", async () => {
  const client = clientFor();
  after(() => client.close());
  const url = requestFor(`http://api.test:${port}/`);
  const rules = rulesFor(`api.test:${port}`);
  await client.fetch(url, { ...rules, privateAddresses: true }, NO_SIGNAL);
  await assert.rejects(client.fetch(url, rules, NO_SIGNAL), { reason: "denied" });
});

for (const [what, location] of Object.entries({
  "a host that was not granted": `http://other.test:${port}/`,
  "another port": "http://api.test:1/",
  "the metadata of a cloud machine": "http://169.254.169.254/latest/meta-data/",
  "loopback by another spelling": `http://2130706433:${port}/`,
})) {
  for (const privateAddresses of [false, true]) {
    const suffix = privateAddresses ? ", also when private addresses are granted" : "";
    test(`W7 a redirect to ${what} is denied${suffix}`, async () => {
      const redirecting = await TestServer.start(redirectTo(location));
      after(() => redirecting.close());
      const grants = rulesFor(`api.test:${redirecting.port}`, `127.0.0.1:${redirecting.port}`);
      const before = server.requests.length;
      const url = `http://api.test:${redirecting.port}/`;
      assert.equal(await outcome(url, { ...grants, privateAddresses }), "denied");
      assert.equal(server.requests.length, before);
    });
  }
}

test("W7 a granted name that redirects to a granted name with a private address is denied", async () => {
  const redirecting = await TestServer.start(redirectTo("http://inner.test/"));
  after(() => redirecting.close());
  const rules = rulesFor(
    `api.test:${redirecting.port}`,
    `127.0.0.1:${redirecting.port}`,
    "inner.test",
  );
  assert.equal(await outcome(`http://api.test:${redirecting.port}/`, rules), "denied");
});
