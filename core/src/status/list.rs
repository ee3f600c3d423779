//! Lists that answer for badges, and the BitstringStatusListCredential (sections 2.2 and 3.2).

use super::entry::{excerpt, url};
use super::error::{LookupError, StatusError};
use super::{Bitstring, MAX_ENTRIES, OutOfRange, StatusEntry, StatusPurpose};
use crate::did;
use crate::json::{self, Object, Value};
use crate::jsonld::Contexts;
use crate::keys::PublicKey;
use crate::proof::{self, Expected, ProofFault, Purpose};
use crate::time::Timestamp;
use std::sync::Arc;
use std::time::Duration;

/// The longest that a published list is good for.
pub const MAX_LIST_VALIDITY: Duration = Duration::from_secs(48 * 3600);
/// How long others may hold a published list before they ask again.
const TTL: Duration = Duration::from_secs(300);
const CREDENTIALS_V2: &str = "https://www.w3.org/ns/credentials/v2";

/// A status list that its issuer vouched for: it exists only if a proof of the issuer was checked, or it came
/// from a verified record. Cheap to clone.
#[derive(Clone, Debug)]
pub struct VerifiedList(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    issuer: String,
    url: String,
    purpose: StatusPurpose,
    bits: Arc<Bitstring>,
    version: Option<u64>,
    as_of: Timestamp,
    valid_until: Option<Timestamp>,
    ttl: Option<Duration>,
    source: ListSource,
}

/// Where a list came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListSource {
    /// A signed BitstringStatusListCredential.
    Credential,
    /// The issuer's signed records.
    Record,
}

impl VerifiedList {
    /// Reads and verifies a BitstringStatusListCredential of at most [`json::MAX_BYTES`]. The key of a did:key
    /// or did:jwk is known from its name; `key_of` gives the others: only keys that the controller's document lists for
    /// assertions.
    ///
    /// # Errors
    /// What breaks the format, is not proved by the list's own issuer, or is not valid at `now`.
    pub fn from_credential(
        bytes: &[u8],
        key_of: &dyn Fn(&str) -> Option<PublicKey>,
        contexts: &Contexts,
        now: Timestamp,
    ) -> Result<Self, StatusError> {
        let value = json::parse(bytes)?;
        let document = value.as_object().ok_or(StatusError::NotAnObject)?;
        check_kind(document)?;
        let url = document.get("id").and_then(url).ok_or(malformed("id", "is not a URL"))?;
        let issuer = issuer_of(document)?;
        let (valid_from, valid_until) = (time(document, "validFrom")?, time(document, "validUntil")?);
        if let (Some(from), Some(until)) = (valid_from, valid_until)
            && until < from
        {
            return Err(malformed("validUntil", "lies before validFrom"));
        }
        let subject = Subject::parse(document)?;
        let created = verify_issuer(document, &issuer, key_of, contexts, now)?;

        if let Some(from) = valid_from.filter(|from| *from > now) {
            return Err(StatusError::NotYetValid { from });
        }
        if let Some(until) = valid_until.filter(|until| *until < now) {
            return Err(StatusError::Expired { until });
        }
        // Both are the issuer's word; the later one is when it last stood by this list.
        let as_of = created.max(valid_from).ok_or(StatusError::Undated)?.min(now);
        let bits = Arc::new(Bitstring::decode(subject.encoded, MAX_ENTRIES)?);
        let (purpose, ttl, source) = (subject.purpose, subject.ttl, ListSource::Credential);
        Ok(Self(Arc::new(Inner {
            issuer,
            url,
            purpose,
            bits,
            version: None,
            as_of,
            valid_until,
            ttl,
            source,
        })))
    }

    /// A list that a verified record of its issuer established.
    pub(crate) fn of_record(
        issuer: &str,
        url: &str,
        purpose: StatusPurpose,
        bits: Arc<Bitstring>,
        version: u64,
        as_of: Timestamp,
        valid_until: Option<Timestamp>,
    ) -> Self {
        Self(Arc::new(Inner {
            issuer: issuer.to_owned(),
            url: url.to_owned(),
            purpose,
            bits,
            version: Some(version),
            as_of,
            valid_until,
            ttl: None,
            source: ListSource::Record,
        }))
    }

