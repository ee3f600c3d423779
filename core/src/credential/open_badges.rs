//! The structure of Open Badges 3.0.3, and of its first versions, which are of data model 1.1: the tables of
//! [`super::classes`], and the rules above the schema.

use super::classes::{
    ACHIEVEMENT, ACHIEVEMENT_CREDENTIAL, ACHIEVEMENT_CREDENTIAL_V1, Class, ENDORSEMENT_CREDENTIAL,
    ENDORSEMENT_CREDENTIAL_V1, Form, Typed,
};
use super::data_model::{self, DataModel, is_a, is_url};
use super::malformed::Malformed;
use crate::json::{Object, Value};
use crate::time::Timestamp;

/// The context that we write, second in the list.
pub const OPEN_BADGES_V3: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";
/// Most endorsements in one badge, wherever they stand.
pub const MAX_ENDORSEMENTS: usize = 32;

/// What kind of credential it is, by its types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An Open Badge: `OpenBadgeCredential` or `AchievementCredential`.
    Badge,
    /// An Open Badges `EndorsementCredential`.
    Endorsement,
    /// Any other credential.
    Other,
}

/// Recognizes the kind of a credential that keeps the data model's rules, and checks the rules of that kind.
pub(super) fn check(credential: &Object) -> Result<Kind, Malformed> {
    let kind = if is_a(credential, "OpenBadgeCredential") || is_a(credential, "AchievementCredential") {
        Kind::Badge
    } else if is_a(credential, "EndorsementCredential") {
        Kind::Endorsement
    } else {
        return Ok(Kind::Other);
    };
    open_badges_context(credential)?;
    let mut walk = Walk::of(credential);
    match kind {
        Kind::Badge => {
            walk.object(credential, walk.badge_class())?;
            recipient(credential)?;
        }
        _ => {
            walk.endorsement_depth = 1;
            walk.object(credential, walk.endorsement_class())?;
        }
    }
    Ok(kind)
}

/// Checks an achievement that stands by itself.
pub(super) fn check_achievement(achievement: &Object) -> Result<(), Malformed> {
    Walk::default().object(achievement, &ACHIEVEMENT)
}

/// Open Badges 3.0, section B.1.1: the second context is one of Open Badges 3.0.
fn open_badges_context(credential: &Object) -> Result<(), Malformed> {
    let second = credential.get("@context").and_then(|context| context.one_or_many().get(1)?.as_str());
    if second.is_some_and(is_open_badges_context) {
        return Ok(());
    }
    let message = format!("the second context of an Open Badge must be {OPEN_BADGES_V3} or an elder version");
    Err(Malformed::new("open_badges_context_not_second", message).under("@context"))
}

/// `…/context.json`, or `…/context-3.N.N.json`.
fn is_open_badges_context(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://purl.imsglobal.org/spec/ob/v3p0/context") else {
        return false;
    };
    let Some(version) = rest.strip_suffix(".json") else { return false };
    match version.as_bytes() {
        [] => true,
        [b'-', b'3', b'.', minor, b'.', patch] => minor.is_ascii_digit() && patch.is_ascii_digit(),
        _ => false,
    }
}

/// Open Badges 3.0, section B.1.3: an id, or at least one identifier.
fn recipient(credential: &Object) -> Result<(), Malformed> {
    let Some(subject) = credential.get("credentialSubject") else { return Ok(()) };
    let has_identifier =
        subject.get("identifier").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
    if subject.get("id").is_some() || has_identifier {
        return Ok(());
    }
    let message = "the badge names no recipient: neither an id nor an identifier";
    Err(Malformed::new("recipient_missing", message).under("credentialSubject"))
}

#[derive(Default)]
struct Walk {
    endorsements: usize,
    endorsement_depth: usize,
    /// Data model 1.1: its schema lets a single type stand without a list.
    is_v1: bool,
}

