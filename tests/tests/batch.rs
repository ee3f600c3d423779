//! `POST /v1/verify` with a question: one badge with options, or many at once.

use accolade_node::config::Config;
use accolade_node::node::{Node, Running};
use accolade_node::resolver::egress::FETCH_TIMEOUT;
use accolade_tests::https::{Authority, Host, Reply};
use accolade_tests::nodes::{EARNER, PATIENCE, blocking, client, config, issue, revoke, wait_for_verdict};
use accolade_tests::process::Client;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::Instant;

async fn started(folder: &tempfile::TempDir, change: impl FnOnce(&mut Config)) -> Running {
    let mut config = config(folder.path(), Vec::new());
    change(&mut config);
    Node::start(config).await.expect("starts")
}

async fn achievement(node: &Running, name: &str) -> String {
    let (owner, name) = (client(node), name.to_owned());
    blocking(move || owner.new_achievement(&name)).await
}

/// Status, headers and text.
struct Answer {
    status: u16,
    headers: ureq::http::HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The lines of a batch, whose places are counted.
    fn lines(&self) -> Vec<Value> {
        assert_eq!(
            (self.status, self.header("content-type")),
            (200, "application/x-ndjson"),
            "{}",
            self.text
        );
        let lines: Vec<Value> =
            self.text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
        assert!(lines.iter().enumerate().all(|(at, line)| line["index"] == at), "in order");
        lines
    }

    fn is_problem(&self, status: u16, code: &str, pointer: Option<&str>) {
        let json = self.json();
        assert_eq!(
            (self.status, json["code"].as_str(), json["pointer"].as_str()),
            (status, Some(code), pointer),
            "{json}"
        );
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert!(json["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{json}");
    }
}

async fn ask(node: &Running, body: impl Into<Vec<u8>>, headers: &[(&'static str, &'static str)]) -> Answer {
    let (url, body, headers) = (format!("{}/v1/verify", node.local_url()), body.into(), headers.to_vec());
    blocking(move || {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
        let request =
            headers.iter().fold(agent.post(url), |request, (name, value)| request.header(*name, *value));
        let mut answer = request.send(&body[..]).expect("answers");
        let text = answer.body_mut().with_config().limit(100_000_000).read_to_string().expect("text");
        Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), text }
    })
    .await
}

