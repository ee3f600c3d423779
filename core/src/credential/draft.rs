//! New badges: the one place that decides their ids, dates, types and contexts.
//!
//! A written badge has one shape, which every reader and the Open Badges schema accept: the two contexts in
//! this order, `credentialStatus` one object, and (added by [`crate::proof::sign`]) `proof` an array.

use super::Credential;
use super::achievement::Achievement;
use super::data_model::{self, CREDENTIALS_V2};
use super::malformed::Malformed;
use super::open_badges::OPEN_BADGES_V3;
use crate::did::Did;
use crate::json::{Object, Value};
use crate::status::StatusPurpose;
use crate::time::Timestamp;
use sha2::{Digest as _, Sha256};

/// The context that defines 1EdTechRevocationList.
const OPEN_BADGES_EXTENSIONS: &str = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json";
/// Longest e-mail address, in bytes (RFC 5321, section 4.5.3.1.3).
const MAX_EMAIL_BYTES: usize = 254;
/// Shortest salt of an e-mail's hash, in bytes.
pub const MIN_SALT_BYTES: usize = 16;

/// Who issues.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// The issuer's DID.
    pub id: Did,
    /// Its name, for display.
    pub name: String,
    /// Its home page.
    pub url: Option<String>,
}

/// Who receives.
#[derive(Clone, Debug)]
pub enum Recipient {
    /// Somebody with a DID, who can prove that the badge is theirs.
    Did(String),
    /// Somebody known by an e-mail address. The badge holds only its salted hash.
    Email {
        /// The address as the recipient writes it; surrounding space is cut off.
        address: String,
        /// Random text, another for each badge, of [`MIN_SALT_BYTES`] at least.
        salt: String,
    },
}

/// How a badge names its place in a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusKind {
    /// As a `BitstringStatusListEntry`.
    #[default]
    Bitstring,
    /// As a `1EdTechRevocationList`, whose list names badges by their ids; the position stands behind its address.
    OneEdTech,
}

/// The bit that says whether a badge was revoked or suspended.
#[derive(Clone, Debug)]
pub struct StatusRef {
    /// How it is named.
    pub kind: StatusKind,
    /// The list's URL.
    pub list_url: String,
    /// The position of the bit.
    pub index: u64,
    /// What the bit says.
    pub purpose: StatusPurpose,
}

/// All that goes into a new badge.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The badge's id, mostly from [`uuid_urn`].
    pub id: String,
    /// Who issues.
    pub issuer: Issuer,
    /// What the badge stands for.
    pub achievement: Object,
    /// Who receives.
    pub recipient: Recipient,
    /// The recipient's name, in clear text, where that is wanted.
    pub recipient_name: Option<String>,
    /// From when on the badge holds.
    pub valid_from: Timestamp,
    /// Until when.
    pub valid_until: Option<Timestamp>,
    /// When the achievement was awarded, where that differs from `valid_from`.
    pub awarded: Option<Timestamp>,
    /// Open Badges `Evidence` objects; `type` may be missing.
    pub evidence: Vec<Object>,
    /// Open Badges `Result` objects; `type` may be missing.
    pub results: Vec<Object>,
    /// The status entry.
    pub status: Option<StatusRef>,
}

/// Makes the unsigned credential.
///
/// # Errors
/// What breaks a rule of VCDM 2.0 or Open Badges 3.0.3, an address that is none, a salt that is too short.
pub fn draft(draft: Draft) -> Result<Object, Malformed> {
    let achievement = Achievement::from_object(draft.achievement)
        .map_err(|error| error.under("achievement").under("credentialSubject"))?;
    let mut badge = Object::from([
        ("@context", vec![CREDENTIALS_V2.into(), OPEN_BADGES_V3.into()].into()),
        ("id", draft.id.into()),
        ("type", vec!["VerifiableCredential".into(), "OpenBadgeCredential".into()].into()),
        ("name", achievement.name().into()),
        ("issuer", profile(draft.issuer).into()),
        ("validFrom", draft.valid_from.whole_seconds().to_string().into()),
    ]);
    if let Some(until) = draft.valid_until {
        badge.insert("validUntil", until.whole_seconds().to_string());
    }
    if let Some(awarded) = draft.awarded {
        badge.insert("awardedDate", awarded.whole_seconds().to_string());
    }
    let mut subject = subject(draft.recipient, draft.recipient_name)?;
    subject.insert("achievement", achievement.into_object());
    if !draft.results.is_empty() {
        subject.insert("result", typed(draft.results, "Result"));
    }
    badge.insert("credentialSubject", subject);
    if !draft.evidence.is_empty() {
        badge.insert("evidence", typed(draft.evidence, "Evidence"));
    }
    if let Some(status) = draft.status {
        add_status(&mut badge, &status);
    }
    Ok(Credential::from_object(badge)?.into_object())
}

/// Completes a caller's own credential for signing (VC-API `/credentials/issue`): fills in the issuer, `id`
/// and `validFrom` where they are missing, and adds the status entry.
///
/// A credential that brings a `credentialStatus` of its own is taken as it is if `status` is `None`.
///
/// # Errors
/// Another's issuer, a proof that is already there, a status entry beside `status`, and what breaks a rule of
/// VCDM 2.0 or, by its types, of Open Badges 3.0.3.
pub fn complete(
    mut credential: Object,
    issuer: &Did,
    id: String,
    status: Option<StatusRef>,
    now: Timestamp,
) -> Result<Object, Malformed> {
    data_model::context(&credential)?;
    if credential.contains_key("proof") {
        let message = "the credential already has a proof: hand in the unsigned credential";
        return Err(Malformed::new("proof_present", message).under("proof"));
    }
    fill_issuer(&mut credential, issuer)?;
    if !credential.contains_key("id") {
        credential.insert("id", id);
    }
    if !credential.contains_key("validFrom") {
        credential.insert("validFrom", now.whole_seconds().to_string());
    }
    if let Some(status) = status {
        if credential.contains_key("credentialStatus") {
            let message = "the credential has a status entry of its own: leave it out";
            return Err(Malformed::new("status_present", message).under("credentialStatus"));
        }
        add_status(&mut credential, &status);
    }
    Ok(Credential::from_object(credential)?.into_object())
}

