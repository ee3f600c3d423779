//! Verification: from a credential and the evidence for it to one report.
//!
//! [`needs`] says what evidence to gather, [`check`] judges. Both are pure, so the same answer comes out
//! offline, at a node, and for any point in time. “Could not check” is never good.

mod candidate;
mod endorsements;
mod lists;
mod picture;
mod places;
mod presentation;
mod proofs;
mod recipient;
mod refresh;
mod report;
mod sentences;
mod status;
#[cfg(test)]
mod tests;
mod token;
mod trust;

pub use crate::language::Language;
pub use candidate::{Candidate, check_bytes, check_value};
pub(crate) use lists::Proving;
pub use presentation::{
    Expected, PresentationReport, check_presentation, check_presentation_bytes, check_presentation_value,
    needs_of_presentation,
};
pub use proofs::Documents;
pub use recipient::{MAX_RECIPIENT_BYTES, Recipient, RecipientError};
pub use refresh::{NoBadge, NotRefreshed, refresh_url, succeeds};
pub use report::{
    Badge, Check, CheckName, Endorsed, Endorsement, Outcome, Picture, Problem, RecipientKind, Report, Source,
    Verdict, Wanted, WantedList, Warning,
};
pub use sentences::{age, words};
pub use status::logs_of;

use crate::credential::schema::{self, SchemaVerdict};
use crate::credential::{self, Credential, DataModel, Malformed, MalformedKind, Secured};
use crate::did;
use crate::json::Value;
use crate::jsonld::Contexts;
use crate::proof::{Proof, Purpose};
use crate::status::{ListNeed, StatusEntry, VerifiedList};
use crate::time::Timestamp;
use crate::trust::Roots;
use proofs::Question;
use report::{Finding, Rank};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use token::Signed;

/// What must be had to judge a credential.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The DIDs and https URLs whose documents are needed: issuers and holders that sign in a way that we check, and
    /// whose key is not in their name. Nobody else is asked about.
    pub controllers: Vec<String>,
    /// Those of `controllers` without whom the proof of the badge itself can't be judged; of a presentation: its own and
    /// those of the badges in it. The others matter only if that proof passes.
    pub proving: Vec<String>,
    /// The issuers named in it, its own first.
    pub issuers: Vec<String>,
    /// The status lists named in it.
    pub lists: Vec<ListNeed>,
}

/// What was had.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// By DID or https URL its document, or why there is none. One that isn't here was not to be had.
    pub documents: Documents,
    /// When documents were fetched, by the same names; nothing of those that weren't.
    pub fetched_at: HashMap<String, Timestamp>,
    /// By URL the lists that are had under it, by whomever, or why there is none. Anybody can make a list under any URL:
    /// which of them is the issuer's word is judged. A URL that isn't here was not to be had.
    pub lists: HashMap<String, Result<Vec<Arc<VerifiedList>>, ListMissing>>,
}

/// Why a controller's document is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentMissing {
    /// Not to be had: not reachable, or not asked for. Why, in plain words.
    Unavailable(String),
    /// It was had, and it isn't the document of that DID or URL: why.
    Refused(String),
    /// The DID is no longer in use; whoever keeps its documents says so.
    Deactivated,
}

/// Why a status list is missing.
#[derive(Clone, Debug)]
pub enum ListMissing {
    /// Not held, and nobody was asked for it.
    Unavailable,
    /// It was asked for, and was not to be had: why, in plain words.
    Unreachable(String),
    /// What was had before is past the time for which it may be used unasked, and no newer one was to be had: why.
    /// What is set in it stays set; what is not set says nothing any more.
    Overdue {
        /// The lists as they were had last.
        lists: Vec<Arc<VerifiedList>>,
        /// Why no newer one was to be had, in plain words.
        why: String,
    },
    /// The issuer's declarations are held, and this list is none of them.
    Unknown,
    /// It was had, and it isn't a list that its issuer vouches for: why.
    Refused(String),
}

/// What the caller asks for.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The greatest age of a status list. 48 hours by default.
    pub max_status_age: Duration,
    /// Which checks to make.
    pub checks: Checks,
    /// To whom the badge is said to be given. If nobody is named, that isn't checked.
    pub recipient: Option<Recipient>,
    /// The roots on whose word the caller knows issuers. If none are named, every issuer will do.
    pub trust: Option<Arc<Roots>>,
    /// The time for which the badge is judged, where that isn't now: its dates, those of its proofs, and its status by lists
    /// of that time. A time that lies ahead counts as now. Keys are judged by what is known of them now.
    pub as_of: Option<Timestamp>,
}

impl Policy {
    /// The past time that is asked about, if one is.
    pub fn past(&self, now: Timestamp) -> Option<Timestamp> {
        self.as_of.filter(|as_of| *as_of < now)
    }

    /// The time for which a badge is judged.
    pub fn at(&self, now: Timestamp) -> Timestamp {
        self.as_of.map_or(now, |as_of| as_of.min(now))
    }
}

