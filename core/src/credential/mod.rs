//! Credentials and presentations of the W3C Verifiable Credentials Data Model 2.0 and 1.1, and Open Badges 3.0, as JSON
//! or out of tokens.
//!
//! A [`Credential`] exists only if the rules of both hold. It says nothing about signatures: see
//! [`crate::verify`]. New badges are made by [`draft`], in one shape that every reader accepts.

pub mod achievement;
mod classes;
mod data_model;
mod data_model_v1;
pub mod draft;
mod malformed;
mod open_badges;
mod presentation;
mod related;
pub mod schema;
#[cfg(test)]
mod tests;
mod token;

pub use crate::proof::MAX_PROOFS;
pub use data_model::{CREDENTIALS_V2, DataModel};
pub use data_model_v1::CREDENTIALS_V1;
pub use malformed::{Kind as MalformedKind, Malformed};
pub use open_badges::{Kind, MAX_ENDORSEMENTS, OPEN_BADGES_V3};
pub use presentation::{MAX_CREDENTIALS, Presentation};

use crate::jose::{self, Content, Token};
use crate::json::{self, Object, Value};
use crate::proof::{self, Proof, ProofFault};
use crate::status::{EntryError, StatusEntry};
use crate::time::Timestamp;

/// Most entries of `credentialStatus`.
pub const MAX_STATUS_ENTRIES: usize = 16;

/// A credential whose structure was checked: data model 2.0 or 1.1, and Open Badges 3.0 where its types say so.
#[derive(Clone, Debug)]
pub struct Credential {
    object: Object,
    data_model: DataModel,
    secured: Secured,
    kind: Kind,
    validity: data_model::Validity,
    status: Vec<StatusEntry>,
    unread_status: Vec<EntryError>,
    proofs: Vec<Proof>,
}

/// How a credential or presentation is secured. Nothing of it is checked.
#[derive(Clone, Debug, PartialEq)]
pub enum Secured {
    /// By the proofs within it, of which there may be none.
    Embedded,
    /// By the token that it came in; there may be proofs within it besides.
    Jose(Box<Token>),
}

impl Secured {
    /// The token, if there is one.
    pub fn token(&self) -> Option<&Token> {
        match self {
            Self::Embedded => None,
            Self::Jose(token) => Some(token),
        }
    }
}

impl Credential {
    /// Reads a credential in JSON or in a token, of at most [`json::MAX_BYTES`] and [`json::MAX_DEPTH`].
    ///
    /// # Errors
    /// What is not JSON, or breaks a rule of [`Self::from_object`] or [`Self::from_token`]; a format that we recognize but
    /// don't read.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        if let Some(token) = token_in(bytes) {
            return Self::from_token(token);
        }
        if let Some(format) = recognized(bytes) {
            let message = format!("this is {format}, which is not read here");
            return Err(Malformed::unsupported("format_unsupported", message));
        }
        Self::from_value(json::parse(bytes)?)
    }

    /// Reads a credential in a token: a compact JWS, `vc+jwt` of data model 2.0 or a JWT of 1.1.
    ///
    /// # Errors
    /// A token or header that breaks a rule of [`jose`], a claim that contradicts the credential, `vc` in data model 2.0,
    /// and all of [`Self::from_object`].
    pub fn from_token(text: &str) -> Result<Self, Malformed> {
        token::credential(text)
    }

    /// Takes any JSON value, as an API is given it.
    ///
    /// # Errors
    /// A text that isn't a credential, a value that isn't an object, and all of [`Self::from_object`].
    pub fn from_value(value: Value) -> Result<Self, Malformed> {
        match value {
            Value::Object(object) => Self::from_object(object),
            Value::String(text) if token_in(text.as_bytes()).is_some() => Self::from_token(&text),
            _ => Err(Malformed::new("not_an_object", "a credential must be a JSON object")),
        }
    }

    /// Checks the structure of a credential, signed or not. Of an enveloped one (VCDM 2.0, section 4.13.1) the token is
    /// read.
    ///
    /// # Errors
    /// What breaks a rule of VCDM 2.0 or 1.1 or, by its types, of Open Badges 3.0; Open Badges 2.0, which are answered as
    /// unsupported; more than [`MAX_PROOFS`] or [`MAX_ENDORSEMENTS`].
    pub fn from_object(object: Object) -> Result<Self, Malformed> {
        if data_model::is_a(&object, token::ENVELOPED_CREDENTIAL) {
            return Self::from_token(token::of_envelope(&object, Content::Credential)?);
        }
        Self::read(object)
    }

    fn read(object: Object) -> Result<Self, Malformed> {
        let data_model = data_model::version(&object);
        let validity = data_model::check_credential(&object)?;
        let kind = open_badges::check(&object)?;
        let (status, unread_status) = status_entries(&object)?;
        let proofs = proofs_of(&object)?;
        Ok(Self {
            object,
            data_model,
            secured: Secured::Embedded,
            kind,
            validity,
            status,
            unread_status,
            proofs,
        })
    }

    /// The version of the data model that it is of.
    pub fn data_model(&self) -> DataModel {
        self.data_model
    }

    /// How it is secured.
    pub fn secured(&self) -> &Secured {
        &self.secured
    }

    /// The credential as it was read.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// The credential as it was read.
    pub fn into_object(self) -> Object {
        self.object
    }

    /// Its id, a URL.
    pub fn id(&self) -> Option<&str> {
        self.object.get("id")?.as_str()
    }

    /// Whom it names as its issuer: a URL, mostly a DID. Proved only by [`crate::verify`].
    pub fn issuer_id(&self) -> &str {
        // The data model's check refused a credential without.
        data_model::url_or_id(&self.object, "issuer").unwrap_or_default()
    }

    /// The ids of its subjects; a subject known by an e-mail's hash has none.
    pub fn subject_ids(&self) -> impl Iterator<Item = &str> {
        self.subjects().iter().filter_map(|subject| subject.get("id")?.as_str())
    }

    /// Its subjects, one at least.
    pub fn subjects(&self) -> &[Value] {
        self.object.get("credentialSubject").map(Value::one_or_many).unwrap_or_default()
    }

    /// Its name, as plain text; of several languages the first.
    pub fn name(&self) -> Option<&str> {
        text(self.object.get("name")?)
    }

    /// What kind of credential it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it is an Open Badge or an endorsement of Open Badges.
    pub(crate) fn is_of_open_badges(&self) -> bool {
        self.kind != Kind::Other
    }

    /// The dates that the claims `nbf` and `exp` of a token stand for.
    pub(crate) fn dates_of_claims(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        match self.data_model {
            DataModel::V1_1 => data_model_v1::dates(&self.object),
            DataModel::V2_0 => (self.validity.from, self.validity.until),
        }
    }

    /// Whether it is an Open Badge.
    pub fn is_open_badge(&self) -> bool {
        self.kind == Kind::Badge
    }

    /// What the badge stands for.
    pub fn achievement(&self) -> Option<&Object> {
        self.subjects().first()?.get("achievement")?.as_object()
    }

    /// From when on it holds.
    pub fn valid_from(&self) -> Option<Timestamp> {
        self.validity.from
    }

    /// Until when it holds.
    pub fn valid_until(&self) -> Option<Timestamp> {
        self.validity.until
    }

    /// Its status entries that we read, all of them well-formed.
    pub fn status(&self) -> &[StatusEntry] {
        &self.status
    }

    /// Why others of its status entries are of a kind that we don't read.
    pub fn unread_status(&self) -> &[EntryError] {
        &self.unread_status
    }

    /// The ids of its related resources that aren't pinned: nothing is fetched, so their digests were compared with nothing.
    pub fn unfetched_resources(&self) -> Vec<&str> {
        related::unfetched(&self.object)
    }

    /// Its proofs, all of them well-formed, none of them checked; none if it isn't signed.
    pub fn proofs(&self) -> &[Proof] {
        &self.proofs
    }
}

