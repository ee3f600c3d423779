//! What a proof must withstand.

use super::*;
use crate::did::key::{did_of, verification_method_of};
use crate::json;

mod ecdsa_proofs;
mod elder_proofs;
mod jcs_proofs;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect(text)
}

fn method(key: &SigningKey) -> String {
    verification_method_of(&key.verifying_key())
}

fn options(key: &SigningKey) -> ProofOptions {
    ProofOptions {
        verification_method: method(key),
        purpose: Purpose::AssertionMethod,
        created: at("2026-06-30T10:00:00Z"),
        expires: None,
        challenge: None,
        domain: None,
    }
}

fn document() -> Object {
    object(&format!(
        r#"{{"@context":["https://www.w3.org/ns/credentials/v2"],"id":"urn:uuid:1","type":["VerifiableCredential"],
        "issuer":"{}","validFrom":"2026-06-30T10:00:00Z","name":"A badge",
        "credentialSubject":{{"id":"did:example:earner"}}}}"#,
        did_of(&key(1).verifying_key())
    ))
}

fn object(text: &str) -> Object {
    json::parse(text.as_bytes()).expect(text).as_object().expect(text).clone()
}

fn signed() -> Object {
    sign(document(), &key(1), &options(&key(1)), &Contexts::pinned()).expect("signs")
}

/// A chain: two plain proofs `urn:a` and `urn:b`, and `urn:c` that builds on both.
fn chained() -> Object {
    let link = |id: &str, previous: &[&str]| Link {
        id: Some(id.to_owned()),
        previous: previous.iter().map(|id| (*id).to_owned()).collect(),
    };
    let add = |document, seed, link: Link| {
        sign_linked(document, &key(seed), &options(&key(seed)), &link, &Contexts::pinned()).expect("signs")
    };
    let set = add(add(document(), 1, link("urn:a:1", &[])), 2, link("urn:b:1", &[]));
    add(set, 3, link("urn:c:1", &["urn:a:1", "urn:b:1"]))
}

fn did_key_of(method: &str) -> Option<PublicKey> {
    did_key(method).ok()
}

fn verify(document: &Object) -> Vec<Result<(), ProofError>> {
    let proofs = parse_proofs(document).expect("parses");
    verify_proofs(document, &proofs, &did_key_of, &Contexts::pinned())
}

fn proofs_of(document: &Object) -> Vec<Object> {
    let items = document.get("proof").expect("signed").as_array().expect("a list");
    items.iter().map(|item| item.as_object().expect("an object").clone()).collect()
}

/// The document with other proofs.
fn with_proofs(mut document: Object, proofs: Vec<Object>) -> Object {
    document.insert("proof", proofs.into_iter().map(Value::from).collect::<Vec<_>>());
    document
}

/// The signed document with one member of its proof changed to this JSON, or taken out (“”).
fn with(member: &str, value: &str) -> Object {
    let mut proof = proofs_of(&signed()).remove(0);
    match value {
        "" => drop(proof.remove(member)),
        json => proof.insert(member, json::parse(json.as_bytes()).expect(json)),
    }
    with_proofs(signed(), vec![proof])
}

#[test]
fn a_signed_document_verifies() {
    let signed = signed();
    assert_eq!(verify(&signed), [Ok(())]);
    let proof = &parse_proofs(&signed).expect("parses")[0];
    assert_eq!((proof.suite(), proof.suite_name()), (Some(Suite::EddsaRdfc2022), "eddsa-rdfc-2022"));
    assert_eq!(proof.created(), Some(at("2026-06-30T10:00:00Z")));
    assert_eq!(proof.verification_method(), method(&key(1)));
    assert_eq!(proof.controller(), did_of(&key(1).verifying_key()).as_str());
    assert_eq!((proof.purpose(), proof.id(), proof.expires()), (Purpose::AssertionMethod, None, None));
    let again = sign(document(), &key(1), &options(&key(1)), &Contexts::pinned());
    assert_eq!(again, Ok(signed), "signing is deterministic");
}

