//! See `accolade_fuzz::json_ld`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| accolade_fuzz::json_ld(data));
