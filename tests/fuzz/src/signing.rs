//! What may be signed: whatever our own signing takes, our own reading takes, in every suite.

use super::edits::{Choices, changed};
use super::judge::assert_told;
use super::samples::{CONTEXTS, CREDENTIALS, SAMPLE_OPTIONS, judged, party};
use accolade_core::credential::Credential;
use accolade_core::json::{self, Value};
use accolade_core::proof::{self, Link, Suite};

/// A credential of ours, changed, and signed by the issuer.
pub fn signed(data: &[u8]) {
    let mut choices = Choices(data);
    let suite = [Suite::EddsaRdfc2022, Suite::EddsaJcs2022][choices.of(2)];
    let text = changed(choices.0, &CREDENTIALS);
    let Ok(Value::Object(mut document)) = json::parse(text.as_bytes()) else { return };
    document.remove("proof");
    let (key, options) = (party(1).key, &*SAMPLE_OPTIONS);
    let Ok(signed) = proof::sign_with(suite, document.clone(), &key, options, &Link::default(), &CONTEXTS)
    else {
        return;
    };
    let text = Value::Object(signed.clone()).to_string();
    assert_eq!(json::parse(text.as_bytes()), Ok(Value::Object(signed.clone())), "written and read alike");
    let report = judged(text.as_bytes());
    assert_told(&report);
    let Ok(credential) = Credential::from_object(signed) else {
        assert!(report.badge.is_none() && !report.is_good());
        return;
    };
    let by_issuer = credential.issuer_id() == party(1).did.as_str();
    assert_eq!(report.badge.is_some(), by_issuer, "signed here, and not right: {report:?}\n{text}");
    assert!(by_issuer || !report.is_good());
}
