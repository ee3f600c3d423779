//! See `accolade_fuzz::edited_presentation`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| accolade_fuzz::edited_presentation(data));
