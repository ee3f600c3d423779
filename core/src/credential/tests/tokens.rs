//! Credentials and presentations out of tokens and envelopes: what must be refused before a signature is looked at.

use super::*;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// A token over this payload; nobody signed it.
fn token(header: &str, payload: &str) -> String {
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", encode(header), encode(payload), encode("signature"))
}

fn jwt(payload: &str) -> String {
    token(r#"{"alg":"EdDSA"}"#, payload)
}

/// `base` as the payload, with these claims beside.
fn with_claims(base: Object, claims: &str) -> String {
    let mut payload = base;
    for (name, value) in object(claims).iter() {
        payload.insert(name, value.clone());
    }
    jwt(&Value::from(payload).to_string())
}

fn read(text: &str) -> Result<Credential, Malformed> {
    Credential::parse(text.as_bytes())
}

fn code_of(text: &str) -> &'static str {
    read(text).map_or_else(|error| error.code, |_| "accepted")
}

fn v1() -> Object {
    object(&format!(
        r#"{{"@context":["https://www.w3.org/2018/credentials/v1"],"id":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11",
        "type":["VerifiableCredential"],"issuer":"{ISSUER}","issuanceDate":"2026-01-01T00:00:00Z",
        "expirationDate":"2027-01-01T00:00:00Z","credentialSubject":{{"id":"{EARNER}"}}}}"#
    ))
}

/// A token of data model 1.1: the credential in `vc`, these claims beside.
fn wrapped(credential: Object, claims: &str) -> String {
    let mut payload = object(claims);
    payload.insert("vc", credential);
    jwt(&Value::from(payload).to_string())
}