    /// The DID that vouches for the list.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// The list's id, by which entries refer to it.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// What a set bit says.
    pub fn purpose(&self) -> StatusPurpose {
        self.0.purpose
    }

    /// Bit `index`; `None` beyond the end.
    pub fn get(&self, index: u64) -> Option<bool> {
        self.0.bits.get(index)
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.bits.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.bits.is_empty()
    }

    /// The bits.
    pub fn bits(&self) -> &Arc<Bitstring> {
        &self.0.bits
    }

    /// The list's version in the issuer's records; credentials have none.
    pub fn version(&self) -> Option<u64> {
        self.0.version
    }

    /// When the issuer last vouched for the list; never later than it was read.
    pub fn as_of(&self) -> Timestamp {
        self.0.as_of
    }

    /// Until when the issuer lets it be used. It was valid when it was read; whoever keeps it looks again.
    pub fn valid_until(&self) -> Option<Timestamp> {
        self.0.valid_until
    }

    /// How long the issuer lets others hold it before they ask again.
    pub fn ttl(&self) -> Option<Duration> {
        self.0.ttl
    }

    /// Where it came from.
    pub fn source(&self) -> ListSource {
        self.0.source
    }

    /// The bit of a badge of `issuer` with this entry.
    ///
    /// # Errors
    /// The entry means another list, another issuer's list, another purpose, or an index beyond the end.
    pub fn look_up(&self, issuer: &str, entry: &StatusEntry) -> Result<bool, LookupError> {
        if entry.list_url != self.url() {
            return Err(LookupError::OtherList);
        }
        if issuer != self.issuer() {
            return Err(LookupError::OtherIssuer);
        }
        if entry.purpose != self.purpose() {
            return Err(LookupError::OtherPurpose { entry: entry.purpose, list: self.purpose() });
        }
        let beyond = OutOfRange { index: entry.index, entries: self.len() };
        self.get(entry.index).ok_or(LookupError::OutOfRange(beyond))
    }
}

/// The unsigned BitstringStatusListCredential of a list, to be signed with [`proof::sign`]. `url` becomes its
/// id; it is valid from `now` for `valid_for`, [`MAX_LIST_VALIDITY`] at most.
pub fn list_credential(
    url: &str,
    issuer: &str,
    purpose: StatusPurpose,
    bits: &Bitstring,
    now: Timestamp,
    valid_for: Duration,
) -> Object {
    let valid_for = valid_for.min(MAX_LIST_VALIDITY);
    let ttl_ms = i64::try_from(TTL.min(valid_for).as_millis()).unwrap_or(i64::MAX);
    let subject = Object::from([
        ("id", format!("{url}#list").into()),
        ("type", "BitstringStatusList".into()),
        ("statusPurpose", purpose.as_str().into()),
        ("ttl", Value::Int(ttl_ms)),
        ("encodedList", bits.encode().into()),
    ]);
    Object::from([
        ("@context", vec![CREDENTIALS_V2.into()].into()),
        ("id", url.into()),
        ("type", vec!["VerifiableCredential".into(), "BitstringStatusListCredential".into()].into()),
        ("issuer", issuer.into()),
        ("validFrom", now.to_string().into()),
        ("validUntil", now.plus(valid_for).to_string().into()),
        ("credentialSubject", subject.into()),
    ])
}

/// The parts of `credentialSubject`.
struct Subject<'a> {
    purpose: StatusPurpose,
    ttl: Option<Duration>,
    encoded: &'a str,
}

