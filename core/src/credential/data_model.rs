//! The rules of the Verifiable Credentials Data Model 2.0 that hold for every credential and presentation.

use super::data_model_v1;
use super::malformed::Malformed;
use super::related;
use crate::json::{Object, Value};
use crate::time::Timestamp;
use oxiri::Iri;

/// The context that stands first in every VCDM 2.0 document.
pub const CREDENTIALS_V2: &str = "https://www.w3.org/ns/credentials/v2";
/// The context of Open Badges 2.0.
const OPEN_BADGES_V2: &str = "https://w3id.org/openbadges/v2";

/// A version of the Verifiable Credentials Data Model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DataModel {
    /// 1.1, of 2022: read, and never written.
    V1_1,
    /// 2.0, of 2025.
    V2_0,
}

/// The version that a document is of, by its first context; 2.0 where that is neither.
pub(super) fn version(document: &Object) -> DataModel {
    match data_model_v1::is_named_by(document.get("@context")) {
        true => DataModel::V1_1,
        false => DataModel::V2_0,
    }
}

/// The dates between which a credential holds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Validity {
    pub(super) from: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
}

/// Checks a credential's members by the rules of its version, in the order of the specification.
pub(super) fn check_credential(credential: &Object) -> Result<Validity, Malformed> {
    if version(credential) == DataModel::V1_1 {
        return data_model_v1::check_credential(credential);
    }
    context(credential)?;
    has_type(credential, "VerifiableCredential", "credential")?;
    id(credential)?;
    text_members(credential)?;
    issuer(credential)?;
    subject(credential)?;
    data_model_v1::refuse_dates(credential)?;
    let validity = validity(credential)?;
    typed(credential, "credentialStatus", Id::Optional)?;
    typed(credential, "credentialSchema", Id::Required)?;
    typed(credential, "refreshService", Id::Optional)?;
    typed(credential, "termsOfUse", Id::Optional)?;
    typed(credential, "evidence", Id::Optional)?;
    typed(credential, "proof", Id::Optional)?;
    related::check(credential)?;
    Ok(validity)
}

/// VCDM 2.0, section 4.3: a list, the base context first, then URLs or objects.
pub(super) fn context(document: &Object) -> Result<(), Malformed> {
    let found = document.get("@context").ok_or_else(|| {
        Malformed::new("context_missing", "there is no @context, so nothing says what the words mean")
            .under("@context")
    })?;
    let first = found.one_or_many().first();
    match first.and_then(Value::as_str) {
        Some(data_model_v1::CREDENTIALS_V1) => {
            let message = "this is a document of data model 1.1, where one of 2.0 is wanted";
            return Err(Malformed::unsupported("vcdm_1_1", message).under("@context"));
        }
        Some(OPEN_BADGES_V2) => {
            return Err(Malformed::unsupported(
                "open_badges_2",
                "this is an Open Badge of version 2, which is not read yet",
            ));
        }
        _ => {}
    }
    if !matches!(found, Value::Array(_)) {
        return Err(Malformed::new("context_not_a_list", "@context must be a list").under("@context"));
    }
    if first.and_then(Value::as_str) != Some(CREDENTIALS_V2) {
        let message = format!("the first context must be {CREDENTIALS_V2}");
        return Err(Malformed::new("base_context_not_first", message).under("@context"));
    }
    contexts_are_urls_or_objects(document)
}

/// What each entry of `@context` must be.
pub(super) fn contexts_are_urls_or_objects(document: &Object) -> Result<(), Malformed> {
    let entries = document.get("@context").map(Value::one_or_many).unwrap_or_default();
    for (at, entry) in entries.iter().enumerate() {
        let fits = match entry {
            Value::String(url) => is_url(url),
            Value::Object(_) => true,
            _ => false,
        };
        if !fits {
            let message = "a context must be a URL or an object";
            return Err(Malformed::new("context_invalid", message).item(at).under("@context"));
        }
    }
    Ok(())
}

/// VCDM 2.0, section 4.5: strings, among them `required`.
pub(super) fn has_type(document: &Object, required: &str, what: &str) -> Result<(), Malformed> {
    types_are_strings(document)?;
    if is_a(document, required) {
        return Ok(());
    }
    let message = format!("the type of a {what} must include {required}");
    Err(Malformed::new("type_not_included", message).under("type"))
}

/// Whether `type` holds `name`.
pub(super) fn is_a(object: &Object, name: &str) -> bool {
    types(object).any(|found| found == name)
}

/// The strings of `type`.
pub(super) fn types(object: &Object) -> impl Iterator<Item = &str> {
    object.get("type").map(Value::one_or_many).unwrap_or_default().iter().filter_map(Value::as_str)
}

fn types_are_strings(object: &Object) -> Result<(), Malformed> {
    let found =
        object.get("type").ok_or_else(|| Malformed::new("type_missing", "there is no type").under("type"))?;
    let items = found.one_or_many();
    if items.is_empty() {
        return Err(Malformed::new("type_missing", "the list of types is empty").under("type"));
    }
    match items.iter().all(|item| item.as_str().is_some_and(|name| !name.is_empty())) {
        true => Ok(()),
        false => Err(Malformed::new("type_not_a_string", "a type must be a string").under("type")),
    }
}

/// VCDM 2.0, section 4.4: none, or one URL.
pub(super) fn id(object: &Object) -> Result<(), Malformed> {
    match object.get("id") {
        None => Ok(()),
        Some(Value::String(url)) if is_url(url) => Ok(()),
        Some(Value::Array(_)) => Err(Malformed::new("id_several", "an id must be one URL").under("id")),
        Some(_) => Err(Malformed::new("id_not_a_url", "an id must be a URL").under("id")),
    }
}

