// mtls-auth: certificates that a trusted TLS terminator tells of, and forgeries of what it would say.
import assert from "node:assert/strict";
import { test } from "node:test";

import {
  ALICE_CERTIFICATE,
  BOB_CERTIFICATE,
  EXPIRED_CERTIFICATE,
} from "../harness/certificates.ts";
import { connect, get } from "../harness/client.ts";
import type { Response } from "../harness/client.ts";
import { config, service } from "../harness/config.ts";
import type { Entry } from "../harness/config.ts";
import { useGateway } from "../harness/fixture.ts";

/** The only peer that is believed. */
const TERMINATOR = "127.0.0.2";

const used = useGateway(([port = 0]) => {
  const at = (name: string, fields?: Entry, ...more: Entry[]): Entry =>
    service(name, port, `/${name}`, {
      plugins: [...(fields === undefined ? [] : [{ name: "mtls-auth", config: fields }]), ...more],
    });
  return {
    config: config({
      services: [
        at("plain", {}),
        at("anonymous", { anonymous: "guest" }),
        at("default", { default_consumer: "guest", consumer_by: [] }),
        at("groups", { skip_consumer_lookup: true }, { name: "acl", config: { allow: ["alice"] } }),
        at("names", { skip_consumer_lookup: true, authenticated_group_by: "DN" }),
        at("open"),
      ],
      consumers: [
        {
          username: "alice-consumer",
          mtls_auth_credentials: [{ subject_name: "alice@example.com" }],
        },
        { username: "second", custom_id: "bob" },
        { username: "guest" },
      ],
    }),
    flags: ["--trusted-ips", TERMINATOR],
  };
});

async function ask(
  path: string,
  line: string | undefined,
  from: string = TERMINATOR,
): Promise<Response> {
  const client = await connect(used.gateway.proxyPort, from);
  try {
    return await client.send(get(path, ...(line === undefined ? [] : [line]))).response();
  } finally {
    client.socket.destroy();
  }
}

const told = (base64: string): string => `Client-Cert: :${base64}:`;
const pem = (base64: string): string =>
  encodeURIComponent(
    `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, "$&\n")}\n-----END CERTIFICATE-----\n`,
  );

test("mtls-auth: a name in the certificate that a credential has makes the consumer", async () => {
  for (const line of [
    told(ALICE_CERTIFICATE),
    `X-Forwarded-Client-Cert: By=spiffe://gw;Hash=ab;Cert="${pem(ALICE_CERTIFICATE)}"`,
  ]) {
    used.upstream.reset();
    assert.equal((await ask("/plain", line)).status, 200);
    const request = await used.upstream.request();
    assert.equal(request.header("x-consumer-username"), "alice-consumer");
    assert.match(request.header("x-credential-identifier") ?? "", /^[0-9a-f-]{36}$/);
    assert.doesNotMatch(request.headText, /client-cert/i);
  }
});

test("mtls-auth: a name that is a consumer's username or custom id makes that one", async () => {
  for (const line of [
    told(BOB_CERTIFICATE),
    'X-Forwarded-Client-Cert: Hash=ab;Subject="CN=eve,O=x\\", CN=mallory";URI=spiffe://x,Hash=cd;Subject="O=Acme\\, Inc.,CN=bob";URI=',
    "X-Forwarded-Client-Cert: URI=bob",
  ]) {
    used.upstream.reset();
    assert.equal((await ask("/plain", line)).status, 200, line);
    assert.equal((await used.upstream.request()).header("x-consumer-username"), "second");
  }
});

test("A10 mtls-auth: what anybody else says of a certificate is not believed, and goes nowhere", async () => {
  for (const line of [
    told(ALICE_CERTIFICATE),
    "X-Forwarded-Client-Cert: URI=bob",
    "Client_Cert: x",
  ]) {
    const response = await ask("/plain", line, "127.0.0.1");
    assert.equal(response.status, 401, line);
    assert.equal(
      (response.json() as { message: string }).message,
      "No required TLS certificate was sent",
    );
    assert.equal(used.upstream.requests.length, 0);
    await ask("/open", line, "127.0.0.1");
    assert.doesNotMatch((await used.upstream.request()).headText, /client.cert/i);
    used.upstream.reset();
  }
});

test("A10 mtls-auth: a certificate that has expired, is cut short, or is none", async () => {
  for (const line of [
    told(EXPIRED_CERTIFICATE),
    told(ALICE_CERTIFICATE.slice(0, 200)),
    told(`${ALICE_CERTIFICATE.slice(0, -4)}AAAA`).replace(/..:$/, ":"),
    told(""),
    told("////"),
    "Client-Cert: CN=alice",
    `Client-Cert: ${ALICE_CERTIFICATE}`,
    `Client-Cert: :${ALICE_CERTIFICATE}:\r\nClient-Cert: :${BOB_CERTIFICATE}:`,
    "X-Forwarded-Client-Cert: Cert=%zz",
    "X-Forwarded-Client-Cert: Hash=ab",
    "X-Forwarded-Client-Cert: ;;;,",
  ]) {
    const response = await ask("/plain", line);
    assert.equal(response.status, 401, line);
    assert.equal(
      (response.json() as { message: string }).message,
      "TLS certificate failed verification",
    );
  }
  assert.equal(used.upstream.requests.length, 0);
});

test("mtls-auth: a certificate that is nobody's is 401, or that of the default or anonymous consumer", async () => {
  const line = "X-Forwarded-Client-Cert: URI=stranger";
  assert.equal((await ask("/plain", line)).status, 401);
  for (const path of ["/default", "/anonymous"]) {
    used.upstream.reset();
    assert.equal((await ask(path, line)).status, 200);
    assert.equal((await used.upstream.request()).header("x-consumer-username"), "guest");
  }
  assert.equal((await ask("/default", undefined)).status, 401);
});

test("mtls-auth: without look-up, the subject's name is the group", async () => {
  assert.equal((await ask("/groups", told(ALICE_CERTIFICATE))).status, 200);
  assert.equal((await used.upstream.request()).header("x-authenticated-groups"), "alice");
  assert.equal((await ask("/groups", told(BOB_CERTIFICATE))).status, 403);
  used.upstream.reset();
  assert.equal((await ask("/names", told(ALICE_CERTIFICATE))).status, 200);
  const request = await used.upstream.request();
  assert.equal(request.header("x-authenticated-groups"), "C=DE,O=Acme\\, Inc.,CN=alice");
  assert.equal(request.header("x-credential-identifier"), "C=DE,O=Acme\\, Inc.,CN=alice");
});
