//! See `sluis_fuzz::targets::tenant_list`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| sluis_fuzz::targets::tenant_list(bytes));