async fn question(node: &Running, question: Value) -> Answer {
    ask(node, question.to_string(), &[]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_badge_is_judged_as_it_is_or_as_a_question() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder, |_| {}).await;
    let badge = issue(&node, &achievement(&node, "Sailing").await).await;
    let plain = ask(&node, badge.to_string(), &[]).await.json();
    assert_eq!((&plain["verdict"], plain.get("index")), (&json!("valid"), None));
    for asked in [
        json!({"badge": badge}),
        json!({"badge": badge.to_string()}),
        json!({"options": {}, "badge": badge}),
        json!({"badge": badge, "options": null}),
        json!({"badge": badge, "options": {"max_status_age_s": 86_400, "language": "en"}}),
        json!({"badge": badge, "options": {"recipient": {"id": EARNER}}}),
    ] {
        let answer = question(&node, asked.clone()).await;
        assert_eq!(
            (answer.status, &answer.json()["verdict"]),
            (200, &json!("valid")),
            "{asked}: {}",
            answer.text
        );
        assert_eq!(answer.header("content-type"), "application/json");
    }
    for (asked, verdict) in [
        (json!({"badge": badge, "options": {"recipient": {"email": "ada@example.org"}}}), "could_not_check"),
        (json!({"badge": badge, "options": {"as_of": "2020-01-01T00:00:00Z"}}), "not_yet_valid"),
        (json!({"badge": 5}), "malformed"),
        (json!({"badge": null}), "malformed"),
        (json!({"badge": "junk"}), "malformed"),
        (json!({"badge": {}}), "malformed"),
    ] {
        let answer = question(&node, asked.clone()).await;
        assert_eq!(
            (answer.status, &answer.json()["verdict"]),
            (200, &json!(verdict)),
            "{asked}: {}",
            answer.text
        );
    }
    revoke(&node, &badge).await;
    wait_for_verdict(&node, &badge, accolade_core::verify::Verdict::Revoked).await;
    let revoked = question(&node, json!({"badge": badge})).await.json();
    assert_eq!(revoked["verdict"], "revoked");
    let proof = question(&node, json!({"badge": badge, "options": {"checks": ["proof"]}})).await.json();
    assert_eq!(proof["verdict"], "valid");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_not_understood_is_refused_with_its_place() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder, |_| {}).await;
    for (asked, code, pointer) in [
        (json!({"badge": {}, "options": {"recipent": {}}}), "unknown_option", "/options/recipent"),
        (json!({"badges": [{}], "options": {"as_of": "then"}}), "option_malformed", "/options/as_of"),
        (json!({"badges": [{}], "options": 5}), "option_malformed", "/options"),
        (json!({"badges": []}), "batch_empty", "/badges"),
        (json!({"badges": {}}), "wrong_type", "/badges"),
        (json!({"badges": vec![5; 1_001]}), "batch_too_long", "/badges"),
        (json!({"badges": [{}], "badge": {}}), "member_twice", "/badge"),
        (json!({"badges": [{}], "option": {}}), "unknown_member", "/option"),
    ] {
        question(&node, asked).await.is_problem(400, code, Some(pointer));
    }
    let known = question(&node, json!({"badge": {}, "options": {"x": 1}})).await.json();
    for option in ["as_of", "checks", "language", "max_status_age_s", "recipient", "refresh", "trust"] {
        assert!(known["hint"].as_str().expect("a hint").contains(option), "{known}");
    }
    ask(&node, r#"{"badges":[{},{}"#, &[]).await.is_problem(400, "not_json", None);
    ask(&node, r#"{"badges":[{}]}"#, &[("content-encoding", "gzip")]).await.is_problem(
        415,
        "content_encoding",
        None,
    );
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_badges_are_a_thousand_lines_and_junk_spoils_none() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder, |_| {}).await;
    let course = achievement(&node, "Sailing").await;
    let (good, taken) = (issue(&node, &course).await, issue(&node, &course).await);
    revoke(&node, &taken).await;
    wait_for_verdict(&node, &taken, accolade_core::verify::Verdict::Revoked).await;
    let mut forged = good.clone();
    forged["name"] = "Another".into();
    // Not what any JSON writer writes.
    let raw = ["{\"a\":1,\"a\":2}", "{\"a\" 1}", "[}", "tru", "\"\\ud800\"", "12345678901234567890"];
    let deep = "[".repeat(5_000) + &"]".repeat(5_000);
    let mut items: Vec<(String, &str)> = vec![
        (good.to_string(), "valid"),
        (json!(good.to_string()).to_string(), "valid"),
        (taken.to_string(), "revoked"),
        (forged.to_string(), "forged"),
        ("5".to_owned(), "malformed"),
        ("null".to_owned(), "malformed"),
        ("{}".to_owned(), "malformed"),
        (json!({"badges": [good]}).to_string(), "malformed"),
        (deep, "malformed"),
    ];
    items.extend(raw.iter().map(|text| ((*text).to_owned(), "malformed")));
    while items.len() < 1_000 {
        let (text, verdict) = items[items.len() % 15].clone();
        items.push((text, verdict));
    }
    let texts: Vec<&str> = items.iter().map(|(text, _)| text.as_str()).collect();
    let body = format!("{{\"badges\":[{}]}}", texts.join(","));
    let answer = ask(&node, body, &[("accept-language", "de")]).await;
    assert_eq!((answer.header("content-language"), answer.header("vary")), ("de", "accept-language"));
    let lines = answer.lines();
    assert_eq!(lines.len(), 1_000);
    for (line, (text, verdict)) in lines.iter().zip(&items) {
        assert_eq!(line["verdict"], *verdict, "{text:.100}: {line}");
        assert!(line["headline"].is_string() && line["checks"].is_array());
    }
    let proofs =
        question(&node, json!({"badges": [taken, good], "options": {"checks": ["proof"]}})).await.lines();
    assert_eq!((&proofs[0]["verdict"], &proofs[1]["verdict"]), (&json!("valid"), &json!("valid")));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_may_be_ten_times_as_large_as_a_badge_and_no_badge_in_it() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder, |_| {}).await;
    let badge = issue(&node, &achievement(&node, "Sailing").await).await;
    let large = json!({"filler": "x".repeat(1024 * 1024)});
    let lines = question(&node, json!({"badges": [large, badge, large.to_string()]})).await.lines();
    let verdicts: Vec<&Value> = lines.iter().map(|line| &line["verdict"]).collect();
    assert_eq!(verdicts, ["malformed", "valid", "malformed"]);
    let full = json!({"badges": [badge, "x".repeat(900_000), "x".repeat(900_000), 5]}).to_string();
    let full = full.clone() + &" ".repeat(10 * 1024 * 1024 - full.len());
    assert_eq!(ask(&node, full.clone(), &[]).await.lines().len(), 4);
    ask(&node, full + " ", &[]).await.is_problem(413, "body_too_large", None);
    for one in [
        json!({"badge": large}),
        json!({"options": {"language": "x".repeat(2_000_000)}, "badges": [badge]}),
        large,
    ] {
        question(&node, one).await.is_problem(413, "body_too_large", None);
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_badge_of_a_batch_counts_and_the_debt_is_paid_before_the_next() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder, |config| {
        config.verify_per_s_per_address = 1;
        config.trusted_proxy = vec!["127.0.0.1".to_owned()];
    })
    .await;
    let body = json!({"badges": vec![5; 100]}).to_string();
    let visitor = [("x-forwarded-for", "203.0.113.5")];
    let first = ask(&node, body.clone(), &visitor).await;
    assert_eq!((first.lines().len(), first.header("ratelimit-policy")), (100, "\"verify\";q=2;w=2"));
    assert!(first.header("ratelimit").starts_with("\"verify\";r=0;t=9"), "{}", first.header("ratelimit"));
    let second = ask(&node, "{}", &visitor).await;
    second.is_problem(429, "too_many_requests", None);
    let wait: u32 = second.header("retry-after").parse().expect("seconds");
    assert!((90..=99).contains(&wait), "{wait}");
    assert_eq!(
        ask(&node, "{}", &[("x-forwarded-for", "203.0.113.6")]).await.status,
        200,
        "another pays nothing"
    );
    for _ in 0..3 {
        assert_eq!(ask(&node, body.clone(), &[]).await.status, 200, "nor does this machine");
    }
    node.stop().await;
}

