//! `doctor`: looks at everything that keeps a node from working well, and says what to do. Changes nothing.

mod files;
mod network;
mod tls;

use crate::clock;
use crate::config::Config;
use crate::ledger::{Inspection, LedgerError};
use crate::level::FORKED_HINT;
use crate::token::OWNER_TOKEN_FILE;
use accolade_core::time::Timestamp;
use serde::Serialize;
use std::time::Duration;

/// A clock that is this much behind the ledger was set back.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(5 * 60);
/// No clock of a machine that runs this program shows less: 2026-01-01.
const EARLIEST_MS: i64 = 1_767_225_600_000;

/// How a thing that was looked at is; in ascending order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It works, but not for long, or not as well or as safely as it could.
    Warning,
    /// The node doesn't start, or doesn't do its work.
    Problem,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How it is.
    pub level: Level,
    /// What was looked at, one word.
    pub what: &'static str,
    /// How it is, one sentence.
    pub message: String,
    /// What to do about it; none where nothing is to be done.
    pub hint: Option<String>,
}

impl Finding {
    pub(crate) fn ok(what: &'static str, message: impl Into<String>) -> Self {
        Self { level: Level::Ok, what, message: message.into(), hint: None }
    }

    pub(crate) fn warning(what: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { level: Level::Warning, what, message: message.into(), hint: Some(hint.into()) }
    }

    pub(crate) fn problem(what: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { level: Level::Problem, what, message: message.into(), hint: Some(hint.into()) }
    }
}

/// Looks at everything. Must be called within a tokio runtime. `online`: whether to ask the world for the node's own DID
/// document too.
pub async fn examine(config: &Config, online: bool) -> Vec<Finding> {
    let inspected = Inspection::of(&config.data).await;
    let seen = inspected.as_ref().ok().and_then(Option::as_ref);
    let in_use = seen.is_some_and(|seen| seen.in_use);
    let mut findings = vec![clock(seen.and_then(|seen| seen.newest), clock::now())];
    findings.extend(files::data(&config.data));
    findings.extend(files::keys(config));
    findings.push(ledger(&inspected));
    findings.push(identity(config, seen.and_then(|seen| seen.did.as_deref())));
    findings.extend(tls::certificate(config, clock::now()));
    findings.extend(network::ports(config, in_use).await);
    findings.extend(network::peers(&config.peers).await);
    if online {
        findings.push(network::online(config).await);
    }
    findings
}

fn clock(newest: Option<Timestamp>, now: Timestamp) -> Finding {
    let hint = "Set the clock, and have it kept right (NTP): badges and records carry its time.";
    if now.as_millis() < EARLIEST_MS {
        return Finding::problem("clock", format!("This machine's clock shows {now}."), hint);
    }
    match newest {
        Some(newest) if now.plus(CLOCK_TOLERANCE) < newest => {
            let message =
                format!("This machine's clock shows {now}, and the ledger has entries of {newest}.");
            Finding::problem("clock", message, hint)
        }
        Some(_) => Finding::ok("clock", format!("It is {now}, later than all entries of the ledger.")),
        None => Finding::ok("clock", format!("It is {now}; there are no entries yet to compare with.")),
    }
}

fn ledger(inspected: &Result<Option<Inspection>, LedgerError>) -> Finding {
    match inspected {
        Ok(None) => Finding::ok("ledger", "There is none yet; the first start makes it."),
        Ok(Some(seen)) if seen.is_forked => {
            let message = "The issuer's log is forked: two different records were signed for one place. Nothing is signed any more.";
            Finding::problem("ledger", message, FORKED_HINT)
        }
        Ok(Some(seen)) if seen.must_level => {
            let hint = "Start the node with `peers` that hold its records. If there is none, declare it: `accolade-node restore --alone`.";
            let message = "It was restored from a backup or put back: nothing is signed until it is level with its peers.";
            Finding::warning("ledger", message, hint)
        }
        Ok(Some(seen)) if seen.in_use => Finding::ok("ledger", "It is sound, and the node is running."),
        Ok(Some(_)) => Finding::ok("ledger", "It is sound; the node is not running."),
        Err(error) => Finding::problem("ledger", format!("{error}."), error.hint()),
    }
}

