//! The steps of the demo, each over HTTP as a user's program would do them.

use super::http::{Answer, get, post};
use crate::clock;
use accolade_core::did;
use accolade_core::json::{self, Object};
use accolade_core::jsonld::Contexts;
use accolade_core::keys::SigningKey;
use accolade_core::proof::{self, ProofOptions, Purpose};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How long a step waits for what must happen by itself.
const PATIENCE: Duration = Duration::from_secs(30);
/// Time between two looks.
const LOOK_EVERY: Duration = Duration::from_millis(2);

pub(super) type StepResult = Result<Told, Told>;

/// A step's one line, and how long it took.
pub(super) struct Told {
    pub(super) line: String,
    pub(super) ms: f64,
}

pub(super) struct Scenario {
    urls: [String; 3],
    names: [&'static str; 3],
    earner: SigningKey,
    badge: Value,
    presentation: Value,
    challenge: String,
}

impl Scenario {
    pub(super) fn new(urls: [String; 3], names: [&'static str; 3]) -> Self {
        let earner = SigningKey::from_seed(&clock::random());
        let challenge = clock::random_token();
        Self { urls, names, earner, badge: Value::Null, presentation: Value::Null, challenge }
    }

    pub(super) async fn connect(&self) -> StepResult {
        let begun = Instant::now();
        for url in &self.urls {
            let connected = |node: &Value| node["peers"].as_array().is_some_and(|peers| peers.len() >= 2);
            self.wait_for_node(begun, url, "two peers", connected).await?;
        }
        told(begun, "the three are connected to each other".to_owned())
    }

    pub(super) async fn issue(&mut self, owner_token: String) -> StepResult {
        let begun = Instant::now();
        let achievement = json!({
            "type": ["Achievement"],
            "achievementType": "Course",
            "name": "Applied Cryptography",
            "description": "Can design and review protocols built on modern signatures.",
            "criteria": {"narrative": "Pass the exam and complete six laboratory tasks."},
            "creditsAvailable": 3.5,
        });
        let made = self.post(begun, 0, "/v1/achievements", Some(&owner_token), achievement, 201).await?;
        let id = text(&made["id"]);
        let published = format!("/v1/achievements/{}/publish", percent_encoded(&id));
        self.post(begun, 0, &published, Some(&owner_token), json!({}), 200).await?;
        let award = json!({"achievement": id, "recipient": {"did": self.earner_did()}});
        let issued = self.post(begun, 0, "/v1/credentials", Some(&owner_token), award, 201).await?;
        self.badge = issued["verifiableCredential"].clone();
        told(begun, format!("{} issued “Applied Cryptography” to an earner’s did:key", self.names[0]))
    }

    pub(super) async fn replicate(&self) -> StepResult {
        let begun = Instant::now();
        for at in [1, 2] {
            self.wait_for_verdict(begun, at, "valid").await?;
        }
        told(begun, format!("{} and {} hold the issuer’s status list", self.names[1], self.names[2]))
    }

    pub(super) async fn verify_while_issuer_is_off(&self) -> StepResult {
        let begun = Instant::now();
        if get(format!("{}/health", self.urls[0])).await.is_ok() {
            return failed(begun, "the issuer still answers".to_owned());
        }
        let report = self.verify(begun, 1, &self.badge).await?;
        expect(begun, "verdict", &report["verdict"], "valid")?;
        told(begun, format!("{} says “valid”, from what it holds; the issuer is off", self.names[1]))
    }

    pub(super) async fn refuse_changed_copy(&self) -> StepResult {
        let begun = Instant::now();
        let mut changed = self.badge.clone();
        changed["credentialSubject"]["achievement"]["name"] = json!("Advanced Applied Cryptography");
        let report = self.verify(begun, 1, &changed).await?;
        expect(begun, "verdict", &report["verdict"], "forged")?;
        told(begun, format!("{} says “forged” of a copy with another title", self.names[1]))
    }

    pub(super) async fn present(&mut self) -> StepResult {
        let begun = Instant::now();
        self.presentation = self.presentation_of_badge().map_err(|line| ended(begun, line))?;
        let answer = self.verify_presentation(begun, &self.challenge).await?;
        expect(begun, "status", &json!(answer.status), 200)?;
        expect(begun, "verified", &answer.body["verified"], true)?;
        told(begun, format!("the earner presents it to {}: “valid, recipient proved”", self.names[1]))
    }

    pub(super) async fn refuse_replay(&self) -> StepResult {
        let begun = Instant::now();
        let answer = self.verify_presentation(begun, &clock::random_token()).await?;
        expect(begun, "status", &json!(answer.status), 400)?;
        expect(begun, "verified", &answer.body["verified"], false)?;
        told(begun, "the same presentation is refused where another challenge was given".to_owned())
    }

    pub(super) async fn revoke(&self, owner_token: String) -> StepResult {
        let begun = Instant::now();
        let body = json!({
            "credentialId": self.badge["id"],
            "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": "revocation"},
        });
        self.post(begun, 0, "/credentials/status", Some(&owner_token), body, 202).await?;
        told(begun, format!("{} revokes the badge", self.names[0]))
    }

