//! What hosts can cost a node: time, places, memory.

use super::*;
use accolade_node::resolver::egress::{FETCH_TIMEOUT, FetchError};
use accolade_node::resolver::{MAX_FETCHES_PER_ADDRESS, MAX_LIST_BYTES};
use accolade_node::verifier::MAX_FETCHES_PER_BADGE;
use std::sync::{Arc, Barrier};
use std::time::Instant;

#[tokio::test(flavor = "multi_thread")]
async fn slow_endless_and_redirecting_hosts_cost_five_seconds_and_no_verdict() {
    let (folder, authority, lake) =
        (tempfile::tempdir().expect("folder"), Authority::new(), Issuer::of_key(1));
    let inside = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
    inside.set_nonblocking(true).expect("set");
    let host = authority.host("lake.example", |path| match path {
        "/slow" => Reply::Slow,
        "/endless" => Reply::Endless,
        "/private" => Reply::redirect("https://127.0.0.1/status/1"),
        "/metadata" => Reply::redirect("https://169.254.169.254/"),
        "/inside" => Reply::redirect("https://inside.example/"),
        _ => Reply::Nothing,
    });
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
    let names = [
        ("lake.example", host.address),
        ("silent.example", silent.local_addr().expect("address")),
        ("inside.example", inside.local_addr().expect("address")),
    ];
    let node = with_web(folder.path(), &authority, &names).await;
    let begun = Instant::now();
    let of = |url: &str, code: &'static str| {
        let (badge, url) = (lake.badge(url, 5), url.to_owned());
        let node = &node;
        async move { assert_eq!(verdict(node, &badge).await, could_not_check(code), "{url}") }
    };
    futures::join!(
        of("https://lake.example/slow", "status_unavailable"),
        of("https://lake.example/endless", "status_list_refused"),
        of("https://lake.example/private", "status_list_refused"),
        of("https://lake.example/metadata", "status_list_refused"),
        of("https://lake.example/inside", "status_list_refused"),
        of("https://lake.example/nothing", "status_unavailable"),
        of("https://silent.example/1", "status_unavailable"),
    );
    let took = begun.elapsed();
    assert!(took < FETCH_TIMEOUT * 3, "it took {took:?}");
    let nobody = inside.accept().map(|_| ()).expect_err("nobody came");
    assert_eq!(nobody.kind(), std::io::ErrorKind::WouldBlock);
    // Who was slow is left alone for a while.
    let begun = Instant::now();
    assert_eq!(
        verdict(&node, &lake.badge("https://lake.example/slow", 6)).await,
        could_not_check("status_unavailable")
    );
    assert!(begun.elapsed() < FETCH_TIMEOUT / 2);
    assert_eq!(host.asked("/slow"), 1);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_badge_makes_a_node_ask_a_few_times_only() {
    let (folder, authority, lake) =
        (tempfile::tempdir().expect("folder"), Authority::new(), Issuer::of_key(1));
    let host = authority.host("lake.example", |_| Reply::status(404));
    let node = with_web(folder.path(), &authority, &[("lake.example", host.address)]).await;
    let mut many = lake.unsigned(LIST, 5);
    let entries = (0..16).map(|number| issuer::entry(&format!("https://lake.example/{number}"), 5));
    many["credentialStatus"] = entries.collect();
    assert_eq!(verdict(&node, &lake.sign(&many)).await, could_not_check("status_unavailable"));
    assert_eq!(host.asked_in_all(), MAX_FETCHES_PER_BADGE);

    // Nor do many badges in one presentation.
    let badges: Vec<Value> = (0..20)
        .map(|number| {
            let issuer = Issuer::named(&format!("{LAKE}:{number}"), 3);
            issuer.badge(&format!("https://lake.example/of/{number}"), 5)
        })
        .collect();
    let presentation = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"], "type": ["VerifiablePresentation"],
        "holder": lake.id, "verifiableCredential": badges,
    });
    let (client, body) =
        (Client::new(&node.local_url(), None), json!({"verifiablePresentation": presentation}));
    let (status, answer) =
        blocking(move || client.post("/presentations/verify", &body)).await.expect("answers");
    assert_eq!((status, &answer["verified"]), (400, &json!(false)));
    assert_eq!(host.asked_in_all(), 2 * MAX_FETCHES_PER_BADGE);
    node.stop().await;
}

#[test]
fn many_names_of_one_address_take_some_of_the_places_only() {
    let authority = Authority::new();
    let (crowd, opened) = (MAX_FETCHES_PER_ADDRESS, Arc::new(Barrier::new(MAX_FETCHES_PER_ADDRESS + 1)));
    let gate = Arc::clone(&opened);
    let host = authority.host("lake.example", move |path| {
        if path == "/wait" {
            gate.wait(); // until all are there
            gate.wait(); // and until the test has looked
        }
        Reply::ok("here")
    });
    let egress = authority.egress(&[("lake.example", host.address)]);
    std::thread::scope(|scope| {
        let waiting: Vec<_> = (0..crowd)
            .map(|_| scope.spawn(|| egress.get("https://lake.example/wait", "*/*", 1000)))
            .collect();
        opened.wait();
        let one_more = egress.get("https://lake.example/", "*/*", 1000);
        assert_eq!(one_more, Err(FetchError::Busy { host: "lake.example".to_owned() }));
        opened.wait();
        for fetch in waiting {
            assert_eq!(fetch.join().expect("ends").map(|found| found.bytes).as_deref(), Ok(&b"here"[..]));
        }
    });
    assert!(egress.get("https://lake.example/", "*/*", 1000).is_ok(), "the places are free again");
}

#[test]
fn an_endless_body_ends_at_its_limit() {
    let authority = Authority::new();
    let host = authority.host("lake.example", |_| Reply::Endless);
    let egress = authority.egress(&[("lake.example", host.address)]);
    let endless = egress.get("https://lake.example/", "*/*", MAX_LIST_BYTES as u64);
    assert!(matches!(endless, Err(FetchError::TooLarge { .. })), "{endless:?}");
}
