//! Lists and registries in JSON.

use super::{About, Entry, Kind, MAX_ENTRIES, TrustError, shown};
use crate::did::Did;
use crate::json::{Object, Value};
use oxiri::Iri;
use std::collections::HashMap;

type Entries = HashMap<String, Entry>;

/// Reads a list of issuers, or a registry.
pub(super) fn read(value: &Value) -> Result<Entries, TrustError> {
    match value {
        Value::Array(items) => list(items, "", true),
        Value::Object(object) => members(object),
        _ => Err(form("a trust root is a list of issuers, or a registry", String::new())),
    }
}

fn members(object: &Object) -> Result<Entries, TrustError> {
    if let Some(registry) = object.get("registry").or_else(|| object.get("entries")) {
        return match registry {
            Value::Object(registry) => registered(registry),
            _ => {
                Err(form("a registry must be an object, with the issuers' DIDs as keys", "/registry".into()))
            }
        };
    }
    let of = |key: &str, endorses| match object.get(key) {
        None => Ok(Entries::new()),
        Some(Value::Array(items)) => list(items, &format!("/{key}"), endorses),
        Some(_) => Err(form("this must be a list", format!("/{key}"))),
    };
    if !object.contains_key("issuers") && !object.contains_key("endorsers") {
        let what = "a trust root has “issuers”, “endorsers” or “registry”";
        return Err(form(what, String::new()));
    }
    let mut entries = of("issuers", false)?;
    entries.extend(of("endorsers", true)?);
    Ok(entries)
}

fn list(items: &[Value], path: &str, endorses: bool) -> Result<Entries, TrustError> {
    if items.len() > MAX_ENTRIES {
        return Err(TrustError::TooManyEntries);
    }
    let mut entries = Entries::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let here = || format!("{path}/{at}");
        let (id, entry) = match item {
            Value::String(id) => (id.as_str(), Entry::default()),
            Value::Object(object) => {
                let id = ["id", "did", "issuer"].iter().find_map(|key| object.get(key)?.as_str());
                match id {
                    Some(id) => (id, described(object, Kind::List)),
                    None if is_registry(object) => return Err(TrustError::ListOfRegistries),
                    None => return Err(form("an issuer must have an “id”, its DID or URL", here())),
                }
            }
            _ => return Err(form("an issuer must be a DID or URL, or an object with one", here())),
        };
        if !names_an_issuer(id) {
            return Err(form("this is neither a DID nor an https URL", here()));
        }
        // The first mention counts: it is the more authoritative one.
        entries.entry(id.to_owned()).or_insert(Entry { endorses, ..entry });
    }
    Ok(entries)
}

fn registered(registry: &Object) -> Result<Entries, TrustError> {
    let mut entries = Entries::with_capacity(registry.len());
    for (id, value) in registry.iter() {
        let path = || format!("/registry/{}", id.replace('~', "~0").replace('/', "~1"));
        if !names_an_issuer(id) {
            return Err(form("this is neither a DID nor an https URL", path()));
        }
        let Value::Object(object) = value else {
            return Err(form("what a registry says of an issuer must be an object", path()));
        };
        entries.insert(id.to_owned(), described(object, Kind::Registry));
    }
    Ok(entries)
}

fn described(object: &Object, kind: Kind) -> Entry {
    let text = |key: &str| object.get(key).and_then(Value::as_str).map(shown);
    let about =
        About { name: text("name"), location: text("location"), url: text("url"), ..About::default() };
    Entry::new(kind, about)
}

/// The list of registries that verifiers keep (“known DID registries”): objects with a name and an address.
fn is_registry(object: &Object) -> bool {
    object.contains_key("url") || object.contains_key("trustAnchorEC")
}

/// Whether an issuer can have this name: compared as it stands, so what can't be one is a mistake in the file.
pub(super) fn names_an_issuer(id: &str) -> bool {
    match id.starts_with("did:") {
        true => Did::parse(id).is_ok(),
        false => id.starts_with("https://") && Iri::parse(id).is_ok(),
    }
}

fn form(what: &'static str, path: String) -> TrustError {
    TrustError::Form { what, path }
}