    pub(super) async fn revocation_seen_everywhere(&self) -> StepResult {
        let begun = Instant::now();
        let (second, third) = tokio::join!(
            self.wait_for_verdict(begun, 1, "revoked"),
            self.wait_for_verdict(begun, 2, "revoked"),
        );
        let line = format!(
            "seen as “revoked” at {} after {:.1} ms and at {} after {:.1} ms",
            self.names[1], second?, self.names[2], third?
        );
        told(begun, line)
    }
}

impl Scenario {
    fn earner_did(&self) -> String {
        did::key::did_of(&self.earner.verifying_key()).to_string()
    }

    /// What the earner's wallet does: wrap the badge, and sign for this verifier and this challenge.
    fn presentation_of_badge(&self) -> Result<Value, String> {
        let unsigned = json!({
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiablePresentation"],
            "holder": self.earner_did(),
            "verifiableCredential": [self.badge],
        });
        let options = ProofOptions {
            verification_method: did::key::verification_method_of(&self.earner.verifying_key()),
            purpose: Purpose::Authentication,
            created: clock::now().whole_seconds(),
            expires: None,
            challenge: Some(self.challenge.clone()),
            domain: Some(self.urls[1].clone()),
        };
        let json::Value::Object(unsigned) = json::Value::from(unsigned) else {
            return Err("not an object".to_owned());
        };
        let signed: Object = proof::sign(unsigned, &self.earner, &options, &Contexts::pinned())
            .map_err(|error| format!("the wallet couldn't sign: {error}"))?;
        serde_json::to_value(signed).map_err(|error| error.to_string())
    }

    async fn verify_presentation(&self, begun: Instant, challenge: &str) -> Result<Answer, Told> {
        let body = json!({
            "verifiablePresentation": self.presentation,
            "options": {"challenge": challenge, "domain": self.urls[1]},
        });
        post(format!("{}/presentations/verify", self.urls[1]), None, body)
            .await
            .map_err(|line| ended(begun, line))
    }

    async fn verify(&self, begun: Instant, at: usize, badge: &Value) -> Result<Value, Told> {
        self.post(begun, at, "/v1/verify", None, badge.clone(), 200).await
    }

    /// Milliseconds until the node gives `verdict` on the badge.
    async fn wait_for_verdict(&self, begun: Instant, at: usize, verdict: &str) -> Result<f64, Told> {
        loop {
            let report = self.verify(begun, at, &self.badge).await?;
            if report["verdict"] == verdict {
                return Ok(begun.elapsed().as_secs_f64() * 1000.0);
            }
            if begun.elapsed() > PATIENCE {
                let line =
                    format!("{} still says {} instead of {verdict}", self.names[at], report["verdict"]);
                return Err(ended(begun, line));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn wait_for_node(
        &self,
        begun: Instant,
        url: &str,
        what: &str,
        is_so: impl Fn(&Value) -> bool,
    ) -> Result<(), Told> {
        loop {
            let answer = get(format!("{url}/v1/node")).await.map_err(|line| ended(begun, line))?;
            if is_so(&answer.body) {
                return Ok(());
            }
            if begun.elapsed() > PATIENCE {
                return Err(ended(begun, format!("{url} doesn't have {what}: {}", answer.body)));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn post(
        &self,
        begun: Instant,
        at: usize,
        path: &str,
        token: Option<&str>,
        body: Value,
        status: u16,
    ) -> Result<Value, Told> {
        let url = format!("{}{path}", self.urls[at]);
        let answer = post(url, token.map(str::to_owned), body).await.map_err(|line| ended(begun, line))?;
        if answer.status != status {
            let line = format!("{} answered {} to {path}: {}", self.names[at], answer.status, answer.body);
            return Err(ended(begun, line));
        }
        Ok(answer.body)
    }
}

fn expect(begun: Instant, what: &str, found: &Value, expected: impl Into<Value>) -> Result<(), Told> {
    let expected = expected.into();
    if *found == expected {
        Ok(())
    } else {
        Err(ended(begun, format!("{what} is {found} instead of {expected}")))
    }
}

fn told(begun: Instant, line: String) -> StepResult {
    Ok(ended(begun, line))
}

fn failed(begun: Instant, line: String) -> StepResult {
    Err(ended(begun, line))
}

fn ended(begun: Instant, line: String) -> Told {
    Told { line, ms: begun.elapsed().as_secs_f64() * 1000.0 }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte))
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
