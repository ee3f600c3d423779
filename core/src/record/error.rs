//! What is refused on the wire.

/// Why bytes from a peer are not a record or a message. Nothing of them is kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Over a limit.
    #[error("the {what} has {bytes} bytes; {limit} is the most that is read")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// Not the expected CBOR structure.
    #[error("the {what} is not well-formed")]
    Malformed {
        /// Which part.
        what: &'static str,
    },
    /// Well-formed, but not the one permitted encoding of its content.
    #[error("the {what} is not in deterministic form")]
    NotCanonical {
        /// Which part.
        what: &'static str,
    },
    /// Another version of the format.
    #[error("the record has format version {v}; only version 0 is read")]
    Version {
        /// The version.
        v: u64,
    },
    /// A record of another network.
    #[error("the record belongs to the network “{net}”")]
    OtherNet {
        /// That network.
        net: String,
    },
    /// A type or message that isn't known.
    #[error("the {what} has the unknown type {code}")]
    UnknownType {
        /// Which part.
        what: &'static str,
        /// The code.
        code: u64,
    },
    /// The issuer's DID can't be resolved to a record key.
    #[error("the issuer is not a did:key of an Ed25519 key")]
    Issuer,
    /// The key named isn't the issuer's.
    #[error("the key named by the record is not the issuer's")]
    Key,
    /// The body isn't the one that was signed.
    #[error("the body does not have the hash that the envelope names")]
    BodyHash,
    /// The signature doesn't verify.
    #[error("the signature does not verify")]
    Signature,
    /// A value breaks a rule.
    #[error("{rule}")]
    Rule {
        /// The rule that is broken, as a sentence.
        rule: &'static str,
    },
}
