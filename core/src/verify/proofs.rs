//! Whose signature stands on a document: the proofs, and their binding to the issuer or holder.

use super::DocumentMissing;
use super::places;
use super::report::{Finding, Rank, Source};
use crate::did::document::{DidDocument, DocumentKeyError};
use crate::did::{self, Did, DidError};
use crate::json::{Object, Value};
use crate::jsonld::{self, Contexts, JsonLdError};
use crate::keys::{JwkError, KeyError, PublicKey};
use crate::proof::{self, Proof, ProofError, ProofFault, Purpose};
use crate::time::Timestamp;
use std::collections::HashMap;
use std::sync::Arc;

/// The controllers' documents, by DID or https URL, or why one is missing.
pub type Documents = HashMap<String, Result<Arc<DidDocument>, DocumentMissing>>;

/// What the proofs of a document are to show.
pub(super) struct Question<'a> {
    /// Who must have signed: the issuer or holder that the document names.
    pub(super) signer: &'a str,
    /// What for; `None` where any purpose will do.
    pub(super) purpose: Option<Purpose>,
    /// The code where somebody else signed.
    pub(super) not_signer: &'static str,
    /// The code where the signer is the one named.
    pub(super) is_signer: &'static str,
    /// The documents of those whose keys are not in their names.
    pub(super) documents: &'a Documents,
    /// When the signer's document was fetched, if it was.
    pub(super) fetched_at: Option<Timestamp>,
    /// The time by which keys are judged: a key that was given up since may be in anybody's hands.
    pub(super) now: Timestamp,
    /// The time for which the document is judged, by which its proofs may have expired.
    pub(super) at: Timestamp,
}

impl Question<'_> {
    /// That somebody else signed than the one named.
    pub(super) fn bound_to_another(&self, detail: String) -> Finding {
        let place = if self.not_signer == "controller_not_holder" { "/holder" } else { "/issuer" };
        Finding::bad(Rank::Forged, self.not_signer, detail).at(place)
    }

    /// That the signer is the one named, and by what.
    pub(super) fn bound(&self) -> Finding {
        match did::has_key_in_name(self.signer) {
            true => Finding::pass(self.is_signer).from(Source::Did, None),
            false => Finding::pass(self.is_signer).from(Source::ControllerDocument, self.fetched_at),
        }
    }
}

/// What they show.
pub(super) struct Judgement {
    pub(super) meaning: Finding,
    pub(super) proof: Finding,
    pub(super) binding: Finding,
    pub(super) warnings: Vec<(&'static str, Option<String>)>,
    /// The proofs by the signer that are right, as positions; one that has expired only if no other is there.
    pub(super) right: Vec<usize>,
}

/// Checks every proof of `document` and sorts out which of them count.
pub(super) fn judge(
    document: &Object,
    proofs: &[Proof],
    question: &Question<'_>,
    contexts: &Contexts,
) -> Judgement {
    if proofs.is_empty() {
        return refused(Finding::bad(Rank::Malformed, "proof_missing", None).at("/proof"));
    }
    let keys: Vec<Resolved> = proofs.iter().map(|proof| resolve(proof, question)).collect();
    let key_of = |at: usize| keys[at].as_ref().ok();
    let results = proof::verify_with(document, proofs, &key_of, contexts);
    if let Err(error) = meaning(document, &results, contexts) {
        return meaningless(document, &error);
    }

    let states: Vec<State> = proofs
        .iter()
        .zip(keys.iter().zip(results))
        .enumerate()
        .map(|(at, (proof, (key, result)))| state(proof, key, result, question).at(place(document, at)))
        .collect();
    let is_signers = |at: &usize| proofs[*at].controller() == question.signer;
    let of_signer: Vec<usize> = (0..proofs.len()).filter(is_signers).collect();
    let good: Vec<usize> =
        of_signer.iter().copied().filter(|at| matches!(states[*at], State::Good)).collect();
    if !good.is_empty() {
        return signed(proofs, &states, question, good);
    }

    let mut faults: Vec<&Finding> = of_signer
        .iter()
        .filter_map(|at| match &states[*at] {
            State::Good => None,
            State::Bad(finding) => Some(finding),
        })
        .collect();
    // What could be checked and failed says more than what stands beside it in a suite that we don't have.
    if faults.iter().any(|finding| finding.rank != Rank::Unsupported) {
        faults.retain(|finding| finding.rank != Rank::Unsupported);
    }
    let Some(worst) = faults.into_iter().min_by_key(|finding| finding.rank).cloned() else {
        let signers: Vec<&str> = proofs.iter().map(Proof::controller).collect();
        let detail = format!("signed by {}, not by {}", signers.join(", "), question.signer);
        let mut judgement = refused(Finding::not_applicable("proof_not_judged"));
        judgement.binding = question.bound_to_another(detail);
        return judgement;
    };
    let expired = worst.rank == Rank::Expired;
    let mut judgement = refused(worst);
    if expired {
        judgement.binding = question.bound();
        judgement.right = of_signer.into_iter().filter(|at| states[*at].has_expired()).collect();
    }
    judgement
}

/// One proof by itself.
enum State {
    Good,
    Bad(Finding),
}

impl State {
    /// The same, told of the place.
    fn at(self, place: String) -> Self {
        match self {
            Self::Good => Self::Good,
            Self::Bad(finding) => Self::Bad(finding.at(place)),
        }
    }

