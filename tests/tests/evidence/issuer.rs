//! Issuers that run no node: their keys, documents, badges and lists.

use super::*;
use accolade_core::did::{Did, document, key};
use accolade_core::json;
use accolade_core::jsonld::Contexts;
use accolade_core::keys::SigningKey;
use accolade_core::proof::{self, ProofOptions, Purpose};
use accolade_core::status::{Bitstring, MIN_ENTRIES, StatusPurpose, list_credential};
use accolade_core::time::Timestamp;
use accolade_node::clock;
use std::sync::LazyLock;
use std::time::Duration;

static CONTEXTS: LazyLock<Contexts> = LazyLock::new(Contexts::pinned);

/// Somebody who signs by himself.
pub struct Issuer {
    pub id: String,
    method: String,
    key: SigningKey,
}

impl Issuer {
    /// One whose key is his name.
    pub fn of_key(seed: u8) -> Self {
        let key = SigningKey::from_seed(&[seed; 32]);
        let id = key::did_of(&key.verifying_key()).to_string();
        let method = key::verification_method_of(&key.verifying_key());
        Self { id, method, key }
    }

    /// One with this DID or URL, whose document lists his key.
    pub fn named(id: &str, seed: u8) -> Self {
        let key = SigningKey::from_seed(&[seed; 32]);
        let method = format!("{id}#{}", key.verifying_key().to_multikey());
        Self { id: id.to_owned(), method, key }
    }

    /// His document.
    pub fn document(&self) -> String {
        let of_web = document::of_web(&Did::parse(LAKE).expect("a DID"), &[self.key.verifying_key()]);
        Json::from(of_web).to_string().replace(LAKE, &self.id)
    }

    pub fn sign(&self, unsigned: &Value) -> Value {
        self.sign_at(unsigned, clock::now())
    }

    fn sign_at(&self, unsigned: &Value, created: Timestamp) -> Value {
        let options = ProofOptions {
            verification_method: self.method.clone(),
            purpose: Purpose::AssertionMethod,
            created: created.whole_seconds(),
            expires: None,
            challenge: None,
            domain: None,
        };
        let unsigned = json::parse(unsigned.to_string().as_bytes()).expect("JSON");
        let unsigned = unsigned.as_object().expect("an object").clone();
        let signed = proof::sign(unsigned, &self.key, &options, &CONTEXTS).expect("signs");
        serde_json::from_str(&Json::from(signed).to_string()).expect("JSON")
    }

    /// An unsigned badge with place `index` in the list at `url`.
    pub fn unsigned(&self, url: &str, index: u64) -> Value {
        json!({
            "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
            "id": format!("urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-{index:012}"),
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": "Sailing",
            "issuer": {"id": self.id, "type": ["Profile"], "name": "Lake School"},
            "validFrom": "2026-01-01T00:00:00Z",
            "credentialSubject": {
                "id": "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK", "type": ["AchievementSubject"],
                "achievement": {"id": "https://lake.example/a/1", "type": ["Achievement"], "name": "Sailing",
                    "description": "Sails.", "criteria": {"narrative": "Cross the lake."}}
            },
            "credentialStatus": entry(url, index),
        })
    }

    /// A signed badge with place `index` in the list at `url`.
    pub fn badge(&self, url: &str, index: u64) -> Value {
        self.sign(&self.unsigned(url, index))
    }

    /// The signed list at `url`, with these places set.
    pub fn list(&self, url: &str, set: &[u64]) -> Vec<u8> {
        self.list_of(url, set, clock::now(), |_| {})
    }

    /// The same, made then and changed before it was signed.
    pub fn list_of(
        &self,
        url: &str,
        set: &[u64],
        made: Timestamp,
        change: impl FnOnce(&mut Value),
    ) -> Vec<u8> {
        let mut bits = Bitstring::new(MIN_ENTRIES);
        for index in set {
            bits.set(*index, true).expect("in range");
        }
        let purpose = StatusPurpose::Revocation;
        let list = list_credential(url, &self.id, purpose, &bits, made, Duration::from_secs(3600));
        let mut list: Value = serde_json::from_str(&Json::from(list).to_string()).expect("JSON");
        change(&mut list);
        self.sign_at(&list, made).to_string().into_bytes()
    }
}

/// A status entry.
pub fn entry(url: &str, index: u64) -> Value {
    json!({"id": format!("{url}#{index}"), "type": "BitstringStatusListEntry", "statusPurpose": "revocation",
        "statusListIndex": index.to_string(), "statusListCredential": url})
}
