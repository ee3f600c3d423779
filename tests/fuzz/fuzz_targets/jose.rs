//! See `accolade_fuzz::jose`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| accolade_fuzz::jose(data));