/// A text, or the text of a language value object, or the first of several.
pub(crate) fn text(value: &Value) -> Option<&str> {
    let first = value.one_or_many().first()?;
    first.as_str().or_else(|| first.get("@value")?.as_str())
}

/// The token that bytes are meant to be.
fn token_in(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?.trim_ascii();
    jose::looks_like_token(text).then_some(text)
}

/// What bytes are that aren't JSON, by how they begin.
fn recognized(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes.trim_ascii_start();
    let begins = |with: &[u8]| start.starts_with(with);
    if begins(b"\x89PNG") {
        Some("a PNG image")
    } else if begins(b"<svg") || begins(b"<?xml") {
        Some("an SVG image")
    } else if begins(b"%PDF") {
        Some("a PDF document")
    } else {
        None
    }
}

fn status_entries(credential: &Object) -> Result<(Vec<StatusEntry>, Vec<EntryError>), Malformed> {
    let entries = credential.get("credentialStatus").map(Value::one_or_many).unwrap_or_default();
    let refuse =
        |code, message: &str| Err(Malformed::new(code, message.to_owned()).under("credentialStatus"));
    if entries.len() > MAX_STATUS_ENTRIES {
        return refuse("status_entries_too_many", "a credential can have 16 status entries at most");
    }
    let (mut read, mut unread): (Vec<StatusEntry>, _) = (Vec::new(), Vec::new());
    for entry in entries {
        match StatusEntry::parse(entry) {
            Ok(entry) => {
                // Entries of one id are one node to a signature, which can't tell then which index, size or purpose
                // goes with which list.
                let clashes = |other: &StatusEntry| {
                    let one_place = (other.index, other.size_bits, other.kind, other.purpose)
                        == (entry.index, entry.size_bits, entry.kind, entry.purpose);
                    entry.id.is_some() && other.id == entry.id && !one_place
                };
                if read.iter().any(clashes) {
                    return refuse("status_entry_ambiguous", "two status entries have the same id");
                }
                read.push(entry);
            }
            Err(error) if error.is_unsupported() => unread.push(error),
            Err(error) => return refuse("status_entry_invalid", &error.to_string()),
        }
    }
    Ok((read, unread))
}

/// The proofs of a credential or presentation; none if there is no `proof`.
fn proofs_of(document: &Object) -> Result<Vec<Proof>, Malformed> {
    if !document.contains_key("proof") {
        return Ok(Vec::new());
    }
    proof::parse_proofs(document).map_err(|error| {
        let kind = match error.fault() {
            ProofFault::Unsupported => MalformedKind::Unsupported,
            _ => MalformedKind::Malformed,
        };
        Malformed { kind, ..Malformed::new(error.code(), error.to_string()) }.under("proof")
    })
}
