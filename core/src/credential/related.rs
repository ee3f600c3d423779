//! `relatedResource`: files that a credential names by digest (VCDM 2.0, section 5.3).

use super::data_model::id;
use super::malformed::Malformed;
use crate::json::{Object, Value};
use accolade_schemas::Pinned;
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha384, Sha512};
use std::collections::HashSet;

/// Digests under which a pinned file was published as well: elder versions, and the publisher's own copies that differ
/// in spaces only. URL and SHA-256 in hexadecimal.
const OTHERS: &[(&str, &str)] = &[
    // The version of 2024-07-20.
    (
        "https://www.w3.org/ns/credentials/v2",
        "24a18c90e9856d526111f29376e302d970b2bd10182e33959995b0207d7043b9",
    ),
    // VCDM 1.1, appendix B.1.
    (
        "https://www.w3.org/2018/credentials/v1",
        "ab4ddd9a531758807a79a5b450510d61ae8d147eab966cc9a200c07095b0cdcc",
    ),
    (
        "https://www.w3.org/ns/credentials/status/v1",
        "fda5add353231e6a6884a46b12e6c75464281900cb348284d9c360f62381d9f7",
    ),
    (
        "https://w3id.org/vc/status-list/2021/v1",
        "6dd06a52bedb771e059c1083ba8ba7848dce22f6b4a8cfa0b98ba3fc188870e4",
    ),
    (
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.2.json",
        "bba433989e1e700ca60838a3c22378e7d8381aeb0c9590f9ddf84d1714f10296",
    ),
    (
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json",
        "d582f3564282fb3b709136d28412e78e70b678b4dbc2f0221f67d84932748355",
    ),
    (
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.1.json",
        "cfc147db5fd5e3575b06bd471fe04784e92de69296f64a351b8dff0ec3372e9c",
    ),
    (
        "https://purl.imsglobal.org/spec/ob/v3p0/context.json",
        "b077fa134d909d92c1dcd1c153f2af1b244aeb415967fdc1467d7fc5dd48ac10",
    ),
    (
        "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
        "146f85aa16effd7ca1da8056eb443f53ce1eca8a34186cb062832c0a97d889c3",
    ),
];
/// Most digests in one `digestSRI`.
const MAX_SRI_DIGESTS: usize = 8;

/// Each resource has an id of its own and a digest; the digest of a file that we have must be right.
pub(super) fn check(credential: &Object) -> Result<(), Malformed> {
    let Some(found) = credential.get("relatedResource") else { return Ok(()) };
    let resources = found.one_or_many();
    let mut ids = HashSet::new();
    for (at, resource) in resources.iter().enumerate() {
        // An id that isn't text is refused by `check_one`.
        let twice = resource.get("id").and_then(Value::as_str).is_some_and(|id| !ids.insert(id));
        let checked = match resource {
            _ if twice => {
                let message = "two resources have the same id";
                Err(Malformed::new("related_resource_twice", message).under("id"))
            }
            Value::Object(resource) => check_one(resource),
            _ => Err(Malformed::new("not_an_object", "a related resource must be an object")),
        };
        let in_list = |error: Malformed| if found.as_array().is_some() { error.item(at) } else { error };
        checked.map_err(|error| in_list(error).under("relatedResource"))?;
    }
    Ok(())
}

fn check_one(resource: &Object) -> Result<(), Malformed> {
    id(resource)?;
    let Some(url) = resource.get("id").and_then(Value::as_str) else {
        let message = "a related resource has no id";
        return Err(Malformed::new("related_resource_without_id", message).under("id"));
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

/// The resources that aren't pinned, by their ids: nobody compared their digests with anything.
pub(super) fn unfetched(credential: &Object) -> Vec<&str> {
    let resources = credential.get("relatedResource").map(Value::one_or_many).unwrap_or_default();
    let ids = resources.iter().filter_map(|resource| resource.get("id")?.as_str());
    ids.filter(|id| pinned(id).is_none()).collect()
}

type Fits = fn(&str, &str) -> bool;

/// A digest of SHA-2 by its length.
enum Digest {
    Sha256(Vec<u8>),
    Sha384(Vec<u8>),
    Sha512(Vec<u8>),
}

/// Subresource Integrity (section 3.5): one or several of `sha256-`, `sha384-` or `sha512-` and base64, each perhaps
/// with options. Each of them must fit.
fn fits_sri(url: &str, digests: &str) -> bool {
    let mut digests = digests.split_ascii_whitespace().take(MAX_SRI_DIGESTS + 1).enumerate().peekable();
    digests.peek().is_some() && digests.all(|(at, digest)| at < MAX_SRI_DIGESTS && fits_one_sri(url, digest))
}

fn fits_one_sri(url: &str, digest: &str) -> bool {
    let digest = digest.split_once('?').map_or(digest, |(digest, _)| digest);
    let Some((algorithm, text)) = digest.split_once('-') else { return false };
    let Ok(bytes) = BASE64_STANDARD.decode(text) else { return false };
    let digest = match (algorithm, bytes.len()) {
        ("sha256", 32) => Digest::Sha256(bytes),
        ("sha384", 48) => Digest::Sha384(bytes),
        ("sha512", 64) => Digest::Sha512(bytes),
        _ => return false,
    };
    is_digest_of(url, &digest)
}

/// base58btc or base64url of a multihash of SHA-2, or of a bare SHA-256.
fn fits_multibase(url: &str, digest: &str) -> bool {
    let bytes = match (digest.as_bytes().first(), digest.get(1..)) {
        (Some(b'u'), Some(text)) => BASE64_URL_SAFE_NO_PAD.decode(text).ok(),
        (Some(b'z'), Some(text)) if text.len() <= 128 => bs58::decode(text).into_vec().ok(),
        _ => None,
    };
    // Multihash: code and length, then the digest.
    let digest = match bytes.as_deref() {
        Some([0x12, 0x20, digest @ ..]) if digest.len() == 32 => Digest::Sha256(digest.to_vec()),
        Some([0x20, 0x30, digest @ ..]) if digest.len() == 48 => Digest::Sha384(digest.to_vec()),
        Some([0x13, 0x40, digest @ ..]) if digest.len() == 64 => Digest::Sha512(digest.to_vec()),
        Some(digest) if digest.len() == 32 => Digest::Sha256(digest.to_vec()),
        _ => return false,
    };
    is_digest_of(url, &digest)
}

/// True also for a file that we don't have: nothing is fetched, and nothing depends on it.
fn is_digest_of(url: &str, digest: &Digest) -> bool {
    let Some(pinned) = pinned(url) else { return true };
    match digest {
        Digest::Sha256(digest) => {
            let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            pinned.sha256 == hex || OTHERS.contains(&(url, hex.as_str()))
        }
        Digest::Sha384(digest) => Sha384::digest(pinned.bytes).as_slice() == digest,
        Digest::Sha512(digest) => Sha512::digest(pinned.bytes).as_slice() == digest,
    }
}

fn pinned(url: &str) -> Option<&'static Pinned> {
    accolade_schemas::context(url).or_else(|| accolade_schemas::json_schema(url))
}