/// A credential with a long name, which its report repeats: the connection holds only a part of 900 such reports.
async fn wordy(node: &Running) -> Value {
    let owner = client(node);
    let credential = json!({
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "type": ["VerifiableCredential"],
        "name": "N".repeat(9_500),
        "credentialSubject": {"id": EARNER},
    });
    let body = json!({"credential": credential});
    let (status, made) = blocking(move || owner.post("/credentials/issue", &body)).await.expect("answers");
    assert_eq!(status, 201, "{made}");
    made["verifiableCredential"].clone()
}

/// A client that takes what it wants when it wants it.
struct Slow(BufReader<TcpStream>);

impl Slow {
    /// Sends a batch, with these header lines, and reads the head of the answer.
    fn send(node: &Running, headers: &str, body: &str) -> Self {
        let mut stream = TcpStream::connect(node.http_addr()).expect("connects");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let head =
            format!("POST /v1/verify HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).expect("sends");
        stream.write_all(body.as_bytes()).expect("sends");
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while reader.read_line(&mut line).expect("a head") > 2 {
            line.clear();
        }
        Self(reader)
    }

    /// All that comes, without the sizes of its pieces.
    fn rest(mut self) -> String {
        let mut whole = Vec::new();
        loop {
            let mut size = String::new();
            self.0.read_line(&mut size).expect("a size");
            let size = usize::from_str_radix(size.trim(), 16).expect("hexadecimal");
            let mut piece = vec![0; size + 2];
            self.0.read_exact(&mut piece).expect("a piece");
            if size == 0 {
                return String::from_utf8(whole).expect("text");
            }
            whole.extend_from_slice(&piece[..size]);
        }
    }
}

/// How many badges the node has judged since it started.
fn judged(node: &Running) -> u64 {
    let address = node.metrics_addr().expect("metrics");
    let text = ureq::get(format!("http://{address}/metrics")).call().expect("metrics");
    let text = text.into_body().read_to_string().expect("text");
    let counts = text.lines().filter(|line| line.starts_with("accolade_verifications_total{"));
    counts.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

/// Waits until the node judges no more; how many it has judged then.
fn settled(node: &Running) -> u64 {
    let (begun, mut before) = (Instant::now(), u64::MAX);
    loop {
        // Ten badges are judged meanwhile, if any are.
        for _ in 0..10 {
            let _ = ureq::post(format!("{}/v1/verify", node.local_url())).send("{");
        }
        let now = judged(node);
        if now == before.wrapping_add(10) {
            return now;
        }
        before = now;
        assert!(begun.elapsed() < PATIENCE, "it never comes to rest");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_slowly_slows_the_work_and_who_goes_away_ends_it() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder, |config| config.metrics = Some(([127, 0, 0, 1], 0).into())).await;
    let body = json!({"badges": vec![wordy(&node).await; 900]}).to_string();
    blocking(move || {
        let slow = Slow::send(&node, "", &body);
        let ahead = settled(&node);
        assert!(ahead < 900, "{ahead} were judged, and nobody takes them");
        let lines = slow.rest();
        assert_eq!(lines.lines().count(), 900);
        assert!(lines.lines().all(|line| line.contains("\"verdict\":\"valid\"")));

        let before = judged(&node);
        let gone = Slow::send(&node, "", &body);
        drop(gone);
        let after = settled(&node);
        assert!(after - before < 900, "{} were judged for nobody", after - before);
        // Both of the places that one address has are free again, and so is the body's.
        for _ in 0..3 {
            assert_eq!(Slow::send(&node, "", &body).rest().lines().count(), 900);
        }
        node
    })
    .await
    .stop()
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_two_batches_under_way() {
    let folder = tempfile::tempdir().expect("folder");
    let node = started(&folder, |config| {
        config.trusted_proxy = vec!["127.0.0.1".to_owned()];
        config.verify_per_s_per_address = 0;
    })
    .await;
    let body = json!({"badges": vec![wordy(&node).await; 900]}).to_string();
    blocking(move || {
        let visitor = "x-forwarded-for: 203.0.113.5\r\n";
        let small = |visitor: &str| {
            let url = format!("{}/v1/verify", node.local_url());
            let agent = ureq::Agent::config_builder().http_status_as_error(false).build().new_agent();
            let mut answer = agent
                .post(url)
                .header("x-forwarded-for", visitor)
                .send(r#"{"badges":[5]}"#)
                .expect("answers");
            (answer.status().as_u16(), answer.body_mut().read_json::<Value>().expect("JSON")["code"].clone())
        };
        let held = [Slow::send(&node, visitor, &body), Slow::send(&node, visitor, &body)];
        assert_eq!(small("203.0.113.5"), (429, json!("too_many_batches")));
        assert_eq!(small("203.0.113.6").0, 200, "another has places of his own");
        drop(held);
        let begun = Instant::now();
        while small("203.0.113.5").0 != 200 {
            assert!(begun.elapsed() < PATIENCE, "the places are not given back");
        }
        node
    })
    .await
    .stop()
    .await;
}

/// A node whose web is one host, which has a badge of the node and a registry that names the node.
async fn on_the_web(folder: &tempfile::TempDir) -> (Running, Host, Value) {
    let authority = Authority::new();
    let files: Arc<Mutex<HashMap<String, String>>> = Arc::default();
    let served = Arc::clone(&files);
    let host = authority.host("lake.example", move |path| match served.lock().expect("lock").get(path) {
        Some(file) => {
            Reply::Whole(200, vec!["Content-Type: application/json".to_owned()], file.clone().into())
        }
        None if path == "/slow" => Reply::Slow,
        None => Reply::status(404),
    });
    let egress = authority.egress(&[("lake.example", host.address)]);
    let node = Node::start_with(config(folder.path(), Vec::new()), egress).await.expect("starts");
    let badge = issue(&node, &achievement(&node, "Sailing").await).await;
    let registry = json!({"registry": {node.did().as_str(): {"name": "Lake Institute"}}});
    let mut put = files.lock().expect("lock");
    put.insert("/badge.json".to_owned(), badge.to_string());
    put.insert("/registry.json".to_owned(), registry.to_string());
    put.insert("/page".to_owned(), "<!doctype html><title>No registry</title>".to_owned());
    drop(put);
    (node, host, badge)
}

#[tokio::test(flavor = "multi_thread")]
async fn badges_are_judged_by_their_address_alone_and_among_others() {
    let folder = tempfile::tempdir().expect("folder");
    let (node, host, badge) = on_the_web(&folder).await;
    let of = |url: &str| json!({"url": url});
    let there = question(&node, of("https://lake.example/badge.json")).await.json();
    assert_eq!(there["verdict"], "valid", "{there}");
    for nothing in
        ["https://lake.example/nothing", "http://lake.example/badge.json", "https://127.0.0.1/x", "x"]
    {
        let answer = question(&node, of(nothing)).await;
        let verdict = answer.json()["verdict"].clone();
        assert_eq!(answer.status, 200);
        assert!(verdict == "could_not_check" || verdict == "malformed", "{nothing}: {}", answer.text);
    }
    let badges =
        json!([of("https://lake.example/badge.json"), badge, of("https://lake.example/nothing"), {"url": 5}]);
    let lines = question(&node, json!({"badges": badges})).await.lines();
    let verdicts: Vec<&Value> = lines.iter().map(|line| &line["verdict"]).collect();
    assert_eq!(verdicts, ["valid", "valid", "could_not_check", "malformed"]);

    let many: Vec<Value> = (0..80).map(|at| of(&format!("https://lake.example/many/{at}"))).collect();
    let before = host.asked_in_all();
    let lines = question(&node, json!({"badges": many})).await.lines();
    assert!(lines.iter().all(|line| line["verdict"] == "could_not_check"));
    let asked = host.asked_in_all() - before;
    assert!((1..=64).contains(&asked), "{asked} fetches for one batch");
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_waits_for_those_before_it_and_for_nobody_else() {
    let folder = tempfile::tempdir().expect("folder");
    let (node, host, badge) = on_the_web(&folder).await;
    let body = json!({"badges": [badge, {"url": "https://lake.example/slow"}, badge]}).to_string();
    blocking(move || {
        let begun = Instant::now();
        let mut slow = Slow::send(&node, "", &body);
        let mut size = String::new();
        slow.0.read_line(&mut size).expect("a size");
        let mut piece = vec![0; usize::from_str_radix(size.trim(), 16).expect("hexadecimal") + 2];
        slow.0.read_exact(&mut piece).expect("a piece");
        let first = String::from_utf8(piece).expect("text");
        assert_eq!((first.trim().lines().count(), begun.elapsed() < FETCH_TIMEOUT), (1, true), "{first}");
        assert!(first.starts_with("{\"index\":0,\"verdict\":\"valid\""), "{first}");
        let rest = slow.rest();
        let lines: Vec<Value> = rest.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(
            (&lines[0]["verdict"], &lines[1]["verdict"]),
            (&json!("could_not_check"), &json!("valid"))
        );
        assert_eq!(host.asked("/slow"), 1);
        node
    })
    .await
    .stop()
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trust_roots_are_read_where_they_are_and_one_that_is_missing_vouches_for_nobody() {
    let folder = tempfile::tempdir().expect("folder");
    let (node, host, badge) = on_the_web(&folder).await;
    let registry = "https://lake.example/registry.json";
    let other = json!({"issuers": ["did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"]});
    for (trust, verdict) in [
        (json!([registry]), "valid"),
        (json!([other, registry]), "valid"),
        (json!([[node.did().as_str()]]), "valid"),
        (json!([other]), "valid_issuer_unknown"),
        (json!(["https://lake.example/nothing"]), "valid_issuer_unknown"),
        (json!(["https://lake.example/page"]), "valid_issuer_unknown"),
        (json!(["https://127.0.0.1/registry.json"]), "valid_issuer_unknown"),
    ] {
        let asked = json!({"badge": badge, "options": {"trust": trust}});
        let report = question(&node, asked).await.json();
        assert_eq!(report["verdict"], verdict, "{trust}: {report}");
        assert_eq!(report["trusted_by"].is_object(), verdict == "valid", "{trust}");
    }
    let asked = json!({"badges": vec![badge.clone(); 20], "options": {"trust": [registry]}});
    assert!(question(&node, asked).await.lines().iter().all(|line| line["verdict"] == "valid"));
    assert_eq!(host.asked("/registry.json"), 1, "it is kept for a while");
    let many: Vec<String> = (0..4).map(|at| format!("https://lake.example/nothing/{at}")).collect();
    let twice: Vec<&String> = many.iter().chain(&many).collect();
    let asked = json!({"badge": badge, "options": {"trust": twice}});
    assert_eq!(question(&node, asked).await.json()["verdict"], "valid_issuer_unknown");
    for at in 0..4 {
        assert_eq!(host.asked(&format!("/nothing/{at}")), 1, "named twice, asked for once");
    }
    let vc_api = json!({"verifiableCredential": badge, "options": {"trust": [other]}});
    let stranger = Client::new(&node.local_url(), None);
    let (status, answer) =
        blocking(move || stranger.post("/credentials/verify", &vc_api)).await.expect("answers");
    assert_eq!((status, &answer["verified"]), (200, &json!(true)));
    assert_eq!(answer["warnings"][0]["code"], "issuer_not_trusted", "{answer}");
    for (trust, pointer) in [
        (json!(["http://lake.example"]), "/options/trust/0"),
        (json!([other, {"issuers": 5}]), "/options/trust/1/issuers"),
        (json!([]), "/options/trust"),
    ] {
        let asked = json!({"badge": badge, "options": {"trust": trust}});
        question(&node, asked).await.is_problem(400, "option_malformed", Some(pointer));
    }
    node.stop().await;
}
