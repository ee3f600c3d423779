//! What one address may do how often, with and without a proxy in front.

use accolade_core::time::Timestamp;
use accolade_node::config::Config;
use accolade_node::node::{Node, Running};
use accolade_node::token::Scopes;
use accolade_node::tokens::{self, TokenRequest};
use accolade_tests::nodes::{PATIENCE, blocking, config};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use ureq::http::HeaderMap;

const WRONG: &str = "Bearer accolade_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

struct Answer {
    status: u16,
    headers: HeaderMap,
    code: String,
}

/// Asks as a proxy on this machine would for a visitor at `visitor`; without one, as a program of this machine.
async fn ask(node: &Running, method: &str, path: &str, visitor: Option<&str>, token: Option<&str>) -> Answer {
    let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", node.base_url()));
    if let Some(visitor) = visitor {
        request = request.header("x-forwarded-for", visitor);
    }
    if let Some(token) = token {
        request = request.header("authorization", token);
    }
    let request = request.body(b"{}".to_vec()).expect("a request");
    blocking(move || {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .build();
        let mut response = ureq::Agent::new_with_config(config).run(request).expect("an answer");
        let body = response.body_mut().read_to_vec().expect("a body");
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let code = json["code"].as_str().unwrap_or_default().to_owned();
        Answer { status: response.status().as_u16(), headers: response.headers().clone(), code }
    })
    .await
}

async fn started(folder: &tempfile::TempDir, change: impl FnOnce(&mut Config)) -> Running {
    let mut config = config(folder.path(), Vec::new());
    change(&mut config);
    Node::start(config).await.expect("starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_behind_a_trusted_proxy_are_told_apart() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder, |config| {
        config.verify_per_s_per_address = 1;
        config.trusted_proxy = vec!["127.0.0.0/8".to_owned()];
    })
    .await;
    let one = Some("198.51.100.9, 203.0.113.5");
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(ask(&node, "POST", "/v1/verify", one, None).await);
    }
    assert_eq!((answers[0].status, answers[1].status), (200, 200));
    assert_eq!(answers[0].headers["ratelimit"], "\"verify\";r=1;t=0");
    let refused =
        answers.iter().find(|answer| answer.status == 429).expect("four are more than two and one a second");
    assert_eq!(
        (refused.code.as_str(), &refused.headers["retry-after"]),
        ("too_many_requests", &"1".parse().expect("value"))
    );
    assert!(refused.headers.contains_key("ratelimit-policy"));
    // Whatever he says of himself before the proxy's word.
    let mut same = Vec::new();
    for n in 0..4 {
        let said = format!("192.0.2.{n}, 203.0.113.5");
        same.push(ask(&node, "POST", "/v1/verify", Some(&said), None).await.status);
    }
    assert!(same.contains(&429), "{same:?}");
    assert_eq!(
        ask(&node, "POST", "/v1/verify", Some("203.0.113.6"), None).await.status,
        200,
        "another visitor"
    );
    for _ in 0..10 {
        assert_eq!(ask(&node, "POST", "/v1/verify", None, None).await.status, 200, "this machine itself");
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_believed_without_a_trusted_proxy() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder, |config| config.verify_per_s_per_address = 1).await;
    for _ in 0..10 {
        let answer = ask(&node, "POST", "/v1/verify", Some("203.0.113.5"), None).await;
        assert_eq!((answer.status, answer.headers.contains_key("ratelimit")), (200, false));
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tries_tokens_waits_even_with_the_right_one_and_others_do_not() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder, |config| config.trusted_proxy = vec!["127.0.0.1".to_owned()]).await;
    let token = std::fs::read_to_string(node.config().data.join("owner-token")).expect("owner-token");
    let right = format!("Bearer {}", token.trim());
    let guesser = Some("203.0.113.5");
    for _ in 0..20 {
        let answer = ask(&node, "GET", "/v1/credentials", guesser, Some(WRONG)).await;
        assert_eq!(answer.code, "unknown_token");
    }
    let refused = ask(&node, "GET", "/v1/credentials", guesser, Some(WRONG)).await;
    assert_eq!((refused.status, refused.code.as_str()), (429, "too_many_wrong_tokens"));
    let seconds: u32 = refused.headers["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((1..=5).contains(&seconds), "{seconds}");
    assert_eq!(ask(&node, "POST", "/v1/credentials", guesser, Some(&right)).await.status, 429);
    assert_eq!(ask(&node, "GET", "/v1/node", guesser, None).await.status, 200, "what needs no token goes on");
    assert_eq!(ask(&node, "GET", "/v1/credentials", Some("203.0.113.6"), Some(&right)).await.status, 200);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_has_ended_is_no_guess() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder, |config| config.trusted_proxy = vec!["127.0.0.1".to_owned()]).await;
    let request = TokenRequest {
        label: "old".to_owned(),
        scopes: Scopes::owner(),
        valid_until: Some(Timestamp::from_millis(2_000)),
    };
    let made = tokens::create(node.ledger(), request, None, Timestamp::from_millis(1_000)).await;
    let ended = format!("Bearer {}", made.map_err(|error| error.to_string()).expect("made").token.expose());
    let visitor = Some("203.0.113.5");
    for _ in 0..25 {
        let answer = ask(&node, "GET", "/v1/credentials", visitor, Some(&ended)).await;
        assert_eq!((answer.status, answer.code.as_str()), (401, "token_ended"));
    }
    // Neither is a missing one, nor another kind of proof.
    for _ in 0..25 {
        let answer = ask(&node, "GET", "/v1/credentials", visitor, Some("Basic eDp5")).await;
        assert_eq!((answer.status, answer.code.as_str()), (401, "token_missing"));
    }
    node.stop().await;
}

