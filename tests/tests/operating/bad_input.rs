//! One sentence that says what is wrong and what to do, and nothing changed.

use crate::support::{content, run};
use accolade_tests::process::NodeProcess;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// The one line that the program says before it ends with `code`.
fn refused(arguments: &[&str], code: i32) -> String {
    let said = run(arguments);
    assert_eq!(said.code, Some(code), "{said:?}");
    let lines: Vec<&str> = said.stderr.lines().collect();
    assert_eq!(lines.len(), 1, "one line: {said:?}");
    lines[0].to_owned()
}

fn holds(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "“{part}” is not in: {text}");
    }
}

/// A data folder that a node has made, in use no more.
pub fn used(folder: &Path) -> std::path::PathBuf {
    let data = folder.join("data");
    let node = NodeProcess::start(crate::support::NODE, &data, &[]);
    assert!(Command::new("kill").args(["-TERM", &node.pid().to_string()]).status().expect("kill").success());
    assert_eq!(node.wait(), Some(0));
    data
}

#[test]
fn a_typo_in_the_configuration() {
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("node.toml");
    let data = folder.path().join("data");
    std::fs::write(&file, format!("data = {data:?}\ntikc_s = 5\n")).expect("file");
    let file = file.to_str().expect("path");
    let said = refused(&["--config", file], 1);
    holds(&said, &["node.toml, line 2: there is no key `tikc_s`; did you mean `tick_s`?"]);
    assert!(!data.exists());
    holds(&refused(&["config", "check", "--config", file], 1), &["tikc_s"]);

    let mut typo = crate::support::command(&["config", "check"]);
    let said = crate::support::said(typo.env("ACCOLADE_TIKC_S", "5"));
    assert_eq!(said.code, Some(1));
    holds(&said.stderr, &["ACCOLADE_TIKC_S", "did you mean ACCOLADE_TICK_S?"]);
}

#[test]
fn a_key_file_that_others_may_read() {
    let folder = tempfile::tempdir().expect("folder");
    let (data, key) = (folder.path().join("data"), folder.path().join("key"));
    std::fs::write(&key, [7; 32]).expect("key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("mode");
    let (data_arg, key) = (data.to_str().expect("path"), key.to_str().expect("path"));
    let free = ["--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0"];
    let said = refused(&[&["--data", data_arg, "--key-file", key], &free[..]].concat(), 1);
    holds(&said, &[key, "mode 0644", "chmod 600"]);
    assert!(!data.exists(), "nothing was made");

    let data = used(folder.path());
    std::fs::set_permissions(data.join("vault.key"), std::fs::Permissions::from_mode(0o640)).expect("mode");
    let before = content(&data);
    let said = refused(&[&["--data", data_arg], &free[..]].concat(), 1);
    holds(&said, &["vault.key", "mode 0640", "chmod 600"]);
    assert_eq!(content(&data), before);
}

#[test]
fn a_port_in_use() {
    let folder = tempfile::tempdir().expect("folder");
    let data = folder.path().join("data");
    let held = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = held.local_addr().expect("address").to_string();
    let data_arg = data.to_str().expect("path");
    let free = ["--data", data_arg, "--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0"];
    let said = refused(&[&free[..], &["--metrics", &address]].concat(), 1);
    holds(&said, &[&address, "`metrics`", "choose another"]);
    let said = refused(&["--data", data_arg, "--http", &address, "--p2p", "127.0.0.1:0"], 1);
    holds(&said, &[&address, "`http`", "choose another"]);
    assert!(!data.exists(), "nothing was made");
}

#[test]
fn a_second_process_on_the_same_data_folder() {
    let folder = tempfile::tempdir().expect("folder");
    let data = folder.path().join("data");
    let node = NodeProcess::start(crate::support::NODE, &data, &[]);
    let data_arg = data.to_str().expect("path");
    let said = refused(&["--data", data_arg, "--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0"], 1);
    holds(&said, &[data_arg, "in use by another process", "Stop the other node"]);
    let client = accolade_tests::process::Client::new(&node.url, None);
    assert_eq!(client.get("/health").expect("the first one goes on").0, 200);
}

#[test]
fn a_data_folder_of_a_newer_version() {
    let folder = tempfile::tempdir().expect("folder");
    let data = used(folder.path());
    tokio::runtime::Runtime::new().expect("threads").block_on(newer(&data));
    let before = content(&data);
    let data_arg = data.to_str().expect("path");
    let said = refused(&["--data", data_arg, "--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0"], 1);
    holds(&said, &["schema 99", "Start the newer program again"]);
    assert_eq!(content(&data), before, "nothing changed");
}

/// Makes the ledger one of a later version, which this program can't know.
async fn newer(data: &Path) {
    let options = SqliteConnectOptions::new().filename(data.join("ledger.db"));
    let mut connection = SqliteConnection::connect_with(&options).await.expect("opens");
    let later = "INSERT INTO schema_versions VALUES (99, zeroblob(32))";
    sqlx::query(later).execute(&mut connection).await.expect("writes");
    connection.close().await.expect("closes");
}
