//! The registered claims of a token (RFC 7519, section 4.1), and that they say what the credential says.

use super::header::Header;
use crate::credential::{Credential, DataModel, Malformed};
use crate::json::{Object, Value};
use crate::time::Timestamp;

/// Longest text of one claim, in bytes.
const MAX_TEXT_BYTES: usize = 2048;
/// Most audiences of one token.
const MAX_AUDIENCES: usize = 16;
/// The seconds since 1970 of 0001-01-01T00:00:00Z and of 9999-12-31T23:59:59Z.
const SECONDS: std::ops::RangeInclusive<f64> = -62_135_596_800.0..=253_402_300_799.0;

/// Beginning and end.
type Dates = (Option<Timestamp>, Option<Timestamp>);

/// What a token says of itself, beside the credential or presentation in it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Claims {
    issuer: Option<String>,
    subject: Option<String>,
    id: Option<String>,
    audience: Vec<String>,
    nonce: Option<String>,
    expires: Option<Timestamp>,
    not_before: Option<Timestamp>,
    issued: Option<Timestamp>,
    issued_was_text: bool,
}

impl Claims {
    /// Takes the claims out of a payload. What a header repeats of them must be the same there.
    pub(super) fn take(header: &Header, payload: &mut Object) -> Result<Self, Malformed> {
        for (name, repeated) in header.repeated() {
            if payload.get(name) != Some(repeated) {
                let message = "the token's header says something else than its payload";
                return Err(Malformed::new("claim_differs", message).under(name));
            }
        }
        let issued = payload.remove("iat");
        let issued_was_text = matches!(issued, Some(Value::String(_)));
        Ok(Self {
            issuer: text(payload, "iss")?,
            subject: text(payload, "sub")?,
            id: text(payload, "jti")?,
            audience: audience(payload)?,
            nonce: text(payload, "nonce")?,
            expires: time(payload, "exp")?,
            not_before: time(payload, "nbf")?,
            issued: match issued {
                // Not a NumericDate, but in use, and it decides nothing.
                Some(Value::String(text)) => Some(Timestamp::parse(&text).map_err(|_| invalid("iat"))?),
                Some(value) => Some(numeric_date("iat", &value)?),
                None => None,
            },
            issued_was_text,
        })
    }

    /// `iss`: who signed, by its own word.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// `sub`: of whom or what it speaks.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// `aud`: for whom it is meant.
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        self.audience.iter().map(String::as_str)
    }

    /// `nonce`: the challenge that it answers.
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// `exp`: from when on it is no longer good.
    pub fn expires(&self) -> Option<Timestamp> {
        self.expires
    }

    /// `nbf`: before when it isn't good yet.
    pub fn not_before(&self) -> Option<Timestamp> {
        self.not_before
    }

    /// `iat`: when it was made, by its own word. That proves nothing.
    pub fn issued(&self) -> Option<Timestamp> {
        self.issued
    }

    /// Whether `iat` was a date in words, where a number belongs.
    pub fn issued_was_text(&self) -> bool {
        self.issued_was_text
    }

    /// Data model 1.1, section 6.3.1: what the credential leaves to the claims.
    pub(crate) fn complete(&self, credential: &mut Object) {
        let own = |time: Option<Timestamp>| time.map(|time| time.to_string());
        let claims = [
            ("issuer", self.issuer.clone()),
            ("id", self.id.clone()),
            ("issuanceDate", own(self.not_before)),
            ("expirationDate", own(self.expires)),
        ];
        fill(credential, claims);
        if let Some(Value::Object(subject)) = credential.get("credentialSubject") {
            let mut subject = subject.clone();
            fill(&mut subject, [("id", self.subject.clone())]);
            credential.insert("credentialSubject", subject);
        }
    }

    /// The same for a presentation.
    pub(crate) fn complete_presentation(&self, presentation: &mut Object) {
        fill(presentation, [("holder", self.issuer.clone()), ("id", self.id.clone())]);
    }

    /// That no claim contradicts the credential.
    ///
    /// In Open Badges and in data model 1.1 `nbf` and `exp` are the credential's own dates, to the second (Open Badges
    /// 3.0, section 8.2.4; VCDM 1.1, section 6.3.1). In other credentials they are those of the signature, which must
    /// leave the credential some time to hold.
    pub(crate) fn check(&self, credential: &Credential) -> Result<(), Malformed> {
        same("iss", self.issuer(), Some(credential.issuer_id()))?;
        same("jti", self.id.as_deref(), credential.id())?;
        let mut subjects = credential.subject_ids().peekable();
        if let Some(subject) = &self.subject
            && subjects.peek().is_some()
            && !subjects.any(|id| id == subject)
        {
            return Err(differs("sub"));
        }
        if credential.data_model() == DataModel::V1_1 || credential.is_of_open_badges() {
            self.check_dates_are_own(credential.dates_of_claims())
        } else {
            self.check_dates_overlap((credential.valid_from(), credential.valid_until()))
        }
    }

    fn check_dates_are_own(&self, (from, until): Dates) -> Result<(), Malformed> {
        let unlike = |(claim, own): (Timestamp, Timestamp)| claim.whole_seconds() != own.whole_seconds();
        if self.not_before.zip(from).is_some_and(unlike) {
            return Err(differs("nbf"));
        }
        if self.expires.zip(until).is_some_and(unlike) {
            return Err(differs("exp"));
        }
        Ok(())
    }

    fn check_dates_overlap(&self, (from, until): Dates) -> Result<(), Malformed> {
        if self.not_before.zip(until).is_some_and(|(begin, until)| until < begin) {
            return Err(differs("nbf"));
        }
        if self.expires.zip(from).is_some_and(|(end, from)| end <= from) {
            return Err(differs("exp"));
        }
        Ok(())
    }

    /// That no claim contradicts the presentation.
    pub(crate) fn check_presentation(&self, id: Option<&str>, holder: Option<&str>) -> Result<(), Malformed> {
        same("iss", self.issuer(), holder)?;
        same("jti", self.id.as_deref(), id)
    }
}

