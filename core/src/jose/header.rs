//! The header of a token (RFC 7515, section 4.1; VC-JOSE-COSE 1.0, section 3.1).

use super::{Content, JoseError};
use crate::json::{Object, Value};
use crate::keys::{Algorithm, JwkError, PublicKey};

/// Longest `kid`, in bytes.
pub const MAX_KID_BYTES: usize = 2048;
/// Claims that the header may repeat (RFC 7519, section 5.3).
const REPEATED: [&str; 3] = ["iss", "sub", "aud"];

/// What a header must say that its token is.
pub(super) enum Wanted {
    /// A credential or presentation, by one of its names or by none.
    Content(Content),
    /// Exactly this.
    Typ(&'static str),
}

/// A header that keeps its rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    algorithm: Algorithm,
    kid: Option<String>,
    jwk: Option<PublicKey>,
    repeated: Vec<(&'static str, Value)>,
}

impl Header {
    /// Reads the members that decide anything; others (`x5c`, `jku`, …) count for nothing, and nothing is fetched.
    pub(super) fn read(header: &Object, wanted: &Wanted) -> Result<Self, JoseError> {
        let algorithm = algorithm(header)?;
        if header.contains_key("crit") {
            return Err(JoseError::Critical);
        }
        if header.get("b64").is_some_and(|encoded| *encoded != Value::Bool(true)) {
            return Err(JoseError::Unencoded);
        }
        match wanted {
            Wanted::Content(content) => {
                check_type(header, *content)?;
                check_content_type(header, *content)?;
            }
            Wanted::Typ(typ) => match text(header, "typ")? {
                Some(found) if found == *typ => {}
                Some(found) => return Err(JoseError::Type { typ: excerpt(found) }),
                None => return Err(JoseError::Header { member: "typ", problem: "is missing" }),
            },
        }
        let kid = text(header, "kid")?;
        if kid.is_some_and(|kid| kid.is_empty() || kid.len() > MAX_KID_BYTES) {
            return Err(JoseError::Header { member: "kid", problem: "is empty or too long" });
        }
        let repeated = |name: &&'static str| Some((*name, header.get(name)?.clone()));
        Ok(Self {
            algorithm,
            kid: kid.map(str::to_owned),
            jwk: jwk(header)?,
            repeated: REPEATED.iter().filter_map(repeated).collect(),
        })
    }

    /// How the token is signed.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The name of the key, as it stands there: a DID URL, a part of one, or any other name.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The key that the token brings along. It counts only if it stands in the signer's document.
    pub fn jwk(&self) -> Option<&PublicKey> {
        self.jwk.as_ref()
    }

    /// The claims that the header repeats: they must be the payload's.
    pub(super) fn repeated(&self) -> impl Iterator<Item = (&'static str, &Value)> {
        self.repeated.iter().map(|(name, value)| (*name, value))
    }
}

/// `alg` (RFC 7518, section 3.1; RFC 9864 for `Ed25519`).
fn algorithm(header: &Object) -> Result<Algorithm, JoseError> {
    let name = text(header, "alg")?.ok_or(JoseError::Header { member: "alg", problem: "is missing" })?;
    let known = [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Es384, Algorithm::Rs256];
    if let Some(algorithm) = known.into_iter().find(|algorithm| algorithm.as_str() == name) {
        return Ok(algorithm);
    }
    let shown = excerpt(name);
    match name {
        "Ed25519" => Ok(Algorithm::EdDsa),
        // Some readers take these names in any case.
        _ if name.eq_ignore_ascii_case("none") => Err(JoseError::Unsigned),
        _ if name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("HS")) => {
            Err(JoseError::SharedSecret { algorithm: shown })
        }
        _ => Err(JoseError::UnknownAlgorithm { algorithm: shown }),
    }
}

/// `typ`: one of those of VC-JOSE-COSE, today's and its drafts', the `JWT` of Open Badges, or none. A status list must say
/// that it is one, or any token of the same key would do.
fn check_type(header: &Object, content: Content) -> Result<(), JoseError> {
    let own: &[&str] = match content {
        Content::Credential => &["vc+jwt", "vc-ld+jwt", "JWT"],
        Content::Presentation => &["vp+jwt", "vp-ld+jwt", "JWT"],
        Content::StatusList => &["statuslist+jwt", "application/statuslist+jwt"],
    };
    let typ = match (text(header, "typ")?, content) {
        (Some(typ), _) => typ,
        (None, Content::StatusList) => return Err(JoseError::Type { typ: String::new() }),
        (None, _) => return Ok(()),
    };
    match typ.to_ascii_lowercase().as_str() {
        _ if own.iter().any(|name| name.eq_ignore_ascii_case(typ)) => Ok(()),
        "vc+sd-jwt" | "vp+sd-jwt" | "dc+sd-jwt" => Err(JoseError::SelectiveDisclosure),
        _ => Err(JoseError::Type { typ: excerpt(typ) }),
    }
}

/// `cty`: a media type of what is wanted, or none.
fn check_content_type(header: &Object, content: Content) -> Result<(), JoseError> {
    let Some(cty) = text(header, "cty")? else { return Ok(()) };
    let lower = cty.to_ascii_lowercase();
    let own: &[&str] = match content {
        Content::Credential => &["vc", "vc+ld+json", "vc-ld", "ld+json", "json"],
        Content::Presentation => &["vp", "vp+ld+json", "vp-ld", "ld+json", "json"],
        Content::StatusList => &["json"],
    };
    if own.contains(&lower.strip_prefix("application/").unwrap_or(&lower)) {
        return Ok(());
    }
    Err(JoseError::ContentType { cty: excerpt(cty) })
}

/// A key in the header, without its secret half.
fn jwk(header: &Object) -> Result<Option<PublicKey>, JoseError> {
    let jwk = match header.get("jwk") {
        None => return Ok(None),
        Some(Value::Object(jwk)) => jwk,
        Some(_) => return Err(JoseError::Header { member: "jwk", problem: "is not an object" }),
    };
    match PublicKey::from_jwk(jwk) {
        Ok(key) => Ok(Some(key)),
        Err(JwkError::Secret) => Err(JoseError::SecretKey),
        Err(why) => Err(JoseError::HeaderKey { why }),
    }
}

fn text<'a>(header: &'a Object, member: &'static str) -> Result<Option<&'a str>, JoseError> {
    match header.get(member) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(JoseError::Header { member, problem: "is not a text" }),
    }
}

fn excerpt(text: &str) -> String {
    text.chars().take(64).collect()
}
