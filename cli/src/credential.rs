//! `accolade credential`: what the node has issued.

use crate::Globals;
use crate::client::{Client, path_segment};
use crate::error::CliError;
use crate::revoke::{badge_id, uuid_of};
use crate::{files, output};
use accolade_core::jose::looks_like_token;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Most badges that are asked for at once; the node gives no more.
const PAGE: usize = 100;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// The badges that the node has issued, newest first
    #[command(after_help = "Example: accolade credential list --limit 20")]
    List {
        /// How many at most
        #[arg(long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// One badge, byte for byte as it was signed
    #[command(
        after_help = "Example: accolade credential show urn:uuid:0190a5e2-7b1c-4d7a-9f53-0c2b1a3d4e5f -o badge.json"
    )]
    Show {
        /// The badge's id (urn:uuid:…), or its UUID alone
        id: String,
        /// Where the badge goes; without it to standard output
        #[arg(long, short, value_name = "FILE")]
        out: Option<PathBuf>,
        /// JSON, or the same badge as a signed token
        #[arg(long, value_enum, default_value_t = Format::Json)]
        format: Format,
    },
}

/// How a badge is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// JSON with a proof within
    Json,
    /// A signed token (JWT)
    Jwt,
}

/// Gets a badge that the node has issued, in a form.
pub(crate) fn get(client: &Client, uuid: &str, format: Format) -> Result<String, CliError> {
    let media_type = match format {
        Format::Json => "application/vc",
        Format::Jwt => "application/vc+jwt",
    };
    let bytes = client.get_bytes(&format!("/v1/credentials/{uuid}"), media_type)?;
    match String::from_utf8(bytes) {
        Ok(text) if format == Format::Json || looks_like_token(&text) => Ok(text),
        Ok(_) => Err(client.no_answer("a badge in another form than a signed token")),
        Err(_) => Err(client.no_answer("a badge that is no text")),
    }
}

/// Lists or shows.
pub(crate) fn run(command: &Command, globals: &Globals) -> Result<(), CliError> {
    match command {
        Command::List { limit } => list(usize::try_from(*limit).unwrap_or(usize::MAX), globals),
        Command::Show { id, out, format } => show(id, out.as_ref(), *format, globals),
    }
}

fn list(limit: usize, globals: &Globals) -> Result<(), CliError> {
    let client = Client::open_with_token(globals)?;
    let mut items: Vec<Value> = Vec::new();
    let mut next: Option<String> = None;
    loop {
        let page = PAGE.min(limit - items.len());
        let cursor = next.map(|cursor| format!("&cursor={}", path_segment(&cursor))).unwrap_or_default();
        let mut answer = client.get(&format!("/v1/credentials?limit={page}{cursor}"))?;
        let Some(Value::Array(found)) = answer.get_mut("credentials").map(Value::take) else {
            return Err(client.no_answer("a list of badges has no “credentials”"));
        };
        let is_last = found.is_empty();
        items.extend(found);
        next = answer.get("next").and_then(Value::as_str).map(str::to_owned);
        if next.is_none() || is_last || items.len() >= limit {
            break;
        }
    }
    items.truncate(limit);
    if globals.json {
        return output::json(&json!({"credentials": items, "more": next.is_some()}));
    }
    if items.is_empty() {
        output::note("No badge has been issued yet. Issue one with `accolade issue`.");
    }
    for item in &items {
        let text = |name: &str| item.get(name).and_then(Value::as_str).map(output::plain);
        let shown = |name: &str| text(name).unwrap_or_else(|| "-".to_owned());
        output::line(&format!("{}  {}  {}", shown("issued"), shown("id"), shown("recipient")))?;
    }
    if next.is_some() {
        output::note(&format!("There are more than {limit}; see further with --limit."));
    }
    Ok(())
}

fn show(id: &str, out: Option<&PathBuf>, format: Format, globals: &Globals) -> Result<(), CliError> {
    let id = badge_id(id)?;
    let Some(uuid) = uuid_of(&id) else {
        return Err(CliError::Usage {
            message: format!("“{id}” has no UUID, and a node finds badges by theirs"),
            hint: Some("give an id such as `accolade credential list` prints: urn:uuid:…"),
        });
    };
    let client = Client::open_with_token_if_any(globals)?;
    let text = get(&client, &uuid, format)?;
    match out {
        None => output::line(&text),
        Some(path) => {
            files::write_bytes(path, text.as_bytes())?;
            match globals.json {
                true => output::json(&json!({"id": id, "file": files::shown(path)})),
                false => output::line(&format!("{} is in {}", output::plain(&id), files::shown(path))),
            }
        }
    }
}