fn id_required(object: &Object, code: &'static str) -> Result<(), Malformed> {
    id(object)?;
    if object.contains_key("id") { Ok(()) } else { Err(Malformed::new(code, "an id is missing").under("id")) }
}

/// VCDM 2.0, section 4.7: a URL, or an object whose id is one.
pub(super) fn issuer(credential: &Object) -> Result<(), Malformed> {
    let checked = match credential.get("issuer") {
        None => Err(Malformed::new("issuer_missing", "no issuer is named")),
        Some(Value::String(url)) if is_url(url) => Ok(()),
        Some(Value::Object(profile)) => {
            id_required(profile, "issuer_without_id").and_then(|()| text_members(profile))
        }
        Some(_) => {
            Err(Malformed::new("issuer_not_a_url", "the issuer must be a URL, or an object with one as id"))
        }
    };
    checked.map_err(|error| error.under("issuer"))
}

/// The URL of `issuer` or `holder`, in either of its forms.
pub(super) fn url_or_id<'a>(document: &'a Object, key: &str) -> Option<&'a str> {
    match document.get(key)? {
        Value::String(url) => Some(url),
        Value::Object(object) => object.get("id")?.as_str(),
        _ => None,
    }
}

/// VCDM 2.0, section 4.8: one object or several, none of them empty.
pub(super) fn subject(credential: &Object) -> Result<(), Malformed> {
    let Some(found) = credential.get("credentialSubject") else {
        let message = "there is no credentialSubject";
        return Err(Malformed::new("subject_missing", message).under("credentialSubject"));
    };
    let subjects = found.one_or_many();
    if subjects.is_empty() {
        return Err(Malformed::new("subject_empty", "the list is empty").under("credentialSubject"));
    }
    let check = |subject: &Value| match subject {
        Value::Object(claims) if claims.is_empty() => {
            Err(Malformed::new("subject_empty", "a credentialSubject says nothing"))
        }
        Value::Object(claims) => id(claims),
        _ => Err(Malformed::new("subject_not_an_object", "a credentialSubject must be an object")),
    };
    each(found, check).map_err(|error| error.under("credentialSubject"))
}

/// Checks a value, or each item of a list; what is wrong in a list tells which item.
pub(super) fn each(
    value: &Value,
    mut check: impl FnMut(&Value) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().try_for_each(|(at, item)| check(item).map_err(|error| error.item(at)))
        }
        other => check(other),
    }
}

/// VCDM 2.0, section 4.9.
fn validity(credential: &Object) -> Result<Validity, Malformed> {
    let from = date(credential, "validFrom")?;
    let until = date(credential, "validUntil")?;
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        let message = "validUntil lies before validFrom";
        return Err(Malformed::new("validity_reversed", message).under("validUntil"));
    }
    Ok(Validity { from, until })
}

pub(super) fn date(object: &Object, key: &str) -> Result<Option<Timestamp>, Malformed> {
    let Some(value) = object.get(key) else { return Ok(None) };
    let parsed = value.as_str().map(Timestamp::parse);
    match parsed {
        Some(Ok(time)) => Ok(Some(time)),
        Some(Err(error)) => Err(Malformed::new("date_invalid", error.to_string()).under(key)),
        None => Err(Malformed::new("date_invalid", "a date must be a string").under(key)),
    }
}

/// Whether the objects under a key must have an id.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Id {
    Optional,
    Required,
}

/// VCDM 2.0, section 4.5, table of objects that must have a type; their ids are single URLs.
pub(super) fn typed(credential: &Object, key: &str, id_rule: Id) -> Result<(), Malformed> {
    let Some(found) = credential.get(key) else { return Ok(()) };
    let check = |item: &Value| match item {
        Value::Object(object) => types_are_strings(object).and_then(|()| match id_rule {
            Id::Optional => id(object),
            Id::Required => id_required(object, "id_missing"),
        }),
        _ => Err(Malformed::new("not_an_object", format!("{key} must be an object with a type"))),
    };
    each(found, check).map_err(|error| error.under(key))
}

/// VCDM 2.0, section 4.6: `name` and `description` are texts, or language value objects.
pub(super) fn text_members(object: &Object) -> Result<(), Malformed> {
    for key in ["name", "description"] {
        let Some(value) = object.get(key) else { continue };
        let check = |value: &Value| match is_text(value) {
            true => Ok(()),
            false => {
                let message = "a text must be a string, or have @value, @language and @direction only";
                Err(Malformed::new("language_value_invalid", message))
            }
        };
        each(value, check).map_err(|error| error.under(key))?;
    }
    Ok(())
}

fn is_text(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Object(object) => {
            object.contains_key("@value")
                && object.iter().all(|(key, value)| match (key, value.as_str()) {
                    ("@value", Some(_)) => true,
                    ("@language", Some(tag)) => is_language_tag(tag),
                    ("@direction", Some(direction)) => matches!(direction, "ltr" | "rtl"),
                    _ => false,
                })
        }
        _ => false,
    }
}

/// The form of BCP 47: letters first, then parts of letters and digits, each of eight at most.
fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let of_letters =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic());
    let of_both =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    parts.next().is_some_and(of_letters) && parts.all(of_both)
}

/// An absolute IRI (RFC 3987): it has a scheme, and no character that a URL can't have.
pub(super) fn is_url(text: &str) -> bool {
    Iri::parse(text).is_ok()
}
