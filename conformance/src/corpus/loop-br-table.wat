;; Goes round through br_table only.
(module
  (memory (export "memory") 1)
  (func (export "sluice_abi_version") (result i32) (i32.const 1))
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func (export "sluice_access") (param i32 i32) (result i32)
    (local $i i32)
    (loop $again
      (block $odd
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_table $odd $again $again (i32.and (local.get $i) (i32.const 1))))
      (br_table $again (i32.const 7)))
    (unreachable))
)
