//! The README's first command, as its user runs it.

use serde_json::Value;
use std::process::Command;

const NODE: &str = env!("CARGO_BIN_EXE_node-under-test");

#[test]
fn the_demo_plays_and_prints_its_outcome() {
    let output = Command::new(NODE).args(["demo", "--once", "--json"]).output().expect("runs");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{stderr}");
    assert_eq!(stdout.lines().count(), 1, "one compact line: {stdout}");
    let outcome: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(outcome["ok"], true, "{outcome}");
    let steps = outcome["steps"].as_array().expect("steps");
    let names: Vec<&str> = steps.iter().filter_map(|step| step["name"].as_str()).collect();
    assert_eq!(
        names,
        [
            "start",
            "connect",
            "issue",
            "replicate",
            "stop_issuer",
            "verify_while_issuer_is_off",
            "refuse_changed_copy",
            "present",
            "refuse_replay",
            "start_issuer_again",
            "connect_again",
            "revoke",
            "revocation_seen_everywhere",
        ]
    );
    for step in steps {
        assert_eq!(step["ok"], true, "{step}");
        assert!(step["ms"].as_f64().is_some_and(|ms| ms >= 0.0), "{step}");
    }
    assert_eq!(stderr.lines().filter(|line| line.starts_with("ok ")).count(), names.len(), "{stderr}");
}
