//! Why a token is refused.

use super::{MAX_HEADER_BYTES, MAX_TOKEN_BYTES};
use crate::credential::{Malformed, MalformedKind};
use crate::json::JsonError;

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoseError {
    /// Over [`MAX_TOKEN_BYTES`].
    #[error("the token has {bytes} bytes; {MAX_TOKEN_BYTES} is the most that is read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Over [`MAX_HEADER_BYTES`].
    #[error("the token's header has {bytes} bytes; {MAX_HEADER_BYTES} is the most that is read")]
    HeaderTooLarge {
        /// Its size, in base64url.
        bytes: usize,
    },
    /// Not three parts.
    #[error("a signed token has three parts with dots between them; this one has more or fewer")]
    Parts,
    /// Five parts: a JWE.
    #[error("the token is encrypted; the holder has to decrypt it first")]
    Encrypted,
    /// A token with disclosures after it, or one that hides members behind digests.
    #[error("the token is one of selective disclosure (SD-JWT)")]
    SelectiveDisclosure,
    /// Padding, another alphabet, a length that can't be, or bits that stand for nothing.
    #[error("the token's {part} is not base64url without padding")]
    NotBase64Url {
        /// Which part.
        part: &'static str,
    },
    /// Not I-JSON.
    #[error("the token's {part}: {error}")]
    Json {
        /// Which part.
        part: &'static str,
        /// What is wrong.
        error: JsonError,
    },
    /// JSON, but no object.
    #[error("the token's {part} is not a JSON object")]
    NotAnObject {
        /// Which part.
        part: &'static str,
    },
    /// A signature that no algorithm makes.
    #[error("the token's signature has {bytes} bytes")]
    SignatureLength {
        /// How many.
        bytes: usize,
    },
    /// `alg` is `none`: nobody signed.
    #[error("the token is not signed: its algorithm is “none”")]
    Unsigned,
    /// An algorithm with a shared secret: whoever checks could have made it.
    #[error(
        "the token's algorithm “{algorithm}” works with a shared secret, so that it proves nothing to others"
    )]
    SharedSecret {
        /// The value of `alg`, 64 characters at most.
        algorithm: String,
    },
    /// An algorithm that we don't check.
    #[error("tokens with the algorithm “{algorithm}” are not supported")]
    UnknownAlgorithm {
        /// The value of `alg`, 64 characters at most.
        algorithm: String,
    },
    /// A member of the header that is missing or breaks its rule.
    #[error("“{member}” of the token's header {problem}")]
    Header {
        /// The member's name.
        member: &'static str,
        /// What is wrong, to be read after the name.
        problem: &'static str,
    },
    /// `typ` says that the token is of another kind.
    #[error("the token says of itself that it is “{typ}”, which is not what is wanted here")]
    Type {
        /// The value of `typ`, 64 characters at most.
        typ: String,
    },
    /// `cty` says that something else is in it.
    #[error("the token says of itself that “{cty}” is in it, which is not what is wanted here")]
    ContentType {
        /// The value of `cty`, 64 characters at most.
        cty: String,
    },
    /// Extensions that must be understood, and aren't.
    #[error("the token needs extensions that are not known here (crit)")]
    Critical,
    /// The payload is not encoded (RFC 7797).
    #[error("the token's payload is not encoded (b64), which is not read here")]
    Unencoded,
    /// The secret half of a key in the header.
    #[error("the key in the token's header contains its secret half: it belongs to everybody now")]
    SecretKey,
    /// A key in the header that is none.
    #[error("the key in the token's header is none that can be used: {why}")]
    HeaderKey {
        /// Why.
        why: crate::keys::JwkError,
    },
    /// The key is of another kind than `alg` says.
    #[error("the token's algorithm is {algorithm}, and the key is of the kind {key}")]
    OtherAlgorithm {
        /// The value of `alg`.
        algorithm: &'static str,
        /// The kind of key.
        key: &'static str,
    },
    /// The signature doesn't fit key and content.
    #[error("the signature does not match the key and the content")]
    BadSignature,
}

impl JoseError {
    /// A word for programs, in snake_case; it never changes.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } | Self::HeaderTooLarge { .. } => "too_large",
            Self::Parts | Self::NotBase64Url { .. } | Self::SignatureLength { .. } => "token_malformed",
            Self::Json { .. } | Self::NotAnObject { .. } => "token_not_json",
            Self::Encrypted => "token_encrypted",
            Self::SelectiveDisclosure => "sd_jwt_unsupported",
            Self::Unsigned => "token_unsigned",
            Self::SharedSecret { .. } => "token_shared_secret",
            Self::UnknownAlgorithm { .. } => "token_algorithm_unsupported",
            Self::Header { .. } => "token_header_invalid",
            Self::Type { .. } => "token_type_other",
            Self::ContentType { .. } => "token_content_other",
            Self::Critical => "token_crit_unknown",
            Self::Unencoded => "token_not_encoded",
            Self::SecretKey => "token_secret_key",
            Self::HeaderKey { .. } => "token_key_invalid",
            Self::OtherAlgorithm { .. } => "token_algorithm_other",
            Self::BadSignature => "proof_signature_wrong",
        }
    }

    /// Whether it may keep the rules of its format, and is only of a kind that we don't read.
    pub fn is_unsupported(&self) -> bool {
        let unknown_key = matches!(self, Self::HeaderKey { why: crate::keys::JwkError::Unsupported });
        let unknown =
            matches!(self, Self::Encrypted | Self::SelectiveDisclosure | Self::UnknownAlgorithm { .. });
        unknown || unknown_key
    }
}

impl From<JoseError> for Malformed {
    fn from(error: JoseError) -> Self {
        let kind = if error.is_unsupported() { MalformedKind::Unsupported } else { MalformedKind::Malformed };
        Self { kind, ..Self::new(error.code(), error.to_string()) }
    }
}