#[test]
fn one_proof_may_stand_without_a_list() {
    let mut signed = signed();
    let proof = proofs_of(&signed).remove(0);
    signed.insert("proof", proof);
    assert_eq!(verify(&signed), [Ok(())]);
    let both = sign(signed, &key(2), &options(&key(2)), &Contexts::pinned()).expect("signs");
    assert_eq!(verify(&both), [Ok(()), Ok(())]);
}

#[test]
fn the_order_of_members_is_not_signed_but_every_claim_is() {
    let signed = signed();
    let mut turned = Object::new();
    for (name, value) in signed.iter().collect::<Vec<_>>().into_iter().rev() {
        turned.insert(name, value.clone());
    }
    assert_eq!(verify(&turned), [Ok(())]);
    for (member, value) in [
        ("id", "urn:uuid:2"),
        ("name", "Another badge"),
        ("issuer", "did:example:other"),
        ("validFrom", "2026-06-30T10:00:01Z"),
        ("description", "added"),
    ] {
        let mut changed = signed.clone();
        changed.insert(member, value);
        assert_eq!(verify(&changed), [Err(ProofError::BadSignature)], "{member}");
    }
    for member in ["id", "name", "validFrom", "credentialSubject", "issuer"] {
        let mut changed = signed.clone();
        changed.remove(member);
        assert_eq!(verify(&changed), [Err(ProofError::BadSignature)], "{member} removed");
    }
}

#[test]
fn claims_that_no_context_defines_are_refused() {
    let mut added = signed();
    added.insert("undefinedClaim", "unsigned");
    assert!(matches!(&verify(&added)[0], Err(ProofError::JsonLd(_))));
    let mut unsigned = document();
    unsigned.insert("undefinedClaim", "unsigned");
    let error = sign(unsigned, &key(1), &options(&key(1)), &Contexts::pinned()).expect_err("refused");
    assert_eq!((error.fault(), error.code()), (ProofFault::Malformed, "undefined_term"));
    let in_options = verify(&with("undefinedOption", "\"unsigned\"")).remove(0).expect_err("refused");
    assert_eq!((in_options.fault(), in_options.code()), (ProofFault::Malformed, "undefined_term"));
    let mut elsewhere = signed();
    elsewhere.insert(
        "@context",
        vec!["https://www.w3.org/ns/credentials/v2".into(), "https://a.example/c".into()],
    );
    assert_eq!(verify(&elsewhere)[0].as_ref().map_err(ProofError::fault), Err(ProofFault::Unsupported));
    elsewhere.remove("@context");
    assert_eq!(verify(&elsewhere)[0].as_ref().map_err(ProofError::fault), Err(ProofFault::Malformed));
}

#[test]
fn refuses_documents_without_a_proof() {
    for proof in ["", "[]", "{}", "[{}]"] {
        let mut document = document();
        if !proof.is_empty() {
            document.insert("proof", json::parse(proof.as_bytes()).expect(proof));
        }
        assert_eq!(parse_proofs(&document), Err(ProofError::Missing), "{proof}");
    }
    for proof in ["null", "\"z\"", "7", "true", "[null]", "[[]]", "[\"z\"]"] {
        let mut document = document();
        document.insert("proof", json::parse(proof.as_bytes()).expect(proof));
        assert_eq!(parse_proofs(&document), Err(ProofError::NotAnObject), "{proof}");
    }
    let proof = proofs_of(&signed()).remove(0);
    let most = with_proofs(document(), vec![proof.clone(); MAX_PROOFS]);
    assert_eq!(verify(&most), vec![Ok(()); MAX_PROOFS]);
    let too_many = with_proofs(document(), vec![proof; MAX_PROOFS + 1]);
    assert_eq!(parse_proofs(&too_many), Err(ProofError::TooMany { found: MAX_PROOFS + 1 }));
    assert!(sign(most, &key(1), &options(&key(1)), &Contexts::pinned()).is_err());
}

