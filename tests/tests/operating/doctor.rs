//! `doctor`, `healthcheck` and `config`, as an operator calls them.

use crate::bad_input::used;
use crate::support::{NODE, content, run};
use accolade_tests::process::NodeProcess;
use rcgen::{CertificateParams, KeyPair};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// What doctor finds: the exit code, and level and words of each finding of that name.
fn examine(arguments: &[&str]) -> (Option<i32>, Value) {
    let said = run(&[&["doctor", "--json"], arguments].concat());
    let answer = serde_json::from_str(&said.stdout).unwrap_or_else(|_| panic!("not JSON: {said:?}"));
    (said.code, answer)
}

fn level(answer: &Value, what: &str, part: &str) -> Option<String> {
    let findings = answer["findings"].as_array().expect("findings");
    let found = findings.iter().find(|finding| {
        finding["what"] == what && finding["message"].as_str().is_some_and(|message| message.contains(part))
    })?;
    assert_eq!(found["level"] != "ok", found["hint"].is_string(), "what isn't well has a hint: {found}");
    found["level"].as_str().map(str::to_owned)
}

#[track_caller]
fn is(answer: &Value, what: &str, part: &str, wanted: &str) {
    assert_eq!(level(answer, what, part).as_deref(), Some(wanted), "{what}, {part}: {answer:#}");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("path")
}

#[test]
fn before_the_first_start_and_after_it() {
    let folder = tempfile::tempdir().expect("folder");
    let data = folder.path().join("data");
    let free = ["--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0", "--data", text(&data)];
    let (code, answer) = examine(&free);
    assert_eq!(code, Some(1), "a did:key is a warning: {answer:#}");
    is(&answer, "data", "first start makes it", "ok");
    is(&answer, "ledger", "none yet", "ok");
    is(&answer, "identity", "did:key", "warning");
    assert!(!data.exists(), "looking makes nothing");

    used(folder.path());
    let before = content(&data);
    let (code, answer) = examine(&free);
    assert_eq!((code, answer["worst"].as_str()), (Some(1), Some("warning")), "{answer:#}");
    is(&answer, "ledger", "not running", "ok");
    is(&answer, "clock", "later than all", "ok");
    is(&answer, "keys", "vault.key is a key", "ok");
    is(&answer, "token", "owner-token", "warning");
    is(&answer, "ports", "`http` can listen", "ok");
    assert_eq!(content(&data), before, "looking changes nothing");

    let url = [&free[..], &["--public-url", "https://lake.example"]].concat();
    let (code, answer) = examine(&url);
    assert_eq!(code, Some(2));
    is(&answer, "identity", "was fixed as did:key", "problem");
}

#[test]
fn while_the_node_runs_and_after_it_was_killed() {
    let folder = tempfile::tempdir().expect("folder");
    let data = folder.path().join("data");
    let node = NodeProcess::start(NODE, &data, &[]);
    let http = node.url.strip_prefix("http://").expect("http").to_owned();
    let settings = ["--http", &http, "--p2p", "127.0.0.1:0", "--data", text(&data)];
    let (code, answer) = examine(&settings);
    assert_eq!(code, Some(1), "{answer:#}");
    is(&answer, "ledger", "the node is running", "ok");
    is(&answer, "ports", "The node answers at", "ok");
    assert_eq!(run(&[&["healthcheck"], &settings[..]].concat()).code, Some(0));
    let elsewhere = ["--http", "127.0.0.1:9", "--data", text(&data)];
    is(&examine(&elsewhere).1, "ports", "The node runs, but", "problem");

    node.kill();
    let before = content(&data);
    assert!(before.iter().any(|(path, _)| path.ends_with("ledger.db-wal")), "it had no time to tidy up");
    let (_, answer) = examine(&settings);
    is(&answer, "ledger", "not running", "ok");
    assert_eq!(content(&data), before, "looking changes nothing");
    let sick = run(&[&["healthcheck"], &settings[..]].concat());
    assert_eq!(sick.code, Some(1));
    assert!(sick.stderr.contains(&http) && sick.stderr.lines().count() == 1, "{sick:?}");
}

