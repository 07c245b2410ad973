;; A handler around an endless loop: running out of fuel must not end in it.
(module
  (memory (export "memory") 1)
  (func (export "sluice_abi_version") (result i32) (i32.const 1))
  (func (export "sluice_configure") (param i32) (result i32) (i32.const 0))
  (func (export "sluice_access") (param i32 i32) (result i32)
    (loop $again
      (try
        (do (loop $inner (br $inner)))
        (catch_all))
      (br $again))
    (unreachable))
)
