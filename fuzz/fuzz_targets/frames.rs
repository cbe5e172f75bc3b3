//! See `sluis_fuzz::targets::frames`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sluis_fuzz::targets::frames(bytes));
