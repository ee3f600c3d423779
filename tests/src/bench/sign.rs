//! `bench sign [ROUNDS]`: badges signed per second, beside raw Ed25519.

use super::{median, number, raw, report, rounded, sample, timed};
use accolade_core::json::{Object, Value};
use accolade_core::jsonld::Contexts;
use accolade_core::proof;
use serde_json::json;
use std::hint::black_box;
use std::process::ExitCode;

const BADGES: u64 = 1_000;
const ROUNDS: usize = 7;

/// Signs [`BADGES`] distinct badges in [`ROUNDS`] rounds on one thread, each round after one of raw signatures, and
/// prints the medians as one JSON line. `arguments` may hold another number of rounds.
pub fn run(arguments: &[String]) -> ExitCode {
    report(measure(arguments))
}

fn measure(arguments: &[String]) -> Result<serde_json::Value, String> {
    let rounds = number(arguments, 0, ROUNDS)?;
    let (contexts, issuer) = (Contexts::pinned(), sample::issuer());
    let options = sample::options(&issuer, sample::now());
    let badges: Vec<Object> = (0..BADGES).map(|seed| sample::unsigned(seed, &issuer)).collect();
    let bytes: usize = badges.iter().map(|badge| Value::from(badge.clone()).to_string().len()).sum();

    let (mut ours, mut raws, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let raw = raw::signs_per_s(&issuer);
        let prepared = badges.clone();
        let seconds = timed(|| {
            for badge in prepared {
                black_box(proof::sign(badge, &issuer, &options, &contexts).expect("the badge signs"));
            }
        });
        let our = BADGES as f64 / seconds;
        // The first round warms up.
        if round > 0 {
            ours.push(our);
            raws.push(raw);
            ratios.push(raw / our);
        }
    }
    Ok(json!({
        "name": "sign",
        "per_s": median(&mut ours).round(),
        "raw_per_s": median(&mut raws).round(),
        "ratio": rounded(median(&mut ratios), 2),
        "badges": BADGES,
        "rounds": rounds,
        "mean_bytes": bytes / badges.len(),
    }))
}
