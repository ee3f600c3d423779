//! Badges by their address, and newer versions of badges, over the verbs of the node.

use super::*;
use accolade_core::verify::{Policy, Report, Verdict};
use accolade_node::resolver;
use accolade_node::verifier::{self, Asking, Handed, MAX_FETCHES_PER_BADGE, Wish};
use accolade_tests::pictures;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

async fn check(node: &Running, handed: Handed, refresh: bool) -> Report {
    let wish = Wish { policy: Policy::default(), refresh };
    verifier::check(&Asking::about_one(node), handed, &wish).await.expect("an answer")
}

async fn at(node: &Running, url: &str) -> (Verdict, &'static str) {
    let report = check(node, Handed::Url(url.to_owned()), false).await;
    (report.verdict, report.code)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_is_fetched_in_any_form_and_a_page_is_none() {
    let (folder, authority, lake) =
        (tempfile::tempdir().expect("folder"), Authority::new(), Issuer::of_key(1));
    let (badge, list) = (lake.badge(LIST, 5).to_string(), lake.list(LIST, &[]));
    let picture = accolade_core::bake::bake(&pictures::png(2, 2), badge.as_bytes()).expect("baked");
    let host = authority.host("lake.example", move |path| match path {
        "/status/1" => Reply::ok(list.clone()),
        "/badge.json" => Reply::ok(badge.clone()),
        "/badge" => Reply::redirect("/badge.json"),
        "/badge.png" => Reply::ok(picture.clone()),
        "/page" => Reply::Whole(
            200,
            vec!["Content-Type: text/html".to_owned()],
            b"<!doctype html><p>Well done!".to_vec(),
        ),
        "/away" => Reply::redirect("https://hill.example/badge.json"),
        "/large" => Reply::ok(vec![b' '; 10 * 1024 * 1024 + 1]),
        "/junk" => Reply::ok("junk"),
        _ => Reply::status(404),
    });
    let node = with_web(folder.path(), &authority, &[("lake.example", host.address)]).await;
    for path in ["badge.json", "badge", "badge.png"] {
        assert_eq!(
            at(&node, &format!("https://lake.example/{path}")).await,
            (Verdict::Valid, "valid"),
            "{path}"
        );
    }
    assert_eq!(host.asked("/status/1"), 1);
    for (url, verdict, code) in [
        ("https://lake.example/page", Verdict::Malformed, "badge_is_web_page"),
        ("https://lake.example/junk", Verdict::Malformed, "not_json"),
        ("https://lake.example/gone", Verdict::CouldNotCheck, "badge_unreachable"),
        ("https://lake.example/away", Verdict::CouldNotCheck, "badge_unreachable"),
        ("https://lake.example/large", Verdict::CouldNotCheck, "badge_unreachable"),
        ("https://nowhere.example/", Verdict::CouldNotCheck, "badge_unreachable"),
        ("http://lake.example/badge.json", Verdict::CouldNotCheck, "badge_address_refused"),
        ("https://127.0.0.1/badge.json", Verdict::CouldNotCheck, "badge_address_refused"),
        ("https://lake.example:8443/", Verdict::CouldNotCheck, "badge_address_refused"),
        ("file:///etc/passwd", Verdict::CouldNotCheck, "badge_address_refused"),
        ("", Verdict::CouldNotCheck, "badge_address_refused"),
    ] {
        assert_eq!(at(&node, url).await, (verdict, code), "{url}");
    }
    node.stop().await;
}

/// A badge that names `service` for a newer version of it.
fn refreshable(lake: &Issuer, service: &str, index: u64) -> Value {
    let mut badge = lake.unsigned(LIST, index);
    badge["@context"]
        .as_array_mut()
        .expect("contexts")
        .push(json!("https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"));
    badge["refreshService"] = json!({"id": service, "type": "1EdTechCredentialRefresh"});
    badge
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_version_is_had_when_asked_for_once_the_badge_is_proved() {
    let (folder, authority, lake) =
        (tempfile::tempdir().expect("folder"), Authority::new(), Issuer::of_key(1));
    let unsigned = refreshable(&lake, "https://lake.example/refresh/1", 5);
    let newer = {
        let mut newer = unsigned.clone();
        newer["name"] = json!("Sailing, level 2");
        lake.sign(&newer).to_string()
    };
    let list = lake.list(LIST, &[]);
    let host = authority.host("lake.example", move |path| match path {
        "/refresh/1" => Reply::ok(newer.clone()),
        _ => Reply::ok(list.clone()),
    });
    let node = with_web(folder.path(), &authority, &[("lake.example", host.address)]).await;
    let bytes = |badge: &Value| Handed::Bytes(badge.to_string().into_bytes());
    let badge = lake.sign(&unsigned);
    let plain = check(&node, bytes(&badge), false).await;
    assert!(plain.is_good() && plain.refreshed.is_none(), "{plain:?}");
    assert_eq!(host.asked("/refresh/1"), 0, "nobody asked for it");
    let fake = Issuer::of_key(9).sign(&unsigned);
    assert_eq!(check(&node, bytes(&fake), true).await.verdict, Verdict::Forged);
    assert_eq!(host.asked("/refresh/1"), 0, "it isn't proved whose service that is");

    let report = check(&node, bytes(&badge), true).await;
    let newer = report.refreshed.as_deref().expect("a newer version");
    assert!(report.is_good() && newer.is_good(), "{report:?}");
    assert_eq!(newer.badge.as_ref().and_then(|badge| badge.name.as_deref()), Some("Sailing, level 2"));
    assert_eq!(host.asked("/refresh/1"), 1, "once, though the newer one names it too");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_the_newer_version_of_this_badge_is_not_taken_for_it() {
    let (folder, authority) = (tempfile::tempdir().expect("folder"), Authority::new());
    let (lake, thief) = (Issuer::of_key(1), Issuer::of_key(2));
    let at = |path: &str| format!("https://lake.example/{path}");
    let unsigned = refreshable(&lake, &at("x"), 5);
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut newer = unsigned.clone();
        change(&mut newer);
        newer
    };
    let mut tampered = lake.sign(&unsigned);
    tampered["name"] = json!("Flying");
    let answers = [
        (
            "/other-id",
            lake.sign(&changed(&|badge| {
                badge["id"] = json!("urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-000000000006")
            }))
            .to_string(),
        ),
        (
            "/other-recipient",
            lake.sign(&changed(&|badge| {
                badge["credentialSubject"]["id"] =
                    json!("did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH")
            }))
            .to_string(),
        ),
        ("/other-issuer", thief.sign(&changed(&|badge| badge["issuer"]["id"] = json!(thief.id))).to_string()),
        ("/forged", tampered.to_string()),
        ("/junk", "junk".to_owned()),
        ("/page", "<!doctype html>".to_owned()),
    ];
    let list = lake.list(LIST, &[]);
    let host =
        authority.host("lake.example", move |path| match answers.iter().find(|(known, _)| *known == path) {
            Some((_, answer)) => Reply::ok(answer.clone()),
            None if path == "/status/1" => Reply::ok(list.clone()),
            None => Reply::status(404),
        });
    let node = with_web(folder.path(), &authority, &[("lake.example", host.address)]).await;
    for (path, code) in [
        ("other-id", "refresh_refused"),
        ("other-recipient", "refresh_refused"),
        ("other-issuer", "refresh_refused"),
        ("forged", "refresh_refused"),
        ("junk", "refresh_refused"),
        ("page", "refresh_refused"),
        ("gone", "refresh_unreachable"),
    ] {
        let badge = lake.sign(&refreshable(&lake, &at(path), 5));
        let report = check(&node, Handed::Bytes(badge.to_string().into_bytes()), true).await;
        assert!(report.is_good() && report.refreshed.is_none(), "{path}: {report:?}");
        assert!(
            report.warnings.iter().any(|warning| warning.code == code && warning.detail.is_some()),
            "{path}: {report:?}"
        );
    }
    let without = check(&node, Handed::Bytes(lake.badge(LIST, 5).to_string().into_bytes()), true).await;
    assert!(without.warnings.iter().any(|warning| warning.code == "refresh_none"));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_trust_roots_is_kept_as_long_as_its_server_allows() {
    let (folder, authority) = (tempfile::tempdir().expect("folder"), Authority::new());
    let host = authority.host("lake.example", |path| match path {
        "/kept" => Reply::ok(r#"["did:web:lake.example"]"#),
        "/junk" => Reply::ok("roots"),
        "/anew" => Reply::Whole(200, vec!["Cache-Control: no-store".to_owned()], b"[]".to_vec()),
        "/large" => Reply::ok(vec![b' '; resolver::MAX_FILE_BYTES + 1]),
        _ => Reply::status(500),
    });
    let node = with_web(folder.path(), &authority, &[("lake.example", host.address)]).await;
    for (path, asked) in [("/kept", 1), ("/junk", 1), ("/anew", 3), ("/large", 1), ("/broken", 1)] {
        for _ in 0..3 {
            let found = resolver::trust_root(&node, &format!("https://lake.example{path}")).await;
            assert_eq!(found.is_ok(), ["/kept", "/anew"].contains(&path), "{path}");
        }
        assert_eq!(host.asked(path), asked, "{path}");
    }
    for url in ["http://lake.example/kept", "https://10.0.0.1/", "https://nowhere.example/"] {
        assert!(resolver::trust_root(&node, url).await.is_err(), "{url}");
    }
    let url = "https://lake.example/kept";
    let (one, other) = (resolver::trust_root(&node, url).await, resolver::trust_root(&node, url).await);
    assert!(Arc::ptr_eq(&one.expect("kept"), &other.expect("kept")), "read once for all who name it");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_badges_of_a_batch_share_what_is_fetched_and_its_bounds() {
    let (folder, authority, lake) =
        (tempfile::tempdir().expect("folder"), Authority::new(), Issuer::of_key(1));
    let (list, asked) = (lake.list(LIST, &[7]), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&asked);
    let host = authority.host("lake.example", move |path| match path {
        "/status/1" => Reply::Whole(200, vec!["Cache-Control: no-store".to_owned()], list.clone()),
        _ => {
            count.fetch_add(1, Ordering::SeqCst);
            Reply::status(404)
        }
    });
    let node = with_web(folder.path(), &authority, &[("lake.example", host.address)]).await;
    let of_one_list = (0..50).map(|index| lake.badge(LIST, index)).collect();
    let lines = batch(&node, of_one_list).await;
    let verdicts: Vec<&str> = lines.iter().map(|line| text(&line["verdict"])).collect();
    assert_eq!(verdicts.iter().filter(|verdict| **verdict == "valid").count(), 49);
    assert_eq!(verdicts[7], "revoked");
    assert_eq!(host.asked("/status/1"), 1, "once for the batch, though it may not be kept");

    let of_many_lists =
        (0..100).map(|index| lake.badge(&format!("https://lake.example/none/{index}"), index)).collect();
    let lines = batch(&node, of_many_lists).await;
    assert!(lines.iter().all(|line| line["code"] == "status_unavailable"), "{lines:?}");
    assert_eq!(asked.load(Ordering::SeqCst), verifier::MAX_FETCHES_PER_BATCH);
    const { assert!(verifier::MAX_FETCHES_PER_BATCH > MAX_FETCHES_PER_BADGE) };
    node.stop().await;
}

/// The lines of a node's answer on many badges.
async fn batch(node: &Running, badges: Vec<Value>) -> Vec<Value> {
    let url = format!("{}/v1/verify", node.local_url());
    let answer = blocking(move || {
        let mut answer = ureq::post(url).send_json(json!({"badges": badges})).expect("answers");
        answer.body_mut().read_to_string().expect("text")
    });
    answer.await.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}
