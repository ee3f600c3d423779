//! Credentials and presentations out of tokens: VC-JOSE-COSE 1.0, section 3.1, where the payload is the document; data
//! model 1.1, section 6.3.1, where it stands in the claim `vc` or `vp`; and both in the envelopes of VCDM 2.0, section
//! 4.13.

use super::data_model::{self, CREDENTIALS_V2, DataModel};
use super::malformed::Malformed;
use super::{Credential, Presentation, Secured};
use crate::jose::{Content, Token};
use crate::json::{Object, Value};
use crate::status::StatusEntry;

/// The type of a credential in an envelope.
pub(super) const ENVELOPED_CREDENTIAL: &str = "EnvelopedVerifiableCredential";
/// The type of a presentation in an envelope.
pub(super) const ENVELOPED_PRESENTATION: &str = "EnvelopedVerifiablePresentation";
/// What an envelope may have.
const ENVELOPE_MEMBERS: [&str; 3] = ["@context", "id", "type"];

/// Reads the credential in a token.
pub(super) fn credential(text: &str) -> Result<Credential, Malformed> {
    let (token, mut payload) = Token::read(text.trim_ascii(), Content::Credential)?;
    // A claim beside the credential, which no context of it defines: Token Status List of the IETF, section 6.2.
    let status = payload.remove("status");
    let mut object = document(payload, "vc", "vp")?;
    if data_model::is_a(&object, ENVELOPED_CREDENTIAL) {
        return Err(Malformed::new("enveloped_twice", "a token can't hold an envelope for another token"));
    }
    if data_model::version(&object) == DataModel::V1_1 {
        token.claims().complete(&mut object);
    }
    let mut credential = Credential::read(object)?;
    token.claims().check(&credential)?;
    if let Some(status) = status {
        match StatusEntry::of_claim(&status) {
            Ok(entry) => {
                credential.status.push(entry);
                credential.unread_status.extend(StatusEntry::unread_in_claim(&status));
            }
            Err(error) if error.is_unsupported() => credential.unread_status.push(error),
            Err(error) => {
                return Err(Malformed::new("status_entry_invalid", error.to_string()).under("status"));
            }
        }
    }
    credential.secured = Secured::Jose(Box::new(token));
    Ok(credential)
}

/// Reads the presentation in a token.
pub(super) fn presentation(text: &str) -> Result<Presentation, Malformed> {
    let (token, payload) = Token::read(text.trim_ascii(), Content::Presentation)?;
    let mut object = document(payload, "vp", "vc")?;
    if data_model::is_a(&object, ENVELOPED_PRESENTATION) {
        return Err(Malformed::new("enveloped_twice", "a token can't hold an envelope for another token"));
    }
    if data_model::version(&object) == DataModel::V1_1 {
        token.claims().complete_presentation(&mut object);
    }
    let id = object.get("id").and_then(Value::as_str).map(str::to_owned);
    let mut presentation = Presentation::read(object, true)?;
    token.claims().check_presentation(id.as_deref(), presentation.holder())?;
    presentation.secured = Secured::Jose(Box::new(token));
    Ok(presentation)
}

/// The token in an envelope: a `data:` URL of the media type `vc+jwt` or `vp+jwt`.
///
/// # Errors
/// Another context, an id that isn't such a URL, members beside; SD-JWT and COSE, which are not read.
pub(super) fn of_envelope(envelope: &Object, content: Content) -> Result<&str, Malformed> {
    let context = envelope.get("@context").map(Value::one_or_many).unwrap_or_default();
    if context.first().and_then(Value::as_str) != Some(CREDENTIALS_V2) {
        let message = format!("the context of an enveloped document must be {CREDENTIALS_V2}");
        return Err(Malformed::new("enveloped_context", message).under("@context"));
    }
    let url = envelope.get("id").and_then(Value::as_str).and_then(|id| id.strip_prefix("data:"));
    let Some((media_type, token)) = url.and_then(|url| url.split_once(',')) else {
        let message = "the id of an enveloped document must be a data: URL";
        return Err(Malformed::new("enveloped_id", message).under("id"));
    };
    let own: &[&str] = match content {
        Content::Credential => &["application/vc+jwt", "application/vc-ld+jwt"],
        Content::Presentation => &["application/vp+jwt", "application/vp-ld+jwt"],
        Content::StatusList => &["application/statuslist+jwt"],
    };
    if !own.iter().any(|name| name.eq_ignore_ascii_case(media_type)) {
        let shown: String = media_type.chars().take(64).collect();
        let message = format!("what is enveloped is of the type “{shown}”, which is not read here");
        return Err(Malformed::unsupported("enveloped_type_unsupported", message).under("id"));
    }
    if let Some((name, _)) = envelope.iter().find(|(name, _)| !ENVELOPE_MEMBERS.contains(name)) {
        let message = "an envelope is not signed, and can say nothing beside what is in it";
        return Err(Malformed::new("enveloped_member", message).under(name));
    }
    Ok(token)
}

/// The document in a payload: the payload itself in data model 2.0, the claim `own` in data model 1.1.
fn document(mut payload: Object, own: &str, other: &str) -> Result<Object, Malformed> {
    let refuse = |name: &str, message: &str| Err(Malformed::new("vc_claim", message).under(name));
    if payload.contains_key(other) {
        return refuse(other, "a token of this kind can't have the claim “vc” or “vp” of the other");
    }
    let is_own_document = ["@context", "type", "credentialSubject", "verifiableCredential"];
    let is_document = is_own_document.iter().any(|name| payload.contains_key(name));
    match payload.remove(own) {
        Some(_) if is_document => {
            refuse(own, "a token of data model 2.0 is the document itself, and can't have this claim")
        }
        Some(Value::Object(inner)) if data_model::version(&inner) == DataModel::V1_1 => Ok(inner),
        Some(_) => refuse(own, "what stands in this claim must be a document of data model 1.1"),
        None if data_model::version(&payload) == DataModel::V1_1 => {
            let message = "a token of data model 1.1 has its document in the claim “vc” or “vp”";
            Err(Malformed::new("vc_claim_missing", message))
        }
        None => Ok(payload),
    }
}
