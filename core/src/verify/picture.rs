//! A credential in a picture.

use super::report::Picture;
use crate::bake::{self, Form};
use crate::credential::{Credential, Malformed};

/// Takes the credential out of a picture, and reads it: where it stood, and the credential or why it is none.
///
/// # Errors
/// A picture that has no badge, or can't be read.
pub(super) fn read(bytes: &[u8]) -> Result<(Picture, Result<Credential, Malformed>), Malformed> {
    let found = bake::extract(bytes).map_err(|error| Malformed::new(error.code(), error.to_string()))?;
    let credential = match found.form {
        Form::Json | Form::Jws => Credential::parse(found.text.as_bytes()),
        Form::Url => {
            let message =
                format!("the badge is said to be at {}, and is not fetched", found.text.trim_ascii());
            Err(Malformed::unsupported("hosted_badge", message))
        }
    };
    Ok((Picture { kind: found.kind, format: found.format, form: found.form }, credential))
}
