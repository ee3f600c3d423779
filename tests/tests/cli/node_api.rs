//! What is sent to a node, and what is made of its answers: good, bad, absent and hostile ones.

use crate::support::{FakeNode, Session};
use serde_json::json;

const UUID: &str = "urn:uuid:0190a5e2-7b1c-4d7a-9f53-0c2b1a3d4e5f";

/// Splits at blanks, appends the node and a token file.
fn ask(session: &Session, line: &str, node: &FakeNode) -> crate::support::Outcome {
    session.write("token", "acc_test\n");
    session.run(&format!("{line} --node {} --token-file token", node.url))
}

#[test]
fn a_badge_is_issued_to_a_did_or_an_address() {
    let session = Session::new();
    let answer = json!({"id": UUID, "url": "http://127.0.0.1:8080/b/0190a5e2",
        "verifiableCredential": {"id": UUID, "name": "Ünïcode"}});
    let node = FakeNode::answering("201 Created", &answer.to_string());
    let line = "issue --achievement a1 --email ada@example.org --name Ada --valid-until 2028-12-31T00:00:00Z \
                --evidence https://example.org/1 --evidence https://example.org/2 --out badge.json";
    let outcome = ask(&session, line, &node).ok();
    assert!(outcome.contains(&format!("issued {UUID}")) && outcome.contains("badge.json"), "{outcome}");
    assert!(!session.read("badge.json").contains("ada@example.org"));
    assert!(session.read("badge.json").contains("Ünïcode"));
    let (head, body) = node.request();
    assert!(head.starts_with("POST /v1/credentials HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("\r\nauthorization: bearer acc_test"), "{head}");
    assert_eq!(body["achievement"], "a1");
    assert_eq!(body["recipient"], json!({"email": "ada@example.org"}));
    assert_eq!(body["name"], "Ada");
    assert_eq!(body["validUntil"], "2028-12-31T00:00:00Z");
    assert_eq!(body["evidence"].as_array().map(Vec::len), Some(2));

    let node = FakeNode::answering("201 Created", &answer.to_string());
    let printed = ask(&session, "issue --achievement a1 --to did:key:z6MkA --out -", &node).json();
    assert_eq!(printed["id"], UUID);
    assert_eq!(node.request().1["recipient"], json!({"did": "did:key:z6MkA"}));
}

#[test]
fn a_badge_that_was_issued_is_named_even_if_its_file_fails() {
    let session = Session::new();
    let answer = json!({"id": UUID, "verifiableCredential": {"id": UUID}}).to_string();
    let node = FakeNode::answering("201 Created", &answer);
    let outcome = ask(&session, "issue --achievement a1 --to did:key:z6MkA --out no/such/folder.json", &node);
    outcome.fails(1, "can't be written", "folder");
    assert!(outcome.err.contains(UUID), "{outcome:?}");

    let node = FakeNode::answering("201 Created", &json!({"id": UUID}).to_string());
    let outcome = ask(&session, "issue --achievement a1 --to did:key:z6MkA --out badge.json", &node);
    outcome.fails(1, UUID, "page of the badge");
}

#[test]
fn a_badge_is_kept_as_a_signed_token_if_asked() {
    let session = Session::new();
    let answer = json!({"id": UUID, "verifiableCredential": {"id": UUID}}).to_string();
    let line = "issue --achievement a1 --to did:key:z6MkA --out badge.jwt --format jwt";
    let node = FakeNode::answering_each("200 OK", &[&answer, "eyJhbGciOiJFZERTQSJ9.e30.AA"]);
    ask(&session, line, &node).ok();
    assert_eq!(session.read("badge.jwt"), "eyJhbGciOiJFZERTQSJ9.e30.AA\n");
    let requests = node.requests();
    assert!(requests[1].starts_with(&format!("GET /v1/credentials/{} ", &UUID["urn:uuid:".len()..])));
    assert!(requests[1].to_lowercase().contains("accept: application/vc+jwt"), "{requests:?}");

    // A node that knows no such form sends JSON.
    let node = FakeNode::answering_each("200 OK", &[&answer, "{}"]);
    let outcome = ask(&session, "issue --achievement a1 --to did:key:z6MkA --out b.jwt --format jwt", &node);
    outcome.fails(1, "signed token", "--node");
    assert!(outcome.err.contains(UUID) && !session.path("b.jwt").exists(), "{outcome:?}");
    let outcome = session.run("issue --achievement a1 --to did:key:z6MkA --format jwt");
    assert!(outcome.code == 64 && outcome.err.contains("--out <FILE>"), "{outcome:?}");
}

#[test]
fn an_achievement_is_described_in_words_or_by_a_file() {
    let session = Session::new();
    session.write("picture.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    let node = FakeNode::answering("201 Created", r#"{"id":"a1"}"#);
    let line = "achievement create --name Welding --description Steel --criteria Ten_seams --type Certificate \
                --tag metal --tag craft --image picture.svg";
    assert_eq!(ask(&session, line, &node).ok(), "created a1\n");
    let (head, body) = node.request();
    assert!(head.starts_with("POST /v1/achievements HTTP/1.1\r\n"), "{head}");
    assert_eq!(body["criteria"], json!({"narrative": "Ten_seams"}));
    assert_eq!((&body["achievementType"], &body["tag"]), (&json!("Certificate"), &json!(["metal", "craft"])));
    assert!(body["image"]["id"].as_str().is_some_and(|id| id.starts_with("data:image/svg+xml;base64,")));

    session.write("a.json", r#"{"name":"Welding","creditsAvailable":3.5}"#);
    let node = FakeNode::answering("201 Created", r#"{"id":"a2"}"#);
    ask(&session, "achievement create --from a.json", &node).ok();
    assert_eq!(node.request().1, json!({"name": "Welding", "creditsAvailable": 3.5}));

    for (name, text) in [("list.json", "[]"), ("junk.json", "junk"), ("twice.json", r#"{"a":1,"a":2}"#)] {
        session.write(name, text);
        session.run(&format!("achievement create --from {name}")).fails(1, name, "JSON object");
    }
    session.write("picture.gif", "GIF89a");
    session.run("achievement create --name n --description d --criteria c --image picture.gif").fails(
        1,
        "neither a PNG, JPEG, WebP nor SVG",
        "",
    );
}

#[test]
fn an_achievement_is_published_by_its_id_alone() {
    let session = Session::new();
    let node = FakeNode::answering("200 OK", r#"{"id":"a/../b"}"#);
    ask(&session, "achievement publish a/../b", &node).ok();
    assert!(node.request().0.starts_with("POST /v1/achievements/a%2F..%2Fb/publish HTTP/1.1\r\n"));
}

#[test]
fn a_badge_is_revoked_suspended_or_resumed() {
    let session = Session::new();
    let answer = r#"{"publicBy":"2026-06-30T10:00:05Z"}"#;
    session.write("badge.json", json!({"id": UUID, "name": "x"}).to_string());
    for (line, purpose, value, said) in [
        (format!("revoke {UUID} --reason Mistake"), "revocation", true, "revoked"),
        ("revoke badge.json".to_owned(), "revocation", true, "revoked"),
        ("revoke 0190A5E2-7B1C-4D7A-9F53-0C2B1A3D4E5F".to_owned(), "revocation", true, "revoked"),
        (format!("revoke {UUID} --suspend"), "suspension", true, "suspended"),
        (format!("revoke {UUID} --undo"), "suspension", false, "no longer suspended"),
    ] {
        let node = FakeNode::answering("202 Accepted", answer);
        let out = ask(&session, &line, &node).ok();
        assert!(out.starts_with(&format!("{said} {UUID}\n")), "{out}");
        assert!(out.contains("public by 2026-06-30T10:00:05Z"), "{out}");
        let (head, body) = node.request();
        assert!(head.starts_with("POST /credentials/status HTTP/1.1\r\n"), "{head}");
        assert_eq!((&body["credentialId"], &body["status"]), (&json!(UUID), &json!(value)), "{line}");
        assert_eq!(body["credentialStatus"]["statusPurpose"], purpose, "{line}");
        assert_eq!(body.get("reason").is_some(), line.contains("--reason"), "{line}");
    }
    session.write("nameless.json", "{}");
    session.run("revoke nameless.json").fails(1, "has no id", "");
}

#[test]
fn a_badge_that_the_node_has_forgotten_is_revoked_by_its_file() {
    let unknown =
        ("404 Not Found", r#"{"title":"Not Found","detail":"No such badge.","code":"no_such_credential"}"#);
    let accepted = ("202 Accepted", r#"{"publicBy":"2026-06-30T10:00:05Z"}"#);
    let session = Session::new();
    let badge = format!("{{\n \"id\": \"{UUID}\", \"score\": 1.0 }}");
    session.write("badge.json", &badge);
    let node = FakeNode::answering_in_turn(&[unknown, accepted]);
    let out = ask(&session, "revoke badge.json --reason Mistake", &node).ok();
    assert!(out.starts_with(&format!("revoked {UUID}\n")) && out.contains("public by 2026-06-30"), "{out}");
    let requests = node.requests();
    let body = |at: usize| -> serde_json::Value {
        let (head, body) = requests[at].split_once("\r\n\r\n").expect("a head");
        assert!(head.starts_with("POST /credentials/status HTTP/1.1\r\n"), "{head}");
        serde_json::from_str(body).expect("JSON")
    };
    assert_eq!((&body(0)["credentialId"], body(0).get("verifiableCredential")), (&json!(UUID), None));
    assert_eq!((&body(1)["verifiableCredential"]["id"], body(1).get("credentialId")), (&json!(UUID), None));
    assert!(requests[1].contains(&badge), "byte for byte");
    assert_eq!((&body(1)["status"], &body(1)["reason"]), (&json!(true), &json!("Mistake")));

    // There is no copy to send, or another problem than that.
    let node = FakeNode::answering_in_turn(&[unknown]);
    ask(&session, &format!("revoke {UUID}"), &node).fails(1, "No such badge.", "");
    assert_eq!(node.requests().len(), 1);
    for problem in [
        ("409 Conflict", r#"{"title":"Conflict","detail":"It stays.","code":"cannot_unrevoke"}"#),
        ("404 Not Found", r#"{"title":"Not Found","detail":"It stays."}"#),
    ] {
        let node = FakeNode::answering_in_turn(&[problem]);
        ask(&session, "revoke badge.json", &node).fails(1, "It stays.", "");
        assert_eq!(node.requests().len(), 1);
    }
    let refused =
        ("409 Conflict", r#"{"title":"Conflict","detail":"Another issued it.","code":"other_issuer"}"#);
    let node = FakeNode::answering_in_turn(&[unknown, refused]);
    ask(&session, "revoke badge.json", &node).fails(1, "Another issued it.", "");
    assert_eq!(node.requests().len(), 2);
}

#[test]
fn a_problem_is_told_in_the_words_of_the_node() {
    let session = Session::new();
    let problem = r#"{"type":"about:blank","title":"Not published","status":409,"detail":"a1 is a draft.",
        "hint":"Publish it first.\u001b[2J","code":"not_published"}"#;
    let node = FakeNode::answering("409 Conflict", problem);
    let outcome = ask(&session, "issue --achievement a1 --to did:key:z6MkA", &node);
    outcome.fails(1, "a1 is a draft.", "Publish it first.");
    assert!(!outcome.err.contains('\u{1b}'), "an escape sequence came through: {outcome:?}");
}

#[test]
fn without_a_node_the_hint_says_how_to_start_one() {
    let session = Session::new();
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let url = format!("http://127.0.0.1:{port}");
    let outcome = session.run(&format!("node status --node {url}"));
    outcome.fails(1, "connection refused", "cargo run --bin accolade-node");
    let outcome = session.run_args(&["achievement", "list"], b"", &[("ACCOLADE_NODE", &url)]);
    outcome.fails(1, &url, "cargo run --bin accolade-node");
}

#[test]
fn what_is_no_node_is_named_so() {
    let session = Session::new();
    for (status, body) in [
        ("200 OK", "<html>hello</html>"),
        ("404 Not Found", "not here"),
        ("500 Internal Server Error", ""),
        ("302 Found", "{}"),
        ("404 Not Found", "{}"),
        ("200 OK", "{\"a\":"),
    ] {
        let node = FakeNode::answering(status, body);
        ask(&session, "node status", &node).fails(1, "not what an Accolade node says", "--node");
    }
    for bytes in [&b""[..], b"SSH-2.0-OpenSSH_9.9\r\n", &[0xff; 64]] {
        let node = FakeNode::sending(bytes.to_vec());
        let outcome = ask(&session, "node status", &node);
        assert_eq!(outcome.code, 1, "{outcome:?}");
        assert!(outcome.err.starts_with("error: ") && outcome.err.contains("\nhint: "), "{outcome:?}");
    }
}

#[test]
fn an_endless_answer_is_cut_off() {
    let session = Session::new();
    let mut answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_vec();
    answer.resize(16 * 1024 * 1024, b' ');
    let node = FakeNode::sending(answer);
    ask(&session, "node status", &node).fails(1, "more than 8388608 bytes", "");
}

#[test]
fn an_act_needs_a_token_and_a_question_does_not() {
    let session = Session::new();
    for line in ["achievement publish a1", "issue --achievement a1 --to did:key:z6MkA", "revoke urn:uuid:a"] {
        session.run(line).fails(1, "needs an access token", "--token-file");
    }
    session.run("revoke urn:uuid:a --token-file nothing").fails(1, "nothing can't be read", "");
    session.write("token", "two words");
    session.run("revoke urn:uuid:a --token-file token").fails(1, "holds no access token", "one word");

    let node = FakeNode::answering(
        "200 OK",
        r#"{"achievements":[{"id":"a1","published":false,"achievement":{"name":"Weld\u0007ing"}}],"next":null}"#,
    );
    let listed = session.run(&format!("achievement list --node {}", node.url)).ok();
    assert!(listed.contains("a1") && listed.contains("draft") && !listed.contains('\u{7}'), "{listed}");
    let head = node.request().0.to_lowercase();
    assert!(!head.contains("authorization"), "{head}");

    let node = FakeNode::answering("200 OK", r#"{"achievements":[],"next":null}"#);
    session.write("token", "acc_test");
    let listed = ask(&session, "achievement list", &node);
    assert!(listed.out.is_empty() && listed.err.contains("no achievements yet"), "{listed:?}");
    assert!(node.request().0.to_lowercase().contains("authorization: bearer acc_test"));
}

#[test]
fn a_token_that_was_not_made_leaves_no_file() {
    let session = Session::new();
    let node =
        FakeNode::answering("403 Forbidden", r#"{"title":"No","detail":"No.","code":"scope_missing"}"#);
    let outcome = ask(&session, "token create --label x --scope read --out new.token", &node);
    outcome.fails(1, "No.", "");
    assert!(!session.path("new.token").exists());
}

#[test]
fn the_owners_token_of_this_folder_stays_on_this_machine() {
    let session = Session::new();
    std::fs::create_dir(session.path("accolade-data")).expect("a folder");
    session.write("accolade-data/owner-token", "acc_owner\n");
    // An address for documentation (RFC 5737), which nobody has: the token is missed before it is asked.
    session.run("revoke urn:uuid:a --node http://192.0.2.1").fails(
        1,
        "needs an access token",
        "--token-file",
    );
}

#[test]
fn the_token_comes_from_where_it_was_put() {
    let session = Session::new();
    session.write("file-token", "acc_file");
    std::fs::create_dir(session.path("accolade-data")).expect("a folder");
    session.write("accolade-data/owner-token", "acc_owner\n");
    for (env, token) in [
        (&[("ACCOLADE_TOKEN_FILE", "file-token"), ("ACCOLADE_TOKEN", "acc_env")][..], "acc_file"),
        (&[("ACCOLADE_TOKEN", "acc_env")][..], "acc_env"),
        (&[][..], "acc_owner"),
    ] {
        let node = FakeNode::answering("202 Accepted", "{}");
        let outcome = session.run_args(&["revoke", UUID, "--node", &node.url], b"", env);
        assert_eq!(outcome.code, 0, "{outcome:?}");
        assert!(node.request().0.to_lowercase().contains(&format!("bearer {token}")), "{token}");
    }
}

#[test]
fn the_node_says_how_it_is() {
    let session = Session::new();
    let answer = json!({"did": "did:key:z6MkN", "name": "North", "version": "0.1.0", "peers": [],
        "issuers": [{"did": "did:key:z6MkS", "head": {"seq": 3}}], "listen": ["/ip4/127.0.0.1/tcp/4001"]});
    let node = FakeNode::answering("200 OK", &answer.to_string());
    let out = session.run(&format!("node status --node {}", node.url)).ok();
    for words in ["North", "did:key:z6MkN", "did:key:z6MkS", "seq 3", "/ip4/127.0.0.1/tcp/4001"] {
        assert!(out.contains(words), "{words} is not in:\n{out}");
    }
    let node = FakeNode::answering("200 OK", &answer.to_string());
    assert_eq!(session.run(&format!("node status --json --node {}/", node.url)).json(), answer);
}
