//! See `accolade_fuzz::edited`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| accolade_fuzz::edited(data));
