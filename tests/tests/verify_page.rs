//! The page where anybody checks a badge, as a browser without JavaScript uses it.

use accolade_core::verify::{Language, Verdict};
use accolade_node::node::{Node, Running};
use accolade_tests::nodes;
use serde_json::{Value, json};

const BOUNDARY: &str = "----form1234";

struct Page {
    status: u16,
    headers: ureq::http::HeaderMap,
    text: String,
}

impl Page {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("text")).unwrap_or_default()
    }

    fn is_verdict(&self, verdict: Verdict) {
        let headline = format!("<h1 id=\"verdict\">{}</h1>", verdict.headline(Language::En));
        assert!(self.status == 200 && self.text.contains(&headline), "not {headline}: {}", self.text);
        let looks_good = self.text.contains("class=\"verdict good\"");
        assert_eq!(looks_good, verdict == Verdict::Valid, "{}", self.text);
    }
}

async fn ask(node: &Running, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Page {
    let url = format!("{}{path}", node.base_url());
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body).expect("a request");
    nodes::blocking(move || {
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let mut response = ureq::Agent::new_with_config(config.build()).run(request).expect("an answer");
        let text = response.body_mut().read_to_string().expect("text");
        Page { status: response.status().as_u16(), headers: response.headers().clone(), text }
    })
    .await
}

async fn get(node: &Running, path: &str, headers: &[(&str, &str)]) -> Page {
    ask(node, "GET", path, headers, Vec::new()).await
}