#[test]
fn refuses_members_that_are_missing_or_of_another_type() {
    for required in ["type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue"] {
        for value in ["", "null", "7", "true", "{}", "[]", "\"\"", "[\"x\"]"] {
            let error = parse_proofs(&with(required, value)).expect_err(required);
            assert!(
                matches!(error, ProofError::Member { member, .. } if member == required),
                "{required} {value}: {error}"
            );
            assert_eq!((error.fault(), error.code()), (ProofFault::Malformed, "proof_malformed"));
        }
    }
    for optional in ["id", "created", "expires", "challenge", "nonce"] {
        for value in ["null", "7", "true", "{}", "[]", "\"\"", "[\"x\"]"] {
            assert!(parse_proofs(&with(optional, value)).is_err(), "{optional} {value}");
        }
    }
    for list in ["domain", "previousProof"] {
        for value in ["null", "7", "true", "{}", "[]", "\"\"", "[7]", "[\"urn:a:1\",\"urn:a:1\"]"] {
            assert!(parse_proofs(&with(list, value)).is_err(), "{list} {value}");
        }
    }
}

#[test]
fn refuses_malformed_values() {
    for (member, value) in [
        ("created", "\"2026-06-30\""),
        ("created", "\"2026-06-30T10:00:00\""),
        ("created", "\"2026-02-30T10:00:00Z\""),
        ("created", "\"yesterday\""),
        ("expires", "\"2026-06-30T10:00:00\""),
        ("expires", "\"never\""),
        ("id", "\"not a url\""),
        ("id", "\"relative\""),
        ("verificationMethod", "\"z6Mk\""),
        ("verificationMethod", "\"#key\""),
        ("previousProof", "\"relative\""),
    ] {
        let error = parse_proofs(&with(member, value)).expect_err(value);
        assert!(
            matches!(error, ProofError::Member { member: named, .. } if named == member),
            "{member} {value}"
        );
    }
    for purpose in [
        "keyAgreement",
        "capabilityInvocation",
        "invalidPurpose",
        "https://w3id.org/security#assertionMethod",
    ] {
        let error = parse_proofs(&with("proofPurpose", &format!("\"{purpose}\"")));
        assert_eq!(error, Err(ProofError::UnknownPurpose { found: purpose.to_owned() }));
    }
    for keyword in ["@context", "@id", "@type", "@graph", "@included", "@reverse"] {
        let error = parse_proofs(&with(keyword, "\"https://www.w3.org/ns/credentials/v2\""));
        assert_eq!(error, Err(ProofError::Keyword { keyword: keyword.to_owned() }));
    }
    let long = format!("\"urn:{}\"", "a".repeat(5000));
    assert!(parse_proofs(&with("challenge", &long)).is_err());
    assert!(parse_proofs(&with("verificationMethod", &long)).is_err());
}

#[test]
fn refuses_signatures_that_are_not_64_bytes_in_base58btc() {
    let value = proofs_of(&signed())[0].get("proofValue").and_then(Value::as_str).expect("text").to_owned();
    let bytes = bs58::decode(&value[1..]).into_vec().expect("base58btc");
    for text in [
        value[1..].to_owned(),
        format!("u{}", &value[1..]),
        format!("m{}", &value[1..]),
        format!("Z{}", &value[1..]),
        format!("{value} "),
        format!("{value}0"),
        "z".to_owned(),
        format!("z{}", bs58::encode(&bytes[..63]).into_string()),
        format!("z{}", bs58::encode([&bytes[..], &[0]].concat()).into_string()),
        format!("z1{}", &value[1..]),
        format!("z{}", "1".repeat(64 * 1024)),
    ] {
        assert!(parse_proofs(&with("proofValue", &format!("\"{text}\""))).is_err(), "{text:.20}");
    }
}

