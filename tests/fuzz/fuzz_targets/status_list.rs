//! See `accolade_fuzz::status_list`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| accolade_fuzz::status_list(data));
