//! What others say for a badge: endorsements in it, each judged by the same steps as the badge itself.
//!
//! They never change the badge's verdict for the worse. Depth 1: an endorsement holds no endorsements.

use super::report::{CheckName, Endorsed, Endorsement, Finding, Report};
use super::{Checks, Evidence, Policy, check_one, refused};
use crate::credential::{self, Credential, Malformed};
use crate::json::{Object, Value};
use crate::jsonld::Contexts;
use crate::time::Timestamp;
use crate::trust::TrustedBy;

/// An endorsement as it stands in a badge.
pub(super) struct Found<'a> {
    /// The id of the object that holds it.
    holder: Option<&'a str>,
    form: Form<'a>,
}

enum Form<'a> {
    Json(&'a Object),
    Jwt(&'a str),
}

/// The endorsements in a badge, wherever they stand, [`credential::MAX_ENDORSEMENTS`] at most.
pub(super) fn in_badge(badge: &Credential) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    if badge.is_open_badge() {
        walk_members(badge.object(), &mut found);
        found.truncate(credential::MAX_ENDORSEMENTS);
    }
    found
}

impl Found<'_> {
    /// The endorsement as a credential of its own.
    ///
    /// # Errors
    /// What breaks a rule of its format.
    pub(super) fn read(&self) -> Result<Credential, Malformed> {
        match self.form {
            Form::Json(object) => Credential::from_object(object.clone()),
            Form::Jwt(text) => Credential::from_value(Value::from(text)),
        }
    }
}

/// Judges the endorsements in a badge whose proof passed. Returns by which of the caller's trust roots one of them
/// vouches for the badge's issuer: its own proof and status must be right.
pub(super) fn judge(
    report: &mut Report,
    badge: &Credential,
    evidence: &Evidence,
    policy: &Policy,
    now: Timestamp,
    contexts: &Contexts,
) -> Option<TrustedBy> {
    let found = in_badge(badge);
    if found.is_empty() {
        report.add(CheckName::Endorsements, Finding::not_applicable("endorsements_none"));
        return None;
    }
    let mut trusted_by = None;
    for found in found {
        let mut endorsed = None;
        let checked = match found.read() {
            Ok(endorsement) => {
                endorsed = what_is_endorsed(&endorsement, found.holder, badge);
                match endorsed {
                    Some(_) => check_one(&endorsement, evidence, policy, now, contexts),
                    None => refused(&of_another(), now),
                }
            }
            Err(malformed) => refused(&malformed, now),
        };
        let by_root = || policy.trust.as_ref()?.vouch_by_endorser(checked.issuer.as_deref()?, policy.at(now));
        if trusted_by.is_none()
            && endorsed == Some(Endorsed::Issuer)
            && policy.checks == Checks::All
            && checked.verdict.is_good()
        {
            trusted_by = by_root();
        }
        report.wanted.extend(checked.wanted);
        let (verdict, code, issuer) = (checked.verdict, checked.code, checked.issuer);
        report.endorsements.push(Endorsement { verdict, code, issuer, endorsed });
    }
    if report.endorsements.iter().all(|endorsement| endorsement.verdict.is_good()) {
        report.add(CheckName::Endorsements, Finding::pass("endorsements_ok"));
    } else {
        report.add(CheckName::Endorsements, Finding::not_applicable("endorsements_not_all_valid"));
        report.warn("endorsements_not_all_valid", None);
    }
    trusted_by
}

fn of_another() -> Malformed {
    let what = "what is endorsed is not the badge, its issuer, recipient or achievement, or what holds it";
    Malformed::new("endorsement_of_another", what)
}

/// Of what in the badge an endorsement speaks. `None` if of something else: a right signature on praise for something
/// else could be copied into any badge.
fn what_is_endorsed(endorsement: &Credential, holder: Option<&str>, badge: &Credential) -> Option<Endorsed> {
    let achievement = badge.achievement();
    let of_achievement = achievement.and_then(|achievement| achievement.get("id")?.as_str());
    let creator = achievement.and_then(|achievement| achievement.get("creator")?.get("id")?.as_str());
    let of = |id: &str| {
        if id == badge.issuer_id() {
            Some(Endorsed::Issuer)
        } else if Some(id) == badge.id() {
            Some(Endorsed::Badge)
        } else if Some(id) == of_achievement {
            Some(Endorsed::Achievement)
        } else if badge.subject_ids().any(|subject| subject == id) {
            Some(Endorsed::Recipient)
        } else if Some(id) == creator {
            Some(Endorsed::Creator)
        } else {
            (Some(id) == holder).then_some(Endorsed::Other)
        }
    };
    if endorsement.kind() != credential::Kind::Endorsement {
        return None;
    }
    let mut subjects = endorsement.subjects().iter().map(|subject| subject.get("id")?.as_str().and_then(of));
    let first = subjects.next()??;
    subjects.all(|subject| subject == Some(first)).then_some(first)
}

fn walk_members<'a>(object: &'a Object, found: &mut Vec<Found<'a>>) {
    let holder = object.get("id").and_then(Value::as_str);
    for (key, value) in object.iter() {
        let items = || value.one_or_many().iter();
        match key {
            "endorsement" => {
                let held = items().filter_map(Value::as_object).map(Form::Json);
                found.extend(held.map(|form| Found { holder, form }));
            }
            "endorsementJwt" => {
                let held = items().filter_map(Value::as_str).map(Form::Jwt);
                found.extend(held.map(|form| Found { holder, form }));
            }
            _ => walk(value, found),
        }
    }
}

fn walk<'a>(value: &'a Value, found: &mut Vec<Found<'a>>) {
    match value {
        Value::Object(object) => walk_members(object, found),
        Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
        _ => {}
    }
}
