;; Two functions that call each other until the stack is full.
(module
  (memory (export "memory") 1)
  (func (export "sluice_abi_version") (result i32) (i32.const 1))
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func $a (param i32) (result i32) (i32.add (i32.const 1) (call $b (local.get 0))))
  (func $b (param i32) (result i32) (i32.add (i32.const 1) (call $a (local.get 0))))
  (func (export "sluice_access") (param i32 i32) (result i32)
    (call $a (i32.const 0)))
)
