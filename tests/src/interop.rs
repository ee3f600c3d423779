//! Other people's libraries for badges, run from `tests/interop`: those of npm in Node, those of PyPI in Python.

use serde_json::{Map, Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/interop");
/// Where verifier-core looks for the schema of Open Badges; ours is the same file under its other name.
const SCHEMA_AS_CORE_NAMES_IT: &str =
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json";

/// A program of `tests/interop` that does jobs with libraries; what the jobs are stands at the head of its script.
pub struct Libraries {
    program: PathBuf,
    script: &'static str,
}

/// The libraries of `package.json`, if Node and they are installed (`npm ci` in `tests/interop`).
///
/// Without them, prints one line that names what was left out; under CI that is a failure.
pub fn npm(what: &str) -> Option<Libraries> {
    if !has_node() || !PathBuf::from(FOLDER).join("node_modules").is_dir() {
        crate::left_out(what, "Node and `npm ci` in tests/interop");
        return None;
    }
    Some(Libraries { program: "node".into(), script: "npm.mjs" })
}

fn has_node() -> bool {
    Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The libraries of `requirements.txt`, if they are installed in `tests/interop/venv`. Else as [`npm`].
pub fn pypi(what: &str) -> Option<Libraries> {
    let program = PathBuf::from(FOLDER).join("venv/bin/python");
    if !program.exists() {
        crate::left_out(what, "requirements.txt in a Python environment tests/interop/venv");
        return None;
    }
    Some(Libraries { program, script: "pypi.py" })
}

/// Chromium, driven by the script `browser.mjs`.
pub struct Browser {
    chromium: PathBuf,
}

/// Chromium, if it, Node and its driver are installed: the variable `CHROMIUM`, else one of its usual names.
/// Else as [`npm`].
pub fn browser(what: &str) -> Option<Browser> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
    let usual = || {
        let in_folder = |folder: PathBuf| names.iter().map(|name| folder.join(name)).collect::<Vec<_>>();
        std::env::split_paths(&path).flat_map(in_folder).find(|program| program.is_file())
    };
    let has_driver = PathBuf::from(FOLDER).join("node_modules/puppeteer-core").is_dir();
    match named.or_else(usual).filter(|_| has_driver && has_node()) {
        Some(chromium) => Some(Browser { chromium }),
        None => {
            crate::left_out(what, "Chromium, Node and `npm ci` in tests/interop");
            None
        }
    }
}

impl Browser {
    /// Does what the script is asked, and gives what it saw.
    ///
    /// # Panics
    /// If the script fails.
    pub fn see(&self, mut question: Value) -> Value {
        question["chromium"] = json!(self.chromium);
        serde_json::from_slice(&answered(&PathBuf::from("node"), "browser.mjs", &question)).expect("JSON")
    }
}

impl Libraries {
    /// Does `jobs` in one run, and gives their answers in the same order. `documents` are what URLs and DIDs name.
    ///
    /// # Panics
    /// If the program fails; a job that fails has an answer with `error`.
    pub fn run(&self, documents: &Value, jobs: &[Value]) -> Vec<Value> {
        let request =
            json!({"contexts": contexts(), "schemas": schemas(), "documents": documents, "jobs": jobs});
        let answers = answered(&self.program, self.script, &request);
        let answers: Vec<Value> = serde_json::from_slice(&answers).expect("JSON");
        assert_eq!(answers.len(), jobs.len());
        answers
    }
}

/// What a script says to a question.
fn answered(program: &Path, script: &str, question: &Value) -> Vec<u8> {
    let mut child = Command::new(program)
        .arg(script)
        .current_dir(FOLDER)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut input = child.stdin.take().expect("piped");
    let text = question.to_string();
    // In a thread of its own: the program may talk before it has read all.
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("the program ends");
    let said = String::from_utf8_lossy(&output.stderr);
    writer.join().expect("no panic").unwrap_or_else(|error| panic!("{script}: {error}\n{said}"));
    assert!(output.status.success(), "{script}: {said}");
    output.stdout
}

fn contexts() -> Value {
    let read = |pinned: &accolade_schemas::Pinned| {
        (pinned.url.to_owned(), serde_json::from_slice(pinned.bytes).expect("JSON"))
    };
    Value::Object(accolade_schemas::CONTEXTS.iter().map(read).collect())
}

fn schemas() -> Value {
    let mut schemas = Map::new();
    for pinned in accolade_schemas::JSON_SCHEMAS {
        let schema: Value = serde_json::from_slice(pinned.bytes).expect("JSON");
        schemas.insert(pinned.url.to_owned(), schema.clone());
        schemas.insert(SCHEMA_AS_CORE_NAMES_IT.to_owned(), schema);
    }
    Value::Object(schemas)
}
