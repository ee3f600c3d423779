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
        "sign" => bench::sign::run(rest),
        "issue" => bench::issue::run(rest),
        "http" => bench::http::run(rest),
        "batch" => bench::batch::run(rest),
        "network" => bench::network::run(rest),
        "peers" => bench::peers::run(rest),
        "start" => bench::start::run(rest),
        "storm" => bench::storm::run(rest),
        "oracle" => bench::oracle::run(rest),
        _ => {
            eprintln!(
                "usage: bench verify | sign | issue | http | batch | network | peers | start | storm | oracle"
            );
            ExitCode::from(64)
        }
    }
}