/// The DID that was fixed against the one that the configuration asks for.
fn identity(config: &Config, fixed: Option<&str>) -> Finding {
    let asked = config.public_url.as_ref().map(|url| url.did().to_string());
    match (fixed, asked) {
        (Some(fixed), Some(asked)) if fixed != asked => Finding::problem(
            "identity",
            format!("The DID was fixed as {fixed}, and `public_url` would make it {asked}."),
            "Set `public_url` as it was at the first start.",
        ),
        (Some(fixed), None) if fixed.starts_with("did:web:") => Finding::problem(
            "identity",
            format!("The DID was fixed as {fixed}, and `public_url` is not set."),
            "Set `public_url` as it was at the first start.",
        ),
        (Some(fixed), Some(_)) => Finding::ok("identity", format!("The DID is {fixed}.")),
        (None, Some(asked)) => {
            Finding::ok("identity", format!("The first start will fix the DID as {asked}."))
        }
        (_, None) => Finding::warning(
            "identity",
            "`public_url` is not set: the DID is a did:key, and badges name the address where HTTP listens.",
            "Good for trying out. For real badges set `public_url` before the first start; it can't be changed later.",
        ),
    }
}

/// The owner's token, where it still lies in its file.
fn owner_token(config: &Config) -> Option<Finding> {
    let path = config.data.join(OWNER_TOKEN_FILE);
    path.exists().then(|| {
        let hint = "Put it where you keep passwords and delete the file; the node needs it no more.";
        Finding::warning("token", format!("The owner's token still lies in {}.", path.display()), hint)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).expect("a time")
    }

    #[test]
    fn a_clock_that_was_set_back_is_a_problem() {
        let now = at("2026-11-22T00:00:00Z");
        assert_eq!(clock(None, now).level, Level::Ok);
        assert_eq!(clock(Some(at("2026-11-21T00:00:00Z")), now).level, Level::Ok);
        assert_eq!(
            clock(Some(at("2026-11-22T00:04:00Z")), now).level,
            Level::Ok,
            "others' clocks differ a little"
        );
        let back = clock(Some(at("2026-11-22T01:00:00Z")), now);
        assert!(back.level == Level::Problem && back.message.contains("2026-11-22T01:00:00"), "{back:?}");
        assert_eq!(clock(None, at("1970-01-01T00:01:00Z")).level, Level::Problem);
    }

    #[test]
    fn another_did_than_the_fixed_one_is_a_problem() {
        let config = |url: Option<&str>| Config {
            public_url: url.map(|url| url.parse().expect("a URL")),
            ..Config::default()
        };
        let lake = Some("https://lake.example");
        for (url, fixed, level) in [
            (lake, Some("did:web:lake.example"), Level::Ok),
            (lake, None, Level::Ok),
            (lake, Some("did:web:hill.example"), Level::Problem),
            (lake, Some("did:key:z6Mk"), Level::Problem),
            (None, Some("did:web:lake.example"), Level::Problem),
            (None, Some("did:key:z6Mk"), Level::Warning),
            (None, None, Level::Warning),
        ] {
            let found = identity(&config(url), fixed);
            assert_eq!(found.level, level, "{found:?}");
            assert_eq!(found.hint.is_some(), level != Level::Ok);
        }
    }

    #[test]
    fn what_is_wrong_with_the_ledger_is_said_with_what_to_do() {
        let too_new = ledger(&Err(LedgerError::SchemaTooNew { found: 9, known: 1 }));
        assert!(
            too_new.level == Level::Problem
                && too_new.hint.is_some_and(|hint| hint.contains("newer program"))
        );
        assert_eq!(ledger(&Ok(None)).level, Level::Ok);
        let restored =
            Inspection { in_use: false, did: None, must_level: true, is_forked: false, newest: None };
        let waits = ledger(&Ok(Some(restored)));
        assert!(waits.level == Level::Warning && waits.hint.is_some_and(|hint| hint.contains("--alone")));
        let forked = Inspection { in_use: false, did: None, must_level: true, is_forked: true, newest: None };
        let forked = ledger(&Ok(Some(forked)));
        assert!(forked.level == Level::Problem && forked.message.contains("forked"), "{forked:?}");
    }
}
