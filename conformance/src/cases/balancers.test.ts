// The algorithms of upstreams, as clients and targets see them.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ask, connect, get } from "../harness/client.ts";
import type { Client } from "../harness/client.ts";
import { config } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { eventually } from "../harness/deadline.ts";
import { useGateway } from "../harness/fixture.ts";
import { Pools } from "../harness/pools.ts";
import { closedPort, reply } from "../harness/upstream.ts";
import type { Answer } from "../harness/upstream.ts";

const HASHED: Readonly<Record<string, Entry>> = {
  header: { hash_on: "header", hash_on_header: "X-Key" },
  query: { hash_on: "query_arg", hash_on_query_arg: "key" },
  path: { hash_on: "path" },
  ip: { hash_on: "ip" },
  capture: { hash_on: "uri_capture", hash_on_uri_capture: "key" },
  consumer: { hash_on: "consumer" },
  cookie: { hash_on: "cookie", hash_on_cookie: "place", hash_on_cookie_path: "/cookie" },
};
const CONSUMERS = Array.from({ length: 20 }, (_, n) => `consumer-${n}`);

const used = useGateway(async (ports) => {
  const down = await closedPort();
  return { config: balanced(ports, down) };
}, 3);

function balanced(ports: readonly number[], down: number): Entry {
  const pools = new Pools();
  const add = (name: string, upstream: Entry, targets: readonly number[]): void =>
    pools.add(name, targets, { upstream });
  add("least", { algorithm: "least-connections" }, ports);
  add("latency", { algorithm: "latency" }, ports);
  add("random", { algorithm: "random" }, ports);
  for (const [name, fields] of Object.entries(HASHED)) {
    pools.add(name, ports, {
      upstream: fields,
      ...(name === "consumer" && { service: { plugins: [{ name: "key-auth" }] } }),
      ...(name === "capture" && { route: { paths: ["~/capture/(?<key>[^/]+)/.*"] } }),
    });
  }
  add("fallback", { ...HASHED["header"], hash_fallback: "path" }, ports);
  add("refused", HASHED["header"] ?? {}, [...ports.slice(0, 2), down]);
  add("smaller", HASHED["header"] ?? {}, ports);
  add("sticky", { algorithm: "sticky-sessions", sticky_sessions_cookie: "session" }, ports);
  const consumers = CONSUMERS.map((username) => ({
    username,
    keyauth_credentials: [{ key: username }],
  }));
  const { services, upstreams } = pools;
  return config({ services, upstreams, consumers });
}

/** Which target answers, by its place. */
async function placeOf(path: string, ...lines: string[]): Promise<number> {
  const before = counts();
  assert.equal((await used.gateway.get(path, ...lines)).status, 200);
  const place = counts().findIndex((count, at) => count > (before[at] ?? 0));
  assert.notEqual(place, -1);
  return place;
}

function counts(): number[] {
  return used.upstreams.map((upstream) => upstream.requests.length);
}

const SILENT: Answer = () => undefined;

async function openRequests(path: string, count: number): Promise<Client[]> {
  const clients: Client[] = [];
  for (let opened = 0; opened < count; opened++) {
    const total = counts().reduce((sum, each) => sum + each, 0);
    clients.push((await connect(used.gateway.proxyPort)).send(get(path)));
    await eventually(
      () => (counts().reduce((sum, each) => sum + each, 0) > total ? true : undefined),
      "the request at a target",
    );
  }
  return clients;
}

test("balancers: least-connections sends requests past a target that holds the ones it has", async () => {
  for (const upstream of used.upstreams) upstream.answer = SILENT;
  const held = await openRequests("/least", 6);
  assert.deepEqual(counts(), [2, 2, 2]);
  const [, second] = used.upstreams;
  second!.answer = (_request, connection) => connection.send(reply("200 OK", "ok"));
  for (const client of held) client.abort();
  await eventually(() => {
    return used.upstreams.every(({ openCount }) => openCount <= 1) ? true : undefined;
  }, "the end of what was held");
  const [first] = used.upstreams;
  first!.answer = SILENT;
  used.upstreams[2]!.answer = SILENT;
  const two = await openRequests("/least", 3);
  const before = counts();
  for (let sent = 0; sent < 9; sent++) assert.equal(await placeOf("/least"), 1);
  assert.deepEqual(counts(), [before[0], (before[1] ?? 0) + 9, before[2]]);
  for (const client of two) client.abort();
});

test("balancers: latency leaves a slow target nearly alone", async () => {
  const [slow] = used.upstreams;
  slow!.answer = (_request, connection) => {
    setTimeout(() => connection.send(reply("200 OK", "slow")), 300);
  };
  for (let sent = 0; sent < 30; sent++) {
    assert.equal((await used.gateway.get("/latency")).status, 200);
  }
  const [toSlow = 0, ...toFast] = counts();
  assert.ok(toSlow >= 1 && toSlow <= 3, `${toSlow} of 30 to the slow target`);
  assert.ok(toFast.every((count) => count >= 1));
});

test("balancers: random reaches every target", async () => {
  for (let sent = 0; sent < 60; sent++) await used.gateway.get("/random");
  assert.ok(counts().every((count) => count > 0));
});

/** A request with the n-th key. */
const KEYED: Readonly<Record<string, (n: number) => Promise<number>>> = {
  header: (n) => placeOf("/header", `X-Key: key-${n}`),
  query: (n) => placeOf(`/query?a=b&key=key-${n}`),
  path: (n) => placeOf(`/path/${n}?x=${Math.random()}`),
  capture: (n) => placeOf(`/capture/key-${n}/${Math.random()}`),
  consumer: (n) => placeOf(`/consumer`, `apikey: ${CONSUMERS[n]}`),
  cookie: (n) => placeOf("/cookie", `Cookie: x=y; place=key-${n}`),
};

