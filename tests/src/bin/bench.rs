//! `bench NAME [ARG…]`: prints one measurement as JSON lines.

use accolade_tests::bench;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (name, rest) = match arguments.split_first() {
        Some((name, rest)) => (name.as_str(), rest),
        None => ("", &[][..]),
    };
    match name {
        "verify" => bench::verify::run(rest),
        "oracle" => bench::oracle::run(rest),
        "revocation" => bench::revocation::run(rest),
        _ => {
            eprintln!("usage: bench verify | oracle | revocation");
            ExitCode::from(64)
        }
    }
}
