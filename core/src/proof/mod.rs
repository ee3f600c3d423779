//! Data Integrity proofs (W3C Data Integrity 1.0) of the suites eddsa-rdfc-2022, eddsa-jcs-2022 and
//! Ed25519Signature2020 (vc-di-eddsa 1.0), ecdsa-rdfc-2019 and ecdsa-jcs-2019 (vc-di-ecdsa 1.0), alone, in sets and in
//! chains, also mixed.
//!
//! What is signed is the hash of the canonical proof options, then that of the canonical document: SHA-256, or SHA-384
//! for a key on P-384. The jcs suites sign the text; that every word in it is defined is asked of it all the same.
//! Whether a key belongs to the issuer is not decided here: see `core::verify`.

mod chain;
mod error;
mod message;
mod parse;
mod suite;

pub use error::{ProofError, ProofFault};
pub use parse::{Proof, parse_proofs};
pub use suite::Suite;

use crate::did::{self, DidError};
use crate::json::{Object, Value};
use crate::jsonld::Contexts;
use crate::keys::{PublicKey, SecretRef, SigningKey};
use crate::time::Timestamp;
use message::Message;

/// Most proofs of one document.
pub const MAX_PROOFS: usize = 8;

/// What a proof is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To claim something: credentials, status lists.
    AssertionMethod,
    /// To show who one is: presentations.
    Authentication,
}

impl Purpose {
    /// The value of `proofPurpose`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AssertionMethod => "assertionMethod",
            Self::Authentication => "authentication",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::AssertionMethod, Self::Authentication].into_iter().find(|purpose| purpose.as_str() == text)
    }
}

/// What a new proof states of itself.
#[derive(Clone, Debug)]
pub struct ProofOptions {
    /// The URL of the key, `did:key:z6Mk…#z6Mk…`.
    pub verification_method: String,
    /// What it is made for.
    pub purpose: Purpose,
    /// When it is made.
    pub created: Timestamp,
    /// Until when it is good.
    pub expires: Option<Timestamp>,
    /// The challenge that it answers.
    pub challenge: Option<String>,
    /// The domain that it is meant for.
    pub domain: Option<String>,
}

/// The place of a new proof in a chain.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// The proof's own id, a URL; later proofs refer to it.
    pub id: Option<String>,
    /// Ids of the document's proofs that the new one builds on: it signs them together with the document.
    pub previous: Vec<String>,
}

/// What the caller asks of a proof beside its signature.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// What it must have been made for.
    pub purpose: Purpose,
    /// The time to judge `expires` by.
    pub now: Timestamp,
    /// The challenge that it must answer.
    pub challenge: Option<&'a str>,
    /// The domain that it must be meant for.
    pub domain: Option<&'a str>,
}

/// Adds a proof of eddsa-rdfc-2022. The result has `proof` as a list, last in the document, the proofs that were there first.
///
/// # Errors
/// Options that [`parse_proofs`] would refuse, proofs in the document that it refuses, or a document that
/// isn't JSON-LD that can be processed; then nothing is signed.
pub fn sign(
    document: Object,
    key: &SigningKey,
    options: &ProofOptions,
    contexts: &Contexts,
) -> Result<Object, ProofError> {
    sign_linked(document, key, options, &Link::default(), contexts)
}

/// Adds a proof, as [`sign`] does, with an id or in a chain (Data Integrity 1.0, section 4.3).
///
/// # Errors
/// As [`sign`], and an id that is taken, or previous proofs that are not there. They are not verified.
pub fn sign_linked(
    document: Object,
    key: &SigningKey,
    options: &ProofOptions,
    link: &Link,
    contexts: &Contexts,
) -> Result<Object, ProofError> {
    sign_with(Suite::EddsaRdfc2022, document, key, options, link, contexts)
}

/// Adds a proof of any suite but Ed25519Signature2020, as [`sign_linked`] does, by a key of any kind that the suite is
/// for.
///
/// # Errors
/// As [`sign_linked`], a suite that is verified only, and a key of another kind.
pub fn sign_with<'k>(
    suite: Suite,
    mut document: Object,
    key: impl Into<SecretRef<'k>>,
    options: &ProofOptions,
    link: &Link,
    contexts: &Contexts,
) -> Result<Object, ProofError> {
    let key = key.into();
    if suite == Suite::Ed25519Signature2020 {
        return Err(ProofError::VerifiedOnly { suite: suite.as_str() });
    }
    let hash = suite.hash_for(key.algorithm())?;
    let length = suite::signature_bytes(key.algorithm()).unwrap_or_default();
    let mut items = document.remove("proof").map_or_else(Vec::new, |proof| proof.one_or_many().to_vec());
    let mut raw = unsigned_proof(suite, options, link);
    if let Some(context) = document.get("@context").filter(|_| suite.signs_text()) {
        raw.insert("@context", context.clone());
    }
    // Stands in for the signature while the rules are checked that the finished proof must keep.
    raw.insert("proofValue", signature_text(&vec![0; length]));
    items.push(raw.into());
    document.insert("proof", items);
    let proofs = parse_proofs(&document)?;

    let at = proofs.len() - 1;
    let message = Message::of(&document, &proofs).bytes(at, hash, contexts)?;
    let signature = key.sign(&message).map_err(|_| ProofError::NotSigned)?;
    let mut raw = proofs[at].raw().clone();
    raw.insert("proofValue", signature_text(&signature));
    let mut items: Vec<Value> = proofs[..at].iter().map(|proof| proof.raw().clone().into()).collect();
    items.push(raw.into());
    document.insert("proof", items);
    Ok(document)
}

