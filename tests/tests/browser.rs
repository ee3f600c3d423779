//! The page `/verify` in a real browser: with and without JavaScript, in light and dark, on a phone, by keyboard, on paper; and what
//! axe-core has to say about it. The script is tests/interop/browser.mjs.

use accolade_core::verify::Language;
use accolade_node::node::{Node, Running};
use accolade_tests::{interop, nodes};
use serde_json::{Value, json};
use std::path::Path;

/// A node with a published achievement; its badge.
async fn with_badge(folder: &Path) -> (Running, Value) {
    let node = Node::start(nodes::config(folder, Vec::new())).await.expect("starts");
    let client = nodes::client(&node);
    let content = json!({"type": ["Achievement"], "name": "Welding, level 2", "description": "Joins steel by four processes, and knows which of them holds.", "criteria": {"narrative": "Two seams that were bent and did not break."}});
    let id = nodes::blocking(move || {
        let (status, made) = client.post("/v1/achievements", &content).expect("answers");
        assert_eq!(status, 201, "{made}");
        let id = made["id"].as_str().expect("id").to_owned();
        let path = format!("/v1/achievements/{}/publish", id.replace(':', "%3A").replace('/', "%2F"));
        assert_eq!(client.post(&path, &json!({})).expect("answers").0, 200);
        id
    })
    .await;
    let badge = nodes::issue(&node, &id).await;
    (node, badge)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_works_for_everybody() {
    let Some(browser) = interop::browser("the page /verify in a browser") else { return };
    let folder = tempfile::tempdir().expect("folder");
    let (node, badge) = with_badge(&folder.path().join("node")).await;
    let uuid = badge["id"].as_str().expect("id").trim_start_matches("urn:uuid:").to_owned();
    let picture = format!("{}/b/{uuid}.png", node.base_url());
    let picture =
        nodes::blocking(move || ureq::get(&picture).call().expect("a picture").into_body().read_to_vec())
            .await;
    let mut forged = badge.clone();
    forged["name"] = json!("Doctor of Medicine");
    let mut unresolved = badge.clone();
    unresolved["issuer"]["id"] = json!("did:web:nobody.invalid");
    unresolved["proof"][0]["verificationMethod"] = json!("did:web:nobody.invalid#key-1");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    };
    let question = json!({
        "base": node.base_url(),
        "languages": Language::ALL.map(Language::tag),
        "pages": [node.base_url(), format!("{}/b/{uuid}", node.base_url())],
        "files": {
            "valid": write("badge.json", badge.to_string().as_bytes()),
            "picture": write("badge.png", &picture.expect("bytes")),
            "forged": write("forged.json", forged.to_string().as_bytes()),
            "unresolved": write("unresolved.json", unresolved.to_string().as_bytes()),
        },
        "text": badge.to_string(),
        "shots": std::env::var_os("BROWSER_SHOTS").map(|folder| folder.into_string().expect("UTF-8")),
    });
    let seen = nodes::blocking(move || browser.see(question)).await;

    let looks = seen["looks"].as_array().expect("looks");
    assert_eq!(looks.len(), 2 * 2 * (2 + 5 + 4));
    for look in looks {
        let name = &look["name"];
        assert_eq!(look["violations"], json!([]), "{name}");
        assert_eq!(look["complaints"], json!([]), "{name}: what the browser says");
        assert!(
            look["overflow"].as_i64().is_some_and(|pixels| pixels <= 0),
            "{name} is wider than the screen"
        );
    }
    let verdicts = seen["verdicts"].as_array().expect("verdicts");
    assert_eq!(verdicts.len(), 4 * (2 * 2 + 2), "on each screen, without JavaScript, dropped");
    for verdict in verdicts {
        let headline = match verdict["name"].as_str().expect("name") {
            "valid" | "picture" => "Valid",
            "forged" => "Not genuine",
            _ => "Could not be checked",
        };
        assert_eq!(verdict["headline"], headline, "{verdict}");
    }
    assert_eq!(seen["keyboard"]["headline"], "Valid", "{}", seen["keyboard"]);
    let way = seen["keyboard"]["way"].as_array().expect("a way");
    assert_eq!(way[0], "skip", "the first Tab leads past the head of the page");
    let at =
        |name: &str| way.iter().position(|step| step == name).unwrap_or_else(|| panic!("{name}: {way:?}"));
    assert!(at("de") < at("file") && at("file") < at("text") && at("text") < at("button main"), "{way:?}");
    assert!(
        seen["awake"].as_u64().is_some_and(|found| found > 0),
        "axe-core misses labels that were taken away"
    );
    assert_eq!(seen["print"], json!({"verdict": true, "button": false}));
    node.stop().await;
}