/// Sends a request as the bytes stand, `forwarded` in X-Forwarded-For, and leaves its body open.
fn raw(node: SocketAddr, path: &str, forwarded: Option<&[u8]>, more: &str) -> TcpStream {
    let mut stream = TcpStream::connect(node).expect("connects");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time to wait");
    let named = forwarded.map_or(Vec::new(), |hops| [b"x-forwarded-for: ", hops, b"\r\n"].concat());
    let head = format!("POST {path} HTTP/1.1\r\nhost: node\r\nconnection: close\r\n{more}");
    let framing = b"transfer-encoding: chunked\r\n\r\n";
    stream.write_all(&[head.as_bytes(), &named, framing].concat()).expect("is sent");
    stream
}

fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    // A reset after the answer doesn't take it back.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_whose_address_cannot_be_read_is_not_this_machine() {
    for hop in [&b"unknown"[..], b"unix:", b"\xff", b"203.0.113.5\xff", b"", b"203.0.113.5, unknown"] {
        let folder = tempfile::tempdir().expect("folder");
        let node = started(&folder, |config| {
            config.verify_per_s_per_address = 1;
            config.trusted_proxy = vec!["127.0.0.1".to_owned()];
        })
        .await;
        let address = node.http_addr();
        let answers = blocking(move || {
            let mut streams = [(); 5].map(|()| raw(address, "/v1/verify", Some(hop), ""));
            for stream in &mut streams {
                // One that is refused already may have been closed.
                let _ = stream.write_all(b"0\r\n\r\n");
            }
            streams.map(|mut stream| rest(&mut stream))
        })
        .await;
        let refused = answers.iter().filter(|answer| answer.starts_with("HTTP/1.1 429 ")).count();
        assert!(refused > 0, "{hop:?}: {answers:?}");
        assert_eq!(ask(&node, "POST", "/v1/verify", Some("203.0.113.6"), None).await.status, 200);
        assert_eq!(ask(&node, "POST", "/v1/verify", None, None).await.status, 200, "this machine itself");
        node.stop().await;
    }
}

