//! See `accolade_fuzz::svg`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| accolade_fuzz::svg(data));
