//! What a token must be to be read, and by which keys it is signed.

use super::*;
use crate::did::key::did_of;
use crate::jsonld::Contexts;
use crate::keys::{P256Secret, P384Secret, SecretKey, SigningKey};
use crate::time::Timestamp;
use std::sync::LazyLock;

static CONTEXTS: LazyLock<Contexts> = LazyLock::new(Contexts::pinned);

fn ed25519(seed: u8) -> SecretKey {
    SigningKey::from_seed(&[seed; 32]).into()
}

fn rsa() -> SecretKey {
    let jwk = include_bytes!("../keys/tests/rsa_2048.json");
    let jwk = json::parse(jwk).expect("JSON");
    SecretKey::from_jwk(jwk.as_object().expect("an object")).expect("a key")
}

/// One key of each kind.
fn keys() -> [SecretKey; 4] {
    let p256 = SecretKey::P256(P256Secret::from_bytes(&[7; 32]).expect("in range"));
    let p384 = SecretKey::P384(P384Secret::from_bytes(&[7; 48]).expect("in range"));
    [ed25519(7), p256, p384, rsa()]
}

fn encode(text: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

/// A token with this header, whatever it says, over this payload.
fn token(header: &str, payload: &str, key: &SecretKey) -> String {
    let signed = format!("{}.{}", encode(header), encode(payload));
    let signature = key.sign(signed.as_bytes()).expect("signs");
    format!("{signed}.{}", encode(signature))
}

fn read(text: &str) -> Result<(Jws, Object), JoseError> {
    Jws::parse(text, Content::Credential)
}

fn code(text: &str) -> &'static str {
    read(text).map_or_else(|error| error.code(), |_| "read")
}

/// The code for a header that an Ed25519 key signs.
fn header(text: &str) -> &'static str {
    code(&token(text, "{}", &ed25519(7)))
}