/// Which checks to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checks {
    /// Every check.
    All,
    /// Structure, meaning, proof and issuer; not the dates, nor the status.
    ProofOnly,
}

impl Default for Policy {
    fn default() -> Self {
        let max_status_age = Duration::from_secs(48 * 3600);
        Self { max_status_age, checks: Checks::All, recipient: None, trust: None, as_of: None }
    }
}

/// What evidence to gather for a credential, its endorsements included.
pub fn needs(credential: &Credential) -> Needs {
    let mut needs = Needs::default();
    collect_needs(credential, &mut needs);
    needs.proving.clone_from(&needs.controllers);
    for endorsement in endorsements::in_badge(credential) {
        if let Ok(endorsement) = endorsement.read() {
            collect_needs(&endorsement, &mut needs);
        }
    }
    needs
}

/// Judges a credential by the evidence, for the time `now`.
pub fn check(
    credential: &Credential,
    evidence: &Evidence,
    policy: &Policy,
    now: Timestamp,
    contexts: &Contexts,
) -> Report {
    let mut report = check_one(credential, evidence, policy, now, contexts);
    if report.badge.is_none() {
        return report;
    }
    if let Some(recipient) = &policy.recipient {
        report.add(CheckName::Recipient, recipient::judge(credential, recipient));
    }
    let endorsed = endorsements::judge(&mut report, credential, evidence, policy, now, contexts);
    if let Some(roots) = &policy.trust {
        trust::judge(&mut report, credential, roots, endorsed, policy.at(now));
    }
    report
}

/// The report on what isn't a credential that can be judged.
fn refused(malformed: &Malformed, now: Timestamp) -> Report {
    not_judged(structure(malformed), now)
}

/// A report that ends with the first check.
fn not_judged(structure: Finding, now: Timestamp) -> Report {
    let mut report = Report::new(now);
    report.add(CheckName::Structure, structure);
    report.add(CheckName::Meaning, Finding::not_applicable("meaning_not_judged"));
    report.add(CheckName::Proof, Finding::not_applicable("proof_not_judged"));
    report.add(CheckName::Issuer, Finding::not_applicable("issuer_not_judged"));
    report.add(CheckName::Validity, Finding::not_applicable("validity_not_judged"));
    report.add(CheckName::Status, Finding::not_applicable("status_not_judged"));
    report
}

fn structure(malformed: &Malformed) -> Finding {
    let rank = match malformed.kind {
        MalformedKind::Malformed => Rank::Malformed,
        MalformedKind::Unsupported => Rank::Unsupported,
    };
    Finding::bad(rank, malformed.code, malformed.message.clone()).at(malformed.path.clone())
}

/// Judges a credential without its endorsements.
fn check_one(
    credential: &Credential,
    evidence: &Evidence,
    policy: &Policy,
    now: Timestamp,
    contexts: &Contexts,
) -> Report {
    let mut report = Report::new(policy.at(now));
    if needs_document(credential.issuer_id(), credential.secured(), credential.proofs())
        && !evidence.documents.contains_key(credential.issuer_id())
    {
        report.wanted.controllers.push(credential.issuer_id().to_owned());
    }
    report.add(CheckName::Structure, Finding::pass("structure_ok").from(Source::Document, None));
    let question = Question {
        signer: credential.issuer_id(),
        purpose: Some(Purpose::AssertionMethod),
        not_signer: "controller_not_issuer",
        is_signer: "issuer_ok",
        documents: &evidence.documents,
        fetched_at: evidence.fetched_at.get(credential.issuer_id()).copied(),
        now,
        at: policy.at(now),
    };
    let judgement = match credential.secured() {
        Secured::Embedded => proofs::judge(credential.object(), credential.proofs(), &question, contexts),
        Secured::Jose(token) => {
            let (document, proofs) = (credential.object(), credential.proofs());
            let dates = (credential.valid_from(), credential.valid_until());
            token::judge(&Signed { token, document, proofs, dates }, &question, contexts)
        }
    };
    // The issuer's own signature is right, and no other is wrong.
    let proved = !judgement.right.is_empty() && judgement.proof.rank > Rank::ProofUnknown;
    report.add(CheckName::Meaning, judgement.meaning);
    let schema = schema::check(credential);
    if let Some(finding) = of_schema(&schema) {
        report.add(CheckName::Schema, finding);
    }
    report.add(CheckName::Proof, judgement.proof);
    report.add(CheckName::Issuer, judgement.binding);
    for (code, detail) in judgement.warnings {
        report.warn(code, detail);
    }
    if proved {
        report.issuer = Some(credential.issuer_id().to_owned());
        report.badge = Some(badge(credential));
    }
    report.add(CheckName::Validity, validity(credential, policy, proved, policy.at(now)));
    let status = match (policy.checks, proved) {
        (Checks::ProofOnly, _) => Finding::not_applicable("status_not_asked"),
        (Checks::All, false) => Finding::not_applicable("status_not_judged"),
        (Checks::All, true) => {
            report.wanted.lists = status::wanted(credential, evidence, policy, now);
            status::judge(credential, evidence, policy, now, &mut report)
        }
    };
    report.status_as_of = status.as_of();
    report.add(CheckName::Status, status);
    if proved {
        warnings_of_structure(&mut report, credential, &schema);
    }
    report
}

