//! `relatedResource`: files that a credential names by digest (VCDM 2.0, section 5.3).

use super::data_model::id;
use super::malformed::Malformed;
use crate::json::{Object, Value};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha384, Sha512};
use std::collections::HashSet;

/// Digests of elder published versions of files that we pin: URL and SHA-256 in hexadecimal.
const ELDER: &[(&str, &str)] = &[(
    "https://www.w3.org/ns/credentials/v2",
    "24a18c90e9856d526111f29376e302d970b2bd10182e33959995b0207d7043b9",
)];
/// Multihash prefix of SHA-256: its code and its length.
const MULTIHASH_SHA256: [u8; 2] = [0x12, 0x20];

/// Each resource has an id of its own and a digest; the digest of a file that we have must be right.
pub(super) fn check(credential: &Object) -> Result<(), Malformed> {
    let Some(found) = credential.get("relatedResource") else { return Ok(()) };
    let resources = found.one_or_many();
    let mut ids = HashSet::new();
    for (at, resource) in resources.iter().enumerate() {
        // An id that isn't text is refused by `check_one`.
        let twice = resource.get("id").and_then(Value::as_str).is_some_and(|id| !ids.insert(id));
        let checked = match resource {
            _ if twice => Err(Malformed::new("related_resource_twice", "two resources have the same id")),
            Value::Object(resource) => check_one(resource),
            _ => Err(Malformed::new("not_an_object", "a related resource must be an object")),
        };
        checked.map_err(|error| error.item(at).under("relatedResource"))?;
    }
    Ok(())
}

fn check_one(resource: &Object) -> Result<(), Malformed> {
    id(resource)?;
    let Some(url) = resource.get("id").and_then(Value::as_str) else {
        return Err(Malformed::new("related_resource_without_id", "a related resource has no id"));
    };
    let digests = [("digestSRI", fits_sri as Fits), ("digestMultibase", fits_multibase as Fits)];
    let mut has_digest = false;
    for (key, fits) in digests {
        let Some(value) = resource.get(key) else { continue };
        has_digest = true;
        if !value.as_str().is_some_and(|digest| fits(url, digest)) {
            let message = format!("the digest is not that of {url}, or can't be read");
            return Err(Malformed::new("related_resource_digest", message).under(key));
        }
    }
    if has_digest {
        Ok(())
    } else {
        Err(Malformed::new("related_resource_without_digest", "a related resource has no digest"))
    }
}

type Fits = fn(&str, &str) -> bool;

/// Subresource Integrity: `sha256-`, `sha384-` or `sha512-` and base64.
fn fits_sri(url: &str, digest: &str) -> bool {
    let Some((algorithm, text)) = digest.split_once('-') else { return false };
    let Ok(bytes) = BASE64_STANDARD.decode(text) else { return false };
    let pinned = accolade_schemas::context(url).map(|pinned| pinned.bytes);
    match (algorithm, bytes.len(), pinned) {
        ("sha256", 32, _) => is_sha256_of(url, &bytes),
        ("sha384", 48, Some(file)) => Sha384::digest(file).as_slice() == bytes,
        ("sha512", 64, Some(file)) => Sha512::digest(file).as_slice() == bytes,
        ("sha384", 48, None) | ("sha512", 64, None) => true,
        _ => false,
    }
}

/// base58btc or base64url of a bare SHA-256 or of its multihash.
fn fits_multibase(url: &str, digest: &str) -> bool {
    let bytes = match (digest.as_bytes().first(), digest.get(1..)) {
        (Some(b'u'), Some(text)) => BASE64_URL_SAFE_NO_PAD.decode(text).ok(),
        (Some(b'z'), Some(text)) if text.len() <= 64 => bs58::decode(text).into_vec().ok(),
        _ => None,
    };
    let Some(bytes) = bytes else { return false };
    let bare = match bytes.strip_prefix(&MULTIHASH_SHA256[..]) {
        Some(rest) if rest.len() == 32 => rest,
        _ => &bytes,
    };
    bare.len() == 32 && is_sha256_of(url, bare)
}

/// True also for a file that we don't have: nothing is fetched, and nothing depends on it.
fn is_sha256_of(url: &str, digest: &[u8]) -> bool {
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    match accolade_schemas::context(url) {
        Some(pinned) => pinned.sha256 == hex || ELDER.contains(&(url, hex.as_str())),
        None => true,
    }
}