    fn has_expired(&self) -> bool {
        matches!(self, Self::Bad(finding) if finding.rank == Rank::Expired)
    }
}

fn state(proof: &Proof, key: &Resolved, result: Result<(), ProofError>, question: &Question<'_>) -> State {
    if proof.suite().is_none() {
        let detail = format!("the kind of signature is {}", proof.suite_name());
        return State::Bad(Finding::bad(Rank::Unsupported, "proof_suite_unsupported", detail));
    }
    if let Err(Unresolved { rank, code, why }) = key {
        let method = proof.verification_method();
        let detail = why.as_ref().map_or_else(|| method.to_owned(), |why| format!("{method}: {why}"));
        return State::Bad(Finding::bad(*rank, code, detail));
    }
    let error = match result {
        Ok(()) => match question.purpose {
            Some(purpose) if proof.purpose() != purpose => {
                ProofError::OtherPurpose { expected: purpose.as_str() }
            }
            _ => match proof.expires().filter(|expires| *expires <= question.at) {
                Some(expires) => ProofError::Expired { expires },
                None => return State::Good,
            },
        },
        Err(error) => error,
    };
    let rank = match (&error, error.fault()) {
        (ProofError::Expired { .. }, _) => Rank::Expired,
        (_, ProofFault::Malformed | ProofFault::NotAsAsked) => Rank::Malformed,
        (_, ProofFault::Unsupported) => Rank::Unsupported,
        (_, ProofFault::Forged) => Rank::Forged,
        (_, ProofFault::NoKey) => Rank::ProofUnknown,
    };
    State::Bad(Finding::bad(rank, error.code(), error.to_string()))
}

/// The signer's own proof is right; what stands beside it may add to it, and must not be wrong.
fn signed(proofs: &[Proof], states: &[State], question: &Question<'_>, good: Vec<usize>) -> Judgement {
    let mut warnings = Vec::new();
    let mut proof = Finding::pass("proof_ok").from(Source::Document, proofs[good[0]].created());
    for (at, state) in states.iter().enumerate() {
        let name = || Some(format!("{} by {}", proofs[at].suite_name(), proofs[at].verification_method()));
        match state {
            State::Good => {
                if !proofs[at].verification_method().contains('#') {
                    warnings.push(("bare_did_key", name()));
                }
            }
            State::Bad(finding) => match finding.rank {
                Rank::Unsupported | Rank::ProofUnknown => warnings.push(("extra_proof_not_checked", name())),
                Rank::Expired => warnings.push(("extra_proof_set_aside", name())),
                _ if finding.code == "proof_purpose_other" => {
                    warnings.push(("extra_proof_set_aside", name()));
                }
                _ => {
                    let failed = Finding::bad(Rank::Malformed, "extra_proof_failed", name());
                    proof = failed.at(finding.pointer().unwrap_or_default());
                }
            },
        }
    }
    Judgement {
        meaning: Finding::pass("meaning_ok"),
        proof,
        binding: question.bound(),
        warnings,
        right: good,
    }
}

/// What is left to say where the proof failed.
pub(super) fn refused(proof: Finding) -> Judgement {
    Judgement {
        meaning: Finding::pass("meaning_ok"),
        proof,
        binding: Finding::not_applicable("issuer_not_judged"),
        warnings: Vec::new(),
        right: Vec::new(),
    }
}

/// What is left to say where the meaning failed.
pub(super) fn meaningless(document: &Object, error: &JsonLdError) -> Judgement {
    let rank = match error {
        JsonLdError::UnknownContext { .. } => Rank::Unsupported,
        _ => Rank::Malformed,
    };
    let meaning = Finding::bad(rank, error.code(), error.to_string());
    let meaning = meaning.at(places::of(error, document).unwrap_or_default());
    Judgement { meaning, ..refused(Finding::not_applicable("proof_not_judged")) }
}

/// Where the proof in position `at` stands.
fn place(document: &Object, at: usize) -> String {
    match document.get("proof") {
        Some(Value::Array(_)) => format!("/proof/{at}"),
        _ => "/proof".to_owned(),
    }
}

/// Whether the document is JSON-LD that we can process, from what verifying found, else by trying.
fn meaning(
    document: &Object,
    results: &[Result<(), ProofError>],
    contexts: &Contexts,
) -> Result<(), JsonLdError> {
    let mut tried = false;
    for result in results {
        match result {
            Err(ProofError::JsonLd(error)) => return Err(error.clone()),
            Ok(()) | Err(ProofError::BadSignature) => tried = true,
            Err(_) => {}
        }
    }
    if tried { Ok(()) } else { jsonld::canonicalize(document, &["proof"], contexts).map(drop) }
}

/// A key, or how its absence ranks.
pub(super) type Resolved = Result<PublicKey, Unresolved>;

/// Why there is no key, and how that ranks.
pub(super) struct Unresolved {
    pub(super) rank: Rank,
    pub(super) code: &'static str,
    pub(super) why: Option<String>,
}

pub(super) fn unresolved(rank: Rank, code: &'static str) -> Unresolved {
    Unresolved { rank, code, why: None }
}

/// The key of a proof's verification method: from its name, or from the controller's document, which must list it
/// for the proof's purpose. A key in the fragment of another DID or URL proves nothing.
fn resolve(proof: &Proof, question: &Question<'_>) -> Resolved {
    let method = proof.verification_method();
    if did::has_key_in_name(method) {
        return key_in_name(method);
    }
    listed(document_of(proof.controller(), question)?, method, proof.purpose(), question.now)
}

/// The key of a did:key, with or without its fragment, or of the method of a did:jwk.
pub(super) fn key_in_name(method: &str) -> Resolved {
    if method.starts_with("did:key:") { did_key(method) } else { did_jwk(method) }
}

fn did_key(method: &str) -> Resolved {
    let (did, fragment) = match method.split_once('#') {
        Some((did, fragment)) => (did, Some(fragment)),
        None => (method, None),
    };
    let invalid = || unresolved(Rank::Malformed, "did_key_invalid");
    let did = Did::parse(did).map_err(|_| invalid())?;
    let key = did::key::resolve(&did).map_err(|error| match error {
        DidError::Key(KeyError::Codec) => unresolved(Rank::Unsupported, "key_type_unsupported"),
        DidError::Key(KeyError::NotForSigning) => unresolved(Rank::Malformed, "key_not_for_signing"),
        _ => invalid(),
    })?;
    match fragment {
        Some(fragment) if fragment != did.method_specific_id() => {
            Err(unresolved(Rank::Forged, "key_not_in_issuer_document"))
        }
        _ => Ok(key),
    }
}

fn did_jwk(method: &str) -> Resolved {
    // `None` is a method that isn't one of a did:jwk.
    did::key_in_name(method).unwrap_or(Err(DidError::UnsupportedMethod)).map_err(|error| match error {
        DidError::Jwk(JwkError::Unsupported) => unresolved(Rank::Unsupported, "key_type_unsupported"),
        DidError::Jwk(JwkError::NotForSigning) => unresolved(Rank::Malformed, "key_not_for_signing"),
        DidError::FragmentDiffers => unresolved(Rank::Forged, "key_not_in_issuer_document"),
        error => {
            Unresolved { why: Some(error.to_string()), ..unresolved(Rank::Malformed, "did_jwk_invalid") }
        }
    })
}

/// A controller's document, or how its absence ranks.
pub(super) fn document_of<'a>(
    controller: &str,
    question: &Question<'a>,
) -> Result<&'a DidDocument, Unresolved> {
    let missing = match question.documents.get(controller) {
        Some(Ok(document)) => return Ok(document),
        Some(Err(DocumentMissing::Deactivated)) => {
            return Err(unresolved(Rank::ProofUnknown, "issuer_deactivated"));
        }
        _ if controller.starts_with("did:") && !controller.starts_with("did:web:") => {
            return Err(unresolved(Rank::Unsupported, "did_method_unsupported"));
        }
        Some(Err(missing)) => Some(missing),
        None => None,
    };
    let (code, why) = match missing {
        Some(DocumentMissing::Refused(why)) => ("issuer_document_refused", Some(why.clone())),
        Some(DocumentMissing::Unavailable(why)) => ("issuer_unresolved", Some(why.clone())),
        Some(DocumentMissing::Deactivated) | None => ("issuer_unresolved", None),
    };
    Err(Unresolved { why, ..unresolved(Rank::ProofUnknown, code) })
}

