//! A machine is lost and its node restored elsewhere: nothing that was promised is broken.

use accolade_core::verify::Verdict;
use accolade_node::config::Config;
use accolade_node::ledger::LevelingReason;
use accolade_node::level::LevelState;
use accolade_node::node::{Node, Running};
use accolade_tests::nodes::{
    EARNER, PATIENCE, again, blocking, client, config, issue, revoke, wait_for_verdict,
};
use accolade_tests::process::{Client, NodeProcess, percent_encoded};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

const NODE: &str = env!("CARGO_BIN_EXE_node-under-test");
const CLIENTS: usize = 4;
const BACKUPS: usize = 3;
/// Badges that are acknowledged between two backups, at least.
const ISSUED_BETWEEN: usize = 25;

/// Runs a subcommand; whether it did what it was told, and what it said.
fn run(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(NODE).args(arguments).output().expect("the program runs");
    assert_ne!(output.status.code(), None, "it was not killed");
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn text(path: &Path) -> &str {
    path.to_str().expect("Unicode")
}

/// Folders and the passphrase of one test.
struct Place {
    folder: tempfile::TempDir,
    passphrase: PathBuf,
    file: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let passphrase = folder.path().join("passphrase");
        std::fs::write(&passphrase, "correct horse battery\n").expect("passphrase");
        let file = folder.path().join("node.backup");
        Self { folder, passphrase, file }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn backup(&self, data: &Path) -> (bool, String) {
        run(&["backup", text(&self.file), "--data", text(data), "--passphrase-file", text(&self.passphrase)])
    }

    fn restore(&self, data: &Path) -> (bool, String) {
        run(&["restore", text(&self.file), "--data", text(data), "--passphrase-file", text(&self.passphrase)])
    }
}

/// Asks again and again until the answer fits.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}: it never came to that");
        std::thread::yield_now();
    }
}

fn revocation(badge: &Value) -> Value {
    json!({"credentialId": badge["id"], "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}})
}

fn verdict(client: &Client, badge: &Value) -> String {
    let (status, report) = client.post("/v1/verify", badge).expect("answers");
    assert_eq!(status, 200, "{report}");
    report["verdict"].as_str().expect("a verdict").to_owned()
}

/// The place of a badge in its status list.
fn spot(badge: &Value) -> (String, String) {
    let status = &badge["credentialStatus"];
    let text = |member: &str| status[member].as_str().expect(member).to_owned();
    (text("statusListCredential"), text("statusListIndex"))
}

/// Clients that issue and revoke until they are told to stop.
struct Load {
    stop: Arc<AtomicBool>,
    done: Arc<Mutex<Done>>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

/// What was acknowledged.
#[derive(Clone, Default)]
struct Done {
    badges: HashMap<String, Value>,
    revoked: HashSet<String>,
}

impl Load {
    fn start(client: &Client, achievement: &str) -> Self {
        let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Done::default())));
        let threads = (0..CLIENTS)
            .map(|_| {
                let (client, stop, done) = (client.clone(), Arc::clone(&stop), Arc::clone(&done));
                let award = json!({"achievement": achievement, "recipient": {"did": EARNER}});
                std::thread::spawn(move || {
                    for round in 0.. {
                        if stop.load(Ordering::Relaxed) {
                            return;
                        }
                        let (status, answer) = client.post("/v1/credentials", &award).expect("answers");
                        assert_eq!(status, 201, "{answer}");
                        let badge = answer["verifiableCredential"].clone();
                        let id = badge["id"].as_str().expect("id").to_owned();
                        done.lock().expect("lock").badges.insert(id.clone(), badge.clone());
                        if round % 5 == 0 {
                            let (status, answer) =
                                client.post("/credentials/status", &revocation(&badge)).expect("answers");
                            assert_eq!(status, 202, "{answer}");
                            done.lock().expect("lock").revoked.insert(id);
                        }
                    }
                })
            })
            .collect();
        Self { stop, done, threads }
    }

    fn so_far(&self) -> Done {
        self.done.lock().expect("no client panicked").clone()
    }

    fn wait_for_more(&self, more: usize) {
        let before = self.so_far().badges.len();
        until("the load goes on", || self.so_far().badges.len() >= before + more);
    }

    fn stop(self) -> Done {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.join().expect("a client saw only acknowledgements");
        }
        self.done.lock().expect("lock").clone()
    }
}

