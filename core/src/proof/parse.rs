//! Reading proofs (Data Integrity 1.0, section 2.1): what stands in a [`Proof`] keeps its rules.

use super::suite::ED25519_SIGNATURE_2020;
use super::{Expected, MAX_PROOFS, ProofError, Purpose, Suite};
use crate::json::{Object, Value};
use crate::time::Timestamp;
use oxiri::Iri;

/// Longest text of one member, in bytes.
const MAX_TEXT_BYTES: usize = 2048;
/// Most members of one proof.
const MAX_MEMBERS: usize = 64;
/// Most items of `domain` and `previousProof`.
const MAX_ITEMS: usize = 16;

/// A well-formed proof. It is not verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Proof {
    kind: Kind,
    id: Option<String>,
    verification_method: String,
    purpose: Purpose,
    created: Option<Timestamp>,
    expires: Option<Timestamp>,
    challenge: Option<String>,
    domains: Vec<String>,
    previous: Vec<String>,
    raw: Object,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Supported(Suite, Vec<u8>),
    Other(String),
}

/// Reads the proofs of a document, one object or a list, in their order. Those of a kind that we don't check
/// are among them: see [`Proof::suite`].
///
/// # Errors
/// No proof, more than [`MAX_PROOFS`], one that breaks a rule of its format, two with one id, or a
/// `previousProof` that names an absent proof or leads in a circle.
pub fn parse_proofs(document: &Object) -> Result<Vec<Proof>, ProofError> {
    let items = match document.get("proof") {
        None => return Err(ProofError::Missing),
        Some(proof) => proof.one_or_many(),
    };
    match items.len() {
        0 => return Err(ProofError::Missing),
        found if found > MAX_PROOFS => return Err(ProofError::TooMany { found }),
        _ => {}
    }
    let proofs: Vec<Proof> = items.iter().map(Proof::parse).collect::<Result<_, _>>()?;
    for proof in &proofs {
        proof.check_context(document)?;
    }
    super::chain::check(&proofs)?;
    Ok(proofs)
}

impl Proof {
    /// Reads one proof.
    fn parse(value: &Value) -> Result<Self, ProofError> {
        let raw = value.as_object().ok_or(ProofError::NotAnObject)?;
        if raw.is_empty() {
            return Err(ProofError::Missing);
        }
        if raw.len() > MAX_MEMBERS {
            return Err(member("proof", "has too many members"));
        }
        let kind = parse_kind(raw)?;
        // Other suites have their own rules; the jcs suites put an @context into the proof.
        if let Kind::Supported(suite, _) = &kind {
            let is_own = |name: &str| name == "@context" && suite.signs_text();
            if let Some((name, _)) = raw.iter().find(|(name, _)| name.starts_with('@') && !is_own(name)) {
                return Err(ProofError::Keyword { keyword: excerpt(name) });
            }
        }
        let purpose = required(raw, "proofPurpose")?;
        let proof = Self {
            kind,
            id: optional_url(raw, "id")?,
            verification_method: as_url("verificationMethod", required(raw, "verificationMethod")?)?,
            purpose: Purpose::parse(purpose)
                .ok_or_else(|| ProofError::UnknownPurpose { found: excerpt(purpose) })?,
            created: optional_time(raw, "created")?,
            expires: optional_time(raw, "expires")?,
            challenge: optional(raw, "challenge")?.map(str::to_owned),
            domains: texts(raw, "domain")?.into_iter().map(str::to_owned).collect(),
            previous: texts(raw, "previousProof")?
                .into_iter()
                .map(|id| as_url("previousProof", id))
                .collect::<Result<_, _>>()?,
            raw: raw.clone(),
        };
        optional(raw, "nonce")?;
        Ok(proof)
    }

    /// The `@context` of a proof by a jcs suite must be the beginning of the document's (vc-di-eddsa 1.0, section 3.3.2;
    /// vc-di-ecdsa 1.0, section 3.3.2).
    fn check_context(&self, document: &Object) -> Result<(), ProofError> {
        let Some(own) = self.raw.get("@context").filter(|_| self.suite().is_some()) else { return Ok(()) };
        let all = document.get("@context").map(Value::one_or_many).unwrap_or_default();
        if all.starts_with(own.one_or_many()) { Ok(()) } else { Err(ProofError::ContextNotPrefix) }
    }

    /// The suite, if it is one that we check.
    pub fn suite(&self) -> Option<Suite> {
        match &self.kind {
            Kind::Supported(suite, _) => Some(*suite),
            Kind::Other(_) => None,
        }
    }

    /// The name of the cryptosuite; for elder kinds of proof, which have none, their type.
    pub fn suite_name(&self) -> &str {
        match &self.kind {
            Kind::Supported(suite, _) => suite.as_str(),
            Kind::Other(name) => name,
        }
    }

    /// Suite and signature, if the suite is one that we check.
    pub(super) fn signature(&self) -> Result<(Suite, &[u8]), ProofError> {
        match &self.kind {
            Kind::Supported(suite, signature) => Ok((*suite, signature)),
            Kind::Other(name) => Err(ProofError::UnsupportedSuite { name: excerpt(name) }),
        }
    }

