;; The same with try_table.
(module
  (tag $t)
  (memory (export "memory") 1)
  (func (export "sluice_abi_version") (result i32) (i32.const 1))
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func (export "sluice_access") (param i32 i32) (result i32)
    (loop $again
      (block $caught
        (try_table (catch $t $caught) (throw $t)))
      (br $again))
    (unreachable))
)
