//! Why a proof is refused.

use super::MAX_PROOFS;
use crate::jsonld::JsonLdError;

/// Why a document has no proof that can be used, or why a proof of it is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ProofError {
    /// The document has no `proof`, or an empty list.
    #[error("the document has no proof")]
    Missing,
    /// More proofs than are read.
    #[error("the document has {found} proofs; {MAX_PROOFS} is the most that is read")]
    TooMany {
        /// How many there are.
        found: usize,
    },
    /// A proof that isn't an object.
    #[error("a proof must be an object")]
    NotAnObject,
    /// A member of a proof that is missing or breaks its rule.
    #[error("“{member}” of the proof {problem}")]
    Member {
        /// The member's name.
        member: &'static str,
        /// What is wrong, to be read after the name.
        problem: &'static str,
    },
    /// A `proofPurpose` other than assertionMethod and authentication.
    #[error("the proof purpose “{found}” is not one for credentials and presentations")]
    UnknownPurpose {
        /// The purpose, 64 characters at most.
        found: String,
    },
    /// A proof has a JSON-LD keyword of its own (`@context`, `@id`, …).
    #[error("the proof must not have a “{keyword}” of its own")]
    Keyword {
        /// The keyword, 64 characters at most.
        keyword: String,
    },
    /// The `@context` of a proof by a jcs suite is not the beginning of the document's.
    #[error("the “@context” of the proof is not the beginning of the document's")]
    ContextNotPrefix,
    /// The contexts that the document has beyond those of its proof by a jcs suite change what its words mean.
    #[error("under the “@context” of the proof the document means something else")]
    ContextDiffers,
    /// Two proofs with one id.
    #[error("two proofs have the id “{id}”")]
    DuplicateId {
        /// The id.
        id: String,
    },
    /// `previousProof` names a proof that isn't there.
    #[error("the proof builds on a proof “{id}”, which the document does not have")]
    PreviousAbsent {
        /// The id that it names.
        id: String,
    },
    /// Proofs that build on each other in a circle.
    #[error("the proofs build on each other in a circle")]
    Cycle,
    /// `previousProof` names a proof that was not found right.
    #[error("the proof builds on the proof “{id}”, and there: {because}")]
    Previous {
        /// The id that it names.
        id: String,
        /// What is wrong with that one.
        because: Box<ProofError>,
    },
    /// Well-formed, but of a kind that we don't check.
    #[error("proofs of the kind “{name}” are not supported")]
    UnsupportedSuite {
        /// The cryptosuite, or the type of an elder kind of proof; 64 characters at most.
        name: String,
    },
    /// The caller has no key for the proof's verification method.
    #[error("there is no key for “{verification_method}”")]
    NoKey {
        /// The proof's verification method.
        verification_method: String,
    },
    /// The document or the proof's options are not JSON-LD that can be processed.
    #[error(transparent)]
    JsonLd(#[from] JsonLdError),
    /// The key is of a kind that the suite isn't for.
    #[error("{suite} is not for keys of the kind {key}, which the verification method has")]
    KeyOfOtherKind {
        /// The suite.
        suite: &'static str,
        /// The kind of key.
        key: &'static str,
    },
    /// A suite that nothing is signed with any more.
    #[error("{suite} is verified, not signed with")]
    VerifiedOnly {
        /// The suite.
        suite: &'static str,
    },
    /// The signature could not be made.
    #[error("the signature could not be made")]
    NotSigned,
    /// The signature doesn't fit key and content.
    #[error("the signature does not match the key and the content")]
    BadSignature,
    /// Made for another purpose than the one asked for.
    #[error("the proof was not made for the purpose “{expected}”")]
    OtherPurpose {
        /// What was asked for.
        expected: &'static str,
    },
    /// Past its `expires`.
    #[error("the proof expired at {expires}")]
    Expired {
        /// When.
        expires: crate::time::Timestamp,
    },
    /// Another challenge than the one asked for, or none.
    #[error("the proof does not answer the challenge that was asked for")]
    OtherChallenge,
    /// Another domain than the one asked for, or none.
    #[error("the proof was not made for the domain that was asked for")]
    OtherDomain,
}

/// What sort of trouble a [`ProofError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofFault {
    /// Breaks a rule of its format.
    Malformed,
    /// In order as far as one can tell, but of a kind (suite, context) that we don't have.
    Unsupported,
    /// A key was there and the signature doesn't fit.
    Forged,
    /// The key was not to be had.
    NoKey,
    /// Right in itself, but not what the caller asked for: purpose, time, challenge, domain.
    NotAsAsked,
}

impl ProofError {
    /// A word for programs, in snake_case; it never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "proof_missing",
            Self::TooMany { .. } => "proof_too_many",
            Self::NotAnObject | Self::Member { .. } | Self::Keyword { .. } => "proof_malformed",
            Self::UnknownPurpose { .. } => "proof_purpose_unknown",
            Self::ContextNotPrefix | Self::ContextDiffers => "proof_context_other",
            Self::DuplicateId { .. } => "proof_id_twice",
            Self::PreviousAbsent { .. } => "previous_proof_absent",
            Self::Cycle => "previous_proof_cycle",
            Self::Previous { .. } => "previous_proof_failed",
            Self::UnsupportedSuite { .. } => "proof_suite_unsupported",
            Self::NoKey { .. } => "proof_key_missing",
            Self::JsonLd(error) => error.code(),
            Self::KeyOfOtherKind { .. } => "key_suite_other",
            Self::VerifiedOnly { .. } | Self::NotSigned => "proof_not_signed",
            Self::BadSignature => "proof_signature_wrong",
            Self::OtherPurpose { .. } => "proof_purpose_other",
            Self::Expired { .. } => "proof_expired",
            Self::OtherChallenge => "proof_challenge_other",
            Self::OtherDomain => "proof_domain_other",
        }
    }

    /// What sort of trouble it is; for a chain, that of the proof where it lies.
    pub fn fault(&self) -> ProofFault {
        match self {
            Self::Previous { because, .. } => because.fault(),
            Self::UnsupportedSuite { .. } | Self::JsonLd(JsonLdError::UnknownContext { .. }) => {
                ProofFault::Unsupported
            }
            Self::NoKey { .. } => ProofFault::NoKey,
            Self::BadSignature => ProofFault::Forged,
            Self::OtherPurpose { .. } | Self::Expired { .. } | Self::OtherChallenge | Self::OtherDomain => {
                ProofFault::NotAsAsked
            }
            _ => ProofFault::Malformed,
        }
    }
}
