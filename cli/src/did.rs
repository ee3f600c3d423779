//! `accolade did`: who is behind a DID.

use crate::client::{Client, path_segment};
use crate::error::CliError;
use crate::{Globals, output};
use accolade_core::did::document::DidDocument;
use accolade_core::did::{self, Did};

#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Print the DID's document, in JSON
    ///
    /// A did:key and a did:jwk say themselves what their document is; for others a node is asked.
    #[command(
        after_help = "Example: accolade did resolve did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK\n         accolade did resolve did:web:badges.example --node http://127.0.0.1:8080"
    )]
    Resolve {
        /// The DID
        #[arg(value_parser = parse)]
        did: Did,
    },
}

/// Resolves.
pub(crate) fn run(command: &Command, globals: &Globals) -> Result<(), CliError> {
    match command {
        Command::Resolve { did } => resolve(did, globals),
    }
}

fn resolve(did: &Did, globals: &Globals) -> Result<(), CliError> {
    let document = match did::resolve_pure(did) {
        Some(Ok(document)) => document,
        Some(Err(error)) => {
            let hint = Some("check that the DID is whole: its key stands in it".to_owned());
            return Err(CliError::Problem { message: format!("{did}: {error}"), hint, code: None });
        }
        None => by_node(did, globals)?,
    };
    output::line(&indented(&document)?)
}

/// The document as a node found it. That it is this DID's is looked at here again.
fn by_node(did: &Did, globals: &Globals) -> Result<DidDocument, CliError> {
    let client = Client::open(globals)?;
    let path = format!("/1.0/identifiers/{}", path_segment(did.as_str()));
    let bytes = client.get_bytes(&path, "application/did+json")?;
    DidDocument::parse(&bytes, did.as_str())
        .map_err(|error| client.no_answer(&format!("no document of {did}: {error}")))
}

fn indented(document: &DidDocument) -> Result<String, CliError> {
    let value: serde_json::Value = serde_json::from_str(document.json())
        .map_err(|error| CliError::Output(std::io::Error::other(error)))?;
    Ok(format!("{value:#}"))
}

fn parse(text: &str) -> Result<Did, String> {
    Did::parse(text).map_err(|error| error.to_string())
}
