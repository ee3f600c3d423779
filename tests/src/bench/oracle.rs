//! `bench oracle [BADGES]`: our canonical form against oxjsonld + oxrdf on generated badges.

use crate::{badges, oracle};
use accolade_core::json::{self, Value};
use accolade_core::jsonld::{Contexts, canonicalize};
use std::process::ExitCode;

const BADGES: u64 = 10_000;

/// Compares `args[0]` badges (10,000 without it); prints one JSON line, and the first difference to stderr.
pub fn run(args: &[String]) -> ExitCode {
    let badges = match args.first().map(|count| count.parse()) {
        None => BADGES,
        Some(Ok(count)) => count,
        Some(Err(_)) => {
            eprintln!("usage: bench oracle [BADGES]");
            return ExitCode::from(64);
        }
    };
    let mut equal = 0;
    for seed in 0..badges {
        match compare(seed) {
            Ok(()) => equal += 1,
            Err(difference) if equal == seed => eprintln!("badge {seed}: {difference}"),
            Err(_) => {}
        }
    }
    println!("{}", serde_json::json!({"name": "oracle", "badges": badges, "equal": equal}));
    if equal == badges { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether both make the same of one badge; every fourth has the shape of the benchmark.
///
/// # Errors
/// The first line that differs, or why one side refused the badge.
pub fn compare(seed: u64) -> Result<(), String> {
    let badge = if seed % 4 == 3 { badges::badge_like_peer(seed) } else { badges::badge(seed) };
    let text = badge.to_string();
    let Ok(Value::Object(document)) = json::parse(text.as_bytes()) else {
        return Err(format!("our reader refuses {text}"));
    };
    let ours = canonicalize(&document, &[], &Contexts::pinned()).map_err(|error| error.to_string())?.nquads;
    let theirs = oracle::canonical_nquads(text.as_bytes())?;
    if ours == theirs {
        return Ok(());
    }
    let pairs = ours.lines().zip(theirs.lines());
    let (ours, theirs) = pairs.into_iter().find(|(ours, theirs)| ours != theirs).unwrap_or_default();
    Err(format!("ours\n{ours}\ntheirs\n{theirs}"))
}
