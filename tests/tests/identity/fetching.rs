//! The egress guard and the resolver against hosts that behave as they like.

use super::*;
use accolade_core::did::document::MAX_DOCUMENT_BYTES;
use accolade_core::verify::DocumentMissing;
use accolade_node::resolver;
use accolade_node::resolver::egress::{FETCH_TIMEOUT, FetchError, MAX_REDIRECTS};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

const LIMIT: u64 = 1000;

fn fetch(egress: &Egress, path: &str) -> Result<Vec<u8>, FetchError> {
    egress.get(&format!("{LAKE}{path}"), "*/*", LIMIT).map(|found| found.bytes)
}

#[test]
fn an_answer_within_the_limits_comes_and_any_other_does_not() {
    let authority = Authority::new();
    let other = authority.host("hill.example", |_| Reply::ok("elsewhere"));
    let host = authority.host("lake.example", |path| match path {
        "/ok" => Reply::ok("here"),
        "/full" => Reply::ok(vec![b'x'; 1000]),
        "/too-large" => Reply::ok(vec![b'x'; 1001]),
        "/huge" => Reply::ok(vec![b'x'; 5_000_000]),
        "/long-head" => Reply::Whole(200, vec![format!("X-Long: {}", "x".repeat(100_000))], b"x".to_vec()),
        "/packed" => Reply::Whole(200, vec!["Content-Encoding: gzip".to_owned()], b"x".to_vec()),
        "/moved" => Reply::redirect("/ok"),
        "/moved-whole" => Reply::redirect("https://lake.example/ok"),
        "/away" => Reply::redirect("https://hill.example/ok"),
        "/plain" => Reply::redirect("http://lake.example/ok"),
        "/port" => Reply::redirect("https://lake.example:8443/ok"),
        "/inside" => Reply::redirect("https://127.0.0.1/"),
        "/nowhere" => Reply::status(302),
        "/circle" => Reply::redirect("/circle"),
        "/nothing" => Reply::Nothing,
        _ => Reply::status(404),
    });
    let egress = authority.egress(&[("lake.example", host.address), ("hill.example", other.address)]);
    assert_eq!(fetch(&egress, "/ok").as_deref(), Ok(&b"here"[..]));
    assert_eq!(fetch(&egress, "/full").map(|bytes| bytes.len()), Ok(1000));
    assert_eq!(fetch(&egress, "/moved").as_deref(), Ok(&b"here"[..]));
    assert_eq!(fetch(&egress, "/moved-whole").as_deref(), Ok(&b"here"[..]));
    for path in ["/too-large", "/huge"] {
        assert!(
            matches!(fetch(&egress, path), Err(FetchError::TooLarge { limit_bytes: LIMIT, .. })),
            "{path}"
        );
    }
    for path in ["/away", "/plain", "/port", "/inside", "/nowhere", "/circle"] {
        assert!(matches!(fetch(&egress, path), Err(FetchError::Redirect { .. })), "{path}");
    }
    assert_eq!((other.asked_in_all(), host.asked("/circle")), (0, MAX_REDIRECTS + 1));
    for path in ["/long-head", "/packed", "/nothing"] {
        assert!(
            matches!(fetch(&egress, path), Err(FetchError::Failed { .. })),
            "{path}: {:?}",
            fetch(&egress, path)
        );
    }
    assert!(matches!(fetch(&egress, "/absent"), Err(FetchError::Status { status: 404, .. })));
}

#[test]
fn a_host_has_five_seconds_in_all() {
    let authority = Authority::new();
    let host = authority.host("lake.example", |_| Reply::Slow);
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
    let at = silent.local_addr().expect("address");
    let egress = authority.egress(&[("lake.example", host.address), ("silent.example", at)]);
    let begun = Instant::now();
    let (slow, silent) = std::thread::scope(|scope| {
        let slow = scope.spawn(|| egress.get("https://lake.example/", "*/*", LIMIT));
        let silent = scope.spawn(|| egress.get("https://silent.example/", "*/*", LIMIT));
        (slow.join().expect("ends"), silent.join().expect("ends"))
    });
    let took = begun.elapsed();
    assert!(matches!(slow, Err(FetchError::Timeout { .. })), "{slow:?}");
    assert!(matches!(silent, Err(FetchError::Timeout { .. })), "{silent:?}");
    assert!(took < FETCH_TIMEOUT * 2, "it took {took:?}");
}

#[test]
fn only_the_right_certificate_will_do() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let of_another_name = authority.host("hill.example", |_| Reply::ok("x"));
    let of_another_root = stranger.host("lake.example", |_| Reply::ok("x"));
    for host in [&of_another_name, &of_another_root] {
        let egress = authority.egress(&[("lake.example", host.address)]);
        assert!(matches!(fetch(&egress, "/"), Err(FetchError::Failed { .. })));
        assert_eq!(host.asked_in_all(), 0, "nothing is said before the certificate is known");
    }
}