impl<'a> Subject<'a> {
    fn parse(document: &'a Object) -> Result<Self, StatusError> {
        let one = match document.get("credentialSubject").map(Value::one_or_many) {
            Some([one]) => one.as_object(),
            _ => None,
        };
        let subject = one.ok_or(malformed("credentialSubject", "is not one object"))?;
        match types(subject).as_deref() {
            Some(["BitstringStatusList"]) => {}
            Some([other]) => return Err(StatusError::UnsupportedType { found: excerpt(other) }),
            _ => return Err(malformed("credentialSubject", "has no type")),
        }
        let purpose = match subject.get("statusPurpose").map(Value::one_or_many) {
            Some([Value::String(text)]) => StatusPurpose::parse(text)
                .ok_or_else(|| StatusError::UnsupportedPurpose { found: excerpt(text) })?,
            _ => return Err(malformed("statusPurpose", "is not one text")),
        };
        let ttl = match subject.get("ttl") {
            None => None,
            Some(Value::Int(ms)) if *ms >= 0 => Some(Duration::from_millis(ms.unsigned_abs())),
            Some(_) => return Err(malformed("ttl", "is not a whole number of milliseconds")),
        };
        let encoded = subject.get("encodedList").and_then(Value::as_str);
        Ok(Self { purpose, ttl, encoded: encoded.ok_or(malformed("encodedList", "is not text"))? })
    }
}

/// Verifies the proofs, and returns when the issuer's own was made, where it says so.
fn verify_issuer(
    document: &Object,
    issuer: &str,
    key_of: &dyn Fn(&str) -> Option<PublicKey>,
    contexts: &Contexts,
    now: Timestamp,
) -> Result<Option<Timestamp>, StatusError> {
    let proofs = proof::parse_proofs(document)?;
    if !proofs.iter().any(|proof| proof.controller() == issuer) {
        return Err(StatusError::NotByIssuer { issuer: issuer.to_owned() });
    }
    let key_of = |method: &str| match did::key_in_name(method) {
        Some(key) => key.ok(),
        None => key_of(method),
    };
    let expected = Expected { purpose: Purpose::AssertionMethod, now, challenge: None, domain: None };
    let mut created = None;
    let mut by_issuer = Err(StatusError::NotByIssuer { issuer: issuer.to_owned() });
    for (proof, result) in proofs.iter().zip(proof::verify_proofs(document, &proofs, &key_of, contexts)) {
        let of_issuer = proof.controller() == issuer;
        match result.and_then(|()| proof.check_expected(&expected)) {
            Ok(()) if of_issuer => {
                created = created.max(proof.created());
                by_issuer = Ok(());
            }
            Ok(()) => {}
            // Somebody else's proof that can't be checked takes nothing away from the issuer's.
            Err(error) if matches!(error.fault(), ProofFault::Unsupported | ProofFault::NoKey) => {
                if of_issuer && by_issuer.is_err() {
                    by_issuer = Err(error.into());
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    by_issuer.map(|()| created)
}

fn check_kind(document: &Object) -> Result<(), StatusError> {
    let first = document.get("@context").and_then(Value::as_array).and_then(|contexts| contexts.first());
    if first.and_then(Value::as_str) != Some(CREDENTIALS_V2) {
        return Err(malformed("@context", "does not begin with the context of credentials 2.0"));
    }
    match types(document).as_deref() {
        Some(types) if !types.contains(&"VerifiableCredential") => {
            Err(malformed("type", "does not name VerifiableCredential"))
        }
        Some(types) if types.contains(&"BitstringStatusListCredential") => Ok(()),
        Some(types) => {
            let other = types.iter().find(|name| **name != "VerifiableCredential");
            Err(StatusError::UnsupportedType { found: excerpt(other.unwrap_or(&"VerifiableCredential")) })
        }
        None => Err(malformed("type", "is not a list of texts")),
    }
}

fn types(object: &Object) -> Option<Vec<&str>> {
    object.get("type")?.one_or_many().iter().map(Value::as_str).collect()
}

fn issuer_of(document: &Object) -> Result<String, StatusError> {
    let issuer = match document.get("issuer") {
        Some(Value::Object(issuer)) => issuer.get("id"),
        other => other,
    };
    issuer.and_then(url).ok_or(malformed("issuer", "is not a URL"))
}

fn time(document: &Object, name: &'static str) -> Result<Option<Timestamp>, StatusError> {
    let problem = malformed(name, "is not a date and time with a time zone");
    match document.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().and_then(|text| Timestamp::parse(text).ok()).map(Some).ok_or(problem),
    }
}

fn malformed(member: &'static str, problem: &'static str) -> StatusError {
    StatusError::Member { member, problem }
}
