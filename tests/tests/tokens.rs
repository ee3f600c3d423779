//! Tokens with scopes: what they allow, when they end, who may make and withdraw them.

use accolade_core::time::Timestamp;
use accolade_node::clock;
use accolade_node::node::{Node, Running};
use accolade_node::token::Scopes;
use accolade_node::tokens::{self, TokenRequest};
use accolade_tests::nodes::{EARNER, PATIENCE, blocking, client, config};
use accolade_tests::process::{Client, NodeProcess};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

const NODE: &str = env!("CARGO_BIN_EXE_node-under-test");
const CLI: &str = env!("CARGO_BIN_EXE_cli-under-test");

async fn started(folder: &tempfile::TempDir) -> Running {
    Node::start(config(folder.path(), Vec::new())).await.expect("starts")
}

fn in_an_hour() -> String {
    Timestamp::from_millis(clock::now().as_millis() + 3_600_000).to_string()
}

/// Makes a token over HTTP; its id and a client that uses it.
fn made(by: &Client, url: &str, body: &Value) -> (String, Client) {
    let (status, answer) = by.post("/v1/tokens", body).expect("answers");
    assert_eq!(status, 201, "{answer}");
    let text = |name: &str| answer[name].as_str().expect(name).to_owned();
    (text("id"), Client::new(url, Some(text("token"))))
}