#[test]
fn what_is_broken_is_a_problem_with_what_to_do() {
    let folder = tempfile::tempdir().expect("folder");
    let data = used(folder.path());
    let held = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = held.local_addr().expect("address").to_string();
    std::fs::set_permissions(data.join("vault.key"), std::fs::Permissions::from_mode(0o644)).expect("mode");
    std::fs::write(
        data.join("ledger.db"),
        b"no ledger at all, but long enough to be read as one, or so it seems",
    )
    .expect("damaged");
    let settings =
        ["--http", &address, "--p2p", "127.0.0.1:0", "--data", text(&data), "--peer", "/ip4/127.0.0.1/tcp/9"];
    let (code, answer) = examine(&settings);
    assert_eq!((code, answer["worst"].as_str()), (Some(2), Some("problem")));
    is(&answer, "keys", "mode 0644", "problem");
    is(&answer, "ledger", "damaged", "problem");
    is(&answer, "ports", "`http` can't listen", "problem");
    is(&answer, "peers", "can't be reached", "warning");
    let lines = run(&[&["doctor"], &settings[..]].concat());
    assert_eq!(lines.code, Some(2));
    assert!(lines.stdout.contains("problem  keys") && lines.stdout.contains("chmod 600"), "{}", lines.stdout);

    let (code, answer) = examine(&["--tick-s", "3", "--net", "A B"]);
    assert_eq!(code, Some(2));
    is(&answer, "config", "--tick-s: `tick_s` must be", "problem");
    is(&answer, "config", "--net: `net` must have", "problem");
}

#[test]
fn a_certificate_that_ends_or_names_another_host_is_seen() {
    let folder = tempfile::tempdir().expect("folder");
    let write = |name: &str, until: (i32, u8, u8)| {
        let mut params = CertificateParams::new(vec!["lake.example".to_owned()]).expect("params");
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(until.0, until.1, until.2);
        let key = KeyPair::generate().expect("key");
        let made = params.self_signed(&key).expect("a certificate");
        let (cert_file, key_file) =
            (folder.path().join(format!("{name}.pem")), folder.path().join(format!("{name}.key")));
        std::fs::write(&cert_file, made.pem()).expect("written");
        std::fs::write(&key_file, key.serialize_pem()).expect("written");
        std::fs::set_permissions(&key_file, std::fs::Permissions::from_mode(0o600)).expect("mode");
        [text(&cert_file).to_owned(), text(&key_file).to_owned()]
    };
    let data = folder.path().join("data");
    let look = |[cert, key]: &[String; 2], url: &str| {
        let free = ["--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0", "--data", text(&data)];
        examine(&[&free[..], &["--tls-cert", cert, "--tls-key", key, "--public-url", url]].concat()).1
    };
    let good = write("good", (2120, 1, 1));
    let answer = look(&good, "https://lake.example");
    is(&answer, "tls", "is good until 2120-01-01", "ok");
    is(&answer, "tls", "names lake.example", "ok");
    is(&look(&good, "https://hill.example"), "tls", "doesn't name hill.example", "problem");
    let old = write("old", (2021, 1, 1));
    is(&look(&old, "https://lake.example"), "tls", "ended at 2021-01-01", "problem");
    let mixed = [good[0].clone(), old[1].clone()];
    assert_eq!(look(&mixed, "https://lake.example")["worst"], "problem", "a key of another certificate");
}

#[test]
fn the_configuration_can_be_checked_and_begun_from_an_example() {
    let folder = tempfile::tempdir().expect("folder");
    let example = run(&["config", "example"]);
    assert_eq!(example.code, Some(0));
    let file = folder.path().join("node.toml");
    std::fs::write(&file, format!("{}\nname = 'Lake Institute'\n", example.stdout)).expect("file");
    let checked = run(&["config", "check", "--config", text(&file), "--tick-s", "5"]);
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(
        checked.stdout.contains("name = \"Lake Institute\" # ")
            && checked.stdout.contains("node.toml, line ")
    );
    assert!(checked.stdout.contains("tick_s = 5 # --tick-s\n"), "{}", checked.stdout);

    let wrong = run(&["config", "check", "--tick-s", "3", "--http", "localhost"]);
    assert_eq!(wrong.code, Some(64));
    assert_eq!(wrong.stderr.lines().filter(|line| line.starts_with("error: ")).count(), 2, "{wrong:?}");
    assert_eq!(run(&["config", "chekc"]).code, Some(64));
    assert_eq!(
        run(&["--net", "x", "doctor"]).code,
        Some(64),
        "flags stand behind the subcommand that they are for"
    );
}
