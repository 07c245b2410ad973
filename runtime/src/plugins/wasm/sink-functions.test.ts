import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Fault } from "@sluice/plugin-sdk/abi";
import { checkHost } from "../../outbound/destination.ts";
import type { Item } from "../../sinks/delivery.ts";
import { destinationOf } from "../../sinks/sink-options.ts";
import type { SinkOpener } from "../../sinks/sinks.ts";
import { exchangeOf } from "../../exchange.testing.ts";
import type { PluginGrants } from "../../config/model.ts";
import { TestGuest } from "./host-functions.testing.ts";
import { OpenSinks, sinkFunctions } from "./sink-functions.ts";

const UDP = '{"to":"udp","host":"10.0.0.5","port":9}';

class Bench {
  readonly appended: Item[] = [];
  released = 0;
  takes = true;
  readonly guest: TestGuest;
  readonly held: OpenSinks = new OpenSinks();
  readonly #functions: ReturnType<typeof sinkFunctions>;

  constructor(grants: Partial<PluginGrants> = { fetch: ["10.0.0.5:9"] }) {
    const sinks: SinkOpener = {
      open: (options, rules) => {
        const url = destinationOf(options);
        if (url !== undefined) checkHost(url, rules);
        return {
          append: (item) => (this.appended.push(item), this.takes),
          release: () => void this.released++,
        };
      },
    };
    this.guest = new TestGuest({ grants, services: { sinks, record: () => "record" } });
    this.#functions = sinkFunctions(this.guest.options, this.held);
  }

  open(json: string): number {
    const { call } = this.guest;
    call.begin("configure", 0, undefined, Infinity);
    const id = this.#functions.sink_open(0, ...this.guest.text(json));
    call.end();
    return id;
  }

  /** In a log phase of the entry; `request` is its handle unless it says another. */
  append(
    sink: number,
    data: string | number,
    of: { entry?: number; phase?: "log" | "access"; request?: number } = {},
  ): number {
    const { call } = this.guest;
    const handle = call.begin(of.phase ?? "log", of.entry ?? 0, exchangeOf(), Infinity);
    const [pointer, length] = typeof data === "string" ? this.guest.text(data) : [0, data];
    const result = this.#functions.sink_append(0, of.request ?? handle, sink, pointer, length);
    call.end();
    return result;
  }
}

describe("sink_open", () => {
  test("gives a sink to who was granted its server, and to nobody else", () => {
    assert.equal(new Bench().open(UDP), 0);
    assert.equal(new Bench({ fetch: ["10.0.0.5:8"] }).open(UDP), Fault.denied);
    assert.equal(new Bench({ privateAddresses: true }).open(UDP), Fault.denied);
  });

  test("takes only files that the entry's config names", () => {
    assert.equal(new Bench().open('{"to":"file","path":"/etc/passwd"}'), Fault.denied);
    const deadLetter = UDP.replace("}", ',"queue":{"dead_letter_path":"/etc/passwd"}}');
    assert.equal(new Bench().open(deadLetter), Fault.denied);
  });

  test("refuses what are no options, what is too long, and another phase", () => {
    assert.equal(new Bench().open("{"), Fault.badValue);
    assert.equal(new Bench().open('{"to":"http","url":"no url"}'), Fault.badValue);
    const bench = new Bench();
    const functions = sinkFunctions(bench.guest.options, bench.held);
    bench.guest.call.begin("log", 0, exchangeOf(), Infinity);
    assert.equal(functions.sink_open(0, 0, 2), Fault.wrongPhase);
    bench.guest.call.begin("configure", 0, undefined, Infinity);
    assert.equal(functions.sink_open(0, 0, 300_000), Fault.limit);
  });
});

describe("sink_append", () => {
  test("takes bytes, and the record in the log phase", () => {
    const bench = new Bench();
    const sink = bench.open(UDP);
    assert.equal(bench.append(sink, "text"), 0);
    assert.equal(bench.append(sink, "without", { request: 0 }), 0);
    assert.equal(bench.append(sink, -1), 0);
    assert.equal(bench.append(sink, -1, { phase: "access" }), Fault.wrongPhase);
    assert.equal(bench.append(sink, -1, { request: 0 }), Fault.badHandle);
    assert.equal(bench.append(sink, -2), Fault.badValue);
    assert.equal(bench.append(sink, 1_048_577), Fault.limit);
    assert.deepEqual(bench.appended.map(String), ["text", "without", "record"]);
  });

  test("is refused to other entries, and for requests that have ended", () => {
    const bench = new Bench();
    const sink = bench.open(UDP);
    assert.equal(bench.append(sink, "x", { entry: 1 }), Fault.badHandle);
    assert.equal(bench.append(sink + 1, "x"), Fault.badHandle);
    assert.equal(bench.append(sink, "x", { request: 12_345 }), Fault.badHandle);
  });

  test("says when the entry was dropped", () => {
    const bench = new Bench();
    const sink = bench.open(UDP);
    bench.takes = false;
    assert.equal(bench.append(sink, "x"), Fault.limit);
  });
});

test("an instance that ends lets go of its sinks, once", () => {
  const bench = new Bench();
  const sink = bench.open(UDP);
  bench.held.release();
  bench.held.release();
  assert.equal(bench.released, 1);
  assert.equal(bench.append(sink, "x"), Fault.badHandle);
});