/// The URN of a random UUID (RFC 9562, version 4): `urn:uuid:…`.
pub fn uuid_urn(random: [u8; 16]) -> String {
    let mut bytes = random;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("urn:uuid:{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The `identityHash` of an e-mail address: `sha256$` and the hash of address and salt in hexadecimal. The
/// address is trimmed and taken in lower case, so that the recipient is found again however they write it.
pub fn email_hash(address: &str, salt: &str) -> String {
    let text = format!("{}{salt}", address.trim().to_lowercase());
    let hex: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256${hex}")
}

fn profile(issuer: Issuer) -> Object {
    let mut profile = Object::from([
        ("id", issuer.id.as_str().into()),
        ("type", vec!["Profile".into()].into()),
        ("name", issuer.name.into()),
    ]);
    if let Some(url) = issuer.url {
        profile.insert("url", url);
    }
    profile
}

fn subject(recipient: Recipient, name: Option<String>) -> Result<Object, Malformed> {
    let mut subject = Object::new();
    let mut identifiers: Vec<Value> = Vec::new();
    match recipient {
        Recipient::Did(did) => {
            Did::parse(&did).map_err(|error| {
                Malformed::new("recipient_invalid", error.to_string()).under("credentialSubject")
            })?;
            subject.insert("id", did);
        }
        Recipient::Email { address, salt } => {
            if !is_email(address.trim()) {
                let message = "the recipient's e-mail address is not one";
                return Err(Malformed::new("recipient_invalid", message).under("credentialSubject"));
            }
            if salt.len() < MIN_SALT_BYTES {
                let message = format!("the salt must have {MIN_SALT_BYTES} bytes at least");
                return Err(Malformed::new("salt_too_short", message).under("credentialSubject"));
            }
            let mut identity = identity("emailAddress", true, email_hash(&address, &salt));
            identity.insert("salt", salt);
            identifiers.push(identity.into());
        }
    }
    subject.insert("type", vec![Value::from("AchievementSubject")]);
    identifiers.extend(name.map(|name| identity("name", false, name).into()));
    if !identifiers.is_empty() {
        subject.insert("identifier", identifiers);
    }
    Ok(subject)
}

fn identity(kind: &str, hashed: bool, identity_hash: String) -> Object {
    Object::from([
        ("type", "IdentityObject".into()),
        ("hashed", hashed.into()),
        ("identityHash", identity_hash.into()),
        ("identityType", kind.into()),
    ])
}

/// One `@`, something before it, a domain with a dot or `localhost` after it, no space or control character.
fn is_email(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let plain = !address.chars().any(|c| c.is_whitespace() || c.is_control());
    let domain_fits =
        domain == "localhost" || (domain.contains('.') && domain.split('.').all(|label| !label.is_empty()));
    plain && !local.is_empty() && !local.contains('@') && domain_fits && address.len() <= MAX_EMAIL_BYTES
}

fn typed(objects: Vec<Object>, class: &str) -> Vec<Value> {
    let with_type = |mut object: Object| {
        if !object.contains_key("type") {
            object.insert("type", vec![Value::from(class)]);
        }
        object.into()
    };
    objects.into_iter().map(with_type).collect()
}

/// Adds the entry, and the context that defines it where the credential's own don't.
fn add_status(credential: &mut Object, status: &StatusRef) {
    let id = format!("{}#{}", status.list_url, status.index);
    let entry = match status.kind {
        StatusKind::Bitstring => Object::from([
            ("id", id.into()),
            ("type", "BitstringStatusListEntry".into()),
            ("statusPurpose", status.purpose.as_str().into()),
            ("statusListIndex", status.index.to_string().into()),
            ("statusListCredential", status.list_url.as_str().into()),
        ]),
        StatusKind::OneEdTech => {
            let contexts = credential.get("@context").map(Value::one_or_many).unwrap_or_default();
            if !contexts.iter().any(|context| context.as_str() == Some(OPEN_BADGES_EXTENSIONS)) {
                let with_ours: Vec<Value> =
                    contexts.iter().cloned().chain([OPEN_BADGES_EXTENSIONS.into()]).collect();
                credential.insert("@context", with_ours);
            }
            Object::from([("id", id.into()), ("type", "1EdTechRevocationList".into())])
        }
    };
    credential.insert("credentialStatus", entry);
}

fn fill_issuer(credential: &mut Object, issuer: &Did) -> Result<(), Malformed> {
    let named = match credential.get("issuer") {
        None => {
            credential.insert("issuer", issuer.as_str());
            return Ok(());
        }
        Some(Value::Object(profile)) if !profile.contains_key("id") => {
            let mut profile = profile.clone();
            profile.insert("id", issuer.as_str());
            credential.insert("issuer", profile);
            return Ok(());
        }
        Some(Value::Object(profile)) => profile.get("id").and_then(Value::as_str),
        Some(other) => other.as_str(),
    };
    if named == Some(issuer.as_str()) {
        return Ok(());
    }
    let message = format!("the credential names another issuer; this node issues as {issuer}");
    Err(Malformed::new("issuer_differs", message).under("issuer"))
}