fn code((status, answer): (u16, Value)) -> (u16, String) {
    (status, answer["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_allows_what_its_scopes_say_and_nothing_more() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    let (owner, url) = (client(&node), node.base_url().to_owned());
    blocking(move || {
        let achievement = owner.new_achievement("Course");
        let award = json!({"achievement": achievement, "recipient": {"did": EARNER}});
        let (_, issuer) = made(&owner, &url, &json!({"label": "LMS", "scopes": ["issue"]}));
        let (status, badge) = issuer.post("/v1/credentials", &award).expect("answers");
        assert_eq!(status, 201, "{badge}");
        let revocation = json!({"credentialId": badge["id"]});
        let missing = (403, "scope_missing".to_owned());
        assert_eq!(code(issuer.post("/credentials/status", &revocation).expect("answers")), missing);
        assert_eq!(code(issuer.post("/v1/achievements", &json!({})).expect("answers")), missing);

        // Nobody but the owner makes, sees or withdraws tokens: no scope leads to more scopes.
        for scopes in [json!(["issue", "revoke", "achievement", "read"]), json!(["read"])] {
            let (id, some) = made(&owner, &url, &json!({"label": "some", "scopes": scopes}));
            let more = json!({"label": "more", "scopes": ["owner"]});
            assert_eq!(code(some.post("/v1/tokens", &more).expect("answers")), missing);
            assert_eq!(code(some.get("/v1/tokens").expect("answers")), missing);
            assert_eq!(code(some.delete(&format!("/v1/tokens/{id}")).expect("answers")), missing);
        }
        let stranger = Client::new(&url, None);
        assert_eq!(stranger.get("/v1/tokens").expect("answers").0, 401);
    })
    .await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_token_is_of_no_use_at_once_and_the_last_owner_stays() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    let (owner, url) = (client(&node), node.base_url().to_owned());
    blocking(move || {
        let (id, reader) = made(&owner, &url, &json!({"label": "reader", "scopes": ["read"]}));
        assert_eq!(reader.get("/v1/node").expect("answers").1["credentials"], 0);
        let path = format!("/v1/tokens/{id}");
        assert_eq!(owner.delete(&path).expect("answers"), (204, Value::Null));
        assert_eq!(code(reader.get("/v1/node").expect("answers")), (401, "unknown_token".to_owned()));
        let unknown = (404, "unknown_token_id".to_owned());
        for path in
            [&*path, "/v1/tokens/999", "/v1/tokens/-1", "/v1/tokens/+1", "/v1/tokens/x", "/v1/tokens/01"]
        {
            assert_eq!(code(owner.delete(path).expect("answers")), unknown, "{path}");
        }
        let (later, _) = made(&owner, &url, &json!({"label": "later", "scopes": ["read"]}));
        assert_ne!(later, id, "an id is never given twice");

        // An owner for an hour doesn't count as one who stays.
        let hour = json!({"label": "for now", "scopes": ["owner"], "validUntil": in_an_hour()});
        let (_, for_now) = made(&owner, &url, &hour);
        let last = (409, "last_owner_token".to_owned());
        for client in [&owner, &for_now] {
            assert_eq!(code(client.delete("/v1/tokens/1").expect("answers")), last);
        }
        let (_, second) = made(&owner, &url, &json!({"label": "second", "scopes": ["owner"]}));
        assert_eq!(second.delete("/v1/tokens/1").expect("answers").0, 204);
        assert_eq!(owner.get("/v1/tokens").expect("answers").0, 401);
    })
    .await;
    node.stop().await;
}

/// A request whose body is held back; the node waits for it, so it has let the head in.
fn held_back(node: SocketAddr, path: &str, token: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(node).expect("connects");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time to wait");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: node\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
         expect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("is sent");
    let mut go_on = *b"HTTP/1.1 100 Continue\r\n\r\n";
    stream.read_exact(&mut go_on).expect("is let in");
    assert!(go_on.starts_with(b"HTTP/1.1 100 "), "{}", String::from_utf8_lossy(&go_on));
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_held_back_until_its_token_was_withdrawn_does_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    let (owner, address) = (client(&node), node.http_addr());
    blocking(move || {
        let achievement = owner.new_achievement("Course");
        let all = json!({"label": "leaver", "scopes": ["owner", "issue", "achievement"]});
        let (status, leaver) = owner.post("/v1/tokens", &all).expect("answers");
        assert_eq!(status, 201, "{leaver}");
        let [id, token] = ["id", "token"].map(|name| leaver[name].as_str().expect(name).to_owned());
        let award = json!({"achievement": achievement, "recipient": {"did": EARNER}}).to_string();
        let back_door = json!({"label": "back door", "scopes": ["owner"]}).to_string();
        let bodies = [("/v1/tokens", &back_door), ("/v1/credentials", &award), ("/v1/credentials", &award)];
        let mut held = bodies.map(|(path, body)| (held_back(address, path, &token, body), body));
        // What is sent in time is done: the bodies are as they should be.
        let answer = |(stream, body): &mut (TcpStream, &String)| {
            stream.write_all(body.as_bytes()).expect("is sent");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).expect("an answer");
            answer
        };
        assert!(answer(&mut held[2]).starts_with("HTTP/1.1 201 "));
        let before = owner.get("/v1/credentials").expect("answers").1;
        assert_eq!(owner.delete(&format!("/v1/tokens/{id}")).expect("answers").0, 204);
        for held in &mut held[..2] {
            let answer = answer(held);
            assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("unknown_token"), "{answer}");
        }
        assert_eq!(owner.get("/v1/credentials").expect("answers").1, before, "nothing was issued");
        let (_, tokens) = owner.get("/v1/tokens").expect("answers");
        assert_eq!(tokens["tokens"].as_array().map(Vec::len), Some(1), "{tokens}");
    })
    .await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_and_makes_none_that_outlives_it() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    let ended = {
        let scopes = Scopes::owner();
        let until = Some(Timestamp::from_millis(2_000));
        let request = TokenRequest { label: "old".to_owned(), scopes, valid_until: until };
        let made = tokens::create(node.ledger(), request, None, Timestamp::from_millis(1_000)).await;
        made.map_err(|error| error.to_string()).expect("made").token.expose().to_owned()
    };
    let (owner, url) = (client(&node), node.base_url().to_owned());
    blocking(move || {
        let ended = Client::new(&url, Some(ended));
        assert_eq!(code(ended.get("/v1/tokens").expect("answers")), (401, "token_ended".to_owned()));

        let until = in_an_hour();
        let hour = json!({"label": "for an hour", "scopes": ["owner"], "validUntil": until});
        let (_, for_an_hour) = made(&owner, &url, &hour);
        made(&for_an_hour, &url, &json!({"label": "as long", "scopes": ["read"], "validUntil": until}));
        for body in [
            json!({"label": "for ever", "scopes": ["owner"]}),
            json!({"label": "longer", "scopes": ["read"], "validUntil": "2999-01-01T00:00:00Z"}),
        ] {
            let refused = code(for_an_hour.post("/v1/tokens", &body).expect("answers"));
            assert_eq!(refused, (403, "outlives_its_maker".to_owned()), "{body}");
        }
        for (body, said) in [
            (
                json!({"label": "x", "scopes": ["issue"], "validUntil": "2020-01-01T00:00:00Z"}),
                "ended_already",
            ),
            (json!({"label": "x", "scopes": ["admin"]}), "unknown_scope"),
            (json!({"label": "x".repeat(201), "scopes": ["issue"]}), "bad_label"),
            (json!({"label": "a\nb", "scopes": ["issue"]}), "bad_label"),
            (json!({"label": " ", "scopes": ["issue"]}), "bad_label"),
        ] {
            assert_eq!(code(owner.post("/v1/tokens", &body).expect("answers")), (400, said.to_owned()));
        }
    })
    .await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_tokens_tells_what_they_are_for_and_never_a_secret() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    let (owner, url) = (client(&node), node.base_url().to_owned());
    blocking(move || {
        let until = in_an_hour();
        let body = json!({"label": "Ünïversity LMS", "scopes": ["revoke", "issue"], "validUntil": until});
        let (status, answer) = owner.post("/v1/tokens", &body).expect("answers");
        assert_eq!(status, 201);
        let (_, listed) = owner.get("/v1/tokens").expect("answers");
        let tokens = listed["tokens"].as_array().expect("a list");
        assert_eq!(tokens.len(), 2);
        assert_eq!((&tokens[0]["label"], &tokens[0]["scopes"]), (&json!("owner"), &json!(["owner"])));
        let mut shown = answer.clone();
        shown.as_object_mut().expect("an object").remove("token");
        assert_eq!(tokens[1], shown);
        assert_eq!(shown["scopes"], json!(["issue", "revoke"]));
        assert_eq!(shown["lastUsed"], Value::Null);
        let secret = answer["token"].as_str().expect("the token");
        assert!(!listed.to_string().contains(&secret[9..]) && !listed.to_string().contains("hash"));

        // The day of its use, once it was used; asked for again until it is noted.
        let used = Client::new(&url, Some(secret.to_owned()));
        assert_eq!(used.get("/v1/node").expect("answers").0, 200);
        let today = clock::now().to_string()[..10].to_owned();
        let begun = std::time::Instant::now();
        while owner.get("/v1/tokens").expect("answers").1["tokens"][1]["lastUsed"] != json!(today) {
            assert!(begun.elapsed() < accolade_tests::nodes::PATIENCE, "its use is not noted");
        }
    })
    .await;
    node.stop().await;
}