impl Walk {
    fn of(credential: &Object) -> Self {
        Self { is_v1: data_model::version(credential) == DataModel::V1_1, ..Self::default() }
    }

    fn badge_class(&self) -> &'static Class {
        if self.is_v1 { &ACHIEVEMENT_CREDENTIAL_V1 } else { &ACHIEVEMENT_CREDENTIAL }
    }

    fn endorsement_class(&self) -> &'static Class {
        if self.is_v1 { &ENDORSEMENT_CREDENTIAL_V1 } else { &ENDORSEMENT_CREDENTIAL }
    }

    fn object(&mut self, object: &Object, class: &'static Class) -> Result<(), Malformed> {
        if std::ptr::eq(class, &ENDORSEMENT_CREDENTIAL) && self.endorsement_depth == 0 {
            return self.endorsement(object);
        }
        check_type(object, class, self.is_v1)?;
        if let Some(key) = class.required.iter().find(|key| !object.contains_key(key)) {
            let message = format!("{} must have “{key}”", class.name);
            return Err(Malformed::new("member_missing", message).under(key));
        }
        for (key, value) in object.iter() {
            match class.members.iter().find(|(name, _)| *name == key) {
                Some((_, form)) => self.value(value, form).map_err(|error| error.under(key))?,
                None if class.closed && key != "type" => {
                    let message = format!("{} can't have “{}”", class.name, shortened(key));
                    return Err(Malformed::new("member_unknown", message).under(key));
                }
                None => {}
            }
        }
        Ok(())
    }

    /// An endorsement inside a badge is a credential of its own.
    fn endorsement(&mut self, object: &Object) -> Result<(), Malformed> {
        self.count()?;
        data_model::check_credential(object)?;
        open_badges_context(object)?;
        let mut inner = Self { endorsement_depth: 1, ..Self::of(object) };
        inner.object(object, inner.endorsement_class())
    }

    /// Counts one more endorsement, as an object or as a token.
    fn count(&mut self) -> Result<(), Malformed> {
        self.endorsements += 1;
        if self.endorsements > MAX_ENDORSEMENTS {
            let message = format!("a badge can have {MAX_ENDORSEMENTS} endorsements at most");
            return Err(Malformed::new("too_many_endorsements", message));
        }
        Ok(())
    }

    fn value(&mut self, value: &Value, form: &'static Form) -> Result<(), Malformed> {
        let text = value.as_str();
        let fits = match form {
            Form::Of(class) => {
                let Value::Object(object) = value else { return Err(not(class.name)) };
                return self.nested(object, class);
            }
            Form::UrlOr(class) => match value {
                Value::Object(object) => return self.nested(object, class),
                _ => text.is_some_and(is_url),
            },
            Form::List(item_form) => {
                let Value::Array(items) = value else { return Err(not("a list")) };
                return items
                    .iter()
                    .enumerate()
                    .try_for_each(|(at, item)| self.value(item, item_form).map_err(|error| error.item(at)));
            }
            Form::Text => text.is_some(),
            Form::Url => text.is_some_and(is_url),
            Form::DateTime => text.is_some_and(|text| Timestamp::parse(text).is_ok()),
            Form::Date => text.is_some_and(is_date),
            Form::Number => matches!(value, Value::Int(_) | Value::Float(_)),
            Form::Bool => matches!(value, Value::Bool(_)),
            Form::Language => text.is_some_and(is_language),
            Form::Jws => {
                self.token()?;
                text.is_some_and(is_compact_jws)
            }
            Form::Word(words) => text.is_some_and(|text| words.contains(&text)),
            Form::WordOrExt(words) => text.is_some_and(|text| words.contains(&text) || is_extension(text)),
        };
        if fits { Ok(()) } else { Err(not(described(form))) }
    }

    /// The only tokens that Open Badges knows are endorsements.
    fn token(&mut self) -> Result<(), Malformed> {
        if self.endorsement_depth > 0 {
            return Err(too_deep());
        }
        self.count()
    }

    fn nested(&mut self, object: &Object, class: &'static Class) -> Result<(), Malformed> {
        if std::ptr::eq(class, &ENDORSEMENT_CREDENTIAL) && self.endorsement_depth > 0 {
            return Err(too_deep());
        }
        self.object(object, class)
    }
}

