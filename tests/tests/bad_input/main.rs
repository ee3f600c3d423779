//! What a node must withstand: bodies that are junk, too large, too deep, too clever. Every one gets an answer
//! that a person can act on, in bounded time, and the process' memory doesn't grow.

mod hostile;
mod wire;

use accolade_tests::process::{Client, NodeProcess, percent_encoded};
use serde_json::{Value, json};
use std::time::Duration;
use wire::{Answer, Framing};

const NODE: &str = env!("CARGO_BIN_EXE_node-under-test");
/// Longest that a hostile request may take, in a debug build on a busy machine.
const IN_TIME: Duration = Duration::from_secs(10);
/// How much the process may grow over all rounds after the first, in kB.
const MAX_GROWTH_KB: u64 = 64 * 1024;
/// How large the process may ever be, in kB.
const MAX_PEAK_KB: u64 = 512 * 1024;
const ROUNDS: usize = 3;

/// Routes that take a document, and the member that it stands in.
const ROUTES: [(&str, &str); 8] = [
    ("/v1/verify", ""),
    ("/credentials/verify", "verifiableCredential"),
    ("/presentations/verify", "verifiablePresentation"),
    ("/credentials/issue", "credential"),
    ("/credentials/status", "credentialId"),
    ("/v1/achievements", "criteria"),
    ("/v1/credentials", "recipient"),
    ("/v1/achievements/{id}/publish", ""),
];

struct Target<'a> {
    url: &'a str,
    owner: String,
    achievement: String,
    sent: usize,
    slowest: (Duration, String),
}

#[test]
fn hostile_bodies_are_refused_in_time_on_every_route_and_leave_no_memory_behind() {
    let folder = tempfile::tempdir().expect("folder");
    let node = NodeProcess::start(NODE, folder.path(), &[]);
    let client = Client::new(&node.url, Some(node.owner_token()));
    let achievement = client.new_achievement("Survivor");
    let mut target = Target {
        url: &node.url,
        owner: format!("Authorization: Bearer {}", node.owner_token()),
        achievement: percent_encoded(&achievement),
        sent: 0,
        slowest: Default::default(),
    };

    let before = memory_kb(node.pid());
    target.everything();
    let first = memory_kb(node.pid());
    for _ in 1..ROUNDS {
        target.everything();
    }
    let last = memory_kb(node.pid());
    println!(
        "{} hostile requests, slowest {:?}; resident before, after the first round, at the end, at most: {before:?} {first:?} {last:?} kB",
        target.sent, target.slowest
    );
    if let (Some((first, _)), Some((last, peak))) = (first, last) {
        assert!(last < first + MAX_GROWTH_KB, "the node grew from {first} to {last} kB");
        assert!(peak < MAX_PEAK_KB, "the node once had {peak} kB");
    }

    let body = json!({"achievement": achievement, "recipient": {"email": "ada@example.org"}});
    let (status, issued) = client.post("/v1/credentials", &body).expect("answers");
    assert_eq!(status, 201, "{issued}");
    let (_, report) = client.post("/v1/verify", &issued["verifiableCredential"]).expect("answers");
    assert_eq!(report["verdict"], "valid");
    assert_eq!(
        client.get("/v1/credentials").expect("answers").1["credentials"].as_array().map(Vec::len),
        Some(1)
    );
}

impl Target<'_> {
    fn everything(&mut self) {
        let zeros = hostile::gzip(&vec![0; 10_000_000]);
        for (route, member) in ROUTES {
            for (name, body) in hostile::bodies() {
                if body.is_empty() && route.ends_with("/publish") {
                    continue; // all is said in the address
                }
                self.send(route, name, &[], &body, Framing::Length);
                if body.len() > 100_000 {
                    self.send(route, name, &[], &body, Framing::Chunked);
                }
            }
            for encoding in ["gzip", "deflate", "br", "identity, gzip"] {
                let header = format!("Content-Encoding: {encoding}");
                let answer = self.send(route, encoding, &[header], &zeros, Framing::Length);
                assert_eq!(answer.status, 415, "{route}");
            }
            for junk in
                [json!(null), json!(5), json!("text"), json!([]), json!([[]]), json!({"a": {"b": []}})]
            {
                let body = if member.is_empty() { junk } else { json!({member: junk}) };
                self.send(route, "a wrong type", &[], body.to_string().as_bytes(), Framing::Length);
            }
        }
        for (name, credential) in hostile::credentials() {
            self.credential(name, &credential);
        }
        // As a credential the list is as good as any other. What counts is that nobody inflates it.
        let list = hostile::bomb_list().to_string();
        let answer = wire::post(self.url, "/v1/verify", &[], list.as_bytes(), Framing::Length);
        assert!(answer.status == 200 && answer.took < IN_TIME, "{:?}", answer.took);
    }

    /// A credential, to be verified, within a presentation, and to be issued.
    fn credential(&mut self, name: &str, credential: &Value) {
        let draft = unsigned(credential);
        let harmless = unsigned(&hostile::credential());
        let presentation = json!({"@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiablePresentation"], "verifiableCredential": [credential]});
        for (route, body) in [
            ("/v1/verify", credential.clone()),
            ("/credentials/verify", json!({"verifiableCredential": credential})),
            ("/presentations/verify", json!({"verifiablePresentation": presentation})),
            ("/credentials/issue", json!({"credential": credential})),
            ("/credentials/issue", json!({"credential": draft})),
        ] {
            if body["credential"] == harmless {
                continue; // what was bad is gone
            }
            self.send(route, name, &[], body.to_string().as_bytes(), Framing::Length);
        }
    }

    fn send(&mut self, route: &str, name: &str, headers: &[String], body: &[u8], framing: Framing) -> Answer {
        let path = route.replace("{id}", &self.achievement);
        let headers = [std::slice::from_ref(&self.owner), headers].concat();
        let answer = wire::post(self.url, &path, &headers, body, framing);
        let said = || {
            format!(
                "{route}, {name}, {framing:?}: {} {:.600}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            )
        };
        assert!(is_refused(route, &answer), "{}", said());
        assert!(answer.took < IN_TIME, "{:?} for {}", answer.took, said());
        self.sent += 1;
        if answer.took > self.slowest.0 {
            self.slowest = (answer.took, format!("{route}, {name}"));
        }
        answer
    }
}

