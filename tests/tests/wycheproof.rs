//! Project Wycheproof's cases, through the one door that signatures go through.

use accolade_core::json;
use accolade_core::keys::{P256Key, PublicKey, VerifyingKey};
use serde_json::Value;

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("hexadecimal text");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("digits")).collect()
}

#[test]
fn every_ed25519_case_is_judged_as_it_must_be() {
    let Some(vectors) = accolade_tests::vectors("Wycheproof Ed25519") else { return };
    let text = std::fs::read_to_string(vectors.join("wycheproof/ed25519_test.json")).expect("the cases");
    let file: Value = serde_json::from_str(&text).expect("JSON");
    let (mut right, mut accepted) = (0, 0);
    for group in file["testGroups"].as_array().expect("groups") {
        let key: [u8; 32] = hex(&group["publicKey"]["pk"]).try_into().expect("32 bytes");
        let key = VerifyingKey::from_bytes(&key).expect("a usable key");
        for case in group["tests"].as_array().expect("cases") {
            let verified = key.verify(&hex(&case["msg"]), &hex(&case["sig"])).is_ok();
            let must = match case["result"].as_str().expect("a result") {
                "valid" => true,
                "invalid" => false,
                // Strict: what may be accepted is refused.
                "acceptable" => false,
                other => panic!("an unknown result: {other}"),
            };
            assert_eq!(verified, must, "case {}: {}", case["tcId"], case["comment"]);
            right += 1;
            accepted += u64::from(verified);
        }
    }
    assert_eq!(right, file["numberOfTests"].as_u64().expect("a count"));
    assert_eq!(right, 112);
    assert!(accepted > 0 && accepted < 112, "both kinds were there: {accepted} accepted");
}

#[test]
fn every_p256_case_is_judged_as_it_must_be() {
    let Some(vectors) = accolade_tests::vectors("Wycheproof P-256") else { return };
    let file = vectors.join("wycheproof/ecdsa_secp256r1_sha256_p1363_test.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(file).expect("the cases")).expect("JSON");
    let (mut judged, mut accepted) = (0, 0);
    for group in file["testGroups"].as_array().expect("groups") {
        let key = p256_key(group);
        for case in group["tests"].as_array().expect("cases") {
            let verified = key.verify(&hex(&case["msg"]), &hex(&case["sig"])).is_ok();
            let must = match case["result"].as_str().expect("a result") {
                "valid" => true,
                "invalid" => false,
                other => panic!("an unknown result: {other}"),
            };
            assert_eq!(verified, must, "case {}: {}", case["tcId"], case["comment"]);
            judged += 1;
            accepted += u64::from(verified);
        }
    }
    assert_eq!(judged, file["numberOfTests"].as_u64().expect("a count"));
    assert!(accepted > 80 && judged > accepted, "both kinds were there: {accepted} of {judged} accepted");
}

/// The group's key in all the forms that it can come in: they are one.
fn p256_key(group: &Value) -> PublicKey {
    let point = hex(&group["publicKey"]["uncompressed"]);
    let (x, y) = point[1..].split_at(32);
    let key = P256Key::from_coordinates(x, y).expect("a point");
    let compressed = [&[2 + (y[31] & 1)], x].concat();
    assert_eq!(P256Key::from_compressed(&compressed), Ok(key));
    let key = PublicKey::P256(key);
    assert_eq!(PublicKey::from_multikey(&key.to_multikey().expect("a text")), Ok(key.clone()));
    if group["publicKeyJwk"].is_object() {
        let jwk = json::parse(group["publicKeyJwk"].to_string().as_bytes()).expect("JSON");
        assert_eq!(PublicKey::from_jwk(jwk.as_object().expect("an object")).as_ref(), Ok(&key));
    }
    key
}
