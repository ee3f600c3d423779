//! A node gives its badges out as pictures, and verifies pictures.

use accolade_core::bake::{self, ImageKind};
use accolade_core::verify::Verdict;
use accolade_node::node::{Node, Running};
use accolade_tests::{nodes, pictures};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0h1\"/></svg>";
const IMAGES: &str = "image/avif,image/webp,image/svg+xml,image/*,*/*;q=0.8";

struct Answer {
    status: u16,
    headers: ureq::http::HeaderMap,
    bytes: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("text")).unwrap_or_default()
    }

    fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).expect("text")
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The badge in this picture.
    #[track_caller]
    fn badge(&self, kind: ImageKind) -> Value {
        assert_eq!((self.status, self.header("content-type")), (200, kind.media_type()));
        let found = bake::extract(&self.bytes).expect("a badge");
        assert_eq!(found.kind, kind);
        serde_json::from_str(&found.text).expect("JSON")
    }
}

async fn send(method: &str, url: String, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body).expect("a request");
    nodes::blocking(move || {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let mut response = ureq::Agent::new_with_config(config.build()).run(request).expect("an answer");
        let bytes = response.body_mut().with_config().limit(64 << 20).read_to_vec().expect("a body");
        Answer { status: response.status().as_u16(), headers: response.headers().clone(), bytes }
    })
    .await
}

async fn get(url: &str, accept: &str) -> Answer {
    send("GET", url.to_owned(), &[("accept", accept)], Vec::new()).await
}

async fn verify(node: &Node, body: Vec<u8>) -> Answer {
    send("POST", format!("{}/v1/verify", node.base_url()), &[], body).await
}

async fn started(folder: &tempfile::TempDir) -> Running {
    Node::start(nodes::config(folder.path(), Vec::new())).await.expect("starts")
}

/// Issues a badge for an achievement with this image; the badge and the address of its page.
async fn issued(node: &Running, name: &str, image: Option<String>) -> (Value, String) {
    let client = nodes::client(node);
    let mut content = json!({"type": ["Achievement"], "name": name, "description": "Can give first aid.",
        "criteria": {"narrative": "Pass."}});
    if let Some(url) = image {
        content["image"] = json!({"id": url, "type": "Image"});
    }
    nodes::blocking(move || {
        let (status, made) = client.post("/v1/achievements", &content).expect("answers");
        assert_eq!(status, 201, "{made}");
        let id = made["id"].as_str().expect("an id").to_owned();
        let path = format!("/v1/achievements/{}/publish", accolade_tests::process::percent_encoded(&id));
        assert_eq!(client.post(&path, &json!({})).expect("answers").0, 200);
        let award = json!({"achievement": id, "recipient": {"did": nodes::EARNER}});
        let (status, issued) = client.post("/v1/credentials", &award).expect("answers");
        assert_eq!(status, 201, "{issued}");
        (issued["verifiableCredential"].clone(), issued["url"].as_str().expect("an address").to_owned())
    })
    .await
}

