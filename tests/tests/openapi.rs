//! The description of the API: that it is true, whole, and the one in `schemas/openapi.json`.

use accolade_node::config::Config;
use accolade_node::node::{Node, Running};
use accolade_tests::nodes::{self, blocking, client};
use accolade_tests::process::{Client, percent_encoded};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use ureq::http::{HeaderMap, Request};

/// A PNG of one pixel.
const PIXEL: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
/// What may have more members than are described: it is somebody's own document.
const OPEN: [&str; 2] = ["SignedCredential", "AchievementContent"];

fn api() -> Value {
    serde_json::from_str(accolade_node::http::openapi()).expect("JSON")
}

/// Every operation: method in upper case, path, description.
fn operations(api: &Value) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    for (path, methods) in api["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            found.push((method.to_uppercase(), path.clone(), operation.clone()));
        }
    }
    found
}

#[test]
fn the_file_in_schemas_is_what_is_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/openapi.json");
    if std::env::var_os("ACCOLADE_WRITE_DOCS").is_some_and(|write| write == "1") {
        std::fs::write(&path, accolade_node::http::openapi()).expect("writes");
    }
    let file = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        file == accolade_node::http::openapi(),
        "schemas/openapi.json is not what the routes say; write it again with ACCOLADE_WRITE_DOCS=1 cargo test --workspace --test openapi"
    );
}

#[test]
fn the_description_holds_together() {
    let api = api();
    assert!(api["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")), "{}", api["openapi"]);
    let mut refs = Vec::new();
    collect_refs(&api, &mut refs);
    assert!(refs.len() > 50);
    for found in refs {
        let pointer = found.strip_prefix('#').unwrap_or_else(|| panic!("{found} leads elsewhere"));
        assert!(api.pointer(pointer).is_some(), "{found} leads nowhere");
    }
    let tags: Vec<&str> =
        api["tags"].as_array().expect("tags").iter().filter_map(|tag| tag["name"].as_str()).collect();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&api) {
        let at = format!("{method} {path}");
        assert!(
            ids.insert(operation["operationId"].as_str().expect("an id").to_owned()),
            "{at}: its id is another's"
        );
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{at}: no summary");
        let tag = operation["tags"][0].as_str().unwrap_or_default();
        assert!(tags.contains(&tag), "{at}: the tag “{tag}” is not described");
        let answers: Vec<&String> = operation["responses"].as_object().expect("responses").keys().collect();
        assert!(answers.iter().any(|status| status.starts_with('2')), "{at}: {answers:?}");
        assert!(answers.iter().any(|status| *status == "default"), "{at}: no word on problems");
        let needs_token = operation["security"][0].get("token").is_some();
        assert_eq!(
            needs_token,
            answers.iter().any(|status| *status == "401") && operation["security"][0] != json!({}),
            "{at}"
        );
        let in_path = path.matches('{').count();
        let described = operation["parameters"]
            .as_array()
            .map_or(0, |all| all.iter().filter(|parameter| parameter["in"] == "path").count());
        assert_eq!(in_path, described, "{at}: its path's variables");
    }
}

fn collect_refs(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(target)) = members.get("$ref") {
                found.push(target.clone());
            }
            members.values().for_each(|member| collect_refs(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_refs(item, found)),
        _ => {}
    }
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().expect("text")).unwrap_or_default()
    }

    fn code(&self) -> String {
        let json: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        json["code"].as_str().unwrap_or_default().to_owned()
    }
}

fn send(method: &str, url: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let config = ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true);
    let request = request.body(Vec::new()).expect("a request");
    let mut response = ureq::Agent::new_with_config(config.build()).run(request).expect("an answer");
    let body = response.body_mut().read_to_vec().expect("a body");
    Answer { status: response.status().as_u16(), headers: response.headers().clone(), body }
}

/// Where the document of the node's DID doesn't stand: it has another place.
const ELSEWHERE: &str = "/did.json";

