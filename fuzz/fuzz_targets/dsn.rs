//! See `sluis_fuzz::targets::dsn`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sluis_fuzz::targets::dsn(bytes));
