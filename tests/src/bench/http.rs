//! `bench http [BADGES] [FOLDER]`: verifications a second that a node answers over HTTP to 16 clients, each of a badge
//! that it hasn't seen before, the clients on the same cores; beside it what two threads of bare Ed25519 do in the same
//! run.

use super::load::Load;
use super::served::Served;
use super::{issue, number, raw, report, rounded};
use serde_json::{Value, json};
use std::process::ExitCode;
use std::time::Duration;

const BADGES: usize = 20_000;
const WARM_UP: usize = 1_000;
const ISSUING_CLIENTS: usize = 64;
const CLIENTS: usize = 16;
const RAW_THREADS: usize = 2;
const RAW_TIME: Duration = Duration::from_secs(2);
/// What stands in the answer on a good badge.
const GOOD: &[u8] = br#""verdict":"valid""#;

/// Runs the measurement and prints one JSON line.
pub fn run(arguments: &[String]) -> ExitCode {
    report(measure(arguments))
}

fn measure(arguments: &[String]) -> Result<Value, String> {
    let count = number(arguments, 0, BADGES)?;
    let folder = issue::folder(arguments.get(1))?;
    let served = Served::start(folder.path(), &[])?;
    let badges = badges(&served, count + WARM_UP)?;
    let bytes: usize = badges.iter().map(Vec::len).sum();

    let load =
        Load { address: served.address, path: "/v1/verify", token: None, clients: CLIENTS, status: 200 };
    load.run(&badges[count..])?;
    let before = raw::verifies_per_s(RAW_THREADS, RAW_TIME);
    let borne = load.run(&badges[..count])?;
    let after = raw::verifies_per_s(RAW_THREADS, RAW_TIME);
    if let Some(other) = borne.answers.iter().find(|answer| !contains(answer, GOOD)) {
        return Err(format!("a badge is not valid: {}", String::from_utf8_lossy(other)));
    }
    let raw = (before + after) / 2.0;
    Ok(json!({
        "name": "http",
        "per_s": borne.per_s.round(),
        "p50_ms": borne.at(0.5),
        "p99_ms": borne.at(0.99),
        "badges": count,
        "clients": CLIENTS,
        "mean_bytes": bytes / badges.len(),
        "raw_two_threads_per_s": raw.round(),
        "ratio": rounded(raw / borne.per_s, 2),
    }))
}

/// Distinct badges, issued by the node itself.
pub(super) fn badges(served: &Served, count: usize) -> Result<Vec<Vec<u8>>, String> {
    let load = Load {
        address: served.address,
        path: "/v1/credentials",
        token: Some(&served.token),
        clients: ISSUING_CLIENTS,
        status: 201,
    };
    let issued = load.run(&served.awards(count))?;
    let badge = |answer: &Vec<u8>| {
        let answer: accolade_core::json::Value =
            accolade_core::json::parse(answer).map_err(|error| error.to_string())?;
        let badge = answer.as_object().and_then(|answer| answer.get("verifiableCredential"));
        badge
            .map(|badge| badge.to_string().into_bytes())
            .ok_or_else(|| "an answer without a badge".to_owned())
    };
    issued.answers.iter().map(badge).collect()
}

pub(super) fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