/// Verifies the proofs of a document, in their order; `proofs` is what [`parse_proofs`] made of it. The
/// document is canonicalized once for each hash (P-384 has one of its own), and once more for each proof that builds on
/// others.
///
/// A result is `Ok` only if the signature fits the key that `key_of` gives for the verification method, and
/// the same holds for every proof that it builds on. If the document or one of its proofs is no JSON-LD that can
/// be processed, all results say so. Purpose, time, challenge and domain are not looked at:
/// see [`Proof::check_expected`].
pub fn verify_proofs(
    document: &Object,
    proofs: &[Proof],
    key_of: &dyn Fn(&str) -> Option<PublicKey>,
    contexts: &Contexts,
) -> Vec<Result<(), ProofError>> {
    let supported = |proof: &&Proof| proof.suite().is_some();
    let key =
        |proof: &Proof| Some(proof).filter(supported).and_then(|proof| key_of(proof.verification_method()));
    let keys: Vec<Option<PublicKey>> = proofs.iter().map(key).collect();
    verify_with(document, proofs, &|at| keys[at].as_ref(), contexts)
}

/// The same with a key for each proof by its position: one key may count for one proof and not for another.
pub(crate) fn verify_with<'k>(
    document: &Object,
    proofs: &[Proof],
    key_of: &dyn Fn(usize) -> Option<&'k PublicKey>,
    contexts: &Contexts,
) -> Vec<Result<(), ProofError>> {
    let mut message = Message::of(document, proofs);
    let mut results: Vec<Option<Result<(), ProofError>>> = vec![None; proofs.len()];
    // Each round settles every proof whose previous ones are settled; what is left goes in circles.
    loop {
        let mut settled_one = false;
        for at in 0..proofs.len() {
            if results[at].is_none()
                && let Some(previous) = previous_result(proofs, at, &results)
            {
                let result = previous.and_then(|()| verify_one(&mut message, at, key_of, contexts));
                // What a document that can't be processed is worth doesn't depend on its other proofs.
                if let Err(ProofError::JsonLd(_)) = result {
                    return vec![result; proofs.len()];
                }
                results[at] = Some(result);
                settled_one = true;
            }
        }
        if !settled_one {
            return results.into_iter().map(|result| result.unwrap_or(Err(ProofError::Cycle))).collect();
        }
    }
}

/// The key of a did:key verification method, whose fragment must repeat the identifier.
///
/// # Errors
/// Another method, another fragment, or an identifier that isn't a key of a kind that is read.
pub fn did_key(verification_method: &str) -> Result<PublicKey, DidError> {
    let (did, fragment) = did::parse_did_url(verification_method)?;
    let key = did::key::resolve(&did)?;
    if fragment == did.method_specific_id() { Ok(key) } else { Err(DidError::FragmentDiffers) }
}

/// How the proofs stand that proof `at` builds on; `None` while one of them isn't settled.
fn previous_result(
    proofs: &[Proof],
    at: usize,
    results: &[Option<Result<(), ProofError>>],
) -> Option<Result<(), ProofError>> {
    let previous = match chain::previous(proofs, &proofs[at]) {
        Ok(previous) => previous,
        Err(error) => return Some(Err(error)),
    };
    let mut outcome = Ok(());
    for (before, id) in previous.into_iter().zip(proofs[at].previous()) {
        if let (Ok(()), Err(because)) = (&outcome, results[before].as_ref()?) {
            outcome = Err(ProofError::Previous { id: id.to_owned(), because: Box::new(because.clone()) });
        }
    }
    Some(outcome)
}

fn verify_one<'k>(
    message: &mut Message<'_>,
    at: usize,
    key_of: &dyn Fn(usize) -> Option<&'k PublicKey>,
    contexts: &Contexts,
) -> Result<(), ProofError> {
    let proof = &message.proofs[at];
    let (suite, signature) = proof.signature()?;
    let no_key = || ProofError::NoKey { verification_method: proof.verification_method().to_owned() };
    let key = key_of(at).ok_or_else(no_key)?;
    let hash = suite.hash_for(key.algorithm())?;
    if suite::signature_bytes(key.algorithm()) != Some(signature.len()) {
        let problem = "is not as long as the signatures of its key";
        return Err(ProofError::Member { member: "proofValue", problem });
    }
    let bytes = message.bytes(at, hash, contexts)?;
    key.verify(&bytes, signature).map_err(|_| ProofError::BadSignature)
}

fn unsigned_proof(suite: Suite, options: &ProofOptions, link: &Link) -> Object {
    let mut raw = Object::new();
    raw.insert("type", "DataIntegrityProof");
    if let Some(id) = &link.id {
        raw.insert("id", id.as_str());
    }
    raw.insert("cryptosuite", suite.as_str());
    raw.insert("created", options.created.to_string());
    raw.insert("verificationMethod", options.verification_method.as_str());
    raw.insert("proofPurpose", options.purpose.as_str());
    let rest = [
        ("expires", options.expires.map(|time| time.to_string())),
        ("challenge", options.challenge.clone()),
        ("domain", options.domain.clone()),
    ];
    for (name, value) in rest {
        if let Some(value) = value {
            raw.insert(name, value);
        }
    }
    match link.previous.as_slice() {
        [] => {}
        [one] => raw.insert("previousProof", one.as_str()),
        many => raw.insert("previousProof", many.iter().map(|id| id.as_str().into()).collect::<Vec<Value>>()),
    }
    raw
}

fn signature_text(signature: &[u8]) -> String {
    format!("z{}", bs58::encode(signature).into_string())
}

#[cfg(test)]
mod tests;
