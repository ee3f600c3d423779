//! Tokens made by others: the suite of VC-JOSE-COSE, and Open Badges of 1EdTech's validator as JWTs. Nothing is asked of
//! anybody; the issuers' documents are made here of the keys that come with the files.

use accolade_core::did::document::DidDocument;
use accolade_core::jose::{TokenOptions, sign_credential, sign_presentation};
use accolade_core::json::{self, Object, Value};
use accolade_core::jsonld::Contexts;
use accolade_core::keys::{PublicKey, SecretKey};
use accolade_core::time::Timestamp;
use accolade_core::verify::{
    Evidence, Expected, Needs, Policy, PresentationReport, Report, Verdict, check_bytes,
    check_presentation_bytes,
};
use accolade_tests::vectors;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use std::path::Path;
use std::sync::Arc;

const ISSUER: &str = "https://example.issuer/vc-jose-cose";
const NOW: &str = "2026-07-01T12:00:00Z";

/// Each token of the suite, and the answer: by the suite's mapping all but the second must fail. The long tail (SD-JWT,
/// COSE, P-521) is none of ours and says so.
const CREDENTIALS: &[(&str, Verdict, &str)] = &[
    ("credential-issuer-match-signed.txt", Verdict::Valid, "valid"),
    ("credential-jose-bad-signature.txt", Verdict::Forged, "proof_signature_wrong"),
    // Made with ES512, checked against another key: a failure by the suite too.
    ("credential-jose-unknown-extensions.txt", Verdict::Unsupported, "token_algorithm_unsupported"),
    ("credential-jose-vc-vp-claims.txt", Verdict::Malformed, "vc_claim"),
    ("credential-sdjwt-bad-media-type.txt", Verdict::Unsupported, "sd_jwt_unsupported"),
    ("credential-sdjwt-bad-signature.txt", Verdict::Unsupported, "sd_jwt_unsupported"),
    ("credential-sdjwt-nested.txt", Verdict::Unsupported, "sd_jwt_unsupported"),
    ("credential-sdjwt-selective.txt", Verdict::Unsupported, "sd_jwt_unsupported"),
    ("credential-cose-bad-signature.txt", Verdict::Malformed, "not_json"),
    ("credential-cose-minimal.txt", Verdict::Malformed, "not_json"),
];
const PRESENTATIONS: &[(&str, Verdict, &str)] = &[
    ("presentation-jose-bad-media-type.txt", Verdict::Malformed, "token_type_other"),
    ("presentation-sdjwt-bad-credential.txt", Verdict::Unsupported, "sd_jwt_unsupported"),
    ("presentation-sdjwt-bad-media-type.txt", Verdict::Unsupported, "sd_jwt_unsupported"),
    ("presentation-sdjwt-selective.txt", Verdict::Unsupported, "sd_jwt_unsupported"),
    ("presentation-cose-single.txt", Verdict::Malformed, "not_json"),
];

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect(text)
}

fn read(path: &Path) -> Object {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    match json::parse(&bytes) {
        Ok(Value::Object(object)) => object,
        other => panic!("{}: {other:?}", path.display()),
    }
}

fn contexts(folder: &Path) -> Contexts {
    let examples = folder.join("contexts/vc-data-model/credentials_examples_v2.jsonld");
    let bytes = std::fs::read(examples).expect("the context reads");
    Contexts::pinned().with("https://www.w3.org/ns/credentials/examples/v2", &bytes).expect("the context")
}

/// The document of `id` with these methods, for everything.
fn document(id: &str, methods: Vec<Value>) -> Arc<DidDocument> {
    let names: Vec<Value> = methods.iter().filter_map(|method| method.get("id").cloned()).collect();
    let document = Object::from([
        ("id", id.into()),
        ("verificationMethod", methods.into()),
        ("assertionMethod", names.clone().into()),
        ("authentication", names.into()),
    ]);
    Arc::new(DidDocument::from_object(document, id).expect("a document"))
}

