//! What the tests and benchmarks share.

pub mod badges;
pub mod bench;
pub mod https;
pub mod interop;
pub mod nodes;
pub mod oracle;
pub mod pictures;
pub mod process;

use std::io::Write as _;
use std::path::PathBuf;

/// The folder of test vectors made by others, `../shared/vectors` beside the repository or `ACCOLADE_VECTORS`.
///
/// Without it, prints one line that names what was left out, and returns `None`; under CI that is a failure.
pub fn vectors(what: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/vectors");
    let folder = std::env::var_os("ACCOLADE_VECTORS").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    left_out(what, "../shared/vectors");
    None
}

/// Prints the one line that says what a test left out, and what it `lacks`; under CI that is a failure.
///
/// # Panics
/// If the variable `CI` is `true`.
pub fn left_out(what: &str, lacks: &str) {
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{what}: CI needs {lacks}");
    not_allowed(what, lacks);
}

/// The same where it isn't a package that is missing but a right that the machine may not give: no failure under CI
/// either.
pub fn not_allowed(what: &str, lacks: &str) {
    // Past the test harness, which keeps what a passing test prints to itself. Nobody may be listening.
    let _ = writeln!(std::io::stderr(), "left out: {what} (not here: {lacks})");
}
