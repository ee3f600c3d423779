//! Badges to measure on, and the key that signs them.

use crate::badges;
use accolade_core::did::key;
use accolade_core::json::{self, Object};
use accolade_core::keys::SigningKey;
use accolade_core::proof::{ProofOptions, Purpose};
use accolade_core::status::MIN_ENTRIES;
use accolade_core::time::Timestamp;

/// The list that the badges name.
pub(super) const LIST_URL: &str = "https://node.example.org/status/7";

/// 2026-07-01T12:00:00Z, within the dates of the badges.
pub(super) fn now() -> Timestamp {
    Timestamp::from_millis(1_782_907_200_000)
}

/// The issuer of the badges.
pub(super) fn issuer() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

/// A badge of usual size from a seed, ready to be signed by `issuer`.
pub(super) fn unsigned(seed: u64, issuer: &SigningKey) -> Object {
    let did = key::did_of(&issuer.verifying_key());
    let mut badge = badges::badge_like_peer(seed);
    badge["issuer"]["id"] = did.as_str().into();
    badge["credentialSubject"]["achievement"]["creator"]["id"] = did.as_str().into();
    badge["validFrom"] = "2026-06-30T10:00:00Z".into();
    badge["validUntil"] = "2036-06-30T10:00:00Z".into();
    let index = (seed * 131) % MIN_ENTRIES as u64;
    badge["credentialStatus"] = serde_json::json!({
        "id": format!("{LIST_URL}#{index}"),
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": index.to_string(),
        "statusListCredential": LIST_URL,
    });
    let value = json::parse(badge.to_string().as_bytes()).expect("the badge is JSON");
    value.as_object().expect("the badge is an object").clone()
}

/// What `issuer` signs with.
pub(super) fn options(issuer: &SigningKey, created: Timestamp) -> ProofOptions {
    ProofOptions {
        verification_method: key::verification_method_of(&issuer.verifying_key()),
        purpose: Purpose::AssertionMethod,
        created,
        expires: None,
        challenge: None,
        domain: None,
    }
}