fn evidence(documents: Vec<Arc<DidDocument>>) -> Evidence {
    let documents = documents.into_iter().map(|document| (document.id().to_owned(), Ok(document)));
    Evidence { documents: documents.collect(), ..Evidence::default() }
}

/// The suite's keys, without their secret halves, as their owner's document.
fn suite_evidence(folder: &Path) -> Evidence {
    let keys = ["vm-p256.json", "vm-p384.json", "vm-p521.json", "vm-ed25519.json"];
    let methods = keys.map(|name| {
        let mut method = read(&folder.join("vc-jose-cose").join(name));
        method.remove("secretKeyJwk").expect("the suite's secret");
        Value::from(method)
    });
    evidence(vec![document(ISSUER, methods.to_vec())])
}

fn judged(bytes: &[u8], evidence: &Evidence, contexts: &Contexts) -> Report {
    let mut gather = |_: &Needs| evidence.clone();
    check_bytes(bytes, &mut gather, &Policy::default(), at(NOW), contexts)
}

fn presented(bytes: &[u8], evidence: &Evidence, contexts: &Contexts) -> PresentationReport {
    let mut gather = |_: &Needs| evidence.clone();
    check_presentation_bytes(bytes, Expected::default(), &mut gather, &Policy::default(), at(NOW), contexts)
}

#[test]
fn every_token_of_vc_jose_cose_has_its_answer() {
    let Some(folder) = vectors("vc-jose-cose") else { return };
    let (contexts, evidence) = (contexts(&folder), suite_evidence(&folder));
    let mut seen = 0;
    for entry in std::fs::read_dir(folder.join("vc-jose-cose")).expect("the folder reads") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if !name.ends_with(".txt") {
            continue;
        }
        let bytes = std::fs::read(&path).expect("the vector reads");
        let of = |all: &[(&str, Verdict, &'static str)]| {
            all.iter().find(|(known, ..)| *known == name).map(|(_, verdict, code)| (*verdict, *code))
        };
        if let Some(expected) = of(CREDENTIALS) {
            let report = judged(&bytes, &evidence, &contexts);
            assert_eq!((report.verdict, report.code), expected, "{name}: {report:?}");
        } else {
            let expected = of(PRESENTATIONS).unwrap_or_else(|| panic!("{name} is in no list"));
            let report = presented(&bytes, &evidence, &contexts);
            assert_eq!((report.verdict, report.code), expected, "{name}: {report:?}");
        }
        seen += 1;
    }
    println!("vc-jose-cose: {seen} tokens");
    assert_eq!(seen, CREDENTIALS.len() + PRESENTATIONS.len());
    // Unsigned, both fail: tests 10 and 11 of the suite.
    for name in ["credential-full.json", "credential-selective.json", "credential-nested-selective.json"] {
        let bytes = std::fs::read(folder.join("vc-jose-cose").join(name)).expect("reads");
        assert_eq!(judged(&bytes, &evidence, &contexts).verdict, Verdict::Malformed, "{name}");
    }
    for name in ["presentation-single.json", "presentation-selective.json"] {
        let bytes = std::fs::read(folder.join("vc-jose-cose").join(name)).expect("reads");
        assert!(!presented(&bytes, &evidence, &contexts).is_good(), "{name}");
    }
}

