//! The HTTP API and the pages of a whole node, as a client without a library sees them.

use accolade_node::node::{Node, Running};
use accolade_tests::nodes;
use serde_json::{Value, json};

/// An answer: status, content type, other headers by name, body.
struct Answer {
    status: u16,
    headers: ureq::http::HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("text")).unwrap_or_default()
    }

    /// It is a problem with this status and code, and says what to do.
    fn is_problem(&self, status: u16, code: &str) {
        let json = self.json();
        assert_eq!((self.status, json["code"].as_str()), (status, Some(code)), "{json}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(json["status"], status);
        for member in ["type", "title", "detail", "hint"] {
            assert!(json[member].as_str().is_some_and(|text| !text.is_empty()), "no {member}: {json}");
        }
    }
}

async fn send(url: String, method: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body).expect("a request");
    nodes::blocking(move || {
        let config =
            ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true);
        let mut response = ureq::Agent::new_with_config(config.build()).run(request).expect("an answer");
        let text = response.body_mut().read_to_string().expect("text");
        Answer { status: response.status().as_u16(), headers: response.headers().clone(), text }
    })
    .await
}

async fn get(url: String, headers: &[(&str, &str)]) -> Answer {
    send(url, "GET", headers, Vec::new()).await
}

async fn post(node: &Node, path: &str, body: impl Into<Vec<u8>>) -> Answer {
    send(format!("{}{path}", node.base_url()), "POST", &[], body.into()).await
}

/// As the owner.
async fn post_as_owner(node: &Running, path: &str, body: &Value) -> Answer {
    let token = std::fs::read_to_string(node.config().data.join("owner-token")).expect("owner-token");
    let bearer = format!("Bearer {}", token.trim());
    send(
        format!("{}{path}", node.base_url()),
        "POST",
        &[("authorization", &bearer)],
        body.to_string().into_bytes(),
    )
    .await
}

async fn published(node: &Running, name: &str, criteria_link: &str) -> String {
    let content = json!({
        "type": ["Achievement"],
        "name": name,
        "description": "</p><script>alert(2)</script>",
        "criteria": {"id": criteria_link, "narrative": "\"><img src=x onerror=alert(3)>"},
    });
    let made = post_as_owner(node, "/v1/achievements", &content).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json()["id"].as_str().expect("id").to_owned();
    let path = format!("/v1/achievements/{}/publish", id.replace(':', "%3A").replace('/', "%2F"));
    let answer = post_as_owner(node, &path, &json!({})).await;
    assert_eq!((answer.status, &answer.json()["published"]), (200, &json!(true)));
    id
}

