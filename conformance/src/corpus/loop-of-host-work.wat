;; Has the host copy as much as it can for ever.
(module
  (import "extism:host/user" "store_set" (func $set (param i32 i32 i32 i32 f64) (result i32)))
  (memory (export "memory") 17)
  (func (export "sluice_abi_version") (result i32) (i32.const 1))
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func (export "sluice_access") (param i32 i32) (result i32)
    (loop $again
      (drop (call $set (i32.const 0) (i32.const 1000000) (i32.const 0) (i32.const 65536) (f64.const 1)))
      (br $again))
    (unreachable))
)
