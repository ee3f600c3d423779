//! Presentations (VCDM 2.0, section 4.13): credentials that a holder shows, for one occasion.

use super::data_model::{self, CREDENTIALS_V2, is_a, url_or_id};
use super::malformed::Malformed;
use super::{Credential, proofs_of};
use crate::json::{self, Object, Value};
use crate::proof::Proof;

/// Most credentials in one presentation.
pub const MAX_CREDENTIALS: usize = 32;

/// A presentation whose structure was checked. Each credential in it is read by itself: a bad one is kept
/// with what is wrong with it.
#[derive(Clone, Debug)]
pub struct Presentation {
    object: Object,
    credentials: Vec<Result<Credential, Malformed>>,
    proofs: Vec<Proof>,
}

impl Presentation {
    /// Reads a presentation in JSON, of at most [`json::MAX_BYTES`] and [`json::MAX_DEPTH`].
    ///
    /// # Errors
    /// What is not JSON, or breaks a rule of [`Self::from_object`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        Self::from_value(json::parse(bytes)?)
    }

    /// Takes any JSON value, as an API is given it.
    ///
    /// # Errors
    /// What isn't an object, and all of [`Self::from_object`].
    pub fn from_value(value: Value) -> Result<Self, Malformed> {
        match value {
            Value::Object(object) => Self::from_object(object),
            _ => Err(Malformed::new("not_an_object", "a presentation must be a JSON object")),
        }
    }

    /// Checks the structure of a presentation, signed or not.
    ///
    /// # Errors
    /// A wrong context or type, a holder that isn't a URL, credentials that aren't objects with a type, more
    /// than [`MAX_CREDENTIALS`] or [`super::MAX_PROOFS`].
    pub fn from_object(object: Object) -> Result<Self, Malformed> {
        data_model::context(&object)?;
        data_model::has_type(&object, "VerifiablePresentation", "presentation")?;
        data_model::id(&object)?;
        holder(&object)?;
        let credentials = credentials(&object).map_err(|error| error.under("verifiableCredential"))?;
        let proofs = proofs_of(&object)?;
        Ok(Self { object, credentials, proofs })
    }

    /// The presentation as it was read.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// Who presents, as the presentation claims: a URL, mostly a DID.
    pub fn holder(&self) -> Option<&str> {
        url_or_id(&self.object, "holder")
    }

    /// The credentials in their order; for one that can't be judged, why.
    pub fn credentials(&self) -> &[Result<Credential, Malformed>] {
        &self.credentials
    }

    /// Its proofs, all of them well-formed, none of them checked; none if it isn't signed.
    pub fn proofs(&self) -> &[Proof] {
        &self.proofs
    }
}

fn holder(presentation: &Object) -> Result<(), Malformed> {
    if !presentation.contains_key("holder") {
        return Ok(());
    }
    if url_or_id(presentation, "holder").is_some_and(data_model::is_url) {
        return Ok(());
    }
    let message = "the holder must be a URL, or an object with one as id";
    Err(Malformed::new("holder_not_a_url", message).under("holder"))
}

fn credentials(presentation: &Object) -> Result<Vec<Result<Credential, Malformed>>, Malformed> {
    let members = presentation.get("verifiableCredential").map(Value::one_or_many).unwrap_or_default();
    if members.len() > MAX_CREDENTIALS {
        let message = format!("a presentation can hold {MAX_CREDENTIALS} credentials at most");
        return Err(Malformed::new("too_many_credentials", message));
    }
    let read = |(at, member): (usize, &Value)| {
        let Value::Object(object) = member else {
            return Err(Malformed::new("not_an_object", "a credential must be an object").item(at));
        };
        if !object.contains_key("type") {
            return Err(Malformed::new("type_missing", "a credential has no type").item(at));
        }
        if is_a(object, "EnvelopedVerifiableCredential") {
            enveloped(object).map_err(|error| error.item(at))?;
            let message = "this credential is enveloped (a token within a data: URL), which is not read yet";
            return Ok(Err(Malformed::unsupported("enveloped_credential", message)));
        }
        Ok(Credential::from_object(object.clone()))
    };
    members.iter().enumerate().map(read).collect()
}

/// VCDM 2.0, section 4.13.1: the base context and a `data:` URL as id.
fn enveloped(object: &Object) -> Result<(), Malformed> {
    let context = object.get("@context").map(Value::one_or_many).unwrap_or_default();
    if context.first().and_then(Value::as_str) != Some(CREDENTIALS_V2) {
        let message = format!("the context of an enveloped credential must be {CREDENTIALS_V2}");
        return Err(Malformed::new("enveloped_context", message).under("@context"));
    }
    match object.get("id").and_then(Value::as_str) {
        Some(id) if id.starts_with("data:") => Ok(()),
        _ => {
            let message = "the id of an enveloped credential must be a data: URL";
            Err(Malformed::new("enveloped_id", message).under("id"))
        }
    }
}