/// The key of a method that the document lists for the purpose.
pub(super) fn listed(document: &DidDocument, method: &str, purpose: Purpose, now: Timestamp) -> Resolved {
    document.key_for(method, purpose, now).map_err(|error| {
        let (rank, code) = match error {
            DocumentKeyError::Deactivated => (Rank::ProofUnknown, "issuer_deactivated"),
            // Somebody brought the document of another along.
            DocumentKeyError::OtherDocument => (Rank::ProofUnknown, "issuer_document_refused"),
            // It may have been there: the document has no history.
            DocumentKeyError::Absent => (Rank::ProofUnknown, "key_not_in_document"),
            DocumentKeyError::OtherController { .. } => (Rank::Forged, "key_of_another_controller"),
            DocumentKeyError::OtherPurpose => (Rank::Forged, "key_purpose_other"),
            DocumentKeyError::Ended { .. } => (Rank::ProofUnknown, "key_ended"),
            // What stands there may be a slip of today: nothing can be said of the signature.
            DocumentKeyError::Broken { .. } => (Rank::ProofUnknown, "key_broken"),
            DocumentKeyError::NotForSigning => (Rank::Malformed, "key_not_for_signing"),
            DocumentKeyError::UnsupportedType { .. } => (Rank::Unsupported, "key_type_unsupported"),
        };
        Unresolved { why: Some(error.to_string()), ..unresolved(rank, code) }
    })
}
