;; Catches that its stack is full, and goes on.
(module
  (memory (export "memory") 1)
  (func (export "sluice_abi_version") (result i32) (i32.const 1))
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func $deep (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0))))
  (func (export "sluice_access") (param i32 i32) (result i32)
    (loop $again
      (try
        (do (drop (call $deep (i32.const 0))))
        (catch_all))
      (br $again))
    (unreachable))
)