#[test]
fn every_bit_of_a_signature_counts() {
    let value = proofs_of(&signed())[0].get("proofValue").and_then(Value::as_str).expect("text").to_owned();
    let bytes = bs58::decode(&value[1..]).into_vec().expect("base58btc");
    for bit in 0..512 {
        let mut changed = bytes.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let text = format!("\"z{}\"", bs58::encode(changed).into_string());
        assert_eq!(verify(&with("proofValue", &text)), [Err(ProofError::BadSignature)], "bit {bit}");
    }
}

#[test]
fn every_option_is_signed() {
    for (member, value) in [
        ("created", "\"2026-06-30T10:00:01Z\""),
        ("created", ""),
        ("created", "\"2026-06-30T10:00:00.000Z\""),
        ("expires", "\"2036-01-01T00:00:00Z\""),
        ("proofPurpose", "\"authentication\""),
        ("challenge", "\"abc\""),
        ("domain", "\"a.example\""),
        ("nonce", "\"1\""),
        ("id", "\"urn:a:1\""),
    ] {
        assert_eq!(verify(&with(member, value)), [Err(ProofError::BadSignature)], "{member} {value}");
    }
    let other = format!("\"{}\"", method(&key(2)));
    assert_eq!(verify(&with("verificationMethod", &other)), [Err(ProofError::BadSignature)]);
}

#[test]
fn other_suites_are_well_formed_but_not_supported() {
    for (member, name) in
        [("cryptosuite", "ecdsa-sd-2023"), ("cryptosuite", "made-up"), ("type", "Ed25519Signature2018")]
    {
        let document = with(member, &format!("\"{name}\""));
        let proof = parse_proofs(&document).expect("well-formed").remove(0);
        assert_eq!((proof.suite(), proof.suite_name()), (None, name));
        let error = verify(&document).remove(0).expect_err("not supported");
        assert_eq!(error, ProofError::UnsupportedSuite { name: name.to_owned() });
        assert_eq!((error.fault(), error.code()), (ProofFault::Unsupported, "proof_suite_unsupported"));
    }
    // An unknown suite doesn't excuse the rest.
    let mut proof = proofs_of(&with("cryptosuite", "\"bbs-2023\"")).remove(0);
    proof.insert("proofValue", "not multibase");
    assert!(parse_proofs(&with_proofs(document(), vec![proof])).is_err());
    // Beside a good proof it is named, and takes nothing away.
    let [good, other] = [signed(), with("cryptosuite", "\"bbs-2023\"")].map(|d| proofs_of(&d).remove(0));
    let results = verify(&with_proofs(document(), vec![good, other]));
    assert_eq!(results[0], Ok(()));
    assert!(results[1].is_err());
}

#[test]
fn a_key_must_be_given() {
    let signed = signed();
    let proofs = parse_proofs(&signed).expect("parses");
    let results = verify_proofs(&signed, &proofs, &|_| None, &Contexts::pinned());
    assert_eq!(results[0].as_ref().map_err(ProofError::fault), Err(ProofFault::NoKey));
    let wrong = |_: &str| Some(key(2).verifying_key().into());
    assert_eq!(verify_proofs(&signed, &proofs, &wrong, &Contexts::pinned()), [Err(ProofError::BadSignature)]);
}

#[test]
fn a_did_key_method_repeats_its_identifier() {
    let method = method(&key(1));
    assert_eq!(did_key(&method), Ok(key(1).verifying_key().into()));
    let (did, _) = method.split_once('#').expect("a fragment");
    let other = key(2).verifying_key().to_multikey();
    assert_eq!(did_key(&format!("{did}#{other}")), Err(DidError::FragmentDiffers));
    assert_eq!(did_key(&format!("{did}#key-1")), Err(DidError::FragmentDiffers));
    assert_eq!(did_key(did), Err(DidError::NoFragment));
    assert_eq!(did_key(&format!("did:web:a.example#{other}")), Err(DidError::UnsupportedMethod));
}