#[test]
fn a_guard_for_tests_reaches_loopback_only_and_a_real_one_never() {
    let authority = Authority::new();
    let egress = authority.egress(&[("a.example", "192.0.2.1:443".parse().expect("address"))]);
    let refused = egress.get("https://a.example/", "*/*", LIMIT);
    assert_eq!(refused, Err(FetchError::NotPublic { host: "a.example".to_owned() }));
    let real = Egress::public().get("https://localhost/", "*/*", LIMIT);
    assert_eq!(real, Err(FetchError::NotPublic { host: "localhost".to_owned() }));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_is_not_told_which_names_there_are_inside() {
    let (folder, authority) = (tempfile::tempdir().expect("folder"), Authority::new());
    let web = authority.egress(&[("inside.example", "192.168.1.1:443".parse().expect("address"))]);
    let node = start(config(folder.path(), Vec::new()), web).await;
    let of = async |host: &str| {
        let missing = resolver::document(&node, &format!("did:web:{host}")).await.expect_err("none");
        format!("{missing:?}").replace(host, "HOST")
    };
    assert_eq!(of("inside.example").await, of("nowhere.example").await);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_ask_at_once_cost_one_fetch() {
    let (folder, authority) = (tempfile::tempdir().expect("folder"), Authority::new());
    let good = format!(r#"{{"id":"{LAKE_DID}"}}"#);
    let host = authority.host("lake.example", move |_| Reply::ok(good.clone()));
    let node =
        start(config(folder.path(), Vec::new()), authority.egress(&[("lake.example", host.address)])).await;
    let asked = (0..50).map(|_| resolver::document(&node, LAKE_DID));
    for found in futures::future::join_all(asked).await {
        assert_eq!(found.expect("the document").id(), LAKE_DID);
    }
    assert_eq!(host.asked_in_all(), 1);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_does_not_stop_the_others() {
    let (folder, authority) = (tempfile::tempdir().expect("folder"), Authority::new());
    let good = format!(r#"{{"id":"{LAKE_DID}"}}"#);
    let (begun, begin) = std::sync::mpsc::channel();
    let (go, gate) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new(gate);
    let host = authority.host("lake.example", move |_| {
        let _ = begun.send(());
        // Until the test lets it go on, or is over.
        let _ = gate.lock().expect("lock").recv();
        Reply::ok(good.clone())
    });
    let node =
        start(config(folder.path(), Vec::new()), authority.egress(&[("lake.example", host.address)])).await;
    let first = tokio::spawn({
        let node = Node::clone(&node);
        async move { resolver::document(&node, LAKE_DID).await }
    });
    blocking(move || begin.recv()).await.expect("the host is asked");
    first.abort();
    assert!(first.await.expect_err("it went away").is_cancelled());
    let second = resolver::document(&node, LAKE_DID);
    go.send(()).expect("the host waits");
    assert_eq!(second.await.expect("the document").id(), LAKE_DID);
    assert_eq!(host.asked_in_all(), 1);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_remembered_shortly_and_never_good() {
    let (folder, authority) = (tempfile::tempdir().expect("folder"), Authority::new());
    let mended = Arc::new(AtomicBool::new(false));
    let is_mended = Arc::clone(&mended);
    let host = authority.host("lake.example", move |path| match path {
        "/large/did.json" => Reply::ok(vec![b' '; MAX_DOCUMENT_BYTES + 1]),
        "/other/did.json" => Reply::ok(r#"{"id":"did:web:lake.example"}"#),
        "/ended/did.json" => Reply::ok(r#"{"id":"did:web:lake.example:ended","deactivated":true}"#),
        "/later/did.json" if is_mended.load(Ordering::SeqCst) => {
            Reply::ok(r#"{"id":"did:web:lake.example:later"}"#)
        }
        "/later/did.json" => Reply::status(500),
        _ => Reply::status(404),
    });
    let node =
        start(config(folder.path(), Vec::new()), authority.egress(&[("lake.example", host.address)])).await;
    let document = async |path: &str| resolver::document(&node, &format!("{LAKE_DID}:{path}")).await;
    assert!(matches!(document("large").await, Err(DocumentMissing::Refused(_))));
    assert!(matches!(document("other").await, Err(DocumentMissing::Refused(_))));
    assert_eq!(document("ended").await, Err(DocumentMissing::Deactivated));
    assert!(matches!(document("absent").await, Err(DocumentMissing::Unavailable(_))));
    assert!(matches!(document("later").await, Err(DocumentMissing::Unavailable(_))));
    mended.store(true, Ordering::SeqCst);
    assert!(document("later").await.is_err(), "asked again at once, the host is spared");
    assert_eq!(host.asked("/later/did.json"), 1);
    node.stop().await;
}
