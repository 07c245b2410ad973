// basic-auth, hmac-auth and acl, alone and several on one route.
import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";

import { get, head } from "../harness/client.ts";
import type { Response } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";

const PASSWORD = "open sesame: ü";
const SECRET = "hmac-s3cret";

const used = useGateway(([port = 0]) => {
  const at = (name: string, ...plugins: Entry[]): Entry =>
    service(name, port, `/${name}`, { plugins });
  const alternatives = [
    { name: "basic-auth", config: { anonymous: "guest" } },
    { name: "key-auth", config: { anonymous: "guest" } },
    { name: "acl", config: { allow: ["staff"] } },
  ];
  return {
    config: {
      ...config({
        services: [
          at("basic", { name: "basic-auth" }),
          at("hidden", { name: "basic-auth", config: { hide_credentials: true, realm: "here" } }),
          at("anonymous", { name: "basic-auth", config: { anonymous: "guest" } }),
          at("hmac", { name: "hmac-auth" }),
          at("enforced", {
            name: "hmac-auth",
            config: {
              enforce_headers: ["Date", "request-line"],
              algorithms: ["hmac-sha512"],
              clock_skew: 60,
              hide_credentials: true,
            },
          }),
          at("body", { name: "hmac-auth", config: { validate_request_body: true } }),
          at("staff", { name: "basic-auth" }, { name: "acl", config: { allow: ["staff", "x"] } }),
          at(
            "no-guests",
            { name: "basic-auth", config: { anonymous: "guest" } },
            { name: "acl", config: { deny: ["guests"], hide_groups_header: true } },
          ),
          at("acl-alone", { name: "acl", config: { allow: ["staff"] } }),
          at("either", ...alternatives),
          at("both", { name: "basic-auth" }, { name: "key-auth" }),
          at("open"),
        ],
        consumers: [
          {
            username: "alice",
            basicauth_credentials: [{ username: "alice", password: PASSWORD }],
            hmacauth_credentials: [{ username: "alice-key", secret: SECRET }],
            acls: [{ group: "staff" }, { group: "admins" }],
          },
          { username: "bob", keyauth_credentials: [{ key: "bob-key" }] },
          { username: "guest", acls: [{ group: "guests" }] },
        ],
      }),
      basicauth_credentials: [{ username: "bob", password: "bobs", consumer: "bob" }],
      acls: [{ group: "customers", consumer: { username: "bob" } }],
    },
  };
});

