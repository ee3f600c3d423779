//! A client of the W3C VC-API, over TLS, at a whole node: in both profiles.

use accolade_core::did::key;
use accolade_core::json;
use accolade_core::jsonld::Contexts;
use accolade_core::keys::SigningKey;
use accolade_core::proof::{self, ProofOptions, Purpose};
use accolade_node::clock;
use accolade_node::config::{Config, VcApiProfile};
use accolade_node::node::{Node, Running};
use accolade_tests::https::{Authority, Reply};
use accolade_tests::nodes::{PATIENCE, blocking, config};
use serde_json::{Value, json};
use std::time::Instant;

const VC2: &str = "https://www.w3.org/ns/credentials/v2";

/// A node that speaks TLS, and whom it calls a client.
struct Session {
    _folder: tempfile::TempDir,
    node: Running,
    agent: ureq::Agent,
    owner: String,
}

/// Status, headers and JSON.
struct Answer {
    status: u16,
    headers: ureq::http::HeaderMap,
    json: Value,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The names of the problems, and their codes.
    fn problems(&self) -> Vec<(&str, &str)> {
        self.json["problemDetails"]
            .as_array()
            .expect("problemDetails")
            .iter()
            .map(|problem| {
                (problem["type"].as_str().expect("a type"), problem["code"].as_str().expect("a code"))
            })
            .collect()
    }
}

impl Session {
    async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let authority = Authority::new();
        let (cert, key) = authority.certify("127.0.0.1", folder.path());
        let host = authority.host("lake.example", |path| match path {
            "/ended/did.json" => Reply::ok(r#"{"id":"did:web:lake.example:ended","deactivated":true}"#),
            "/gone/did.json" => Reply::status(410),
            _ => Reply::status(404),
        });
        let mut config = Config {
            tls_cert: Some(cert),
            tls_key: Some(key),
            ..config(&folder.path().join("data"), Vec::new())
        };
        change(&mut config);
        let egress = authority.egress(&[("lake.example", host.address)]);
        let node = Node::start_with(config, egress).await.expect("starts");
        assert!(node.base_url().starts_with("https://127.0.0.1:"), "{}", node.base_url());
        let owner = std::fs::read_to_string(node.config().data.join("owner-token")).expect("owner-token");
        let owner = format!("Bearer {}", owner.trim());
        Self { _folder: folder, node, agent: authority.client(), owner }
    }

    async fn send(&self, path: &str, body: Option<String>, headers: &[(&'static str, String)]) -> Answer {
        let (agent, url) = (self.agent.clone(), format!("{}{path}", self.node.base_url()));
        let headers = headers.to_vec();
        blocking(move || {
            let method = if body.is_some() { "POST" } else { "GET" };
            let mut request = ureq::http::Request::builder().method(method).uri(url);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let mut answer =
                agent.run(request.body(body.unwrap_or_default()).expect("a request")).expect("answers");
            let json = answer.body_mut().read_json().expect("JSON");
            Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), json }
        })
        .await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(path, Some(body.to_string()), &[]).await
    }

    async fn verify(&self, credential: &Value, options: Value) -> Answer {
        self.post("/credentials/verify", &json!({"verifiableCredential": credential, "options": options}))
            .await
    }

    async fn present(&self, presentation: &Value, options: Value) -> Answer {
        self.post(
            "/presentations/verify",
            &json!({"verifiablePresentation": presentation, "options": options}),
        )
        .await
    }

    /// Issues a credential for `holder`, with more members.
    async fn issue(&self, holder: &str, more: Value) -> Value {
        let mut credential = json!({
            "@context": [VC2],
            "type": ["VerifiableCredential"],
            "credentialSubject": {"id": holder},
        });
        for (name, value) in more.as_object().expect("members") {
            credential[name] = value.clone();
        }
        let body = json!({"credential": credential, "options": {}}).to_string();
        let made =
            self.send("/credentials/issue", Some(body), &[("authorization", self.owner.clone())]).await;
        assert_eq!(made.status, 201, "{}", made.json);
        made.json["verifiableCredential"].clone()
    }
}

