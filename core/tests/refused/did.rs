//! Whose name it is: DIDs that hold their key, DIDs that name a host, and documents.

use crate::parties::{Party, badge, object, party, with};
use crate::refused;
use crate::trial::Trial;
use accolade_core::did::document::{DidDocument, MAX_DOCUMENT_BYTES};
use accolade_core::did::{self, Did, web};
use accolade_core::json::{Object, Value};
use accolade_core::verify::DocumentMissing;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::sync::Arc;

refused! {
    key_version, "a did:key of an unknown version", Malformed, "did_key_invalid",
        |t| { let key = multikey(ED25519, &public()); did_keys(t, &[&format!("1.1:{key}"), &format!("1:{key}"), &format!("2.0:{key}")]); };
    key_multibase, "a did:key in another base than base58btc", Malformed, "did_key_invalid",
        |t| { let bytes = [ED25519, &public()].concat(); let key = multikey(ED25519, &public());
            did_keys(t, &[&format!("u{}", BASE64_URL_SAFE_NO_PAD.encode(&bytes)), &format!("Z{}", &key[1..]), &key[1..],
                &format!("{key}0"), "zIl"]); };
    key_codec, "a did:key of an unknown codec", Unsupported, "key_type_unsupported",
        |t| did_keys(t, &[&multikey(&[0xb4, 0x24], &[7; 32]), &multikey(&[0xee, 0x01], &public())]);
    key_length, "a did:key that is too short or too long", Malformed, "did_key_invalid",
        |t| did_keys(t, &[&multikey(ED25519, &public()[..31]), &multikey(ED25519, &[&public()[..], &[0]].concat()), &multikey(ED25519, &[])]);
    key_not_on_the_curve, "a did:key that is no point on the curve", Malformed, "did_key_invalid",
        |t| did_keys(t, &[&multikey(ED25519, &[2; 32])]);
    key_for_encryption, "a did:key for encryption (X25519), used to sign", Malformed, "key_not_for_signing",
        |t| did_keys(t, &[&multikey(&[0xec, 0x01], &public())]);
    key_fragment_differs, "a did:key whose fragment names another key", Forged, "key_not_in_issuer_document", |t| {
        let (issuer, other) = (party(1), party(3));
        t.good(&issuer.sign_anything(&badge()));
        for fragment in [other.did.method_specific_id(), "key-1", "z6Mk"] {
            let method = format!("{}#{fragment}", issuer.did);
            t.bad(&method, &signed_as(&issuer, &badge(), &method));
            t.bad(&method, &signed_as(&other, &badge(), &method));
        }
    };
    jwk_fragment_differs, "a did:jwk whose fragment is not `0`", Forged, "key_not_in_issuer_document", |t| {
        let did = did::jwk::did_of(party(1).key.verifying_key());
        let badge = badge_of(did.as_str());
        t.good(&signed_as(&party(1), &badge, &format!("{did}#0")));
        t.bad("1", &signed_as(&party(1), &badge, &format!("{did}#1")));
    };
    jwk_with_its_secret, "a did:jwk that holds its secret key", Malformed, "did_jwk_invalid",
        |t| { let (x, jwk) = jwk(); did_jwks(t, &[&jwk.replace('}', &format!(",\"d\":\"{x}\"}}")), r#"{"kty":"oct","k":"AA"}"#]); };
    jwk_not_a_key, "a did:jwk that is no key", Malformed, "did_jwk_invalid",
        |t| { let (x, _) = jwk(); did_jwks(t, &["{}", "[]", r#"{"kty":"OKP","crv":"Ed25519"}"#,
            &format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#, &x[..42]), r#"{"kty":"OKP","kty":"OKP"}"#]); };
    jwk_for_encryption, "a did:jwk for encryption, used to sign", Malformed, "key_not_for_signing",
        |t| { let (x, jwk) = jwk(); did_jwks(t, &[&format!(r#"{{"kty":"OKP","crv":"X25519","x":"{x}"}}"#),
            &jwk.replace('}', ",\"use\":\"enc\"}")]); };

    web_ip_literal, "a did:web whose host is an IP address, in any spelling", CouldNotCheck, "issuer_unresolved",
        |t| hosts(t, &["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1%3A8080", "%5B%3A%3A1%5D",
            "127%2E0%2E0%2E1", "169.254.169.254", "10.0.0.1", "0x7f.1", "%31%32%37.0.0.1", "0", "1.1"]);
    web_path_upwards, "a did:web with `..` in its path, in any encoding", CouldNotCheck, "issuer_unresolved",
        |t| hosts(t, &["a.example:..", "a.example:a:..:b", "a.example:%2E%2E", "a.example:%2e%2e:b", "a.example:.%2E", "a.example:%2F..%2Fb",
            "a.example:..%2Fb", "a.example:%5C..", "a.example:%252E%252E", "a.example:."]);
    web_fragment_in_the_host, "a did:web whose fragment or user name leaks into the host", CouldNotCheck, "issuer_unresolved",
        |t| hosts(t, &["a.example%23b.example", "a.example%40b.example", "user%40a.example", "a.example%2Fb", "a.example%3Fb",
            "a.example%5Cb", "a.example%00", "a.example%3A%40b.example", "%23"]);
    document_too_large, "a document over 256 KiB", CouldNotCheck, "issuer_document_refused", |t| {
        let document = Value::Object(document()).to_string();
        let padded = |bytes: usize| format!("{document}{}", " ".repeat(bytes - document.len()));
        documents(t, &padded(MAX_DOCUMENT_BYTES), &[&padded(MAX_DOCUMENT_BYTES + 1)]);
    };
    document_of_another, "a document with another id", CouldNotCheck, "issuer_document_refused",
        |t| changed_documents(t, &[("/id", "\"did:web:b.example\""), ("/id", ""), ("/id", "7")]);
    document_with_a_secret, "a document that publishes a secret key", CouldNotCheck, "issuer_document_refused",
        |t| changed_documents(t, &[("/verificationMethod/0/secretKeyMultibase", "\"z3u2\""), ("/verificationMethod/0/privateKeyJwk", "{}")]);
    document_with_a_method_twice, "a document with two methods of one id", CouldNotCheck, "issuer_document_refused",
        |t| { let method = document().get("verificationMethod").expect("methods").one_or_many()[0].to_string();
            changed_documents(t, &[("/verificationMethod/1", &method), ("/assertionMethod/1", &method)]); };
    document_with_a_key_twice, "a document with a key that stands twice in its text", CouldNotCheck, "issuer_document_refused",
        |t| { let text = Value::Object(document()).to_string();
            documents(t, &text, &[&text.replacen("\"id\"", r#""id":"did:web:b.example","id""#, 1)]); };
    document_not_to_be_had, "an issuer whose document is not to be had", CouldNotCheck, "issuer_unresolved", |t| {
        let badge = signed();
        had(t, &Value::Object(document()).to_string());
        t.good(&badge);
        t.evidence.documents.insert(WEB.to_owned(), Err(DocumentMissing::Unavailable("unreachable".to_owned())));
        t.bad("unreachable", &badge);
        t.evidence.documents.remove(WEB);
        t.bad("not asked for", &badge);
    };
    deactivated, "a DID that was given up", CouldNotCheck, "issuer_deactivated", |t| {
        changed_documents(t, &[("/deactivated", "true")]);
        t.evidence.documents.insert(WEB.to_owned(), Err(DocumentMissing::Deactivated));
        t.bad("410", &signed());
    };
    method_unknown, "a DID of a method that we don't have", Unsupported, "did_method_unsupported", |t| {
        t.issuer(&[]);
        for did in ["did:example:a", "did:webvh:QmScid:a.example", "did:ion:a"] {
            t.bad(did, &signed_as(&party(1), &badge_of(did), &format!("{did}#key")));
        }
    };
}

const ED25519: &[u8] = &[0xed, 0x01];
const WEB: &str = "did:web:a.example";

fn public() -> [u8; 32] {
    party(1).key.verifying_key().to_bytes()
}

fn multikey(codec: &[u8], key: &[u8]) -> String {
    format!("z{}", bs58::encode([codec, key].concat()).into_string())
}

/// The public key of party 1 in base64url, and as a JSON Web Key.
fn jwk() -> (String, String) {
    let x = BASE64_URL_SAFE_NO_PAD.encode(public());
    let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#);
    (x, jwk)
}

/// The badge of another issuer; it can't be revoked.
fn badge_of(issuer: &str) -> Object {
    with(&with(&badge(), "/issuer/id", &format!("\"{issuer}\"")), "/credentialStatus", "")
}

fn signed_as(by: &Party, badge: &Object, method: &str) -> Object {
    let proof = with(&by.unsigned_proof(), "/verificationMethod", &format!("\"{method}\""));
    by.sign_with(badge, proof)
}

/// Party 1 signs in the name of each of these did:keys.
fn did_keys(t: &mut Trial, identifiers: &[&str]) {
    let named = |identifier: &str| {
        let did = format!("did:key:{identifier}");
        signed_as(&party(1), &badge_of(&did), &format!("{did}#{identifier}"))
    };
    t.good(&named(&multikey(ED25519, &public())));
    for identifier in identifiers {
        t.bad(identifier, &named(identifier));
    }
}

/// Party 1 signs in the name of each of these did:jwks.
fn did_jwks(t: &mut Trial, keys: &[&str]) {
    let named = |jwk: &str| {
        let did = format!("did:jwk:{}", BASE64_URL_SAFE_NO_PAD.encode(jwk));
        signed_as(&party(1), &badge_of(&did), &format!("{did}#0"))
    };
    t.good(&named(&jwk().1));
    for key in keys {
        t.bad(key, &named(key));
    }
}

/// None of these names has a URL, so nobody is asked, and the badge can't be checked.
fn hosts(t: &mut Trial, identifiers: &[&str]) {
    had(t, &Value::Object(document()).to_string());
    t.good(&signed());
    assert_eq!(
        web::url_of(&Did::parse(WEB).expect("a DID")).as_deref(),
        Ok("https://a.example/.well-known/did.json")
    );
    for identifier in identifiers {
        let did = format!("did:web:{identifier}");
        let parsed = Did::parse(&did).unwrap_or_else(|_| panic!("{did}"));
        assert!(web::url_of(&parsed).is_err(), "{did} has a URL");
        t.bad(&did, &signed_as(&party(1), &badge_of(&did), &format!("{did}#key")));
    }
}

fn document() -> Object {
    object(&format!(
        r##"{{"id":"{WEB}","verificationMethod":[{{"id":"{WEB}#key","type":"Multikey","controller":"{WEB}",
        "publicKeyMultibase":"{}"}}],"assertionMethod":["#key"]}}"##,
        multikey(ED25519, &public())
    ))
}

/// A badge of the did:web.
fn signed() -> Object {
    signed_as(&party(1), &badge_of(WEB), &format!("{WEB}#key"))
}

/// The document as a node had it: read, or refused.
fn had(t: &mut Trial, text: &str) {
    let read = DidDocument::parse(text.as_bytes(), WEB);
    let read = read.map(Arc::new).map_err(|error| DocumentMissing::Refused(error.to_string()));
    t.evidence.documents.insert(WEB.to_owned(), read);
}

fn documents(t: &mut Trial, good: &str, bad: &[&str]) {
    had(t, good);
    t.good(&signed());
    for text in bad {
        had(t, text);
        t.bad(&text.chars().take(200).collect::<String>(), &signed());
    }
}

fn changed_documents(t: &mut Trial, changes: &[(&str, &str)]) {
    let good = document();
    for (pointer, json) in changes {
        let bad = Value::Object(with(&good, pointer, json)).to_string();
        documents(t, &Value::Object(good.clone()).to_string(), &[&bad]);
    }
}