async fn started(folder: &tempfile::TempDir) -> Running {
    Node::start(nodes::config(folder.path(), Vec::new())).await.expect("starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_request_gets_an_answer_that_a_person_can_act_on() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;

    for path in ["/credentials/verify", "/presentations/verify"] {
        for junk in
            ["", "{", "5", "\"text\"", "[]", "null", "{}", "{\"a\":1,\"a\":2}", "\u{0}", &"[".repeat(5_000)]
        {
            let answer = post(&node, path, junk).await;
            assert_eq!(
                (answer.status, &answer.json()["verified"]),
                (400, &json!(false)),
                "{path} {junk:.20}"
            );
        }
    }
    for junk in ["5", "\"text\"", "[]", "{}", "null"] {
        let answer = post(&node, "/credentials/verify", format!("{{\"verifiableCredential\":{junk}}}")).await;
        assert_eq!((answer.status, &answer.json()["verdict"]), (400, &json!("malformed")), "{junk}");
    }
    for junk in ["junk", "{}", "5", "\u{89}PNG", &"[".repeat(5_000)] {
        let answer = post(&node, "/v1/verify", junk).await;
        assert_eq!(answer.status, 200);
        assert!(["malformed", "unsupported"].contains(&answer.json()["verdict"].as_str().expect("a word")));
    }
    post(&node, "/v1/verify", "").await.is_problem(400, "body_empty");
    post(&node, "/v1/verify", vec![b' '; 2 * 1024 * 1024]).await.is_problem(413, "body_too_large");

    let verify = format!("{}/v1/verify", node.base_url());
    send(verify.clone(), "POST", &[("content-encoding", "gzip")], vec![31, 139, 8])
        .await
        .is_problem(415, "content_encoding");
    let wrong = get(verify.clone(), &[]).await;
    wrong.is_problem(405, "wrong_method");
    assert_eq!(wrong.header("allow"), "POST");
    get(format!("{}/nothing", node.base_url()), &[]).await.is_problem(404, "no_such_address");
    get(format!("{}/v1/credentials/%ff", node.base_url()), &[]).await.is_problem(404, "no_such_address");
    get(format!("{}/v1/credentials/../../etc", node.base_url()), &[]).await;

    let preflight = [("origin", "https://a.example"), ("access-control-request-method", "POST")];
    let answer = send(verify, "OPTIONS", &preflight, Vec::new()).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (204, "*"));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_something_needs_a_token() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    for path in [
        "/credentials/issue",
        "/credentials/status",
        "/v1/achievements",
        "/v1/credentials",
        "/v1/achievements/x/publish",
    ] {
        let answer = post(&node, path, "{}").await;
        answer.is_problem(401, "token_missing");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
        let wrong = [("authorization", "Bearer accolade_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")];
        let answer = send(format!("{}{path}", node.base_url()), "POST", &wrong, b"{}".to_vec()).await;
        answer.is_problem(401, "unknown_token");
        assert!(!answer.text.contains("AAAA"), "the token is quoted");
    }
    get(format!("{}/v1/credentials", node.base_url()), &[]).await.is_problem(401, "token_missing");
    post_as_owner(&node, "/v1/credentials", &json!({})).await.is_problem(400, "member_missing");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_has_a_page_that_tells_its_state_and_trusts_nothing_in_it() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    let achievement = published(&node, "<script>alert(1)</script>", "javascript:alert(4)").await;
    let award =
        json!({"achievement": achievement, "recipient": {"did": nodes::EARNER}, "name": "Ada Lovelace"});
    let issued = post_as_owner(&node, "/v1/credentials", &award).await;
    assert_eq!(issued.status, 201, "{}", issued.text);
    let badge = issued.json()["verifiableCredential"].clone();
    let url = issued.json()["url"].as_str().expect("url").to_owned();
    assert_eq!(issued.header("location"), url);

    let page = get(url.clone(), &[("accept", "text/html,*/*;q=0.8")]).await;
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(page.header("x-robots-tag"), "noindex");
    for part in
        [">Valid</h2>", "Checked just now", "&#60;script&#62;alert(1)", node.did().as_str(), "lang=\"en\""]
    {
        assert!(page.text.contains(part), "{part} is not on the page");
    }
    for part in ["<script", "<img src=x", "href=\"javascript:", nodes::EARNER, "Ada Lovelace"] {
        assert!(!page.text.contains(part), "{part} is on the page");
    }
    let home = get(node.base_url().to_owned(), &[]).await;
    assert!(
        home.status == 200
            && home.text.contains("&#60;script&#62;alert(1)")
            && !home.text.contains("<script")
    );

    for (address, accept, media_type) in [
        (format!("{url}.json"), "*/*", "application/vc"),
        (url.clone(), "application/vc", "application/vc"),
        (url.clone(), "application/ld+json", "application/ld+json"),
        (url.clone(), "application/json", "application/json"),
    ] {
        let file = get(address, &[("accept", accept)]).await;
        assert_eq!((file.status, file.header("content-type")), (200, media_type));
        assert_eq!(file.json(), badge);
    }

    let answer = post(&node, "/credentials/verify", json!({"verifiableCredential": badge}).to_string()).await;
    assert_eq!((answer.status, &answer.json()["verified"]), (200, &json!(true)), "{}", answer.text);
    // As a signed token it says the same, always in the same words.
    let token = get(url.clone(), &[("accept", "application/vc+jwt")]).await;
    assert_eq!((token.status, token.header("content-type")), (200, "application/vc+jwt"));
    assert_eq!(get(format!("{url}.jwt"), &[]).await.text, token.text);
    let answer =
        post(&node, "/credentials/verify", json!({"verifiableCredential": token.text}).to_string()).await;
    assert_eq!((answer.status, &answer.json()["verified"]), (200, &json!(true)), "{}", answer.text);
    nodes::revoke(&node, &badge).await;
    nodes::wait_for_verdict(&node, &badge, accolade_core::verify::Verdict::Revoked).await;
    let page = get(url.clone(), &[("accept", "text/html")]).await;
    assert!(page.text.contains("Revoked by its issuer") && !page.text.contains(">Valid</h2>"));
    let answer =
        post(&node, "/credentials/verify", json!({"verifiableCredential": token.text}).to_string()).await;
    assert_eq!((answer.status, &answer.json()["verdict"]), (400, &json!("revoked")), "{}", answer.text);
    let body = |options: Value| json!({"verifiableCredential": badge, "options": options}).to_string();
    let answer = post(&node, "/credentials/verify", body(json!({}))).await;
    assert_eq!((answer.status, &answer.json()["verdict"]), (400, &json!("revoked")));
    let answer = post(&node, "/credentials/verify", body(json!({"checks": ["proof"]}))).await;
    assert_eq!((answer.status, &answer.json()["verified"]), (200, &json!(true)));

    let missing = get(url.replace(&url[url.len() - 4..], "0000"), &[("accept", "text/html")]).await;
    assert_eq!((missing.status, missing.header("content-type")), (404, "text/html; charset=utf-8"));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_list_is_for_everybody_and_for_caches() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder).await;
    let achievement = published(&node, "Course", "https://a.example/").await;
    let badge = nodes::issue(&node, &achievement).await;
    let list = badge["credentialStatus"]["statusListCredential"].as_str().expect("a list").to_owned();
    let first = get(list.clone(), &[]).await;
    assert_eq!((first.status, first.header("access-control-allow-origin")), (200, "*"));
    assert_eq!(first.json()["type"][1], "BitstringStatusListCredential");
    let again = get(list, &[("if-none-match", first.header("etag"))]).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    for missing in ["/status/999", "/status/x", "/status/-1"] {
        get(format!("{}{missing}", node.base_url()), &[]).await.is_problem(404, "no_such_list");
    }
    node.stop().await;
}