/// A request of which the node waits for the body: it is under way.
fn under_way(node: SocketAddr, forwarded: Option<&[u8]>) -> TcpStream {
    let mut stream = raw(node, "/v1/verify", forwarded, "expect: 100-continue\r\n");
    let mut go_on = *b"HTTP/1.1 100 Continue\r\n\r\n";
    stream.read_exact(&mut go_on).expect("is let in");
    assert!(go_on.starts_with(b"HTTP/1.1 100 "), "{}", String::from_utf8_lossy(&go_on));
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_64_requests_under_way_and_others_and_health_are_answered() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder, |config| {
        config.trusted_proxy = vec!["127.0.0.1".to_owned()];
        config.verify_per_s_per_address = 0;
    })
    .await;
    let address = node.http_addr();
    let mut held = blocking(move || {
        let held: Vec<TcpStream> = (0..64)
            .map(|n| under_way(address, Some(format!("198.51.100.{n}, 2001:db8::{n:x}").as_bytes())))
            .collect();
        held
    })
    .await;
    let same = Some("2001:db8::ffff");
    for path in ["/v1/node", "/v1/tokens", "/", "/nothing"] {
        let refused = ask(&node, "GET", path, same, None).await;
        assert_eq!((refused.status, refused.code.as_str()), (429, "too_many_under_way"), "{path}");
        assert_eq!(refused.headers["retry-after"], "1");
    }
    assert_eq!(ask(&node, "GET", "/health", same, None).await.status, 200, "health is always told");
    assert_eq!(ask(&node, "POST", "/health", same, None).await.status, 405);
    for other in [Some("2001:db8:0:1::1"), Some("203.0.113.5"), None] {
        assert_eq!(ask(&node, "GET", "/v1/node", other, None).await.status, 200, "{other:?}");
    }
    // A program of this machine may have more.
    let own = blocking(move || (0..65).map(|_| under_way(address, None)).collect::<Vec<_>>()).await;
    assert_eq!(ask(&node, "GET", "/v1/node", None, None).await.status, 200);
    drop(own);
    let mut done = held.pop().expect("one of them");
    let answer = blocking(move || {
        done.write_all(b"2\r\n{}\r\n0\r\n\r\n").expect("is sent");
        rest(&mut done)
    })
    .await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(ask(&node, "GET", "/v1/node", same, None).await.status, 200, "there is a place again");
    drop(held);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_of_a_refused_body_is_not_waited_for_long() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder, |_| ()).await;
    let address = node.http_addr();
    let (answer, took) = blocking(move || {
        let begun = Instant::now();
        let answer = rest(&mut raw(address, "/v1/tokens", None, ""));
        (answer, begun.elapsed())
    })
    .await;
    assert!(answer.starts_with("HTTP/1.1 401 ") && answer.contains("token_missing"), "{answer}");
    assert!(took < Duration::from_secs(20), "{took:?}: that is the time for a whole request");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn public_reads_have_a_limit_of_their_own() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder, |config| {
        config.read_per_s_per_address = 1;
        config.trusted_proxy = vec!["127.0.0.1".to_owned()];
    })
    .await;
    let visitor = Some("2001:db8::1");
    let mut statuses = Vec::new();
    for n in 0..6 {
        let neighbour = format!("2001:db8::{n}");
        statuses.push(ask(&node, "GET", "/v1/achievements", Some(&neighbour), None).await.status);
    }
    assert!(statuses.contains(&429), "one customer's addresses count together: {statuses:?}");
    assert_eq!(ask(&node, "GET", "/health", visitor, None).await.status, 200, "health is always told");
    assert_eq!(
        ask(&node, "POST", "/v1/verify", visitor, None).await.status,
        200,
        "verifying is another limit"
    );
    node.stop().await;
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const MIB: usize = 1 << 20;

/// Pictures that are being sent slowly, each over a connection of its own; what is answered comes over a channel.
struct Uploads {
    node: SocketAddr,
    open: Vec<TcpStream>,
    answers: Receiver<(usize, String)>,
    sender: Sender<(usize, String)>,
}

impl Uploads {
    fn to(node: SocketAddr) -> Self {
        let (sender, answers) = channel();
        Self { node, open: Vec::new(), answers, sender }
    }

