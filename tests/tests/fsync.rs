//! Every acknowledged write was on the disk before its answer: counted by looking at the system calls.

use accolade_tests::process::{Client, NodeProcess, percent_encoded};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

const NODE: &str = env!("CARGO_BIN_EXE_node-under-test");
const EARNER: &str = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
const BADGES: usize = 40;

/// strace on a running process.
struct Watch {
    strace: Child,
    lines: BufReader<std::process::ChildStderr>,
}

/// A sync of the ledger's log that succeeded: begin and end in seconds since 1970.
struct Sync {
    from: f64,
    to: f64,
}

impl Watch {
    /// Attaches; none where strace is missing or may not, and says so.
    fn start(pid: u32) -> Option<Self> {
        let what = "the syncs of acknowledged writes";
        let mut strace = Command::new("strace")
            .args(["-f", "-ttt", "-T", "-y", "-e", "trace=fsync,fdatasync", "-p", &pid.to_string()])
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .inspect_err(|_| accolade_tests::left_out(what, "strace"))
            .ok()?;
        let mut lines = BufReader::new(strace.stderr.take()?);
        let mut first = String::new();
        lines.read_line(&mut first).ok()?;
        if first.contains("attached") {
            return Some(Self { strace, lines });
        }
        // It has ended, saying why.
        let _ = strace.wait();
        accolade_tests::not_allowed(what, "the right to look at another process's system calls");
        None
    }

    /// Detaches; the syncs that were seen of files whose name ends with `name`.
    fn stop(mut self, name: &str) -> Vec<Sync> {
        let pid = self.strace.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
        let mut text = String::new();
        self.lines.read_to_string(&mut text).expect("what it saw");
        self.strace.wait().expect("it ends");
        syncs(&text, name)
    }
}

/// Reads lines such as `[pid 7] 1780000000.000001 fdatasync(9</data/ledger.db-wal>) = 0 <0.000100>`, whole or in two.
fn syncs(text: &str, name: &str) -> Vec<Sync> {
    let mut begun: HashMap<String, (f64, bool)> = HashMap::new();
    let mut found = Vec::new();
    for line in text.lines() {
        let (pid, rest) = match line.strip_prefix("[pid ").and_then(|rest| rest.split_once("] ")) {
            Some((pid, rest)) => (pid.trim().to_owned(), rest),
            None => ("main".to_owned(), line),
        };
        let Some((at, call)) = rest.trim_start().split_once(' ') else { continue };
        let Ok(at) = at.parse::<f64>() else { continue };
        let is_it = call.contains(&format!("{name}>"));
        if call.contains("<unfinished") {
            begun.insert(pid, (at, is_it));
            continue;
        }
        let (from, is_it) =
            if call.contains("resumed>") { begun.remove(&pid).unwrap_or((at, false)) } else { (at, is_it) };
        let took = call.rsplit_once('<').and_then(|(_, took)| took.trim_end_matches('>').parse::<f64>().ok());
        if let (true, true, Some(took)) = (is_it, call.contains("= 0 "), took) {
            found.push(Sync { from, to: from + took });
        }
    }
    found
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs_f64()
}

