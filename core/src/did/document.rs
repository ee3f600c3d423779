//! DID documents (W3C DID Core 1.0, section 5), and the documents that https URLs stand for (Controlled
//! Identifiers 1.0, section 2): which keys speak for whom, and for what.
//!
//! Read as JSON, and strictly: a document that two readers could take for different ones is refused. A method
//! of a kind that we don't verify, or that is broken, is kept without a key, so that its absence can be told from our
//! ignorance, and one method's fault doesn't take the others along.

mod error;
mod method;

pub use error::{DocumentError, DocumentKeyError};
pub use method::{KeyFault, Method};

use super::Did;
use crate::json::{self, Object, Value};
use crate::keys::{PublicKey, VerifyingKey};
use crate::proof::Purpose;
use crate::time::Timestamp;
use oxiri::Iri;

/// Largest document that is read, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 256 * 1024;
/// Most verification methods of one document, and most entries of one relationship.
pub const MAX_METHODS: usize = 256;
/// Longest id or type in it, in bytes.
const MAX_TEXT_BYTES: usize = 2048;
/// The relationships of DID Core 1.0, section 5.3.
const RELATIONSHIPS: [&str; 5] =
    ["assertionMethod", "authentication", "keyAgreement", "capabilityInvocation", "capabilityDelegation"];
/// The document of a DID or https URL, whose `id` is the one that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct DidDocument {
    id: String,
    methods: Vec<Method>,
    deactivated: bool,
    json: String,
}

impl DidDocument {
    /// Reads the document of `expected_id`: a DID, or an https URL without query and fragment.
    ///
    /// # Errors
    /// What is over [`MAX_DOCUMENT_BYTES`], not I-JSON, the document of another id, or breaks a rule of the format.
    pub fn parse(bytes: &[u8], expected_id: &str) -> Result<Self, DocumentError> {
        if bytes.len() > MAX_DOCUMENT_BYTES {
            return Err(DocumentError::TooLarge { bytes: bytes.len() });
        }
        match json::parse(bytes)? {
            // What was read as JSON is UTF-8: nothing is replaced.
            Value::Object(object) => {
                Self::read(&object, expected_id, String::from_utf8_lossy(bytes).into_owned())
            }
            _ => Err(DocumentError::NotAnObject),
        }
    }

    /// The same for what was read as JSON before.
    ///
    /// # Errors
    /// As [`Self::parse`]; the size is not looked at.
    pub fn from_object(object: Object, expected_id: &str) -> Result<Self, DocumentError> {
        let value = Value::Object(object);
        let json = value.to_string();
        let object = value.as_object().ok_or(DocumentError::NotAnObject)?;
        Self::read(object, expected_id, json)
    }

    fn read(object: &Object, expected_id: &str, json: String) -> Result<Self, DocumentError> {
        if !is_subject(expected_id) {
            return Err(DocumentError::NotAnId);
        }
        match object.get("id").and_then(Value::as_str) {
            Some(id) if id == expected_id => {}
            Some(id) => return Err(DocumentError::OtherId { found: excerpt(id) }),
            None => return Err(member("id", "is missing or not a text")),
        }
        let deactivated = match object.get("deactivated") {
            None => false,
            Some(Value::Bool(deactivated)) => *deactivated,
            Some(_) => return Err(member("deactivated", "is neither true nor false")),
        };
        let methods = read_methods(object, expected_id)?;
        Ok(Self { id: expected_id.to_owned(), methods, deactivated, json })
    }

    /// The DID or URL that it is the document of.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The document's text, byte for byte as it was read. The parsed form isn't kept: it may take forty times the room.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// About how many bytes of memory it takes.
    pub fn memory_bytes(&self) -> usize {
        let methods = self.methods.iter().map(|method| {
            let modulus = match &method.key {
                Ok(PublicKey::Rsa(key)) => key.modulus().len(),
                _ => 0,
            };
            let names = [&method.id, &method.kind, &method.controller].into_iter().chain(&method.jwk_kid);
            size_of::<Method>() + names.map(String::len).sum::<usize>() + modulus
        });
        self.id.len() + self.json.len() + methods.sum::<usize>()
    }

    /// Whether the document itself says that its DID is no longer in use.
    pub fn deactivated(&self) -> bool {
        self.deactivated
    }

    /// Every verification method in it, also those of others, in the order in which they stand.
    pub fn methods(&self) -> &[Method] {
        &self.methods
    }

    /// The method with this absolute id.
    pub fn method(&self, id: &str) -> Option<&Method> {
        self.methods.iter().find(|method| method.id == id)
    }

