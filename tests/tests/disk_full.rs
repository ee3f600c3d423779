//! A disk without room, with the whole program on it: a small tmpfs.

use accolade_tests::process::{Client, NodeProcess};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const NODE: &str = env!("CARGO_BIN_EXE_node-under-test");
const EARNER: &str = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";
const PATIENCE: Duration = Duration::from_secs(30);

/// A disk of its own; unmounted when dropped.
struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// None where mounting isn't allowed.
    fn new(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("folder");
        let options = format!("size={size},mode=0700");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "accolade-test"])
            .arg(folder.path())
            .output();
        if mount.is_ok_and(|output| output.status.success()) {
            return Some(Self { folder });
        }
        accolade_tests::not_allowed("a full disk under the whole program", "the right to mount a tmpfs");
        None
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file until there is no room for a byte more; where it is.
    fn fill(&self) -> PathBuf {
        let path = self.path().join("ballast");
        let mut file = std::fs::File::create(&path).expect("made");
        for size in [1 << 16, 1 << 10, 1] {
            while file.write(&vec![7; size]).is_ok_and(|written| written > 0) {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a process that was just killed may hold it for a moment.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}: it never came to that");
        std::thread::yield_now();
    }
}

fn verdict(client: &Client, badge: &Value) -> Value {
    client.post("/v1/verify", badge).expect("answers").1["verdict"].clone()
}

fn is_stored(client: &Client, badge: &Value) -> bool {
    let uuid = badge["id"].as_str().and_then(|id| id.strip_prefix("urn:uuid:")).expect("a UUID");
    client.get(&format!("/v1/credentials/{uuid}")).expect("answers") == (200, badge.clone())
}

