//! See `accolade_fuzz::edited_token`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| accolade_fuzz::edited_token(data));