#[test]
fn what_the_suite_has_issued_is_issued_and_verifies() {
    let Some(folder) = vectors("issuing for vc-jose-cose") else { return };
    let (contexts, evidence) = (contexts(&folder), suite_evidence(&folder));
    for vm in ["vm-p256.json", "vm-p384.json", "vm-ed25519.json"] {
        let method = read(&folder.join("vc-jose-cose").join(vm));
        let jwk = method.get("secretKeyJwk").and_then(Value::as_object).expect("a secret key");
        let key = SecretKey::from_jwk(jwk).expect(vm);
        let options = TokenOptions {
            verification_method: method.get("id").and_then(Value::as_str).expect("an id").to_owned(),
            issued: at("2026-07-01T00:00:00Z"),
            expires: None,
            nonce: None,
            audience: None,
        };
        for name in ["credential-selective.json", "credential-nested-selective.json"] {
            let credential = read(&folder.join("vc-jose-cose").join(name));
            let token = sign_credential(credential, &key, &options, &contexts).expect(name);
            let report = judged(token.as_bytes(), &evidence, &contexts);
            assert_eq!(report.verdict, Verdict::Valid, "{name} by {vm}: {report:?}");
        }
        let mut presentation = read(&folder.join("vc-jose-cose/presentation-single.json"));
        presentation.insert("verifiableCredential", Vec::new());
        let token = sign_presentation(presentation, &key, &options, &contexts).expect("signs");
        let report = presented(token.as_bytes(), &evidence, &contexts);
        assert_eq!((report.verdict, report.holder.as_deref()), (Verdict::Valid, Some(ISSUER)), "{vm}");
    }
}

/// The key that a token carries in its header.
fn header_key(token: &str) -> Object {
    let header =
        BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next().expect("a header")).expect("base64url");
    let header = json::parse(&header).expect("JSON");
    header.get("jwk").and_then(Value::as_object).expect("a key").clone()
}

fn badge_in(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    accolade_core::bake::extract(&bytes).expect("a badge in it").text
}

#[test]
fn open_badges_as_tokens_are_verified_by_their_issuers_documents() {
    let Some(folder) = vectors("1edtech-validator tokens") else { return };
    let folder = folder.join("1edtech-validator/ob30");
    let contexts = Contexts::pinned();
    for (name, issuer) in [
        ("simple-jwt.png", "https://1edtech.edu/issuers/565049"),
        ("simple-jwt.svg", "https://1edtech.edu/issuers/565049"),
        ("simple-jwt_v1.png", "https://example.edu/issuers/565049"),
        ("simple-jwt_v1.svg", "https://example.edu/issuers/565049"),
    ] {
        let bytes = std::fs::read(folder.join(name)).expect("reads");
        let jwk = header_key(&badge_in(&folder.join(name)));
        let method = Object::from([
            ("id", format!("{issuer}#key-1").into()),
            ("type", "JsonWebKey".into()),
            ("controller", issuer.into()),
            ("publicKeyJwk", jwk.clone().into()),
        ]);
        let report =
            judged(&bytes, &evidence(vec![document(issuer, vec![method.clone().into()])]), &contexts);
        assert_eq!((report.verdict, report.code), (Verdict::Valid, "valid"), "{name}: {report:?}");
        assert_eq!(report.issuer.as_deref(), Some(issuer), "{name}");

        // Who takes the key out of the header is fooled by anybody: here it counts for nothing.
        let alone = judged(&bytes, &Evidence::default(), &contexts);
        assert_eq!((alone.verdict, alone.code), (Verdict::CouldNotCheck, "issuer_unresolved"), "{name}");
        let other = SecretKey::from_jwk(&other_key()).expect("a key").public_key();
        let foreign = Object::from([("publicKeyJwk", PublicKey::to_jwk(&other).into())]);
        let mut listed = method;
        listed.insert("publicKeyJwk", foreign.get("publicKeyJwk").expect("just set").clone());
        let report = judged(&bytes, &evidence(vec![document(issuer, vec![listed.into()])]), &contexts);
        assert_eq!((report.verdict, report.code), (Verdict::CouldNotCheck, "key_not_in_document"), "{name}");
        assert!(report.badge.is_none());
    }
    let velocity =
        judged(&std::fs::read(folder.join("velocity.jwt")).expect("reads"), &Evidence::default(), &contexts);
    assert!(!velocity.is_good() && velocity.badge.is_none(), "{velocity:?}");
    println!("velocity.jwt: {:?} {}", velocity.verdict, velocity.code);
}

/// A key of ours of the kind that the samples use.
fn other_key() -> Object {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src/keys/tests/rsa_2048.json");
    read(&own)
}
