//! `accolade revoke`: takes a badge back, or suspends it.

use crate::Globals;
use crate::client::Client;
use crate::error::CliError;
use crate::{files, output};
use accolade_core::json::Value as Json;
use serde_json::{Value, json};
use std::path::Path;

const UUID_URN: &str = "urn:uuid:";
const PATH: &str = "/credentials/status";
const MEDIA_TYPE: &str = "application/json";
/// The code of a node's answer that it has issued no badge of that id.
const UNKNOWN_ID: &str = "no_such_credential";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The badge's id (urn:uuid:…), or the file that holds it; a node that was restored from an older backup may need
    /// the file
    badge: String,
    /// Why, for the issuer's own records; not published
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Suspend instead of revoke, if the badge was issued so that it can be (this version's nodes don't yet)
    #[arg(long)]
    suspend: bool,
    /// End a suspension; a revocation is final
    #[arg(long, conflicts_with = "suspend")]
    undo: bool,
}

/// Has the node change the status of a badge, and says by when it is public.
pub(crate) fn run(args: &Args, globals: &Globals) -> Result<(), CliError> {
    let Named { id, copy } = named(&args.badge)?;
    let client = Client::open_with_token(globals)?;
    let purpose = if args.suspend || args.undo { "suspension" } else { "revocation" };
    let mut body = json!({
        "credentialStatus": {"type": "BitstringStatusListEntry", "statusPurpose": purpose},
        "status": !args.undo,
    });
    if let Some(reason) = &args.reason {
        body["reason"] = json!(reason);
    }
    let by_id =
        client.post_bytes(PATH, MEDIA_TYPE, &with(&body, "credentialId", json!(id).to_string().as_bytes()));
    let answer = match (by_id, copy) {
        // A node that was restored doesn't know what it issued after the backup, but its own signature.
        (Err(CliError::Problem { code: Some(code), .. }), Some(copy)) if code == UNKNOWN_ID => {
            client.post_bytes(PATH, MEDIA_TYPE, &with(&body, "verifiableCredential", &copy))?
        }
        (answer, _) => answer?,
    };
    if globals.json {
        return output::json(&answer);
    }
    let done = match (args.undo, args.suspend) {
        (true, _) => "no longer suspended",
        (false, true) => "suspended",
        (false, false) => "revoked",
    };
    output::line(&format!("{done} {}", output::plain(&id)))?;
    match answer.get("publicBy").and_then(Value::as_str) {
        Some(by) => output::line(&format!("public by {} at the latest", output::plain(by))),
        None => output::line("the node did not say by when this is public"),
    }
}

/// The object `body` with one more member, whose JSON stands in it byte for byte.
fn with(body: &Value, member: &str, json: &[u8]) -> Vec<u8> {
    let rest = body.to_string();
    [format!("{{\"{member}\":").as_bytes(), json, b",", &rest.as_bytes()[1..]].concat()
}

/// A badge as the command line names it.
struct Named {
    id: String,
    /// The badge itself where a file was named, byte for byte: a JSON object.
    copy: Option<Vec<u8>>,
}

/// The id of the badge: of the file's content where there is such a file, else the text itself.
pub(crate) fn badge_id(badge: &str) -> Result<String, CliError> {
    named(badge).map(|named| named.id)
}

fn named(badge: &str) -> Result<Named, CliError> {
    let path = Path::new(badge);
    if badge == "-" || path.is_file() {
        let hint = "give a badge's file, or its id (urn:uuid:…)";
        let copy = files::read_badge(path)?;
        let object = files::object_of(path, &copy, hint)?;
        return match object.get("id").and_then(Json::as_str) {
            Some(id) => Ok(Named { id: id.to_owned(), copy: Some(copy) }),
            None => Err(CliError::Content {
                path: files::shown(path),
                message: "this badge has no id, so it can't be revoked".to_owned(),
                hint: "only badges with an id and a status entry can be revoked",
            }),
        };
    }
    id_of(badge).map(|id| Named { id, copy: None })
}

fn id_of(badge: &str) -> Result<String, CliError> {
    if let Some(uuid) = uuid_of(&format!("{UUID_URN}{badge}")) {
        return Ok(format!("{UUID_URN}{uuid}"));
    }
    let is_url = badge.split_once(':').is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.is_empty())
        && !badge.contains(char::is_whitespace);
    if is_url {
        return Ok(badge.to_owned());
    }
    Err(CliError::Usage {
        message: format!("“{badge}” is neither a file nor the id of a badge"),
        hint: Some("an id looks like urn:uuid:…; `accolade issue` prints it"),
    })
}

/// The UUID in an id such as `urn:uuid:…`, in lower case.
pub(crate) fn uuid_of(id: &str) -> Option<String> {
    let uuid = id.strip_prefix(UUID_URN)?;
    let is_uuid = uuid.len() == 36
        && uuid.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        });
    is_uuid.then(|| uuid.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_sent_byte_for_byte() {
        let sent = with(&json!({"status": true}), "verifiableCredential", b"{\"a\":1.0}");
        assert_eq!(
            String::from_utf8(sent).expect("UTF-8"),
            r#"{"verifiableCredential":{"a":1.0},"status":true}"#
        );
    }

    #[test]
    fn a_badge_is_named_by_its_id() {
        let uuid = "0190A5E2-7b1c-4d7a-9f53-0c2b1a3d4e5f";
        let urn = format!("urn:uuid:{}", uuid.to_lowercase());
        assert_eq!(badge_id(uuid).ok(), Some(urn.clone()));
        assert_eq!(badge_id(&urn).ok(), Some(urn));
        for text in ["", "badge", "no-such-file.json", "0190A5E2", ":", "urn:", "a: b"] {
            assert!(matches!(badge_id(text), Err(CliError::Usage { .. })), "{text:?} was accepted");
        }
    }
}
