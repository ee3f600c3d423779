//! What is fuzzed: plain functions that take any bytes, and panic where core breaks its word.
//!
//! tests/tests/fuzz.rs runs them for some seconds in every test run, the wrappers in fuzz_targets for as long as one likes.

#![forbid(unsafe_code)]

mod edits;
mod jose;
mod judge;
mod pictures;
pub mod samples;
mod signing;
mod texts;
mod wire;

pub use edits::{edited, edited_presentation, edited_text};
pub use jose::{edited_token, jose};
pub use judge::{credential, presentation};
pub use pictures::{png, svg};
pub use signing::signed;
pub use texts::{bitstring, did, document, json_ld, parse, status_list};
pub use wire::wire;

/// Something that is fuzzed.
pub struct Target {
    /// Its name, that of its function, of its wrapper and of its folder in corpus.
    pub name: &'static str,
    /// What is run.
    pub run: fn(&[u8]),
}

/// Everything that is fuzzed.
pub const TARGETS: &[Target] = &[
    Target { name: "parse", run: parse },
    Target { name: "json_ld", run: json_ld },
    Target { name: "png", run: png },
    Target { name: "svg", run: svg },
    Target { name: "bitstring", run: bitstring },
    Target { name: "status_list", run: status_list },
    Target { name: "did", run: did },
    Target { name: "document", run: document },
    Target { name: "wire", run: wire },
    Target { name: "credential", run: credential },
    Target { name: "presentation", run: presentation },
    Target { name: "edited", run: edited },
    Target { name: "edited_presentation", run: edited_presentation },
    Target { name: "edited_token", run: edited_token },
    Target { name: "jose", run: jose },
    Target { name: "signed", run: signed },
];
