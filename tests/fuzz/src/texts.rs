//! Readers of text: what they take is read alike again, and never as something else.

use super::samples::{CONTEXTS, LISTS, NOW, WEB, at};
use accolade_core::did::document::DidDocument;
use accolade_core::did::{self, Did, web};
use accolade_core::json::{self, Object, Value, jcs};
use accolade_core::jsonld::canonicalize;
use accolade_core::proof::Purpose;
use accolade_core::status::{Bitstring, MAX_ENTRIES, MIN_ENTRIES, VerifiedList};
use accolade_core::verify::Documents;

/// JSON: what was read is written and read alike, and its canonical text is its own canonical text.
pub fn parse(data: &[u8]) {
    let Ok(value) = json::parse(data) else { return };
    assert_eq!(json::parse(value.to_string().as_bytes()).as_ref(), Ok(&value));
    let canonical = jcs::canonical(&value);
    let again = json::parse(canonical.as_bytes()).unwrap_or_else(|error| panic!("{error}: {canonical}"));
    assert_eq!(jcs::canonical(&again), canonical);
}

/// JSON-LD: the canonical form doesn't depend on the order of members, nor on how often it is asked for.
pub fn json_ld(data: &[u8]) {
    let Ok(Value::Object(document)) = json::parse(data) else { return };
    let Ok(canonical) = canonicalize(&document, &["proof"], &CONTEXTS) else { return };
    assert_eq!(canonicalize(&document, &["proof"], &CONTEXTS).as_ref(), Ok(&canonical));
    let Value::Object(turned) = turned(&Value::Object(document)) else { return };
    // Another order may be more work, and be refused for it; it is never another form.
    if let Ok(other) = canonicalize(&turned, &["proof"], &CONTEXTS) {
        assert_eq!(other, canonical);
    }
    let lines: Vec<&str> = canonical.nquads.lines().collect();
    assert!(lines.is_sorted() && lines.iter().all(|line| line.ends_with(" .")), "{}", canonical.nquads);
}

/// The members of all objects the other way round, but for contexts.
fn turned(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut members: Vec<(&str, &Value)> = object.iter().collect();
            members.reverse();
            let mut turned_object = Object::new();
            for (name, value) in members {
                turned_object.insert(name, if name == "@context" { value.clone() } else { turned(value) });
            }
            turned_object.into()
        }
        Value::Array(items) => items.iter().map(turned).collect::<Vec<_>>().into(),
        other => other.clone(),
    }
}

/// An encoded list: what is read has a size within the limits, and is written and read alike.
pub fn bitstring(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(bits) = Bitstring::decode(text, MAX_ENTRIES) else { return };
    assert!((MIN_ENTRIES..=MAX_ENTRIES).contains(&bits.len()));
    assert_eq!(Bitstring::decode(&bits.encode(), MAX_ENTRIES), Ok(bits.clone()));
    assert_eq!(bits.ones().count(), bits.count_ones());
    assert!(bits.ones().all(|index| bits.get(index) == Some(true)));
    assert_eq!(bits.get(bits.len() as u64), None);
}

/// A status list: one that is taken says what one of ours says.
pub fn status_list(data: &[u8]) {
    let Some(list) = read_list(data) else { return };
    let Ok(Value::Object(document)) = json::parse(data) else { panic!("a list that is no object") };
    let canonical =
        |document: &Object| canonicalize(document, &["proof"], &CONTEXTS).expect("JSON-LD").nquads;
    let own = canonical(&document);
    let signed = LISTS.iter().find(|list| canonical(list) == own);
    let signed =
        Value::Object(signed.unwrap_or_else(|| panic!("nobody signed this: {own}")).clone()).to_string();
    let signed = read_list(signed.as_bytes()).expect("a list");
    let told = |list: &VerifiedList| {
        let (url, issuer) = (list.url().to_owned(), list.issuer().to_owned());
        (url, issuer, list.purposes().to_vec(), list.as_of(), list.valid_until(), list.ttl())
    };
    assert_eq!(told(&list), told(&signed), "it reads otherwise than it was signed");
    assert_eq!(list.bits(), signed.bits());
}

fn read_list(bytes: &[u8]) -> Option<VerifiedList> {
    VerifiedList::from_credential(bytes, &Documents::new(), at(NOW), &CONTEXTS, at(NOW)).ok()
}

/// DIDs and DID URLs; the URL of a did:web names the host and path that the DID names.
pub fn did(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let _ = did::key_in_name(text);
    if let Ok(did) = web::did_of_url(text) {
        url_of_web(&did).expect("a did:web of a URL has one");
    }
    let Ok(did) = Did::parse(text) else { return };
    assert_eq!(did.as_str(), text);
    if let Some(Ok(document)) = did::resolve_pure(&did) {
        assert_eq!(document.id(), text);
        hold(&document);
    }
    let _ = url_of_web(&did);
}

/// The URL of a did:web, looked at as a careless client would.
fn url_of_web(did: &Did) -> Option<String> {
    let url = web::url_of(did).ok()?;
    let rest = url.strip_prefix("https://").expect("https");
    let (authority, path) = rest.split_once('/').expect("a path");
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    assert!(port.parse::<u16>().is_ok_and(|port| port > 0), "{url}");
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    assert!(!host.is_empty() && host.bytes().all(plain), "{url}");
    assert!(host.parse::<std::net::IpAddr>().is_err(), "{url}");
    assert!(
        path.ends_with("did.json") && path.split('/').all(|part| !["", ".", ".."].contains(&part)),
        "{url}"
    );
    assert!(!path.contains(['?', '#', '@', '\\', ' ']) && path.is_ascii(), "{url}");
    // And back again.
    let base = url.strip_suffix("/did.json").expect("checked");
    let base = base.strip_suffix("/.well-known").filter(|_| path == ".well-known/did.json").unwrap_or(base);
    let again = web::did_of_url(base).unwrap_or_else(|error| panic!("{url}: {error}"));
    assert_eq!(web::url_of(&again).map_err(|error| error.to_string()), Ok(url.replace(":443/", "/")));
    Some(url)
}

/// A DID document: the id that it is asked for in the first line, then the document; or a document by itself.
pub fn document(data: &[u8]) {
    let split = data.iter().position(|byte| *byte == b'\n').map(|at| (&data[..at], &data[at + 1..]));
    for (id, text) in [Some((WEB.as_bytes(), data)), split].into_iter().flatten() {
        let Ok(id) = std::str::from_utf8(id) else { continue };
        let Ok(document) = DidDocument::parse(text, id) else { continue };
        assert_eq!(document.id(), id);
        assert_eq!(DidDocument::parse(document.json().as_bytes(), id).as_ref(), Ok(&document));
        hold(&document);
    }
}

/// Every key that a document gives out is its subject's, listed for the purpose, and in use.
fn hold(document: &DidDocument) {
    for method in document.methods() {
        for purpose in [Purpose::AssertionMethod, Purpose::Authentication] {
            if document.key_for(method.id(), purpose, at(NOW)).is_err() {
                continue;
            }
            assert!(
                !document.deactivated() && method.controller() == document.id() && method.is_for(purpose)
            );
            assert!(method.ended(at(NOW)).is_none());
            assert_eq!(method.id().split('#').next(), Some(document.id()));
            assert_eq!(document.methods().iter().filter(|other| other.id() == method.id()).count(), 1);
        }
    }
    assert!(document.assertion_keys(at(NOW)).count() <= document.methods().len());
}
