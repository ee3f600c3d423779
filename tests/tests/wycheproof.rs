//! Project Wycheproof's Ed25519 cases, through the one door that signatures go through.

use accolade_core::keys::VerifyingKey;
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
            accepted += usize::from(verified);
        }
    }
    assert_eq!(right, file["numberOfTests"].as_u64().expect("a count"));
    assert_eq!(right, 112);
    assert!(accepted > 0 && accepted < 112, "both kinds were there: {accepted} accepted");
}
