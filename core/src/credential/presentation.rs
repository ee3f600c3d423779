//! Presentations (VCDM 2.0, section 4.13): credentials that a holder shows, for one occasion.

use super::data_model::{self, DataModel, is_a, url_or_id};
use super::malformed::{Kind, Malformed};
use super::token::{self, ENVELOPED_CREDENTIAL, ENVELOPED_PRESENTATION};
use super::{Credential, Secured, proofs_of, token_in};
use crate::jose::Content;
use crate::json::{self, Object, Value};
use crate::proof::Proof;

/// Most credentials in one presentation.
pub const MAX_CREDENTIALS: usize = 32;

/// A presentation whose structure was checked. Each credential in it is read by itself: a bad one is kept
/// with what is wrong with it.
#[derive(Clone, Debug)]
pub struct Presentation {
    object: Object,
    pub(super) secured: Secured,
    credentials: Vec<Result<Credential, Malformed>>,
    proofs: Vec<Proof>,
}

impl Presentation {
    /// Reads a presentation in JSON or in a token, of at most [`json::MAX_BYTES`] and [`json::MAX_DEPTH`].
    ///
    /// # Errors
    /// What is not JSON, or breaks a rule of [`Self::from_object`] or [`Self::from_token`].
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        if let Some(token) = token_in(bytes) {
            return Self::from_token(token);
        }
        Self::from_value(json::parse(bytes)?)
    }

    /// Reads a presentation in a token: a compact JWS, `vp+jwt` of data model 2.0 or a JWT of 1.1.
    ///
    /// # Errors
    /// A token or header that breaks a rule of [`crate::jose`], a claim that contradicts the presentation, `vp` in data
    /// model 2.0, and all of [`Self::from_object`].
    pub fn from_token(text: &str) -> Result<Self, Malformed> {
        token::presentation(text)
    }

    /// Takes any JSON value, as an API is given it.
    ///
    /// # Errors
    /// A text that isn't a token, a value that isn't an object, and all of [`Self::from_object`].
    pub fn from_value(value: Value) -> Result<Self, Malformed> {
        match value {
            Value::Object(object) => Self::from_object(object),
            Value::String(text) if token_in(text.as_bytes()).is_some() => Self::from_token(&text),
            _ => Err(Malformed::new("not_an_object", "a presentation must be a JSON object")),
        }
    }

    /// Checks the structure of a presentation, signed or not. Of an enveloped one (VCDM 2.0, section 4.13.2) the token is
    /// read.
    ///
    /// # Errors
    /// A wrong context or type, a holder that isn't a URL, credentials that aren't objects with a type, more
    /// than [`MAX_CREDENTIALS`] or [`super::MAX_PROOFS`].
    pub fn from_object(object: Object) -> Result<Self, Malformed> {
        if is_a(&object, ENVELOPED_PRESENTATION) {
            return Self::from_token(token::of_envelope(&object, Content::Presentation)?);
        }
        Self::read(object, false)
    }

    /// The same; in a token of data model 1.1 the credentials may be texts, tokens themselves.
    pub(super) fn read(object: Object, in_token: bool) -> Result<Self, Malformed> {
        let version = data_model::version(&object);
        match version {
            DataModel::V1_1 => data_model::contexts_are_urls_or_objects(&object)?,
            DataModel::V2_0 => data_model::context(&object)?,
        }
        data_model::has_type(&object, "VerifiablePresentation", "presentation")?;
        data_model::id(&object)?;
        holder(&object)?;
        let texts = in_token && version == DataModel::V1_1;
        let credentials = credentials(&object, texts).map_err(|error| error.under("verifiableCredential"))?;
        let proofs = proofs_of(&object)?;
        Ok(Self { object, secured: Secured::Embedded, credentials, proofs })
    }

    /// The presentation as it was read.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// How it is secured.
    pub fn secured(&self) -> &Secured {
        &self.secured
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

fn credentials(presentation: &Object, texts: bool) -> Result<Vec<Result<Credential, Malformed>>, Malformed> {
    let members = presentation.get("verifiableCredential").map(Value::one_or_many).unwrap_or_default();
    if members.len() > MAX_CREDENTIALS {
        let message = format!("a presentation can hold {MAX_CREDENTIALS} credentials at most");
        return Err(Malformed::new("too_many_credentials", message));
    }
    let read = |(at, member): (usize, &Value)| {
        let object = match member {
            Value::Object(object) => object,
            Value::String(text) if texts => return Ok(Credential::from_token(text)),
            _ => return Err(Malformed::new("not_an_object", "a credential must be an object").item(at)),
        };
        if !object.contains_key("type") {
            return Err(Malformed::new("type_missing", "a credential has no type").item(at));
        }
        if !is_a(object, ENVELOPED_CREDENTIAL) {
            return Ok(Credential::from_object(object.clone()));
        }
        match token::of_envelope(object, Content::Credential) {
            Ok(token) => Ok(Credential::from_token(token)),
            Err(error) if error.kind == Kind::Unsupported => Ok(Err(error)),
            Err(error) => Err(error.item(at)),
        }
    };
    members.iter().enumerate().map(read).collect()
}
