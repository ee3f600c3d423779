//! VCDM 1.1, where it differs: dates, and tokens.

use crate::parties::{object, party};
use crate::trial::Trial;
use crate::{jose, refused};
use accolade_core::json::{Object, Value};

refused! {
    issuance_date_missing, "no `issuanceDate`", Malformed, "issuance_date_missing", |t| t.issuer_of(&credential(), &[("/issuanceDate", "")]);
    date_invalid, "an `issuanceDate` or `expirationDate` that is no date and time", Malformed, "date_invalid",
        |t| { for json in ["\"2026-06-30\"", "\"2026-06-30T10:00:00\"", "null", "7", "[]"] {
            t.issuer_of(&credential(), &[("/issuanceDate", json), ("/expirationDate", json)]); } };
    ends_before_it_begins, "an `expirationDate` before `issuanceDate`", Malformed, "validity_reversed",
        |t| t.issuer_of(&credential(), &[("/expirationDate", "\"2026-06-30T09:59:59Z\""), ("/issuanceDate", "\"2036-07-01T00:00:00Z\"")]);
    expired, "a credential past its `expirationDate`, or past `validUntil` beside it", Expired, "expired",
        |t| t.issuer_of(&credential(), &[("/expirationDate", "\"2026-07-01T11:59:59Z\""), ("/validUntil", "\"2026-07-01T11:59:59Z\"")]);
    not_yet_valid, "a credential before its `issuanceDate`, or before `validFrom` beside it", NotYetValid, "not_yet_valid",
        |t| t.issuer_of(&credential(), &[("/issuanceDate", "\"2026-07-01T12:00:01Z\""), ("/validFrom", "\"2026-07-01T12:00:01Z\"")]);
    refresh_service_without_id, "a `refreshService` without id, which 1.1 asks for", Malformed, "id_missing",
        |t| t.issuer_of(&credential(), &[("/refreshService", r#"{"type":"https://a.example/Refresh"}"#)]);
    issuer_missing, "no issuer", Malformed, "issuer_missing", |t| t.issuer_of(&credential(), &[("/issuer", "")]);
    subject_empty, "an empty subject", Malformed, "subject_empty", |t| t.issuer_of(&credential(), &[("/credentialSubject", "{}")]);
    term_undefined, "a member that no context defines", Malformed, "undefined_term", |t| t.issuer_of(&credential(), &[("/grade", "\"A\"")]);
    tampered, "a credential that was changed", Forged, "proof_signature_wrong",
        |t| t.forger_of(&credential(), &[("/issuanceDate", "\"2026-06-30T10:00:01Z\""), ("/expirationDate", "")]);
    claim_vc_missing, "a token of data model 1.1 that is the credential itself", Malformed, "vc_claim_missing",
        |t| { tokens(t, &credential(), true); tokens(t, &credential(), false); };
    claims_contradict, "a token of data model 1.1 whose `exp` is not the credential's end", Malformed, "claim_differs", |t| {
        tokens(t, &credential(), true);
        let payload = object(&format!(r#"{{"iss":"{}","exp":2000000000,"vc":{}}}"#, party(1).did, Value::Object(credential())));
        t.bad_bytes("exp", jose::token(&header(), &payload, &party(1).key).as_bytes());
    };
}

fn credential() -> Object {
    object(&format!(
        r#"{{"@context":["https://www.w3.org/2018/credentials/v1","https://w3id.org/security/data-integrity/v2"],
        "id":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a14","type":["VerifiableCredential"],"issuer":"{}",
        "issuanceDate":"2026-06-30T10:00:00Z","expirationDate":"2036-06-30T10:00:00Z","credentialSubject":{{"id":"{}"}}}}"#,
        party(1).did,
        party(2).did
    ))
}

fn header() -> Object {
    object(&format!(r#"{{"alg":"EdDSA","typ":"JWT","kid":"{}"}}"#, party(1).method))
}

/// The credential in the claim `vc`, which is good, or as the payload itself.
fn tokens(t: &mut Trial, credential: &Object, in_claim: bool) {
    if in_claim {
        let payload =
            object(&format!(r#"{{"iss":"{}","vc":{}}}"#, party(1).did, Value::Object(credential.clone())));
        t.good_bytes(jose::token(&header(), &payload, &party(1).key).as_bytes());
    } else {
        t.bad_bytes("by itself", jose::token(&header(), credential, &party(1).key).as_bytes());
    }
}
