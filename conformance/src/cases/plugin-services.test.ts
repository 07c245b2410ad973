// What the gateway offers to policies besides the request: the store, shared data, secrets, tokens, upstreams, cookies.
import assert from "node:assert/strict";
import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";

import { config, service } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";
import { buildGuest } from "../harness/guests.ts";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwk = publicKey.export({ format: "jwk" });

const used = useGateway(async ([own = 0, blue = 0]) => {
  const grants = {
    store: ["common"],
    secrets: ["vault://env/sluice-test-secret"],
    targets: [`127.0.0.1:${blue}`],
    fetch: [`127.0.0.1:${blue}`],
    private_addresses: true,
  };
  return {
    config: config({
      services: [
        service("all", own, "/", {
          plugins: [
            {
              name: "services",
              config: {
                jwk: JSON.stringify(jwk),
                jwks_uri: `http://127.0.0.1:${blue}/keys`,
              },
              grants,
            },
            { name: "services-peer", grants: { store: ["common"] } },
          ],
        }),
      ],
      upstreams: [
        { name: "blue", targets: [{ target: `127.0.0.1:${blue}` }], host_header: "blue.test" },
      ],
    }),
    plugins: {
      services: await buildGuest("services"),
      "services-peer": await buildGuest("services-peer"),
    },
    flags: ["--workers", "2", "--plugin-timeout", "1000"],
    env: { SLUICE_TEST_SECRET: "the secret", SLUICE_OTHER_SECRET: "another" },
  };
}, 2);

/** What the policy answers at that path. */
async function result(path: string, ...lines: string[]): Promise<unknown> {
  const response = await used.gateway.get(path, ...lines);
  assert.equal(response.status, 200, `${path}: ${response.text}\n${used.gateway.log.slice(-2000)}`);
  return (response.json() as { result: unknown }).result; // See ../guests/services.ts.
}

test("store: compare-and-set loses nothing when both workers change one key", async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, () => result("/swap?key=counter")),
  );
  assert.ok(outcomes.every((tries) => Number(tries) >= 1));
  assert.equal(await result("/read?key=counter"), "200");
});

test("store: a namespace is shared by those who were granted it", async () => {
  assert.equal(await result("/namespace"), 1);
  assert.equal(await result("/namespace"), 2);
  assert.deepEqual(await result("/peer"), ["2", "none", "none"]);
});

test("store: a key that a client wrote never leads into a namespace", async () => {
  const before = await result("/read?key=none");
  assert.equal(before, "none");
  assert.notEqual(await result("/own-key?key=%00common%00n"), "own");
});

test("store: a namespace that was not granted is denied", async () => {
  const mark = used.gateway.mark;
  assert.equal((await used.gateway.get("/ungranted")).status, 500);
  await used.gateway.logged(/services.*was not granted/, mark);
});

test("shared data: what a policy sets, later ones read in access and at the response", async () => {
  const response = await used.gateway.get("/shared");
  const expected = '{"path":"/shared","list":[1,null]}';
  assert.equal((await used.upstream.request()).header("x-shared"), expected);
  assert.equal(response.header("x-shared-later"), expected);
  await used.gateway.get("/nothing");
  assert.equal((await used.upstream.request(1)).header("x-shared"), "null");
});

test("shared data: more than 64 KiB is the policy's fault", async () => {
  assert.equal((await used.gateway.get("/shared-too-much")).status, 500);
});

test("secrets: a policy reads those that it was granted, and no others", async () => {
  assert.equal(await result("/secret?name=vault://env/sluice-test-secret"), "the secret");
  for (const name of [
    "vault://env/sluice-other-secret",
    "vault://env/home",
    "SLUICE_TEST_SECRET",
  ]) {
    const response = await used.gateway.get(`/secret?name=${name}`);
    assert.equal(response.status, 500);
    assert.doesNotMatch(response.text, /another/);
  }
});

