//! `accolade node`: what a node says of itself.

use crate::Globals;
use crate::client::Client;
use crate::error::CliError;
use crate::output;
use serde_json::Value;

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Name, DID, peers and the issuers that it holds
    #[command(after_help = "Example: accolade node status --node http://127.0.0.1:8080")]
    Status,
}

/// Asks the node how it is.
pub(crate) fn run(command: &Command, globals: &Globals) -> Result<(), CliError> {
    match command {
        Command::Status => status(globals),
    }
}

fn status(globals: &Globals) -> Result<(), CliError> {
    let node = Client::open_with_token_if_any(globals)?.get("/v1/node")?;
    if globals.json {
        return output::json(&node);
    }
    for (label, name) in [
        ("name", "name"),
        ("did", "did"),
        ("version", "version"),
        ("http", "http"),
        ("network", "net"),
        ("peer id", "peerId"),
        ("badges", "credentials"),
        ("records", "records"),
        ("warning", "warning"),
        ("damaged replica", "replicaSetAside"),
    ] {
        if let Some(value) = node.get(name).filter(|value| !value.is_null()) {
            output::line(&format!("{label:<15}  {}", in_words(value)))?;
        }
    }
    for (label, name) in [("listens", "listen"), ("peers", "peers"), ("issuers", "issuers")] {
        let items = node.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        output::line(&format!(
            "{label:<15}  {}",
            if items.is_empty() { "none".into() } else { items.len().to_string() }
        ))?;
        for item in items {
            output::line(&format!("                 {}", in_words(item)))?;
        }
    }
    Ok(())
}

/// A value on one line: a text as it is, an object as `name value` pairs.
fn in_words(value: &Value) -> String {
    match value {
        Value::String(text) => output::plain(text),
        Value::Object(members) => {
            let shown = members.iter().filter(|(_, value)| !value.is_null());
            let pairs = shown.map(|(name, value)| format!("{} {}", output::plain(name), in_words(value)));
            pairs.collect::<Vec<_>>().join(", ")
        }
        Value::Array(items) => items.iter().map(in_words).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
