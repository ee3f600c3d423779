//! Badges and a status list as another issuer published them (the Digital Credentials Consortium's samples).

use accolade_core::json::{self, Object};
use accolade_core::jsonld::Contexts;
use accolade_core::proof::{ProofError, did_key, parse_proofs, verify_proofs};
use accolade_core::status::{
    Bitstring, BitstringError, EntryError, ListKind, MAX_ENTRIES, StatusEntry, StatusError, TokenList,
    VerifiedList,
};
use accolade_core::time::Timestamp;
use accolade_core::verify::Documents;
use std::path::PathBuf;

const LIST: &str = "status_e5WK8CbZ1GjycuPombrj.json";

fn samples() -> Option<PathBuf> {
    Some(accolade_tests::vectors("badges of another issuer")?.join("dcc-verifier-core"))
}

fn object(folder: &std::path::Path, name: &str) -> Object {
    let bytes = std::fs::read(folder.join(name)).expect(name);
    json::parse(&bytes).expect(name).as_object().expect(name).clone()
}

fn verify(document: &Object) -> Vec<Result<(), ProofError>> {
    let proofs = parse_proofs(document).expect("parses");
    verify_proofs(document, &proofs, &|method| did_key(method).ok(), &Contexts::pinned())
}

#[test]
fn their_eddsa_badge_verifies_and_no_changed_copy_does() {
    let Some(folder) = samples() else { return };
    let mut badge = object(&folder, "eddsa_v2_v2EddsaWithValidStatus.json");
    assert_eq!(verify(&badge), [Ok(())]);
    badge.insert("name", "Another name");
    assert_eq!(verify(&badge), [Err(ProofError::BadSignature)]);
}

#[test]
fn a_badge_with_an_elder_proof_beside_is_verified_by_both() {
    let Some(folder) = samples() else { return };
    let mut badge = object(&folder, "eddsaAndEd25519_v2_v2DoubleSigWithValidStatus.json");
    let proofs = parse_proofs(&badge).expect("parses");
    let names: Vec<&str> = proofs.iter().map(|proof| proof.suite_name()).collect();
    assert!(names.contains(&"Ed25519Signature2020") && names.contains(&"eddsa-rdfc-2022"), "{names:?}");
    assert_eq!(verify(&badge), [Ok(()), Ok(())]);
    badge.insert("name", "Another name");
    let wrong = || Err(ProofError::BadSignature);
    assert_eq!(verify(&badge), [wrong(), wrong()]);
}

#[test]
fn a_claim_that_no_context_defines_is_refused() {
    let Some(folder) = samples() else { return };
    let badge = object(&folder, "eddsa_v2_safeModeBreaker.json");
    let proofs = parse_proofs(&badge).expect("parses");
    // Its verification method is a DID without a fragment, which `did_key` leaves to its caller to allow.
    let key_of = |did: &str| did_key(&format!("{did}#{}", did.strip_prefix("did:key:")?)).ok();
    for result in verify_proofs(&badge, &proofs, &key_of, &Contexts::pinned()) {
        assert!(matches!(result, Err(ProofError::JsonLd(_))), "{result:?}");
    }
}

#[test]
fn their_entries_are_read_and_their_short_list_is_not() {
    let Some(folder) = samples() else { return };
    let list = object(&folder, LIST);
    let subject = list.get("credentialSubject").expect("a subject");
    let encoded = subject.get("encodedList").and_then(|text| text.as_str()).expect("text");
    // It is shorter than the specification allows, so that it hides its badges less well than it must.
    assert_eq!(Bitstring::decode(encoded, MAX_ENTRIES), Err(BitstringError::TooShort { entries: 100_000 }));
    let mut read = Vec::new();
    for file in std::fs::read_dir(&folder).expect("the folder") {
        let name = file.expect("a file").file_name().into_string().expect("a name");
        let Some(entry) = object(&folder, &name).get("credentialStatus").cloned() else { continue };
        let entry = match StatusEntry::parse(&entry) {
            Ok(entry) => entry,
            // One of the elder kind that names no place in any list.
            Err(error) => {
                assert_eq!((name.as_str(), error), ("eddsa_v2_safeModeBreaker.json", EntryError::Index));
                continue;
            }
        };
        assert!(entry.list_url.ends_with("/e5WK8CbZ1GjycuPombrj") && !entry.index_was_number, "{name}");
        read.push(entry.kind);
    }
    assert_eq!(read, [ListKind::Bitstring; 8]);
}

