;; The Internet checksum's sum (RFC 1071) with SIMD, over the packet memory in place.
;;
;; Words are added in the machine's little-endian order and the folded sum's bytes swapped at the
;; end: RFC 1071 §2 (B), the sum is independent of byte order. Each 32-bit lane takes up to 131,070
;; from an i32x4.extadd_pairwise; four accumulators added together stay below 2^32 for 512 KiB,
;; which is the most `length` may be. Built into checksum-module.ts by scripts/build-wasm.ts.
(module
  (import "env" "memory" (memory 1))

  (func (export "sum") (param $at i32) (param $length i32) (result i32)
    (local $end i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $total i64)
    (local $word i64)

    ;; 64 bytes a step.
    (local.set $end (i32.add (local.get $at) (i32.and (local.get $length) (i32.const -64))))
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (loop $wide
          (local.set $a (i32x4.add (local.get $a)
            (i32x4.extadd_pairwise_i16x8_u (v128.load align=1 (local.get $at)))))
          (local.set $b (i32x4.add (local.get $b)
            (i32x4.extadd_pairwise_i16x8_u (v128.load offset=16 align=1 (local.get $at)))))
          (local.set $c (i32x4.add (local.get $c)
            (i32x4.extadd_pairwise_i16x8_u (v128.load offset=32 align=1 (local.get $at)))))
          (local.set $d (i32x4.add (local.get $d)
            (i32x4.extadd_pairwise_i16x8_u (v128.load offset=48 align=1 (local.get $at)))))
          (local.set $at (i32.add (local.get $at) (i32.const 64)))
          (br_if $wide (i32.lt_u (local.get $at) (local.get $end))))))

    ;; Then 16 bytes a step.
    (local.set $end (i32.add (local.get $at) (i32.and (local.get $length) (i32.const 48))))
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (loop $narrow
          (local.set $b (i32x4.add (local.get $b)
            (i32x4.extadd_pairwise_i16x8_u (v128.load align=1 (local.get $at)))))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $narrow (i32.lt_u (local.get $at) (local.get $end))))))

    ;; Sixteen lanes to four, four to two of 64 bits, two to one.
    (local.set $a (i32x4.add
      (i32x4.add (local.get $a) (local.get $b))
      (i32x4.add (local.get $c) (local.get $d))))
    (local.set $a (i64x2.add
      (i64x2.extend_low_i32x4_u (local.get $a))
      (i64x2.extend_high_i32x4_u (local.get $a))))
    (local.set $total (i64.add
      (i64x2.extract_lane 0 (local.get $a))
      (i64x2.extract_lane 1 (local.get $a))))

    ;; The last 0 to 15 bytes, each piece at an even distance from the start.
    (if (i32.and (local.get $length) (i32.const 8))
      (then
        (local.set $word (i64.load align=1 (local.get $at)))
        (local.set $total (i64.add (local.get $total) (i64.add
          (i64.and (local.get $word) (i64.const 0xffffffff))
          (i64.shr_u (local.get $word) (i64.const 32)))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))))
    (if (i32.and (local.get $length) (i32.const 4))
      (then
        (local.set $total (i64.add (local.get $total) (i64.load32_u align=1 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))))
    (if (i32.and (local.get $length) (i32.const 2))
      (then
        (local.set $total (i64.add (local.get $total) (i64.load16_u align=1 (local.get $at))))
        (local.set $at (i32.add (local.get $at) (i32.const 2)))))
    ;; An odd last byte is the first half of a word whose second half is zero.
    (if (i32.and (local.get $length) (i32.const 1))
      (then
        (local.set $total (i64.add (local.get $total) (i64.load8_u (local.get $at))))))

    ;; Fold 64 bits to 32 and 32 to 16 with the end-around carry, and swap the bytes.
    (local.set $total (i64.add
      (i64.and (local.get $total) (i64.const 0xffffffff))
      (i64.shr_u (local.get $total) (i64.const 32))))
    (local.set $total (i64.add
      (i64.and (local.get $total) (i64.const 0xffff))
      (i64.shr_u (local.get $total) (i64.const 16))))
    (local.set $total (i64.add
      (i64.and (local.get $total) (i64.const 0xffff))
      (i64.shr_u (local.get $total) (i64.const 16))))
    (local.set $total (i64.add
      (i64.and (local.get $total) (i64.const 0xffff))
      (i64.shr_u (local.get $total) (i64.const 16))))
    (i32.or
      (i32.shl (i32.and (i32.wrap_i64 (local.get $total)) (i32.const 0xff)) (i32.const 8))
      (i32.shr_u (i32.wrap_i64 (local.get $total)) (i32.const 8))))

  ;; The same sum of bytes that are copied to $to meanwhile; the two stretches do not overlap. What
  ;; is the same as above is not explained again.
  (func (export "copySum") (param $to i32) (param $at i32) (param $length i32) (result i32)
    (local $end i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local $v v128)
    (local $total i64)
    (local $word i64)

    ;; 64 bytes a step.
    (local.set $end (i32.add (local.get $at) (i32.and (local.get $length) (i32.const -64))))
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (loop $wide
          (local.set $v (v128.load align=1 (local.get $at)))
          (v128.store align=1 (local.get $to) (local.get $v))
          (local.set $a (i32x4.add (local.get $a) (i32x4.extadd_pairwise_i16x8_u (local.get $v))))
          (local.set $v (v128.load offset=16 align=1 (local.get $at)))
          (v128.store offset=16 align=1 (local.get $to) (local.get $v))
          (local.set $b (i32x4.add (local.get $b) (i32x4.extadd_pairwise_i16x8_u (local.get $v))))
          (local.set $v (v128.load offset=32 align=1 (local.get $at)))
          (v128.store offset=32 align=1 (local.get $to) (local.get $v))
          (local.set $c (i32x4.add (local.get $c) (i32x4.extadd_pairwise_i16x8_u (local.get $v))))
          (local.set $v (v128.load offset=48 align=1 (local.get $at)))
          (v128.store offset=48 align=1 (local.get $to) (local.get $v))
          (local.set $d (i32x4.add (local.get $d) (i32x4.extadd_pairwise_i16x8_u (local.get $v))))
          (local.set $to (i32.add (local.get $to) (i32.const 64)))
          (local.set $at (i32.add (local.get $at) (i32.const 64)))
          (br_if $wide (i32.lt_u (local.get $at) (local.get $end))))))

    ;; Then 16 bytes a step.
    (local.set $end (i32.add (local.get $at) (i32.and (local.get $length) (i32.const 48))))
    (if (i32.lt_u (local.get $at) (local.get $end))
      (then
        (loop $narrow
          (local.set $v (v128.load align=1 (local.get $at)))
          (v128.store align=1 (local.get $to) (local.get $v))
          (local.set $b (i32x4.add (local.get $b) (i32x4.extadd_pairwise_i16x8_u (local.get $v))))
          (local.set $to (i32.add (local.get $to) (i32.const 16)))
          (local.set $at (i32.add (local.get $at) (i32.const 16)))
          (br_if $narrow (i32.lt_u (local.get $at) (local.get $end))))))

    ;; Sixteen lanes to four, four to two of 64 bits, two to one.
    (local.set $a (i32x4.add
      (i32x4.add (local.get $a) (local.get $b))
      (i32x4.add (local.get $c) (local.get $d))))
    (local.set $a (i64x2.add
      (i64x2.extend_low_i32x4_u (local.get $a))
      (i64x2.extend_high_i32x4_u (local.get $a))))
    (local.set $total (i64.add
      (i64x2.extract_lane 0 (local.get $a))
      (i64x2.extract_lane 1 (local.get $a))))

    ;; The last 0 to 15 bytes, each piece at an even distance from the start.
    (if (i32.and (local.get $length) (i32.const 8))
      (then
        (local.set $word (i64.load align=1 (local.get $at)))
        (i64.store align=1 (local.get $to) (local.get $word))
        (local.set $to (i32.add (local.get $to) (i32.const 8)))
        (local.set $total (i64.add (local.get $total) (i64.add
          (i64.and (local.get $word) (i64.const 0xffffffff))
          (i64.shr_u (local.get $word) (i64.const 32)))))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))))
    (if (i32.and (local.get $length) (i32.const 4))
      (then
        (local.set $word (i64.load32_u align=1 (local.get $at)))
        (i64.store32 align=1 (local.get $to) (local.get $word))
        (local.set $total (i64.add (local.get $total) (local.get $word)))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (local.set $at (i32.add (local.get $at) (i32.const 4)))))
    (if (i32.and (local.get $length) (i32.const 2))
      (then
        (local.set $word (i64.load16_u align=1 (local.get $at)))
        (i64.store16 align=1 (local.get $to) (local.get $word))
        (local.set $total (i64.add (local.get $total) (local.get $word)))
        (local.set $to (i32.add (local.get $to) (i32.const 2)))
        (local.set $at (i32.add (local.get $at) (i32.const 2)))))
    ;; An odd last byte is the first half of a word whose second half is zero.
    (if (i32.and (local.get $length) (i32.const 1))
      (then
        (local.set $word (i64.load8_u (local.get $at)))
        (i64.store8 (local.get $to) (local.get $word))
        (local.set $total (i64.add (local.get $total) (local.get $word)))))

    ;; Fold 64 bits to 32 and 32 to 16 with the end-around carry, and swap the bytes.
    (local.set $total (i64.add
      (i64.and (local.get $total) (i64.const 0xffffffff))
      (i64.shr_u (local.get $total) (i64.const 32))))
    (local.set $total (i64.add
      (i64.and (local.get $total) (i64.const 0xffff))
      (i64.shr_u (local.get $total) (i64.const 16))))
    (local.set $total (i64.add
      (i64.and (local.get $total) (i64.const 0xffff))
      (i64.shr_u (local.get $total) (i64.const 16))))
    (local.set $total (i64.add
      (i64.and (local.get $total) (i64.const 0xffff))
      (i64.shr_u (local.get $total) (i64.const 16))))
    (i32.or
      (i32.shl (i32.and (i32.wrap_i64 (local.get $total)) (i32.const 0xff)) (i32.const 8))
      (i32.shr_u (i32.wrap_i64 (local.get $total)) (i32.const 8)))))
