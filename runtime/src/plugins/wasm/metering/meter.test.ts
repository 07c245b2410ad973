import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { unsigned } from "../sections.ts";
import { Id, binary, section } from "../wasm.testing.ts";
import { meter } from "./meter.ts";
import { assemble, meteredInstance, plainInstance, running } from "./metering.testing.ts";
import { SAME } from "./same.testing.ts";

/** Runs until the refill with that number says no; gives the error. */
function stopped(bytes: Uint8Array, refills = 3): unknown {
  let left = refills;
  const instance = meteredInstance(bytes, () => (left-- > 0 ? 100_000 : 0));
  try {
    instance.run("run", 0);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("a metered module does what it did before", () => {
  for (const [what, { text, inputs }] of Object.entries(SAME)) {
    test(what, () => {
      const bytes = assemble(text);
      const plain = inputs.map((input) => plainInstance(bytes).run("run", input));
      // A refill of 1 unit takes the slow way at each check, one of many units hardly ever.
      for (const units of [1, 1000, 2 ** 24]) {
        const metered = inputs.map((input) =>
          meteredInstance(bytes, () => units).run("run", input),
        );
        assert.deepEqual(metered, plain, `with ${units} units a refill`);
      }
    });
  }

  test("QuickJS: half a megabyte of code that a compiler wrote", async () => {
    const path = createRequire(import.meta.url).resolve("quickjs-wasi/quickjs.wasm");
    const bytes = new Uint8Array(readFileSync(path));
    const before = new WebAssembly.Module(bytes);
    const after = await WebAssembly.compile(meter(bytes));
    assert.deepEqual(WebAssembly.Module.imports(after), WebAssembly.Module.imports(before));
    const exports = WebAssembly.Module.exports(after);
    assert.deepEqual(exports.slice(0, -1), WebAssembly.Module.exports(before));
    assert.deepEqual(exports.at(-1), { name: "sluice:fuel", kind: "table" });
  });

  test("code without loops and calls stays as it is, byte by byte", () => {
    const code = "(i32.add (i32.mul (local.get 0) (i32.const 7)) (i32.const 123456))";
    const bytes = Buffer.from(running(code));
    const body = bytes.subarray(bytes.lastIndexOf(Buffer.from([0x41, 0xc0, 0xc4, 0x07])) - 6);
    assert.ok(Buffer.from(meter(bytes)).includes(body));
  });
});

describe("what comes with the gateway", () => {
  const LOOP =
    "(loop $l (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l (local.get 0)))";
  const bytes = assemble(`(module
    (func $small (export "small") (param i32) (result i32) ${LOOP} (i32.const 0))
    (func (export "run") (param i32) (result i32) (local i32)
      (local.set 1 (local.get 0)) ${LOOP} (local.set 0 (local.get 1)) ${LOOP} (i32.const 0)))`);

  function refillsOf(name: string, trustsInterpreter: boolean): number {
    let refills = 0;
    const count = (): number => {
      refills++;
      return 100_000;
    };
    meteredInstance(bytes, count, trustsInterpreter).run(name, 9_000_000);
    return refills;
  }

  test("is not charged in its largest function, the interpreter, and in all others it is", () => {
    assert.equal(refillsOf("run", true), 0);
    assert.ok(refillsOf("run", false) > 0);
    assert.ok(refillsOf("small", true) > 0);
  });
});

describe("whatever goes on for ever comes to a refill, and ends when there is none (W1, W2)", () => {
  const LOOPS: Readonly<Record<string, readonly [code: string, parts?: string]>> = {
    "a loop": ["(loop $l (br $l)) (unreachable)"],
    "a loop by br_if": ["(loop $l (br_if $l (i32.const 1))) (i32.const 0)"],
    "a loop by br_table": ["(loop $l (br_table $l $l (local.get 0))) (unreachable)"],
    "a loop with a parameter": [
      "(loop $l (param i32) (result i32) (br $l)) (unreachable)".replace(
        "(loop",
        "(local.get 0) (loop",
      ),
    ],
    "a loop around another one that ends": [
      "(loop $l (block $out (loop $in (br_if $out (i32.const 1)) (br $in))) (br $l)) (unreachable)",
    ],
    "a loop whose turn is larger than a batch": [
      `(loop $l ${"(i32.store (i32.const 0) (i32.const 1))".repeat(5000)} (br $l)) (unreachable)`,
      "(memory 1)",
    ],
    "a loop in a catch": [
      "(loop $l (try (do (throw $t)) (catch $t (br $l)))) (unreachable)",
      "(tag $t)",
    ],
    "a loop that catches what ends it": [
      "(loop $l (try (do (loop $in (br $in))) (catch_all)) (br $l)) (unreachable)",
    ],
    "a loop by try_table": [
      "(loop $l (block $b (try_table (catch $t $b) (throw $t))) (br $l)) (unreachable)",
      "(tag $t)",
    ],
    "a catch that goes back to a loop": [
      "(loop $l (try_table (catch $t $l) (throw $t))) (unreachable)",
      "(tag $t)",
    ],
    "calls that branch": [
      "(call $f (i32.const 60))",
      `(func $f (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (i32.add
            (call $f (i32.sub (local.get 0) (i32.const 1)))
            (call $f (i32.sub (local.get 0) (i32.const 1)))))
          (else (i32.const 1))))`,
    ],
    "tail calls": [
      "(return_call $a (local.get 0))",
      `(func $a (param i32) (result i32) (return_call $b (local.get 0)))
       (func $b (param i32) (result i32) (return_call $a (local.get 0)))`,
    ],
    "tail calls through a table": [
      "(return_call_indirect (type $t) (local.get 0) (i32.const 0))",
      `(type $t (func (param i32) (result i32))) (table 1 funcref) (elem (i32.const 0) $a)
       (func $a (param i32) (result i32)
         (return_call_indirect (type $t) (local.get 0) (i32.const 0)))`,
    ],
  };
  for (const [what, [code, parts]] of Object.entries(LOOPS)) {
    test(what, () => {
      const error = stopped(running(code, parts));
      assert.ok(error instanceof WebAssembly.RuntimeError, String(error));
      assert.match(error.message, /unreachable/i);
    });
  }

  test("forty functions that each call the next one twice", () => {
    const chain = Array.from({ length: 40 }, (_, index) => {
      const next = `(call $f${index + 1})`;
      return `(func $f${index} (result i32) (i32.add ${next} ${next}))`;
    });
    const parts = `${chain.join("\n")} (func $f40 (result i32) (i32.const 1))`;
    assert.ok(stopped(running("(call $f0)", parts)) instanceof WebAssembly.RuntimeError);
  });

  test("a chain of fifty thousand functions is looked through without recursion", () => {
    const count = 50_000;
    // Each calls the next one; the last one does nothing.
    const bodies = Array.from({ length: count }, (_, index) => {
      const code = index === count - 1 ? [] : [0x10, ...unsigned(index + 1)];
      return [code.length + 2, 0, ...code, 0x0b];
    });
    const bytes = binary(
      section(Id.type, [1, 0x60, 0, 0]),
      section(Id.function, [...unsigned(count), ...Array.from({ length: count }, () => 0)]),
      section(Id.code, [...unsigned(count), ...bodies.flat()]),
    );
    assert.ok(WebAssembly.validate(meter(bytes)));
  });
});

describe("the units charged", () => {
  /** Units that a call of `run` uses. */
  function used(bytes: Uint8Array, input: number): number {
    const START_UNITS = 8 * 1024 * 1024;
    let granted = START_UNITS;
    let sum = 0;
    const instance = meteredInstance(bytes, (left) => {
      sum += granted - left;
      granted = 1;
      return granted;
    });
    // The start units are used up first, so that each unit is seen.
    instance.run("burn");
    sum = 0;
    instance.run("run", input);
    return sum;
  }
  const BURN = `(func (export "burn") (local $i i32)
    (loop $l
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $l (i32.lt_u (local.get $i) (i32.const 2000000)))))`;

  test("grow with the turns of a loop and with its length", () => {
    const loop = (body: string): Uint8Array =>
      running(
        `(local $i i32)
         (loop $l
           ${body}
           (local.set $i (i32.add (local.get $i) (i32.const 1)))
           (br_if $l (i32.lt_u (local.get $i) (local.get 0))))
         (local.get $i)`,
        BURN,
      );
    const short = loop("");
    const long = loop("(local.set $i (i32.add (local.get $i) (i32.const 0)))".repeat(10));
    const [few, many, longer] = [used(short, 10_000), used(short, 100_000), used(long, 100_000)];
    assert.ok(many > few * 8 && many < few * 12, `${few}, ${many}`);
    assert.ok(longer > many * 3, `${many}, ${longer}`);
  });

  test("of bulk operations grow with their size", () => {
    const fill = running(
      "(memory.fill (i32.const 0) (i32.const 1) (local.get 0)) (i32.const 0)",
      `(memory 512) ${BURN}`,
    );
    assert.ok(used(fill, 32 * 1024 * 1024) > 4_000_000);
    assert.ok(used(fill, 1024 * 1024) < 200_000);
    const table = running(
      "(table.fill $t (i32.const 0) (ref.null func) (local.get 0)) (i32.const 0)",
      `(table $t 100000 funcref) ${BURN}`,
    );
    assert.ok(used(table, 100_000) > 90_000);
  });
});

describe("what is not understood is refused by name", () => {
  const REFUSED: Readonly<Record<string, readonly [code: string, parts: string, reason: RegExp]>> =
    {
      threads: [
        "(i32.atomic.load (i32.const 0))",
        "(memory 1)",
        /threads \(0xfe\) is not allowed \(byte \d+/,
      ],
      "a second memory": [
        "(i32.load $b (i32.const 0))",
        "(memory $a 1) (memory $b 1)",
        /a second memory is not allowed \(byte \d+ of the code section\)/,
      ],
      "garbage collection": [
        "(struct.get $s 0 (struct.new $s (i32.const 1)))",
        "(type $s (struct (field i32)))",
        /type form 0x[0-9a-f]+ is not allowed/,
      ],
      "typed function references": [
        "(call_ref $t (ref.func $f))",
        "(type $t (func (result i32))) (elem declare func $f) (func $f (type $t) (i32.const 1))",
        /call_ref \(typed function references\) is not allowed/,
      ],
      "a start section": [
        "(i32.const 0)",
        "(func $s) (start $s)",
        /a start section is not allowed/,
      ],
      "an imported memory": [
        "(i32.const 0)",
        '(import "a" "b" (memory 1))',
        /something else than a function/,
      ],
      "the name that metering uses": [
        "(i32.const 0)",
        '(table (export "sluice:fuel") 1 funcref)',
        /exports sluice:fuel, a name of the gateway's own/,
      ],
    };
  for (const [what, [code, parts, reason]] of Object.entries(REFUSED)) {
    test(what, () => assert.throws(() => meter(running(code, parts)), reason));
  }

  test("more loops than could be checked while requests wait", () => {
    const loops = Array.from({ length: 250_001 }, () => [0x03, 0x40, 0x0b]).flat();
    const body = [0, ...loops, 0x0b];
    const bytes = binary(
      section(Id.type, [1, 0x60, 0, 0]),
      section(Id.function, [1, 0]),
      section(Id.code, [1, ...unsigned(body.length), ...body]),
    );
    assert.throws(() => meter(bytes), /more than 500000 loops, calls and branches out of loops/);
  });

  test("an index that only what metering adds would have", () => {
    const MARK = [0x41, 0xda, 0xb4, 0xe9, 0x02];
    const parts = `(global $g (mut i32) (i32.const 0)) (table $t 1 funcref) (func $f (param i32))`;
    const reaching = (instruction: string, replacement: readonly number[]): Uint8Array => {
      const code = instruction.replace("MARK", "(i32.const 0x5a5a5a)");
      const bytes = Buffer.from(running(`(local i32) ${code} (i32.const 0)`, parts));
      bytes.set(replacement, bytes.indexOf(Buffer.from(MARK)) + MARK.length);
      return bytes;
    };
    const wrong: readonly (readonly [string, readonly number[], RegExp])[] = [
      ["(global.set $g MARK)", [0x24, 1], /global 1 does not exist, there are 1/],
      ["(local.set 1 MARK)", [0x21, 2], /local 2 does not exist/],
      ["(call $f MARK)", [0x10, 2], /function 2 does not exist, there are 2/],
      ["(drop (table.get $t MARK))", [0x25, 1], /table 1 does not exist, there are 1/],
    ];
    for (const [instruction, replacement, reason] of wrong) {
      assert.throws(() => meter(reaching(instruction, replacement)), reason);
    }
  });

  test("code that ends too early, goes on after its end, or has sections in the wrong order", () => {
    const bytes = running("(i32.const 0)");
    const last = bytes.length - 1;
    assert.throws(() => meter(bytes.with(last, 0x01)), /ends too early|instruction/);
    assert.throws(() => meter(bytes.with(last - 2, 0x0b)), /goes on after its end/);
    const [type, rest] = [bytes.subarray(8, 16), bytes.subarray(16)];
    const turned = Buffer.concat([bytes.subarray(0, 8), rest, type]);
    assert.throws(() => meter(turned), /out of order|does not exist|declared/);
  });
});