/// A node that has one of everything, and by what each variable of a path is filled.
async fn furnished(folder: &Path) -> (Running, BTreeMap<&'static str, String>) {
    let public_url = Some("https://badges.example".parse().expect("a URL"));
    let config = Config { public_url, ..nodes::config(folder, Vec::new()) };
    let node = Node::start(config).await.expect("starts");
    let owner = client(&node);
    let content = json!({"type": ["Achievement"], "name": "With a picture", "description": "d",
        "criteria": {"narrative": "n"}, "image": {"id": PIXEL, "type": "Image"}});
    let made = blocking(move || {
        let (status, made) = owner.post("/v1/achievements", &content).expect("answers");
        assert_eq!(status, 201, "{made}");
        let path = format!("/v1/achievements/{}/publish", percent_encoded(made["id"].as_str().expect("id")));
        assert_eq!(owner.post(&path, &json!({})).expect("answers").0, 200);
        made
    })
    .await;
    let achievement = made["id"].as_str().expect("id").to_owned();
    let badge = nodes::issue(&node, &achievement).await;
    // A second list, of certification mode.
    let config = Config { certification: true, ..nodes::again(&node) };
    node.stop().await;
    let node = Node::start(config).await.expect("starts again");
    nodes::issue(&node, &achievement).await;
    let uuid = badge["id"].as_str().and_then(|id| id.strip_prefix("urn:uuid:")).expect("a UUID").to_owned();
    let sample = BTreeMap::from([
        ("id", percent_encoded(&achievement)),
        ("sha256", made["image"].as_str().expect("an image").to_owned()),
        ("uuid", uuid),
        ("list", "1".to_owned()),
        ("did", percent_encoded(node.did().as_str())),
    ]);
    (node, sample)
}