/// The credential as one would hand it in to be signed.
fn unsigned(credential: &Value) -> Value {
    let mut credential = credential.clone();
    if let Some(members) = credential.as_object_mut() {
        members.remove("proof");
        members.remove("issuer");
    }
    credential
}

/// A problem; or, where a document is judged, a bad verdict that says why.
fn is_refused(route: &str, answer: &Answer) -> bool {
    let json = answer.json();
    let is_bad = matches!(json["verdict"].as_str(), Some("malformed" | "unsupported"));
    match route {
        _ if answer.is_problem() => true,
        "/v1/verify" => {
            answer.status == 200 && is_bad && json["sentence"].is_string() && json["code"].is_string()
        }
        "/credentials/verify" | "/presentations/verify" => {
            let details = json["problemDetails"].as_array().map(Vec::as_slice).unwrap_or_default();
            let told = |problem: &Value| problem["detail"].is_string() && problem["code"].is_string();
            answer.status == 400
                && is_bad
                && json["verified"] == false
                && !details.is_empty()
                && details.iter().all(told)
        }
        _ => false,
    }
}

/// What the process has in memory now and had at most, in kB; only Linux tells.
fn memory_kb(pid: u32) -> Option<(u64, u64)> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let of = |name: &str| {
        status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
    };
    Some((of("VmRSS:")?, of("VmHWM:")?))
}

#[test]
fn slow_senders_and_floods_of_headers_are_cut_off() {
    let folder = tempfile::tempdir().expect("folder");
    let node = NodeProcess::start(NODE, folder.path(), &[]);
    let client = Client::new(&node.url, Some(node.owner_token()));
    let url = node.url.as_str();
    std::thread::scope(|scope| {
        let slow_body = scope.spawn(|| {
            let head = b"POST /v1/verify HTTP/1.1\r\nHost: node\r\nContent-Length: 900000\r\n\r\n{";
            wire::drip(url, head, b" ")
        });
        let slow_head = scope.spawn(|| wire::drip(url, b"POST /v1/verify HTTP/1.1\r\n", b"X-Slow: 1\r\n"));
        let silent = scope.spawn(|| wire::exchange(url, b""));
        // Meanwhile the node serves.
        assert_eq!(client.get("/health").expect("answers").0, 200);
        floods(url);
        let slow_body = slow_body.join().expect("no panic");
        assert!(slow_body.status == 408 && slow_body.is_problem(), "{}", slow_body.status);
        assert!(slow_body.took < wire::PATIENCE);
        for cut_off in [slow_head, silent] {
            let answer = cut_off.join().expect("no panic");
            assert!(matches!(answer.status, 0 | 408) && answer.took < wire::PATIENCE, "{}", answer.status);
        }
    });
    assert_eq!(client.get("/health").expect("answers").0, 200);
}

fn floods(url: &str) {
    let request = |headers: &str| {
        let answer = wire::exchange(
            url,
            format!("POST /v1/verify HTTP/1.1\r\nHost: node\r\nConnection: close\r\n{headers}\r\n")
                .as_bytes(),
        );
        assert!(answer.took < IN_TIME);
        answer.status
    };
    assert_eq!(request(&"X-Many: 1\r\n".repeat(5_000)), 431);
    assert_eq!(request(&format!("X-Long: {}\r\n", "x".repeat(1_000_000))), 431);
    assert_eq!(request("X-Bad\x01: 1\r\n"), 400);
    assert_eq!(request("Content-Length: -1\r\n"), 400);
    assert_eq!(request("Content-Length: 99999999999999999999999999\r\n"), 400);
    assert_eq!(request("Content-Length: 5\r\nContent-Length: 6\r\n"), 400);
    assert_eq!(request("Content-Length: 5\r\nTransfer-Encoding: nonsense\r\n"), 400);
    let long = format!("GET /{} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n", "a".repeat(100_000));
    assert!(matches!(wire::exchange(url, long.as_bytes()).status, 414 | 431));
    for junk in [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET\r\n\r\n"] {
        assert!(matches!(wire::exchange(url, junk).status, 0 | 400), "{junk:?}");
    }
}

#[test]
fn what_no_route_takes_is_a_problem_that_says_so() {
    let folder = tempfile::tempdir().expect("folder");
    let node = NodeProcess::start(NODE, folder.path(), &[]);
    for path in
        ["/nothing", "/v1", "/v1/", "/credentials", "/b/", "//", "/v1/achievements/%00/publish/x", "/%ff"]
    {
        let answer = wire::post(&node.url, path, &[], b"{}", Framing::Length);
        assert!(answer.status == 404 && answer.is_problem(), "{path}: {}", answer.status);
    }
    for (route, _) in ROUTES {
        let path = route.replace("{id}", "x");
        for method in ["PUT", "DELETE", "PATCH", "TRACE", "BREW"] {
            let request = format!("{method} {path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n");
            let answer = wire::exchange(&node.url, request.as_bytes());
            assert!(answer.status == 405 && answer.is_problem(), "{method} {path}: {}", answer.status);
        }
    }
}