fn revocation(badge: &Value) -> Value {
    json!({"credentialId": badge["id"], "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}})
}

#[test]
fn a_node_on_a_full_disk_refuses_in_plain_words_and_goes_on_when_there_is_room() {
    let Some(disk) = Disk::new("48m") else { return };
    let data = disk.path().join("data");
    let node = NodeProcess::start(NODE, &data, &[]);
    let token = node.owner_token();
    let client = Client::new(&node.url, Some(token.clone()));
    let achievement = client.new_achievement("Room");
    let award = json!({"achievement": achievement, "recipient": {"did": EARNER}, "name": "x".repeat(200)});
    let mut badges: Vec<Value> = Vec::new();
    let issue = |badges: &mut Vec<Value>| {
        let (status, answer) = client.post("/v1/credentials", &award).expect("answers");
        if status == 201 {
            badges.push(answer["verifiableCredential"].clone());
        }
        (status, answer)
    };
    assert_eq!(issue(&mut badges).0, 201);

    let ballast = disk.fill();
    let problem = loop {
        let (status, answer) = issue(&mut badges);
        if status != 201 {
            assert_eq!(status, 503, "{answer}");
            break answer;
        }
        assert!(badges.len() < 5000, "the disk is full");
    };
    assert_eq!(problem["code"], "storage_full", "{problem}");
    assert!(problem["hint"].as_str().expect("a hint").contains("Make room"), "{problem}");
    for (path, body) in [
        ("/credentials/status", revocation(&badges[0])),
        (
            "/v1/achievements",
            json!({"type": ["Achievement"], "name": "No room", "description": "y".repeat(900), "criteria": {"narrative": "n"}}),
        ),
    ] {
        let (status, answer) = client.post(path, &body).expect("answers");
        assert!(status == 503 && answer["code"] == "storage_full" || status < 300, "{path}: {answer}");
    }
    // Reading and verifying go on.
    for badge in &badges {
        assert!(is_stored(&client, badge), "what was acknowledged is there");
    }
    let said = verdict(&client, &badges[1.min(badges.len() - 1)]);
    assert!(said == "valid" || said == "revoked", "{said}");
    assert_eq!(client.get("/v1/node").expect("answers").0, 200);
    backing_up_onto_it_fails(&disk, &data);

    std::fs::remove_file(&ballast).expect("room");
    until("it issues again", || issue(&mut badges).0 == 201);
    let last = badges.last().expect("one").clone();
    assert_eq!(client.post("/credentials/status", &revocation(&last)).expect("answers").0, 202);
    until("it publishes again", || verdict(&client, &last) == "revoked");
    node.kill();
    let node = NodeProcess::start(NODE, &data, &[]);
    let client = Client::new(&node.url, Some(token));
    for badge in &badges {
        assert!(is_stored(&client, badge), "nothing was lost");
    }
    assert_eq!(verdict(&client, &last), "revoked");
}

/// A backup that doesn't fit leaves nothing behind, and the older one as it was.
fn backing_up_onto_it_fails(disk: &Disk, data: &Path) {
    let elsewhere = tempfile::tempdir().expect("folder");
    let passphrase = elsewhere.path().join("passphrase");
    std::fs::write(&passphrase, "correct horse battery").expect("written");
    let back_up = |file: &Path| {
        let mut command = Command::new(NODE);
        command.arg("backup").arg(file).arg("--data").arg(data).arg("--passphrase-file").arg(&passphrase);
        let output = command.output().expect("runs");
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (ok, said) = back_up(&disk.path().join("node.backup"));
    assert!(!ok && said.contains("full"), "{said}");
    assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    let mut names =
        std::fs::read_dir(disk.path()).expect("folder").map(|entry| entry.expect("entry").file_name());
    assert!(names.all(|name| name == "data" || name == "ballast"), "nothing is left of it");
    let (ok, said) = back_up(&elsewhere.path().join("node.backup"));
    assert!(ok, "onto another disk it works: {said}");
}

#[test]
fn a_replica_on_a_full_disk_does_not_stop_verification() {
    let Some(disk) = Disk::new("48m") else { return };
    let folder = tempfile::tempdir().expect("folder");
    let issuer = NodeProcess::start(NODE, &folder.path().join("issuer"), &[]);
    let owner = Client::new(&issuer.url, Some(issuer.owner_token()));
    let listen =
        owner.get("/v1/node").expect("answers").1["listen"][0].as_str().expect("an address").to_owned();
    let data = disk.path().join("data");
    let node = NodeProcess::start(NODE, &data, &["--peer", &listen]);
    let client = Client::new(&node.url, None);
    let achievement = owner.new_achievement("Held");
    let award = json!({"achievement": achievement, "recipient": {"did": EARNER}});
    let issue = || {
        let (status, answer) = owner.post("/v1/credentials", &award).expect("answers");
        assert_eq!(status, 201, "{answer}");
        answer["verifiableCredential"].clone()
    };
    let (kept, revoked) = (issue(), issue());
    until("the peer holds the list", || verdict(&client, &kept) == "valid");

    let ballast = disk.fill();
    // So many records that neither log nor store has room left for them.
    for _ in 0..60 {
        let badge = issue();
        assert_eq!(owner.post("/credentials/status", &revocation(&badge)).expect("answers").0, 202);
    }
    assert_eq!(owner.post("/credentials/status", &revocation(&revoked)).expect("answers").0, 202);
    until("the issuer itself has published", || verdict(&owner, &revoked) == "revoked");
    let warning = || client.get("/v1/node").expect("answers").1["warning"].clone();
    until("it tells its operator", || warning().as_str().is_some_and(|said| said.contains("can't be")));
    for _ in 0..20 {
        assert_eq!(verdict(&client, &kept), "valid", "verification goes on");
    }

    std::fs::remove_file(&ballast).expect("room");
    until("it takes the rest when there is room", || verdict(&client, &revoked) == "revoked");
    node.kill();
    let node = NodeProcess::start(NODE, &data, &["--peer", &listen]);
    let client = Client::new(&node.url, None);
    until("what was not stored is fetched again", || verdict(&client, &revoked) == "revoked");
    assert_eq!(verdict(&client, &kept), "valid");

    // It also stops while there is no room.
    disk.fill();
    for _ in 0..60 {
        let badge = issue();
        assert_eq!(owner.post("/credentials/status", &revocation(&badge)).expect("answers").0, 202);
    }
    let warning = || client.get("/v1/node").expect("answers").1["warning"].clone();
    until("it tells its operator again", || warning().as_str().is_some_and(|said| said.contains("can't be")));
    let told = Command::new("kill").args(["-TERM", &node.pid().to_string()]).status().expect("kill");
    assert!(told.success());
    assert_eq!(node.wait(), Some(0), "it stops, and forgets what it could not keep: peers have it");
}
