//! See `accolade_fuzz::wire`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| accolade_fuzz::wire(data));
