//! JSON-LD 1.1 to RDF, and RDF canonicalization (RDFC-1.0).
//!
//! One verb, [`canonicalize`]: what a signature of the family `…-rdfc-…` covers. It always fails closed:
//! whatever would not be covered by the signature, or would be read differently by somebody who looks at the
//! JSON alone, is an error. Contexts are pinned and compiled once ([`Contexts`]); expansion goes straight to
//! quads. The order of members, and of items outside of `@list`, is not part of the canonical form.

#[doc(hidden)]
pub mod conformance;
mod context;
mod contexts;
mod dataset;
mod define;
mod error;
mod expand;
mod keyword;
mod literal;
mod node;
mod nquads;
mod process;
mod rdfc;
mod scope;
mod value;

#[cfg(test)]
mod tests;

pub use contexts::Contexts;
pub use error::JsonLdError;

use crate::json::Object;
use expand::{Expander, Undefined};
use sha2::{Digest, Sha256, Sha384};

/// A hash function: the one that RDFC-1.0 orders blank nodes by, and that of what it is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-256, the default.
    Sha256,
    /// SHA-384, for keys on P-384 (vc-di-ecdsa 1.0, section 3).
    Sha384,
}

impl Hash {
    /// The digest of `bytes`, of 32 or 48 bytes.
    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
        }
    }
}

/// The canonical form of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canonical {
    /// The statements as canonical N-Quads (RDFC-1.0, section 5), sorted, each with its line end.
    pub nquads: String,
}

impl Canonical {
    /// The SHA-256 digest of the N-Quads.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.nquads.as_bytes()).into()
    }

    /// The digest of the N-Quads, of 32 or 48 bytes.
    pub fn digest(&self, hash: Hash) -> Vec<u8> {
        hash.digest(self.nquads.as_bytes())
    }
}

/// The canonical form of a document without the top-level members named in `without` (such as `proof`).
///
/// The base IRI is null. A base direction is kept, as an `i18n` datatype.
///
/// # Errors
/// An unknown context, undefined terms or types, relative IRIs, values that would be dropped, inline contexts
/// that rename or hide pinned words, documents that ask for too much work, and whatever breaks a rule of
/// JSON-LD 1.1.
pub fn canonicalize(
    document: &Object,
    without: &[&str],
    contexts: &Contexts,
) -> Result<Canonical, JsonLdError> {
    canonicalize_with(document, without, Hash::Sha256, contexts)
}

/// The same with the hash function that blank nodes are ordered by.
///
/// # Errors
/// As [`canonicalize`].
pub fn canonicalize_with(
    document: &Object,
    without: &[&str],
    hash: Hash,
    contexts: &Contexts,
) -> Result<Canonical, JsonLdError> {
    let mut expander = Expander::new(contexts, Undefined::Refuse, true);
    expander.document(contexts.initial(), document, without)?;
    let canonical = rdfc::canonicalize(&expander.data, hash)?;
    Ok(Canonical { nquads: canonical.nquads })
}