/// What the schemas that a credential names say of it. One that isn't known here leaves the verdict alone: the rules of
/// the data model and of Open Badges, which are built in, have been kept, and a schema can only ask for more.
fn of_schema(schema: &SchemaVerdict) -> Option<Finding> {
    Some(match schema {
        SchemaVerdict::None => return None,
        SchemaVerdict::Kept => Finding::pass("schema_ok"),
        SchemaVerdict::Broken(broken) => structure(broken),
        SchemaVerdict::Unknown(urls) => Finding::left_open("schema_not_known", urls.join(", ")),
    })
}

fn validity(credential: &Credential, policy: &Policy, proved: bool, now: Timestamp) -> Finding {
    if policy.checks == Checks::ProofOnly {
        return Finding::not_applicable("validity_not_asked");
    }
    if !proved {
        return Finding::not_applicable("validity_not_judged");
    }
    let (begin, end) = match credential.data_model() {
        DataModel::V1_1 => ("/issuanceDate", "/expirationDate"),
        DataModel::V2_0 => ("/validFrom", "/validUntil"),
    };
    match (credential.valid_from(), credential.valid_until()) {
        (_, Some(until)) if until < now => {
            Finding::bad(Rank::Expired, "expired", format!("valid until {until}")).at(end)
        }
        (Some(from), _) if now < from => {
            Finding::bad(Rank::NotYetValid, "not_yet_valid", format!("valid from {from}")).at(begin)
        }
        _ => Finding::pass("validity_ok").from(Source::Document, None),
    }
}

fn warnings_of_structure(report: &mut Report, credential: &Credential, schema: &SchemaVerdict) {
    let status_is_list = matches!(credential.object().get("credentialStatus"), Some(Value::Array(_)));
    if credential.is_open_badge() && status_is_list {
        report.warn("status_several", None);
    }
    if credential.status().iter().any(|entry| entry.index_was_number) {
        report.warn("status_index_not_text", None);
    }
    if let SchemaVerdict::Unknown(urls) = schema {
        report.warn("schema_not_known", Some(urls.join(", ")));
    }
    let unfetched = credential.unfetched_resources();
    if !unfetched.is_empty() {
        report.warn("related_resources", Some(unfetched.join(", ")));
    }
}

fn collect_needs(credential: &Credential, needs: &mut Needs) {
    let issuer = credential.issuer_id();
    add(&mut needs.issuers, issuer.to_owned());
    if needs_document(issuer, credential.secured(), credential.proofs()) {
        add(&mut needs.controllers, issuer.to_owned());
    }
    credential.status().iter().filter_map(StatusEntry::need).for_each(|list| add(&mut needs.lists, list));
}

/// Adds what isn't there yet.
fn add<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}

/// Whether the signer's document is needed to check the token or one of the proofs. Where none could count, nobody is
/// asked.
fn needs_document(signer: &str, secured: &Secured, proofs: &[Proof]) -> bool {
    let has_document = signer.starts_with("https://") || signer.starts_with("did:");
    if !has_document || did::has_key_in_name(signer) {
        return false;
    }
    match secured.token() {
        Some(token) => token::needs_document(token, signer),
        None => proofs.iter().any(|proof| proof.suite().is_some() && proof.controller() == signer),
    }
}

/// What a badge whose proof passed says.
fn badge(credential: &Credential) -> Badge {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let achievement = credential.achievement();
    let of_achievement =
        |key| owned(achievement.and_then(|achievement| credential::text(achievement.get(key)?)));
    let recipient_id = credential.subject_ids().next();
    let issuer = credential.object().get("issuer");
    let issuer_name = issuer.and_then(|issuer| credential::text(issuer.get("name")?));
    Badge {
        id: owned(credential.id()),
        name: owned(credential.name()),
        achievement_id: of_achievement("id"),
        achievement: of_achievement("name"),
        description: of_achievement("description"),
        issuer_name: owned(issuer_name),
        recipient: match recipient_id {
            Some(id) if id.starts_with("did:") => RecipientKind::Did,
            Some(_) => RecipientKind::Url,
            None => identifier_kind(credential),
        },
        recipient_id: owned(recipient_id),
        valid_from: credential.valid_from(),
        valid_until: credential.valid_until(),
    }
}

fn identifier_kind(credential: &Credential) -> RecipientKind {
    let identifiers = credential.subjects().iter().filter_map(|subject| subject.get("identifier"));
    let Some(first) = identifiers.flat_map(Value::one_or_many).next() else { return RecipientKind::None };
    let is_mail = first.get("identityType").and_then(Value::as_str) == Some("emailAddress");
    // One that stands there in clear must not be called a hash: people would pass the badge on.
    let is_hashed = first.get("hashed") == Some(&Value::Bool(true));
    if is_mail && is_hashed { RecipientKind::Email } else { RecipientKind::Other }
}
