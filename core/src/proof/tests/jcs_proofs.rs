//! eddsa-jcs-2022: the text is signed, and must mean something all the same.

use super::*;
use crate::json::jcs;
use sha2::{Digest as _, Sha256};

const V2: &str = "https://www.w3.org/ns/credentials/v2";
const BADGES: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";

fn sign_jcs(document: Object, seed: u8, link: &Link) -> Result<Object, ProofError> {
    let (key, contexts) = (key(seed), Contexts::pinned());
    sign_with(Suite::EddsaJcs2022, document, &key, &options(&key), link, &contexts)
}

fn signed_jcs() -> Object {
    sign_jcs(document(), 1, &Link::default()).expect("signs")
}

fn contexts(of: &[&str]) -> Value {
    of.iter().map(|url| Value::from(*url)).collect::<Vec<_>>().into()
}

/// Signs as somebody does who checks nothing: the document under these contexts, the options as they are.
fn sign_by_hand(mut document: Object, context: Option<Value>, member: Option<(&str, &str)>) -> Object {
    let key = key(1);
    let whole = document.clone();
    let mut raw = unsigned_proof(Suite::EddsaJcs2022, &options(&key), &Link::default());
    if let Some((name, value)) = member {
        raw.insert(name, value);
    }
    if let Some(context) = context {
        raw.insert("@context", context.clone());
        document.insert("@context", context);
    }
    let hash = |object: &Object| Sha256::digest(jcs::canonical_object(object).as_bytes());
    let message = [hash(&raw), hash(&document)].concat();
    raw.insert("proofValue", signature_text(&key.sign(&message)));
    with_proofs(whole, vec![raw])
}

#[test]
fn a_signed_document_verifies() {
    let signed = signed_jcs();
    assert_eq!(verify(&signed), [Ok(())]);
    let proof = &parse_proofs(&signed).expect("parses")[0];
    assert_eq!((proof.suite(), proof.suite_name()), (Some(Suite::EddsaJcs2022), "eddsa-jcs-2022"));
    assert_eq!(proof.raw().get("@context"), document().get("@context"));
    assert_eq!(
        sign_by_hand(document(), document().get("@context").cloned(), None),
        signed,
        "as the specification has it"
    );
    assert_eq!(sign_jcs(document(), 1, &Link::default()), Ok(signed), "signing is deterministic");
}

#[test]
fn the_order_of_members_is_not_signed_and_that_of_lists_is() {
    let mut turned = Object::new();
    for (name, value) in signed_jcs().iter().collect::<Vec<_>>().into_iter().rev() {
        turned.insert(name, value.clone());
    }
    assert_eq!(verify(&turned), [Ok(())]);
    let listed = |names: &str| {
        let mut document = document();
        document.insert("credentialSubject", json::parse(names.as_bytes()).expect("JSON"));
        document
    };
    let (one, two) = (
        r#"[{"id":"did:example:a"},{"id":"did:example:b"}]"#,
        r#"[{"id":"did:example:b"},{"id":"did:example:a"}]"#,
    );
    let mut signed = sign_jcs(listed(one), 1, &Link::default()).expect("signs");
    assert_eq!(verify(&signed), [Ok(())]);
    signed.insert("credentialSubject", json::parse(two.as_bytes()).expect("JSON"));
    assert_eq!(verify(&signed), [Err(ProofError::BadSignature)]);
}

#[test]
fn every_claim_and_every_option_is_signed() {
    for (name, value) in [
        ("name", "\"Another badge\""),
        ("id", "\"urn:uuid:2\""),
        ("validFrom", "\"2026-06-30T10:00:01Z\""),
        ("description", "\"More.\""),
        ("issuer", "\"did:example:other\""),
    ] {
        let mut changed = signed_jcs();
        changed.insert(name, json::parse(value.as_bytes()).expect(value));
        assert_eq!(verify(&changed), [Err(ProofError::BadSignature)], "{name}");
    }
    let change = |change: &dyn Fn(&mut Object)| {
        let mut proof = proofs_of(&signed_jcs()).remove(0);
        change(&mut proof);
        with_proofs(signed_jcs(), vec![proof])
    };
    for (name, value) in [
        ("created", "2026-06-30T10:00:01Z"),
        ("proofPurpose", "authentication"),
        ("challenge", "c0ffee"),
        ("domain", "a.example"),
        ("id", "urn:uuid:7"),
        ("nonce", "1"),
    ] {
        let changed = change(&|proof| proof.insert(name, value));
        assert_eq!(verify(&changed), [Err(ProofError::BadSignature)], "{name}");
    }
    let without = change(&|proof| drop(proof.remove("@context")));
    assert_eq!(verify(&without), [Err(ProofError::BadSignature)]);
    // One suite's signature is not the other's.
    let turned = change(&|proof| {
        proof.insert("cryptosuite", "eddsa-rdfc-2022");
        proof.remove("@context");
    });
    assert_eq!(verify(&turned), [Err(ProofError::BadSignature)]);
    let mut proof = proofs_of(&signed()).remove(0);
    proof.insert("cryptosuite", "eddsa-jcs-2022");
    assert_eq!(verify(&with_proofs(signed(), vec![proof])), [Err(ProofError::BadSignature)]);
}