fn process(data: &Path, peer: &[String]) -> NodeProcess {
    let mut more = vec!["--net", "test", "--name", "Lost Institute"];
    for address in peer {
        more.extend(["--peer", address]);
    }
    NodeProcess::start(NODE, data, &more)
}

fn is_level(client: &Client) -> bool {
    client.get("/v1/node").expect("answers").1["level"]["level"] == true
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_lost_is_restored_elsewhere() {
    let place = Place::new();
    let peer = Node::start(config(&place.at("peer"), Vec::new())).await.expect("the peer starts");
    let addresses = peer.p2p_multiaddrs()[..1].to_vec();
    let old = process(&place.at("old"), &addresses);
    let token = old.owner_token();
    let client = Client::new(&old.url, Some(token.clone()));
    let (backed, place) = {
        let client = client.clone();
        blocking(move || {
            let achievement = client.new_achievement("Survivor");
            (back_up_under_load(&place, &client, &achievement), place)
        })
        .await
    };
    let Backed { before, all, achievement, late, late_achievement } = backed;
    for badge in &late {
        wait_for_verdict(&peer, badge, Verdict::Revoked).await;
    }
    old.kill();
    std::fs::remove_dir_all(place.at("old")).expect("the machine is lost");

    // Restored while its peer is down.
    let peer_config = again(&peer);
    peer.stop().await;
    let new = {
        let (ok, said) = place.restore(&place.at("new"));
        assert!(ok, "{said}");
        process(&place.at("new"), &addresses)
    };
    let withdrawn = Client::new(&new.url, Some(token));
    blocking(move || assert_eq!(withdrawn.post("/v1/credentials", &json!({})).expect("answers").0, 401))
        .await;
    let client = Client::new(&new.url, Some(new.owner_token()));
    let waiting = {
        let (client, badge, achievement) = (client.clone(), late[0].clone(), achievement.clone());
        move || signs_nothing(&client, &badge, &achievement)
    };
    blocking(waiting).await;

    let peer = Node::start(peer_config).await.expect("the peer comes back");
    let level = client.clone();
    blocking(move || until("the restored node is level", || is_level(&level))).await;

    let checked = {
        let (client, before, all, late) = (client.clone(), before, all, late);
        blocking(move || {
            everything_is_as_it_was(&client, &before, &all, &late);
            (client.get(&achievement_path(&late_achievement)).expect("answers"), all)
        })
        .await
    };
    let ((status, published), all) = checked;
    assert_eq!((status, &published["published"]), (200, &json!(true)), "{published}");
    for (id, badge) in &all.badges {
        let expected = if all.revoked.contains(id) { Verdict::Revoked } else { Verdict::Valid };
        wait_for_verdict(&peer, badge, expected).await;
    }
    goes_on(client, &peer, &all, &achievement).await;
    peer.stop().await;
}

/// What is known of the old node when it is lost.
struct Backed {
    /// What was acknowledged before the last backup began.
    before: Done,
    /// What was ever acknowledged.
    all: Done,
    achievement: String,
    /// Badges of the backup that were revoked after it.
    late: Vec<Value>,
    /// An achievement that was published after it.
    late_achievement: String,
}

fn back_up_under_load(place: &Place, client: &Client, achievement: &str) -> Backed {
    let load = Load::start(client, achievement);
    let mut before = Done::default();
    for _ in 0..BACKUPS {
        load.wait_for_more(ISSUED_BETWEEN);
        before = load.so_far();
        let (ok, said) = place.backup(&place.at("old"));
        assert!(ok && said.contains("was read again"), "{said}");
    }
    load.wait_for_more(ISSUED_BETWEEN);
    let mut all = load.stop();
    assert!(all.badges.len() > before.badges.len() + ISSUED_BETWEEN - 1);
    let valid = before.badges.iter().filter(|(id, _)| !all.revoked.contains(*id));
    let late: Vec<Value> = valid.map(|(_, badge)| badge.clone()).take(7).collect();
    for badge in &late {
        assert_eq!(client.post("/credentials/status", &revocation(badge)).expect("answers").0, 202);
        all.revoked.insert(badge["id"].as_str().expect("id").to_owned());
    }
    let late_achievement = client.new_achievement("Published after the backup");
    // One more word on status comes after it, so that whoever has that has the achievement too.
    let (id, badge) = before.badges.iter().find(|(id, _)| !all.revoked.contains(*id)).expect("one is left");
    assert_eq!(client.post("/credentials/status", &revocation(badge)).expect("answers").0, 202);
    all.revoked.insert(id.clone());
    let late = [late, vec![badge.clone()]].concat();
    Backed { before, all, achievement: achievement.to_owned(), late, late_achievement }
}

fn achievement_path(id: &str) -> String {
    format!("/v1/achievements/{}", percent_encoded(id))
}

/// Its peer is down: it reads and verifies, and signs nothing.
fn signs_nothing(client: &Client, badge: &Value, achievement: &str) {
    let award = json!({"achievement": achievement, "recipient": {"did": EARNER}});
    let (status, draft) = client
        .post(
            "/v1/achievements",
            &json!({"type": ["Achievement"], "name": "A draft", "description": "d", "criteria": {"narrative": "n"}}),
        )
        .expect("answers");
    assert_eq!(status, 201, "a draft signs nothing: {draft}");
    let publish = format!("{}/publish", achievement_path(draft["id"].as_str().expect("id")));
    let complete = json!({"credential": {"@context": ["https://www.w3.org/ns/credentials/v2"]}});
    for (path, body) in [
        ("/v1/credentials", &award),
        ("/credentials/issue", &complete),
        ("/credentials/status", &revocation(badge)),
        (publish.as_str(), &json!({})),
    ] {
        let (status, problem) = client.post(path, body).expect("answers");
        assert_eq!((status, &problem["code"]), (503, &json!("not_level")), "{path}: {problem}");
        assert!(problem["detail"].as_str().expect("detail").contains("backup"), "{problem}");
    }
    let list = spot(badge).0;
    let path = list.split_once("/status/").map(|(_, name)| format!("/status/{name}")).expect("a list");
    let (status, problem) = client.get(&path).expect("answers");
    assert_eq!((status, &problem["code"]), (503, &json!("not_level")), "an old list must not look fresh");
    let (status, node) = client.get("/v1/node").expect("answers");
    assert_eq!((status, &node["level"]["level"]), (200, &json!(false)), "{node}");
    let sentence = node["level"]["sentence"].as_str().expect("a sentence");
    assert!(sentence.contains("configured peers is reached") && node["warning"] == sentence, "{node}");
    assert_eq!(client.get("/health").expect("answers").0, 200);
    verdict(client, badge);
}

/// Every badge of the backup is there; what was revoked is revoked, also after the backup.
fn everything_is_as_it_was(client: &Client, before: &Done, all: &Done, late: &[Value]) {
    for (id, badge) in &before.badges {
        let uuid = id.strip_prefix("urn:uuid:").expect("a UUID");
        let (status, kept) = client.get(&format!("/v1/credentials/{uuid}")).expect("answers");
        assert_eq!((status, &kept), (200, badge), "what was acknowledged before the backup is in it");
    }
    for (id, badge) in &all.badges {
        let expected = if all.revoked.contains(id) { "revoked" } else { "valid" };
        assert_eq!(verdict(client, badge), expected, "{id}");
    }
    for badge in late {
        let (status, answer) = client.post("/credentials/status", &revocation(badge)).expect("answers");
        assert_eq!(status, 202, "revoking again is fine: {answer}");
        assert_eq!(verdict(client, badge), "revoked");
    }
}

/// It issues and revokes again; its peer takes what it says, and no index is given twice.
async fn goes_on(client: Client, peer: &Running, all: &Done, achievement: &str) {
    let given: HashSet<(String, String)> = all.badges.values().map(spot).collect();
    assert_eq!(given.len(), all.badges.len());
    let load = {
        let (client, achievement) = (client.clone(), achievement.to_owned());
        blocking(move || {
            let load = Load::start(&client, &achievement);
            load.wait_for_more(100);
            load.stop()
        })
        .await
    };
    let mut spots = given.clone();
    for badge in load.badges.values() {
        assert!(spots.insert(spot(badge)), "an index was given twice: {badge}");
        assert!(given.iter().all(|(list, _)| *list != spot(badge).0), "the old lists are closed");
    }
    for (id, badge) in &load.badges {
        let expected = if load.revoked.contains(id) { Verdict::Revoked } else { Verdict::Valid };
        wait_for_verdict(peer, badge, expected).await;
    }
    let list = spot(load.badges.values().next().expect("one")).0;
    let path = list.split_once("/status/").map(|(_, name)| format!("/status/{name}")).expect("a list");
    let seq = |node: &Value, did: &str| {
        let issuers = node["issuers"].as_array().expect("issuers").clone();
        issuers.iter().find(|issuer| issuer["did"] == did).map(|issuer| issuer["seq"].clone())
    };
    let (status, node) = blocking(move || {
        assert_eq!(client.get(&path).expect("answers").0, 200, "the new list is served at its address");
        client.get("/v1/node").expect("answers")
    })
    .await;
    assert_eq!(status, 200);
    let did = node["did"].as_str().expect("did").to_owned();
    let held = peer.replica().issuer(&did).expect("the peer holds its log");
    assert_eq!(
        seq(&node, &did),
        Some(json!(held.head().seq)),
        "the peer follows the same log, which has no fork"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_peers_it_waits_for_the_operators_word() {
    let place = Place::new();
    let node = Node::start(config(&place.at("old"), Vec::new())).await.expect("starts");
    let owner = client(&node);
    let achievement = blocking(move || owner.new_achievement("Alone")).await;
    let badge = issue(&node, &achievement).await;
    let (ok, said) = place.backup(&place.at("old"));
    assert!(ok, "{said}");
    let token = std::fs::read(place.at("old").join("owner-token")).expect("token");
    node.stop().await;

    let (ok, said) = place.restore(&place.at("new"));
    assert!(ok && said.contains("signs once one of them has shown"), "{said}");
    assert!(said.contains("tokens of the backup are withdrawn"), "{said}");
    let fresh = std::fs::read(place.at("new").join("owner-token")).expect("given out");
    assert_ne!(fresh, token);
    let node = Node::start(config(&place.at("new"), Vec::new())).await.expect("starts");
    let level = node.level().await.expect("read");
    let sentence = level.sentence.expect("it waits");
    assert!(sentence.contains("No peer is configured") && sentence.contains("restore --alone"), "{sentence}");
    let owner = client(&node);
    let award = json!({"achievement": achievement, "recipient": {"did": EARNER}});
    let (status, problem) = blocking(move || owner.post("/v1/credentials", &award)).await.expect("answers");
    assert_eq!((status, &problem["code"]), (503, &json!("not_level")));
    let data = place.at("new");
    let (ok, said) = run(&["restore", "--alone", "--data", text(&data)]);
    assert!(!ok && said.contains("in use by another process"), "{said}");
    node.stop().await;

    let doctor = Command::new(NODE).args(["doctor", "--data", text(&data)]).output().expect("runs");
    let found = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(found.contains("until it is level") && found.contains("restore --alone"), "{found}");
    let (ok, said) = run(&["restore", "--alone", "--data", text(&data)]);
    assert!(ok && said.contains("signs again"), "{said}");
    let node = Node::start(config(&data, Vec::new())).await.expect("starts");
    assert_eq!(node.publisher().level(), LevelState::Level);
    let next = issue(&node, &achievement).await;
    assert_ne!(spot(&next).0, spot(&badge).0, "from a new list");
    revoke(&node, &badge).await;
    wait_for_verdict(&node, &badge, Verdict::Revoked).await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_that_the_restored_ledger_lacks_is_revoked_by_its_copy() {
    let place = Place::new();
    let peer = Node::start(config(&place.at("peer"), Vec::new())).await.expect("the peer starts");
    let addresses = peer.p2p_multiaddrs()[..1].to_vec();
    let node = Node::start(config(&place.at("old"), addresses.clone())).await.expect("starts");
    let owner = client(&node);
    let achievement = blocking(move || owner.new_achievement("Forgotten")).await;
    let kept = issue(&node, &achievement).await;
    let (ok, said) = place.backup(&place.at("old"));
    assert!(ok, "{said}");
    let [lost, other] = [issue(&node, &achievement).await, issue(&node, &achievement).await];
    let points_at_kept = signed(&node, &kept, |_| {}).await;
    let elsewhere = "https://lists.example/status/1";
    let elsewhere = signed(&node, &kept, |entry| entry["statusListCredential"] = json!(elsewhere)).await;
    let beyond = signed(&node, &kept, |entry| entry["statusListIndex"] = json!("131072")).await;
    let suspends = signed(&node, &kept, |entry| entry["statusPurpose"] = json!("suspension")).await;
    // What the backup lacks has reached the peer, whom the restored node asks.
    revoke(&node, &other).await;
    wait_for_verdict(&peer, &other, Verdict::Revoked).await;
    node.stop().await;

    let (ok, said) = place.restore(&place.at("new"));
    assert!(ok, "{said}");
    let old = issued_by_another(&place.at("another")).await;
    let node = Node::start(config(&place.at("new"), addresses)).await.expect("starts");
    let owner = client(&node);
    let waiting = owner.clone();
    blocking(move || until("the restored node is level", || is_level(&waiting))).await;
    let next = issue(&node, &achievement).await;
    let known = signed(&node, &next, |_| {}).await;
    let mut changed = lost.clone();
    changed["name"] = json!("Another name");
    let mut unsigned = lost.clone();
    unsigned.as_object_mut().expect("an object").remove("proof");
    let mut without = lost.clone();
    without.as_object_mut().expect("an object").remove("credentialStatus");
    let revoking = json!({"type": "BitstringStatusListEntry", "statusPurpose": "revocation"});
    let copy = lost.clone();
    blocking(move || {
        let answer = |body: &Value| owner.post("/credentials/status", body).expect("answers");
        let (status, problem) = answer(&revocation(&copy));
        assert_eq!((status, &problem["code"]), (404, &json!("no_such_credential")), "{problem}");
        assert!(problem["hint"].as_str().expect("a hint").contains("verifiableCredential"), "{problem}");
        for (badge, status, code) in [
            (&old, 409, "other_issuer"),
            (&changed, 400, "copy_not_genuine"),
            (&unsigned, 400, "copy_not_genuine"),
            (&without, 400, "copy_not_genuine"),
            (&elsewhere, 409, "list_not_own"),
            (&beyond, 409, "no_such_index"),
            (&points_at_kept, 409, "place_of_another"),
            (&known, 409, "place_of_another"),
            (&json!({}), 400, "context_missing"),
            (&json!("text"), 400, "not_an_object"),
        ] {
            let (got, problem) = answer(&json!({"verifiableCredential": badge}));
            assert_eq!((got, &problem["code"]), (status, &json!(code)), "{problem}");
        }
        for (badge, purpose) in [(&copy, "suspension"), (&suspends, "suspension"), (&suspends, "revocation")]
        {
            let status = json!({"statusPurpose": purpose});
            let (got, problem) = answer(&json!({"verifiableCredential": badge, "credentialStatus": status}));
            assert_eq!((got, &problem["code"]), (409, &json!("other_purpose")), "{problem}");
        }
        let both = json!({"credentialId": copy["id"], "verifiableCredential": copy});
        for body in [&both, &json!({"credentialStatus": revoking})] {
            assert_eq!(answer(body).0, 400);
        }
        for badge in [&kept, &copy, &next] {
            assert_eq!(verdict(&owner, badge), "valid", "what was refused changed nothing");
        }

        let by_copy =
            json!({"verifiableCredential": copy, "credentialStatus": revoking, "reason": "a mistake"});
        for changes in [true, false] {
            let (status, accepted) = answer(&by_copy);
            assert_eq!((status, &accepted["credentialId"]), (202, &copy["id"]), "{accepted}");
            assert_eq!(accepted["changed"], json!(changes));
        }
        let (status, problem) = answer(&json!({"verifiableCredential": copy, "status": false}));
        assert_eq!(status, 409, "what is revoked stays revoked: {problem}");
        // What the ledger knows may be named by a copy too.
        assert_eq!(answer(&json!({"verifiableCredential": next})).0, 202);
        assert_eq!(verdict(&owner, &kept), "valid");
    })
    .await;
    wait_for_verdict(&node, &lost, Verdict::Revoked).await;
    wait_for_verdict(&peer, &lost, Verdict::Revoked).await;
    let with_peer = again(&node);
    node.stop().await;
    let node = Node::start(with_peer).await.expect("starts");
    wait_for_verdict(&node, &lost, Verdict::Revoked).await;
    node.stop().await;
    peer.stop().await;
}

/// A badge like `badge` that `node` signs with a status entry of the caller's making.
async fn signed(node: &Running, badge: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut credential = badge.clone();
    let members = credential.as_object_mut().expect("an object");
    for member in ["proof", "id"] {
        members.remove(member);
    }
    let entry = &mut credential["credentialStatus"];
    entry.as_object_mut().expect("an object").remove("id");
    change(entry);
    let (owner, body) = (client(node), json!({"credential": credential}));
    let (status, answer) = blocking(move || owner.post("/credentials/issue", &body)).await.expect("answers");
    assert_eq!(status, 201, "{answer}");
    answer["verifiableCredential"].clone()
}

async fn issued_by_another(data: &Path) -> Value {
    let node = Node::start(config(data, Vec::new())).await.expect("starts");
    let owner = client(&node);
    let achievement = blocking(move || owner.new_achievement("Elsewhere")).await;
    let badge = issue(&node, &achievement).await;
    node.stop().await;
    badge
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_with_a_place_that_an_open_list_has_not_given_is_refused() {
    let place = Place::new();
    let data = place.at("node");
    let node = Node::start(config(&data, Vec::new())).await.expect("starts");
    let owner = client(&node);
    let achievement = blocking(move || owner.new_achievement("Not given")).await;
    let badge = issue(&node, &achievement).await;
    let config = again(&node);
    node.stop().await;
    let old = std::fs::read(data.join("ledger.db")).expect("ledger");
    let node = Node::start(config.clone()).await.expect("starts");
    let entries = |entry: &mut Value| *entry = json!([*entry, *entry]);
    let (twice, newer) = (signed(&node, &badge, entries).await, issue(&node, &achievement).await);
    let without = signed(&node, &badge, |entry| *entry = json!([])).await;
    node.stop().await;
    // Nobody tells the node that its ledger is an older one, so its list goes on.
    std::fs::write(data.join("ledger.db"), old).expect("put back");
    std::fs::remove_dir_all(data.join("replica")).expect("another machine");
    let node = Node::start(config).await.expect("starts");
    let owner = client(&node);
    blocking(move || {
        for (copy, code) in [(&newer, "place_not_given"), (&twice, "status_several"), (&without, "no_status")]
        {
            let body = json!({"verifiableCredential": copy});
            let (status, problem) = owner.post("/credentials/status", &body).expect("answers");
            assert_eq!((status, &problem["code"]), (409, &json!(code)), "{problem}");
        }
        assert_eq!(verdict(&owner, &badge), "valid");
    })
    .await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_was_put_back_by_hand_is_noticed_too() {
    for keeps_replica in [true, false] {
        let place = Place::new();
        let data = place.at("node");
        let peer = Node::start(config(&place.at("peer"), Vec::new())).await.expect("the peer starts");
        let node = Node::start(config(&data, peer.p2p_multiaddrs())).await.expect("starts");
        let owner = client(&node);
        let achievement = blocking(move || owner.new_achievement("Put back")).await;
        let badge = issue(&node, &achievement).await;
        wait_for_verdict(&peer, &badge, Verdict::Valid).await;
        let config = again(&node);
        node.stop().await;
        let old = std::fs::read(data.join("ledger.db")).expect("ledger");

        let node = Node::start(config.clone()).await.expect("starts");
        let newer = issue(&node, &achievement).await;
        revoke(&node, &badge).await;
        wait_for_verdict(&peer, &badge, Verdict::Revoked).await;
        node.stop().await;
        std::fs::write(data.join("ledger.db"), old).expect("put back");
        if !keeps_replica {
            std::fs::remove_dir_all(data.join("replica")).expect("lost too");
        }

        let node = Node::start(config).await.expect("starts");
        // As soon as a peer says so, or at once where the replica is still there.
        let begun = Instant::now();
        while node.ledger().leveling().await.expect("read").is_none() {
            assert!(begun.elapsed() < PATIENCE, "nobody noticed");
        }
        assert_eq!(
            node.ledger().leveling().await.expect("read").map(|leveling| leveling.reason),
            Some(LevelingReason::Behind)
        );
        let is_level = async || {
            let noted = node.ledger().leveling().await.expect("read").and_then(|noted| noted.level_at);
            noted.is_some() && node.publisher().level() == LevelState::Level
        };
        while !is_level().await {
            assert!(begun.elapsed() < PATIENCE, "it never came level");
        }
        wait_for_verdict(&node, &badge, Verdict::Revoked).await;
        let next = issue(&node, &achievement).await;
        assert_ne!(spot(&next).0, spot(&newer).0, "what it gave after the copy isn't given again");
        wait_for_verdict(&peer, &next, Verdict::Valid).await;
        node.stop().await;
        peer.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_node_waits_for_every_peer_but_not_for_ever() {
    let place = Place::new();
    let first = Node::start(config(&place.at("first"), Vec::new())).await.expect("starts");
    let second = Node::start(config(&place.at("second"), Vec::new())).await.expect("starts");
    let address = |node: &Running| node.p2p_multiaddrs()[0].clone();
    let peers = vec![address(&first), address(&second)];
    let node = Node::start(config(&place.at("old"), peers.clone())).await.expect("starts");
    let owner = client(&node);
    let achievement = blocking(move || owner.new_achievement("Patience")).await;
    let (ok, said) = place.backup(&place.at("old"));
    assert!(ok, "{said}");
    // Only the second hears of what comes after the backup.
    let first_again = again(&first);
    first.stop().await;
    let badge = issue(&node, &achievement).await;
    revoke(&node, &badge).await;
    wait_for_verdict(&second, &badge, Verdict::Revoked).await;
    node.stop().await;
    let second_again = again(&second);
    second.stop().await;
    let first = Node::start(first_again).await.expect("starts");
    for name in ["patient", "hasty"] {
        let (ok, said) = place.restore(&place.at(name));
        assert!(ok, "{said}");
    }

    let patient = Node::start(config(&place.at("patient"), peers.clone())).await.expect("starts");
    let begun = Instant::now();
    while !patient.level().await.expect("read").sentence.is_some_and(|said| said.contains("the others are")) {
        assert!(begun.elapsed() < PATIENCE, "it never reached the first");
        tokio::task::yield_now().await;
    }
    assert_ne!(patient.publisher().level(), LevelState::Level, "the second may hold more, as it does");
    let second = Node::start(second_again).await.expect("starts");
    while patient.publisher().level() != LevelState::Level {
        assert!(begun.elapsed() < PATIENCE, "all have answered");
        tokio::task::yield_now().await;
    }
    wait_for_verdict(&patient, &badge, Verdict::Revoked).await;
    patient.stop().await;
    second.stop().await;

    let hasty =
        Config { peers_grace: std::time::Duration::from_millis(100), ..config(&place.at("hasty"), peers) };
    let hasty = Node::start(hasty).await.expect("starts");
    let begun = Instant::now();
    while hasty.publisher().level() != LevelState::Level {
        assert!(begun.elapsed() < PATIENCE, "it goes on with those that answered");
        tokio::task::yield_now().await;
    }
    hasty.stop().await;
    first.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_log_is_forked_signs_nothing_any_more() {
    for is_longer in [false, true] {
        let place = Place::new();
        let data = place.at("node");
        let peer = Node::start(config(&place.at("peer"), Vec::new())).await.expect("the peer starts");
        let node = Node::start(config(&data, peer.p2p_multiaddrs())).await.expect("starts");
        let owner = client(&node);
        let achievement = blocking(move || owner.new_achievement("Twice")).await;
        let badge = issue(&node, &achievement).await;
        wait_for_verdict(&peer, &badge, Verdict::Valid).await;
        let with_peer = again(&node);
        node.stop().await;
        let old = std::fs::read(data.join("ledger.db")).expect("ledger");
        let node = Node::start(with_peer.clone()).await.expect("starts");
        revoke(&node, &badge).await;
        wait_for_verdict(&peer, &badge, Verdict::Revoked).await;
        node.stop().await;

        // An older copy goes on where nobody tells it, and says something else.
        std::fs::write(data.join("ledger.db"), old).expect("put back");
        std::fs::remove_dir_all(data.join("replica")).expect("another machine");
        let node = Node::start(Config { peers: Vec::new(), ..with_peer.clone() }).await.expect("starts");
        for _ in 0..if is_longer { 3 } else { 1 } {
            let next = issue(&node, &achievement).await;
            revoke(&node, &next).await;
            wait_for_verdict(&node, &next, Verdict::Revoked).await;
        }
        node.stop().await;

        let node = Node::start(with_peer.clone()).await.expect("starts");
        let begun = Instant::now();
        while !node.level().await.expect("read").forked {
            assert!(begun.elapsed() < PATIENCE, "nobody noticed");
            tokio::task::yield_now().await;
        }
        signs_nothing_any_more(&node, &badge, &achievement).await;
        node.stop().await;
        let doctor = Command::new(NODE).args(["doctor", "--data", text(&data)]).output().expect("runs");
        let found = String::from_utf8_lossy(&doctor.stdout).into_owned();
        assert!(!doctor.status.success() && found.contains("log is forked"), "{found}");

        // It isn't forgotten where no peer tells.
        let node = Node::start(Config { peers: Vec::new(), ..with_peer }).await.expect("starts");
        signs_nothing_any_more(&node, &badge, &achievement).await;
        node.stop().await;
        peer.stop().await;
    }
}

async fn signs_nothing_any_more(node: &Running, badge: &Value, achievement: &str) {
    let (owner, award) = (client(node), json!({"achievement": achievement, "recipient": {"did": EARNER}}));
    let revocation = revocation(badge);
    blocking(move || {
        for (path, body) in [("/v1/credentials", &award), ("/credentials/status", &revocation)] {
            let (status, problem) = owner.post(path, body).expect("answers");
            assert_eq!((status, &problem["code"]), (503, &json!("forked")), "{problem}");
        }
        let (status, shown) = owner.get("/v1/node").expect("answers");
        let sentence = shown["level"]["sentence"].as_str().expect("a sentence");
        assert!(sentence.contains("forked") && sentence.contains("Stop every other node"), "{shown}");
        assert_eq!((status, &shown["level"]["level"]), (200, &json!(false)), "{shown}");
        assert_eq!((&shown["level"]["forked"], &shown["warning"]), (&json!(true), &json!(sentence)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_said_in_one_sentence() {
    let place = Place::new();
    let data = place.at("data");
    let nothing = place.backup(&data);
    assert!(!nothing.0 && nothing.1.contains("has no ledger"), "{}", nothing.1);
    let node = Node::start(config(&data, Vec::new())).await.expect("starts");
    let (ok, said) = place.backup(&data);
    assert!(ok, "{said}");
    let (file, good) = (text(&place.file), text(&place.passphrase));
    let (wrong, short) = (place.at("wrong"), place.at("short"));
    std::fs::write(&wrong, "another passphrase").expect("written");
    std::fs::write(&short, "short").expect("written");
    let new = place.at("new");
    let diary = place.at("diary");
    std::fs::write(&diary, "not a backup").expect("written");
    let checked = run(&["backup", "--check", file, "--passphrase-file", good]);
    assert!(checked.0 && checked.1.contains("is good"), "{}", checked.1);
    for (arguments, part) in [
        (vec!["backup", "--check", file, "--passphrase-file", text(&wrong)], "passphrase is not that"),
        (vec!["backup", "--check", text(&diary), "--passphrase-file", good], "is not a backup"),
        (
            vec!["backup", file, "--data", text(&data), "--passphrase-file", text(&short)],
            "at least 12 characters",
        ),
        (vec!["backup", file, "--data", text(&data), "--passphrase-file", text(&new)], "can't be read from"),
        (vec!["backup", text(&diary), "--data", text(&data), "--passphrase-file", good], "is there already"),
        (vec!["restore", file, "--data", text(&data), "--passphrase-file", good], "is not empty"),
        (
            vec!["restore", file, "--data", text(&new), "--passphrase-file", text(&wrong)],
            "passphrase is not that",
        ),
        (vec!["restore", "--alone", "--data", text(&new)], "has no ledger"),
        (vec!["restore", file, "--data", text(&new)], "no terminal"),
    ] {
        let (ok, said) = run(&arguments);
        assert!(!ok && said.starts_with("error: ") && said.contains(part), "{arguments:?}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{said}");
    }
    assert!(!new.exists());
    assert_eq!(std::fs::read(&diary).expect("there"), b"not a backup");
    issue_one(&node).await;
    node.stop().await;
}

async fn issue_one(node: &Running) {
    let owner = client(node);
    let achievement = blocking(move || owner.new_achievement("It goes on")).await;
    issue(node, &achievement).await;
}
