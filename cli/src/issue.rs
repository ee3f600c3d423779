//! `accolade issue`: awards a badge.

use crate::Globals;
use crate::client::Client;
use crate::credential::{self, Format};
use crate::error::CliError;
use crate::revoke::uuid_of;
use crate::{files, output};
use accolade_core::did::Did;
use accolade_core::time::Timestamp;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Longest e-mail address, in bytes (RFC 5321, section 4.5.3.1).
const MAX_EMAIL_BYTES: usize = 254;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The achievement that it is for (see `accolade achievement list`)
    #[arg(long, value_name = "ID")]
    achievement: String,
    /// The earner's DID
    #[arg(long, value_name = "DID", required_unless_present = "email", conflicts_with = "email", value_parser = did)]
    to: Option<String>,
    /// The earner's e-mail address; the badge holds only a salted hash of it
    #[arg(long, value_name = "ADDRESS", value_parser = email)]
    email: Option<String>,
    /// The earner's name, if the badge shall show it
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// When the badge expires, such as 2028-12-31T00:00:00Z
    #[arg(long, value_name = "TIME", value_parser = crate::issue::time)]
    valid_until: Option<Timestamp>,
    /// The address of something that shows the achievement; may be given again
    #[arg(long, value_name = "URL", value_parser = url)]
    evidence: Vec<String>,
    /// Where the signed badge goes; `-` for standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// How the file is written: JSON, or the same badge as a signed token
    #[arg(long, value_enum, default_value_t = Format::Json, requires = "out")]
    format: Format,
}

/// Has the node issue a badge, and keeps the badge if asked.
pub(crate) fn run(args: &Args, globals: &Globals) -> Result<(), CliError> {
    let client = Client::open_with_token(globals)?;
    let answer = client.post("/v1/credentials", &request(args))?;
    let text = |name: &str| answer.get(name).and_then(Value::as_str).map(output::plain).unwrap_or_default();
    if let Some(out) = &args.out {
        let kept = match args.format {
            Format::Json => json_text(&answer, &text("id")),
            Format::Jwt => token_text(&client, &text("id")),
        };
        let kept = kept.and_then(|badge| files::write(out, &badge));
        kept.inspect_err(|_| {
            output::note(&format!("note: the badge was issued all the same, as {}", text("id")));
        })?;
        if out.as_os_str() == "-" {
            return Ok(());
        }
    }
    if globals.json {
        return output::json(&answer);
    }
    output::line(&format!("issued {}", text("id")))?;
    if !text("url").is_empty() {
        output::line(&format!("page   {}", text("url")))?;
    }
    match &args.out {
        Some(out) => output::line(&format!("file   {}", files::shown(out))),
        None => Ok(()),
    }
}

fn json_text(answer: &Value, id: &str) -> Result<String, CliError> {
    let badge = answer.get("verifiableCredential").filter(|badge| badge.is_object());
    badge.map(|badge| format!("{badge:#}")).ok_or_else(|| not_sent(id))
}

fn token_text(client: &Client, id: &str) -> Result<String, CliError> {
    let uuid = uuid_of(id).ok_or_else(|| not_sent(id))?;
    credential::get(client, &uuid, Format::Jwt)
}

fn not_sent(id: &str) -> CliError {
    CliError::Problem {
        message: format!("the node issued {id}, but did not send the badge itself"),
        hint: Some("get it from the node's page of the badge".to_owned()),
        code: None,
    }
}

fn request(args: &Args) -> Value {
    let recipient = match (&args.to, &args.email) {
        (Some(did), _) => json!({"did": did}),
        (None, email) => json!({"email": email}),
    };
    let mut body = json!({"achievement": args.achievement, "recipient": recipient});
    if let Some(name) = &args.name {
        body["name"] = json!(name);
    }
    if let Some(until) = args.valid_until {
        body["validUntil"] = json!(until.to_string());
    }
    if !args.evidence.is_empty() {
        body["evidence"] = json!(args.evidence);
    }
    body
}

/// Reads a time with its time zone.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse(text).map_err(|error| error.to_string())
}

fn did(text: &str) -> Result<String, String> {
    Did::parse(text).map(|did| did.as_str().to_owned()).map_err(|error| error.to_string())
}

fn email(text: &str) -> Result<String, String> {
    let fits = text.len() <= MAX_EMAIL_BYTES
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && text.rsplit_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty());
    if fits { Ok(text.to_owned()) } else { Err("this is not an e-mail address".to_owned()) }
}

fn url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let fits = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
        && !text.chars().any(|c| c.is_whitespace() || c.is_control());
    if fits { Ok(text.to_owned()) } else { Err("this is not a web address (https://…)".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_address() {
        assert!(email("ada@example.org").is_ok());
        for text in
            ["", "ada", "@example.org", "ada@", "a b@example.org", "a@b\n", &format!("{}@a", "a".repeat(254))]
        {
            assert!(email(text).is_err(), "{text:?} was accepted");
        }
        assert!(url("https://example.org/work").is_ok());
        for text in [
            "",
            "example.org",
            "file:///etc/passwd",
            "https://",
            "https:///a",
            "javascript:alert(1)",
            "http://a b",
        ] {
            assert!(url(text).is_err(), "{text:?} was accepted");
        }
    }
}
