;; A host function with other parameters than it has.
(module
  (import "extism:host/user" "log" (func $log (param i64)))
  (memory (export "memory") 1)
  (func (export "sluice_abi_version") (result i32) (i32.const 1))
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func (export "sluice_access") (param i32 i32) (result i32)
    (call $log (i64.const 1))
    (i32.const 0))
)
