//! What holds for every badge, every change and every list.

use accolade_core::did::key::{did_of, verification_method_of};
use accolade_core::json::{self, Object};
use accolade_core::jsonld::{Contexts, canonicalize};
use accolade_core::keys::SigningKey;
use accolade_core::proof::{
    Link, ProofOptions, Purpose, Suite, did_key, parse_proofs, sign_with, verify_proofs,
};
use accolade_core::status::{Bitstring, MAX_ENTRIES, MIN_ENTRIES, permuted_index};
use accolade_core::time::Timestamp;
use proptest::prelude::*;
use std::sync::LazyLock;

fn key() -> SigningKey {
    SigningKey::from_seed(&[5; 32])
}

/// The text of a small signed badge, and of the same in the other suite.
static SIGNED: LazyLock<String> = LazyLock::new(|| signed(Suite::EddsaRdfc2022));
static SIGNED_JCS: LazyLock<String> = LazyLock::new(|| signed(Suite::EddsaJcs2022));

fn signed(suite: Suite) -> String {
    let text = format!(
        r#"{{"@context":["https://www.w3.org/ns/credentials/v2","https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
"id":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11","type":["VerifiableCredential","OpenBadgeCredential"],
"name":"Cryptography","issuer":{{"id":"{}","type":["Profile"],"name":"Example University"}},
"validFrom":"2026-06-30T10:00:00Z","credentialSubject":{{"id":"did:example:earner","type":["AchievementSubject"],
"creditsEarned":3.5,"achievement":{{"id":"https://a.example/c2","type":["Achievement"],"name":"Cryptography",
"description":"Signs and verifies.","tag":["one","two"],"criteria":{{"narrative":"Pass the exam."}}}}}}}}"#,
        did_of(&key().verifying_key())
    );
    let options = ProofOptions {
        verification_method: verification_method_of(&key().verifying_key()),
        purpose: Purpose::AssertionMethod,
        created: Timestamp::parse("2026-06-30T10:00:00Z").expect("a time"),
        expires: None,
        challenge: None,
        domain: None,
    };
    let (badge, contexts) = (object(text.as_bytes()).expect("JSON"), Contexts::pinned());
    let signed = sign_with(suite, badge, &key(), &options, &Link::default(), &contexts);
    json::Value::from(signed.expect("signs")).to_string()
}

fn object(text: &[u8]) -> Option<Object> {
    json::parse(text).ok()?.as_object().cloned()
}

fn verifies(document: &Object) -> bool {
    parse_proofs(document).is_ok_and(|proofs| {
        let results = verify_proofs(document, &proofs, &|method| did_key(method).ok(), &Contexts::pinned());
        results.iter().all(Result::is_ok)
    })
}

/// What the text says: the canonical document and the canonical proof.
fn meaning(document: &Object) -> Option<(String, String)> {
    let contexts = Contexts::pinned();
    let bare = canonicalize(document, &["proof"], &contexts).ok()?.nquads;
    let mut proof = document.get("proof")?.one_or_many().first()?.as_object()?.clone();
    proof.insert("@context", document.get("@context")?.clone());
    Some((bare, canonicalize(&proof, &[], &contexts).ok()?.nquads))
}

/// A changed text must be refused, or say the very same.
fn refused_or_the_same(original: &str, changed: &[u8]) -> Result<(), TestCaseError> {
    let Some(document) = object(changed) else { return Ok(()) };
    if verifies(&document) {
        let original = object(original.as_bytes()).expect("JSON");
        prop_assert_eq!(meaning(&document), meaning(&original), "{}", String::from_utf8_lossy(changed));
    }
    Ok(())
}

#[test]
fn the_badge_itself_verifies() {
    assert!(verifies(&object(SIGNED.as_bytes()).expect("JSON")));
    assert!(verifies(&object(SIGNED_JCS.as_bytes()).expect("JSON")));
}

#[test]
fn every_byte_taken_out_or_doubled_is_refused_or_means_nothing() {
    for signed in [SIGNED.as_str(), SIGNED_JCS.as_str()] {
        for at in 0..signed.len() {
            let text = signed.as_bytes();
            refused_or_the_same(signed, &[&text[..at], &text[at + 1..]].concat()).expect("taken out");
            refused_or_the_same(signed, &[&text[..=at], &text[at..]].concat()).expect("doubled");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_changed_byte_is_refused_or_means_nothing(at in any::<prop::sample::Index>(), byte: u8) {
        for signed in [SIGNED.as_str(), SIGNED_JCS.as_str()] {
            let mut changed = signed.as_bytes().to_vec();
            let at = at.index(changed.len());
            changed[at] = byte;
            refused_or_the_same(signed, &changed)?;
        }
    }

    #[test]
    fn every_swap_of_two_bytes_is_refused_or_means_nothing(
        (one, two) in any::<(prop::sample::Index, prop::sample::Index)>(),
    ) {
        for signed in [SIGNED.as_str(), SIGNED_JCS.as_str()] {
            let mut changed = signed.as_bytes().to_vec();
            let length = changed.len();
            changed.swap(one.index(length), two.index(length));
            refused_or_the_same(signed, &changed)?;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_list_reads_as_it_was_written(ones in prop::collection::btree_set(0..MIN_ENTRIES as u64, 0..200)) {
        let mut bits = Bitstring::new(MIN_ENTRIES);
        for index in &ones {
            bits.set(*index, true).expect("in range");
        }
        let read = Bitstring::decode(&bits.encode(), MAX_ENTRIES).expect("reads");
        prop_assert!(read.ones().eq(ones.iter().copied()));
        prop_assert_eq!(read.count_ones(), ones.len());
        prop_assert_eq!(read, bits);
    }

    #[test]
    fn junk_is_no_list(junk in prop::collection::vec(any::<u8>(), 0..300), prefix in "u?") {
        let text = format!("{prefix}{}", String::from_utf8_lossy(&junk));
        prop_assert!(Bitstring::decode(&text, MAX_ENTRIES).is_err());
    }

    #[test]
    fn a_changed_list_is_refused_or_the_same(at in any::<prop::sample::Index>(), byte: u8) {
        let mut bits = Bitstring::new(MIN_ENTRIES);
        for n in 0..500 {
            bits.set(n * 257, true).expect("in range");
        }
        let mut text = bits.encode().into_bytes();
        let at = at.index(text.len());
        text[at] = byte;
        if let Ok(read) = Bitstring::decode(&String::from_utf8_lossy(&text), MAX_ENTRIES) {
            prop_assert_eq!(read, bits);
        }
    }

    #[test]
    fn each_index_is_given_once(seed: [u8; 32], entries in 1u64..3000) {
        let mut seen = vec![false; usize::try_from(entries).expect("small")];
        for counter in 0..entries {
            let index = permuted_index(&seed, entries, counter).expect("not full");
            let index = usize::try_from(index).expect("small");
            prop_assert!(!seen[index], "index {index} was given twice");
            seen[index] = true;
        }
        prop_assert_eq!(permuted_index(&seed, entries, entries), None);
    }
}
