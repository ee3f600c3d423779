//! The suites: what is signed, how, and by which kinds of key.

use super::ProofError;
use crate::jsonld::Hash;
use crate::keys::Algorithm;

/// A cryptosuite that is verified. All but [`Suite::Ed25519Signature2020`] are signed with, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Suite {
    /// Ed25519 over RDFC-1.0 (vc-di-eddsa 1.0, section 3.2).
    EddsaRdfc2022,
    /// Ed25519 over JCS, RFC 8785 (vc-di-eddsa 1.0, section 3.3).
    EddsaJcs2022,
    /// ECDSA over RDFC-1.0 (vc-di-ecdsa 1.0, section 3.2): P-256 with SHA-256, P-384 with SHA-384.
    EcdsaRdfc2019,
    /// ECDSA over JCS (vc-di-ecdsa 1.0, section 3.3): the same keys and hashes.
    EcdsaJcs2019,
    /// Ed25519 over RDFC-1.0, the proof type that came before eddsa-rdfc-2022 (vc-di-eddsa 1.0, section A.1). Verified
    /// only.
    Ed25519Signature2020,
}

/// The type of a proof that has no `cryptosuite`.
pub(super) const ED25519_SIGNATURE_2020: &str = "Ed25519Signature2020";

impl Suite {
    /// The values of `cryptosuite`, for proofs of the type `DataIntegrityProof`.
    const CRYPTOSUITES: [Self; 4] =
        [Self::EddsaRdfc2022, Self::EddsaJcs2022, Self::EcdsaRdfc2019, Self::EcdsaJcs2019];

    /// The value of `cryptosuite`; for Ed25519Signature2020, which has none, that of `type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EddsaRdfc2022 => "eddsa-rdfc-2022",
            Self::EddsaJcs2022 => "eddsa-jcs-2022",
            Self::EcdsaRdfc2019 => "ecdsa-rdfc-2019",
            Self::EcdsaJcs2019 => "ecdsa-jcs-2019",
            Self::Ed25519Signature2020 => ED25519_SIGNATURE_2020,
        }
    }

    /// Whether it signs the text (JCS), not its statements.
    pub fn signs_text(self) -> bool {
        matches!(self, Self::EddsaJcs2022 | Self::EcdsaJcs2019)
    }

    /// The suite with this value of `cryptosuite`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        Self::CRYPTOSUITES.into_iter().find(|suite| suite.as_str() == text)
    }

    /// The hash for a key of this kind, if the suite is for such keys.
    pub(super) fn hash_for(self, key: Algorithm) -> Result<Hash, ProofError> {
        let is_ecdsa = matches!(self, Self::EcdsaRdfc2019 | Self::EcdsaJcs2019);
        match key {
            Algorithm::EdDsa if !is_ecdsa => Ok(Hash::Sha256),
            Algorithm::Es256 if is_ecdsa => Ok(Hash::Sha256),
            Algorithm::Es384 if is_ecdsa => Ok(Hash::Sha384),
            _ => Err(ProofError::KeyOfOtherKind { suite: self.as_str(), key: key.key_name() }),
        }
    }

    /// Reads a proofValue: multibase base58btc of a signature as long as the suite's keys make them (vc-di-eddsa 1.0,
    /// sections 3.2.1 and 3.3.1; vc-di-ecdsa 1.0, sections 3.2.1 and 3.3.1).
    pub(super) fn read_signature(self, text: &str) -> Result<Vec<u8>, ProofError> {
        let wrong = |problem| ProofError::Member { member: "proofValue", problem };
        let (lengths, problem): (&[usize], _) = match self {
            Self::EcdsaRdfc2019 | Self::EcdsaJcs2019 => (&[64, 96], "is not a signature of 64 or 96 bytes"),
            _ => (&[64], "is not a signature of 64 bytes"),
        };
        let body = text.strip_prefix('z').ok_or(wrong("is not multibase base58btc (“z…”)"))?;
        if body.len() > 192 {
            return Err(wrong(problem));
        }
        let bytes = bs58::decode(body).into_vec();
        let bytes = bytes.map_err(|_| wrong("is not multibase base58btc (“z…”)"))?;
        if lengths.contains(&bytes.len()) { Ok(bytes) } else { Err(wrong(problem)) }
    }
}

/// How long the signatures of a kind of key are, in bytes; those of RSA, which no suite here has, are as long as its
/// modulus.
pub(super) fn signature_bytes(key: Algorithm) -> Option<usize> {
    match key {
        Algorithm::EdDsa | Algorithm::Es256 => Some(64),
        Algorithm::Es384 => Some(96),
        Algorithm::Rs256 => None,
    }
}