fn fill<const N: usize>(object: &mut Object, members: [(&str, Option<String>); N]) {
    for (name, value) in members {
        if let Some(value) = value.filter(|_| !object.contains_key(name)) {
            object.insert(name, value);
        }
    }
}

/// A claim that is there and a member that is there must be one.
fn same(name: &str, claim: Option<&str>, own: Option<&str>) -> Result<(), Malformed> {
    match (claim, own) {
        (Some(claim), Some(own)) if claim != own => Err(differs(name)),
        _ => Ok(()),
    }
}

fn differs(name: &str) -> Malformed {
    let message = format!("the token's claim “{name}” contradicts what it holds");
    Malformed::new("claim_differs", message).under(name)
}

fn invalid(name: &str) -> Malformed {
    Malformed::new("claim_invalid", format!("the token's claim “{name}” is not of its form")).under(name)
}

fn text(payload: &mut Object, name: &str) -> Result<Option<String>, Malformed> {
    match payload.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) if !text.is_empty() && text.len() <= MAX_TEXT_BYTES => Ok(Some(text)),
        Some(_) => Err(invalid(name)),
    }
}

/// One text, or a list of texts.
fn audience(payload: &mut Object) -> Result<Vec<String>, Malformed> {
    let Some(found) = payload.remove("aud") else { return Ok(Vec::new()) };
    let items = found.one_or_many();
    let fits =
        |item: &Value| item.as_str().is_some_and(|text| !text.is_empty() && text.len() <= MAX_TEXT_BYTES);
    if items.is_empty() || items.len() > MAX_AUDIENCES || !items.iter().all(fits) {
        return Err(invalid("aud"));
    }
    Ok(items.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn time(payload: &mut Object, name: &str) -> Result<Option<Timestamp>, Malformed> {
    payload.remove(name).map(|value| numeric_date(name, &value)).transpose()
}

/// Seconds since 1970, perhaps with a fraction (RFC 7519, section 2).
fn numeric_date(name: &str, value: &Value) -> Result<Timestamp, Malformed> {
    let seconds = match value {
        Value::Int(seconds) => *seconds as f64,
        Value::Float(seconds) => *seconds,
        _ => return Err(invalid(name)),
    };
    if !SECONDS.contains(&seconds) {
        return Err(invalid(name));
    }
    // Within the range milliseconds are whole numbers far below 2^53.
    Ok(Timestamp::from_millis((seconds * 1000.0).floor() as i64))
}
