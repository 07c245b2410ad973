import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isGatewayHeader } from "@sluice/plugin-sdk";
import { TOKEN_CHARACTERS, TARGET_CHARACTERS, VALUE_CHARACTERS, consistsOf } from "./characters.ts";
import { FieldRole, fieldName } from "./field-name.ts";

function roles(names: string): string[] {
  const byNumber = Object.entries(FieldRole);
  return names.split(" ").map((name) => {
    const { role } = fieldName(name);
    return byNumber.find(([, number]) => number === role)?.[0] ?? "?";
  });
}

function allAre(role: keyof typeof FieldRole, names: string): void {
  for (const name of names.split(" ")) assert.deepEqual([name, ...roles(name)], [name, role]);
}

describe("a field name", () => {
  test("keeps its spelling and is compared in lower case", () => {
    const name = fieldName("X-CamelCase");
    assert.deepEqual([name.text, name.lower], ["X-CamelCase", "x-camelcase"]);
    assert.equal(fieldName("x-camelcase").text, "x-camelcase");
  });

  test("that meant trouble to objects is a name like others (H28)", () => {
    allAre("ordinary", "__proto__ constructor toString hasOwnProperty");
  });

  test("is right however many strangers invent, and with one hash for all", () => {
    for (let n = 0; n < 5000; n++) fieldName(`X-Stranger-${n}`);
    assert.equal(fieldName("X-Stranger-4999").text, "X-Stranger-4999");
    // "Aa" and "BB" have one hash wherever hashes are made by multiplying with 31.
    const parts = ["Aa", "BB"];
    const colliding = parts.flatMap((a) => parts.flatMap((b) => parts.map((c) => a + b + c)));
    for (const text of [...colliding, ...colliding]) assert.equal(fieldName(text).text, text);
    assert.equal(fieldName("Connection").role, FieldRole.hopByHop);
  });

  test("longer than usual is right as well", () => {
    const text = `X-Forwarded-${"y".repeat(300)}`;
    assert.deepEqual([fieldName(text).text, fieldName(text).role], [text, FieldRole.managed]);
  });
});

describe("the role of a field", () => {
  test("is hop-by-hop for what concerns one connection", () => {
    allAre("hopByHop", "Connection keep-alive Proxy-Connection TE Trailer TRANSFER-ENCODING");
    allAre("hopByHop", "Upgrade HTTP2-Settings Proxy-Authorization Proxy-Authenticate Expect");
  });

  test("is managed for what the gateway states (T1, T3)", () => {
    allAre("managed", "X-Forwarded-For X-Forwarded-Proto x-forwarded-prefix X-Forwarded-Uri");
    allAre("managed", "Forwarded X-Real-IP X-Consumer-ID X-Consumer-Custom-ID X-Consumer-Username");
    allAre("managed", "X-Credential-Identifier X-Anonymous-Consumer");
    allAre("managed", "Client-Cert Client-Cert-Chain Client_Cert X-Forwarded-Client-Cert");
    allAre(
      "identity",
      "X-Consumer-Groups X-Authenticated-Userid X-AUTHENTICATED-GROUPS X-Credential-Scope",
    );
  });

  test("counts underscores as dashes for what must not be forged (T2)", () => {
    allAre("managed", "X_Forwarded_For X-Consumer_Id x_consumer_username X_Real_IP");
    allAre("managed", "X_Anonymous_Consumer X_Authenticated_Groups X_Request_Id X-Request_ID");
    allAre("hopByHop", "Content_Length Transfer_Encoding proxy_connection");
  });

  test("leaves other names with underscores alone", () => {
    allAre("ordinary", "user_agent x_custom my_header X_Forward");
  });

  test("is special for what framing, routing and the gateway's own fields need", () => {
    assert.deepEqual(roles("Host Content-Length X-Request-Id Date"), [
      "host",
      "contentLength",
      "requestId",
      "date",
    ]);
  });

  test("is known to the SDK where plugins cannot change the field", () => {
    const names = `Connection Content_Length Transfer-Encoding TE Upgrade Expect Host HTTP2-Settings
      Keep-Alive Proxy-Connection Proxy_Authenticate Proxy-Authorization Trailer Content-Length
      Forwarded X-Forwarded-For x_forwarded_uri X-Real-IP X-Consumer-ID X-Consumer-Groups
      X-Credential-Scope X_Authenticated_Groups X-Anonymous-Consumer Client-Cert client_cert_chain
      X-Request-Id x_request_id Date Via Accept Cookie Authorization user_agent X-Forwarded`;
    const changeable = new Set(["ordinary", "requestId", "date"]);
    for (const name of names.split(/\s+/)) {
      const [role = ""] = roles(name);
      assert.deepEqual([name, isGatewayHeader(name)], [name, !changeable.has(role)]);
    }
  });

  test("is ordinary for the rest", () => {
    allAre("ordinary", "Accept Authorization Cookie Via Content-Type X-Forwarded X-Consume");
  });
});

describe("the tables of characters", () => {
  const inTable = (table: Uint8Array): string =>
    Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))
      .filter((character) => consistsOf(character, table))
      .join("");

  test("know tokens", () => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz";
    assert.equal(inTable(TOKEN_CHARACTERS), `!#$%&'*+-.0123456789${letters}|~`);
  });

  test("know values: no control but the tab, and obs-text", () => {
    for (const bad of ["\0", "\r", "\n", "\x1f", "\x7f"]) {
      assert.equal(consistsOf(`a${bad}b`, VALUE_CHARACTERS), false);
    }
    assert.equal(consistsOf("a b\tc\x80\xff", VALUE_CHARACTERS), true);
  });

  test("know targets: visible ASCII", () => {
    assert.equal(consistsOf("/a?b#c\\|", TARGET_CHARACTERS), true);
    for (const bad of [" ", "\t", "\x7f", "\x80"]) {
      assert.equal(consistsOf(`/${bad}`, TARGET_CHARACTERS), false);
    }
  });

  test("hold nothing above 0xff, whose low byte could be a line end", () => {
    assert.equal(consistsOf("\u010d\u010a", VALUE_CHARACTERS), false);
    assert.equal(consistsOf("\u0141", TOKEN_CHARACTERS), false);
  });
});
