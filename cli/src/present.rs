//! `accolade present`: an earner shows a badge, for one occasion (VCDM 2.0, section 4.13).

use crate::Globals;
use crate::error::CliError;
use crate::{files, key};
use accolade_core::credential::{CREDENTIALS_V2, Credential};
use accolade_core::did::key::{did_of, verification_method_of};
use accolade_core::json::{self, Object, Value};
use accolade_core::jsonld::Contexts;
use accolade_core::proof::{ProofOptions, Purpose, sign};
use std::path::PathBuf;

/// Longest challenge or domain, in bytes.
const MAX_TEXT_BYTES: usize = 1024;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The badge, in JSON or in a picture; `-` for standard input
    #[arg(value_name = "FILE")]
    badge: PathBuf,
    /// The earner's key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The challenge that the verifier gave: it shows that the presentation was made for this occasion
    #[arg(long, value_name = "TEXT", value_parser = short_text)]
    challenge: String,
    /// The verifier's domain: it shows that the presentation was made for this verifier
    #[arg(long, value_name = "TEXT", value_parser = short_text)]
    domain: String,
    /// Where the presentation goes; without it to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Signs a presentation of the badge, if the key is that of its subject.
pub(crate) fn run(args: &Args, _globals: &Globals) -> Result<(), CliError> {
    let bytes = files::read_badge(&args.badge)?;
    let path = || files::shown(&args.badge);
    let credential = Credential::parse(&bytes).map_err(|error| CliError::Content {
        path: path(),
        message: error.to_string(),
        hint: "give the badge as it was issued, in JSON",
    })?;
    let key = key::read(&args.key)?;
    let holder = did_of(&key.verifying_key());
    let subjects: Vec<&str> = credential.subject_ids().collect();
    if !subjects.iter().all(|id| *id == holder.as_str()) || subjects.is_empty() {
        return Err(CliError::NotSubject {
            holder: holder.as_str().to_owned(),
            subject: if subjects.is_empty() { "nobody's DID".to_owned() } else { subjects.join(", ") },
        });
    }
    let presentation = Object::from([
        ("@context", vec![Value::from(CREDENTIALS_V2)].into()),
        ("type", vec![Value::from("VerifiablePresentation")].into()),
        ("holder", holder.as_str().into()),
        ("verifiableCredential", vec![Value::from(member(&bytes, credential))].into()),
    ]);
    let options = ProofOptions {
        verification_method: verification_method_of(&key.verifying_key()),
        purpose: Purpose::Authentication,
        created: crate::now().whole_seconds(),
        expires: None,
        challenge: Some(args.challenge.clone()),
        domain: Some(args.domain.clone()),
    };
    let signed =
        sign(presentation, &key, &options, &Contexts::pinned()).map_err(|error| CliError::Content {
            path: path(),
            message: format!("it can't be presented: {error}"),
            hint: "give the badge as it was issued, in JSON",
        })?;
    let text = serde_json::to_string_pretty(&signed).map_err(|error| CliError::Output(error.into()))?;
    files::write(args.out.as_deref().unwrap_or("-".as_ref()), &text)
}

/// The badge as a member of the presentation: a JSON object as it was given, a token in an envelope (VCDM 2.0, section
/// 4.13.1), since it is the token that is signed.
fn member(bytes: &[u8], credential: Credential) -> Object {
    let token = match json::parse(bytes) {
        Ok(Value::Object(object)) => return object,
        Ok(Value::String(token)) => token,
        _ => String::from_utf8_lossy(bytes).into_owned(),
    };
    if credential.secured().token().is_none() {
        return credential.into_object();
    }
    Object::from([
        ("@context", CREDENTIALS_V2.into()),
        ("id", format!("data:application/vc+jwt,{}", token.trim_ascii()).into()),
        ("type", "EnvelopedVerifiableCredential".into()),
    ])
}

fn short_text(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.len() > MAX_TEXT_BYTES || text.chars().any(char::is_control) {
        return Err(format!("a text of 1 to {MAX_TEXT_BYTES} bytes is wanted, without line breaks"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_a_short_text() {
        assert!(short_text("n-0S6_WzA2Mj").is_ok());
        for text in ["", " ", "a\nb", &"a".repeat(1025)] {
            assert!(short_text(text).is_err(), "{text:.20?} was accepted");
        }
    }
}