#[test]
fn each_kind_of_key_signs_and_no_other_verifies() {
    for key in keys() {
        let name = key.algorithm().as_str();
        let text = token(&format!(r#"{{"alg":"{name}"}}"#), r#"{"a":1}"#, &key);
        let (jws, payload) = read(&text).expect(name);
        assert_eq!(payload, Object::from([("a", Value::Int(1))]));
        assert_eq!(jws.verify(&key.public_key()), Ok(()), "{name}");
        for other in keys().iter().filter(|other| other.algorithm() != key.algorithm()) {
            let refused = jws.verify(&other.public_key()).map_err(|error| error.code());
            assert_eq!(refused, Err("token_algorithm_other"), "{name} by {}", other.algorithm().as_str());
        }
    }
    let (jws, _) = read(&token(r#"{"alg":"EdDSA"}"#, "{}", &ed25519(7))).expect("reads");
    assert_eq!(jws.verify(&ed25519(8).public_key()), Err(JoseError::BadSignature));
}

#[test]
fn an_algorithm_that_is_not_the_keys_is_no_way_in() {
    // The public key of RSA as the secret of an HMAC, the classic; and ECDSA's bytes called EdDSA.
    for (alg, expected) in [
        ("none", "token_unsigned"),
        ("None", "token_unsigned"),
        ("nOnE", "token_unsigned"),
        ("HS256", "token_shared_secret"),
        ("HS384", "token_shared_secret"),
        ("hs512", "token_shared_secret"),
        ("HS256/64", "token_shared_secret"),
        ("RS1", "token_algorithm_unsupported"),
        ("RS384", "token_algorithm_unsupported"),
        ("PS256", "token_algorithm_unsupported"),
        ("ES512", "token_algorithm_unsupported"),
        ("ES256K", "token_algorithm_unsupported"),
        ("Ed448", "token_algorithm_unsupported"),
        ("RSA-OAEP", "token_algorithm_unsupported"),
        ("dir", "token_algorithm_unsupported"),
        ("eddsa", "token_algorithm_unsupported"),
        ("EdDSA ", "token_algorithm_unsupported"),
        ("", "token_algorithm_unsupported"),
        ("ß", "token_algorithm_unsupported"),
    ] {
        for key in keys() {
            let text = token(&format!(r#"{{"alg":"{alg}"}}"#), "{}", &key);
            assert_eq!(code(&text), expected, "{alg}");
        }
    }
    let [_, p256, ..] = keys();
    let (jws, _) = read(&token(r#"{"alg":"EdDSA"}"#, "{}", &p256)).expect("reads");
    assert_eq!(jws.verify(&p256.public_key()).map_err(|error| error.code()), Err("token_algorithm_other"));
    assert_eq!(jws.verify(&ed25519(7).public_key()), Err(JoseError::BadSignature));
    // The name of RFC 9864 for what EdDSA means here.
    let (jws, _) = read(&token(r#"{"alg":"Ed25519"}"#, "{}", &ed25519(7))).expect("reads");
    assert_eq!(jws.verify(&ed25519(7).public_key()), Ok(()));
}

#[test]
fn every_bit_of_a_token_counts() {
    for key in keys() {
        let name = key.algorithm().as_str();
        let text = token(&format!(r#"{{"alg":"{name}","typ":"JWT"}}"#), r#"{"iss":"did:example:1"}"#, &key);
        let public = key.public_key();
        for at in (0..text.len()).step_by(3) {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).expect("ASCII");
            let passed = read(&changed).is_ok_and(|(jws, _)| jws.verify(&public).is_ok());
            assert!(!passed, "{name}: changed at {at}");
        }
    }
}

#[test]
fn whatever_is_cut_off_is_refused() {
    let text = token(r#"{"alg":"EdDSA"}"#, r#"{"a":"b"}"#, &ed25519(7));
    let public = ed25519(7).public_key();
    for end in 0..text.len() {
        let passed = read(&text[..end]).is_ok_and(|(jws, _)| jws.verify(&public).is_ok());
        assert!(!passed, "cut off at {end}");
    }
    for (text, expected) in [
        ("", "token_malformed"),
        ("eyJhbGciOiJFZERTQSJ9", "token_malformed"),
        ("eyJhbGciOiJFZERTQSJ9.e30", "token_malformed"),
        ("eyJhbGciOiJFZERTQSJ9.e30.AA.AA", "token_malformed"),
        ("eyJhbGciOiJFZERTQSJ9.e30.AA.AA.AA", "token_encrypted"),
        ("eyJhbGciOiJFZERTQSJ9.e30.AA.AA.AA.AA", "token_malformed"),
        ("eyJhbGciOiJFZERTQSJ9.e30.", "token_malformed"),
        (".e30.AA", "token_not_json"),
        ("..", "token_not_json"),
        ("eyJhbGciOiJFZERTQSJ9.e30.AA~", "sd_jwt_unsupported"),
        ("eyJhbGciOiJFZERTQSJ9.e30.AA~WyJhIl0~", "sd_jwt_unsupported"),
    ] {
        assert_eq!(code(text), expected, "{text}");
    }
}

#[test]
fn base64_has_one_form() {
    // "e30" is {}; the last letter of "e31" has a bit that stands for nothing.
    for part in ["e31", "e30=", "e3 0", "e30\n", "e3+", "e3/", "e", "ü", "%65%33%30"] {
        let of_header = format!("{part}.e30.AA");
        assert_eq!(code(&of_header), "token_malformed", "{part:?}");
        let of_payload = format!("eyJhbGciOiJFZERTQSJ9.{part}.AA");
        assert_eq!(code(&of_payload), "token_malformed", "{part:?}");
    }
    let good = token(r#"{"alg":"EdDSA"}"#, "{}", &ed25519(7));
    // 64 bytes are 85 letters and two bits: the last letter may have no other.
    let (start, last) = good.split_at(good.len() - 1);
    assert!("AQgw".contains(last));
    for other in ["B", "R", "h", "x"] {
        assert_eq!(code(&format!("{start}{other}")), "token_malformed");
    }
    assert_eq!(code(&format!("{good}==")), "token_malformed");
}

#[test]
fn header_and_payload_are_strict_json_objects() {
    for bad in [
        "",
        "[]",
        "7",
        "null",
        "\"EdDSA\"",
        r#"{"alg":"EdDSA","alg":"none"}"#,
        r#"{"alg":"EdDSA","kid":"a","kid":"b"}"#,
        r#"{"alg":"EdDSA"} "#.trim_end_matches(['}', ' ']),
        r#"{"alg":"EdDSA","x":"\ud800"}"#,
        r#"{"alg":"EdDSA","x":1e400}"#,
        r#"{"alg":"EdDSA"}{}"#,
    ] {
        assert_eq!(header(bad), "token_not_json", "{bad}");
    }
    for bad in ["", "[]", "{", r#"{"a":1,"a":1}"#, "\u{feff}{}"] {
        assert_eq!(code(&token(r#"{"alg":"EdDSA"}"#, bad, &ed25519(7))), "token_not_json", "{bad}");
    }
    let bytes = format!("{}.{}.AA", encode(b"\xff"), encode("{}"));
    assert_eq!(code(&bytes), "token_not_json");
}

#[test]
fn a_header_keeps_its_rules() {
    for (text, expected) in [
        (r#"{}"#, "token_header_invalid"),
        (r#"{"alg":7}"#, "token_header_invalid"),
        (r#"{"alg":null}"#, "token_header_invalid"),
        (r#"{"alg":"EdDSA","kid":7}"#, "token_header_invalid"),
        (r#"{"alg":"EdDSA","kid":""}"#, "token_header_invalid"),
        (r#"{"alg":"EdDSA","typ":7}"#, "token_header_invalid"),
        (r#"{"alg":"EdDSA","cty":["vc"]}"#, "token_header_invalid"),
        (r#"{"alg":"EdDSA","jwk":"a"}"#, "token_header_invalid"),
        (r#"{"alg":"EdDSA","crit":["b64"],"b64":false}"#, "token_crit_unknown"),
        (r#"{"alg":"EdDSA","crit":["exp"],"exp":1}"#, "token_crit_unknown"),
        (r#"{"alg":"EdDSA","crit":[]}"#, "token_crit_unknown"),
        (r#"{"alg":"EdDSA","crit":null}"#, "token_crit_unknown"),
        (r#"{"alg":"EdDSA","b64":false}"#, "token_not_encoded"),
        (r#"{"alg":"EdDSA","b64":"true"}"#, "token_not_encoded"),
        (r#"{"alg":"EdDSA","b64":true}"#, "read"),
        // Pointers elsewhere count for nothing, and nobody is asked.
        (r#"{"alg":"EdDSA","jku":"https://a.example","x5u":"https://a.example","x5c":["AA"]}"#, "read"),
    ] {
        assert_eq!(header(text), expected, "{text}");
    }
    let long = format!(r#"{{"alg":"EdDSA","kid":"{}"}}"#, "a".repeat(MAX_KID_BYTES + 1));
    assert_eq!(header(&long), "token_header_invalid");
    let large = format!(r#"{{"alg":"EdDSA","x5c":"{}"}}"#, "a".repeat(MAX_HEADER_BYTES));
    assert_eq!(header(&large), "too_large");
    assert_eq!(code(&"a".repeat(MAX_TOKEN_BYTES + 1)), "too_large");
}

#[test]
fn typ_and_cty_tell_a_badge_from_a_presentation() {
    let of = |name: &str, value: &str, content| {
        let text = token(&format!(r#"{{"alg":"EdDSA","{name}":"{value}"}}"#), "{}", &ed25519(7));
        Jws::parse(&text, content).map_or_else(|error| error.code(), |_| "read")
    };
    for (value, credential, presentation) in [
        ("JWT", "read", "read"),
        ("jwt", "read", "read"),
        ("vc+jwt", "read", "token_type_other"),
        ("vc-ld+jwt", "read", "token_type_other"),
        ("vp+jwt", "token_type_other", "read"),
        ("vp-ld+jwt", "token_type_other", "read"),
        ("vc+sd-jwt", "sd_jwt_unsupported", "sd_jwt_unsupported"),
        ("vp+sd-jwt", "sd_jwt_unsupported", "sd_jwt_unsupported"),
        ("at+jwt", "token_type_other", "token_type_other"),
        ("statuslist+jwt", "token_type_other", "token_type_other"),
        ("vc+jwt ", "token_type_other", "token_type_other"),
        ("", "token_type_other", "token_type_other"),
        ("bad+typ", "token_type_other", "token_type_other"),
    ] {
        assert_eq!(of("typ", value, Content::Credential), credential, "{value}");
        assert_eq!(of("typ", value, Content::Presentation), presentation, "{value}");
    }
    for (value, credential, presentation) in [
        ("vc", "read", "token_content_other"),
        ("application/vc", "read", "token_content_other"),
        ("vp", "token_content_other", "read"),
        ("JWT", "token_content_other", "token_content_other"),
        ("bad+cty", "token_content_other", "token_content_other"),
        ("", "token_content_other", "token_content_other"),
    ] {
        assert_eq!(of("cty", value, Content::Credential), credential, "{value}");
        assert_eq!(of("cty", value, Content::Presentation), presentation, "{value}");
    }
}

#[test]
fn a_key_in_the_header_is_public_and_a_key() {
    let public = Value::from(rsa().public_key().to_jwk()).to_string();
    let jwk = |jwk: &str| header(&format!(r#"{{"alg":"EdDSA","jwk":{jwk}}}"#));
    assert_eq!(jwk(&public), "read");
    for secret in ["d", "p", "dq", "oth", "k"] {
        let with_secret = public.replacen('{', &format!(r#"{{"{secret}":"AA","#), 1);
        assert_eq!(jwk(&with_secret), "token_secret_key", "{secret}");
    }
    assert_eq!(jwk(r#"{"kty":"oct","k":"AA"}"#), "token_secret_key");
    for bad in [r#"{}"#, r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#, r#"{"kty":"OKP","crv":"X25519","x":"AA"}"#]
    {
        assert_eq!(jwk(bad), "token_key_invalid", "{bad}");
    }
    let unknown = read(&token(r#"{"alg":"EdDSA","jwk":{"kty":"EC","crv":"secp256k1"}}"#, "{}", &ed25519(7)));
    let error = unknown.expect_err("not read");
    assert_eq!((error.code(), error.is_unsupported()), ("token_key_invalid", true));
}

#[test]
fn looks_are_told_apart() {
    for token in ["eyJ", "eyJhbGciOiJFZERTQSJ9", "eyJ.e30.AA", "a.b.c", "a.b.c.d.e", "eyA.e30.AA~"] {
        assert!(looks_like_token(token), "{token}");
    }
    for other in
        ["", "{", "hello", "a.b", "{\"a\":\"1.2.3\"}", "https://a.example/b.c.d", "not a. token. at all"]
    {
        assert!(!looks_like_token(other), "{other}");
    }
}

#[test]
fn a_payload_that_hides_members_is_not_taken_for_the_whole() {
    for payload in [
        r#"{"_sd":["AA"]}"#,
        r#"{"_sd_alg":"sha-256"}"#,
        r#"{"credentialSubject":{"_sd":[]}}"#,
        r#"{"a":[{"...":"AA"}]}"#,
        r#"{"vc":{"credentialSubject":[{"b":{"_sd":[]}}]}}"#,
    ] {
        let text = token(r#"{"alg":"EdDSA"}"#, payload, &ed25519(7));
        let refused = Token::read(&text, Content::Credential).expect_err(payload);
        assert_eq!(refused.code, "sd_jwt_unsupported", "{payload}");
    }
}

fn options(key: &SecretKey) -> TokenOptions {
    let did = key.public_key().ed25519().map(did_of).map(|did| did.to_string());
    TokenOptions {
        verification_method: format!("{}#key-1", did.unwrap_or("did:web:a.example".to_owned())),
        issued: Timestamp::parse("2026-07-01T12:00:00.500Z").expect("a time"),
        expires: None,
        nonce: None,
        audience: None,
    }
}

fn credential() -> Object {
    let text = r#"{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11",
        "type":["VerifiableCredential"],"issuer":"did:web:a.example","validFrom":"2026-01-01T00:00:00Z",
        "credentialSubject":{"id":"did:example:earner"}}"#;
    match json::parse(text.as_bytes()) {
        Ok(Value::Object(object)) => object,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_credential_is_signed_with_each_kind_of_key() {
    for key in keys() {
        let options =
            TokenOptions { verification_method: "did:web:a.example#key-1".to_owned(), ..options(&key) };
        let text = sign_credential(credential(), &key, &options, &CONTEXTS).expect("signs");
        let again = sign_credential(credential(), &key, &options, &CONTEXTS).expect("signs");
        assert_eq!(text, again, "the same key and content give the same token");
        let (token, payload) = Token::read(&text, Content::Credential).expect("reads");
        assert_eq!(payload, credential(), "the claims stand beside it, and nothing is lost");
        assert_eq!(token.jws().verify(&key.public_key()), Ok(()));
        assert_eq!(token.jws().header().kid(), Some("did:web:a.example#key-1"));
        assert_eq!(token.claims().issuer(), Some("did:web:a.example"));
        assert_eq!(token.claims().issued(), Some(options.issued.whole_seconds()));
        assert!(token.claims().expires().is_none() && token.claims().not_before().is_none());
        let presented = Jws::parse(&text, Content::Presentation).expect_err("a credential");
        assert_eq!(presented.code(), "token_type_other");
    }
}

#[test]
fn what_would_be_refused_is_not_signed() {
    let key = ed25519(7);
    let sign = |change: &dyn Fn(&mut Object), expires: Option<&str>| {
        let mut document = credential();
        change(&mut document);
        let expires = expires.map(|text| Timestamp::parse(text).expect("a time"));
        let signed = sign_credential(document, &key, &TokenOptions { expires, ..options(&key) }, &CONTEXTS);
        match signed {
            Ok(_) => "signed",
            Err(SigningError::Malformed(error)) => error.code,
            Err(SigningError::JsonLd(error)) => error.code(),
            Err(SigningError::Token(error)) => error.code(),
            Err(SigningError::Signing(_)) => "failed",
        }
    };
    assert_eq!(sign(&|_| (), None), "signed");
    assert_eq!(sign(&|document| drop(document.remove("issuer")), None), "issuer_missing");
    for claim in ["iss", "vc", "vp", "exp", "nbf", "iat", "jti", "sub", "aud", "nonce"] {
        assert_eq!(sign(&|document| document.insert(claim, "a"), None), "claim_present", "{claim}");
    }
    assert_eq!(sign(&|document| document.insert("surprise", "a"), None), "undefined_term");
    assert_eq!(sign(&|_| (), Some("2025-01-01T00:00:00Z")), "claim_differs", "it would end before it begins");
    let v1 = |document: &mut Object| {
        document.insert("@context", vec![Value::from("https://www.w3.org/2018/credentials/v1")]);
        document.insert("issuanceDate", "2026-01-01T00:00:00Z");
    };
    assert_eq!(sign(&v1, None), "vcdm_1_1");
    let large = |document: &mut Object| {
        document.insert("description", "a".repeat(MAX_TOKEN_BYTES * 4 / 5));
    };
    assert_eq!(sign(&large, None), "too_large");
}
