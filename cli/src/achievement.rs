//! `accolade achievement`: what badges stand for.

use crate::Globals;
use crate::client::{Client, path_segment};
use crate::error::CliError;
use crate::{files, output};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Largest PNG, JPEG or WebP, in bytes: the node keeps it beside the achievement.
const MAX_RASTER_BYTES: usize = 512 * 1024;
/// Largest SVG, in bytes: it stays within the achievement, and in base64 it must fit a record of 32 KiB.
const MAX_SVG_BYTES: usize = 20 * 1024;
/// Largest picture that is looked at, in bytes.
const MAX_IMAGE_FILE_BYTES: usize = 16 * 1024 * 1024;
/// Most pages of a list that are asked for.
const MAX_PAGES: usize = 1000;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make a draft
    #[command(
        after_help = "Example: accolade achievement create --name Swimming --description \"Can swim\" --criteria \"Swim 100 m\"\n         accolade achievement create --from achievement.json --image shield.png"
    )]
    Create(Create),
    /// Publish a draft under the issuer's DID; what is published never changes
    #[command(after_help = "Example: accolade achievement publish ID")]
    Publish {
        /// The achievement's id
        id: String,
    },
    /// The published achievements; with a token the drafts too
    #[command(after_help = "Example: accolade achievement list --json")]
    List,
}

#[derive(clap::Args)]
pub(crate) struct Create {
    /// What it is called
    #[arg(long, value_name = "TEXT", required_unless_present = "from")]
    name: Option<String>,
    /// What it stands for
    #[arg(long, value_name = "TEXT", required_unless_present = "from")]
    description: Option<String>,
    /// What has to be done to earn it: a text (Markdown) or a web address
    #[arg(long, value_name = "TEXT|URL", required_unless_present = "from")]
    criteria: Option<String>,
    /// Its picture: a PNG, JPEG or WebP of at most 512 KiB, an SVG of at most 20 KiB, or the web address of any
    #[arg(long, value_name = "FILE|URL")]
    image: Option<String>,
    /// Its kind, such as Badge, Certificate, Course or Degree
    #[arg(long = "type", value_name = "TYPE", conflicts_with = "from")]
    kind: Option<String>,
    /// A word to find it by; may be given again
    #[arg(long = "tag", value_name = "WORD", conflicts_with = "from")]
    tags: Vec<String>,
    /// An Achievement of Open Badges 3.0 as JSON, instead of the above
    #[arg(long, value_name = "FILE", conflicts_with_all = ["name", "description", "criteria"])]
    from: Option<PathBuf>,
}

/// Creates, publishes or lists.
pub(crate) fn run(command: &Command, globals: &Globals) -> Result<(), CliError> {
    match command {
        Command::Create(create) => self::create(create, globals),
        Command::Publish { id } => publish(id, globals),
        Command::List => list(globals),
    }
}

fn create(args: &Create, globals: &Globals) -> Result<(), CliError> {
    let mut achievement = match &args.from {
        Some(path) => {
            let object = files::read_object(path, "the file must hold one Achievement as a JSON object")?;
            serde_json::to_value(&object).map_err(|error| CliError::usage(error.to_string()))?
        }
        None => from_args(args),
    };
    if let Some(named) = &args.image {
        achievement["image"] = image(named)?;
    }
    let client = Client::open_with_token(globals)?;
    let answer = client.post("/v1/achievements", &achievement)?;
    if globals.json {
        return output::json(&answer);
    }
    output::line(&format!("created {}", text(&answer, "id")))?;
    output::note("It is a draft. Publish it with `accolade achievement publish ID` before you issue it.");
    Ok(())
}

fn from_args(args: &Create) -> Value {
    let criteria = args.criteria.as_deref().unwrap_or_default();
    let criteria = if is_url(criteria) { json!({"id": criteria}) } else { json!({"narrative": criteria}) };
    let mut achievement = json!({"name": args.name, "description": args.description, "criteria": criteria});
    if let Some(kind) = &args.kind {
        achievement["achievementType"] = json!(kind);
    }
    if !args.tags.is_empty() {
        achievement["tag"] = json!(args.tags);
    }
    achievement
}

/// The picture as an Image of Open Badges: by its web address, or as a `data:` URL, out of which the node takes it.
fn image(named: &str) -> Result<Value, CliError> {
    if is_url(named) {
        return Ok(json!({"id": named, "type": "Image"}));
    }
    let bytes = files::read(Path::new(named), MAX_IMAGE_FILE_BYTES)?;
    let wrong = |message: String, hint| Err(CliError::Content { path: named.to_owned(), message, hint });
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]);
    let (media_type, limit) = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        ("image/png", MAX_RASTER_BYTES)
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        ("image/jpeg", MAX_RASTER_BYTES)
    } else if bytes.len() > 12 && bytes.starts_with(b"RIFF") && bytes[8..12] == *b"WEBP" {
        ("image/webp", MAX_RASTER_BYTES)
    } else if head.contains("<svg") {
        ("image/svg+xml", MAX_SVG_BYTES)
    } else {
        let message = "this is neither a PNG, JPEG, WebP nor SVG image".to_owned();
        return wrong(message, "save the picture in one of these formats");
    };
    if bytes.len() > limit {
        let message = format!("this picture has {} bytes; {limit} fit", bytes.len());
        return wrong(message, "make it smaller, or give the web address of the picture");
    }
    Ok(json!({"id": format!("data:{media_type};base64,{}", BASE64.encode(bytes)), "type": "Image"}))
}

fn is_url(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

fn publish(id: &str, globals: &Globals) -> Result<(), CliError> {
    let client = Client::open_with_token(globals)?;
    let answer = client.post(&format!("/v1/achievements/{}/publish", path_segment(id)), &json!({}))?;
    if globals.json {
        return output::json(&answer);
    }
    output::line(&format!("published {}", output::plain(id)))
}

fn list(globals: &Globals) -> Result<(), CliError> {
    let client = Client::open_with_token_if_any(globals)?;
    let mut items: Vec<Value> = Vec::new();
    let mut path = "/v1/achievements".to_owned();
    for _ in 0..MAX_PAGES {
        let mut answer = client.get(&path)?;
        if let Some(Value::Array(page)) = answer.get_mut("achievements").map(Value::take) {
            items.extend(page);
        }
        match answer.get("next").and_then(Value::as_str) {
            Some(next) => path = format!("/v1/achievements?cursor={}", path_segment(next)),
            None => break,
        }
    }
    if globals.json {
        return output::json(&Value::Array(items));
    }
    if items.is_empty() {
        output::note("There are no achievements yet. Make one with `accolade achievement create`.");
    }
    for item in &items {
        let state = if item.get("published") == Some(&Value::Bool(true)) { "published" } else { "draft" };
        output::line(&format!("{}  {state:<9}  {}", text(item, "id"), name(item)))?;
    }
    Ok(())
}

fn name(item: &Value) -> String {
    let named = if item.get("name").is_some() { item } else { item.get("achievement").unwrap_or(item) };
    text(named, "name")
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).map(output::plain).unwrap_or_default()
}
