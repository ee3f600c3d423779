//! `accolade`: the command for issuers, verifiers, earners and operators.

use std::process::ExitCode;

/// The program: reads the command line, does one thing, and says how it went.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
