//! `bench issue [BADGES] [FOLDER]`: badges a second that a node issues durably over HTTP to 64 clients, the clients on
//! the same cores; beside it what the disk alone can do, and how many commits a badge cost.

use super::disk;
use super::load::Load;
use super::served::Served;
use super::{number, report, rounded};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const BADGES: usize = 20_000;
const WARM_UP: usize = 1_000;
const CLIENTS: usize = 64;
const DISK_TIME: Duration = Duration::from_secs(2);

/// Runs the measurement on the disk of `FOLDER`, or of this program's own folder, and prints one JSON line.
pub fn run(arguments: &[String]) -> ExitCode {
    report(measure(arguments))
}

fn measure(arguments: &[String]) -> Result<Value, String> {
    let count = number(arguments, 0, BADGES)?;
    let folder = folder(arguments.get(1))?;
    let before = disk::syncs_per_s(folder.path(), DISK_TIME)?;
    let served = Served::start(folder.path(), &[])?;
    let load = Load {
        address: served.address,
        path: "/v1/credentials",
        token: Some(&served.token),
        clients: CLIENTS,
        status: 201,
    };
    load.run(&served.awards(WARM_UP))?;
    let bodies = served.awards(count);
    let before_commits = served.commits()?;
    let borne = load.run(&bodies)?;
    let commits = served.commits()? - before_commits;
    let bytes: usize = borne.answers.iter().map(Vec::len).sum();
    let after = disk::syncs_per_s(folder.path(), DISK_TIME)?;
    Ok(json!({
        "name": "issue",
        "per_s": borne.per_s.round(),
        "p50_ms": borne.at(0.5),
        "p99_ms": borne.at(0.99),
        "badges": count,
        "clients": CLIENTS,
        "mean_answer_bytes": bytes / count,
        "disk_fsyncs_per_s": [before.round(), after.round()],
        "commits_per_badge": rounded(commits as f64 / count as f64, 4),
    }))
}

/// A folder that is deleted in the end, on the disk of `named` or of this program.
pub(super) fn folder(named: Option<&String>) -> Result<tempfile::TempDir, String> {
    let parent = match named {
        Some(path) => PathBuf::from(path),
        None => std::env::current_exe().map_err(|error| error.to_string())?.with_file_name(""),
    };
    tempfile::tempdir_in(&parent).map_err(|error| format!("{}: {error}", parent.display()))
}
