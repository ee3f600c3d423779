//! Evidence that a test supplies for files whose issuers are on the web: each issuer's document lists just the key by which
//! the file is signed.

use super::at;
use accolade_core::bake;
use accolade_core::did::document::DidDocument;
use accolade_core::json::{self, Object, Value};
use accolade_core::jsonld::Contexts;
use accolade_core::status;
use accolade_core::verify::{Documents, Evidence, ListMissing, Needs};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// What is signed in a file: out of a picture, if it is one.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    match bake::ImageKind::of(bytes) {
        Some(_) => bake::extract(bytes).map(|found| found.text).unwrap_or_default(),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// A document for each of the controllers, with the keys that the text names for it.
pub(crate) fn documents(text: &str, controllers: &[String]) -> Documents {
    let methods = methods(text.trim());
    let document = |id: &String| {
        let own = methods.iter().map(|method| {
            let mut method = method.clone();
            let fragment = method.get("id").and_then(Value::as_str).unwrap_or("#key").to_owned();
            method.insert("id", fragment.replace(id.as_str(), ""));
            method.insert("controller", id.as_str());
            method
        });
        let own: Vec<Object> = own
            .filter(|method| method.get("id").and_then(Value::as_str).is_some_and(|id| id.starts_with('#')))
            .collect();
        let ids: Vec<Value> = own.iter().filter_map(|method| method.get("id").cloned()).collect();
        let document = Object::from([
            ("@context", "https://www.w3.org/ns/cid/v1".into()),
            ("id", id.as_str().into()),
            ("verificationMethod", own.into_iter().map(Value::from).collect::<Vec<_>>().into()),
            ("assertionMethod", ids.into()),
        ]);
        let text = Value::Object(document).to_string();
        let document =
            DidDocument::parse(text.as_bytes(), id).unwrap_or_else(|error| panic!("{id}: {error}: {text}"));
        (id.clone(), Ok(Arc::new(document)))
    };
    controllers.iter().map(document).collect()
}

/// The documents, and the lists as they stand in `lists` under the last part of their addresses.
pub(crate) fn evidence(text: &str, needs: &Needs, lists: &Path, now: &str, contexts: &Contexts) -> Evidence {
    let documents = documents(text, &needs.controllers);
    let mut evidence = Evidence { documents, ..Evidence::default() };
    for need in &needs.lists {
        let name = need.url.rsplit('/').next().unwrap_or_default();
        let files = [lists.join(name), lists.join(format!("status_{name}.json"))];
        let Some(bytes) = files.iter().find_map(|file| std::fs::read(file).ok()) else { continue };
        let issuer = needs.issuers.first().expect("an issuer");
        // What signs the list is found in the list.
        let list_text = String::from_utf8_lossy(&bytes).into_owned();
        let documents = self::documents(&list_text, &needs.controllers);
        let (issuer, had_at) = (issuer.as_str(), at(now));
        let read = status::read(&bytes, need, issuer, &documents, had_at, contexts, had_at);
        let read = read.map(|list| vec![Arc::new(list)]);
        let read = read.map_err(|error| ListMissing::Refused(format!("{}: {error}", error.code())));
        evidence.lists.insert(need.url.clone(), read);
    }
    evidence
}

/// The verification methods that the proofs of a document name, or the header of a token.
fn methods(text: &str) -> Vec<Object> {
    if let Some((header, _)) = text.split_once('.').filter(|_| text.starts_with("eyJ")) {
        let header = BASE64_URL_SAFE_NO_PAD.decode(header).unwrap_or_default();
        let Ok(Value::Object(header)) = json::parse(&header) else { return Vec::new() };
        let Some(jwk) = header.get("jwk") else { return Vec::new() };
        let id = header.get("kid").and_then(Value::as_str).unwrap_or("#key");
        let method = [("id", id.into()), ("type", "JsonWebKey".into()), ("publicKeyJwk", jwk.clone())];
        return vec![Object::from(method)];
    }
    let Ok(Value::Object(document)) = json::parse(text.as_bytes()) else { return Vec::new() };
    let proofs = document.get("proof").map(Value::one_or_many).unwrap_or_default();
    let named = proofs.iter().filter_map(|proof| proof.get("verificationMethod")?.as_str());
    let keys: HashMap<&str, &str> = named.filter_map(|id| Some((id, id.split_once('#')?.1))).collect();
    let method = |(id, key): (&str, &str)| {
        Object::from([("id", id.into()), ("type", "Multikey".into()), ("publicKeyMultibase", key.into())])
    };
    keys.into_iter().map(method).collect()
}