#[test]
fn what_was_asked_for_must_fit() {
    let asked = ProofOptions {
        purpose: Purpose::Authentication,
        expires: Some(at("2026-07-01T00:00:00Z")),
        challenge: Some("c1".into()),
        domain: Some("a.example".into()),
        ..options(&key(1))
    };
    let signed = sign(document(), &key(1), &asked, &Contexts::pinned()).expect("signs");
    assert_eq!(verify(&signed), [Ok(())]);
    let proof = parse_proofs(&signed).expect("parses").remove(0);
    let right = Expected {
        purpose: Purpose::Authentication,
        now: at("2026-06-30T23:59:59Z"),
        challenge: Some("c1"),
        domain: Some("a.example"),
    };
    assert_eq!(proof.check_expected(&right), Ok(()));
    assert_eq!(proof.check_expected(&Expected { challenge: None, domain: None, ..right }), Ok(()));
    for (expected, code) in [
        (Expected { purpose: Purpose::AssertionMethod, ..right }, "proof_purpose_other"),
        (Expected { now: at("2026-07-01T00:00:00Z"), ..right }, "proof_expired"),
        (Expected { challenge: Some("c2"), ..right }, "proof_challenge_other"),
        (Expected { challenge: Some(""), ..right }, "proof_challenge_other"),
        (Expected { domain: Some("b.example"), ..right }, "proof_domain_other"),
        (Expected { domain: Some("A.example"), ..right }, "proof_domain_other"),
    ] {
        let error = proof.check_expected(&expected).expect_err(code);
        assert_eq!((error.code(), error.fault()), (code, ProofFault::NotAsAsked));
    }
    // A proof without challenge and domain answers none.
    let plain = parse_proofs(&super::tests::signed()).expect("parses").remove(0);
    let plainly = Expected { purpose: Purpose::AssertionMethod, ..right };
    assert_eq!(plain.check_expected(&plainly), Err(ProofError::OtherChallenge));
    let plainly = Expected { challenge: None, ..plainly };
    assert_eq!(plain.check_expected(&plainly), Err(ProofError::OtherDomain));
}

#[test]
fn nothing_is_signed_that_would_be_refused() {
    let sign_with = |options: &ProofOptions| sign(document(), &key(1), options, &Contexts::pinned());
    for refused in [
        ProofOptions { verification_method: "key-1".into(), ..options(&key(1)) },
        ProofOptions { verification_method: String::new(), ..options(&key(1)) },
        ProofOptions { challenge: Some(String::new()), ..options(&key(1)) },
        ProofOptions { domain: Some(String::new()), ..options(&key(1)) },
    ] {
        assert!(matches!(sign_with(&refused), Err(ProofError::Member { .. })), "{refused:?}");
    }
    let mut bad_proof = document();
    bad_proof.insert("proof", "text");
    assert!(sign(bad_proof, &key(1), &options(&key(1)), &Contexts::pinned()).is_err());
    let absent = Link { id: None, previous: vec!["urn:a:1".into()] };
    let error = sign_linked(signed(), &key(1), &options(&key(1)), &absent, &Contexts::pinned());
    assert_eq!(error, Err(ProofError::PreviousAbsent { id: "urn:a:1".into() }));
}

#[test]
fn a_chain_verifies_in_any_order() {
    let chained = chained();
    assert_eq!(verify(&chained), [Ok(()), Ok(()), Ok(())]);
    let mut proofs = proofs_of(&chained);
    proofs.reverse();
    assert_eq!(verify(&with_proofs(chained, proofs)), [Ok(()), Ok(()), Ok(())]);
}

