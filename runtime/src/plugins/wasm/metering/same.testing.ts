// Modules of every kind of instruction that metering looks into or moves: `run` must give the same with it and without.

export interface SameCase {
  readonly text: string;
  readonly inputs: readonly number[];
}

function run(code: string, parts = "", inputs: readonly number[] = [0, 1, 2, 5, 17]): SameCase {
  return {
    text: `(module ${parts} (func (export "run") (param $n i32) (result i32) ${code}))`,
    inputs,
  };
}

const FIB = `(func $fib (param i32) (result i32)
  (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
    (then (local.get 0))
    (else (i32.add
      (call $fib (i32.sub (local.get 0) (i32.const 1)))
      (call $fib (i32.sub (local.get 0) (i32.const 2)))))))`;

const COUNT = (body: string, limit = "(local.get $n)"): string => `
  (loop $l
    ${body}
    (local.set $i (i32.add (local.get $i) (i32.const 1)))
    (br_if $l (i32.lt_u (local.get $i) ${limit})))`;

const SUM = "(local.set $s (i32.add (i32.mul (local.get $s) (i32.const 3)) (local.get $i)))";

export const SAME: Readonly<Record<string, SameCase>> = {
  "a loop that counts": run(
    `(local $i i32) (local $s i32) ${COUNT(SUM)} (local.get $s)`,
    "",
    [0, 1, 1000, 100_000],
  ),
  "a loop that goes back at its beginning, in its middle and at its end": run(
    `(local $i i32) (local $s i32)
     (loop $l
       (local.set $i (i32.add (local.get $i) (i32.const 1)))
       (br_if $l (i32.rem_u (local.get $i) (i32.const 3)))
       ${SUM}
       (if (i32.lt_u (local.get $i) (local.get $n)) (then (br $l)))
       (br_if $l (i32.lt_u (local.get $i) (i32.const 9))))
     (local.get $s)`,
  ),
  "a loop with six ways back": run(
    `(local $i i32) (local $s i32)
     (loop $l
       ${SUM}
       (local.set $i (i32.add (local.get $i) (i32.const 1)))
       (br_if $l (i32.eq (local.get $i) (i32.const 1)))
       (br_if $l (i32.eq (local.get $i) (i32.const 2)))
       (br_if $l (i32.eq (local.get $i) (i32.const 3)))
       (br_if $l (i32.eq (local.get $i) (i32.const 4)))
       (br_if $l (i32.eq (local.get $i) (i32.const 5)))
       (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
     (local.get $s)`,
  ),
  "loops in each other, left by branches over several": run(
    `(local $i i32) (local $j i32) (local $s i32)
     (block $all
       (loop $a
         (local.set $j (i32.const 0))
         (block $inner
           (loop $b
             (local.set $s (i32.add (i32.mul (local.get $s) (i32.const 5)) (local.get $j)))
             (local.set $j (i32.add (local.get $j) (i32.const 1)))
             (loop $c
               (br_if $inner (i32.gt_u (local.get $j) (local.get $i)))
               (br_if $all (i32.gt_u (local.get $j) (i32.const 11)))
               (br_if $b (i32.and (local.get $j) (i32.const 1))))
             (br $b)))
         (local.set $i (i32.add (local.get $i) (i32.const 1)))
         (br_if $a (i32.lt_u (local.get $i) (local.get $n)))))
     (local.get $s)`,
    "",
    [0, 1, 5, 40],
  ),
  "br_table within loops and out of them": run(
    `(local $s i32)
     (block $end
       (loop $again
         (block $two
           (block $one
             (block $zero
               (br_table $zero $one $two $again $end (i32.and (local.get $n) (i32.const 7))))
             (local.set $s (i32.add (local.get $s) (i32.const 1)))
             (local.set $n (i32.add (local.get $n) (i32.const 1)))
             (br $again))
           (local.set $s (i32.mul (local.get $s) (i32.const 3)))
           (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br $again))
         (local.set $s (i32.add (local.get $s) (i32.const 100)))
         (local.set $n (i32.const 4))
         (br $again)))
     (local.get $s)`,
    "",
    [0, 1, 2, 4, 6],
  ),
  "a loop with parameters and results": run(
    `(local.get $n) (i32.const 1)
     (loop $l (param i32 i32) (result i32)
       (local.set $n) (drop) (local.get $n)
       (if (result i32) (i32.lt_u (local.get $n) (i32.const 500))
         (then (br $l (local.get $n) (i32.mul (local.get $n) (i32.const 3))))
         (else (local.get $n)))
       (i32.add))`,
  ),
  "blocks and ifs with parameters and several results": run(
    `(local.get $n) (i32.const 3)
     (block $b (param i32 i32) (result i32 i32)
       (i32.add) (i32.const 10)
       (br_if $b (i32.const 7) (i32.and (local.get $n) (i32.const 1)))
       (drop) (local.get $n) (i32.const 2)
       (if (param i32 i32) (result i32) (local.get $n)
         (then (i32.mul)) (else (i32.sub))) )
     (i32.add)`.replace("(br_if $b (i32.const 7)", "(br_if $b"),
  ),
  "calls that recurse": run("(call $fib (local.get $n))", FIB, [0, 1, 2, 10, 18]),
  "calls through a table, and in tail position": run(
    `(i32.add
       (call_indirect (type $f) (local.get $n) (i32.and (local.get $n) (i32.const 1)))
       (call $down (local.get $n) (i32.const 0)))`,
    `(type $f (func (param i32) (result i32)))
     (table 2 funcref) (elem (i32.const 0) $double $square)
     (func $double (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
     (func $square (param i32) (result i32) (i32.mul (local.get 0) (local.get 0)))
     (func $down (param i32 i32) (result i32)
       (if (i32.eqz (local.get 0))
         (then (return_call_indirect (type $f) (local.get 1) (i32.const 1))))
       (return_call $down
         (i32.sub (local.get 0) (i32.const 1)) (i32.add (local.get 1) (local.get 0))))`,
    [0, 1, 2, 1000],
  ),
  "a function that returns early, with calls on its other ways": run(
    `(local $i i32) (local $s i32)
     ${COUNT("(local.set $s (i32.add (local.get $s) (call $maybe (local.get $i))))")}
     (local.get $s)`,
    `(func $maybe (param i32) (result i32)
       (if (i32.rem_u (local.get 0) (i32.const 10)) (then (return (i32.const 1))))
       (call $other (local.get 0)))
     (func $other (param i32) (result i32)
       (if (result i32) (i32.eqz (local.get 0))
         (then (i32.const 0))
         (else (call $maybe (i32.div_u (local.get 0) (i32.const 10))))))`,
    [0, 10, 100, 5000],
  ),
  "exceptions, older form": run(
    `(local $i i32) (local $s i32)
     ${COUNT(`(try
         (do
           (if (i32.and (local.get $i) (i32.const 1)) (then (throw $t (local.get $i))))
           (try (do (call $thrower (local.get $i))) (delegate 0)))
         (catch $t (local.set $s (i32.add (local.get $s))))
         (catch_all (local.set $s (i32.mul (local.get $s) (i32.const 2)))))`)}
     (local.get $s)`,
    `(tag $t (param i32)) (tag $u)
     (func $thrower (param i32)
       (if (i32.rem_u (local.get 0) (i32.const 3)) (then (throw $u)))
       (try (do (throw $u)) (catch_all (rethrow 0))))`.replace(
      "(try (do (throw $u)) (catch_all (rethrow 0)))",
      "(throw $u)",
    ),
  ),
  "exceptions, newer form": run(
    `(local $i i32) (local $s i32)
     ${COUNT(`(local.set $s (i32.add (local.get $s)
         (block $caught (result i32)
           (try_table (catch $t $caught)
             (if (i32.and (local.get $i) (i32.const 1)) (then (throw $t (local.get $i)))))
           (i32.const 5))))`)}
     (local.get $s)`,
    "(tag $t (param i32))",
  ),
  "bulk operations on memory": run(
    `(memory.fill (i32.const 0) (local.get $n) (i32.const 5000))
     (memory.copy (i32.const 100) (i32.const 7) (i32.const 3000))
     (memory.init $d (i32.const 50) (i32.const 0) (i32.const 4))
     (data.drop $d)
     (drop (memory.grow (i32.const 2)))
     (i32.add (memory.size) (i32.add (i32.load (i32.const 50)) (i32.load (i32.const 3000))))`,
    '(memory 1) (data $d "\\01\\02\\03\\04")',
  ),
  "operations on tables": run(
    `(table.fill $t (i32.const 0) (ref.func $f) (i32.const 3))
     (table.set $t (i32.const 5) (table.get $t (i32.const 1)))
     (table.copy $t $t (i32.const 6) (i32.const 5) (i32.const 1))
     (table.init $t $e (i32.const 7) (i32.const 0) (i32.const 1))
     (drop (table.grow $t (ref.null func) (local.get $n)))
     (i32.add (table.size $t)
       (i32.add (call_indirect $t (type $v) (i32.const 6)) (ref.is_null (table.get $t (i32.const 8)))))`,
    `(type $v (func (result i32))) (table $t 10 funcref) (elem $e func $f)
     (func $f (type $v) (i32.const 1000))`,
  ),
  "numbers of every size and kind": run(
    `(local $i i32) (local $s f64) (local $k i64)
     ${COUNT(`(local.set $s (f64.add (f64.sqrt (f64.convert_i32_u (local.get $i))) (local.get $s)))
       (local.set $k (i64.rem_u
         (i64.add (i64.mul (local.get $k) (i64.const 6364136223846793005)) (i64.const -1))
         (i64.const 1000003)))`)}
     (i32.add (i32.trunc_sat_f64_s (f64.mul (local.get $s) (f64.const 1e3)))
       (i32.add (i32.wrap_i64 (local.get $k)) (i32.extend8_s (local.get $i))))`,
    "",
    [0, 1, 1000, 30_000],
  ),
  vectors: run(
    `(local $i i32) (local $v v128)
     ${COUNT(`(local.set $v (i32x4.add (local.get $v) (i32x4.mul
         (i32x4.splat (local.get $i)) (v128.const i32x4 1 2 3 4))))
       (v128.store offset=16 (i32.const 0)
         (i8x16.shuffle 15 14 13 12 11 10 9 8 7 6 5 4 3 2 1 0 (local.get $v) (local.get $v)))
       (local.set $v (v128.load8_lane offset=3 2 (i32.const 15) (local.get $v)))`)}
     (i32.add (i32x4.extract_lane 1 (local.get $v)) (i8x16.extract_lane_u 13 (local.get $v)))`,
    "(memory 1)",
  ),
  "code that is never reached": run(
    `(block $b (result i32)
       (br $b (local.get $n))
       (loop $l (br $l))
       (drop (memory.grow (i32.const 1)))
       (memory.fill (i32.const 0) (i32.const 0) (i32.const 1))
       (unreachable))`,
    "(memory 1)",
  ),
};