    /// The proof's own id, where it has one.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The URL of the key that is said to have made it.
    pub fn verification_method(&self) -> &str {
        &self.verification_method
    }

    /// The verification method without its fragment: the controller whose document must list it.
    pub fn controller(&self) -> &str {
        self.verification_method.split('#').next().unwrap_or_default()
    }

    /// What it was made for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// When it is said to have been made.
    pub fn created(&self) -> Option<Timestamp> {
        self.created
    }

    /// Until when it is good, where it says so.
    pub fn expires(&self) -> Option<Timestamp> {
        self.expires
    }

    /// The challenge that it answers.
    pub fn challenge(&self) -> Option<&str> {
        self.challenge.as_deref()
    }

    /// The domains that it is meant for.
    pub fn domains(&self) -> impl Iterator<Item = &str> {
        self.domains.iter().map(String::as_str)
    }

    /// The ids of the proofs that it builds on and signs together with the document.
    pub fn previous(&self) -> impl Iterator<Item = &str> {
        self.previous.iter().map(String::as_str)
    }

    /// The proof as it stands in the document.
    pub fn raw(&self) -> &Object {
        &self.raw
    }

    /// Whether the proof, apart from its signature, is what the caller asked for.
    ///
    /// # Errors
    /// Another purpose, past its time, another challenge or domain, or none where one was asked for.
    pub fn check_expected(&self, expected: &Expected<'_>) -> Result<(), ProofError> {
        if self.purpose != expected.purpose {
            return Err(ProofError::OtherPurpose { expected: expected.purpose.as_str() });
        }
        if let Some(expires) = self.expires.filter(|expires| *expires <= expected.now) {
            return Err(ProofError::Expired { expires });
        }
        if expected.challenge.is_some_and(|challenge| self.challenge() != Some(challenge)) {
            return Err(ProofError::OtherChallenge);
        }
        if expected.domain.is_some_and(|domain| !self.domains().any(|ours| ours == domain)) {
            return Err(ProofError::OtherDomain);
        }
        Ok(())
    }
}

fn parse_kind(raw: &Object) -> Result<Kind, ProofError> {
    let kind = required(raw, "type")?;
    if kind == ED25519_SIGNATURE_2020 {
        let suite = Suite::Ed25519Signature2020;
        return Ok(Kind::Supported(suite, suite.read_signature(required(raw, "proofValue")?)?));
    }
    if kind != "DataIntegrityProof" {
        return Ok(Kind::Other(kind.to_owned()));
    }
    let name = required(raw, "cryptosuite")?;
    let value = required(raw, "proofValue")?;
    match Suite::parse(name) {
        Some(suite) => Ok(Kind::Supported(suite, suite.read_signature(value)?)),
        None if value.starts_with(['u', 'z']) => Ok(Kind::Other(name.to_owned())),
        None => Err(member("proofValue", "is not multibase text")),
    }
}

fn member(member: &'static str, problem: &'static str) -> ProofError {
    ProofError::Member { member, problem }
}

fn optional<'a>(raw: &'a Object, name: &'static str) -> Result<Option<&'a str>, ProofError> {
    match raw.get(name) {
        None => Ok(None),
        Some(value) => text(name, value).map(Some),
    }
}

fn required<'a>(raw: &'a Object, name: &'static str) -> Result<&'a str, ProofError> {
    optional(raw, name)?.ok_or(member(name, "is missing"))
}

fn text<'a>(name: &'static str, value: &'a Value) -> Result<&'a str, ProofError> {
    match value.as_str() {
        None => Err(member(name, "is not text")),
        Some("") => Err(member(name, "is empty")),
        Some(text) if text.len() > MAX_TEXT_BYTES => Err(member(name, "is too long")),
        Some(text) => Ok(text),
    }
}

/// A text or a list of texts, none of them twice.
fn texts<'a>(raw: &'a Object, name: &'static str) -> Result<Vec<&'a str>, ProofError> {
    let Some(value) = raw.get(name) else { return Ok(Vec::new()) };
    let items = value.one_or_many();
    if items.is_empty() || items.len() > MAX_ITEMS {
        return Err(member(name, "is an empty or too long list"));
    }
    let mut texts = Vec::with_capacity(items.len());
    for item in items {
        let text = text(name, item)?;
        if texts.contains(&text) {
            return Err(member(name, "lists one value twice"));
        }
        texts.push(text);
    }
    Ok(texts)
}

fn as_url(name: &'static str, text: &str) -> Result<String, ProofError> {
    match Iri::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err(member(name, "is not a URL")),
    }
}

fn optional_url(raw: &Object, name: &'static str) -> Result<Option<String>, ProofError> {
    optional(raw, name)?.map(|text| as_url(name, text)).transpose()
}

fn optional_time(raw: &Object, name: &'static str) -> Result<Option<Timestamp>, ProofError> {
    let time =
        |text| Timestamp::parse(text).map_err(|_| member(name, "is not a date and time with a time zone"));
    optional(raw, name)?.map(time).transpose()
}

fn excerpt(text: &str) -> String {
    text.chars().take(64).collect()
}