#[test]
fn a_payload_of_data_model_2_is_the_credential() {
    let text = with_claims(plain(), r#"{"iat":1767225600,"aud":["a","b"],"nonce":"n"}"#);
    for read in [
        Credential::parse(text.as_bytes()),
        Credential::parse(format!(" {text}\n").as_bytes()),
        Credential::from_token(&text),
        Credential::from_value(Value::from(text.clone())),
    ] {
        let credential = read.expect("reads");
        assert_eq!(credential.object(), &plain(), "the claims don't count to it");
        assert_eq!((credential.data_model(), credential.issuer_id()), (DataModel::V2_0, ISSUER));
        let token = credential.secured().token().expect("out of a token");
        assert_eq!(token.claims().audience().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(token.claims().nonce(), Some("n"));
    }
    assert_eq!(Credential::from_object(plain()).expect("reads").secured(), &Secured::Embedded);
}

#[test]
fn the_rules_of_the_data_model_hold_in_a_token_too() {
    for (pointer, json, expected) in [
        ("/issuer", "", "issuer_missing"),
        ("/credentialSubject", "[]", "subject_empty"),
        ("/type", "[\"Thing\"]", "type_not_included"),
        ("/validFrom", "\"yesterday\"", "date_invalid"),
        ("/@context", "", "context_missing"),
        ("/@context", "[\"https://w3id.org/openbadges/v2\"]", "open_badges_2"),
    ] {
        let text = jwt(&Value::from(with(plain(), pointer, json)).to_string());
        assert_eq!(code_of(&text), expected, "{pointer}");
    }
    let broken = with(badge(), "/credentialSubject/achievement/criteria", "");
    assert_eq!(code_of(&jwt(&Value::from(broken).to_string())), "member_missing");
}

#[test]
fn claims_that_contradict_the_credential_are_refused() {
    let own = format!(
        r#"{{"iss":"{ISSUER}","jti":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11","sub":"{EARNER}","nbf":1767225600}}"#
    );
    for base in [plain(), badge()] {
        assert_eq!(code_of(&with_claims(base.clone(), &own)), "accepted");
        for claim in
            [r#"{"iss":"did:example:other"}"#, r#"{"jti":"urn:uuid:0"}"#, r#"{"sub":"did:example:other"}"#]
        {
            let error = read(&with_claims(base.clone(), claim)).expect_err(claim);
            assert_eq!((error.kind, error.code), (MalformedKind::Malformed, "claim_differs"), "{claim}");
            assert!(claim.contains(&error.path[1..]), "{claim}: {}", error.path);
        }
    }
    // In an Open Badge `nbf` and `exp` are its own dates, to the second.
    let ending = with(badge(), "/validUntil", "\"2027-01-01T00:00:00Z\"");
    for (claim, expected) in [
        (r#"{"nbf":1767225600}"#, "accepted"),
        (r#"{"nbf":1767225600.9}"#, "accepted"),
        (r#"{"nbf":1767225599}"#, "claim_differs"),
        (r#"{"nbf":1767225601}"#, "claim_differs"),
        (r#"{"exp":1798761600}"#, "accepted"),
        (r#"{"exp":1798761599}"#, "claim_differs"),
        (r#"{"exp":1900000000}"#, "claim_differs"),
    ] {
        assert_eq!(code_of(&with_claims(ending.clone(), claim)), expected, "{claim}");
    }
    // In others they are the signature's, which must leave the credential some time.
    let ending = with(plain(), "/validUntil", "\"2027-01-01T00:00:00Z\"");
    for (claim, expected) in [
        (r#"{"nbf":1770000000,"exp":1780000000}"#, "accepted"),
        (r#"{"exp":1900000000}"#, "accepted"),
        (r#"{"exp":1767225600}"#, "claim_differs"),
        (r#"{"nbf":1798761601}"#, "claim_differs"),
    ] {
        assert_eq!(code_of(&with_claims(ending.clone(), claim)), expected, "{claim}");
    }
}

#[test]
fn a_subject_claim_is_one_of_the_subjects() {
    let several = with(plain(), "/credentialSubject", r#"[{"id":"did:example:a"},{"id":"did:example:b"}]"#);
    assert_eq!(code_of(&with_claims(several.clone(), r#"{"sub":"did:example:b"}"#)), "accepted");
    assert_eq!(code_of(&with_claims(several, r#"{"sub":"did:example:c"}"#)), "claim_differs");
}

#[test]
fn claims_have_their_forms() {
    for claim in [
        r#"{"iss":7}"#,
        r#"{"iss":""}"#,
        r#"{"iss":{"id":"did:example:1"}}"#,
        r#"{"jti":null}"#,
        r#"{"sub":["did:example:1"]}"#,
        r#"{"nonce":7}"#,
        r#"{"aud":[]}"#,
        r#"{"aud":7}"#,
        r#"{"aud":["a",7]}"#,
        r#"{"aud":[""]}"#,
        r#"{"exp":"1798761600"}"#,
        r#"{"exp":"2027-01-01T00:00:00Z"}"#,
        r#"{"exp":null}"#,
        r#"{"exp":true}"#,
        r#"{"exp":1e15}"#,
        r#"{"exp":-1e15}"#,
        r#"{"nbf":[1]}"#,
        r#"{"iat":"yesterday"}"#,
        r#"{"iat":{}}"#,
    ] {
        assert_eq!(code_of(&with_claims(plain(), claim)), "claim_invalid", "{claim}");
    }
    let many = format!(r#"{{"aud":[{}]}}"#, vec!["\"a\""; 17].join(","));
    assert_eq!(code_of(&with_claims(plain(), &many)), "claim_invalid");
    let long = format!(r#"{{"nonce":"{}"}}"#, "a".repeat(2049));
    assert_eq!(code_of(&with_claims(plain(), &long)), "claim_invalid");
    // Issuers write `iat` in words; it decides nothing.
    let text = with_claims(plain(), r#"{"iat":"2026-01-01T00:00:00Z"}"#);
    let credential = read(&text).expect("reads");
    assert!(credential.secured().token().is_some_and(|token| token.claims().issued_was_text()));
}

#[test]
fn a_header_that_repeats_claims_says_the_same() {
    let payload = Value::from(with(plain(), "/iss", &format!("\"{ISSUER}\""))).to_string();
    let header = |iss: &str| format!(r#"{{"alg":"EdDSA","iss":{iss}}}"#);
    assert_eq!(code_of(&token(&header(&format!("\"{ISSUER}\"")), &payload)), "accepted");
    assert_eq!(code_of(&token(&header("\"did:example:other\""), &payload)), "claim_differs");
    let without = Value::from(plain()).to_string();
    assert_eq!(code_of(&token(&header(&format!("\"{ISSUER}\"")), &without)), "claim_differs");
}

#[test]
fn vc_and_vp_have_no_place_in_data_model_2() {
    for claim in
        [r#"{"vc":"oops"}"#, r#"{"vp":"nooo"}"#, r#"{"vc":{}}"#, r#"{"vc":null}"#, r#"{"vc":"a","vp":"b"}"#]
    {
        assert_eq!(code_of(&with_claims(plain(), claim)), "vc_claim", "{claim}");
    }
    assert_eq!(code_of(&wrapped(plain(), "{}")), "vc_claim", "2.0 within vc");
    let both = with_claims(plain(), &format!(r#"{{"vc":{}}}"#, Value::from(v1())));
    assert_eq!(code_of(&both), "vc_claim", "two credentials in one token");
    let in_presentation = format!(r#"{{"vp":{}}}"#, Value::from(v1()));
    assert_eq!(code_of(&jwt(&in_presentation)), "vc_claim", "a credential where a presentation belongs");
}

#[test]
fn a_token_of_data_model_1_1_has_its_credential_in_vc() {
    let claims = format!(
        r#"{{"iss":"{ISSUER}","jti":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11","sub":"{EARNER}",
        "nbf":1767225600,"exp":1798761600}}"#
    );
    let credential = read(&wrapped(v1(), &claims)).expect("reads");
    assert_eq!((credential.object(), credential.data_model()), (&v1(), DataModel::V1_1));
    // What the credential leaves out, the claims say.
    let bare = object(
        r#"{"@context":["https://www.w3.org/2018/credentials/v1"],"type":["VerifiableCredential"],
        "credentialSubject":{"alumniOf":"did:example:1"}}"#,
    );
    let read_bare = read(&wrapped(bare.clone(), &claims)).expect("reads");
    assert_eq!((read_bare.issuer_id(), read_bare.id()), (ISSUER, credential.id()));
    assert_eq!(
        (read_bare.valid_from(), read_bare.valid_until()),
        (credential.valid_from(), credential.valid_until())
    );
    assert_eq!(read_bare.subject_ids().collect::<Vec<_>>(), [EARNER]);
    assert_eq!(code_of(&wrapped(bare, "{}")), "issuer_missing");
    assert_eq!(code_of(&jwt(&Value::from(v1()).to_string())), "vc_claim_missing");

    for (claim, expected) in [
        (r#"{"iss":"did:example:other"}"#, "claim_differs"),
        (r#"{"jti":"urn:uuid:0"}"#, "claim_differs"),
        (r#"{"sub":"did:example:other"}"#, "claim_differs"),
        (r#"{"nbf":1767225601}"#, "claim_differs"),
        (r#"{"exp":1798761601}"#, "claim_differs"),
        (r#"{"exp":"1798761600"}"#, "claim_invalid"),
        (r#"{"anything":"else"}"#, "accepted"),
    ] {
        assert_eq!(code_of(&wrapped(v1(), claim)), expected, "{claim}");
    }
}

fn envelope(id: &str) -> Object {
    object(&format!(
        r#"{{"@context":"https://www.w3.org/ns/credentials/v2","id":"{id}","type":"EnvelopedVerifiableCredential"}}"#
    ))
}

#[test]
fn an_envelope_holds_one_token_and_nothing_else() {
    let text = jwt(&Value::from(plain()).to_string());
    let good = envelope(&format!("data:application/vc+jwt,{text}"));
    let credential = Credential::from_object(good.clone()).expect("reads");
    assert!(credential.secured().token().is_some() && credential.object() == &plain());
    assert_eq!(
        Credential::parse(Value::from(good.clone()).to_string().as_bytes()).expect("reads").object(),
        &plain()
    );

    for (pointer, json, expected) in [
        ("/@context", "", "enveloped_context"),
        ("/@context", "\"https://www.w3.org/2018/credentials/v1\"", "enveloped_context"),
        ("/@context", "{}", "enveloped_context"),
        ("/id", "", "enveloped_id"),
        ("/id", "7", "enveloped_id"),
        ("/id", "\"https://a.example\"", "enveloped_id"),
        ("/id", "\"data:application/vc+jwt\"", "enveloped_id"),
        ("/id", "\"bad-credential\"", "enveloped_id"),
        ("/id", "\"data:,\"", "enveloped_type_unsupported"),
        ("/id", "\"data:text/plain,a\"", "enveloped_type_unsupported"),
        ("/id", "\"data:application/vp+jwt,a\"", "enveloped_type_unsupported"),
        ("/id", "\"data:application/vc+sd-jwt,a\"", "enveloped_type_unsupported"),
        ("/id", "\"data:application/vc+cose,a\"", "enveloped_type_unsupported"),
        ("/id", "\"data:application/vc+jwt;base64,a\"", "enveloped_type_unsupported"),
        ("/id", "\"data:application/vc+jwt,\"", "token_malformed"),
        ("/id", "\"data:application/vc+jwt,yJhbGciOiJFZERTQSJ9.e30.AA\"", "token_malformed"),
        ("/name", "\"Doctor of everything\"", "enveloped_member"),
        ("/issuer", "\"did:example:1\"", "enveloped_member"),
        ("/type", "[\"EnvelopedVerifiableCredential\",\"VerifiableCredential\"]", "accepted"),
    ] {
        assert_eq!(code(with(good.clone(), pointer, json)), expected, "{pointer} := {json}");
    }
    let inner = Value::from(good).to_string();
    assert_eq!(code_of(&jwt(&inner)), "enveloped_twice");
}

fn vp(member: &str) -> Object {
    object(&format!(
        r#"{{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"VerifiablePresentation","holder":"{EARNER}",
        "verifiableCredential":[{member}]}}"#
    ))
}

fn vp_code(text: &str) -> &'static str {
    Presentation::parse(text.as_bytes()).map_or_else(|error| error.code, |_| "accepted")
}

#[test]
fn a_presentation_in_a_token_keeps_the_same_rules() {
    let member = jwt(&Value::from(plain()).to_string());
    let member = Value::from(envelope(&format!("data:application/vc+jwt,{member}"))).to_string();
    let text = with_claims(vp(&member), &format!(r#"{{"iss":"{EARNER}","nonce":"n","aud":"a"}}"#));
    for read in [
        Presentation::parse(text.as_bytes()),
        Presentation::from_value(Value::from(text.clone())),
        Presentation::from_object(object(&format!(
            r#"{{"@context":["https://www.w3.org/ns/credentials/v2"],"type":"EnvelopedVerifiablePresentation",
            "id":"data:application/vp+jwt,{text}"}}"#
        ))),
    ] {
        let presentation = read.expect("reads");
        assert_eq!(presentation.object(), &vp(&member));
        assert!(presentation.secured().token().is_some());
        assert!(presentation.credentials()[0].as_ref().is_ok_and(|one| one.secured().token().is_some()));
    }
    for (claims, expected) in [
        (r#"{"iss":"did:example:other"}"#, "claim_differs"),
        (r#"{"vp":{}}"#, "vc_claim"),
        (r#"{"vc":{}}"#, "vc_claim"),
        (r#"{"exp":"soon"}"#, "claim_invalid"),
    ] {
        assert_eq!(vp_code(&with_claims(vp(&member), claims)), expected, "{claims}");
    }
    assert_eq!(vp_code(&jwt(&Value::from(vp("\"eyJ\"")).to_string())), "not_an_object", "2.0 has no texts");
    assert_eq!(vp_code(&token(r#"{"alg":"EdDSA","typ":"vc+jwt"}"#, "{}")), "token_type_other");
    assert_eq!(code_of(&token(r#"{"alg":"EdDSA","typ":"vp+jwt"}"#, "{}")), "token_type_other");
}

#[test]
fn a_presentation_of_data_model_1_1_may_hold_tokens_as_texts() {
    let credential = wrapped(v1(), "{}");
    let inner = |member: &str| {
        format!(
            r#"{{"@context":["https://www.w3.org/2018/credentials/v1"],"type":["VerifiablePresentation"],
            "verifiableCredential":[{member}]}}"#
        )
    };
    let text = jwt(&format!(r#"{{"iss":"{EARNER}","vp":{}}}"#, inner(&format!("\"{credential}\",\"junk\""))));
    let presentation = Presentation::parse(text.as_bytes()).expect("reads");
    assert_eq!(presentation.holder(), Some(EARNER), "by the claim");
    let codes: Vec<_> = presentation
        .credentials()
        .iter()
        .map(|one| one.as_ref().map_or_else(|error| error.code, |_| "ok"))
        .collect();
    assert_eq!(codes, ["ok", "token_malformed"]);
    // Without a token around it, a text is no credential.
    assert_eq!(vp_code(&inner(&format!("\"{credential}\""))), "not_an_object");
    assert_eq!(vp_code(&jwt(&inner(&format!("\"{credential}\"")))), "vc_claim_missing");
}
