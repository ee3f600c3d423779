//! Whether a badge was given to somebody whom the caller names.

use super::report::{Finding, Rank};
use crate::credential::Credential;
use crate::json::{Object, Value};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Longest name of a recipient that is compared, in bytes.
pub const MAX_RECIPIENT_BYTES: usize = 2_048;
/// Most identifiers of a badge that are compared.
const MAX_IDENTIFIERS: usize = 256;
/// What Open Badges calls an e-mail address.
const EMAIL: &str = "emailAddress";

/// Somebody to whom a badge is said to be given. The text stands in no report and no log.
#[derive(Clone, PartialEq, Eq)]
pub enum Recipient {
    /// Known by an e-mail address.
    Email(String),
    /// Known by a DID or another URL.
    Id(String),
    /// Known by another identifier of Open Badges, such as `studentId` of type `ext:studentId`.
    Identifier {
        /// The `identityType`.
        kind: String,
        /// The identifier.
        value: String,
    },
}

/// Why a text names nobody who could be a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipientError {
    /// Nothing, or too much.
    #[error("a recipient must be named by 1 to {MAX_RECIPIENT_BYTES} bytes")]
    Length,
    /// Not an e-mail address.
    #[error("an e-mail address has one @, with something before and after it")]
    NotAnAddress,
    /// Not a DID or URL.
    #[error("an id must be a DID or another absolute URL")]
    NotAUrl,
}

impl Recipient {
    /// Somebody by the kind of the name: `email`, `id`, or an `identityType` of Open Badges.
    ///
    /// # Errors
    /// A name that can't be of that kind.
    pub fn of(kind: &str, name: &str) -> Result<Self, RecipientError> {
        let name = name.trim();
        if name.is_empty() || kind.is_empty() || name.len().max(kind.len()) > MAX_RECIPIENT_BYTES {
            return Err(RecipientError::Length);
        }
        match kind {
            "email" | EMAIL => match name.split_once('@') {
                Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !domain.contains('@') => {
                    Ok(Self::Email(name.to_owned()))
                }
                _ => Err(RecipientError::NotAnAddress),
            },
            "id" => match oxiri::Iri::parse(name) {
                Ok(_) => Ok(Self::Id(name.to_owned())),
                Err(_) => Err(RecipientError::NotAUrl),
            },
            _ => Ok(Self::Identifier { kind: kind.to_owned(), value: name.to_owned() }),
        }
    }
}

/// Without the name: what a program writes into its log must not hold it.
impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Email(_) => "Recipient::Email(…)",
            Self::Id(_) => "Recipient::Id(…)",
            Self::Identifier { .. } => "Recipient::Identifier(…)",
        })
    }
}

/// Judges whether a badge whose proof passed was given to `recipient`: one of its subjects must say so. Where none
/// does, that is no proof of the contrary: the same person may be known to the issuer by another name.
pub(super) fn judge(credential: &Credential, recipient: &Recipient) -> Finding {
    let mut unread = false;
    for subject in credential.subjects() {
        if subject.get("id").and_then(Value::as_str).is_some_and(|id| is_id_of(id, recipient)) {
            return Finding::pass("recipient_ok");
        }
        let identifiers = subject.get("identifier").map(Value::one_or_many).unwrap_or_default();
        for identity in identifiers.iter().take(MAX_IDENTIFIERS).filter_map(Value::as_object) {
            match compare(identity, recipient) {
                Match::Same => return Finding::pass("recipient_ok"),
                Match::Unread => unread = true,
                Match::Other => {}
            }
        }
    }
    match unread {
        true => Finding::bad(Rank::RecipientUnknown, "recipient_hash_unsupported", None).not_checked(),
        false => Finding::bad(Rank::RecipientUnknown, "recipient_differs", None),
    }
}

enum Match {
    Same,
    Other,
    /// It may be: the hash is of a kind that isn't read.
    Unread,
}

fn is_id_of(id: &str, recipient: &Recipient) -> bool {
    match recipient {
        Recipient::Id(own) => id == own,
        Recipient::Email(address) => {
            let of_mail = id.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"));
            of_mail.is_some() && same_address(&id[7..], address)
        }
        Recipient::Identifier { .. } => false,
    }
}

fn same_address(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

/// Open Badges 3.0, section B.6.4 (IdentityObject): the identifier itself, or a hash over it and the salt.
fn compare(identity: &Object, recipient: &Recipient) -> Match {
    let text = |key: &str| identity.get(key).and_then(Value::as_str);
    let (kind, name) = match recipient {
        Recipient::Email(address) => (EMAIL, address),
        Recipient::Identifier { kind, value } => (kind.as_str(), value),
        Recipient::Id(_) => return Match::Other,
    };
    let (Some(found_kind), Some(found)) = (text("identityType"), text("identityHash")) else {
        return Match::Other;
    };
    if found_kind != kind {
        return Match::Other;
    }
    let is_mail = kind == EMAIL;
    let fits = match identity.get("hashed") {
        Some(Value::Bool(false)) if is_mail => same_address(found, name),
        Some(Value::Bool(false)) => found == name,
        Some(Value::Bool(true)) => {
            let Some((algorithm, hash)) = found.split_once('$') else { return Match::Other };
            if !algorithm.eq_ignore_ascii_case("sha256") {
                return Match::Unread;
            }
            let salt = text("salt").unwrap_or_default();
            // Issuers differ in whether they hash an address as it was written, or in small letters.
            hash_of(name, salt).eq_ignore_ascii_case(hash)
                || is_mail && hash_of(&name.to_lowercase(), salt).eq_ignore_ascii_case(hash)
        }
        _ => return Match::Other,
    };
    if fits { Match::Same } else { Match::Other }
}

fn hash_of(name: &str, salt: &str) -> String {
    let digest = Sha256::new().chain_update(name.as_bytes()).chain_update(salt.as_bytes()).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
