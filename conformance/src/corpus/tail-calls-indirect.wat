;; The same through a table.
(module
  (type $step (func (param i32) (result i32)))
  (table 2 funcref)
  (elem (i32.const 0) $ping $pong)
  (memory (export "memory") 1)
  (func (export "sluice_abi_version") (result i32) (i32.const 1))
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func $ping (param i32) (result i32) (return_call_indirect (type $step) (local.get 0) (i32.const 1)))
  (func $pong (param i32) (result i32) (return_call_indirect (type $step) (local.get 0) (i32.const 0)))
  (func (export "sluice_access") (param i32 i32) (result i32)
    (call $ping (i32.const 0)))
)
