//! What a proof signs.

use super::{Proof, ProofError, chain};
use crate::json::{Object, Value, jcs};
use crate::jsonld::{Contexts, Hash, canonicalize_with};

/// What the proofs of one document sign.
pub(super) struct Message<'a> {
    document: &'a Object,
    pub(super) proofs: &'a [Proof],
    /// The hash of the canonical document without proofs, once it was needed: SHA-256, and SHA-384.
    bare: [Option<Result<Vec<u8>, ProofError>>; 2],
}

impl<'a> Message<'a> {
    pub(super) fn of(document: &'a Object, proofs: &'a [Proof]) -> Self {
        Self { document, proofs, bare: [None, None] }
    }

    /// The bytes that proof `at` signs: the hash of its options, then that of the document.
    pub(super) fn bytes(
        &mut self,
        at: usize,
        hash: Hash,
        contexts: &Contexts,
    ) -> Result<Vec<u8>, ProofError> {
        let proof = &self.proofs[at];
        let mut bytes = self.options_hash(proof, hash, contexts)?;
        let previous = chain::previous(self.proofs, proof)?;
        if proof.suite().is_some_and(|suite| suite.signs_text()) {
            return self.text_hashes(proof, &previous, hash, contexts);
        }
        let document = match previous.as_slice() {
            [] => self.bare_hash(hash, contexts)?,
            previous => self.chained_hash(previous, hash, contexts)?,
        };
        bytes.extend(document);
        Ok(bytes)
    }

    /// The same as the jcs suites take it: the document under the proof's own contexts. Those that were added to the
    /// document later must leave its meaning alone.
    fn text_hashes(
        &mut self,
        proof: &Proof,
        previous: &[usize],
        hash: Hash,
        contexts: &Contexts,
    ) -> Result<Vec<u8>, ProofError> {
        let meaning = self.bare_hash(hash, contexts)?;
        let mut document = self.document.clone();
        document.remove("proof");
        if let Some(context) = proof.raw().get("@context").filter(|own| document.get("@context") != Some(own))
        {
            document.insert("@context", context.clone());
            let signed = canonicalize_with(&document, &[], hash, contexts);
            if !signed.is_ok_and(|signed| signed.digest(hash) == meaning) {
                return Err(ProofError::ContextDiffers);
            }
        }
        if !previous.is_empty() {
            document.insert("proof", self.items(previous));
        }
        let mut options = proof.raw().clone();
        options.remove("proofValue");
        let digest = |object: &Object| hash.digest(jcs::canonical_object(object).as_bytes());
        Ok([digest(&options), digest(&document)].concat())
    }

    /// The proof without its value, under the document's context.
    fn options_hash(&self, proof: &Proof, hash: Hash, contexts: &Contexts) -> Result<Vec<u8>, ProofError> {
        let mut options = Object::new();
        if let Some(context) = self.document.get("@context") {
            options.insert("@context", context.clone());
        }
        for (name, value) in
            proof.raw().iter().filter(|(name, _)| !matches!(*name, "proofValue" | "@context"))
        {
            options.insert(name, value.clone());
        }
        Ok(canonicalize_with(&options, &[], hash, contexts)?.digest(hash))
    }

    fn bare_hash(&mut self, hash: Hash, contexts: &Contexts) -> Result<Vec<u8>, ProofError> {
        let document = self.document;
        let canonical = || Ok(canonicalize_with(document, &["proof"], hash, contexts)?.digest(hash));
        self.bare[usize::from(hash == Hash::Sha384)].get_or_insert_with(canonical).clone()
    }

    /// The document with just the proofs that are built on.
    fn chained_hash(
        &self,
        previous: &[usize],
        hash: Hash,
        contexts: &Contexts,
    ) -> Result<Vec<u8>, ProofError> {
        let mut document = self.document.clone();
        document.insert("proof", self.items(previous));
        Ok(canonicalize_with(&document, &[], hash, contexts)?.digest(hash))
    }

    fn items(&self, proofs: &[usize]) -> Vec<Value> {
        proofs.iter().map(|at| self.proofs[*at].raw().clone().into()).collect()
    }
}
