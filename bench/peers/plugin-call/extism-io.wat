;; Extism's input and output as its PDKs do them: eight bytes a call, then the rest one by one.
(module
  (import "main" "memory" (memory 1))
  (import "extism:host/env" "input_length" (func $input_length (result i64)))
  (import "extism:host/env" "input_load_u64" (func $input_load_u64 (param i64) (result i64)))
  (import "extism:host/env" "input_load_u8" (func $input_load_u8 (param i64) (result i32)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store_u64 (param i64 i64)))
  (import "extism:host/env" "store_u8" (func $store_u8 (param i64 i32)))
  (import "extism:host/env" "output_set" (func $output_set (param i64 i64)))

  (func (export "store_get") (param $key i32) (param $keyLength i32) (param $buffer i32) (param $limit i32)
    (result i32) (local $length i32) (local $at i32)
    (local.set $length (i32.wrap_i64 (call $input_length)))
    (if (i32.gt_u (local.get $length) (local.get $limit)) (then (return (local.get $length))))
    (loop $words
      (if (i32.le_u (i32.add (local.get $at) (i32.const 8)) (local.get $length)) (then
        (i64.store (i32.add (local.get $buffer) (local.get $at))
          (call $input_load_u64 (i64.extend_i32_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $words))))
    (loop $bytes
      (if (i32.lt_u (local.get $at) (local.get $length)) (then
        (i32.store8 (i32.add (local.get $buffer) (local.get $at))
          (call $input_load_u8 (i64.extend_i32_u (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $bytes))))
    (local.get $length))

  (func (export "store_set") (param $key i32) (param $keyLength i32) (param $value i32) (param $length i32)
    (param $ttlMs f64) (result i32) (local $block i64) (local $at i32)
    (local.set $block (call $alloc (i64.extend_i32_u (local.get $length))))
    (loop $words
      (if (i32.le_u (i32.add (local.get $at) (i32.const 8)) (local.get $length)) (then
        (call $store_u64 (i64.add (local.get $block) (i64.extend_i32_u (local.get $at)))
          (i64.load (i32.add (local.get $value) (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br $words))))
    (loop $bytes
      (if (i32.lt_u (local.get $at) (local.get $length)) (then
        (call $store_u8 (i64.add (local.get $block) (i64.extend_i32_u (local.get $at)))
          (i32.load8_u (i32.add (local.get $value) (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $bytes))))
    (call $output_set (local.get $block) (i64.extend_i32_u (local.get $length)))
    (i32.const 0)))