/// One request, and when it was sent and answered.
fn timed(
    what: &'static str,
    times: &mut Vec<(&'static str, f64, f64)>,
    request: impl FnOnce() -> Value,
) -> Value {
    let from = now();
    let answer = request();
    times.push((what, from, now()));
    answer
}

fn post(client: &Client, path: &str, body: &Value, expected: u16) -> Value {
    let (status, answer) = client.post(path, body).expect("answers");
    assert_eq!(status, expected, "{path}: {answer}");
    answer
}

#[test]
fn each_acknowledged_write_was_synced_before_its_answer() {
    let folder = tempfile::tempdir().expect("folder");
    let node = NodeProcess::start(NODE, folder.path(), &[]);
    let client = Client::new(&node.url, Some(node.owner_token()));
    let achievement = client.new_achievement("Durable");
    let award = json!({"achievement": achievement, "recipient": {"did": EARNER}});
    // The list is made with the first badge.
    let first = post(&client, "/v1/credentials", &award, 201)["verifiableCredential"].clone();
    let Some(watch) = Watch::start(node.pid()) else { return };

    let (mut reads, mut writes) = (Vec::new(), Vec::new());
    for _ in 0..BADGES {
        timed("verify", &mut reads, || post(&client, "/v1/verify", &first, 200));
    }
    let mut badges = Vec::new();
    for _ in 0..BADGES {
        let issued = timed("issue", &mut writes, || post(&client, "/v1/credentials", &award, 201));
        badges.push(issued["verifiableCredential"].clone());
    }
    for badge in &badges {
        let revoke = json!({"credentialId": badge["id"], "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}});
        timed("revoke", &mut writes, || post(&client, "/credentials/status", &revoke, 202));
    }
    for number in 0..5 {
        let content = json!({"type": ["Achievement"], "name": format!("Number {number}"), "description": "d", "criteria": {"narrative": "n"}});
        let draft = timed("draft", &mut writes, || post(&client, "/v1/achievements", &content, 201));
        let id = percent_encoded(draft["id"].as_str().expect("id"));
        let path = format!("/v1/achievements/{id}/publish");
        timed("publish", &mut writes, || post(&client, &path, &json!({}), 200));
    }
    new_tokens(&client, &mut writes);

    let syncs = watch.stop("ledger.db-wal");
    let within = |from: f64, to: f64| syncs.iter().filter(|sync| sync.from >= from && sync.to <= to).count();
    for (what, from, to) in &writes {
        assert!(within(*from, *to) >= 1, "a {what} was acknowledged before it was on the disk");
    }
    let idle = reads.iter().filter(|(_, from, to)| within(*from, *to) > 0).count();
    assert!(
        idle * 2 < reads.len(),
        "verifying writes nothing, so these syncs do belong to the writes: {idle}"
    );
    let issues = writes.iter().filter(|(what, ..)| *what == "issue");
    let cost: usize = issues.map(|(_, from, to)| within(*from, *to)).sum();
    println!(
        "{} syncs for {} acknowledged writes; {cost} for {BADGES} badges one after the other",
        syncs.len(),
        writes.len()
    );
    assert!(cost <= BADGES * 2, "a badge costs one sync, and now and then one for a block of indexes");
    all_are_there_after_a_kill(node, folder.path(), &badges);
}

/// A token is a write too.
fn new_tokens(client: &Client, writes: &mut Vec<(&'static str, f64, f64)>) {
    for number in 0..3 {
        let body = json!({"label": format!("number {number}"), "scopes": ["issue"]});
        timed("token", writes, || post(client, "/v1/tokens", &body, 201));
    }
}

fn all_are_there_after_a_kill(node: NodeProcess, data: &Path, badges: &[Value]) {
    let token = node.owner_token();
    node.kill();
    let node = NodeProcess::start(NODE, data, &[]);
    let client = Client::new(&node.url, Some(token));
    for badge in badges {
        let uuid = badge["id"].as_str().and_then(|id| id.strip_prefix("urn:uuid:")).expect("a UUID");
        assert_eq!(client.get(&format!("/v1/credentials/{uuid}")).expect("answers"), (200, badge.clone()));
    }
}

#[test]
fn what_strace_prints_is_read_whole_and_in_two() {
    let text = "strace: Process 7 attached\n\
        [pid     7] 10.000000 fdatasync(9</d/ledger.db-wal>) = 0 <0.500000>\n\
        [pid     8] 20.000000 fdatasync(9</d/ledger.db-wal> <unfinished ...>\n\
        [pid     9] 20.100000 fdatasync(4</d/replica/db>) = 0 <0.100000>\n\
        [pid     8] 20.400000 <... fdatasync resumed>) = 0 <0.400000>\n\
        [pid     7] 30.000000 fdatasync(9</d/ledger.db-wal>) = -1 EIO (Input/output error) <0.1>\n\
        40.000000 fsync(9</d/ledger.db-wal>) = 0 <0.250000>\n\
        [pid     9] 50.000000 +++ exited with 0 +++\n";
    let found: Vec<(f64, f64)> =
        syncs(text, "ledger.db-wal").iter().map(|sync| (sync.from, sync.to)).collect();
    assert_eq!(found, [(10.0, 10.5), (20.0, 20.4), (40.0, 40.25)]);
}