for (const [input, place] of Object.entries(KEYED)) {
  test(`balancers: hashing by ${input} sends one key to one target, and many to all`, async () => {
    const places: number[] = [];
    for (let key = 0; key < 20; key++) places.push(await place(key));
    assert.deepEqual(new Set(places), new Set([0, 1, 2]));
    for (let key = 0; key < 20; key += 3) assert.equal(await place(key), places[key]);
  });
}

test("balancers: hashing by ip tells clients apart by their address", async () => {
  const places = new Map<string, number>();
  for (let round = 0; round < 2; round++) {
    for (let n = 1; n <= 15; n++) {
      const before = counts();
      const client = await connect(used.gateway.proxyPort, `127.0.1.${n}`);
      assert.equal((await client.send(get("/ip")).response()).status, 200);
      client.socket.destroy();
      const place = counts().findIndex((count, at) => count > (before[at] ?? 0));
      assert.equal(places.get(`${n}`) ?? place, place);
      places.set(`${n}`, place);
    }
  }
  assert.equal(new Set(places.values()).size, 3);
});

test("balancers: a client without the cookie is given one, by which it comes back", async () => {
  const first = await used.gateway.get("/cookie");
  const cookie = first.header("set-cookie") ?? "";
  assert.match(cookie, /^place=[0-9a-f]{32}; Path=\/cookie; HttpOnly$/);
  const place = counts().indexOf(1);
  const sent = `Cookie: ${cookie.split(";")[0]}`;
  for (let n = 0; n < 5; n++) assert.equal(await placeOf("/cookie", sent), place);
  assert.equal((await used.gateway.get("/cookie", sent)).header("set-cookie"), undefined);
  assert.notEqual((await used.gateway.get("/cookie")).header("set-cookie"), cookie);
});

test("balancers: hash_fallback places what hash_on cannot, and without both it is round-robin", async () => {
  const byPath = await placeOf("/fallback/1");
  assert.equal(await placeOf("/fallback/1"), byPath);
  assert.equal(await placeOf("/fallback/1", "X-Key: k"), await placeOf("/fallback/2", "X-Key: k"));
  for (const upstream of used.upstreams) upstream.reset();
  for (let sent = 0; sent < 9; sent++) await used.gateway.get("/header");
  assert.deepEqual(counts(), [3, 3, 3]);
});

test("U1 balancers: the keys of a target that refuses go to others, the rest stay", async () => {
  const places: number[] = [];
  for (let key = 0; key < 30; key++) places.push(await placeOf("/refused", `X-Key: key-${key}`));
  assert.deepEqual(new Set(places), new Set([0, 1]));
  for (let key = 0; key < 30; key++) {
    assert.equal(await placeOf("/refused", `X-Key: key-${key}`), places[key]);
  }
});

test("balancers: a client of sticky-sessions stays at its target, and one with a cookie of none is given another", async () => {
  const first = await used.gateway.get("/sticky");
  const place = counts().indexOf(1);
  const [pair = ""] = (first.header("set-cookie") ?? "").split(";");
  for (let n = 0; n < 5; n++) assert.equal(await placeOf("/sticky", `Cookie: ${pair}`), place);
  const unknown = await used.gateway.get("/sticky", "Cookie: session=nobody");
  assert.match(unknown.header("set-cookie") ?? "", /^session=(?!nobody)/);
});

test("balancers: a reload that takes a target away moves its keys and no other", async () => {
  const keys = Array.from({ length: 40 }, (_, n) => `X-Key: key-${n}`);
  const before: number[] = [];
  for (const key of keys) before.push(await placeOf("/smaller", key));
  const ports = used.upstreams.map(({ port }) => port);
  const next = balanced(ports, 1);
  for (const upstream of next["upstreams"] as Entry[]) {
    const targets = upstream["targets"] as Entry[];
    if (upstream["name"] === "smaller.upstream") targets.splice(1, 1);
  }
  const mark = used.gateway.mark;
  await used.gateway.writeConfig(next);
  await used.gateway.logged(/reloaded/, mark);
  for (const [at, key] of keys.entries()) {
    const place = await placeOf("/smaller", key);
    if (before[at] === 1) assert.notEqual(place, 1);
    else assert.equal(place, before[at]);
  }
});

test("balancers: a weight of 0 drains: what runs ends well, and nothing new comes", async () => {
  const ports = used.upstreams.map(({ port }) => port);
  const [first] = used.upstreams;
  let finish = (): void => undefined;
  first!.answer = (_request, connection) => {
    finish = () => connection.send(reply("200 OK", "in the end"));
  };
  const targets = (weight: number): Entry[] =>
    ports.map((port, at) => ({ target: `127.0.0.1:${port}`, weight: at === 0 ? weight : 100 }));
  const withWeight = (weight: number): Entry =>
    config({
      services: [{ name: "d", host: "d.upstream", routes: [{ paths: ["/d"] }] }],
      upstreams: [{ name: "d.upstream", targets: targets(weight) }],
    });
  const reload = async (weight: number): Promise<void> => {
    const mark = used.gateway.mark;
    await used.gateway.writeConfig(withWeight(weight));
    await used.gateway.logged(/reloaded/, mark);
  };
  await reload(65_535);
  const held = (await connect(used.gateway.proxyPort)).send(get("/d"));
  await first!.request();
  await reload(0);
  for (let sent = 0; sent < 10; sent++) {
    assert.equal((await ask(used.gateway.proxyPort, get("/d"))).status, 200);
  }
  assert.deepEqual(counts(), [1, 5, 5]);
  finish();
  assert.equal((await held.response()).text, "in the end");
});
