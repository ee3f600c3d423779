//! Whether the issuer has taken a badge back.

use super::report::{Finding, Rank, Source, WantedList};
use super::{Evidence, ListMissing, Policy};
use crate::credential::Credential;
use crate::did::document::DidDocument;
use crate::did::{self, Did};
use crate::status::{ListSource, StatusEntry, StatusPurpose, VerifiedList};
use crate::time::Timestamp;

/// The did:key names of the logs whose lists may count for an issuer at the time `now`: its own name, where that is a
/// did:key; else the keys by which it may assert something, by its document.
pub fn logs_of(issuer: &str, document: Option<&DidDocument>, now: Timestamp) -> Vec<String> {
    if issuer.starts_with("did:key:") {
        return vec![issuer.to_owned()];
    }
    let own = || did::resolve_pure(&Did::parse(issuer).ok()?)?.ok();
    let own = if document.is_none() { own() } else { None };
    let document = document.or(own.as_ref()).filter(|document| document.id() == issuer);
    let keys = document.into_iter().flat_map(|document| document.assertion_keys(now));
    keys.map(|key| did::key::did_of(&key).to_string()).collect()
}

/// The lists that a badge whose proof passed names and that are not in the evidence, not even as missing.
pub(super) fn wanted(credential: &Credential, evidence: &Evidence) -> Vec<WantedList> {
    let mut wanted: Vec<WantedList> = Vec::new();
    for entry in credential.status() {
        let list = WantedList { issuer: credential.issuer_id().to_owned(), url: entry.list_url.clone() };
        if !evidence.lists.contains_key(&entry.list_url) && !wanted.contains(&list) {
            wanted.push(list);
        }
    }
    wanted
}

/// Judges every status entry of a badge whose proof passed; the worst of them counts.
pub(super) fn judge(
    credential: &Credential,
    evidence: &Evidence,
    policy: &Policy,
    now: Timestamp,
) -> Finding {
    let read = credential.status().iter().map(|entry| {
        let (lists, overdue) = match evidence.lists.get(&entry.list_url) {
            None | Some(Err(ListMissing::Unavailable)) => return unknown("status_unavailable", None),
            Some(Err(ListMissing::Unreachable(why))) => return unknown("status_unavailable", why.clone()),
            Some(Err(ListMissing::Unknown)) => return unknown("unknown_list", entry.list_url.clone()),
            Some(Err(ListMissing::Refused(why))) => return unknown("status_list_refused", why.clone()),
            Some(Err(ListMissing::Overdue { lists, why })) => (lists, Some(why)),
            Some(Ok(lists)) => (lists, None),
        };
        // An issuer whose keys made several lists under one URL is taken at its worst word: whoever has one of the
        // keys can't take back what was said by another.
        let own = lists.iter().filter(|list| vouches(list, credential.issuer_id(), evidence, now));
        let said = own.map(|list| {
            let finding = match (one(entry, list, policy, now), overdue) {
                (said, Some(why)) if said.rank == Rank::Valid => {
                    unknown("status_stale", format!("not revoked as of {}; {why}", list.as_of()))
                }
                (said, _) => said,
            };
            finding.from(source(list), Some(list.as_of()))
        });
        said.min_by_key(|finding| (finding.rank, finding.as_of())).unwrap_or_else(|| match lists.first() {
            Some(list) => unknown("status_list_of_another", format!("the list is by {}", list.issuer()))
                .from(source(list), Some(list.as_of())),
            None => unknown("status_unavailable", None),
        })
    });
    let unread = credential.unread_status().iter();
    let unread = unread.map(|error| unknown("status_kind_unsupported", error.to_string()));
    // Of several that pass, the oldest word counts.
    let worst = read.chain(unread).min_by_key(|finding| (finding.rank, finding.as_of()));
    worst.unwrap_or_else(|| Finding::not_applicable("status_none"))
}

fn source(list: &VerifiedList) -> Source {
    match list.source() {
        ListSource::Credential => Source::StatusListCredential,
        ListSource::Record => Source::IssuerRecord,
    }
}

/// Whether a list is the issuer's word: its own, or that of a log whose key stands in its document.
fn vouches(list: &VerifiedList, issuer: &str, evidence: &Evidence, now: Timestamp) -> bool {
    if list.issuer() == issuer {
        return true;
    }
    let document = evidence.documents.get(issuer).and_then(|document| document.as_deref().ok());
    list.source() == ListSource::Record
        && logs_of(issuer, document, now).iter().any(|log| log == list.issuer())
}

fn one(entry: &StatusEntry, list: &VerifiedList, policy: &Policy, now: Timestamp) -> Finding {
    if list.url() != entry.list_url || list.purpose() != entry.purpose {
        return unknown("status_list_differs", format!("it is {} for {}", list.url(), list.purpose()));
    }
    let detail = || Some(format!("entry {} of {}, {}", entry.index, entry.list_url, list.as_of()));
    match (list.get(entry.index), entry.purpose) {
        (None, _) => {
            let detail = format!("place {} of {}", entry.index, list.len());
            unknown("status_index_out_of_range", detail)
        }
        (Some(true), StatusPurpose::Revocation) => Finding::bad(Rank::Revoked, "revoked", detail()),
        (Some(true), StatusPurpose::Suspension) => Finding::bad(Rank::Suspended, "suspended", detail()),
        // Other readers may take the number for another place, or for none.
        (Some(false), _) if entry.index_was_number => {
            Finding::bad(Rank::Malformed, "status_index_not_text", detail())
        }
        (Some(false), _) if is_stale(list, policy, now) => {
            Finding::bad(Rank::StatusUnknown, "status_stale", format!("not revoked as of {}", list.as_of()))
        }
        (Some(false), _) => Finding::pass("not_revoked"),
    }
}

fn is_stale(list: &VerifiedList, policy: &Policy, now: Timestamp) -> bool {
    now.since(list.as_of()) > policy.max_status_age || list.valid_until().is_some_and(|until| until < now)
}

fn unknown(code: &'static str, detail: impl Into<Option<String>>) -> Finding {
    Finding::bad(Rank::StatusUnknown, code, detail)
}
