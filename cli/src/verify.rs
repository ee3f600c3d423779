//! `accolade verify`: offline on core, or by a node.

use crate::Globals;
use crate::client::Client;
use crate::error::CliError;
use crate::{files, output, report, web};
use accolade_core::bake::{self, ImageKind, MAX_IMAGE_BYTES};
use accolade_core::did::document::{DidDocument, MAX_DOCUMENT_BYTES};
use accolade_core::jsonld::Contexts;
use accolade_core::status::VerifiedList;
use accolade_core::time::Timestamp;
use accolade_core::trust::{Roots, TrustError};
use accolade_core::verify::{
    DocumentMissing, Evidence, Language, ListMissing, Needs, Policy, Recipient, check_bytes,
};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Badges, in JSON, as a signed token or in a picture (PNG, SVG): files, addresses (https), or `-` for standard input
    #[arg(value_name = "FILE|URL", required = true)]
    badges: Vec<PathBuf>,
    /// A signed status list; may be given again
    #[arg(long, value_name = "FILE")]
    list: Vec<PathBuf>,
    /// The DID document of an issuer (its did.json) as you got it; may be given again
    #[arg(long, value_name = "FILE")]
    document: Vec<PathBuf>,
    /// A list of issuers that you trust, such as a registry; may be given again. An issuer on none of them ends with 2
    #[arg(long, value_name = "FILE|URL")]
    trust: Vec<PathBuf>,
    /// Whether the badge was given to this e-mail address
    #[arg(long, value_name = "EMAIL", value_parser = recipient)]
    recipient: Option<Recipient>,
    /// The greatest age of a status list, such as 90s, 30m, 48h or 7d
    #[arg(long, visible_alias = "max-age", value_name = "AGE", default_value = "48h", value_parser = age)]
    max_status_age: Duration,
    /// Whether it was good at this time in the past, such as 2026-06-30T10:00:00Z
    #[arg(long, value_name = "TIME", value_parser = crate::issue::time)]
    as_of: Option<Timestamp>,
    /// Take this for the present time, instead of the clock
    #[arg(long, value_name = "TIME", value_parser = crate::issue::time)]
    at: Option<Timestamp>,
    /// The language to answer in: en, de, fr, es or pt [default: that of LC_ALL, LC_MESSAGES or LANG; English for --json]
    #[arg(long, value_name = "LANGUAGE", value_parser = language)]
    language: Option<Language>,
}

/// Judges each badge and prints its report; the exit code is that of the worst.
pub(crate) fn run(args: &Args, globals: &Globals) -> Result<ExitCode, CliError> {
    refuse_urls(args)?;
    let spoken = || if globals.json { Language::En } else { language_of_environment() };
    let language = args.language.unwrap_or_else(spoken);
    let judge = match &globals.node {
        Some(_) => Judge::Node(ByNode::new(args, globals, language)?),
        None => Judge::Here(Here::new(args, globals, language)?),
    };
    let style = report::Style { language, coloured: output::stdout_takes_colour() };
    let mut worst = 0;
    for (at, path) in args.badges.iter().enumerate() {
        let judged = read(path, globals).and_then(|bytes| match &judge {
            Judge::Node(node) => node.judge(path, &bytes),
            Judge::Here(here) => here.judge(&bytes),
        });
        let found = match judged {
            Ok(found) => found,
            Err(error) if args.badges.len() == 1 => return Err(error),
            // One that can't be had must not hide what is known of the others.
            Err(error) => {
                output::error(&error);
                worst = worse(worst, error.exit_code());
                continue;
            }
        };
        let verdict = report::verdict(&found)?;
        worst = worse(worst, report::exit_code(verdict));
        match (globals.json, args.badges.len()) {
            (true, 1) => output::json(&found)?,
            (true, _) => output::line(&json!({"file": files::shown(path), "report": found}).to_string())?,
            (false, _) => {
                let gap = if at > 0 { "\n" } else { "" };
                let text = report::in_words(&files::shown(path), &found, style);
                output::line(&format!("{gap}{}", text.trim_end()))?;
            }
        }
    }
    Ok(ExitCode::from(worst))
}

/// Reads a badge: a file, or what is at an address that the caller named.
fn read(path: &Path, globals: &Globals) -> Result<Vec<u8>, CliError> {
    match path.to_str().filter(|name| web::is_address(name)) {
        Some(url) => web::fetch(url, MAX_IMAGE_BYTES, globals),
        None => files::read_badge_file(path),
    }
}

enum Judge {
    Node(ByNode),
    Here(Here),
}

/// The judge on this machine: what was brought along, and nothing else.
struct Here {
    documents: HashMap<String, Result<Arc<DidDocument>, DocumentMissing>>,
    lists: Vec<BroughtList>,
    policy: Policy,
    language: Language,
    now: Timestamp,
}

/// A status list as it was brought: its URL, and the list or why it is none.
struct BroughtList {
    url: String,
    list: Result<Arc<VerifiedList>, String>,
}

impl Here {
    fn new(args: &Args, globals: &Globals, language: Language) -> Result<Self, CliError> {
        let now = args.at.unwrap_or_else(crate::now);
        let documents = args.document.iter().map(|path| bring_document(path)).collect::<Result<_, _>>()?;
        let lists = args.list.iter().map(|path| bring(path, &documents, now)).collect::<Result<_, _>>()?;
        let policy = Policy {
            max_status_age: args.max_status_age,
            recipient: args.recipient.clone(),
            trust: trust(&args.trust, globals)?.map(Arc::new),
            as_of: args.as_of,
            ..Policy::default()
        };
        Ok(Self { documents, lists, policy, language, now })
    }

