//! `accolade token`: who may use the node, and for what.

use crate::Globals;
use crate::client::Client;
use crate::error::CliError;
use crate::{files, output};
use accolade_core::time::Timestamp;
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Make a token; it is shown this once
    #[command(
        after_help = "Example: accolade token create --label \"Course platform\" --scope issue --scope achievement --out platform.token"
    )]
    Create(Create),
    /// The tokens that hold: what they are for, what they allow, when they were last used
    #[command(after_help = "Example: accolade token list")]
    List,
    /// Withdraw a token for ever, at once
    #[command(after_help = "Example: accolade token revoke ID")]
    Revoke {
        /// The token's id, as `token list` shows it
        id: String,
    },
}

#[derive(clap::Args)]
pub(crate) struct Create {
    /// What it is for, such as “course platform”
    #[arg(long, value_name = "TEXT")]
    label: String,
    /// What it allows; may be given again
    #[arg(long = "scope", value_name = "SCOPE", required = true, value_parser = ["owner", "issue", "revoke", "achievement", "read"])]
    scopes: Vec<String>,
    /// Until when it holds, such as 2027-01-31T00:00:00Z; else until it is withdrawn
    #[arg(long, value_name = "TIME", value_parser = time)]
    valid_until: Option<String>,
    /// The new file to write it to, which only you may read; else it is printed
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Makes, lists or withdraws tokens of a node. Needs the owner's token.
pub(crate) fn run(command: &Command, globals: &Globals) -> Result<(), CliError> {
    match command {
        Command::Create(args) => create(args, globals),
        Command::List => list(globals),
        Command::Revoke { id } => revoke(id, globals),
    }
}

fn create(args: &Create, globals: &Globals) -> Result<(), CliError> {
    let client = Client::open_with_token(globals)?;
    // First the file: a token that can't be kept had better not be made.
    let file = args.out.as_deref().map(files::NewSecret::create).transpose()?;
    let mut body = json!({"label": args.label, "scopes": args.scopes});
    if let Some(until) = &args.valid_until {
        body["validUntil"] = json!(until);
    }
    let mut answer = client.post("/v1/tokens", &body)?;
    let Some(token) = answer.get("token").and_then(Value::as_str).map(str::to_owned) else {
        let message = "there is no token in it".to_owned();
        return Err(CliError::Answer { node: client.node().to_owned(), message });
    };
    let id = text(&answer, "id");
    if let Some(file) = file {
        file.write(&token).inspect_err(|_| {
            output::note(&format!(
                "token {id} was made and is lost; withdraw it: accolade token revoke {id}"
            ));
        })?;
        if let Some(members) = answer.as_object_mut() {
            members.remove("token");
        }
    }
    if globals.json {
        return output::json(&answer);
    }
    match &args.out {
        Some(path) => output::line(&format!("made token {id}; it is in {}", files::shown(path))),
        None => {
            output::note(&format!("made token {id}, shown only this once:"));
            output::line(&output::plain(&token))
        }
    }
}

fn list(globals: &Globals) -> Result<(), CliError> {
    let answer = Client::open_with_token(globals)?.get("/v1/tokens")?;
    let tokens = answer.get("tokens").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if globals.json {
        return output::json(&json!(tokens));
    }
    for token in tokens {
        let scopes: Vec<&str> = token
            .get("scopes")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let ends = match token.get("validUntil").and_then(Value::as_str) {
            Some(until) => format!("until {}", output::plain(until)),
            None => "without end".to_owned(),
        };
        let used = match token.get("lastUsed").and_then(Value::as_str) {
            Some(day) => format!("used {}", output::plain(day)),
            None => "never used".to_owned(),
        };
        let (id, label) = (text(token, "id"), text(token, "label"));
        output::line(&format!("{id:>4}  {label}  [{}]  {ends}, {used}", output::plain(&scopes.join(" "))))?;
    }
    Ok(())
}

fn revoke(id: &str, globals: &Globals) -> Result<(), CliError> {
    Client::open_with_token(globals)?.delete(&format!("/v1/tokens/{}", crate::client::path_segment(id)))?;
    if globals.json {
        return output::json(&json!({"id": id, "withdrawn": true}));
    }
    output::line(&format!("withdrew token {}", output::plain(id)))
}

fn time(text: &str) -> Result<String, String> {
    Timestamp::parse(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).map(output::plain).unwrap_or_default()
}
