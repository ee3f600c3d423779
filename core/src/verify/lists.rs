//! Whether an issuer proved its status list: by the rules of a badge's proof.

use super::proofs::{self, Documents, Judgement, Question};
use super::report::Rank;
use super::token::{self, Signed};
use crate::credential::{Credential, Secured};
use crate::jose::Token;
use crate::json::Object;
use crate::jsonld::Contexts;
use crate::proof::{self, ProofError, Purpose};
use crate::time::Timestamp;

/// What a list is proved by, and for which time.
pub(crate) struct Proving<'a> {
    /// Whose word it must be.
    pub(crate) signer: &'a str,
    /// The documents of those whose keys are not in their names.
    pub(crate) documents: &'a Documents,
    /// By when keys are judged.
    pub(crate) now: Timestamp,
    /// The time in question.
    pub(crate) at: Timestamp,
    pub(crate) contexts: &'a Contexts,
}

/// Why a list is not proved: a code and a detail.
pub(crate) type NotProved = (&'static str, String);

impl<'a> Proving<'a> {
    /// A list as JSON with proofs. Returns when the issuer's own was made, where it says so.
    pub(crate) fn document(&self, document: &Object) -> Result<Option<Timestamp>, NotProved> {
        let proofs = match proof::parse_proofs(document) {
            Ok(proofs) => proofs,
            Err(ProofError::Missing) => Vec::new(),
            Err(error) => return Err((error.code(), error.to_string())),
        };
        let judgement = proofs::judge(document, &proofs, &self.question(), self.contexts);
        outcome(&judgement)?;
        Ok(judgement.right.iter().filter_map(|at| proofs[*at].created()).max())
    }

    /// A list as a credential in a token, or in JSON. Returns when its signature was made, where it says so.
    pub(crate) fn credential(&self, credential: &Credential) -> Result<Option<Timestamp>, NotProved> {
        let Secured::Jose(token) = credential.secured() else { return self.document(credential.object()) };
        let (document, proofs) = (credential.object(), credential.proofs());
        let dates = (credential.valid_from(), credential.valid_until());
        let signed = Signed { token, document, proofs, dates };
        outcome(&token::judge(&signed, &self.question(), self.contexts))?;
        Ok(token.claims().issued())
    }

    /// A list in a token that holds no credential.
    pub(crate) fn token(&self, token: &Token) -> Result<(), NotProved> {
        token::prove(token, &self.question())
    }

    fn question(&self) -> Question<'a> {
        Question {
            signer: self.signer,
            purpose: Some(Purpose::AssertionMethod),
            not_signer: "controller_not_issuer",
            is_signer: "issuer_ok",
            documents: self.documents,
            fetched_at: None,
            now: self.now,
            at: self.at,
        }
    }
}

fn outcome(judgement: &Judgement) -> Result<(), NotProved> {
    let findings = [&judgement.meaning, &judgement.proof, &judgement.binding];
    match findings.into_iter().find(|finding| finding.rank != Rank::Valid) {
        Some(bad) => Err((bad.code, bad.detail.clone().unwrap_or_else(|| bad.code.to_owned()))),
        None => Ok(()),
    }
}