fn data_url(media_type: &str, bytes: &[u8]) -> Option<String> {
    Some(format!("data:{media_type};base64,{}", STANDARD.encode(bytes)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_is_had_in_the_form_that_is_asked_for() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    let png = pictures::png(20, 20);
    let (badge, page) = issued(&node, "First Aid", data_url("image/png", &png)).await;
    let uuid = page.rsplit('/').next().expect("a UUID").to_owned();
    let file = format!("{}/v1/credentials/{uuid}", node.base_url());

    for address in [&page, &file] {
        for media_type in ["application/vc", "application/ld+json", "application/json"] {
            let answer = get(address, media_type).await;
            assert_eq!((answer.status, answer.header("content-type")), (200, media_type));
            assert_eq!(answer.json(), badge);
            assert_eq!(answer.header("vary"), "accept");
        }
        for (accept, kind) in
            [("image/png", ImageKind::Png), (IMAGES, ImageKind::Png), ("image/svg+xml", ImageKind::Svg)]
        {
            let answer = get(address, accept).await;
            assert_eq!(answer.badge(kind), badge, "{address} {accept}");
            assert!(answer.header("content-security-policy").contains("sandbox"));
            assert_eq!(
                (answer.header("vary"), answer.header("cache-control")),
                ("accept", "private, no-cache")
            );
            let etag = [("accept", accept), ("if-none-match", answer.header("etag"))];
            assert_eq!(send("GET", address.clone(), &etag, Vec::new()).await.status, 304);
        }
    }
    assert_eq!(get(&file, "*/*").await.json(), badge);
    let browser = get(&file, "text/html,*/*;q=0.8").await;
    assert_eq!((browser.status, browser.header("location")), (303, format!("../../b/{uuid}").as_str()));
    assert_eq!(get(&page, "*/*").await.header("content-type"), "text/html; charset=utf-8");

    let html = get(&page, "text/html").await.text();
    for (end, kind) in [("png", Some(ImageKind::Png)), ("svg", Some(ImageKind::Svg)), ("json", None)] {
        assert!(html.contains(&format!("href=\"/b/{uuid}.{end}\" download")), "no link to the {end}");
        let answer = get(&format!("{page}.{end}"), "text/html").await;
        assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"first-aid.{end}\""));
        match kind {
            Some(kind) => assert_eq!(answer.badge(kind), badge),
            None => assert_eq!(answer.json(), badge),
        }
    }
    for end in ["", ".png", ".svg", ".json"] {
        let nothing = format!("{}/b/00000000-0000-4000-8000-000000000000{end}", node.base_url());
        assert_eq!(get(&nothing, "text/html").await.status, 404, "{end}");
    }
    assert_eq!(get(&format!("{page}.gif"), "image/gif").await.status, 404);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_picture_is_the_achievements_own_or_a_medal_of_ours() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    let png = pictures::png(20, 20);
    let (badge, page) = issued(&node, "With a PNG", data_url("image/png", &png)).await;
    let text = get(&page, "application/vc").await.bytes;
    assert_eq!(get(&page, "image/png").await.bytes, bake::png(&png, &text).expect("bakes"));
    let drawn = get(&page, "image/svg+xml").await;
    assert_eq!(drawn.badge(ImageKind::Svg), badge);
    assert!(drawn.text().contains(&STANDARD.encode(&png)), "the PNG is not in the SVG");

    let (_, page) = issued(&node, "With an SVG", data_url("image/svg+xml", SVG.as_bytes())).await;
    let text = get(&page, "application/vc").await.bytes;
    assert_eq!(get(&page, "image/svg+xml").await.bytes, bake::svg(SVG.as_bytes(), &text).expect("bakes"));
    let with_svg = get(&page, "image/png").await;

    for (name, image) in [
        ("Without <one>", None),
        ("With one elsewhere", Some("https://images.example/a.png".to_owned())),
        ("With a hostile one", data_url("image/svg+xml", b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>")),
        ("With a broken one", data_url("image/png", b"\x89PNG\r\n\x1a\n")),
    ] {
        let (badge, page) = issued(&node, name, image).await;
        let png = get(&page, "image/png").await;
        assert_eq!(png.badge(ImageKind::Png), badge, "{name}");
        assert_eq!(png.bytes.len() / 10_000, with_svg.bytes.len() / 10_000, "not our medal: {name}");
        let svg = get(&page, "image/svg+xml").await;
        assert_eq!(svg.badge(ImageKind::Svg), badge, "{name}");
        let label = format!("aria-label=\"{}\"", name.replace('<', "&#60;").replace('>', "&#62;"));
        assert!(svg.text().contains(&label), "{name}: {}", svg.text());
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_verified_by_what_is_in_it() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    let (badge, page) = issued(&node, "First Aid", None).await;
    nodes::wait_for_verdict(&node, &badge, Verdict::Valid).await;
    for (accept, kind) in [("image/png", "png"), ("image/svg+xml", "svg")] {
        let picture = get(&page, accept).await.bytes;
        let report = verify(&node, picture.clone()).await.json();
        assert_eq!((&report["verdict"], &report["issuer"]), (&json!("valid"), &json!(node.did().as_str())));
        assert_eq!(report["picture"], json!({"kind": kind, "format": "ob3", "form": "json"}));
        let cut = verify(&node, picture[..picture.len() - 9].to_vec()).await;
        assert_eq!((cut.status, cut.json()["verdict"].as_str()), (200, Some("malformed")));
    }
    assert!(verify(&node, badge.to_string().into_bytes()).await.json().get("picture").is_none());
    let changed = badge.to_string().replace("First Aid", "Last Aid");
    let forged = bake::svg(SVG.as_bytes(), changed.as_bytes()).expect("bakes");
    assert_eq!(verify(&node, forged).await.json()["verdict"], "forged");
    for (content, verdict, code) in [
        (
            r#"{"@context":"https://w3id.org/openbadges/v2","type":"Assertion"}"#,
            "unsupported",
            "open_badges_2",
        ),
        ("https://badges.example/1", "unsupported", "hosted_badge"),
        ("eyJhbGciOiJFZERTQSJ9.eyJpZCI6IngifQ.AAECAw", "malformed", "context_missing"),
    ] {
        let report = verify(&node, pictures::png_with_text(b"openbadges", content)).await.json();
        assert_eq!((&report["verdict"], &report["code"]), (&json!(verdict), &json!(code)));
    }
    nodes::revoke(&node, &badge).await;
    nodes::wait_for_verdict(&node, &badge, Verdict::Revoked).await;
    let picture = get(&page, "image/png").await.bytes;
    assert_eq!(verify(&node, picture).await.json()["verdict"], "revoked");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_may_be_large_and_nothing_else_may() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    let padded = |bytes: usize| {
        let padding = bytes - pictures::png(2, 2).len() - 12;
        pictures::png_of(2, 2, &pictures::chunk(b"tEXt", &vec![b'x'; padding]))
    };
    const MIB: usize = 1024 * 1024;
    for bytes in [MIB, MIB + 1, 10 * MIB] {
        let answer = verify(&node, padded(bytes)).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (200, Some("picture_without_badge")));
    }
    for (body, words) in [
        (padded(10 * MIB + 1), "10485760"),
        (vec![b' '; MIB + 1], "1048576"),
        ([b"{}", &vec![b' '; 2 * MIB][..]].concat(), "1048576"),
    ] {
        let answer = verify(&node, body).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (413, Some("body_too_large")));
        assert!(
            answer.json()["detail"].as_str().is_some_and(|detail| detail.contains(words)),
            "{}",
            answer.text()
        );
    }
    for path in ["/credentials/verify", "/presentations/verify"] {
        let answer = send("POST", format!("{}{path}", node.base_url()), &[], padded(2 * MIB)).await;
        assert_eq!(answer.status, 413, "{path}");
    }
    node.stop().await;
}