/// The path with its variables filled.
fn filled(path: &str, sample: &BTreeMap<&'static str, String>) -> String {
    let mut path = path.replace("/revocations/{list}", "/revocations/2");
    for (name, value) in sample {
        path = path.replace(&format!("{{{name}}}"), value);
    }
    assert!(!path.contains('{'), "the test has no sample for {path}: add one");
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn the_router_takes_what_is_described_and_nothing_else() {
    let folder = tempfile::tempdir().expect("folder");
    let (node, sample) = furnished(folder.path()).await;
    let url = node.local_url();
    blocking(move || {
        let mut methods: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (method, path, operation) in operations(&api()) {
            let answer = send(&method, &format!("{url}{}", filled(&path, &sample)), &[]);
            assert!(
                answer.status != 405 && (answer.code() != "no_such_address" || path == ELSEWHERE),
                "{method} {path}: {} {}",
                answer.status,
                answer.code()
            );
            let needs_token = operation["security"][0].get("token").is_some();
            assert_eq!(needs_token, answer.code() == "token_missing", "{method} {path}: its token");
            let allowed = methods.entry(path).or_default();
            if method == "GET" {
                allowed.insert("HEAD".to_owned());
            }
            allowed.insert(method);
        }
        for (path, allowed) in &methods {
            let answer = send("PATCH", &format!("{url}{}", filled(path, &sample)), &[]);
            let told: BTreeSet<String> =
                answer.header("allow").split(',').map(|method| method.trim().to_owned()).collect();
            assert_eq!((answer.status, &told), (405, allowed), "{path}");
        }
        // A token's scope, where one is needed, is the one that is described.
        let owner_only = send("GET", &format!("{url}/v1/tokens"), &[("authorization", "Bearer x")]);
        assert_eq!(owner_only.code(), "unknown_token");
    })
    .await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_needs_the_scope_that_is_described() {
    let folder = tempfile::tempdir().expect("folder");
    let (node, sample) = furnished(folder.path()).await;
    let (owner, url) = (client(&node), node.local_url());
    blocking(move || {
        let scopes = ["issue", "revoke", "achievement", "read"];
        let tokens: Vec<(&str, String)> = scopes
            .iter()
            .map(|scope| {
                let body = json!({"label": scope, "scopes": [scope]});
                let (_, made) = owner.post("/v1/tokens", &body).expect("answers");
                (*scope, format!("Bearer {}", made["token"].as_str().expect("a token")))
            })
            .collect();
        for (method, path, operation) in operations(&api()) {
            let Some(needed) = operation["security"][0]["token"][0].as_str() else { continue };
            for (scope, token) in &tokens {
                let answer =
                    send(&method, &format!("{url}{}", filled(&path, &sample)), &[("authorization", token)]);
                let refused = answer.code() == "scope_missing";
                assert_eq!(refused, *scope != needed, "{method} {path} with {scope}: {}", answer.status);
            }
        }
    })
    .await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_public_is_for_every_page_and_every_cache() {
    let folder = tempfile::tempdir().expect("folder");
    let (node, sample) = furnished(folder.path()).await;
    let url = node.local_url();
    blocking(move || {
        let mut kept = 0;
        for (method, path, operation) in operations(&api()) {
            let is_public =
                operation["security"].as_array().is_none_or(|all| all.is_empty() || all[0] == json!({}));
            if method != "GET" || !is_public || path == ELSEWHERE {
                continue;
            }
            let forms: Vec<String> =
                operation["responses"]["200"]["content"].as_object().expect(&path).keys().cloned().collect();
            for form in &forms {
                // Of an image there is one form, which is its own.
                if path.starts_with("/v1/images") && form != "image/png" {
                    continue;
                }
                kept += u32::from(audit(&url, &filled(&path, &sample), form, &path, forms.len() > 1));
            }
            if operation["security"][0] == json!({}) {
                let answer = send("GET", &format!("{url}{}", filled(&path, &sample)), &[]);
                assert!(answer.header("vary").contains("authorization"), "{path}: a token shows more");
            }
        }
        assert!(kept > 10, "{kept}");
    })
    .await;
    node.stop().await;
}

/// Looks at one form of what is public; whether caches may keep it.
fn audit(url: &str, filled: &str, form: &str, path: &str, has_forms: bool) -> bool {
    let (at, address) = (format!("{path} as {form}"), format!("{url}{filled}"));
    let answer = send("GET", &address, &[("accept", form), ("origin", "https://a.example")]);
    assert_eq!(answer.status, 200, "{at}");
    assert!(answer.header("content-type").starts_with(form), "{at}: {}", answer.header("content-type"));
    assert_eq!(answer.header("access-control-allow-origin"), "*", "{at}");
    assert!(answer.header("access-control-expose-headers").contains("etag"), "{at}");
    assert!(!answer.header("cache-control").is_empty(), "{at}");
    if has_forms && !path.starts_with("/v1/images") {
        assert!(answer.header("vary").contains("accept"), "{at}: {}", answer.header("vary"));
    }
    let head = send("HEAD", &address, &[("accept", form)]);
    assert_eq!((head.status, head.body.len()), (200, 0), "{at}");
    for name in ["content-type", "cache-control", "content-length", "vary"] {
        assert_eq!(head.header(name), answer.header(name), "{at}: {name} of HEAD");
    }
    if answer.header("cache-control") == "no-store" {
        let never_kept = ["/health", "/b/{uuid}"];
        assert!(never_kept.contains(&path), "{at}: caches must not keep it; say why here");
        return false;
    }
    let etag = answer.header("etag");
    assert!(etag.starts_with('"') && head.header("etag") == etag, "{at}: its ETag");
    let again = send("GET", &address, &[("accept", form), ("if-none-match", etag)]);
    assert_eq!((again.status, again.body.len(), again.header("etag")), (304, 0, etag), "{at}");
    assert_eq!(again.header("vary"), answer.header("vary"), "{at}: Vary of 304");
    let other = send("GET", &address, &[("accept", form), ("if-none-match", "\"other\"")]);
    assert_eq!((other.status, other.body == answer.body), (200, true), "{at}");
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_as_they_are_described() {
    let folder = tempfile::tempdir().expect("folder");
    let (node, sample) = furnished(folder.path()).await;
    let (owner, stranger) = (client(&node), Client::new(&node.local_url(), None));
    blocking(move || {
        let shape = Shape(api());
        let id = sample["id"].replace("%3A", ":").replace("%2F", "/").replace("%23", "#");
        let award = json!({"achievement": id, "recipient": {"email": "ada@example.org"}, "name": "Ada"});
        let (_, issued) = shape.holds("POST", "/v1/credentials", owner.post("/v1/credentials", &award));
        let badge = issued["verifiableCredential"].clone();
        shape.holds("POST", "/v1/verify", stranger.post("/v1/verify", &badge));
        shape.holds("POST", "/v1/verify", stranger.post("/v1/verify", &json!({"not": "a badge"})));
        let body = json!({"verifiableCredential": badge});
        shape.holds("POST", "/credentials/verify", stranger.post("/credentials/verify", &body));
        let body = json!({"verifiableCredential": {}});
        shape.holds("POST", "/credentials/verify", stranger.post("/credentials/verify", &body));
        let body = json!({"verifiablePresentation": {"verifiableCredential": badge}});
        shape.holds("POST", "/presentations/verify", stranger.post("/presentations/verify", &body));
        let body = json!({"credentialId": badge["id"], "reason": "a mistake"});
        shape.holds("POST", "/credentials/status", owner.post("/credentials/status", &body));
        let (_, token) = shape.holds(
            "POST",
            "/v1/tokens",
            owner.post("/v1/tokens", &json!({"label": "x", "scopes": ["read"]})),
        );
        assert!(token["token"].is_string());
        for client in [&owner, &stranger] {
            for (path, asked) in [
                ("/v1/node", "/v1/node".to_owned()),
                ("/v1/achievements", "/v1/achievements?limit=1".to_owned()),
                ("/v1/achievements/{id}", format!("/v1/achievements/{}", sample["id"])),
                ("/v1/credentials/{uuid}", format!("/v1/credentials/{}", sample["uuid"])),
                ("/v1/credentials/{uuid}", "/v1/credentials/nothing".to_owned()),
                ("/status/{list}", "/status/1".to_owned()),
                ("/revocations/{list}", "/revocations/2".to_owned()),
                ("/health", "/health".to_owned()),
                ("/v1/credentials", "/v1/credentials".to_owned()),
                ("/v1/tokens", "/v1/tokens".to_owned()),
            ] {
                shape.holds("GET", path, client.get(&asked));
            }
        }
    })
    .await;
    node.stop().await;
}

/// The description, to hold answers against.
struct Shape(Value);

impl Shape {
    /// Asserts that an answer is one of those that are described, and gives it.
    fn holds(&self, method: &str, path: &str, answer: Result<(u16, Value), String>) -> (u16, Value) {
        let (status, body) = answer.expect("answers");
        let responses = &self.0["paths"][path][method.to_lowercase()]["responses"];
        let response = responses.get(status.to_string()).unwrap_or(&responses["default"]);
        let contents = self.resolved(response)["content"].as_object().expect(path);
        let faults: Vec<String> = contents
            .values()
            .filter_map(|content| self.fits(&content["schema"], &body, "answer").err())
            .collect();
        assert!(faults.len() < contents.len(), "{method} {path} {status}: {faults:?}\n{body}");
        (status, body)
    }

    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(target) => self.0.pointer(&target[1..]).expect("it resolves"),
            None => value,
        }
    }

    /// What of JSON Schema the description uses.
    fn fits(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let name = schema.get("$ref").and_then(Value::as_str).and_then(|target| target.rsplit('/').next());
        let schema = self.resolved(schema);
        if let Some(Value::Array(all)) = schema.get("allOf") {
            return all.iter().try_for_each(|part| self.fits_part(part, value, at, true));
        }
        if let Some(Value::Array(either)) = schema.get("oneOf") {
            let fits = either.iter().any(|part| self.fits(part, value, at).is_ok());
            return if fits { Ok(()) } else { Err(format!("{at} is none of what it may be")) };
        }
        self.fits_part(schema, value, at, name.is_some_and(|name| OPEN.contains(&name)))
    }

    fn fits_part(&self, schema: &Value, value: &Value, at: &str, is_open: bool) -> Result<(), String> {
        let schema = self.resolved(schema);
        let types: Vec<&str> = match schema.get("type") {
            None => return Ok(()),
            Some(Value::Array(types)) => types.iter().filter_map(Value::as_str).collect(),
            Some(one) => one.as_str().into_iter().collect(),
        };
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_f64() => "number",
            Value::Number(_) => "integer",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        if !types.contains(&kind) {
            return Err(format!("{at} is {kind}, not {types:?}"));
        }
        if let (Some(Value::Array(words)), Value::String(_)) = (schema.get("enum"), value)
            && !words.contains(value)
        {
            return Err(format!("{at} is {value}, none of {words:?}"));
        }
        match value {
            Value::Array(items) => {
                let inner = schema.get("items").cloned().unwrap_or_default();
                items
                    .iter()
                    .enumerate()
                    .try_for_each(|(n, item)| self.fits(&inner, item, &format!("{at}[{n}]")))
            }
            Value::Object(members) => self.members_fit(schema, members, at, is_open),
            _ => Ok(()),
        }
    }

    fn members_fit(
        &self,
        schema: &Value,
        members: &Map<String, Value>,
        at: &str,
        is_open: bool,
    ) -> Result<(), String> {
        let Some(Value::Object(properties)) = schema.get("properties") else { return Ok(()) };
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                return Err(format!("{at} lacks {name}"));
            }
        }
        for (name, member) in members {
            match properties.get(name) {
                Some(inner) => self.fits(inner, member, &format!("{at}.{name}"))?,
                None if is_open => {}
                None => return Err(format!("{at}.{name} is not described")),
            }
        }
        Ok(())
    }
}