fn check_type(object: &Object, class: &Class, is_v1: bool) -> Result<(), Malformed> {
    let found = object.get("type");
    let fits = match class.typed {
        Typed::No => true,
        Typed::Exactly(name) => found.and_then(Value::as_str) == Some(name),
        Typed::List(names) => {
            found.filter(|found| is_v1 || found.as_array().is_some()).is_some_and(|found| {
                let types = found.one_or_many();
                types.iter().all(|item| item.as_str().is_some())
                    && types.iter().any(|item| item.as_str().is_some_and(|text| names.contains(&text)))
            })
        }
    };
    if fits {
        return Ok(());
    }
    let message = match class.typed {
        Typed::Exactly(name) => format!("the type must be “{name}”"),
        Typed::List(names) => format!("the type must be a list with “{}”", names.join("” or “")),
        Typed::No => String::new(),
    };
    let code = if found.is_some() { "type_wrong" } else { "type_missing" };
    Err(Malformed::new(code, message).under("type"))
}

fn too_deep() -> Malformed {
    Malformed::new("endorsements_too_deep", "an endorsement can't hold endorsements")
}

fn not(what: &str) -> Malformed {
    Malformed::new("member_invalid", format!("this must be {what}"))
}

fn described(form: &Form) -> &'static str {
    match form {
        Form::Text => "a text",
        Form::Url => "a URL",
        Form::UrlOr(_) => "a URL or an object",
        Form::DateTime => "a date and time with a time zone",
        Form::Date => "a date (YYYY-MM-DD)",
        Form::Number => "a number",
        Form::Bool => "true or false",
        Form::Language => "a language tag, such as “en” or “de-AT”",
        Form::Jws => "a compact JWS",
        Form::Word(_) => "one of the words that Open Badges defines",
        Form::WordOrExt(_) => "one of the words that Open Badges defines, or begin with “ext:”",
        Form::Of(class) => class.name,
        Form::List(_) => "a list",
    }
}

fn shortened(key: &str) -> String {
    key.chars().take(64).collect()
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && Timestamp::parse(&format!("{text}T00:00:00Z")).is_ok()
}

/// Two to four small letters, then perhaps a script (`Latn`), then perhaps a region (`AT`, `419`).
fn is_language(text: &str) -> bool {
    let mut parts = text.split('-').peekable();
    let language = parts.next().unwrap_or_default();
    let mut fits = (2..=4).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_lowercase());
    let is_script = |part: &str| {
        let b = part.as_bytes();
        b.len() == 4 && b[0].is_ascii_uppercase() && b[1..].iter().all(u8::is_ascii_lowercase)
    };
    let is_region = |part: &str| match part.len() {
        2 => part.bytes().all(|b| b.is_ascii_uppercase()),
        3 => part.bytes().all(|b| b.is_ascii_digit()),
        _ => false,
    };
    parts.next_if(|part| is_script(part));
    if let Some(region) = parts.next() {
        fits &= is_region(region);
    }
    fits && parts.next().is_none()
}

fn is_compact_jws(text: &str) -> bool {
    let of_alphabet = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    let parts: Vec<&str> = text.splitn(4, '.').collect();
    matches!(&parts[..], [header, body, signature]
        if !header.is_empty() && !signature.is_empty() && [header, body, signature].iter().all(|p| of_alphabet(p)))
}

/// The pattern of the schema, anchored: `ext:`, then at least one letter, digit, `.`, `-`, `_` or `|`.
fn is_extension(text: &str) -> bool {
    text.strip_prefix("ext:").is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"|.-_".contains(&b))
    })
}
