//! Why a document has no canonical form.

/// Why a JSON-LD document was refused. Every kind has a machine code, see [`JsonLdError::code`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonLdError {
    /// A context that isn't pinned; nothing is fetched.
    #[error("the context {url} is not one of the pinned contexts")]
    UnknownContext {
        /// The URL as the document names it.
        url: String,
    },
    /// A member that no context defines: it would not be covered by a signature.
    #[error("no context of the document defines the term “{term}”")]
    UndefinedTerm {
        /// The member's name.
        term: String,
    },
    /// A type (or another word of a vocabulary) that no context defines.
    #[error("no context of the document defines the type “{name}”")]
    UndefinedType {
        /// The type as the document writes it.
        name: String,
    },
    /// An identifier that is not absolute; there is no base to resolve it against.
    #[error("“{iri}” is not an absolute IRI")]
    RelativeIri {
        /// The identifier as the document writes it.
        iri: String,
    },
    /// An identifier with a scheme that is still not an IRI (RFC 3987).
    #[error("“{iri}” is not a valid IRI")]
    InvalidIri {
        /// The identifier as the document writes it.
        iri: String,
    },
    /// A value that has no place in the graph and so would not be covered by a signature.
    #[error("{what} would not be covered by the signature")]
    Dropped {
        /// What would be left out.
        what: String,
    },
    /// A context in the document itself that changes what pinned words mean or hides them.
    #[error("the inline context must not {what}")]
    UnsafeContext {
        /// What it does.
        what: String,
    },
    /// A member written by the IRI of a pinned term: another reader would look for the term and miss it.
    #[error("“{name}” is another spelling of a word of a pinned context")]
    Alias {
        /// The member or type as the document writes it.
        name: String,
    },
    /// A keyword that moves content to where a reader of the JSON doesn't look.
    #[error("{keyword} is not allowed here: no pinned context asks for it")]
    Keyword {
        /// The keyword.
        keyword: &'static str,
    },
    /// An identifier in short form: a reader of the JSON would take it for another one.
    #[error("“{id}” stands for {iri}; identifiers must be written in full")]
    ShortId {
        /// The identifier as the document writes it.
        id: String,
        /// What it stands for.
        iri: String,
    },
    /// A member of the data model that stands at another mention of the document itself: a reader of the JSON
    /// looks for it at the top.
    #[error("“{member}” says something of the document itself, and stands elsewhere in it")]
    DescribedTwice {
        /// The member's name.
        member: String,
    },
    /// The document asks for more work than one verification is allowed to be.
    #[error("the document asks for more than {limit} {unit}")]
    TooMuchWork {
        /// The limit.
        limit: u64,
        /// What is counted.
        unit: &'static str,
    },
    /// Against the JSON-LD 1.1 rules.
    #[error("{code}: {detail}")]
    Invalid {
        /// The error code of the JSON-LD 1.1 API, section 9.4.
        code: &'static str,
        /// Where.
        detail: String,
    },
}

impl JsonLdError {
    /// A stable machine code, such as `undefined_term`; for [`JsonLdError::Invalid`] the specification's code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownContext { .. } => "unknown_context",
            Self::UndefinedTerm { .. } => "undefined_term",
            Self::UndefinedType { .. } => "undefined_type",
            Self::RelativeIri { .. } => "relative_iri",
            Self::InvalidIri { .. } => "invalid_iri",
            Self::Dropped { .. } => "dropped_value",
            Self::UnsafeContext { .. } => "unsafe_context",
            Self::Alias { .. } => "aliased_term",
            Self::Keyword { .. } => "keyword_not_allowed",
            Self::ShortId { .. } => "short_id",
            Self::DescribedTwice { .. } => "described_twice",
            Self::TooMuchWork { .. } => "too_much_work",
            Self::Invalid { code, .. } => code,
        }
    }

    pub(super) fn invalid(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Invalid { code, detail: detail.into() }
    }
}