function basic(user: string, password: string): string {
  return `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

const ALICE = basic("alice", PASSWORD);

async function assertRefused(bytes: string, status: number, message: string): Promise<Response> {
  const response = await used.gateway.ask(bytes);
  assert.equal(response.status, status, response.text);
  assert.equal((response.json() as { message: string }).message, message);
  assert.equal(used.upstream.requests.length, 0);
  return response;
}

test("basic-auth: the right password passes, and the upstream learns whose it is", async () => {
  assert.equal((await used.gateway.get("/basic", ALICE)).status, 200);
  const request = await used.upstream.request();
  assert.equal(request.header("x-consumer-username"), "alice");
  assert.equal(request.header("x-credential-identifier"), "alice");
  assert.equal((await used.gateway.get("/basic", basic("bob", "bobs"))).status, 200);
});

test("J12 basic-auth: a wrong password, an unknown user, and what is malformed are one and the same 401", async () => {
  for (const lines of [
    [],
    [basic("alice", "wrong")],
    [basic("alice", "")],
    [basic("alice", `${PASSWORD} `)],
    [basic("nobody", PASSWORD)],
    [basic("", PASSWORD)],
    ["Authorization: Basic !!!"],
    ["Authorization: Basic YWxpY2U="],
    ["Authorization: Bearer abc"],
    [ALICE, ALICE],
  ]) {
    const response = await assertRefused(get("/basic", ...lines), 401, "Unauthorized");
    assert.equal(response.header("www-authenticate"), 'Basic realm="service"');
  }
});

test("basic-auth: hide_credentials keeps the password from the upstream", async () => {
  assert.equal((await used.gateway.get("/hidden", ALICE)).status, 200);
  assert.doesNotMatch((await used.upstream.request()).headText, /authorization/i);
});

test("basic-auth: without a password the client is the anonymous consumer", async () => {
  assert.equal((await used.gateway.get("/anonymous", basic("alice", "wrong"))).status, 200);
  const request = await used.upstream.request();
  assert.equal(request.header("x-consumer-username"), "guest");
  assert.equal(request.header("x-anonymous-consumer"), "true");
});

test("acl: lets in who is in one of the groups, and says which ones", async () => {
  assert.equal((await used.gateway.get("/staff", ALICE)).status, 200);
  assert.equal((await used.upstream.request()).header("x-consumer-groups"), "staff, admins");
  used.upstream.reset();
  const message = "You cannot consume this service";
  await assertRefused(get("/staff", basic("bob", "bobs")), 403, message);
});

test("acl: keeps out who is in one of the groups, and hides them", async () => {
  assert.equal((await used.gateway.get("/no-guests", ALICE)).status, 200);
  assert.equal((await used.upstream.request()).header("x-consumer-groups"), undefined);
  used.upstream.reset();
  await assertRefused(get("/no-guests"), 403, "You cannot consume this service");
});

test("acl: nobody in particular is 401", async () => {
  await assertRefused(get("/acl-alone"), 401, "Unauthorized");
});

const FORGED = [
  "X-Consumer-Groups: staff",
  "X-Authenticated-Groups: staff",
  "X_Consumer_Groups: staff",
  "X-Authenticated-Scope: all",
  "X-Credential-Identifier: root",
  "X-Credential-Username: root",
  "X_Credential_Sub: root",
  "X-Consumer-Username: root",
  "Client-Cert: :AAAA:",
];

test("T2 T3 identity headers of the client reach no upstream, with and without authentication", async () => {
  await used.gateway.ask(get("/open", ...FORGED));
  assert.doesNotMatch((await used.upstream.request()).headText, /staff|all|root|AAAA/);
  used.upstream.reset();
  await used.gateway.ask(get("/basic", ALICE, ...FORGED));
  const request = await used.upstream.request();
  assert.doesNotMatch(request.headText, /staff|: all|root|AAAA/);
  used.upstream.reset();
  await assertRefused(get("/acl-alone", ...FORGED), 401, "Unauthorized");
});

test("T4 identity headers that Connection names reach the upstream all the same", async () => {
  await used.gateway.ask(
    get("/staff", ALICE, "Connection: X-Consumer-Username, X-Consumer-Groups, Authorization"),
  );
  const request = await used.upstream.request();
  assert.equal(request.header("x-consumer-username"), "alice");
  assert.equal(request.header("x-consumer-groups"), "staff, admins");
});

test("several: with anonymous, one of two is enough, and the groups are those of who came in", async () => {
  assert.equal((await used.gateway.get("/either", ALICE)).status, 200);
  const request = await used.upstream.request();
  assert.equal(request.header("x-consumer-username"), "alice");
  assert.equal(request.header("x-anonymous-consumer"), undefined);
  used.upstream.reset();
  const message = "You cannot consume this service";
  await assertRefused(get("/either", "apikey: bob-key"), 403, message);
  await assertRefused(get("/either"), 403, message);
});

test("several: without anonymous, both are needed", async () => {
  await assertRefused(get("/both", ALICE), 401, "No API key found in request");
  await assertRefused(get("/both", "apikey: bob-key"), 401, "Unauthorized");
  assert.equal((await used.gateway.get("/both", ALICE, "apikey: bob-key")).status, 200);
});

interface Signing {
  readonly algorithm?: string;
  readonly headers?: string;
  readonly secret?: string;
  readonly username?: string;
  readonly date?: Date;
  readonly line?: string;
  readonly lines?: readonly string[];
  readonly body?: string;
}

/** A request that is signed as a client of Kong signs. */
function signedRequest(path: string, signing: Signing = {}): string {
  const { algorithm = "hmac-sha256", headers = "date request-line", secret = SECRET } = signing;
  const { username = "alice-key", line = `POST ${path} HTTP/1.1`, lines = [], body = "" } = signing;
  const date = (signing.date ?? new Date()).toUTCString();
  const all = [`Date: ${date}`, ...lines];
  const values = new Map(
    all.map((each) => [
      each.split(":", 1)[0]?.toLowerCase() ?? "",
      each.slice(each.indexOf(":") + 2),
    ]),
  );
  const text = headers
    .split(" ")
    .map((name) =>
      name === "request-line"
        ? line
        : name === "@request-target"
          ? `${name}: post ${path}`
          : `${name}: ${values.get(name)}`,
    )
    .join("\n");
  const signature = createHmac(algorithm.replace("hmac-", ""), secret)
    .update(text)
    .digest("base64");
  const authorization = `hmac username="${username}", algorithm="${algorithm}", headers="${headers}", signature="${signature}"`;
  return (
    head(
      `POST ${path} HTTP/1.1`,
      "Host: gw.test",
      ...all,
      `Authorization: ${authorization}`,
      `Content-Length: ${body.length}`,
    ) + body
  );
}

test("hmac-auth: a signature of any algorithm passes, and the upstream learns whose it is", async () => {
  for (const algorithm of ["hmac-sha1", "hmac-sha256", "hmac-sha384", "hmac-sha512"]) {
    assert.equal((await used.gateway.ask(signedRequest("/hmac?a=b", { algorithm }))).status, 200);
  }
  const request = await used.upstream.request();
  assert.equal(request.header("x-consumer-username"), "alice");
  assert.equal(request.header("x-credential-identifier"), "alice-key");
  const target = signedRequest("/hmac?a=b", { headers: "date @request-target" });
  assert.equal((await used.gateway.ask(target)).status, 200);
});

const NOT_SAME = "HMAC signature does not match";
const NOT_VERIFIABLE = "HMAC signature cannot be verified";

test("hmac-auth: what was not signed like this is 401 with a challenge", async () => {
  const response = await assertRefused(get("/hmac"), 401, "Unauthorized");
  assert.equal(response.header("www-authenticate"), "hmac");
  await assertRefused(signedRequest("/hmac", { secret: "wrong" }), 401, NOT_SAME);
  await assertRefused(signedRequest("/hmac", { line: "POST /other HTTP/1.1" }), 401, NOT_SAME);
  await assertRefused(signedRequest("/hmac", { username: "nobody" }), 401, NOT_VERIFIABLE);
  await assertRefused(
    signedRequest("/hmac", { lines: ["X-A: 1"], headers: "date x-a" }).replace("X-A: 1", "X-A: 2"),
    401,
    NOT_SAME,
  );
  await assertRefused(
    signedRequest("/hmac", { lines: ["X-A: 1"], headers: "date x-a" }).replace(
      "X-A: 1",
      "X-A: 1\r\nX-A: 2",
    ),
    401,
    NOT_SAME,
  );
});

test("hmac-auth: an old date, none, or one that is no date", async () => {
  const message =
    "HMAC signature cannot be verified, a valid date or x-date header is required for HMAC Authentication";
  const hourAgo = new Date(Date.now() - 3_600_000);
  await assertRefused(signedRequest("/hmac", { date: hourAgo }), 401, message);
  const request = signedRequest("/hmac");
  await assertRefused(request.replace(/^Date: .*\r\n/m, ""), 401, message);
  await assertRefused(request.replace(/^Date: .*\r\n/m, "Date: now\r\n"), 401, message);
  const dated = [`X-Date: ${new Date().toUTCString()}`];
  const byXDate = signedRequest("/hmac", { date: hourAgo, headers: "x-date", lines: dated });
  assert.equal((await used.gateway.ask(byXDate)).status, 200);
});

test("hmac-auth: an old request does not become new by a date that nobody signed", async () => {
  const message =
    "HMAC signature cannot be verified, a valid date or x-date header is required for HMAC Authentication";
  const old = signedRequest("/hmac", { date: new Date(Date.now() - 3_600_000) });
  const again = old.replace("Host:", `X-Date: ${new Date().toUTCString()}\r\nHost:`);
  await assertRefused(again, 401, message);
});

test("hmac-auth: enforce_headers and algorithms bound what a signature may be", async () => {
  const algorithm = "hmac-sha512";
  const good = signedRequest("/enforced", { algorithm });
  assert.equal((await used.gateway.ask(good)).status, 200);
  assert.doesNotMatch((await used.upstream.request()).headText, /authorization/i);
  used.upstream.reset();
  await assertRefused(
    signedRequest("/enforced", { algorithm, headers: "date" }),
    401,
    NOT_VERIFIABLE,
  );
  await assertRefused(signedRequest("/enforced"), 401, NOT_VERIFIABLE);
});

test("hmac-auth: validate_request_body compares the body with its digest", async () => {
  const body = "hello";
  const digest = (of: string): string =>
    `Digest: SHA-256=${createHash("sha256").update(of).digest("base64")}`;
  const headers = "date request-line digest";
  const good = signedRequest("/body", { body, headers, lines: [digest(body)] });
  assert.equal((await used.gateway.ask(good)).status, 200);
  assert.equal((await used.upstream.request()).body.toString(), body);
  assert.equal((await used.gateway.ask(signedRequest("/body"))).status, 200);
  used.upstream.reset();
  await assertRefused(
    signedRequest("/body", { body, headers, lines: [digest("other")] }),
    401,
    NOT_SAME,
  );
  await assertRefused(signedRequest("/body", { body }), 401, NOT_SAME);
});

test("L2 neither passwords nor secrets are in the gateway's log", () => {
  assert.doesNotMatch(used.gateway.log, /sesame|hmac-s3cret|bob-key/);
});
