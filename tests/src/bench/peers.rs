//! `bench peers [FOLDER]`: signing and verifying one badge, by this program and by other people's libraries, one process
//! at a time on the same machine in one run.
//!
//! `FOLDER` (`../shared/peers` if none is named) holds the scripts: `npm ci && sh run_all.sh` prints a JSON line with
//! `name`, `wall_per_s` and `cpu_per_s` (per second of processor time) for each figure, on the badge `signed.json` with the status list `statuslist.json` and a key
//! of seed 7. It is copied before anything is installed in it.

use super::{median, report, rounded, sample};
use accolade_core::json::{self, Object};
use accolade_core::jsonld::Contexts;
use accolade_core::proof;
use accolade_core::status::VerifiedList;
use accolade_core::verify::{Documents, Evidence, Needs, Policy, Verdict, check_bytes};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::time::Instant;

const PEERS: &str = "../shared/peers";
/// The peer that both directions are held against.
const MAIN_PEER: &str = "db-vc";
const ROUNDS: usize = 7;
const PER_ROUND: u32 = 5_000;

/// Prints a JSON line for our own signing and verifying, one for each figure of a peer with its ratio to ours, and
/// one with the ratios to [`MAIN_PEER`].
pub fn run(arguments: &[String]) -> ExitCode {
    report(measure(arguments.first().map_or(PEERS, String::as_str).as_ref()))
}

fn measure(scripts: &Path) -> Result<Value, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    copy(scripts, folder.path())?;
    finish(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(folder.path()))?;

    let (sign, verify) = ours(folder.path())?;
    println!("{}", sign.line("ours sign"));
    println!("{}", verify.line("ours verify with status list"));

    let said = finish(Command::new("sh").arg("run_all.sh").current_dir(folder.path()))?;
    let (mut issue_ratio, mut verify_ratio) = (None, None);
    for line in said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let (Some(name), Some(wall_per_s)) = (line["name"].as_str(), line["wall_per_s"].as_f64()) else {
            continue;
        };
        let issues = name.contains("issue");
        let ours = if issues { &sign } else { &verify };
        let ratio = ours.wall_per_s / wall_per_s;
        // What a busy machine doesn't change.
        let by_cpu = ours.cpu_per_s.zip(line["cpu_per_s"].as_f64()).map(|(ours, its)| rounded(ours / its, 1));
        let mut its = line.clone();
        its["ours_to_it"] = json!(rounded(ratio, 1));
        its["ours_to_it_by_cpu"] = json!(by_cpu);
        println!("{its}");
        if name.starts_with(MAIN_PEER) {
            let least = if issues { &mut issue_ratio } else { &mut verify_ratio };
            *least = Some(least.map_or(ratio, |least: f64| least.min(ratio)));
        }
    }
    let (Some(issue), Some(verify)) = (issue_ratio, verify_ratio) else {
        return Err(format!("the scripts printed no figure of {MAIN_PEER}:\n{said}"));
    };
    let (issue, verify) = (rounded(issue, 1), rounded(verify, 1));
    Ok(json!({"name": "peers", "least_issue_ratio": issue, "least_verify_ratio": verify, "peer": MAIN_PEER}))
}

/// How often something was done in a second, and in a second of processor time.
struct Rate {
    wall_per_s: f64,
    cpu_per_s: Option<f64>,
}

impl Rate {
    /// The medians of rounds of [`PER_ROUND`], each with its seconds of both kinds.
    fn of(rounds: &[(f64, Option<f64>)]) -> Self {
        let per_s = |seconds: &f64| f64::from(PER_ROUND) / seconds;
        let mut wall: Vec<f64> = rounds.iter().map(|(wall, _)| per_s(wall)).collect();
        let mut cpu: Vec<f64> = rounds.iter().filter_map(|(_, cpu)| cpu.as_ref().map(per_s)).collect();
        let cpu_per_s = if cpu.is_empty() { None } else { Some(median(&mut cpu)) };
        Self { wall_per_s: median(&mut wall), cpu_per_s }
    }

    fn line(&self, name: &str) -> Value {
        json!({"name": name, "wall_per_s": self.wall_per_s.round(), "cpu_per_s": self.cpu_per_s.map(f64::round)})
    }
}

/// Seconds that `work` takes, and seconds that this thread was on a processor for it, where the system tells.
fn timed(work: impl FnOnce()) -> (f64, Option<f64>) {
    let (start, before) = (Instant::now(), cpu_s());
    work();
    (start.elapsed().as_secs_f64(), before.zip(cpu_s()).map(|(before, after)| after - before))
}

/// Seconds that this thread has been on a processor (Linux, `schedstat`).
fn cpu_s() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse::<f64>().ok().map(|ns| ns / 1e9)
}

/// Signatures and verdicts a second on the peers' own badge, one thread, text in.
fn ours(folder: &Path) -> Result<(Rate, Rate), String> {
    let read = |name| std::fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"));
    let (text, list_text) = (read("signed.json")?, read("statuslist.json")?);
    let (contexts, issuer, now) = (Contexts::pinned(), sample::issuer(), sample::now());
    let options = sample::options(&issuer, now);
    let list = VerifiedList::from_credential(&list_text, &Documents::new(), now, &contexts, now);
    let list = Arc::new(list.map_err(|error| format!("statuslist.json: {error}"))?);
    let value = json::parse(&text).map_err(|error| format!("signed.json: {error}"))?;
    let mut unsigned: Object = value.as_object().ok_or("signed.json is no object")?.clone();
    unsigned.remove("proof");

    let (mut signs, mut verifies) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        let prepared = vec![unsigned.clone(); PER_ROUND as usize];
        let sign_s = timed(|| {
            for badge in prepared {
                black_box(proof::sign(badge, &issuer, &options, &contexts).expect("the badge signs"));
            }
        });
        let verify_s = timed(|| {
            for _ in 0..PER_ROUND {
                let mut gather = |needs: &Needs| evidence(needs, &list);
                let report = check_bytes(&text, &mut gather, &Policy::default(), now, &contexts);
                assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
            }
        });
        // The first round warms up.
        if round > 0 {
            signs.push(sign_s);
            verifies.push(verify_s);
        }
    }
    Ok((Rate::of(&signs), Rate::of(&verifies)))
}

fn evidence(needs: &Needs, list: &Arc<VerifiedList>) -> Evidence {
    let lists: HashMap<_, _> =
        needs.lists.iter().map(|need| (need.url.clone(), Ok(vec![Arc::clone(list)]))).collect();
    Evidence { lists, ..Evidence::default() }
}

/// Copies the files of a folder, without what was installed there.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", from.display());
    for entry in std::fs::read_dir(from).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        if let Some(name) = path.file_name().filter(|_| path.is_file()) {
            // Its bytes only: the scripts write beside themselves, and may come write-protected.
            let bytes = std::fs::read(&path).map_err(wrong)?;
            std::fs::write(to.join(name), bytes).map_err(wrong)?;
        }
    }
    Ok(())
}

/// Runs a program to its end; what it printed.
fn finish(command: &mut Command) -> Result<String, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr)))
}
