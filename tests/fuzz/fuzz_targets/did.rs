//! See `accolade_fuzz::did`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| accolade_fuzz::did(data));