/// A form as a browser sends it: every field, the empty ones too.
async fn send(node: &Running, path: &str, fields: &[(&str, &[u8])]) -> Page {
    let mut body = Vec::new();
    for (name, bytes) in fields {
        let file = if *name == "file" { "; filename=\"badge; \\\"x.png\"" } else { "" };
        let head = format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
    ask(node, "POST", path, &[("content-type", &content_type)], body).await
}

async fn check_file(node: &Running, bytes: &[u8]) -> Page {
    send(node, "/verify", &[("file", bytes), ("text", b""), ("email", b"")]).await
}

async fn started(folder: &tempfile::TempDir) -> Running {
    Node::start(nodes::config(folder.path(), Vec::new())).await.expect("starts")
}

/// An achievement of this name, published; its id.
async fn published(node: &Running, name: &str) -> String {
    let client = nodes::client(node);
    let content = json!({"type": ["Achievement"], "name": name, "description": "Knows how.", "criteria": {"narrative": "Shows it."}});
    nodes::blocking(move || {
        let (status, made) = client.post("/v1/achievements", &content).expect("answers");
        assert_eq!(status, 201, "{made}");
        let id = made["id"].as_str().expect("id").to_owned();
        let path = format!("/v1/achievements/{}/publish", id.replace(':', "%3A").replace('/', "%2F"));
        let (status, answer) = client.post(&path, &json!({})).expect("answers");
        assert_eq!(status, 200, "{answer}");
        id
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_speaks_the_readers_language_and_runs_nothing_of_others() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    let page = get(&node, "/verify", &[]).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert_eq!((page.header("content-language"), page.header("vary")), ("en", "accept-language"));
    assert_eq!(page.header("x-frame-options"), "DENY");
    let policy = page.header("content-security-policy");
    for part in ["default-src 'none'", "script-src 'self';", "form-action 'self';", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(part), "{policy}");
    }
    for inline in [" style=", " onclick=", " onsubmit=", "<style", "javascript:", "http://", "https://w"] {
        assert!(!page.text.contains(inline), "{inline} is on the page: {}", page.text);
    }
    assert_eq!(page.text.matches("<script").count(), 1);
    for id in ["file", "text", "url", "email"] {
        assert!(page.text.contains(&format!("<label for=\"{id}\"")), "no label for {id}");
    }
    let script = get(&node, "/verify.js", &[]).await;
    assert_eq!((script.status, script.header("content-type")), (200, "text/javascript; charset=utf-8"));

    for language in Language::ALL {
        let tag = language.tag();
        let chosen = get(&node, &format!("/verify?lang={tag}"), &[("accept-language", "ja")]).await;
        assert!(chosen.text.contains(&format!("<html lang=\"{tag}\">")), "{tag}");
        assert!(chosen.text.contains(&format!("action=\"/verify?lang={tag}\"")), "the choice is kept");
        let accepted = get(&node, "/verify", &[("accept-language", &format!("nl, {tag}-XX;q=0.8"))]).await;
        assert_eq!(accepted.header("content-language"), tag);
        assert!(accepted.text.contains("action=\"/verify\""));
    }
    for junk in ["/verify?lang=", "/verify?lang=xx", "/verify?lang=%00", "/verify?=&&lang"] {
        assert_eq!(get(&node, junk, &[]).await.header("content-language"), "en", "{junk}");
    }
    for path in ["/", "/verify"] {
        assert!(get(&node, path, &[]).await.text.contains("/verify"), "{path} leads there");
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_is_judged_as_a_file_a_text_and_a_picture() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    let achievement = published(&node, "Welding <script>alert(1)</script>\u{202e}").await;
    let badge = nodes::issue(&node, &achievement).await;
    let text = badge.to_string();

    let page = check_file(&node, text.as_bytes()).await;
    page.is_verdict(Verdict::Valid);
    assert_eq!((page.header("cache-control"), page.header("content-language")), ("no-store", "en"));
    for part in ["&#60;script&#62;alert(1)", node.did().as_str(), "calls its issuer", nodes::EARNER, " ago"] {
        assert!(page.text.contains(part), "{part} is not on the page: {}", page.text);
    }
    assert!(!page.text.contains("<script") && !page.text.contains('\u{202e}'), "{}", page.text);

    send(&node, "/verify", &[("file", b""), ("text", format!("\r\n {text} \r\n").as_bytes())])
        .await
        .is_verdict(Verdict::Valid);
    let uuid = badge["id"].as_str().expect("id").trim_start_matches("urn:uuid:").to_owned();
    for extension in ["png", "svg"] {
        let url = format!("{}/b/{uuid}.{extension}", node.base_url());
        let picture =
            nodes::blocking(move || ureq::get(&url).call().expect("a picture").into_body().read_to_vec());
        let page = check_file(&node, &picture.await.expect("bytes")).await;
        page.is_verdict(Verdict::Valid);
        assert!(page.text.contains("taken out of a picture"), "{}", page.text);
    }
    let german = send(&node, "/verify?lang=de", &[("text", text.as_bytes())]).await;
    assert!(
        german.text.contains("<html lang=\"de\">") && german.text.contains("Badge-Prüfung"),
        "{}",
        german.text
    );

    let mut forged = badge.clone();
    forged["name"] = json!("Doctor of Medicine");
    let page = check_file(&node, forged.to_string().as_bytes()).await;
    page.is_verdict(Verdict::Forged);
    for claim in ["Doctor of Medicine", "Test Institute”", nodes::EARNER, "Welding"] {
        assert!(!page.text.contains(claim), "{claim} is shown, and isn't proved: {}", page.text);
    }
    assert!(page.text.contains("What you can do"));

    nodes::revoke(&node, &badge).await;
    nodes::wait_for_verdict(&node, &badge, Verdict::Revoked).await;
    check_file(&node, text.as_bytes()).await.is_verdict(Verdict::Revoked);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_checked_never_looks_good() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    let achievement = published(&node, "Welding").await;
    let badge = nodes::issue(&node, &achievement).await;
    let with = |key: &str, value: Value| {
        let mut changed = badge.clone();
        changed[key] = value;
        changed.to_string()
    };
    // A domain that never exists (RFC 6761): whose keys are not to be had.
    let elsewhere = "did:web:nobody.invalid";
    let mut unresolved = badge.clone();
    unresolved["issuer"]["id"] = json!(elsewhere);
    unresolved["proof"][0]["verificationMethod"] = json!(format!("{elsewhere}#key-1"));
    check_file(&node, unresolved.to_string().as_bytes()).await.is_verdict(Verdict::CouldNotCheck);
    // Nor is anybody asked inside the node's own network.
    for url in
        ["https://nobody.invalid/b.json", "https://127.0.0.1/b.json", "https://localhost/x", "https://[::1]/"]
    {
        let page = send(&node, "/verify", &[("url", url.as_bytes())]).await;
        assert!(page.status == 200 && !page.text.contains("verdict good"), "{url}: {}", page.text);
        assert!(page.text.contains(url) && page.text.contains("badge_"), "{url}: {}", page.text);
    }
    check_file(&node, b"\x00\xff junk").await.is_verdict(Verdict::Malformed);
    check_file(&node, with("proof", json!([])).as_bytes()).await.is_verdict(Verdict::Malformed);
    let context =
        json!(["https://www.w3.org/ns/credentials/v2", "https://x.example/<script>alert(1)</script>"]);
    let page = check_file(&node, with("@context", context).as_bytes()).await;
    assert!(page.status == 200 && !page.text.contains("<script") && !page.text.contains("verdict good"));
    assert!(page.text.contains("/@context") || page.text.contains("unknown_context"), "{}", page.text);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_is_asked_for_by_e_mail() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    let achievement = published(&node, "Welding").await;
    let client = nodes::client(&node);
    let body = json!({"achievement": achievement, "recipient": {"email": "ada@example.org"}});
    let (status, issued) =
        nodes::blocking(move || client.post("/v1/credentials", &body)).await.expect("answers");
    assert_eq!(status, 201, "{issued}");
    let text = issued["verifiableCredential"].to_string();
    let ask = async |email: &str| {
        send(&node, "/verify", &[("text", text.as_bytes()), ("email", email.as_bytes())]).await
    };
    let hers = ask(" ada@example.org ").await;
    hers.is_verdict(Verdict::Valid);
    assert!(hers.text.contains("The badge was given to whom you named."), "{}", hers.text);
    let another = ask("eve@example.org").await;
    assert!(another.status == 200 && !another.text.contains("class=\"verdict good\""), "{}", another.text);
    let page = ask("nobody").await;
    assert!(page.status == 400 && page.text.contains("That is not an e-mail address"), "{}", page.text);
    assert!(
        page.text.contains("value=\"nobody\"") && page.text.contains("urn:uuid:"),
        "what was given is still there"
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_cannot_be_used_comes_back_and_says_why() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    for (fields, words) in [
        (&[][..], "Choose a file"),
        (&[("file", &b""[..]), ("text", b" \r\n"), ("email", b"a@b.example")], "Choose a file"),
        (&[("other", b"x")], "Choose a file"),
        (&[("file", b"{}"), ("text", b"{}")], "one thing at a time"),
        (&[("text", b"{}"), ("url", b"https://a.invalid/b.json")], "one thing at a time"),
        (&[("url", b"http://a.invalid/b.json")], "not an address that can be asked"),
        (&[("url", b"file:///etc/passwd")], "not an address that can be asked"),
        (&[("text", b"\xff\xfe{")], "not in UTF-8"),
        (&[("text", b"{}"), ("text", b"{}")], "could not be read"),
    ] {
        let page = send(&node, "/verify", fields).await;
        assert!(page.status == 400 && page.text.contains(words), "{words}: {}", page.text);
        assert!(page.text.contains("role=\"alert\"") && page.text.contains("<form"), "{}", page.text);
    }
    for content_type in
        ["text/plain", "application/json", "multipart/form-data", "multipart/form-data; boundary=zzz"]
    {
        let page = ask(&node, "POST", "/verify", &[("content-type", content_type)], b"{}".to_vec()).await;
        assert!(page.status == 400 && page.text.contains("could not be read"), "{content_type}");
    }
    let page = check_file(&node, &vec![b'x'; 10 * 1024 * 1024 + 65 * 1024]).await;
    assert!(page.status == 413 && page.text.contains("more than 10 MB"), "{}", page.text);
    // Within the form's limit, and more than a badge may be.
    check_file(&node, &vec![b' '; 3 * 1024 * 1024].iter().chain(b"{}").copied().collect::<Vec<u8>>())
        .await
        .is_verdict(Verdict::Malformed);
    node.stop().await;
}
