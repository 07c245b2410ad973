;; Asks the host for the time for ever.
(module
  (import "extism:host/user" "now_ms" (func $now (result f64)))
  (memory (export "memory") 1)
  (func (export "sluice_abi_version") (result i32) (i32.const 1))
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func (export "sluice_access") (param i32 i32) (result i32)
    (loop $again
      (drop (call $now))
      (br $again))
    (unreachable))
)