    /// Sends one byte more than needs no place, and leaves the body open.
    fn begin(&mut self, visitor: &str) {
        let mut stream = TcpStream::connect(self.node).expect("connects");
        let head = format!(
            "POST /v1/verify HTTP/1.1\r\nhost: node\r\nx-forwarded-for: {visitor}\r\n\
             transfer-encoding: chunked\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("is sent");
        let mut reader = stream.try_clone().expect("a second handle");
        let (at, sender) = (self.open.len(), self.sender.clone());
        std::thread::spawn(move || {
            let mut answer = Vec::new();
            // A reset after the answer doesn't take it back.
            let _ = reader.read_to_end(&mut answer);
            let _ = sender.send((at, String::from_utf8_lossy(&answer).into_owned()));
        });
        self.open.push(stream);
        self.send(at, MIB + 1 - PNG.len(), PNG);
    }

    /// Sends a chunk: `first`, and so many bytes.
    fn send(&mut self, at: usize, bytes: usize, first: &[u8]) {
        let chunk = [first, &vec![0; bytes]].concat();
        let head = format!("{:x}\r\n", chunk.len());
        let sent = [head.as_bytes(), &chunk, b"\r\n"].concat();
        self.open[at].write_all(&sent).expect("is sent");
    }

    fn end(&mut self, at: usize) {
        self.open[at].write_all(b"0\r\n\r\n").expect("is sent");
    }

    /// Which was answered next, and what.
    fn answer(&self) -> (usize, String) {
        self.answers.recv_timeout(PATIENCE).expect("an answer")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_senders_of_large_pictures_keep_nobody_out() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder, |config| {
        config.trusted_proxy = vec!["127.0.0.1".to_owned()];
        config.verify_per_s_per_address = 0;
    })
    .await;
    let address = node.http_addr();
    // One after the other: they share the places of this process.
    blocking(move || {
        one_address_holds_two_places(address);
        what_is_too_large_holds_none(address);
        all_together_hold_sixteen(address);
    })
    .await;
    node.stop().await;
}

fn one_address_holds_two_places(node: SocketAddr) {
    let mut uploads = Uploads::to(node);
    for visitor in ["2001:db8::1", "2001:db8::2", "2001:db8::3"] {
        uploads.begin(visitor);
    }
    let (refused, answer) = uploads.answer();
    assert!(answer.starts_with("HTTP/1.1 429 ") && answer.contains("too_many_large_bodies"), "{answer}");
    assert!(answer.contains("retry-after: 1"), "{answer}");
    // Others aren't concerned, nor are programs of this machine, nor small bodies of the same address.
    let mut others = Uploads::to(node);
    others.begin("203.0.113.5");
    for _ in 0..3 {
        others.begin("127.0.0.1");
    }
    for at in 0..4 {
        others.end(at);
        assert!(others.answer().1.starts_with("HTTP/1.1 200 "));
    }
    for at in (0..3).filter(|at| *at != refused) {
        uploads.end(at);
        let (answered, answer) = uploads.answer();
        assert_eq!(answered, at);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

fn what_is_too_large_holds_none(node: SocketAddr) {
    let mut uploads = Uploads::to(node);
    for _ in 0..3 {
        uploads.begin("203.0.113.5");
    }
    let (refused, answer) = uploads.answer();
    assert!(answer.starts_with("HTTP/1.1 429 "), "{answer}");
    let large: Vec<usize> = (0..3).filter(|at| *at != refused).collect();
    let begun = Instant::now();
    for at in &large {
        uploads.send(*at, 10 * MIB, b"");
    }
    // They go on, and have let go of their places, well before the time for a request is over.
    loop {
        let mut another = Uploads::to(node);
        another.begin("203.0.113.5");
        another.end(0);
        let answer = another.answer().1;
        if answer.starts_with("HTTP/1.1 200 ") {
            break;
        }
        assert!(answer.contains("too_many_large_bodies"), "{answer}");
        assert!(begun.elapsed() < Duration::from_secs(20), "the places are still taken");
    }
    for at in large {
        uploads.end(at);
        let (answered, answer) = uploads.answer();
        assert_eq!(answered, at);
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    }
}

fn all_together_hold_sixteen(node: SocketAddr) {
    let mut uploads = Uploads::to(node);
    for n in 0..17 {
        uploads.begin(&format!("203.0.113.{}", n / 2));
    }
    let (refused, answer) = uploads.answer();
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\"busy\""), "{answer}");
    for at in (0..17).filter(|at| *at != refused) {
        uploads.end(at);
        let (answered, answer) = uploads.answer();
        assert_eq!(answered, at);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}