#[test]
fn the_context_of_the_proof_is_the_beginning_of_the_documents() {
    // Contexts that were added later, and change nothing.
    let mut longer = signed_jcs();
    longer.insert("@context", contexts(&[V2, BADGES]));
    assert_eq!(verify(&longer), [Ok(())]);
    let by_text = sign_by_hand(document(), Some(V2.into()), None);
    assert_eq!(verify(&by_text), [Ok(())], "one context without a list");
    assert_eq!(verify(&sign_by_hand(document(), None, None)), [Ok(())], "no context of its own");

    let mut two = document();
    two.insert("@context", contexts(&[V2, BADGES]));
    let two = sign_jcs(two, 1, &Link::default()).expect("signs");
    assert_eq!(verify(&two), [Ok(())]);
    for other in
        [contexts(&[V2]), contexts(&[BADGES, V2]), contexts(&[]), V2.into(), contexts(&[V2, V2, BADGES])]
    {
        let mut changed = two.clone();
        changed.insert("@context", other.clone());
        assert_eq!(parse_proofs(&changed), Err(ProofError::ContextNotPrefix), "{other}");
    }
    let mut none = two.clone();
    none.remove("@context");
    assert_eq!(parse_proofs(&none), Err(ProofError::ContextNotPrefix));
    for own in ["null", "7", "[null]", "{}", "[[]]", "\"\""] {
        let mut proof = proofs_of(&signed_jcs()).remove(0);
        proof.insert("@context", json::parse(own.as_bytes()).expect(own));
        assert_eq!(
            parse_proofs(&with_proofs(signed_jcs(), vec![proof])),
            Err(ProofError::ContextNotPrefix),
            "{own}"
        );
    }
}

#[test]
fn a_context_added_later_can_not_give_words_a_meaning() {
    // To its signer `achievement` meant nothing: the context that defines it came after.
    let mut document = document();
    document.insert("@context", contexts(&[V2, BADGES]));
    document.insert("type", contexts(&["VerifiableCredential", "OpenBadgeCredential"]));
    let signed = sign_by_hand(document.clone(), Some(contexts(&[V2])), None);
    assert_eq!(verify(&signed), [Err(ProofError::ContextDiffers)]);
    assert_eq!(ProofError::ContextDiffers.fault(), ProofFault::Malformed);
    assert_eq!(verify(&sign_by_hand(document, Some(contexts(&[V2, BADGES])), None)), [Ok(())]);
}

#[test]
fn words_that_nobody_defines_are_refused_though_they_are_signed() {
    let mut undefined = document();
    undefined.insert("grade", "A");
    let context = document().get("@context").cloned();
    let undefined = sign_by_hand(undefined, context.clone(), None);
    assert!(matches!(verify(&undefined)[..], [Err(ProofError::JsonLd(_))]));
    let option = sign_by_hand(document(), context, Some(("note", "x")));
    assert!(matches!(verify(&option)[..], [Err(ProofError::JsonLd(_))]));
    let mut undefined = document();
    undefined.insert("grade", "A");
    assert!(matches!(sign_jcs(undefined, 1, &Link::default()), Err(ProofError::JsonLd(_))));
    for keyword in ["@id", "@type", "@graph"] {
        let mut proof = proofs_of(&signed_jcs()).remove(0);
        proof.insert(keyword, "urn:a:b");
        let refused = parse_proofs(&with_proofs(signed_jcs(), vec![proof]));
        assert_eq!(refused, Err(ProofError::Keyword { keyword: keyword.to_owned() }));
    }
}

#[test]
fn both_suites_stand_in_one_set_and_one_chain() {
    let link = |id: &str, previous: &[&str]| Link {
        id: Some(id.to_owned()),
        previous: previous.iter().map(|id| (*id).to_owned()).collect(),
    };
    let rdfc = |document, seed, link: &Link| {
        sign_linked(document, &key(seed), &options(&key(seed)), link, &Contexts::pinned()).expect("signs")
    };
    let set = sign_jcs(signed(), 2, &Link::default()).expect("signs");
    assert_eq!(verify(&set), [Ok(()), Ok(())]);

    let chain = sign_jcs(document(), 1, &link("urn:a:1", &[])).expect("signs");
    let chain = rdfc(chain, 2, &link("urn:b:1", &["urn:a:1"]));
    let chain = sign_jcs(chain, 3, &link("urn:c:1", &["urn:b:1", "urn:a:1"])).expect("signs");
    assert_eq!(verify(&chain), [Ok(()), Ok(()), Ok(())]);
    let proofs = proofs_of(&chain);
    let turned: Vec<Object> = proofs.iter().rev().cloned().collect();
    assert_eq!(
        verify(&with_proofs(chain.clone(), turned)),
        [Ok(()), Ok(()), Ok(())],
        "their order says nothing"
    );

    // Who changes what a proof builds on breaks that proof.
    let again = proofs_of(&sign_jcs(document(), 4, &link("urn:a:1", &[])).expect("signs")).remove(0);
    let results = verify(&with_proofs(chain.clone(), vec![again, proofs[1].clone(), proofs[2].clone()]));
    assert_eq!(results[0], Ok(()));
    assert_eq!(results[1], Err(ProofError::BadSignature));
    assert!(matches!(results[2], Err(ProofError::Previous { .. })));
    for without in [&proofs[1..], &[proofs[0].clone(), proofs[2].clone()]] {
        assert!(parse_proofs(&with_proofs(chain.clone(), without.to_vec())).is_err());
    }
}