#[test]
fn a_list_with_an_elder_proof_is_proved_and_too_short() {
    let Some(folder) = samples() else { return };
    let bytes = std::fs::read(folder.join(LIST)).expect("the list");
    let now = Timestamp::parse("2026-06-30T10:00:00Z").expect("a time");
    let list = VerifiedList::from_credential(&bytes, &Documents::new(), now, &Contexts::pinned(), now);
    let Err(StatusError::Bits(error)) = list else { panic!("not refused for its length: {list:?}") };
    assert_eq!(error, BitstringError::TooShort { entries: 100_000 });
    let changed = String::from_utf8(bytes).expect("text").replace("\"revocation\"", "\"suspension\"");
    let list =
        VerifiedList::from_credential(changed.as_bytes(), &Documents::new(), now, &Contexts::pinned(), now);
    let Err(StatusError::NotProved { code, .. }) = list else {
        panic!("not refused for its proof: {list:?}")
    };
    assert_eq!(code, "proof_signature_wrong");
}

/// The examples of the IETF's Token Status List, as they are printed there: white space within, text before.
#[test]
fn the_lists_of_the_ietf_are_read() {
    const WHAT: &str = "the IETF's examples of Token Status Lists";
    let Some(folder) = accolade_tests::vectors(WHAT).map(|folder| folder.join("ietf-status-list")) else {
        return;
    };
    if !folder.is_dir() {
        return accolade_tests::not_allowed(WHAT, "../shared/vectors/ietf-status-list");
    }
    // Left out: lists as CWT and CBOR, which are not read, and the printed JWT, whose key is not published with it.
    let mut read = 0;
    for file in std::fs::read_dir(&folder).expect("the folder") {
        let path = file.expect("a file").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        if !name.starts_with("status_list_encoding") || !name.ends_with("_json.md") {
            continue;
        }
        let text: String = std::fs::read_to_string(&path).expect("text").split_whitespace().collect();
        let text = &text[text.find('{').expect("an object")..];
        let list = json::parse(text.as_bytes()).expect("JSON").as_object().expect("an object").clone();
        let list = TokenList::parse(&list).unwrap_or_else(|error| panic!("{name}: {error}"));
        let set: Vec<(u64, u8)> = (0..)
            .map_while(|index| Some((index, list.get(index)?)))
            .filter(|(_, value)| *value != 0)
            .collect();
        match name.as_str() {
            "status_list_encoding_json.md" => {
                let ones: Vec<u64> = set.iter().map(|(index, _)| *index).collect();
                assert_eq!((ones, list.len()), (vec![0, 3, 4, 5, 7, 8, 9, 13, 15], 16));
            }
            "status_list_encoding2_json.md" => {
                let values: Vec<u8> = (0..12).filter_map(|index| list.get(index)).collect();
                assert_eq!(values, [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]);
            }
            _ => {
                assert_eq!(list.len(), 1 << 20, "{name}");
                // The specification prints the places: the first and the 1,994th are set in the lists of up to 4 bits.
                let places: Vec<u64> = set.iter().map(|(index, _)| *index).take(2).collect();
                assert!(list.bits() == 8 || places == [0, 1993], "{name}: {places:?}");
            }
        }
        read += 1;
    }
    assert!(read > 0, "no example in {}", folder.display());
}