#[test]
fn the_owner_makes_lists_and_withdraws_tokens_at_the_command_line() {
    let folder = tempfile::tempdir().expect("folder");
    let node = NodeProcess::start(NODE, &folder.path().join("accolade-data"), &[]);
    let run = |line: &str| {
        let mut command = Command::new(CLI);
        command.args(line.split(' ')).args(["--node", &node.url]).current_dir(folder.path());
        for name in ["ACCOLADE_TOKEN", "ACCOLADE_TOKEN_FILE"] {
            command.env_remove(name);
        }
        let output = command.output().expect("runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, printed, note) = run("token create --label LMS --scope issue --scope revoke");
    assert_eq!(code, Some(0), "{note}");
    assert!(printed.starts_with("accolade_") && printed.lines().count() == 1, "nothing but the token");
    assert!(note.contains("token 2"), "{note}");
    let (code, printed, _) = run("token create --label file --scope read --out read.token --json");
    assert!(code == Some(0) && !printed.contains("accolade_"), "{printed}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let file = std::fs::metadata(folder.path().join("read.token")).expect("the file");
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
    let (_, refused, error) = run("token list --token-file read.token");
    assert!(refused.is_empty() && error.contains("owner"), "{error}");
    let (_, listed, _) = run("token list");
    assert!(listed.contains("   2  LMS  [issue revoke]  without end, never used"), "{listed}");
    assert_eq!(run("token revoke 3").0, Some(0));
    let (code, _, error) = run("node status --token-file read.token");
    assert!(code == Some(1) && error.contains("not known"), "{error}");
    let (code, _, error) = run("token revoke 1");
    assert!(code == Some(1) && error.contains("last owner"), "{error}");
    for (line, part) in [
        ("token create --label x", "--scope"),
        ("token create --label x --scope admin", "admin"),
        ("token create --label x --scope read --valid-until soon", "valid-until"),
    ] {
        let (code, _, error) = run(line);
        assert!(code == Some(64) && error.contains(part), "{line}: {error}");
    }
    let (_, before, _) = run("token list");
    let (code, _, error) = run("token create --label x --scope read --out read.token");
    assert!(code == Some(1) && error.contains("read.token"), "{error}");
    assert_eq!(run("token list").1, before, "none is made that nobody would have");
    node.kill();
}

#[test]
fn who_lost_the_owners_token_makes_another_by_the_data_folder() {
    let folder = tempfile::tempdir().expect("folder");
    let data = folder.path().join("data");
    let run = |more: &[&str]| {
        let mut command = Command::new(NODE);
        command.args(["token", "create", "--label", "found again"]).args(more).arg("--data").arg(&data);
        let output = command.current_dir(folder.path()).output().expect("runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };
    let (ok, _, error) = run(&["--scope", "owner"]);
    assert!(!ok && error.contains("no data folder") && !data.exists(), "{error}");

    let node = NodeProcess::start(NODE, &data, &[]);
    let (ok, _, error) = run(&["--scope", "owner"]);
    assert!(!ok && error.contains("a node runs on") && error.contains("accolade token create"), "{error}");
    node.kill();
    for wrong in
        [&["--scope", "admin"][..], &[], &["--scope", "read", "--valid-until", "2020-01-01T00:00:00Z"]]
    {
        let (ok, printed, _) = run(wrong);
        assert!(!ok && printed.is_empty(), "{wrong:?}");
    }
    let (ok, printed, note) = run(&["--scope", "owner"]);
    assert!(ok && note.contains("shown only this once"), "{note}");
    let node = NodeProcess::start(NODE, &data, &[]);
    let owner = Client::new(&node.url, Some(printed.trim().to_owned()));
    let (status, listed) = owner.get("/v1/tokens").expect("answers");
    assert_eq!((status, &listed["tokens"][1]["label"]), (200, &json!("found again")));
    node.kill();
}