test("crypto: digests and MACs are those of everybody else", async () => {
  const text = "ü".repeat(10);
  assert.deepEqual(await result(`/digest?text=${encodeURIComponent(text)}`), [
    createHash("sha256").update(text).digest("hex"),
    createHmac("sha512", "key").update(text).digest("base64url"),
    true,
  ]);
});

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function rs256(header: object, claims: object): string {
  const signed = `${base64url(header)}.${base64url(claims)}`;
  return `${signed}.${sign("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
}

async function verdict(token: string): Promise<unknown> {
  return result("/verify", `Authorization: Bearer ${token}`);
}

test("jwt: a signed token is verified and its claims are read", async () => {
  const claims = { iss: "tests", sub: "me", exp: Math.floor(Date.now() / 1000) + 60 };
  const header = { alg: "RS256", typ: "JWT" };
  assert.deepEqual(await verdict(rs256(header, claims)), { valid: true, header, payload: claims });
});

test("J1 jwt: a token without a signature is refused", async () => {
  for (const alg of ["none", "NoNe"]) {
    const token = `${base64url({ alg })}.${base64url({ iss: "tests" })}.`;
    assert.deepEqual(await verdict(token), { valid: false, reason: "algorithm_not_allowed" });
  }
});

test("J2 jwt: an HS256 token signed with the public key is refused", async () => {
  for (const secret of [
    publicKey.export({ type: "spki", format: "pem" }).toString(),
    publicKey.export({ type: "pkcs1", format: "pem" }).toString(),
    JSON.stringify(jwk),
  ]) {
    const signed = `${base64url({ alg: "HS256" })}.${base64url({ iss: "tests" })}`;
    const mac = createHmac("sha256", secret).update(signed).digest("base64url");
    assert.deepEqual(await verdict(`${signed}.${mac}`), { valid: false, reason: "unknown_key" });
  }
});

test("J6 jwt: an expired token and one of another issuer are refused", async () => {
  const header = { alg: "RS256" };
  const exp = Math.floor(Date.now() / 1000) - 1;
  assert.deepEqual(await verdict(rs256(header, { iss: "tests", exp })), {
    valid: false,
    reason: "expired",
  });
  assert.deepEqual(await verdict(rs256(header, { iss: "others" })), {
    valid: false,
    reason: "wrong_issuer",
  });
});

test("J7 jwt: a critical header that nobody understands is refused", async () => {
  const token = rs256({ alg: "RS256", crit: ["x"], x: 1 }, { iss: "tests" });
  assert.deepEqual(await verdict(token), { valid: false, reason: "unsupported_header" });
});

test("J9 jwt: another spelling of a valid token is refused", async () => {
  const token = rs256({ alg: "RS256" }, { iss: "tests" });
  assert.deepEqual(await verdict(`${token}=`), { valid: false, reason: "malformed" });
});

test("jwt: keys that an issuer publishes are fetched once for many tokens", async () => {
  const [, issuer] = used.upstreams;
  const keys = JSON.stringify({ keys: [{ ...jwk, kid: "k1" }] });
  if (issuer !== undefined) {
    issuer.answer = (_, connection) => {
      connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${keys.length}\r\n\r\n${keys}`);
    };
  }
  const verify = async (kid: string): Promise<unknown> => {
    const token = rs256({ alg: "RS256", kid }, {});
    const answer = await result("/verify-published", `Authorization: Bearer ${token}`);
    return (answer as { valid: boolean }).valid;
  };
  const outcomes = await Promise.all(Array.from({ length: 30 }, () => verify("k1")));
  assert.deepEqual(new Set(outcomes), new Set([true]));
  for (let n = 0; n < 10; n++) assert.equal(await verify(`unknown-${n}`), false);
  // One for each worker's instance.
  assert.ok((issuer?.requests.length ?? 0) <= 2, `${issuer?.requests.length} fetches`);
});

test("jwt: a policy signs tokens", async () => {
  const token = String(await result("/sign"));
  const [header = "", payload = "", signature = ""] = token.split(".");
  assert.equal(Buffer.from(payload, "base64url").toString(), '{"sub":"me"}');
  const mac = createHmac("sha256", "a secret").update(`${header}.${payload}`).digest("base64url");
  assert.equal(signature, mac);
});

test("upstream: a policy sends a request to another upstream of the config", async () => {
  await used.gateway.get("/upstream?name=blue");
  assert.equal(used.upstreams[0]?.requests.length, 0);
  assert.equal(used.upstreams[1]?.requests[0]?.header("host"), "blue.test");
});

test("upstream: one that is not in the config is the policy's fault", async () => {
  const mark = used.gateway.mark;
  assert.equal((await used.gateway.get("/upstream?name=green")).status, 500);
  await used.gateway.logged(/There is no upstream \\"green\\"/, mark);
});

test("target: a policy sends a request to a target that it was granted, and to no other", async () => {
  const [own, blue] = used.upstreams;
  await used.gateway.get(`/target?to=127.0.0.1:${blue?.port}`);
  assert.equal(blue?.requests.length, 1);
  assert.equal((await used.gateway.get(`/target?to=127.0.0.1:${own?.port}`)).status, 500);
  assert.equal((await used.gateway.get("/target?to=nonsense")).status, 500);
  assert.equal(own?.requests.length, 0);
});

test("cookies: a policy reads the client's and sets its own, one line each", async () => {
  const response = await used.gateway.get("/cookies", 'Cookie: a=1; b="x%20y"', "Cookie: a=2; c");
  const { result: cookies } = response.json() as { result: unknown };
  assert.deepEqual(cookies, [
    ["a", "1"],
    ["b", "x y"],
  ]);
  assert.deepEqual(response.all("set-cookie"), [
    "seen=yes%2C%20%C3%BC; Path=/; HttpOnly; SameSite=Lax",
    "other=1; Max-Age=60; Secure",
  ]);
});

test("errors: an HttpError is the answer, with its status, message and headers", async () => {
  const response = await used.gateway.get("/http-error");
  assert.equal(response.status, 402);
  assert.deepEqual(response.json(), {
    message: "Pay first",
    request_id: response.header("x-request-id"),
  });
  assert.equal(response.header("x-price"), "5");
  assert.equal((await used.gateway.get("/http-error-later")).status, 418);
});
