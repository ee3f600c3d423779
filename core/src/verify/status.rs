//! Whether the issuer has taken a badge back.

use super::report::{Finding, Rank, Report, Source, WantedList};
use super::{Evidence, ListMissing, Policy};
use crate::credential::Credential;
use crate::did::document::DidDocument;
use crate::did::{self, Did};
use crate::status::{ListKind, ListPurpose, ListSource, MIN_ENTRIES, StatusEntry, VerifiedList};
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

/// The lists that a badge whose proof passed names and of which the evidence has none by its issuer.
pub(super) fn wanted(
    credential: &Credential,
    evidence: &Evidence,
    policy: &Policy,
    now: Timestamp,
) -> Vec<WantedList> {
    let issuer = credential.issuer_id();
    let mut wanted: Vec<WantedList> = Vec::new();
    for need in credential.status().iter().filter_map(StatusEntry::need) {
        let lists = evidence.lists.get(&need.url).and_then(|lists| lists.as_ref().ok());
        let is_had = lists.is_some_and(|lists| lists.iter().any(|list| vouches(list, issuer, evidence, now)));
        if !is_had && !wanted.iter().any(|known| known.url == need.url) {
            wanted.push(WantedList::new(issuer, &need, policy.past(now)));
        }
    }
    wanted
}

/// Judges every status entry of a badge whose proof passed; the worst of them counts. What entries say to readers goes to
/// the report's warnings.
pub(super) fn judge(
    credential: &Credential,
    evidence: &Evidence,
    policy: &Policy,
    now: Timestamp,
    report: &mut Report,
) -> Finding {
    let question = Question { credential, evidence, policy, now, at: policy.at(now) };
    let read: Vec<Finding> =
        credential.status().iter().filter_map(|entry| question.entry(entry, report)).collect();
    let unread = credential.unread_status().iter();
    let unread = unread.map(|error| unknown("status_kind_unsupported", error.to_string()));
    // Of several that pass, the oldest word counts.
    let worst = read.into_iter().chain(unread).min_by_key(|finding| (finding.rank, finding.as_of()));
    worst.unwrap_or_else(|| Finding::not_applicable("status_none"))
}

struct Question<'a> {
    credential: &'a Credential,
    evidence: &'a Evidence,
    policy: &'a Policy,
    now: Timestamp,
    /// The time that is asked about.
    at: Timestamp,
}

