;; A loop in a loop, each with parameters and a condition that stays true.
(module
  (memory (export "memory") 1)
  (func (export "sluice_abi_version") (result i32) (i32.const 1))
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func (export "sluice_access") (param i32 i32) (result i32)
    (local $i i32)
    (i32.const 1)
    (loop $outer (param i32)
      (local.set $i)
      (loop $inner
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $inner (i32.and (local.get $i) (i32.const 0xffff))))
      (br_if $outer (local.get $i) (i32.const 1))
      (drop))
    (i32.const 0))
)
