import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fieldsOf } from "../exchange.testing.ts";
import { chosenProtocols, offeredProtocols } from "./upgrade.ts";

describe("the protocols offered to an upstream", () => {
  test("are the client's, in order, as it spelt them", () => {
    const fields = fieldsOf("Upgrade: WebSocket ,foo/2.0", "Upgrade: bar");
    assert.equal(offeredProtocols(fields), "WebSocket, foo/2.0, bar");
  });

  test("do not carry HTTP (H23)", () => {
    assert.equal(offeredProtocols(fieldsOf("Upgrade: h2c, H2, HTTP/2.0, TLS/1.0")), undefined);
    assert.equal(offeredProtocols(fieldsOf("Upgrade: h2c, h2cx")), "h2cx");
  });

  test("are tokens", () => {
    assert.equal(offeredProtocols(fieldsOf('Upgrade: , a b, "c", /1, d/', "X: y")), undefined);
  });
});

describe("the protocols of a 101", () => {
  const chosen = (...lines: readonly string[]): string | undefined =>
    chosenProtocols(fieldsOf(...lines), "websocket, foo/2");

  test("were offered", () => {
    assert.equal(chosen("Upgrade: websocket"), "websocket");
    assert.equal(chosen("Upgrade: FOO/2, WebSocket"), "FOO/2, WebSocket");
  });

  test("are none when one of them was not offered, or none is named", () => {
    for (const line of ["Upgrade: foo", "Upgrade: websocket, h2c", "Upgrade: ", "X: websocket"]) {
      assert.equal(chosen(line), undefined, line);
    }
  });
});
