//! A whole life of a badge through the command line, at a node of its own.

use crate::support::Session;
use accolade_tests::process::NodeProcess;
use serde_json::Value;
use std::time::{Duration, Instant};

/// A node in the session's own folder, where the commands find its owner's token by themselves.
fn start(session: &Session) -> NodeProcess {
    NodeProcess::start(env!("CARGO_BIN_EXE_node-under-test"), &session.path("accolade-data"), &[])
}

/// Verifies at the node until the verdict is this one; a revocation is public a moment after it is accepted.
fn wait_for(session: &Session, node: &NodeProcess, code: i32, words: &str) {
    let begun = Instant::now();
    loop {
        let outcome = session.run(&format!("verify badge.json --node {}", node.url));
        if outcome.code == code && outcome.out.contains(words) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "still {outcome:?}");
    }
}

#[test]
fn a_badge_lives_through_the_command_line() {
    let session = Session::new();
    let node = start(&session);
    let accolade = |args: &[&str]| session.run_args(args, b"", &[("ACCOLADE_NODE", &node.url)]);

    let made = accolade(&[
        "achievement",
        "create",
        "--name",
        "First Aid",
        "--description",
        "Can give first aid",
        "--criteria",
        "Pass the course",
        "--type",
        "Course",
        "--tag",
        "health",
    ]);
    let id = made.ok().trim().strip_prefix("created ").expect("an id").to_owned();
    assert!(accolade(&["achievement", "list"]).ok().contains("draft"));
    let did = accolade(&["key", "new", "--out", "earner.key"]).ok().trim().to_owned();
    let early = accolade(&["issue", "--achievement", &id, "--to", &did]);
    assert!(early.code == 1 && early.err.contains("\nhint: "), "a draft was awarded: {early:?}");

    accolade(&["achievement", "publish", &id]).ok();
    let listed = accolade(&["achievement", "list"]).ok();
    assert!(listed.contains("published") && listed.contains("First Aid"), "{listed}");
    let issued = accolade(&[
        "issue",
        "--achievement",
        &id,
        "--to",
        &did,
        "--name",
        "Ada",
        "--evidence",
        "https://a.example/e",
        "--out",
        "badge.json",
    ]);
    assert!(issued.ok().starts_with("issued urn:uuid:"));
    wait_for(&session, &node, 0, "VALID.");

    // The same offline, with the list that the node signs.
    let badge: Value = serde_json::from_str(&session.read("badge.json")).expect("JSON");
    let list_url = badge["credentialStatus"]["statusListCredential"].as_str().expect("a list").to_owned();
    let list = || {
        let agent = ureq::Agent::new_with_defaults();
        let text = agent.get(&list_url).call().expect("the list").body_mut().read_to_string();
        session.write("list.json", text.expect("text"));
    };
    list();
    let offline = session.run("verify badge.json --list list.json");
    assert_eq!(offline.code, 0, "{offline:?}");
    assert_eq!(session.run("verify badge.json").code, 2);

    // Nobody without the token, then the owner.
    session.write("wrong", "acc_wrong");
    let refused = accolade(&["revoke", "badge.json", "--token-file", "wrong"]);
    assert!(refused.code == 1 && refused.err.contains("error: "), "{refused:?}");
    let revoked = accolade(&["revoke", "badge.json", "--reason", "Issued by mistake"]).ok();
    assert!(revoked.starts_with("revoked urn:uuid:") && revoked.contains("public by 20"), "{revoked}");
    wait_for(&session, &node, 1, "REVOKED");
    list();
    let offline = session.run("verify badge.json --list list.json");
    assert!(offline.code == 1 && offline.out.contains("REVOKED"), "{offline:?}");
    let undone = accolade(&["revoke", "badge.json", "--undo"]);
    assert_eq!(undone.code, 1, "a revocation was undone: {undone:?}");

    let status = accolade(&["node", "status"]).ok();
    assert!(status.contains("did:key:z6Mk") && status.contains("badges           1"), "{status}");
}

#[test]
fn an_address_never_stands_in_the_badge() {
    let session = Session::new();
    let node = start(&session);
    let accolade = |args: &[&str]| session.run_args(args, b"", &[("ACCOLADE_NODE", &node.url)]);
    let made = accolade(&[
        "achievement",
        "create",
        "--name",
        "n",
        "--description",
        "d",
        "--criteria",
        "c",
        "--json",
    ])
    .json();
    let id = made["id"].as_str().expect("an id");
    accolade(&["achievement", "publish", id]).ok();
    accolade(&["issue", "--achievement", id, "--email", "ada@example.org", "--out", "badge.json"]).ok();
    let badge = session.read("badge.json");
    assert!(!badge.contains("ada@") && badge.contains("sha256$"), "{badge}");
    wait_for(&session, &node, 0, "VALID.");
    let unknown = accolade(&["issue", "--achievement", "urn:uuid:none", "--email", "ada@example.org"]);
    assert!(unknown.code == 1 && unknown.err.contains("\nhint: "), "{unknown:?}");
}
