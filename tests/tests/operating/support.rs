//! The program as an operator runs it.

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

pub const NODE: &str = env!("CARGO_BIN_EXE_node-under-test");

/// What a finished command said.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The program with an environment of its own.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(NODE);
    command.args(arguments).stdin(Stdio::null());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ACCOLADE_")) {
        command.env_remove(name);
    }
    command
}

/// Runs it to its end.
pub fn run(arguments: &[&str]) -> Said {
    said(&mut command(arguments))
}

pub fn said(command: &mut Command) -> Said {
    let output = command.output().expect("runs");
    Said {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    }
}

/// A running node with a log in JSON, all of which is kept.
pub struct Logged {
    child: Child,
    pub url: String,
    first: Vec<String>,
    rest: JoinHandle<String>,
}

impl Logged {
    /// Starts a node on `data` with free ports, and waits until its log says that it is up.
    pub fn start(data: &Path, more: &[&str]) -> Self {
        let data = data.to_str().expect("path");
        let fixed =
            ["--log-format", "json", "--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0", "--tick-s", "0"];
        let arguments = [&fixed[..], &["--data", data], more].concat();
        let mut child =
            command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("starts");
        let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
        let mut first = Vec::new();
        let url = loop {
            let mut line = String::new();
            assert!(stderr.read_line(&mut line).expect("text") > 0, "it ended before it was up: {first:?}");
            first.push(line.clone());
            let entry: Value = serde_json::from_str(&line).expect("each line is JSON");
            if entry["message"] == "the node is up" {
                break entry["url"].as_str().expect("url").to_owned();
            }
        };
        let rest = std::thread::spawn(move || {
            let mut rest = String::new();
            stderr.read_to_string(&mut rest).expect("text");
            rest
        });
        Self { child, url, first, rest }
    }

    /// Ends it as a service manager does, and gives all that it logged.
    pub fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
        assert!(self.child.wait().expect("ends").success());
        self.first.concat() + &self.rest.join().expect("reads")
    }
}

/// A file of the repository.
pub fn file(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect(path)
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("root").to_owned()
}

/// Everything in a folder: names, and contents by their SHA-256. The index of a write-ahead log (`-shm`) is scratch that
/// SQLite makes anew whenever it opens one, so it isn't told.
pub fn content(folder: &Path) -> Vec<(PathBuf, [u8; 32])> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            found.push((path.clone(), [0; 32]));
            found.extend(content(&path));
        } else if !path.to_string_lossy().ends_with("-shm") {
            let digest = Sha256::digest(std::fs::read(&path).expect("file"));
            found.push((path, digest.into()));
        }
    }
    found.sort();
    found
}
