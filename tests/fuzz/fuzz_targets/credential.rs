//! See `accolade_fuzz::credential`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| accolade_fuzz::credential(data));