impl Question<'_> {
    /// `None` for an entry that says nothing of this badge.
    fn entry(&self, entry: &StatusEntry, report: &mut Report) -> Option<Finding> {
        let Some(need) = entry.need() else {
            report.warn("status_refresh_not_read", Some(entry.list_url.clone()));
            return None;
        };
        let (lists, overdue) = match self.evidence.lists.get(&need.url) {
            None | Some(Err(ListMissing::Unavailable)) => return Some(unknown("status_unavailable", None)),
            Some(Err(ListMissing::Unreachable(why))) => {
                return Some(unknown("status_unavailable", why.clone()));
            }
            Some(Err(ListMissing::Unknown)) => return Some(unknown("unknown_list", need.url)),
            Some(Err(ListMissing::Refused(why))) => return Some(unknown("status_list_refused", why.clone())),
            Some(Err(ListMissing::Overdue { lists, why })) => (lists, Some(why)),
            Some(Ok(lists)) => (lists, None),
        };
        // An issuer whose keys made several lists under one URL is taken at its worst word: whoever has one of the
        // keys can't take back what was said by another.
        let issuer = self.credential.issuer_id();
        let own = lists.iter().filter(|list| vouches(list, issuer, self.evidence, self.now));
        let said = own.map(|list| {
            let (finding, message) = match (self.one(entry, list), overdue) {
                ((said, _), Some(why)) if said.rank == Rank::Valid => {
                    (unknown("status_stale", format!("not revoked as of {}; {why}", list.as_of())), None)
                }
                (said, _) => said,
            };
            (finding.from(source(list), Some(list.as_of())), message)
        });
        let worst = said.min_by_key(|(finding, _)| (finding.rank, finding.as_of()));
        Some(match (worst, lists.first()) {
            (Some((finding, message)), _) => {
                if let Some(message) = message {
                    report.warn("status_message", Some(message));
                }
                finding
            }
            (None, Some(list)) => {
                unknown("status_list_of_another", format!("the list is by {}", list.issuer()))
                    .from(source(list), Some(list.as_of()))
            }
            (None, None) => unknown("status_unavailable", None),
        })
    }

    /// What one list says of the badge, and what it says to readers.
    fn one(&self, entry: &StatusEntry, list: &VerifiedList) -> (Finding, Option<String>) {
        let said = match said(entry, list, self.credential.id()) {
            Ok(said) => said,
            Err(finding) => return (finding, None),
        };
        if said.meaning != Meaning::Good && list.as_of() > self.at {
            let detail = format!("{} as of {}; since when is not known", said.code(), list.as_of());
            return (unknown("status_other_time", detail), None);
        }
        let detail = || Some(format!("{} of {}, {}", said.place, entry.list_url, list.as_of()));
        let finding = match said.meaning {
            Meaning::Revoked => {
                let reason = said.text.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
                Finding::bad(Rank::Revoked, "revoked", detail().map(|detail| detail + &reason))
            }
            Meaning::Suspended => Finding::bad(Rank::Suspended, "suspended", detail()),
            Meaning::Unknown => unknown("status_value_unknown", detail()),
            // Other readers may take the number for another place, or for none.
            Meaning::Good if entry.index_was_number => {
                Finding::bad(Rank::Malformed, "status_index_not_text", detail())
            }
            Meaning::Good => self.not_revoked(entry, list),
        };
        let message = said.text.filter(|_| entry.purpose == Some(ListPurpose::Message));
        (finding, message)
    }

    /// A list by which nothing is wrong, if it is of the time that is asked about. What isn't revoked at a later time wasn't
    /// before: revocation is for good (Bitstring Status List v1.0, section 2.2).
    fn not_revoked(&self, entry: &StatusEntry, list: &VerifiedList) -> Finding {
        let is_for_good = matches!(entry.kind, ListKind::Bitstring | ListKind::StatusList2021)
            && entry.purpose == Some(ListPurpose::Revocation);
        if list.as_of() > self.at && !is_for_good {
            return unknown("status_other_time", format!("the list is of {}", list.as_of()));
        }
        let is_old = self.at.since(list.as_of()) > self.policy.max_status_age
            || list.valid_until().is_some_and(|until| until < self.at);
        if is_old {
            return unknown("status_stale", format!("not revoked as of {}", list.as_of()));
        }
        Finding::pass("not_revoked")
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

/// What a list says of one badge.
struct Said {
    meaning: Meaning,
    /// Where it says so.
    place: String,
    /// The message or reason that goes with it.
    text: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum Meaning {
    Good,
    Revoked,
    Suspended,
    /// A value that only the issuer knows the meaning of.
    Unknown,
}

impl Said {
    fn code(&self) -> &'static str {
        match self.meaning {
            Meaning::Good => "not revoked",
            Meaning::Revoked => "revoked",
            Meaning::Suspended => "suspended",
            Meaning::Unknown => "a status of the issuer's own",
        }
    }
}

/// Reads the badge's place in the list.
fn said(entry: &StatusEntry, list: &VerifiedList, credential_id: Option<&str>) -> Result<Said, Finding> {
    // The records of an issuer hold the bits of its 1EdTech lists too.
    let by_record = list.source() == ListSource::Record;
    let kind_fits = list.kind() == entry.kind || by_record && entry.kind == ListKind::OneEdTech;
    let purpose_fits = entry.purpose.is_none_or(|purpose| list.purposes().contains(&purpose));
    if list.url() != entry.list_url || !kind_fits || !purpose_fits {
        let purposes: Vec<&str> = list.purposes().iter().map(|purpose| purpose.as_str()).collect();
        let detail = format!("it is {} for {}", list.url(), purposes.join(", "));
        return Err(unknown("status_list_differs", detail));
    }
    if list.kind() == ListKind::OneEdTech {
        // A badge without an id can't be in a list of ids, and so can't be missing from it either.
        let id = credential_id.ok_or_else(|| unknown("status_no_credential_id", None))?;
        let revoked = list.revoked(id);
        let meaning = if revoked.is_some() { Meaning::Revoked } else { Meaning::Good };
        let text = revoked.and_then(|revoked| revoked.reason.clone());
        return Ok(Said { meaning, place: "the badge's id".to_owned(), text });
    }
    let Some(index) = entry.index else {
        return Err(unknown(
            "status_list_differs",
            "the badge has no place in the issuer's records".to_owned(),
        ));
    };
    let size = entry.size_bits.unwrap_or(1);
    // Fewer entries than the specification asks for tell too much of who is looked at (section 3.2, step 11).
    if entry.kind == ListKind::Bitstring && (list.len() as u64) / u64::from(size) < MIN_ENTRIES as u64 {
        let detail = format!("{} entries of {size} bits", list.len() as u64 / u64::from(size));
        return Err(unknown("status_list_too_short", detail));
    }
    let Some(value) = list.value(index, size) else {
        let detail = format!("place {index} of {}", list.len() / size as usize);
        return Err(unknown("status_index_out_of_range", detail));
    };
    let place = if size == 1 { format!("entry {index}") } else { format!("entry {index} = {value:#x}") };
    let text = usize::try_from(value).ok().and_then(|value| entry.messages.get(value).cloned());
    Ok(Said { meaning: meaning(entry.purpose, value), place, text })
}

fn meaning(purpose: Option<ListPurpose>, value: u32) -> Meaning {
    match (purpose, value) {
        (Some(ListPurpose::Message | ListPurpose::Refresh), _) | (_, 0) => Meaning::Good,
        (Some(ListPurpose::Revocation), _) => Meaning::Revoked,
        (Some(ListPurpose::Suspension), _) => Meaning::Suspended,
        // Token Status List, section 7.1.
        (None, 1) => Meaning::Revoked,
        (None, 2) => Meaning::Suspended,
        (None, _) => Meaning::Unknown,
    }
}

fn source(list: &VerifiedList) -> Source {
    match list.source() {
        ListSource::Credential => Source::StatusListCredential,
        ListSource::Record => Source::IssuerRecord,
        ListSource::Hosted => Source::Hosted,
    }
}

fn unknown(code: &'static str, detail: impl Into<Option<String>>) -> Finding {
    Finding::bad(Rank::StatusUnknown, code, detail)
}
