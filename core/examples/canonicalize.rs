//! `canonicalize FILE [ROUNDS]`: the canonical N-Quads of a document, or how long that takes from text to digest.

use accolade_core::json::{self, Value};
use accolade_core::jsonld::{Contexts, canonicalize};
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(path), rounds) = (args.next(), args.next()) else {
        eprintln!("usage: canonicalize FILE [ROUNDS]");
        return ExitCode::from(64);
    };
    match run(&path, rounds.and_then(|rounds| rounds.parse().ok())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{path}: {error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "an example may read a file and look at the clock")]
fn run(path: &str, rounds: Option<u32>) -> Result<(), Box<dyn std::error::Error>> {
    let bytes = std::fs::read(path)?;
    let contexts = Contexts::pinned();
    let digest = || -> Result<_, Box<dyn std::error::Error>> {
        let Value::Object(document) = json::parse(&bytes)? else { return Err("not an object".into()) };
        let canonical = canonicalize(&document, &["proof"], &contexts)?;
        Ok((canonical.sha256(), canonical))
    };
    let (_, canonical) = digest()?;
    let Some(rounds) = rounds else {
        print!("{}", canonical.nquads);
        return Ok(());
    };
    let start = Instant::now();
    for _ in 0..rounds {
        std::hint::black_box(digest()?);
    }
    println!("{:.1} µs", start.elapsed().as_secs_f64() * 1e6 / f64::from(rounds));
    Ok(())
}
