//! What a node must withstand: being killed at any moment.

use accolade_tests::process::{Client, NodeProcess};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const NODE: &str = env!("CARGO_BIN_EXE_node-under-test");
const CLIENTS: usize = 32;
const KILLS: usize = 20;
/// How many badges are acknowledged before a kill, at least; differs from round to round.
const ISSUED_BEFORE_KILL: usize = 40;
const EARNER: &str = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";

/// Badges whose issue was acknowledged, by id.
type Acknowledged = Arc<Mutex<HashMap<String, Value>>>;

#[test]
fn kill_while_32_clients_issue_loses_no_badge_and_gives_no_index_twice() {
    let folder = tempfile::tempdir().expect("folder");
    let acknowledged = Acknowledged::default();
    let node = NodeProcess::start(NODE, folder.path(), &[]);
    let achievement = Client::new(&node.url, Some(node.owner_token())).new_achievement("Survivor");
    drop(node);

    for round in 0..KILLS {
        let node = NodeProcess::start(NODE, folder.path(), &[]);
        issue_until_killed(node, &achievement, &acknowledged, ISSUED_BEFORE_KILL + 7 * round);
    }

    let node = NodeProcess::start(NODE, folder.path(), &[]);
    let client = Client::new(&node.url, Some(node.owner_token()));
    let acknowledged = acknowledged.lock().expect("no client panicked");
    assert!(acknowledged.len() >= KILLS * ISSUED_BEFORE_KILL);
    every_badge_is_there(&client, &acknowledged);
    no_index_was_given_twice(&client, &acknowledged);
    the_list_verifies_and_revoking_works(&client, &acknowledged);
}

/// Runs the clients, kills the node once `enough` badges were acknowledged, and waits for the clients to notice.
fn issue_until_killed(node: NodeProcess, achievement: &str, acknowledged: &Acknowledged, enough: usize) {
    let (url, token) = (node.url.clone(), node.owner_token());
    let stop = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicUsize::new(0));
    let (reached, reached_receiver) = std::sync::mpsc::channel();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let client = Client::new(&url, Some(token.clone()));
            let body = json!({"achievement": achievement, "recipient": {"did": EARNER}});
            let (stop, count) = (Arc::clone(&stop), Arc::clone(&count));
            let (acknowledged, reached) = (Arc::clone(acknowledged), reached.clone());
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    // A lost answer is no acknowledgement.
                    let Ok((status, answer)) = client.post("/v1/credentials", &body) else { break };
                    if status == 0 || answer.is_null() {
                        break;
                    }
                    assert_eq!(status, 201, "{answer}");
                    let badge = answer["verifiableCredential"].clone();
                    let id = badge["id"].as_str().expect("id").to_owned();
                    acknowledged.lock().expect("lock").insert(id, badge);
                    if count.fetch_add(1, Ordering::Relaxed) + 1 == enough {
                        let _ = reached.send(());
                    }
                }
            })
        })
        .collect();
    drop(reached);
    reached_receiver.recv().expect("enough badges are issued before the clients give up");
    node.kill();
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.join().expect("a client saw only acknowledgements");
    }
}

fn every_badge_is_there(client: &Client, acknowledged: &HashMap<String, Value>) {
    for (id, badge) in acknowledged {
        let uuid = id.strip_prefix("urn:uuid:").expect("a urn:uuid");
        let (status, stored) = client.get(&format!("/v1/credentials/{uuid}")).expect("answers");
        assert_eq!(status, 200, "{id} was acknowledged and is gone: {stored}");
        assert_eq!(stored, *badge, "{id} came back changed");
    }
}

fn no_index_was_given_twice(client: &Client, acknowledged: &HashMap<String, Value>) {
    let mut given = HashSet::new();
    for badge in acknowledged.values() {
        let status = &badge["credentialStatus"];
        assert!(
            given.insert((status["statusListCredential"].to_string(), status["statusListIndex"].to_string())),
            "{status}"
        );
    }
    // Those that were stored but whose answer was lost count as well.
    let mut path = "/v1/credentials?limit=100".to_owned();
    let mut all = HashSet::new();
    loop {
        let (status, page) = client.get(&path).expect("answers");
        assert_eq!(status, 200, "{page}");
        for item in page["credentials"].as_array().expect("credentials") {
            let uuid =
                item["id"].as_str().and_then(|id| id.strip_prefix("urn:uuid:")).expect("id").to_owned();
            let (_, badge) = client.get(&format!("/v1/credentials/{uuid}")).expect("answers");
            let index = badge["credentialStatus"]["statusListIndex"].to_string();
            let list = badge["credentialStatus"]["statusListCredential"].to_string();
            assert!(all.insert((list, index)), "an index was given twice: {badge}");
        }
        match page["next"].as_str() {
            Some(next) => path = format!("/v1/credentials?limit=100&cursor={next}"),
            None => break,
        }
    }
    assert!(all.is_superset(&given));
}

fn the_list_verifies_and_revoking_works(client: &Client, acknowledged: &HashMap<String, Value>) {
    let badge = acknowledged.values().next().expect("a badge");
    assert_eq!(client.post("/v1/verify", badge).expect("answers").1["verdict"], "valid");
    let revoke = json!({"credentialId": badge["id"], "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}});
    assert_eq!(client.post("/credentials/status", &revoke).expect("answers").0, 202);
    // At tick 0 the publisher runs at once, but the answer doesn't wait for it.
    let verdict = || client.post("/v1/verify", badge).expect("answers").1["verdict"].clone();
    let begun = std::time::Instant::now();
    while verdict() != "revoked" {
        assert!(begun.elapsed().as_secs() < 30, "the revocation was never published");
    }
}
