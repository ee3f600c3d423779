//! See `accolade_fuzz::signed`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| accolade_fuzz::signed(data));