struct Holder {
    key: SigningKey,
    did: String,
}

impl Holder {
    fn new() -> Self {
        let key = SigningKey::from_seed(&[9; 32]);
        let did = key::did_of(&key.verifying_key()).as_str().to_owned();
        Self { key, did }
    }

    fn presentation(&self, credentials: &[&Value], asked: Option<(&str, &str)>) -> Value {
        let unsigned = json!({
            "@context": [VC2],
            "type": ["VerifiablePresentation"],
            "holder": self.did,
            "verifiableCredential": credentials,
        });
        let unsigned = json::parse(unsigned.to_string().as_bytes()).expect("JSON");
        let options = ProofOptions {
            verification_method: key::verification_method_of(&self.key.verifying_key()),
            purpose: Purpose::Authentication,
            created: clock::now(),
            expires: None,
            challenge: asked.map(|(challenge, _)| challenge.to_owned()),
            domain: asked.map(|(_, domain)| domain.to_owned()),
        };
        let unsigned = unsigned.as_object().expect("an object").clone();
        let signed = proof::sign(unsigned, &self.key, &options, &Contexts::pinned()).expect("signs");
        serde_json::from_str(&json::Value::from(signed).to_string()).expect("JSON")
    }
}

fn tampered(credential: &Value) -> Value {
    let mut changed = credential.clone();
    changed["credentialSubject"]["id"] = "did:example:mallory".into();
    changed
}

