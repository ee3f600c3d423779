//! Proofs: their form, their chains, whose they are.

use crate::parties::{CONTEXTS, NOW, Party, answer, at, badge, object, party, presentation, value, with};
use crate::refused;
use crate::trial::Trial;
use accolade_core::did::document::DidDocument;
use accolade_core::json::{Object, Value};
use accolade_core::proof::{self, Link};
use accolade_core::verify::{DocumentMissing, Evidence, Needs, Policy, check_value};
use std::sync::Arc;

refused! {
    credential_not_a_map, "a credential that is not an object", Malformed, "not_an_object", |t| {
        t.good(&party(1).sign(&badge()));
        for junk in ["\"a badge\"", "7", "null", "true", "[]", "[{}]"] {
            t.bad_bytes(junk, junk.as_bytes());
            let mut gather = |_: &Needs| -> Evidence { panic!("gathered for {junk}") };
            let report = check_value(value(junk), &mut gather, &Policy::default(), at(NOW), &CONTEXTS);
            assert_eq!(report.code, "not_an_object", "{junk}");
        }
    };
    proof_missing, "no proof", Malformed, "proof_missing",
        |t| t.forger(&[("/proof", ""), ("/proof", "[]")]);
    proof_not_an_object, "a proof that is not an object", Malformed, "not_an_object",
        |t| t.forger(&[("/proof", "\"z\""), ("/proof", "7"), ("/proof", "null"), ("/proof", "true"), ("/proof/0", "\"z\""),
            ("/proof/1", "null"), ("/proof/0", "[]")]);
    proof_empty, "an empty proof", Malformed, "type_missing", |t| t.forger(&[("/proof", "{}"), ("/proof/0", "{}"), ("/proof/1", "{}")]);
    proofs_too_many, "more than 8 proofs", Malformed, "proof_too_many", |t| {
        let signed = party(1).sign(&badge());
        let one = signed.get("proof").expect("proof").one_or_many()[0].clone();
        t.good(&with(&signed, "/proof", &Value::from(vec![one.clone(); 8]).to_string()));
        t.bad("nine", &with(&signed, "/proof", &Value::from(vec![one; 9]).to_string()));
    };

    type_missing, "a proof without `type`", Malformed, "type_missing", |t| { t.proof(&[("/type", "")]); t.forger(&[("/proof/0/type", "")]); };
    type_unknown, "a proof of an unknown type", Unsupported, "proof_suite_unsupported",
        |t| t.proof(&[("/type", "\"Signature2099\"")]);
    type_of_another_kind, "a proof whose `type` is no text", Malformed, "type_not_a_string",
        |t| t.proof(&[("/type", "7"), ("/type", "null"), ("/type", "{}")]);
    type_tampered, "a proof whose `type` was changed", Malformed, "proof_malformed",
        |t| t.forger(&[("/proof/0/type", r#"["DataIntegrityProof","VerifiableCredential"]"#)]);
    cryptosuite_missing, "a proof without `cryptosuite`", Malformed, "proof_malformed",
        |t| { t.proof(&[("/cryptosuite", "")]); t.forger(&[("/proof/0/cryptosuite", "")]); };
    cryptosuite_unknown, "a proof of an unknown `cryptosuite`", Unsupported, "proof_suite_unsupported",
        |t| t.proof(&[("/cryptosuite", "\"eddsa-2099\""), ("/cryptosuite", "\"EDDSA-JCS-2022\"")]);
    cryptosuite_of_another_kind, "a proof whose `cryptosuite` is no text", Malformed, "proof_malformed",
        |t| others(t, "/cryptosuite");
    cryptosuite_tampered, "a proof whose `cryptosuite` was changed", Forged, "proof_signature_wrong",
        |t| t.forger(&[("/proof/0/cryptosuite", "\"eddsa-jcs-2022\"")]);
    verification_method_missing, "a proof without `verificationMethod`", Malformed, "proof_malformed",
        |t| { t.proof(&[("/verificationMethod", "")]); t.forger(&[("/proof/0/verificationMethod", "")]); };
    verification_method_unknown, "a proof by a key of somebody unknown", Forged, "controller_not_issuer",
        |t| t.proof(&[("/verificationMethod", "\"did:example:somebody#key-1\""), ("/verificationMethod", "\"https://b.example/#key-1\"")]);
    verification_method_of_another_kind, "a proof whose `verificationMethod` is no text", Malformed, "proof_malformed",
        |t| others(t, "/verificationMethod");
    verification_method_not_a_url, "a proof whose `verificationMethod` is no URL", Malformed, "proof_malformed",
        |t| t.proof(&[("/verificationMethod", "\"key-1\""), ("/verificationMethod", "\"#key-1\"")]);
    verification_method_tampered, "a proof whose `verificationMethod` was changed", Forged, "controller_not_issuer",
        |t| { let other = format!("\"{}\"", party(3).method); t.forger(&[("/proof/0/verificationMethod", &other)]); };
    purpose_missing, "a proof without `proofPurpose`", Malformed, "proof_malformed",
        |t| { t.proof(&[("/proofPurpose", "")]); t.forger(&[("/proof/0/proofPurpose", "")]); };
    purpose_unknown, "a proof for an unknown purpose", Malformed, "proof_purpose_unknown",
        |t| t.proof(&[("/proofPurpose", "\"capabilityInvocation\""), ("/proofPurpose", "\"assertionmethod\"")]);
    purpose_of_another_kind, "a proof whose `proofPurpose` is no text", Malformed, "proof_malformed",
        |t| others(t, "/proofPurpose");
    purpose_tampered, "a proof whose `proofPurpose` was changed", Forged, "proof_signature_wrong",
        |t| t.forger(&[("/proof/0/proofPurpose", "\"authentication\"")]);
    purpose_another, "a proof made for another purpose", Malformed, "proof_purpose_other",
        |t| t.proof(&[("/proofPurpose", "\"authentication\"")]);
    proof_value_missing, "a proof without `proofValue`", Malformed, "proof_malformed", |t| t.forger(&[("/proof/0/proofValue", "")]);
    proof_value_in_another_base, "a proof whose `proofValue` is in another base", Malformed, "proof_malformed",
        |t| { let text = proof_value(); let (other, none) = (format!("\"u{}\"", &text[1..]), format!("\"{}\"", &text[1..]));
            t.forger(&[("/proof/0/proofValue", &other), ("/proof/0/proofValue", &none), ("/proof/0/proofValue", "\"z0OIl\"")]); };
    proof_value_of_another_kind, "a proof whose `proofValue` is no text", Malformed, "proof_malformed",
        |t| { for json in OTHERS { t.forger(&[("/proof/0/proofValue", json)]); } };
    proof_value_of_another_length, "a proof whose `proofValue` is too short or too long", Malformed, "proof_malformed",
        |t| { let text = proof_value(); let (short, long) = (format!("\"{}\"", &text[..text.len() - 2]), format!("\"{text}11\""));
            t.forger(&[("/proof/0/proofValue", &short), ("/proof/0/proofValue", &long), ("/proof/0/proofValue", "\"z\"")]); };
    proof_value_tampered, "a proof whose `proofValue` was changed", Forged, "proof_signature_wrong", tampered_signatures;
    signature_malleable, "a signature that was turned into another one for the same text", Forged, "proof_signature_wrong",
        malleable_signatures;
    signature_of_a_weak_key, "a key of small order, which fits any text", Malformed, "did_key_invalid", weak_keys;
    content_tampered, "a badge that was changed", Forged, "proof_signature_wrong",
        |t| t.forger(&[("/name", "\"Rocketry\""), ("/name", ""), ("/validUntil", "\"2046-06-30T10:00:00Z\""), ("/validUntil", ""),
            ("/credentialStatus", ""), ("/credentialStatus/statusListIndex", "\"4712\""), ("/credentialSubject/creditsEarned", "4"),
            ("/credentialSubject/id", "\"did:example:thief\""), ("/evidence", ""), ("/proof/0/created", "\"2026-07-01T00:00:01Z\"")]);

    previous_proof_absent, "a `previousProof` that names an absent proof", Malformed, "previous_proof_absent", |t| {
        let chain = chain();
        t.good(&chain);
        t.bad("the first is gone", &with(&chain, "/proof/0", ""));
        t.bad("it has another name", &with(&chain, "/proof/0/id", "\"urn:uuid:other\""));
        t.proof(&[("/previousProof", "\"urn:uuid:absent\""), ("/previousProof", r#"["urn:uuid:absent"]"#)]);
    };
    previous_proof_wrong, "a `previousProof` that names a proof that doesn't verify", Forged, "previous_proof_failed", |t| {
        let chain = chain();
        t.good(&chain);
        t.bad("the first was changed", &with(&chain, "/proof/0/created", "\"2026-06-30T00:00:00Z\""));
    };
    previous_proof_exchanged, "a `previousProof` in whose place another good proof was put", Forged, "proof_signature_wrong", |t| {
        let chain = chain();
        t.good(&chain);
        let first = linked(&badge(), &party(4), Some(FIRST), &[]);
        let first = first.get("proof").expect("proof").one_or_many()[0].to_string();
        t.bad("by somebody else", &with(&chain, "/proof/0", &first));
    };
    previous_proof_cycle, "proofs that build on each other in a circle", Malformed, "previous_proof_cycle", |t| {
        let chain = chain();
        t.good(&chain);
        let named = with(&chain, "/proof/1/id", "\"urn:uuid:second\"");
        t.bad("both ways", &with(&named, "/proof/0/previousProof", "\"urn:uuid:second\""));
        t.bad("on itself", &with(&chain, "/proof/0/previousProof", &format!("\"{FIRST}\"")));
    };
    proof_id_twice, "two proofs with one id", Malformed, "proof_id_twice", |t| {
        let chain = chain();
        t.good(&chain);
        t.bad("both are the first", &with(&chain, "/proof/1/id", &format!("\"{FIRST}\"")));
    };
    extra_proof_wrong, "a proof beside the issuer's that fails", Malformed, "extra_proof_failed", |t| {
        let both = party(3).sign(&party(1).sign(&badge()));
        t.good(&both);
        t.bad("changed", &with(&both, "/proof/1/created", "\"2026-07-01T00:00:01Z\""));
    };

    challenge_another, "a presentation that answers another challenge", Forged, "challenge_mismatch",
        |t| answers(t, &[("/challenge", "\"another\""), ("/challenge", "")]);
    domain_another, "a presentation that was made for another domain", Forged, "domain_mismatch",
        |t| answers(t, &[("/domain", "\"another.example\""), ("/domain", "")]);
    presentation_by_another, "a presentation that somebody else signed", Forged, "controller_not_holder", |t| {
        let good = presentation(&[party(1).sign(&badge())]);
        t.good_presentation(&party(2).sign_with(&good, answer()));
        let proof = with(&answer(), "/verificationMethod", &format!("\"{}\"", party(3).method));
        t.bad_presentation("a stranger", &party(3).sign_with(&good, proof));
    };
    presentation_for_assertion, "a presentation whose proof is not for authentication", Malformed, "proof_purpose_other",
        |t| answers(t, &[("/proofPurpose", "\"assertionMethod\"")]);

    created_malformed, "a `created` that is no date and time", Malformed, "proof_malformed", |t| times(t, "/created");
    expires_malformed, "an `expires` that is no date and time", Malformed, "proof_malformed", |t| times(t, "/expires");
    proof_expired, "a proof that has expired", Expired, "proof_expired",
        |t| { t.issuer(&[]); t.proof(&[("/expires", "\"2026-07-01T11:59:59Z\""), ("/expires", &format!("\"{NOW}\""))]); };

    controller_not_issuer, "a badge that somebody else than its issuer signed", Forged, "controller_not_issuer", |t| {
        t.good(&party(1).sign(&badge()));
        t.bad("in his own name", &party(3).sign(&badge()));
        t.bad("and who was named is a subject", &party(2).sign(&badge()));
    };
    issuers_method_by_another, "a badge signed by somebody else in the issuer's name", Forged, "proof_signature_wrong", |t| {
        t.good(&party(1).sign_anything(&badge()));
        t.bad("with the stranger's key", &party(3).sign_with(&badge(), party(1).unsigned_proof()));
    };
    key_without_purpose, "a key that the issuer's document doesn't list for the purpose", Forged, "key_purpose_other",
        |t| documents(t, &[("/assertionMethod", "[]"), ("/assertionMethod", "")]);
    key_of_another_controller, "a key that belongs to somebody else by the issuer's document", Forged, "key_of_another_controller",
        |t| documents(t, &[("/verificationMethod/0/controller", "\"did:web:b.example\"")]);
    key_not_in_document, "a key that the issuer's document doesn't have: `https://victim.example/#z6Mk…`", CouldNotCheck,
        "key_not_in_document", |t| {
            let victim = party(3);
            documents(t, &[("/verificationMethod/0/id", "\"did:web:a.example#key-2\"")]);
            let issuer = "https://victim.example/";
            let document = format!(
                r##"{{"id":"{issuer}","verificationMethod":[{{"id":"{issuer}#key","type":"Multikey","controller":"{issuer}",
                "publicKeyMultibase":"{}"}}],"assertionMethod":["#key"]}}"##,
                victim.key.verifying_key().to_multikey()
            );
            let document = DidDocument::parse(document.as_bytes(), issuer).expect("a document");
            t.evidence.documents.insert(issuer.to_owned(), Ok(Arc::new(document)));
            let badge = badge_of(issuer);
            t.good(&signed_as(&victim, &badge, &format!("{issuer}#key")));
            let own = party(1).key.verifying_key().to_multikey();
            t.bad("his own key in the fragment", &signed_as(&party(1), &badge, &format!("{issuer}#{own}")));
        };
    key_ended, "a key that the issuer's document has put out of use", CouldNotCheck, "key_ended",
        |t| documents(t, &[("/verificationMethod/0/revoked", "\"2026-06-01T00:00:00Z\""),
            ("/verificationMethod/0/expires", &format!("\"{NOW}\""))]);
    key_of_a_kind_that_the_suite_is_not_for, "a proof of a suite that is not for the kind of its key", Malformed, "key_suite_other",
        |t| t.proof(&[("/cryptosuite", "\"ecdsa-rdfc-2019\""), ("/cryptosuite", "\"ecdsa-jcs-2019\"")]);
    multikey_in_another_base, "a Multikey that is not base58btc", CouldNotCheck, "key_broken",
        |t| { let key = party(1).key.verifying_key().to_multikey();
            documents(t, &[(KEY, &format!("\"u{}\"", &key[1..])), (KEY, &format!("\"{}\"", &key[1..])), (KEY, "\"z0OIl\""), (KEY, "7")]); };
    multikey_of_another_codec, "a Multikey of another codec", Unsupported, "key_type_unsupported",
        |t| documents(t, &[(KEY, &multikey(&[0xb3, 0x2a], &[7; 32]))]);
    multikey_for_encryption, "a Multikey for encryption (X25519), used to sign", Malformed, "key_not_for_signing",
        |t| documents(t, &[(KEY, &multikey(&[0xec, 0x01], &[9; 32])), (KEY, &multikey(&[0x88, 0x24], &[9; 56]))]);
    multikey_of_another_length, "a Multikey that is too short or too long", CouldNotCheck, "key_broken",
        |t| { let key = party(1).key.verifying_key().to_bytes();
            documents(t, &[(KEY, &multikey(&[0xed, 0x01], &key[..31])), (KEY, &multikey(&[0xed, 0x01], &[&key[..], &[0]].concat()))]); };
    multikey_not_on_the_curve, "a Multikey that is no point on the curve", CouldNotCheck, "key_broken",
        |t| documents(t, &[(KEY, &multikey(&[0xed, 0x01], &[2; 32]))]);
}

const FIRST: &str = "urn:uuid:0b6e7b9e-0000-4000-8000-00000000000f";
const KEY: &str = "/verificationMethod/0/publicKeyMultibase";
const OTHERS: [&str; 5] = ["7", "null", "{}", "[]", "\"\""];

fn others(t: &mut Trial, pointer: &str) {
    for json in OTHERS {
        t.proof(&[(pointer, json)]);
    }
}

fn times(t: &mut Trial, pointer: &str) {
    for json in ["\"yesterday\"", "\"2026-07-01\"", "\"2026-07-01T00:00:00\"", "7", "null", "[]", "\"\""] {
        t.proof(&[(pointer, json)]);
    }
}

/// What stands in the proof of the badge that the issuer signed.
fn proof_value() -> String {
    let signed = party(1).sign(&badge());
    let proof = &signed.get("proof").expect("proof").one_or_many()[0];
    proof.get("proofValue").and_then(Value::as_str).expect("text").to_owned()
}

fn signature() -> Vec<u8> {
    bs58::decode(&proof_value()[1..]).into_vec().expect("base58")
}

fn with_signature(bytes: &[u8]) -> String {
    format!("\"z{}\"", bs58::encode(bytes).into_string())
}

fn tampered_signatures(t: &mut Trial) {
    for at in (0..64).step_by(7) {
        let mut bytes = signature();
        bytes[at] ^= 1;
        t.forger(&[("/proof/0/proofValue", &with_signature(&bytes))]);
    }
    t.forger(&[("/proof/0/proofValue", &with_signature(&[0; 64]))]);
}

/// The order of the group, little-endian: s and s + L are one number to who doesn't look.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

fn malleable_signatures(t: &mut Trial) {
    let mut plus_order = signature();
    let mut carry = 0;
    for (byte, add) in plus_order[32..].iter_mut().zip(L) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum as u8;
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    let (mut high_bits, mut other_sign) = (signature(), signature());
    high_bits[63] |= 0xe0;
    other_sign[31] ^= 0x80;
    for bytes in [plus_order, high_bits, other_sign] {
        t.forger(&[("/proof/0/proofValue", &with_signature(&bytes))]);
    }
}

/// With the neutral element for key and R, S = 0 fits every text in the plain equation.
fn weak_keys(t: &mut Trial) {
    t.issuer(&[]);
    let mut neutral = [0; 32];
    neutral[0] = 1;
    for point in [neutral, [0; 32]] {
        let key = bs58::encode([&[0xed, 0x01][..], &point].concat()).into_string();
        let did = format!("did:key:z{key}");
        let mut proof = party(1).unsigned_proof();
        proof.insert("verificationMethod", format!("{did}#z{key}"));
        proof.insert("proofValue", value(&with_signature(&[&neutral[..], &[0; 32]].concat())));
        let mut badge = badge_of(&did);
        badge.insert("proof", proof);
        t.bad(&did, &badge);
    }
}

fn linked(document: &Object, by: &Party, id: Option<&str>, previous: &[&str]) -> Object {
    let previous = previous.iter().map(|id| (*id).to_owned()).collect();
    let link = Link { id: id.map(str::to_owned), previous };
    proof::sign_linked(document.clone(), &by.key, &by.options(), &link, &CONTEXTS).expect("signs")
}

/// A stranger's proof, and the issuer's that builds on it.
fn chain() -> Object {
    linked(&linked(&badge(), &party(3), Some(FIRST), &[]), &party(1), None, &[FIRST])
}

/// The earner's proof says each of these things, and is signed so.
fn answers(t: &mut Trial, changes: &[(&str, &str)]) {
    let presentation = presentation(&[party(1).sign(&badge())]);
    t.good_presentation(&party(2).sign_with(&presentation, answer()));
    for (pointer, json) in changes {
        let signed = party(2).sign_with(&presentation, with(&answer(), pointer, json));
        t.bad_presentation(&format!("{pointer} {json}"), &signed);
    }
}

/// The badge of another issuer; it can't be revoked.
fn badge_of(issuer: &str) -> Object {
    with(&with(&badge(), "/issuer/id", &format!("\"{issuer}\"")), "/credentialStatus", "")
}

fn signed_as(by: &Party, badge: &Object, method: &str) -> Object {
    let proof = with(&by.unsigned_proof(), "/verificationMethod", &format!("\"{method}\""));
    by.sign_with(badge, proof)
}

fn multikey(codec: &[u8], key: &[u8]) -> String {
    format!("\"z{}\"", bs58::encode([codec, key].concat()).into_string())
}

/// The badge of a did:web whose document has one key, and then each of these changes.
fn documents(t: &mut Trial, changes: &[(&str, &str)]) {
    let did = "did:web:a.example";
    let document = object(&format!(
        r##"{{"id":"{did}","verificationMethod":[{{"id":"{did}#key","type":"Multikey","controller":"{did}",
        "publicKeyMultibase":"{}"}}],"assertionMethod":["#key"],"authentication":["#key"]}}"##,
        party(1).key.verifying_key().to_multikey()
    ));
    let signed = signed_as(&party(1), &badge_of(did), &format!("{did}#key"));
    had(t, did, &document);
    t.good(&signed);
    for (pointer, json) in changes {
        had(t, did, &with(&document, pointer, json));
        t.bad(&format!("{pointer} {json} in the document"), &signed);
    }
}

/// The document as a node had it: read, or refused.
fn had(t: &mut Trial, did: &str, document: &Object) {
    let text = Value::Object(document.clone()).to_string();
    let read = DidDocument::parse(text.as_bytes(), did);
    let read = read.map(Arc::new).map_err(|error| DocumentMissing::Refused(error.to_string()));
    t.evidence.documents.insert(did.to_owned(), read);
}
