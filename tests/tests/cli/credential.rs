//! `credential list` and `credential show`.

use crate::support::{FakeNode, Outcome, Session};
use serde_json::{Value, json};

const UUID: &str = "0190a5e2-7b1c-4d7a-9f53-0c2b1a3d4e5f";

fn ask(session: &Session, line: &str, node: &FakeNode) -> Outcome {
    session.write("token", "acc_test\n");
    session.run(&format!("{line} --node {} --token-file token", node.url))
}

fn page(count: usize, next: Value) -> String {
    let item = |at| json!({"id": format!("urn:uuid:{at}"), "achievement": "a", "recipient": "did:key:z6Mk\u{7}", "issued": "2026-06-30T10:00:00Z"});
    json!({"credentials": (0..count).map(item).collect::<Vec<_>>(), "next": next}).to_string()
}

#[test]
fn badges_are_listed_page_by_page() {
    let session = Session::new();
    let node = FakeNode::answering_each("200 OK", &[&page(100, json!("x y&z")), &page(30, Value::Null)]);
    let listed = ask(&session, "credential list --limit 500", &node).ok();
    assert_eq!(listed.lines().count(), 130);
    assert!(listed.starts_with("2026-06-30T10:00:00Z  urn:uuid:0  did:key:z6Mk\u{fffd}\n"), "{listed}");
    let requests = node.requests();
    assert!(requests[0].starts_with("GET /v1/credentials?limit=100 HTTP/1.1\r\n"), "{requests:?}");
    assert!(requests[0].to_lowercase().contains("authorization: bearer acc_test"), "{requests:?}");
    assert!(
        requests[1].starts_with("GET /v1/credentials?limit=100&cursor=x%20y%26z HTTP/1.1\r\n"),
        "{requests:?}"
    );
}

#[test]
fn no_more_are_listed_than_were_asked_for() {
    let session = Session::new();
    let node = FakeNode::answering("200 OK", &page(7, json!("7")));
    let listed = ask(&session, "credential list --limit 7", &node);
    assert!(listed.err.contains("more than 7"), "{listed:?}");
    assert_eq!(listed.ok().lines().count(), 7);
    assert!(node.request().0.starts_with("GET /v1/credentials?limit=7 HTTP/1.1\r\n"));

    // A node that gives more than was asked for, and says that this is the end.
    let node = FakeNode::answering("200 OK", &page(9, Value::Null));
    let listed = ask(&session, "credential list --limit 7 --json", &node).json();
    assert_eq!((listed["credentials"].as_array().map(Vec::len), &listed["more"]), (Some(7), &json!(false)));
}

#[test]
fn a_list_ends_where_the_node_runs_in_circles_or_says_nothing() {
    let session = Session::new();
    let node = FakeNode::answering("200 OK", &page(0, json!("again")));
    assert!(ask(&session, "credential list", &node).err.contains("No badge has been issued yet"));
    let node = FakeNode::answering("200 OK", "{}");
    ask(&session, "credential list", &node).fails(1, "not what an Accolade node says", "--node");
    session.run("credential list").fails(1, "needs an access token", "--token-file");
}

#[test]
fn a_badge_is_shown_byte_for_byte() {
    let session = Session::new();
    // Neither in our own order nor spelling.
    let badge = format!("{{ \"name\":\"\\u00fc\", \"id\":\"urn:uuid:{UUID}\",\"credits\":3.50}}");
    for id in [format!("urn:uuid:{UUID}"), UUID.to_uppercase()] {
        let node = FakeNode::answering("200 OK", &badge);
        let out = ask(&session, &format!("credential show {id} -o badge.json"), &node).ok();
        assert_eq!(out, format!("urn:uuid:{UUID} is in badge.json\n"));
        assert_eq!(session.read("badge.json"), badge);
        let (head, _) = node.request();
        assert!(head.starts_with(&format!("GET /v1/credentials/{UUID} HTTP/1.1\r\n")), "{head}");
        assert!(head.to_lowercase().contains("accept: application/vc"), "{head}");
    }
    let node = FakeNode::answering("200 OK", &badge);
    assert_eq!(ask(&session, &format!("credential show {UUID}"), &node).ok(), format!("{badge}\n"));
    let node = FakeNode::answering("200 OK", "eyJhbGciOiJFZERTQSJ9.e30.AA");
    let shown = ask(&session, &format!("credential show {UUID} --format jwt"), &node).ok();
    assert_eq!(shown, "eyJhbGciOiJFZERTQSJ9.e30.AA\n");
    assert!(node.request().0.to_lowercase().contains("accept: application/vc+jwt"));
    let node = FakeNode::answering("200 OK", &badge);
    let told = ask(&session, &format!("credential show {UUID} -o b.json --json"), &node).json();
    assert_eq!(told, json!({"id": format!("urn:uuid:{UUID}"), "file": "b.json"}));
}

#[test]
fn a_badge_that_is_not_there_leaves_no_file() {
    let session = Session::new();
    let problem =
        r#"{"title":"x","detail":"This node has issued no badge with this address.","hint":"Check it."}"#;
    let node = FakeNode::answering("404 Not Found", problem);
    let outcome = ask(&session, &format!("credential show {UUID} -o badge.json"), &node);
    outcome.fails(1, "no badge with this address", "Check it.");
    assert!(!session.path("badge.json").exists());

    session.run("credential show https://badges.example/1").fails(64, "has no UUID", "credential list");
    session.run("credential show 17").fails(64, "neither a file nor the id of a badge", "urn:uuid:");
    let node = FakeNode::answering("200 OK", "{}");
    ask(&session, &format!("credential show {UUID} -o no/such/folder.json"), &node).fails(
        1,
        "can't be written",
        "folder",
    );
}
