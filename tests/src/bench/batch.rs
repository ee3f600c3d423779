//! `bench batch [BADGES] [FOLDER]`: verifications a second that a node answers in batches of 1,000 over HTTP to two
//! clients, each of a badge that it hasn't seen before, the clients on the same cores; beside it what two threads of bare
//! Ed25519 do in the same run.

use super::served::Served;
use super::{http, issue, number, quantile, raw, report, rounded};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const BADGES: usize = 40_000;
const BATCH: usize = 1_000;
const CLIENTS: usize = 2;
const RAW_THREADS: usize = 2;
/// What stands in the line of a good badge.
const GOOD: &[u8] = br#""verdict":"valid""#;
const RAW_TIME: Duration = Duration::from_secs(2);

/// Runs the measurement and prints one JSON line.
pub fn run(arguments: &[String]) -> ExitCode {
    report(measure(arguments))
}

fn measure(arguments: &[String]) -> Result<Value, String> {
    let count = number(arguments, 0, BADGES)?;
    let folder = issue::folder(arguments.get(1))?;
    let served = Served::start(folder.path(), &[])?;
    let badges = http::badges(&served, count + BATCH)?;
    let bytes: usize = badges.iter().map(Vec::len).sum();
    let batches: Vec<(usize, Vec<u8>)> =
        badges.chunks(BATCH).map(|badges| (badges.len(), batch(badges))).collect();
    let url = format!("http://{}/v1/verify", served.address);

    let (warm_up, measured) = batches.split_first().ok_or("no badges")?;
    send(&url, warm_up)?;
    let before = raw::verifies_per_s(RAW_THREADS, RAW_TIME);
    let begun = Instant::now();
    let mut ms = std::thread::scope(|scope| {
        let client = |first: usize| {
            let (url, own) = (&url, measured.iter().skip(first).step_by(CLIENTS));
            scope.spawn(move || own.map(|batch| send(url, batch)).collect::<Result<Vec<f64>, String>>())
        };
        let clients: Vec<_> = (0..CLIENTS).map(client).collect();
        let joined =
            clients.into_iter().map(|client| client.join().map_err(|_| "a client panicked".to_owned())?);
        joined.collect::<Result<Vec<_>, String>>()
    })?
    .concat();
    let seconds = begun.elapsed().as_secs_f64();
    let after = raw::verifies_per_s(RAW_THREADS, RAW_TIME);
    ms.sort_by(f64::total_cmp);
    let judged: usize = measured.iter().map(|(count, _)| count).sum();
    let (raw, per_s) = ((before + after) / 2.0, judged as f64 / seconds);
    Ok(json!({
        "name": "batch",
        "per_s": per_s.round(),
        "first_line_p50_ms": rounded(quantile(&ms, 0.5), 2),
        "badges": judged,
        "batch": BATCH,
        "clients": CLIENTS,
        "mean_bytes": bytes / badges.len(),
        "raw_two_threads_per_s": raw.round(),
        "ratio": rounded(raw / per_s, 2),
    }))
}

fn batch(badges: &[Vec<u8>]) -> Vec<u8> {
    [&b"{\"badges\":["[..], &badges.join(&b","[..]), b"]}"].concat()
}

/// Sends a batch and takes all of its lines; the milliseconds until the first.
fn send(url: &str, (count, body): &(usize, Vec<u8>)) -> Result<f64, String> {
    let sent = Instant::now();
    let answer = ureq::post(url).send(&body[..]).map_err(|error| error.to_string())?;
    let (mut lines, mut line, mut first_ms) = (0, Vec::new(), 0.0);
    let mut reader = BufReader::with_capacity(256 * 1024, answer.into_body().into_reader());
    while reader.read_until(b'\n', &mut line).map_err(|error| error.to_string())? > 0 {
        if lines == 0 {
            first_ms = sent.elapsed().as_secs_f64() * 1_000.0;
        }
        if !http::contains(&line, GOOD) {
            return Err(format!("a badge is not valid: {}", String::from_utf8_lossy(&line)));
        }
        lines += 1;
        line.clear();
    }
    if lines == *count { Ok(first_ms) } else { Err(format!("{lines} lines for {count} badges")) }
}