    fn judge(&self, bytes: &[u8]) -> Result<Value, CliError> {
        let mut gather = |needs: &Needs| self.gather(needs);
        let found = check_bytes(bytes, &mut gather, &self.policy, self.now, &Contexts::pinned());
        serde_json::to_value(found.in_language(self.language)).map_err(|error| CliError::Output(error.into()))
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

/// The roots of trust; `None` if none were named. What isn't had at an address is named in the report.
fn trust(named: &[PathBuf], globals: &Globals) -> Result<Option<Roots>, CliError> {
    if named.is_empty() {
        return Ok(None);
    }
    let mut roots = Roots::default();
    for path in named {
        let name = files::shown(path);
        let wrong = |error: TrustError| CliError::Content {
            path: files::shown(path),
            message: error.to_string(),
            hint: "give a registry of issuers, or a list of their DIDs and addresses",
        };
        let added = match path.to_str().filter(|name| web::is_address(name)) {
            None => roots.add(name, &files::read(path, accolade_core::json::MAX_BYTES)?),
            Some(url) => match web::fetch(url, accolade_core::json::MAX_BYTES, globals) {
                Ok(bytes) => roots.add(name, &bytes),
                Err(CliError::NotFetched { reason, .. }) => roots.add_missing(name, reason),
                Err(error) => return Err(error),
            },
        };
        added.map_err(wrong)?;
    }
    Ok(Some(roots))
}

/// A node as the judge.
struct ByNode {
    client: Client,
    /// What is asked besides; `None` if nothing is.
    options: Option<Value>,
}

impl ByNode {
    fn new(args: &Args, globals: &Globals, language: Language) -> Result<Self, CliError> {
        if args.at.is_some() || !args.list.is_empty() || !args.document.is_empty() {
            return Err(CliError::Usage {
                message:
                    "a node judges by its own clock, lists and documents: --list, --document and --at don't go with --node"
                        .to_owned(),
                hint: Some("leave out --node to judge offline"),
            });
        }
        Ok(Self { client: Client::open(globals)?.speaking(language), options: options(args)? })
    }

    fn judge(&self, path: &Path, bytes: &[u8]) -> Result<Value, CliError> {
        let kind = ImageKind::of(bytes);
        let Some(options) = &self.options else {
            let media_type = kind.map_or("application/json", ImageKind::media_type);
            return self.client.post_bytes("/v1/verify", media_type, bytes);
        };
        let found = kind.map(|_| bake::extract(bytes)).transpose();
        let found = found.map_err(|error| CliError::Bake { path: files::shown(path), error })?;
        let badge = found.map_or_else(|| String::from_utf8_lossy(bytes).into_owned(), |found| found.text);
        self.client.post("/v1/verify", &json!({"badge": badge, "options": options}))
    }
}

/// The options of a question to a node; `None` if there are none.
fn options(args: &Args) -> Result<Option<Value>, CliError> {
    let mut options = serde_json::Map::new();
    if args.max_status_age != Policy::default().max_status_age {
        options.insert("max_status_age_s".to_owned(), json!(args.max_status_age.as_secs()));
    }
    if let Some(as_of) = args.as_of {
        options.insert("as_of".to_owned(), json!(as_of.to_string()));
    }
    if let Some(Recipient::Email(email)) = &args.recipient {
        options.insert("recipient".to_owned(), json!({"email": email}));
    }
    if !args.trust.is_empty() {
        let root = |path: &PathBuf| match path.to_str().filter(|name| web::is_address(name)) {
            Some(url) => Ok(json!(url)),
            None => {
                let bytes = files::read(path, accolade_core::json::MAX_BYTES)?;
                serde_json::from_slice(&bytes).map_err(|error| CliError::Content {
                    path: files::shown(path),
                    message: error.to_string(),
                    hint: "give a registry of issuers, or a list of their DIDs and addresses",
                })
            }
        };
        options.insert("trust".to_owned(), args.trust.iter().map(root).collect::<Result<_, _>>()?);
    }
    Ok((!options.is_empty()).then_some(Value::Object(options)))
}

fn refuse_urls(args: &Args) -> Result<(), CliError> {
    let mut named = args.list.iter().chain(&args.document).filter_map(|path| path.to_str());
    match named.find(|name| web::is_address(name)) {
        None => Ok(()),
        Some(url) => Err(CliError::Usage {
            message: format!("{url}: lists and documents are not fetched from the web here"),
            hint: Some(
                "download it and give the file, or ask a node with --node, which fetches what is needed",
            ),
        }),
    }
}

fn recipient(text: &str) -> Result<Recipient, String> {
    Recipient::of("email", text).map_err(|error| error.to_string())
}

fn language(text: &str) -> Result<Language, String> {
    let known = Language::ALL.map(Language::tag).join(", ");
    Language::from_tag(text).ok_or_else(|| format!("the languages are {known}"))
}

/// The language of messages by POSIX: of the three variables the first that is set; English if it names none of ours.
fn language_of_environment() -> Language {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
    locale.and_then(|locale| Language::from_tag(&locale)).unwrap_or_default()
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
