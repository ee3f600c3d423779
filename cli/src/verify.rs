//! `accolade verify`: offline on core, or by a node.

use crate::Globals;
use crate::client::Client;
use crate::error::CliError;
use crate::{files, output, report};
use accolade_core::bake::ImageKind;
use accolade_core::did::document::{DidDocument, MAX_DOCUMENT_BYTES};
use accolade_core::jsonld::Contexts;
use accolade_core::status::VerifiedList;
use accolade_core::time::Timestamp;
use accolade_core::verify::{DocumentMissing, Evidence, ListMissing, Needs, Policy, check_bytes};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Badges, in JSON or in a picture (PNG, SVG); `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    badges: Vec<PathBuf>,
    /// A signed status list (BitstringStatusListCredential); may be given again
    #[arg(long, value_name = "FILE")]
    list: Vec<PathBuf>,
    /// The DID document of an issuer (its did.json) as you got it; may be given again
    #[arg(long, value_name = "FILE")]
    document: Vec<PathBuf>,
    /// The greatest age of a status list, such as 90s, 30m, 48h or 7d
    #[arg(long, value_name = "AGE", default_value = "48h", value_parser = age)]
    max_age: Duration,
    /// Judge as of this time, such as 2026-06-30T10:00:00Z; without it as of now
    #[arg(long, value_name = "TIME", value_parser = crate::issue::time)]
    at: Option<Timestamp>,
}

/// Judges each badge and prints its report; the exit code is that of the worst.
pub(crate) fn run(args: &Args, globals: &Globals) -> Result<ExitCode, CliError> {
    refuse_urls(args)?;
    let judge = match &globals.node {
        Some(_) => Judge::Node(by_node(args, globals)?),
        None => Judge::Here(Here::new(args)?),
    };
    let mut worst = 0;
    for (at, path) in args.badges.iter().enumerate() {
        let bytes = files::read_badge_file(path)?;
        let media_type = ImageKind::of(&bytes).map_or("application/json", ImageKind::media_type);
        let found = match &judge {
            Judge::Node(client) => client.post_bytes("/v1/verify", media_type, &bytes)?,
            Judge::Here(here) => here.judge(&bytes)?,
        };
        let verdict = report::verdict(&found)?;
        worst = worse(worst, report::exit_code(verdict));
        match (globals.json, args.badges.len()) {
            (true, 1) => output::json(&found)?,
            (true, _) => output::line(&json!({"file": files::shown(path), "report": found}).to_string())?,
            (false, _) => {
                let gap = if at > 0 { "\n" } else { "" };
                let text = report::in_words(&files::shown(path), &found, output::stdout_takes_colour());
                output::line(&format!("{gap}{}", text.trim_end()))?;
            }
        }
    }
    Ok(ExitCode::from(worst))
}

enum Judge {
    Node(Client),
    Here(Here),
}

/// The judge on this machine: what was brought along, and nothing else.
struct Here {
    documents: HashMap<String, Result<Arc<DidDocument>, DocumentMissing>>,
    lists: Vec<BroughtList>,
    policy: Policy,
    now: Timestamp,
}

/// A status list as it was brought: its URL, and the list or why it is none.
struct BroughtList {
    url: String,
    list: Result<Arc<VerifiedList>, String>,
}

impl Here {
    fn new(args: &Args) -> Result<Self, CliError> {
        let now = args.at.unwrap_or_else(crate::now);
        let documents = args.document.iter().map(|path| bring_document(path)).collect::<Result<_, _>>()?;
        let lists = args.list.iter().map(|path| bring(path, &documents, now)).collect::<Result<_, _>>()?;
        Ok(Self {
            documents,
            lists,
            policy: Policy { max_status_age: args.max_age, ..Policy::default() },
            now,
        })
    }

    fn judge(&self, bytes: &[u8]) -> Result<Value, CliError> {
        let mut gather = |needs: &Needs| self.gather(needs);
        let found = check_bytes(bytes, &mut gather, &self.policy, self.now, &Contexts::pinned());
        serde_json::to_value(&found).map_err(|error| CliError::Output(error.into()))
    }

    fn gather(&self, needs: &Needs) -> Evidence {
        let mut evidence = Evidence { documents: self.documents.clone(), ..Evidence::default() };
        for controller in &needs.controllers {
            let missing =
                || Err(DocumentMissing::Unavailable("bring its document along with --document".to_owned()));
            evidence.documents.entry(controller.clone()).or_insert_with(missing);
        }
        for url in needs.lists.iter().map(|need| &need.url) {
            let brought = || self.lists.iter().filter(|brought| brought.url == *url);
            // Of each issuer's lists under this URL the newest.
            let mut lists: Vec<Arc<VerifiedList>> = Vec::new();
            for list in brought().filter_map(|brought| brought.list.as_ref().ok()) {
                match lists.iter_mut().find(|other| other.issuer() == list.issuer()) {
                    Some(other) if other.as_of() < list.as_of() => *other = Arc::clone(list),
                    Some(_) => {}
                    None => lists.push(Arc::clone(list)),
                }
            }
            let refused = || brought().find_map(|brought| brought.list.as_ref().err());
            let found = match lists.is_empty() {
                false => Ok(lists),
                true => {
                    Err(refused().map_or(ListMissing::Unavailable, |why| ListMissing::Refused(why.clone())))
                }
            };
            evidence.lists.insert(url.clone(), found);
        }
        evidence
    }
}

/// Reads a DID document. Who brings it vouches for it: nothing in it proves that it is the issuer's of today. One that
/// is refused stays known by its id, so that the report can say why.
fn bring_document(path: &Path) -> Result<(String, Result<Arc<DidDocument>, DocumentMissing>), CliError> {
    let bytes = files::read(path, MAX_DOCUMENT_BYTES)?;
    let value = accolade_core::json::parse(&bytes).ok();
    let id = value.as_ref().and_then(|value| value.get("id")?.as_str()).unwrap_or_default().to_owned();
    match DidDocument::parse(&bytes, &id) {
        Ok(document) => Ok((id, Ok(Arc::new(document)))),
        Err(error) => {
            let why = error.to_string();
            output::note(&format!("warning: {} is not used: {}", files::shown(path), output::plain(&why)));
            Ok((id, Err(DocumentMissing::Refused(why))))
        }
    }
}

/// Reads a status list. One that is refused stays known by its URL, so that the report can say why.
fn bring(
    path: &Path,
    documents: &HashMap<String, Result<Arc<DidDocument>, DocumentMissing>>,
    now: Timestamp,
) -> Result<BroughtList, CliError> {
    let bytes = files::read(path, accolade_core::json::MAX_BYTES)?;
    match VerifiedList::from_credential(&bytes, documents, crate::now(), &Contexts::pinned(), now) {
        Ok(list) => Ok(BroughtList { url: list.url().to_owned(), list: Ok(Arc::new(list)) }),
        Err(error) => {
            let why = error.to_string();
            output::note(&format!("warning: {} is not used: {}", files::shown(path), output::plain(&why)));
            let value = accolade_core::json::parse(&bytes).ok();
            let url = value.as_ref().and_then(|value| value.get("id")?.as_str()).unwrap_or_default();
            Ok(BroughtList { url: url.to_owned(), list: Err(why) })
        }
    }
}

fn by_node(args: &Args, globals: &Globals) -> Result<Client, CliError> {
    let brings = !args.list.is_empty() || !args.document.is_empty();
    if args.at.is_some() || brings || args.max_age != Policy::default().max_status_age {
        return Err(CliError::Usage {
            message:
                "a node judges by its own clock, lists and documents: --list, --document, --max-age and --at don't go with --node"
                    .to_owned(),
            hint: Some("leave out --node to judge offline"),
        });
    }
    Client::open(globals)
}

fn refuse_urls(args: &Args) -> Result<(), CliError> {
    let named = args.badges.iter().chain(&args.list).chain(&args.document).filter_map(|path| path.to_str());
    let mut urls = named.filter(|name| name.starts_with("http://") || name.starts_with("https://"));
    match urls.next() {
        None => Ok(()),
        Some(url) => Err(CliError::Usage {
            message: format!("{url}: badges, lists and documents are not fetched from the web yet"),
            hint: Some("download it, and give the file"),
        }),
    }
}

/// Of two exit codes the worse: 1 (not valid), then 2 (could not check), then 0.
fn worse(a: u8, b: u8) -> u8 {
    match (a, b) {
        (1, _) | (_, 1) => 1,
        (a, b) => a.max(b),
    }
}

fn age(text: &str) -> Result<Duration, String> {
    let wrong = || "an age is a whole number and a unit, such as 90s, 30m, 48h or 7d".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let unit_s = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    if !number.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(unit_s).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_has_a_unit() {
        assert_eq!(age("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(age("48h"), Ok(Policy::default().max_status_age));
        assert_eq!(age("7d"), Ok(Duration::from_secs(604_800)));
        for text in ["", "h", "48", "48 h", "-1h", "+1h", "1.5h", "1w", "99999999999999999999d", "9ü"] {
            assert!(age(text).is_err(), "{text} was accepted");
        }
    }

    #[test]
    fn the_worst_of_several_counts() {
        assert_eq!([(0, 0), (0, 2), (2, 1), (1, 2), (1, 0)].map(|(a, b)| worse(a, b)), [0, 2, 1, 1, 1]);
    }
}
