//! An issuer made of core alone: signs badges and status lists for files.

use accolade_core::credential::draft::{Draft, Issuer, Recipient, StatusKind, StatusRef, draft};
use accolade_core::did::Did;
use accolade_core::did::document::of_web;
use accolade_core::did::key::{did_of, verification_method_of};
use accolade_core::jose::{TokenOptions, sign_credential};
use accolade_core::json::Object;
use accolade_core::jsonld::Contexts;
use accolade_core::keys::{SecretKey, SigningKey};
use accolade_core::proof::{ProofOptions, Purpose, sign};
use accolade_core::status::{Bitstring, MIN_ENTRIES, StatusPurpose, list_credential};
use accolade_core::time::Timestamp;
use serde_json::json;
use std::time::Duration;

pub const LIST_URL: &str = "http://127.0.0.1:1/status/1";
/// When badges and lists are signed, unless said otherwise.
pub const SIGNED: &str = "2026-06-30T10:00:00Z";
/// The index of every badge.
pub const INDEX: u64 = 4711;

pub struct Maker {
    key: SigningKey,
    did: Did,
    method: String,
}

impl Maker {
    pub fn new(seed: u8) -> Self {
        let key = SigningKey::from_seed(&[seed; 32]);
        let public = key.verifying_key();
        Self { key, did: did_of(&public), method: verification_method_of(&public) }
    }

    /// One whose key stands in the document of a did:web.
    pub fn web(seed: u8, did: &str) -> Self {
        let key = SigningKey::from_seed(&[seed; 32]);
        let method = format!("{did}#{}", key.verifying_key().to_multikey());
        Self { key, did: Did::parse(did).expect("a DID"), method }
    }

    /// The document that lists the key.
    pub fn document(&self) -> String {
        serde_json::to_string(&of_web(&self.did, &[self.key.verifying_key()])).expect("JSON")
    }

    pub fn did(&self) -> String {
        self.did.to_string()
    }

    /// A signed badge with a revocation entry.
    pub fn badge(&self, recipient: Recipient, valid_until: Option<&str>) -> String {
        self.sign(self.unsigned(recipient, valid_until), SIGNED)
    }

    /// The same badge as a signed token.
    pub fn token(&self, recipient: Recipient) -> String {
        let key = SecretKey::Ed25519(SigningKey::from_seed(&self.key.seed()));
        let options = TokenOptions {
            verification_method: self.method.clone(),
            issued: time(SIGNED),
            expires: None,
            nonce: None,
            audience: None,
        };
        sign_credential(self.unsigned(recipient, None), &key, &options, &Contexts::pinned()).expect("signs")
    }

    fn unsigned(&self, recipient: Recipient, valid_until: Option<&str>) -> Object {
        let achievement = json!({"id": "urn:uuid:5b1f9e0a-6f7e-4c51-9d4e-2f1f4b8f9a10", "type": ["Achievement"],
            "name": "First Aid", "description": "Can give first aid.", "criteria": {"narrative": "Pass."}});
        let accolade_core::json::Value::Object(achievement) = achievement.into() else { unreachable!() };
        let unsigned = draft(Draft {
            id: "urn:uuid:0190a5e2-7b1c-4d7a-9f53-0c2b1a3d4e5f".to_owned(),
            issuer: Issuer { id: self.did.clone(), name: "North Academy".to_owned(), url: None },
            achievement,
            recipient,
            recipient_name: None,
            valid_from: time(SIGNED),
            valid_until: valid_until.map(time),
            awarded: None,
            evidence: Vec::new(),
            results: Vec::new(),
            status: Some(StatusRef {
                kind: StatusKind::Bitstring,
                list_url: LIST_URL.to_owned(),
                index: INDEX,
                purpose: StatusPurpose::Revocation,
            }),
        });
        unsigned.expect("a badge")
    }

    /// A signed status list with these bits set, good for 48 hours.
    pub fn list(&self, set: &[u64], at: &str) -> String {
        let mut bits = Bitstring::new(MIN_ENTRIES);
        for index in set {
            bits.set(*index, true).expect("in range");
        }
        let valid_for = Duration::from_secs(48 * 3600);
        let revocation = StatusPurpose::Revocation;
        let unsigned = list_credential(LIST_URL, &self.did(), revocation, &bits, time(at), valid_for);
        self.sign(unsigned, at)
    }

    fn sign(&self, unsigned: Object, at: &str) -> String {
        let options = ProofOptions {
            verification_method: self.method.clone(),
            purpose: Purpose::AssertionMethod,
            created: time(at),
            expires: None,
            challenge: None,
            domain: None,
        };
        let signed = sign(unsigned, &self.key, &options, &Contexts::pinned()).expect("signs");
        serde_json::to_string(&signed).expect("JSON")
    }
}

pub fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}
