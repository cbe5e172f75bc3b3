//! See `sluis_fuzz::targets::bounce`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sluis_fuzz::targets::bounce(bytes));
