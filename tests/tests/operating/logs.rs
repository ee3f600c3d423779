//! What a log says, and what it never says.

use crate::support::{Logged, command};
use accolade_tests::process::Client;
use serde_json::{Value, json};
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

const EMAIL: &str = "gentiana.lutea@meadow.example";
const RECIPIENT: &str = "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK";

/// Even at level debug, where each request has its line.
#[test]
fn a_log_names_no_person_no_token_and_no_badge() {
    let folder = tempfile::tempdir().expect("folder");
    let data = folder.path().join("data");
    let node = Logged::start(&data, &["--log", "debug,libp2p=info"]);
    let token = std::fs::read_to_string(data.join("owner-token")).expect("token").trim().to_owned();
    let owner = Client::new(&node.url, Some(token.clone()));
    let stranger = Client::new(&node.url, None);

    let achievement = owner.new_achievement("Alpine botany");
    let mut secrets = vec![token.clone(), EMAIL.to_owned(), RECIPIENT.to_owned(), "lutea".to_owned()];
    for recipient in [json!({"email": EMAIL}), json!({"did": RECIPIENT})] {
        let body = json!({"achievement": achievement, "recipient": recipient});
        let (status, issued) = owner.post("/v1/credentials", &body).expect("answers");
        assert_eq!(status, 201, "{issued}");
        let badge = issued["verifiableCredential"].clone();
        let id = badge["id"].as_str().expect("id").to_owned();
        let uuid = id.strip_prefix("urn:uuid:").expect("a uuid").to_owned();
        for found in ["/credentialSubject/identifier/0/salt", "/credentialSubject/identifier/0/identityHash"]
        {
            secrets.extend(badge.pointer(found).and_then(Value::as_str).map(str::to_owned));
        }
        assert_eq!(stranger.post("/v1/verify", &badge).expect("answers").0, 200);
        assert_eq!(stranger.get(&format!("/b/{uuid}?from={EMAIL}")).expect("answers").0, 200);
        assert_eq!(owner.get(&format!("/v1/credentials/{uuid}")).expect("answers").0, 200);
        let (status, revoked) = owner
            .post("/credentials/status", &json!({"credentialId": id, "reason": EMAIL}))
            .expect("answers");
        assert_eq!(status, 202, "{revoked}");
        secrets.push(uuid);
    }
    assert!(secrets.len() >= 8, "a salt and a hash are among them: {secrets:?}");
    // What is refused must not be quoted either.
    let wrong = Client::new(&node.url, Some(token.replace("accolade_", "accolade_x")));
    assert_eq!(wrong.get("/v1/credentials").expect("answers").0, 401);
    let nobody = json!({"achievement": EMAIL, "recipient": {"email": format!("{EMAIL} {RECIPIENT}")}});
    assert!(owner.post("/v1/credentials", &nobody).expect("answers").0 >= 400);
    assert_eq!(stranger.get(&format!("/no/such/{EMAIL}?token={token}")).expect("answers").0, 404);

    let log = node.stop();
    let entries: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let routes: Vec<&str> = entries.iter().filter_map(|entry| entry["route"].as_str()).collect();
    for route in ["/v1/credentials", "/b/{uuid}", "/v1/verify", "/credentials/status", "other"] {
        assert!(routes.contains(&route), "{route} isn't in the log: {routes:?}");
    }
    let request = entries.iter().find(|entry| entry["route"] == "/v1/verify").expect("a request");
    assert!(request["status"] == 200 && request["ms"].is_u64() && request["level"] == "DEBUG", "{request}");
    for secret in secrets {
        assert!(!log.contains(&secret), "the log holds {secret}");
    }
}

#[test]
fn a_log_at_its_default_level_says_little() {
    let folder = tempfile::tempdir().expect("folder");
    let node = Logged::start(&folder.path().join("data"), &[]);
    assert_eq!(Client::new(&node.url, None).get("/health").expect("answers").0, 200);
    let log = node.stop();
    assert!(!log.contains("/health") && log.contains("stopping"), "{log}");
    assert!(log.lines().count() < 12, "{log}");
}

#[test]
fn a_service_manager_is_told_when_the_node_is_ready_and_when_it_stops() {
    let folder = tempfile::tempdir().expect("folder");
    let socket = folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).expect("a socket");
    manager.set_read_timeout(Some(Duration::from_secs(30))).expect("set");
    let told = || {
        let mut bytes = [0; 64];
        let length = manager.recv(&mut bytes).expect("it is told");
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    };
    let data = folder.path().join("data");
    let mut node =
        command(&["--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0", "--data", data.to_str().expect("path")])
            .env("NOTIFY_SOCKET", &socket)
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("starts");
    assert_eq!(told(), "READY=1");
    let pid = node.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
    assert_eq!(told(), "STOPPING=1");
    assert!(node.wait().expect("ends").success());
}