    /// The key of a verification method for a purpose, at the time `now`. This is what a proof must be checked with:
    /// the method is of this document, controlled by its subject, listed under the purpose, and in use.
    ///
    /// # Errors
    /// Why there is none.
    pub fn key_for(
        &self,
        method_url: &str,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<PublicKey, DocumentKeyError> {
        if self.deactivated {
            return Err(DocumentKeyError::Deactivated);
        }
        if method_url.split('#').next() != Some(&self.id) {
            return Err(DocumentKeyError::OtherDocument);
        }
        let method = self.method(method_url).ok_or(DocumentKeyError::Absent)?;
        if let Err(KeyFault::Broken(why)) = &method.key {
            return Err(DocumentKeyError::Broken { why: why.clone() });
        }
        if method.controller != self.id {
            return Err(DocumentKeyError::OtherController { controller: method.controller.clone() });
        }
        if !method.is_for(purpose) {
            return Err(DocumentKeyError::OtherPurpose);
        }
        if let Some(at) = method.ended(now) {
            return Err(DocumentKeyError::Ended { at });
        }
        method.key.clone().map_err(|fault| match fault {
            KeyFault::Unsupported => DocumentKeyError::UnsupportedType { kind: method.kind.clone() },
            KeyFault::NotForSigning => DocumentKeyError::NotForSigning,
            KeyFault::Broken(why) => DocumentKeyError::Broken { why },
        })
    }

    /// The Ed25519 keys by which the subject may assert something at the time `now`: those of the logs that speak for
    /// it. For each of them [`Self::key_for`] gives an answer.
    pub fn assertion_keys(&self, now: Timestamp) -> impl Iterator<Item = VerifyingKey> {
        self.methods.iter().filter_map(move |method| {
            self.key_for(&method.id, Purpose::AssertionMethod, now).ok()?.ed25519().copied()
        })
    }
}

/// The document that an issuer publishes: every key may assert and authenticate, named `did#z6Mk…`.
pub fn of_web(did: &Did, keys: &[VerifyingKey]) -> Object {
    let keys: Vec<String> = keys.iter().map(VerifyingKey::to_multikey).collect();
    of_multikeys(did, &keys.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The same for keys of any kind by their Multikey text.
pub(super) fn of_multikeys(did: &Did, keys: &[&str]) -> Object {
    let method = |multikey: &&str| {
        Value::from(Object::from([
            ("id", format!("{did}#{multikey}").into()),
            ("type", "Multikey".into()),
            ("controller", did.as_str().into()),
            ("publicKeyMultibase", (*multikey).into()),
        ]))
    };
    let names: Vec<Value> = keys.iter().map(|multikey| format!("{did}#{multikey}").into()).collect();
    Object::from([
        (
            "@context",
            vec!["https://www.w3.org/ns/did/v1".into(), "https://w3id.org/security/multikey/v1".into()]
                .into(),
        ),
        ("id", did.as_str().into()),
        ("verificationMethod", keys.iter().map(method).collect::<Vec<_>>().into()),
        ("assertionMethod", names.clone().into()),
        ("authentication", names.into()),
    ])
}

fn is_subject(id: &str) -> bool {
    if id.starts_with("https://") {
        return id.len() <= MAX_TEXT_BYTES && !id.contains(['#', '?']) && Iri::parse(id).is_ok();
    }
    Did::parse(id).is_ok()
}

/// The methods in `verificationMethod` and those embedded in a relationship; then who refers to which.
fn read_methods(object: &Object, subject: &str) -> Result<Vec<Method>, DocumentError> {
    let mut methods = Vec::new();
    for value in list(object, "verificationMethod")? {
        let method =
            value.as_object().ok_or(member("verificationMethod", "has an entry that is no object"))?;
        add(&mut methods, Method::read(method, subject)?)?;
    }
    for relationship in RELATIONSHIPS {
        for method in list(object, relationship)?.iter().filter_map(Value::as_object) {
            add(&mut methods, Method::read(method, subject)?)?;
        }
    }
    for relationship in RELATIONSHIPS {
        let mut named: Vec<String> = Vec::new();
        for entry in list(object, relationship)? {
            let id = match entry {
                Value::Object(method) => {
                    let Some(id) = method::id_of(method, subject) else { continue };
                    id
                }
                Value::String(reference) => {
                    absolute(reference, subject).ok_or(member(relationship, "names a method by no URL"))?
                }
                _ => return Err(member(relationship, "has an entry that is no method")),
            };
            if named.contains(&id) {
                return Err(DocumentError::DuplicateReference { relationship, id: excerpt(&id) });
            }
            // A method that isn't here names no key: another document's counts for that document's subject only.
            if let Some(method) = methods.iter_mut().find(|method| method.id == id) {
                method.for_assertion |= relationship == Purpose::AssertionMethod.as_str();
                method.for_authentication |= relationship == Purpose::Authentication.as_str();
            }
            named.push(id);
        }
    }
    Ok(methods)
}

/// Adds a method; one without an id can't be meant by anybody and is left out.
fn add(methods: &mut Vec<Method>, method: Option<Method>) -> Result<(), DocumentError> {
    let Some(method) = method else { return Ok(()) };
    if methods.iter().any(|other| other.id == method.id) {
        return Err(DocumentError::DuplicateMethod { id: excerpt(&method.id) });
    }
    if methods.len() == MAX_METHODS {
        return Err(member("verificationMethod", "has too many entries"));
    }
    methods.push(method);
    Ok(())
}

/// The absolute form of an id: `#key-1` is one of the document's subject.
fn absolute(id: &str, subject: &str) -> Option<String> {
    match id.strip_prefix('#') {
        Some(fragment) if fragment.is_empty() || fragment.contains('#') => None,
        Some(_) => Some(format!("{subject}{id}")),
        None => Iri::parse(id).is_ok().then(|| id.to_owned()),
    }
}

fn list<'a>(object: &'a Object, name: &'static str) -> Result<&'a [Value], DocumentError> {
    match object.get(name) {
        None => Ok(&[]),
        Some(Value::Array(items)) if items.len() <= MAX_METHODS => Ok(items),
        Some(Value::Array(_)) => Err(member(name, "has too many entries")),
        Some(_) => Err(member(name, "is not a list")),
    }
}

fn text<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str().filter(|text| !text.is_empty() && text.len() <= MAX_TEXT_BYTES)
}

fn member(member: &'static str, problem: &'static str) -> DocumentError {
    DocumentError::Member { member, problem }
}

fn excerpt(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests;
