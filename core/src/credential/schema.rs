//! JSON Schemas that credentials name (`credentialSchema`; VCDM 2.0, section 4.11; Open Badges 3.0, section 8.5).
//!
//! Nothing is fetched: a schema counts if it is pinned in `accolade-schemas`. Each is compiled once, when the first
//! credential names it. Only credentials that name a schema cost anything.

use super::Credential;
use super::malformed::Malformed;
use crate::json::{Object, Value};
use jsonschema::{Draft, PatternOptions, Validator};
use std::sync::LazyLock;

/// Most schemas of one credential that are looked at.
pub const MAX_SCHEMAS: usize = 8;
/// Most errors of one schema that are told.
const MAX_ERRORS: usize = 3;
/// Longest description of one error, in characters.
const MAX_ERROR_CHARS: usize = 200;

/// The type of Open Badges, and that of VC JSON Schema 1.0.
const TYPES: [&str; 2] = ["1EdTechJsonSchemaValidator2019", "JsonSchema"];
/// The schemas of Open Badges 3.0.3 are published under both folders; one asks for lists where the other takes a
/// single value as well. The stricter is pinned, and the rules of Open Badges ask for the same.
const FOLDERS: [&str; 2] = [
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/",
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json-ld/",
];
const ACHIEVEMENT: &str =
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json-ld/ob_v3p0_achievementcredential_schema.json";
/// Members that the data model lets stand as a single value, and the pinned schema wants as a list.
const LISTS: [&str; 3] = ["proof", "credentialSchema", "termsOfUse"];

/// What became of the schemas that a credential names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SchemaVerdict {
    /// It names none.
    None,
    /// It keeps all of them, and all of them are pinned.
    Kept,
    /// It breaks one of them. The message tells the first few places, the path the very first.
    Broken(Malformed),
    /// It keeps those that are pinned; these aren't, or are of a type that isn't evaluated.
    Unknown(Vec<String>),
}

/// Holds a credential against the schemas that it names. The data model's rules have been checked before: each has
/// an id and a type.
pub fn check(credential: &Credential) -> SchemaVerdict {
    let object = credential.object();
    let Some(named) = object.get("credentialSchema") else { return SchemaVerdict::None };
    let named = named.one_or_many();
    if named.is_empty() {
        return SchemaVerdict::None;
    }
    if named.len() > MAX_SCHEMAS {
        let message = format!("a credential can name {MAX_SCHEMAS} schemas at most");
        return SchemaVerdict::Broken(Malformed::new("schemas_too_many", message).under("credentialSchema"));
    }
    let mut instance = None;
    let mut unknown = Vec::new();
    for schema in named {
        let Some(validator) = pinned(schema, object) else {
            let id = schema.get("id").and_then(Value::as_str).unwrap_or_default();
            unknown.push(id.chars().take(MAX_ERROR_CHARS).collect());
            continue;
        };
        let instance = instance.get_or_insert_with(|| instance_of(object));
        if let Some(broken) = errors(validator, instance) {
            return SchemaVerdict::Broken(broken);
        }
    }
    if unknown.is_empty() { SchemaVerdict::Kept } else { SchemaVerdict::Unknown(unknown) }
}

/// The compiled schema of an entry of `credentialSchema`, if it is pinned and speaks of credentials of this version
/// of the data model: the schemas had the same addresses when Open Badges 3.0 stood on version 1.1.
fn pinned(schema: &Value, credential: &Object) -> Option<&'static Validator> {
    let types = schema.get("type").map(Value::one_or_many).unwrap_or_default();
    if !types.iter().filter_map(Value::as_str).any(|name| TYPES.contains(&name)) {
        return None;
    }
    let base = credential.get("@context").and_then(|context| context.one_or_many().first()?.as_str());
    if base != Some(super::CREDENTIALS_V2) {
        return None;
    }
    let id = schema.get("id").and_then(Value::as_str)?;
    let file = FOLDERS.iter().find_map(|folder| id.strip_prefix(folder))?;
    match file {
        "ob_v3p0_achievementcredential_schema.json" => ACHIEVEMENT_CREDENTIAL.as_ref(),
        "ob_v3p0_endorsementcredential_schema.json" => ENDORSEMENT_CREDENTIAL.as_ref(),
        _ => None,
    }
}

static ACHIEVEMENT_CREDENTIAL: LazyLock<Option<Validator>> = LazyLock::new(|| compile(&pinned_file()?));

/// The class of endorsements by the same file, which defines it for those within a badge.
static ENDORSEMENT_CREDENTIAL: LazyLock<Option<Validator>> = LazyLock::new(|| {
    let file = pinned_file()?;
    let definitions = file.get("$defs")?.clone();
    let mut schema = definitions.get("EndorsementCredential")?.as_object()?.clone();
    schema.insert("$defs".to_owned(), definitions);
    compile(&serde_json::Value::Object(schema))
});

fn pinned_file() -> Option<serde_json::Value> {
    let file = accolade_schemas::json_schema(ACHIEVEMENT)?;
    serde_json::from_slice(file.bytes).ok()
}

/// Draft 2019-09 with patterns in linear time. What a `format` means is not asked: dates and URLs are checked by the
/// rules of Open Badges, more strictly.
fn compile(schema: &serde_json::Value) -> Option<Validator> {
    jsonschema::options()
        .with_draft(Draft::Draft201909)
        .should_validate_formats(false)
        .with_pattern_options(PatternOptions::regex())
        .offline()
        .build(schema)
        .ok()
}

/// The credential as a schema sees it.
fn instance_of(credential: &Object) -> serde_json::Value {
    let mut members = serde_json::Map::with_capacity(credential.len());
    for (key, value) in credential.iter() {
        // Several entries where the schema wants one object are a warning elsewhere, and each of them was checked.
        if key == "credentialStatus" && value.as_array().is_some() {
            continue;
        }
        let value = match value {
            Value::Object(_) if LISTS.contains(&key) => serde_json::Value::Array(vec![theirs(value)]),
            _ => theirs(value),
        };
        members.insert(key.to_owned(), value);
    }
    serde_json::Value::Object(members)
}

/// The same value as serde_json's. Nothing is lost: integers are within 2^53, other numbers are finite doubles.
pub(super) fn theirs(value: &Value) -> serde_json::Value {
    use serde_json::Value as Theirs;
    match value {
        Value::Null => Theirs::Null,
        Value::Bool(value) => Theirs::Bool(*value),
        Value::Int(value) => Theirs::Number((*value).into()),
        Value::Float(value) => serde_json::Number::from_f64(*value).map_or(Theirs::Null, Theirs::Number),
        Value::String(text) => Theirs::String(text.clone()),
        Value::Array(items) => Theirs::Array(items.iter().map(theirs).collect()),
        Value::Object(object) => {
            Theirs::Object(object.iter().map(|(key, value)| (key.to_owned(), theirs(value))).collect())
        }
    }
}

fn errors(validator: &Validator, instance: &serde_json::Value) -> Option<Malformed> {
    let mut errors = validator.iter_errors(instance);
    let first = errors.next()?;
    let path = first.instance_path().as_str().to_owned();
    let more = errors.take(MAX_ERRORS - 1);
    let told: Vec<String> = std::iter::once(first)
        .chain(more)
        .map(|error| {
            let message: String = error.masked().to_string().chars().take(MAX_ERROR_CHARS).collect();
            let at = error.instance_path().as_str();
            if at.is_empty() { message } else { format!("{message} (at {at})") }
        })
        .collect();
    Some(Malformed { path, ..Malformed::new("schema_broken", told.join("; ")) })
}
