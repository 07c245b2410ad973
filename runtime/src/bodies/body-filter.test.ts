import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MAX_CHUNK_BYTES } from "@sluice/plugin-sdk/abi";
import { exchangeOf } from "../exchange.testing.ts";
import type { Exchange } from "../exchange.ts";
import { CONTINUE } from "../plugins/plugin.ts";
import type { BodyPiece, Verdict } from "../plugins/plugin.ts";
import { RecordingPlugin } from "../plugins/plugin.testing.ts";
import { BodyFilter } from "./body-filter.ts";
import { PluginBodies } from "./plugin-bodies.ts";

type Change = (text: string, isLast: boolean) => string | undefined;

interface Filtering {
  readonly filter: BodyFilter;
  readonly exchange: Exchange;
  readonly bodies: PluginBodies;
  /** What the plugins were called with, as `name length` or `name length!` for the last one. */
  readonly calls: string[];
  /** What came out, piece by piece. */
  readonly pieces: string[];
}

/** Plugins a, b, c in this order. */
function filtering(...changes: readonly Change[]): Filtering {
  const exchange = exchangeOf();
  const bodies = PluginBodies.of(exchange);
  const calls: string[] = [];
  const pieces: string[] = [];
  const links = changes.map((change, at) => {
    const name = "abc"[at] ?? "";
    const run = (_: string, __: Exchange, ___: number, piece?: BodyPiece): Verdict => {
      if (piece === undefined) throw new Error("no piece");
      calls.push(`${name} ${piece.bytes.length}${piece.isLast ? "!" : ""}`);
      const changed = change(piece.bytes.toString("latin1"), piece.isLast);
      if (changed !== undefined) piece.bytes = Buffer.from(changed, "latin1");
      return CONTINUE;
    };
    return { plugin: new RecordingPlugin(name, { run }), entry: 0 };
  });
  const sink = (piece: Buffer): void => void pieces.push(piece.toString("latin1"));
  const filter = new BodyFilter({ exchange, bodies, phase: "request_body", links, sink });
  return { filter, exchange, bodies, calls, pieces };
}

const pass: Change = () => undefined;
const upper: Change = (text) => text.toUpperCase();

function write(filter: BodyFilter, ...texts: readonly string[]): void {
  for (const text of texts) filter.write(Buffer.from(text, "latin1"));
}

describe("a body through plugins", () => {
  test("goes through one after the other", () => {
    const { filter, calls, pieces } = filtering(upper, (text) => `<${text}>`);
    write(filter, "ab");
    filter.flush();
    write(filter, "c");
    filter.end();
    assert.deepEqual(pieces, ["<AB>", "<C>"]);
    assert.deepEqual(calls, ["a 2", "b 2", "a 1!", "b 1!"]);
  });

  test("in pieces of one byte costs one call for what is at hand (H13)", () => {
    const { filter, calls, pieces } = filtering(pass);
    write(filter, ..."abcdefgh".split(""));
    filter.flush();
    assert.deepEqual(calls, ["a 8"]);
    assert.deepEqual(pieces, ["abcdefgh"]);
  });

  test("comes in chunks of at most 64 KiB, whatever its pieces are", () => {
    const { filter, calls, pieces } = filtering(pass);
    write(filter, "x", "y".repeat(MAX_CHUNK_BYTES));
    filter.flush();
    write(filter, "z".repeat(2 * MAX_CHUNK_BYTES + 3));
    filter.end();
    assert.deepEqual(calls, ["a 1", "a 65536", "a 65536", "a 65536", "a 3", "a 0!"]);
    assert.equal(pieces.join("").length, 3 * MAX_CHUNK_BYTES + 4);
  });

  test("is cut anew when one plugin makes more of it", () => {
    const { filter, calls, pieces } = filtering((text) => text.repeat(MAX_CHUNK_BYTES), pass);
    write(filter, "ab");
    filter.end();
    assert.deepEqual(calls, ["a 2!", "b 65536", "b 65536!"]);
    assert.equal(pieces.join("").length, 2 * MAX_CHUNK_BYTES);
  });

  test("says which chunk is the last one, even when nothing is left", () => {
    const { filter, calls, pieces } = filtering(
      () => "",
      (_, isLast) => (isLast ? "end" : ""),
    );
    write(filter, "ab");
    filter.flush();
    filter.end();
    assert.deepEqual(calls, ["a 2", "a 0!", "b 0!"]);
    assert.deepEqual(pieces, ["end"]);
  });

  test("passes by a plugin that skips it, from the beginning or later", () => {
    const { filter, bodies, calls, pieces } = filtering(upper, (text) => {
      bodies.skip("request_body", "b");
      return `<${text}>`;
    });
    bodies.skip("request_body", "a");
    write(filter, "ab");
    filter.flush();
    write(filter, "cd");
    filter.end();
    assert.deepEqual(calls, ["b 2"]);
    assert.deepEqual(pieces, ["<ab>", "cd"]);
  });

  test("reaches nobody any more when the exchange is over", () => {
    const { filter, exchange, calls, pieces } = filtering(upper);
    write(filter, "ab");
    exchange.isOver = true;
    filter.end();
    assert.deepEqual([...calls, ...pieces], []);
  });

  test("cannot grow without bound: what goes in at one time gives 8 MiB more at most (W5)", () => {
    const grow: Change = (text) => text.repeat(16);
    const { filter, pieces } = filtering(grow, grow, grow);
    assert.throws(() => write(filter, "x".repeat(MAX_CHUNK_BYTES + 1)), {
      code: "plugin_failed",
    });
    assert.ok(pieces.join("").length <= 9 * 1024 * 1024, String(pieces.join("").length));
  });

  test("of a plugin that does not continue is a failure", () => {
    const { exchange, bodies } = filtering();
    const plugin = new RecordingPlugin("p", { run: () => ({ kind: "respond" }) });
    const links = [{ plugin, entry: 0 }];
    const sink = (): void => undefined;
    const filter = new BodyFilter({ exchange, bodies, phase: "body_filter", links, sink });
    assert.throws(() => filter.end(), { code: "plugin_failed" });
  });
});
