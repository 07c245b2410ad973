;; Nothing but turns: as dear as checks in loops can become.
(module
  (func (export "run") (param $turns i32) (result i32) (local $i i32)
    (loop $again
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $turns))))
    (local.get $i)))