#[test]
fn a_chain_breaks_where_a_proof_is_changed_exchanged_or_gone() {
    let proofs = proofs_of(&chained());
    let without_first = with_proofs(document(), proofs[1..].to_vec());
    assert_eq!(parse_proofs(&without_first), Err(ProofError::PreviousAbsent { id: "urn:a:1".into() }));

    // The proof that is built on fails: so does the one on top, and it says where.
    let mut changed = proofs.clone();
    changed[0].insert("created", "2026-06-30T10:00:01Z");
    let results = verify(&with_proofs(document(), changed));
    assert_eq!((&results[0], &results[1]), (&Err(ProofError::BadSignature), &Ok(())));
    let because = Box::new(ProofError::BadSignature);
    assert_eq!(results[2], Err(ProofError::Previous { id: "urn:a:1".into(), because }));

    // Another good proof with the same id is still not the one that was signed.
    let link = Link { id: Some("urn:a:1".into()), previous: Vec::new() };
    let later = ProofOptions { created: at("2026-07-01T00:00:00Z"), ..options(&key(1)) };
    let another = sign_linked(document(), &key(1), &later, &link, &Contexts::pinned()).expect("signs");
    let mut exchanged = proofs.clone();
    exchanged[0] = proofs_of(&another).remove(0);
    let results = verify(&with_proofs(document(), exchanged));
    assert_eq!(results, [Ok(()), Ok(()), Err(ProofError::BadSignature)]);

    // The link itself is signed.
    for previous in ["\"urn:a:1\"", "\"urn:b:1\"", ""] {
        let mut cut = proofs.clone();
        match previous {
            "" => drop(cut[2].remove("previousProof")),
            json => cut[2].insert("previousProof", json::parse(json.as_bytes()).expect(json)),
        }
        assert_eq!(verify(&with_proofs(document(), cut))[2], Err(ProofError::BadSignature), "{previous}");
    }
}

#[test]
fn a_chain_on_an_unknown_key_or_suite_is_not_forged() {
    let chained = chained();
    let proofs = parse_proofs(&chained).expect("parses");
    let first = proofs[0].verification_method().to_owned();
    let some = |method: &str| if method == first { None } else { did_key_of(method) };
    let results = verify_proofs(&chained, &proofs, &some, &Contexts::pinned());
    assert_eq!(results[2].as_ref().map_err(ProofError::fault), Err(ProofFault::NoKey));
    assert_eq!(results[2].as_ref().map_err(ProofError::code), Err("previous_proof_failed"));
    let mut other = proofs_of(&chained);
    other[0].insert("cryptosuite", "bbs-2023");
    let results = verify(&with_proofs(document(), other));
    assert_eq!(results[2].as_ref().map_err(ProofError::fault), Err(ProofFault::Unsupported));
}

#[test]
fn refuses_circles_and_ids_that_stand_twice() {
    let proofs = proofs_of(&chained());
    let linked = |links: &[(usize, &str)]| {
        let mut proofs = proofs.clone();
        links.iter().for_each(|(at, previous)| proofs[*at].insert("previousProof", *previous));
        parse_proofs(&with_proofs(document(), proofs))
    };
    assert_eq!(linked(&[(0, "urn:a:1")]), Err(ProofError::Cycle));
    assert_eq!(linked(&[(0, "urn:b:1"), (1, "urn:a:1")]), Err(ProofError::Cycle));
    assert_eq!(linked(&[(0, "urn:c:1")]), Err(ProofError::Cycle));
    assert_eq!(linked(&[(0, "urn:d:1")]), Err(ProofError::PreviousAbsent { id: "urn:d:1".into() }));
    let mut twice = proofs.clone();
    twice[1].insert("id", "urn:a:1");
    let error = parse_proofs(&with_proofs(document(), twice));
    assert_eq!(error, Err(ProofError::DuplicateId { id: "urn:a:1".into() }));
    assert_eq!(error.map_err(|error| error.fault()), Err(ProofFault::Malformed));
}

#[test]
fn proofs_that_are_not_the_document_s_own_chain_fail_too() {
    // Whoever hands over a part of the proofs gets an error, not a shorter chain.
    let chained = chained();
    let proofs = parse_proofs(&chained).expect("parses");
    let results = verify_proofs(&chained, &proofs[1..], &did_key_of, &Contexts::pinned());
    assert_eq!(results, [Ok(()), Err(ProofError::PreviousAbsent { id: "urn:a:1".into() })]);
}
