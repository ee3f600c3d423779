//! New tokens: credentials and presentations of data model 2.0, signed in compact form.

use super::{Content, JoseError, Jws, MAX_TOKEN_BYTES};
use crate::credential::{CREDENTIALS_V2, Credential, Malformed};
use crate::json::{Object, Value};
use crate::jsonld::{self, Contexts, JsonLdError};
use crate::keys::{SecretKey, SigningFailed};
use crate::time::Timestamp;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// What a new token states of itself.
#[derive(Clone, Debug)]
pub struct TokenOptions {
    /// The URL of the key, `did:web:a.example#key-1`.
    pub verification_method: String,
    /// When it is made.
    pub issued: Timestamp,
    /// Until when the signature is good. An Open Badge's token ends with the badge.
    pub expires: Option<Timestamp>,
    /// The challenge that it answers.
    pub nonce: Option<String>,
    /// For whom it is meant.
    pub audience: Option<String>,
}

/// Why no token was made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SigningError {
    /// What is to be signed is no credential or presentation that may be signed.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A word in it is not defined, or it is no JSON-LD that can be processed.
    #[error(transparent)]
    JsonLd(#[from] JsonLdError),
    /// The finished token would be refused.
    #[error(transparent)]
    Token(#[from] JoseError),
    /// The key didn't sign.
    #[error(transparent)]
    Signing(#[from] SigningFailed),
}

/// Signs a credential of data model 2.0 as a `vc+jwt` (VC-JOSE-COSE 1.0, section 3.1.1). The payload is the credential,
/// with the claims `iss`, `jti`, `sub`, `nbf` and `exp` of Open Badges 3.0, section 8.2.4, where it is one, and `iat`.
///
/// # Errors
/// What isn't a credential of data model 2.0, has a claim of its own, words that nothing defines, or claims that
/// would contradict it; a token over [`MAX_TOKEN_BYTES`]. Then nothing is signed.
pub fn sign_credential(
    credential: Object,
    key: &SecretKey,
    options: &TokenOptions,
    contexts: &Contexts,
) -> Result<String, SigningError> {
    let read = Credential::from_object(credential)?;
    check_plain(read.object())?;
    jsonld::canonicalize(read.object(), &["proof"], contexts)?;
    let mut payload = read.object().clone();
    let owned = |text: &str| Value::from(text);
    payload.insert("iss", read.issuer_id());
    let (mut from, mut until) = (None, options.expires);
    if read.is_of_open_badges() {
        (from, until) = (read.valid_from(), read.valid_until().or(options.expires));
        let claims = [("jti", read.id().map(owned)), ("sub", read.subject_ids().next().map(owned))];
        for (name, value) in claims {
            value.into_iter().for_each(|value| payload.insert(name, value));
        }
    }
    let times = [("nbf", from), ("exp", until), ("iat", Some(options.issued))];
    let token = finish(payload, times, Content::Credential, key, options)?;
    // What we make, we read.
    Credential::from_token(&token)?;
    Ok(token)
}

/// Signs a presentation of data model 2.0 as a `vp+jwt` (VC-JOSE-COSE 1.0, section 3.1.2), for one occasion.
///
/// # Errors
/// As [`sign_credential`].
pub fn sign_presentation(
    presentation: Object,
    key: &SecretKey,
    options: &TokenOptions,
    contexts: &Contexts,
) -> Result<String, SigningError> {
    let read = crate::credential::Presentation::from_object(presentation)?;
    check_plain(read.object())?;
    jsonld::canonicalize(read.object(), &["proof"], contexts)?;
    let mut payload = read.object().clone();
    let holder = read.holder().map(str::to_owned);
    let claims = [("iss", holder), ("nonce", options.nonce.clone()), ("aud", options.audience.clone())];
    for (name, value) in claims {
        value.into_iter().for_each(|value| payload.insert(name, value));
    }
    let times = [("nbf", None), ("exp", options.expires), ("iat", Some(options.issued))];
    let token = finish(payload, times, Content::Presentation, key, options)?;
    crate::credential::Presentation::from_token(&token)?;
    Ok(token)
}

/// That nothing in it will be taken for a claim, and that it is of data model 2.0.
fn check_plain(document: &Object) -> Result<(), Malformed> {
    let first = document.get("@context").and_then(|context| context.one_or_many().first()?.as_str());
    if first != Some(CREDENTIALS_V2) {
        let message = "only documents of data model 2.0 are signed as a JWT";
        return Err(Malformed::unsupported("vcdm_1_1", message).under("@context"));
    }
    let claims = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "nonce", "vc", "vp"];
    match claims.into_iter().find(|name| document.contains_key(name)) {
        None => Ok(()),
        Some(name) => {
            let message = format!("“{name}” is a claim of the token: leave it out");
            Err(Malformed::new("claim_present", message).under(name))
        }
    }
}

fn finish(
    mut payload: Object,
    times: [(&str, Option<Timestamp>); 3],
    content: Content,
    key: &SecretKey,
    options: &TokenOptions,
) -> Result<String, SigningError> {
    for (name, time) in times {
        if let Some(time) = time {
            payload.insert(name, Value::Int(time.as_millis().div_euclid(1000)));
        }
    }
    let (typ, cty) = match content {
        Content::Credential => ("vc+jwt", "vc"),
        Content::Presentation => ("vp+jwt", "vp"),
        Content::StatusList => ("statuslist+jwt", "json"),
    };
    let header = Object::from([
        ("alg", key.algorithm().as_str().into()),
        ("typ", typ.into()),
        ("cty", cty.into()),
        ("kid", options.verification_method.as_str().into()),
    ]);
    let encode = |object: Object| BASE64_URL_SAFE_NO_PAD.encode(Value::from(object).to_string());
    let signed = format!("{}.{}", encode(header), encode(payload));
    let signature = key.sign(signed.as_bytes())?;
    let token = format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature));
    if token.len() > MAX_TOKEN_BYTES {
        return Err(JoseError::TooLarge { bytes: token.len() }.into());
    }
    Jws::parse(&token, content)?;
    Ok(token)
}
