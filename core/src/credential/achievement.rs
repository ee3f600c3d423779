//! Achievements: what a badge stands for (Open Badges 3.0, section B.1.2).

use super::malformed::Malformed;
use super::open_badges;
use crate::did::Did;
use crate::json::{self, Object, Value};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Longest name, in bytes.
pub const MAX_NAME_BYTES: usize = 1024;
/// Longest description or narrative of the criteria, in bytes.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;

/// An achievement that keeps the rules of Open Badges 3.0.3: it has an id, a name, a description, criteria.
#[derive(Clone, Debug, PartialEq)]
pub struct Achievement(Object);

impl Achievement {
    /// Reads an achievement in JSON.
    ///
    /// # Errors
    /// What is not JSON, or breaks a rule of [`Self::from_object`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        match json::parse(bytes)? {
            Value::Object(object) => Self::from_object(object),
            _ => Err(Malformed::new("not_an_object", "an achievement must be a JSON object")),
        }
    }

    /// Checks an achievement.
    ///
    /// # Errors
    /// A member that is missing or of another form; empty or overlong texts.
    pub fn from_object(object: Object) -> Result<Self, Malformed> {
        open_badges::check_achievement(&object)?;
        limits(&object)?;
        Ok(Self(object))
    }

    /// Makes an achievement of `issuer` from its content: `type` may be missing, and the id is derived from
    /// the issuer's DID and the content, so a changed achievement has another id.
    ///
    /// # Errors
    /// An id that is already there and differs, and all of [`Self::from_object`].
    pub fn of_issuer(issuer: &Did, mut content: Object) -> Result<Self, Malformed> {
        if !content.contains_key("type") {
            content.insert("type", vec![Value::from("Achievement")]);
        }
        let own_id = content.remove("id");
        let id = format!("{issuer}/achievements/{}", BASE64_URL_SAFE_NO_PAD.encode(hash_of(&content)));
        if own_id.is_some_and(|own| own.as_str() != Some(&id)) {
            let message = "the id of a new achievement is made from its content: leave it out";
            return Err(Malformed::new("achievement_id_given", message).under("id"));
        }
        let mut object = Object::from([("id", id.into())]);
        for (key, value) in content.iter() {
            object.insert(key, value.clone());
        }
        Self::from_object(object)
    }

    /// Its id, a URL.
    pub fn id(&self) -> &str {
        self.member("id")
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.member("name")
    }

    /// Its description.
    pub fn description(&self) -> &str {
        self.member("description")
    }

    /// SHA-256 of the content without the id: compact JSON, the members of each object sorted by key.
    pub fn content_hash(&self) -> [u8; 32] {
        let mut content = self.0.clone();
        content.remove("id");
        hash_of(&content)
    }

    /// The achievement as it stands in a badge.
    pub fn object(&self) -> &Object {
        &self.0
    }

    /// The achievement as it stands in a badge.
    pub fn into_object(self) -> Object {
        self.0
    }

    fn member(&self, key: &str) -> &str {
        // The tables require these members as strings.
        self.0.get(key).and_then(Value::as_str).unwrap_or_default()
    }
}

fn limits(achievement: &Object) -> Result<(), Malformed> {
    let narrative = achievement.get("criteria").and_then(|criteria| criteria.get("narrative"));
    let texts = [
        ("name", achievement.get("name"), MAX_NAME_BYTES),
        ("description", achievement.get("description"), MAX_TEXT_BYTES),
        ("criteria", narrative, MAX_TEXT_BYTES),
    ];
    for (key, value, max_bytes) in texts {
        let Some(text) = value.and_then(Value::as_str) else { continue };
        if text.trim().is_empty() {
            return Err(Malformed::new("text_empty", "this text is empty").under(key));
        }
        if text.len() > max_bytes {
            let message = format!("this text is longer than {max_bytes} bytes");
            return Err(Malformed::new("text_too_long", message).under(key));
        }
    }
    Ok(())
}

fn hash_of(content: &Object) -> [u8; 32] {
    let mut text = String::new();
    write_sorted(&mut text, &Value::Object(content.clone()));
    Sha256::digest(text.as_bytes()).into()
}

fn write_sorted(out: &mut String, value: &Value) {
    match value {
        Value::Object(object) => {
            let mut members: Vec<(&str, &Value)> = object.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            out.push('{');
            for (at, (key, value)) in members.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                // Writing to a String can't fail.
                let _ = write!(out, "{}:", Value::from(key));
                write_sorted(out, value);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_sorted(out, item);
            }
            out.push(']');
        }
        other => {
            let _ = write!(out, "{other}");
        }
    }
}
