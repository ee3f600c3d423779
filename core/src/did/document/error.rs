//! Why a document, or a key in it, counts for nothing.

use super::MAX_DOCUMENT_BYTES;
use crate::json::JsonError;
use crate::time::Timestamp;

/// Why bytes are not the document of an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Over [`MAX_DOCUMENT_BYTES`].
    #[error("the DID document has {bytes} bytes; {MAX_DOCUMENT_BYTES} is the most that is read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// JSON, but not an object.
    #[error("the DID document is not a JSON object")]
    NotAnObject,
    /// What was asked for has no document.
    #[error("only a DID, or an https URL without query and fragment, has a document")]
    NotAnId,
    /// The document of somebody else.
    #[error("the document is that of “{found}”, not the one that was asked for")]
    OtherId {
        /// Its id, 64 characters at most.
        found: String,
    },
    /// A member that is missing or breaks its rule.
    #[error("“{member}” of the DID document {problem}")]
    Member {
        /// The member's name.
        member: &'static str,
        /// What is wrong, to be read after the name.
        problem: &'static str,
    },
    /// Two methods with one id.
    #[error("two verification methods have the id “{id}”")]
    DuplicateMethod {
        /// The id, 64 characters at most.
        id: String,
    },
    /// A relationship that names one method twice.
    #[error("“{relationship}” names the method “{id}” twice")]
    DuplicateReference {
        /// The relationship.
        relationship: &'static str,
        /// The method's id, 64 characters at most.
        id: String,
    },
    /// The secret half stands in the document: whoever reads it can sign.
    #[error("the verification method “{id}” publishes its secret key")]
    SecretKey {
        /// Its id, 64 characters at most.
        id: String,
    },
}

/// Why a document gives no key for a verification method and purpose.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentKeyError {
    /// The DID is no longer in use.
    #[error("the DID was deactivated by its controller")]
    Deactivated,
    /// The method isn't one of this document's subject.
    #[error("the verification method belongs to another document")]
    OtherDocument,
    /// The document has no such method.
    #[error("the document does not list the verification method")]
    Absent,
    /// The document says that somebody else holds the key.
    #[error("the document says that {controller} controls the verification method")]
    OtherController {
        /// Who.
        controller: String,
    },
    /// Not listed under the purpose.
    #[error("the document does not list the verification method for this purpose")]
    OtherPurpose,
    /// Expired or revoked.
    #[error("the verification method is no longer in use since {at}")]
    Ended {
        /// Since when.
        at: Timestamp,
    },
    /// The method itself breaks a rule, or its key is none.
    #[error("{why}")]
    Broken {
        /// What is wrong with it.
        why: String,
    },
    /// A key to encrypt with.
    #[error("the document gives a key to encrypt with for this purpose; nothing can be signed by it")]
    NotForSigning,
    /// A key of a kind that we don't verify.
    #[error("verification methods of the type “{kind}” with this key are not supported")]
    UnsupportedType {
        /// The method's type.
        kind: String,
    },
}
