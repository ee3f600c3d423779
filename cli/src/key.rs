//! `accolade key`: an earner's Ed25519 key, as a Multikey (W3C Controlled Identifiers v1.0, section 2.2.2).

use crate::Globals;
use crate::error::CliError;
use crate::{files, output};
use accolade_core::did::key::{did_of, verification_method_of};
use accolade_core::json::Value;
use accolade_core::keys::SigningKey;
use serde_json::json;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Multicodec prefix `ed25519-priv` (0x1300) as a varint.
const ED25519_PRIV: [u8; 2] = [0x80, 0x26];
/// Longest secret text that is read, in bytes; a right one has 50 or less.
const MAX_SECRET_TEXT_BYTES: usize = 128;
const HINT: &str = "make a key with `accolade key new --out FILE`";

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make a new key; its DID is a did:key
    #[command(after_help = "Example: accolade key new --out earner.key")]
    New {
        /// Where the key goes (mode 0600, not encrypted); `-` shows the secret on standard output
        #[arg(long, value_name = "FILE", default_value = "accolade-key.json")]
        out: PathBuf,
    },
    /// Show the DID of a key
    #[command(after_help = "Example: accolade key show earner.key")]
    Show {
        /// The key's file
        file: PathBuf,
    },
}

/// Makes or shows a key.
pub(crate) fn run(command: &Command, globals: &Globals) -> Result<(), CliError> {
    match command {
        Command::New { out } => new(out, globals.json),
        Command::Show { file } => show(file, globals.json),
    }
}

fn new(out: &Path, as_json: bool) -> Result<(), CliError> {
    let mut seed = Zeroizing::new([0u8; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(|error| CliError::Random(error.to_string()))?;
    let key = SigningKey::from_seed(&seed);
    let text = to_text(&key);
    if out.as_os_str() == "-" {
        return output::line(&text);
    }
    files::write_secret(out, &text)?;
    let did = did_of(&key.verifying_key());
    if as_json {
        return output::json(&json!({"did": did.as_str(), "file": files::shown(out), "encrypted": false}));
    }
    output::line(did.as_str())?;
    output::note(&format!(
        "The key is in {}, readable by you alone and not encrypted. Keep a copy in a safe \
         place: without it no badge can be presented under this DID.",
        files::shown(out)
    ));
    Ok(())
}

fn show(file: &Path, as_json: bool) -> Result<(), CliError> {
    let key = read(file)?.verifying_key();
    if as_json {
        let method = verification_method_of(&key);
        return output::json(&json!({"did": did_of(&key).as_str(), "verificationMethod": method}));
    }
    output::line(did_of(&key).as_str())
}

/// Reads a key file; warns if others may read it too.
///
/// # Errors
/// What isn't an Ed25519 secret Multikey, or whose public half isn't that of the secret.
pub(crate) fn read(path: &Path) -> Result<SigningKey, CliError> {
    let text = Zeroizing::new(files::read(path, accolade_core::json::MAX_BYTES)?);
    if files::others_may_read(path) {
        output::note(&format!("warning: others may read {}; run `chmod 600` on it", files::shown(path)));
    }
    parse(&text).map_err(|message| CliError::Content {
        path: files::shown(path),
        message: message.to_owned(),
        hint: HINT,
    })
}

fn parse(text: &[u8]) -> Result<SigningKey, &'static str> {
    let value = accolade_core::json::parse(text).map_err(|_| "this is not a key file (not JSON)")?;
    let member = |name: &str| value.get(name).and_then(Value::as_str);
    if member("type") != Some("Multikey") {
        return Err("this is not a key file (its type is not Multikey)");
    }
    let Some(secret) = member("secretKeyMultibase") else {
        return Err("this key file has no secret part (secretKeyMultibase)");
    };
    let body = secret.strip_prefix('z').filter(|body| body.len() <= MAX_SECRET_TEXT_BYTES);
    let bytes = body.and_then(|body| bs58::decode(body).into_vec().ok()).map(Zeroizing::new);
    let bytes = bytes.ok_or("the secret of this key is not multibase base58btc")?;
    let seed = bytes.strip_prefix(&ED25519_PRIV[..]).ok_or("this is not an Ed25519 secret key")?;
    let seed: &[u8; 32] = seed.try_into().map_err(|_| "the secret of this key has the wrong length")?;
    let key = SigningKey::from_seed(seed);
    let public = key.verifying_key();
    let is_own = |name: &str, own: &str| member(name).is_none_or(|text| text == own);
    if !is_own("publicKeyMultibase", &public.to_multikey()) || !is_own("controller", did_of(&public).as_str())
    {
        return Err("the public part of this key is not that of its secret");
    }
    Ok(key)
}

fn to_text(key: &SigningKey) -> Zeroizing<String> {
    let public = key.verifying_key();
    let mut bytes = Zeroizing::new([0u8; 34]);
    bytes[..2].copy_from_slice(&ED25519_PRIV);
    bytes[2..].copy_from_slice(key.seed().as_slice());
    let secret = Zeroizing::new(bs58::encode(bytes.as_slice()).into_string());
    Zeroizing::new(format!(
        "{{\n  \"type\": \"Multikey\",\n  \"id\": \"{}\",\n  \"controller\": \"{}\",\n  \
         \"publicKeyMultibase\": \"{}\",\n  \"secretKeyMultibase\": \"z{}\"\n}}",
        verification_method_of(&public),
        did_of(&public),
        public.to_multikey(),
        secret.as_str(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_goes_both_ways() {
        let key = SigningKey::from_seed(&[9; 32]);
        let text = to_text(&key);
        assert_eq!(parse(text.as_bytes()).map(|key| key.verifying_key()).ok(), Some(key.verifying_key()));
        assert!(text.contains("\"secretKeyMultibase\": \"z3u2"), "{}", text.as_str());
    }

    #[test]
    fn refuses_other_files() {
        let key = SigningKey::from_seed(&[9; 32]);
        let text = to_text(&key);
        let other = SigningKey::from_seed(&[8; 32]).verifying_key();
        let public = key.verifying_key().to_multikey();
        let with_secret = |bytes: &[u8]| {
            let secret = bs58::encode(bytes).into_string();
            format!("{{\"type\":\"Multikey\",\"secretKeyMultibase\":\"z{secret}\"}}")
        };
        assert!(parse(with_secret(&[&ED25519_PRIV[..], &[9; 32]].concat()).as_bytes()).is_ok());
        for wrong in [
            String::new(),
            "junk".to_owned(),
            "[]".to_owned(),
            "{}".to_owned(),
            text.replace("Multikey", "JsonWebKey"),
            text.replace("secretKeyMultibase", "secret"),
            text.replace("\"z3u2", "\"u3u2"),
            text.replace("\"z3u2", "\"z0OIl"),
            text.replace(&public, &other.to_multikey()),
            text.replace("\"controller\": \"did:key:", "\"controller\": \"did:web:"),
            with_secret(&[&[0xed, 0x01][..], &[9; 32]].concat()),
            with_secret(&[&ED25519_PRIV[..], &[9; 31]].concat()),
            with_secret(&[&ED25519_PRIV[..], &[9; 64]].concat()),
            with_secret(&[]),
        ] {
            assert!(parse(wrong.as_bytes()).is_err(), "{wrong} was accepted");
        }
    }
}
