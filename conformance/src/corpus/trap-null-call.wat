;; Calls an empty place of a table.
(module
  (type $f (func (result i32)))
  (table 1 funcref)
  (memory (export "memory") 1)
  (func (export "sluice_abi_version") (result i32) (i32.const 1))
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func (export "sluice_access") (param i32 i32) (result i32)
    (call_indirect (type $f) (i32.const 0)))
)
