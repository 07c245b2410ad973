;; Copies all of its memory again and again, in a call without a loop.
(module
  (memory (export "memory") 512)
  (func (export "sluice_abi_version") (result i32) (i32.const 1))
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func $copy
    (memory.copy (i32.const 0) (i32.const 4) (i32.const 33554400))
    (call $copy))
  (func (export "sluice_access") (param i32 i32) (result i32)
    (loop $again
      (memory.copy (i32.const 0) (i32.const 4) (i32.const 33554400))
      (memory.copy (i32.const 0) (i32.const 4) (i32.const 33554400))
      (memory.copy (i32.const 0) (i32.const 4) (i32.const 33554400))
      (memory.copy (i32.const 0) (i32.const 4) (i32.const 33554400))
      (br $again))
    (unreachable))
)