/// Waits until a credential is revoked for the node itself.
async fn revoked(session: &Session, credential: &Value) {
    let body = json!({"credentialId": credential["id"], "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"}});
    let owner = [("authorization", session.owner.clone())];
    let accepted = session.send("/credentials/status", Some(body.to_string()), &owner).await;
    assert_eq!(accepted.status, 202, "{}", accepted.json);
    let begun = Instant::now();
    while session.verify(credential, json!({})).await.json["verdict"] != "revoked" {
        assert!(begun.elapsed() < PATIENCE, "it stays as it was");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strictly_the_status_tells_what_can_be_relied_on() {
    let session = Session::start(|_| {}).await;
    let holder = Holder::new();
    let credential = session.issue(&holder.did, json!({})).await;
    let good = session.verify(&credential, json!({})).await;
    assert_eq!(
        (good.status, &good.json["verified"], &good.json["verdict"]),
        (200, &json!(true), &json!("valid"))
    );
    assert_eq!((good.problems(), &good.json["warnings"]), (vec![], &json!([])));
    let without_options =
        session.post("/credentials/verify", &json!({"verifiableCredential": credential})).await;
    assert_eq!(without_options.status, 200);

    let changed = session.verify(&tampered(&credential), json!({})).await;
    assert_eq!((changed.status, &changed.json["verified"]), (400, &json!(false)));
    let problem = ("https://w3id.org/security#PROOF_VERIFICATION_ERROR", "proof_signature_wrong");
    assert_eq!(changed.problems(), [problem]);
    let mut unsigned = credential.clone();
    unsigned.as_object_mut().expect("an object").remove("proof");
    assert_eq!(session.verify(&unsigned, json!({"checks": ["proof"]})).await.status, 400);

    let ended = session
        .issue(
            &holder.did,
            json!({"validFrom": "2020-01-01T00:00:00Z", "validUntil": "2021-01-01T00:00:00Z"}),
        )
        .await;
    let early = session.issue(&holder.did, json!({"validFrom": "2999-01-01T00:00:00Z"})).await;
    let taken_back = session.issue(&holder.did, json!({})).await;
    revoked(&session, &taken_back).await;
    for (credential, verdict) in [(&ended, "expired"), (&early, "not_yet_valid"), (&taken_back, "revoked")] {
        let bad = session.verify(credential, json!({})).await;
        assert_eq!(
            (bad.status, &bad.json["verified"], &bad.json["verdict"]),
            (400, &json!(false), &json!(verdict))
        );
        assert_eq!(bad.problems().len(), 1, "{}", bad.json);
        let proof = session.verify(credential, json!({"checks": ["proof"]})).await;
        assert_eq!((proof.status, &proof.json["verified"]), (200, &json!(true)), "its proof alone");
    }
    for junk in [json!(5), json!("text"), json!(null), json!([]), json!({}), json!(true)] {
        let bad = session.verify(&junk, json!({})).await;
        assert_eq!((bad.status, &bad.json["verdict"]), (400, &json!("malformed")), "{junk}");
        assert!(!bad.problems().is_empty());
    }
    session.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_presentation_proves_the_recipient_if_it_was_asked_for_and_answers() {
    let session = Session::start(|_| {}).await;
    let holder = Holder::new();
    let credential = session.issue(&holder.did, json!({})).await;
    let presentation = holder.presentation(&[&credential], Some(("c-1", "verifier.example")));
    for options in [
        json!({"challenge": "c-1", "domain": "verifier.example"}),
        json!({"nonce": "c-1", "audience": "verifier.example"}),
        json!({"challenge": "c-1", "domain": "verifier.example", "checks": ["proof"]}),
    ] {
        let good = session.present(&presentation, options).await;
        assert_eq!((good.status, &good.json["verified"]), (200, &json!(true)), "{}", good.json);
        assert_eq!(good.json["recipientProved"], true);
    }
    let unasked = session.present(&presentation, json!({})).await;
    assert_eq!((unasked.status, &unasked.json["recipientProved"]), (200, &json!(false)));
    for (options, name) in [
        (json!({"challenge": "c-2", "domain": "verifier.example"}), "INVALID_CHALLENGE_ERROR"),
        (json!({"challenge": "c-1", "domain": "other.example"}), "INVALID_DOMAIN_ERROR"),
        (json!({"nonce": "c-2", "audience": "verifier.example"}), "INVALID_CHALLENGE_ERROR"),
    ] {
        let bad = session.present(&presentation, options).await;
        assert_eq!(
            (bad.status, &bad.json["verified"], &bad.json["recipientProved"]),
            (400, &json!(false), &json!(false))
        );
        assert!(bad.problems().iter().any(|(kind, _)| kind.ends_with(name)), "{}", bad.json);
    }
    let with_a_bad_one = holder.presentation(&[&credential, &tampered(&credential)], Some(("c-1", "d")));
    let bad = session.present(&with_a_bad_one, json!({"challenge": "c-1", "domain": "d"})).await;
    assert_eq!((bad.status, &bad.json["recipientProved"]), (400, &json!(false)));
    assert_eq!(bad.json["report"]["credentials"][0]["verdict"], "valid");
    let mut unsigned = presentation.clone();
    unsigned.as_object_mut().expect("an object").remove("proof");
    assert_eq!(session.present(&unsigned, json!({})).await.status, 400);
    for junk in [json!(5), json!("text"), json!(null), json!([]), json!({}), json!([presentation])] {
        assert_eq!(session.present(&junk, json!({})).await.status, 400, "{junk}");
    }
    session.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_vcalm_every_document_is_answered_and_only_what_cannot_pass_is_not_verified() {
    let session = Session::start(|config| config.vcapi_profile = VcApiProfile::Vcalm).await;
    let holder = Holder::new();
    let credential = session.issue(&holder.did, json!({})).await;
    let taken_back = session.issue(&holder.did, json!({})).await;
    revoked(&session, &taken_back).await;
    let ended = session
        .issue(
            &holder.did,
            json!({"validFrom": "2020-01-01T00:00:00Z", "validUntil": "2021-01-01T00:00:00Z"}),
        )
        .await;
    let good = session.verify(&credential, json!({})).await;
    assert_eq!((good.status, &good.json["verified"], &good.json["errors"]), (200, &json!(true), &json!([])));
    for (credential, verdict) in [(&taken_back, "revoked"), (&ended, "expired")] {
        let warned = session.verify(credential, json!({})).await;
        assert_eq!((warned.status, &warned.json["verified"]), (200, &json!(true)), "{}", warned.json);
        assert_eq!((&warned.json["errors"], &warned.json["verdict"]), (&json!([]), &json!(verdict)));
        assert_eq!(warned.json["warnings"][0]["code"], verdict, "never silent");
        assert_eq!(warned.problems().len(), 1, "{}", warned.json);
    }
    let forged = session.verify(&tampered(&taken_back), json!({})).await;
    assert_eq!((forged.status, &forged.json["verified"]), (200, &json!(false)));
    assert_eq!(
        (&forged.json["errors"][0]["code"], &forged.json["warnings"]),
        (&json!("proof_signature_wrong"), &json!([]))
    );
    let no_credential = session.verify(&json!({}), json!({})).await;
    assert_eq!((no_credential.status, &no_credential.json["verified"]), (200, &json!(false)));
    for junk in [json!(5), json!(null), json!([]), json!(true)] {
        let refused = session.verify(&junk, json!({})).await;
        assert_eq!((refused.status, &refused.json["verified"]), (400, &json!(false)), "{junk}: no document");
    }
    for junk in ["5", "", "{", "[]", "{}"] {
        let refused = session.send("/credentials/verify", Some(junk.to_owned()), &[]).await;
        assert_eq!((refused.status, &refused.json["verified"]), (400, &json!(false)), "{junk}: no request");
    }

    let asked = ("c-1", "verifier.example");
    let options = || json!({"challenge": "c-1", "domain": "verifier.example", "returnPresentation": true});
    let presentation = holder.presentation(&[&credential, &taken_back], Some(asked));
    let warned = session.present(&presentation, options()).await;
    assert_eq!(
        (warned.status, &warned.json["verified"], &warned.json["verdict"]),
        (200, &json!(true), &json!("revoked"))
    );
    assert_eq!(
        (&warned.json["warnings"][0]["code"], &warned.json["verifiablePresentation"]),
        (&json!("revoked"), &presentation)
    );
    let bad = holder.presentation(&[&taken_back, &tampered(&credential)], Some(asked));
    let bad = session.present(&bad, options()).await;
    assert_eq!((bad.status, &bad.json["verified"]), (200, &json!(false)));
    let wrong =
        session.present(&presentation, json!({"challenge": "c-2", "domain": "verifier.example"})).await;
    assert_eq!((wrong.status, &wrong.json["verified"]), (200, &json!(false)));
    session.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_understood_named_or_refused() {
    let session = Session::start(|_| {}).await;
    let credential = session.issue(&Holder::new().did, json!({})).await;
    let unknown = session.verify(&credential, json!({"expansionMap": false, "returnCredential": true})).await;
    assert_eq!((unknown.status, &unknown.json["credential"]), (200, &credential));
    let warning = &unknown.json["warnings"][0];
    assert_eq!(
        (&warning["code"], &warning["pointer"]),
        (&json!("option_unknown"), &json!("/options/expansionMap"))
    );
    assert_eq!(warning["type"], "https://www.w3.org/TR/vcalm#UNKNOWN_OPTION_PROVIDED");
    for (options, pointer) in [
        (json!({"checks": "proof"}), "/options/checks"),
        (json!({"challenge": 5}), "/options/challenge"),
        (json!({"challenge": "a", "nonce": "b"}), "/options/challenge"),
        (json!({"recipient": {}}), "/options/recipient"),
        (json!([]), "/options"),
    ] {
        let refused = session.verify(&credential, options).await;
        assert_eq!((refused.status, &refused.json["verified"]), (400, &json!(false)), "{}", refused.json);
        assert_eq!(refused.json["pointer"], pointer);
        assert!(refused.json["hint"].as_str().is_some_and(|hint| !hint.is_empty()));
    }
    let body = json!({"verifiableCredential": tampered(&credential)}).to_string();
    let german = session
        .send("/credentials/verify", Some(body), &[("accept-language", "de-AT, en;q=0.5".to_owned())])
        .await;
    assert_eq!((german.header("content-language"), german.header("vary")), ("de", "accept-language"));
    session.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dids_are_resolved_for_clients_of_the_vc_api() {
    let session = Session::start(|_| {}).await;
    let own = session.node.did().as_str().to_owned();
    for (did, status) in [
        (own.as_str(), 200),
        ("did:web:lake.example:nobody", 404),
        ("did:web:lake.example:ended", 410),
        ("did:web:lake.example:gone", 410),
        ("did:key:z6Mk", 400),
        ("did:unheardof:1", 501),
    ] {
        let answer = session.send(&format!("/1.0/identifiers/{did}"), None, &[]).await;
        assert_eq!(answer.status, status, "{did}: {}", answer.json);
        assert_eq!(answer.json["didDocumentMetadata"]["deactivated"] == true, status == 410, "{did}");
        assert_eq!(answer.json["didDocument"]["id"] == did, status == 200, "{did}");
    }
    session.node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_issuer_is_open_to_programs_of_its_machine_alone() {
    let closed = Session::start(|_| {}).await;
    let body = json!({"credential": {"@context": [VC2], "type": ["VerifiableCredential"], "credentialSubject": {"id": "did:example:x"}}});
    assert_eq!(closed.post("/credentials/issue", &body).await.status, 401);
    closed.node.stop().await;

    let open = Session::start(|config| config.open_issuer = true).await;
    let made = open.post("/credentials/issue", &body).await;
    assert_eq!(made.status, 201, "{}", made.json);
    assert_eq!(open.verify(&made.json["verifiableCredential"], json!({})).await.status, 200);
    for foreign in ["origin", "x-forwarded-for"] {
        let refused = open
            .send("/credentials/issue", Some(body.to_string()), &[(foreign, "https://a.example".to_owned())])
            .await;
        assert_eq!((refused.status, &refused.json["code"]), (401, &json!("token_missing")), "{foreign}");
    }
    for closed in ["/credentials/status", "/v1/credentials", "/v1/achievements", "/v1/tokens"] {
        assert_eq!(open.post(closed, &json!({})).await.status, 401, "{closed}");
    }
    open.node.stop().await;

    let folder = tempfile::tempdir().expect("folder");
    let reachable =
        Config { open_issuer: true, http: ([0, 0, 0, 0], 0).into(), ..config(folder.path(), Vec::new()) };
    let refused = reachable.check().expect_err("anyone could issue").to_string();
    assert!(refused.contains("open_issuer") && refused.contains("loopback"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_a_conformance_client_are_answered_as_it_expects() {
    let Some(vectors) = accolade_tests::vectors("requests of a conformance client over TLS") else { return };
    let requests =
        std::fs::read_to_string(vectors.join("captured/captured-eddsa-verify.jsonl")).expect("requests");
    for profile in [VcApiProfile::Strict, VcApiProfile::Vcalm] {
        let session = Session::start(|config| config.vcapi_profile = profile).await;
        let mut refused = 0;
        for line in requests.lines() {
            let request: Value = serde_json::from_str(line).expect("JSON");
            let answer = session.post(request["path"].as_str().expect("a path"), &request["body"]).await;
            let verified = answer.json["verified"].as_bool().expect("verified");
            assert_eq!(answer.status, if profile == VcApiProfile::Strict && !verified { 400 } else { 200 });
            if request["expect"] == "reject" {
                assert!(!verified, "request {}: {}", request["n"], answer.json);
                refused += 1;
            } else {
                // One has a context of its own, which no operator has pinned.
                let has_own_context = request["body"]["verifiableCredential"]["@context"]
                    .as_array()
                    .is_some_and(|contexts| contexts.iter().any(Value::is_object));
                assert!(verified || has_own_context, "request {}: {}", request["n"], answer.json);
            }
        }
        assert_eq!(refused, 14);
        session.node.stop().await;
    }
}
