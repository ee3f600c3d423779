//! A newer version in place of a badge (`refreshService` of type `1EdTechCredentialRefresh`, Open Badges 3.0, section 8.6),
//! and what is said where no badge was had at all.

use super::report::{Finding, Rank, Report};
use super::{not_judged, refused};
use crate::credential::{Credential, Malformed};
use crate::json::Value;
use crate::time::Timestamp;

/// The kind of service that is asked.
const SERVICE: &str = "1EdTechCredentialRefresh";

/// Why there is no newer version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotRefreshed {
    /// The badge names no service that could be asked.
    NoService,
    /// The service is not to be had: why.
    Unreachable(String),
    /// What it gave isn't a newer version of this badge: why.
    Refused(String),
}

/// Why there is nothing to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoBadge {
    /// Its address can't be asked: why.
    Unreachable(String),
    /// It is not an address from which badges are fetched: why.
    AddressRefused(String),
    /// There is a page for people.
    WebPage(String),
}

impl Report {
    /// The report where the badge at an address was not to be had.
    pub fn without_badge(why: NoBadge, now: Timestamp) -> Self {
        let (code, detail) = match why {
            NoBadge::WebPage(url) => {
                let message = format!("at {url} is a web page");
                return refused(&Malformed::new("badge_is_web_page", message), now);
            }
            NoBadge::Unreachable(why) => ("badge_unreachable", why),
            NoBadge::AddressRefused(why) => ("badge_address_refused", why),
        };
        not_judged(Finding::bad(Rank::ProofUnknown, code, detail), now)
    }

    /// Says why a newer version was asked for and isn't there. The verdict stays.
    pub fn not_refreshed(&mut self, why: NotRefreshed) {
        match why {
            NotRefreshed::NoService => self.warn("refresh_none", None),
            NotRefreshed::Unreachable(why) => self.warn("refresh_unreachable", Some(why)),
            NotRefreshed::Refused(why) => self.warn("refresh_refused", Some(why)),
        }
    }
}

/// The address where a newer version of a badge is to be had, if it names one.
pub fn refresh_url(credential: &Credential) -> Option<&str> {
    let services = credential.object().get("refreshService")?.one_or_many();
    let is_ours = |service: &&Value| {
        let types = service.get("type").map(Value::one_or_many).unwrap_or_default();
        types.iter().any(|name| name.as_str() == Some(SERVICE))
    };
    services.iter().find(is_ours)?.get("id")?.as_str().filter(|url| url.starts_with("https://"))
}

/// Whether `new` may stand in place of `old`: the same badge by the same issuer about the same recipient. Whether it is
/// proved is another question.
///
/// # Errors
/// What differs, in plain words.
pub fn succeeds(new: &Credential, old: &Credential) -> Result<(), &'static str> {
    if old.id().is_none() || new.id() != old.id() {
        return Err("it has another id");
    }
    if new.issuer_id() != old.issuer_id() {
        return Err("it is by another issuer");
    }
    if recipients(new) != recipients(old) {
        return Err("it is about another recipient");
    }
    Ok(())
}

/// Who the subjects of a credential are: their ids, and the identifiers by which they are named. Order says nothing.
fn recipients(credential: &Credential) -> Vec<String> {
    let named = |subject: &Value| {
        let ids = subject.get("id").map(Value::to_string).into_iter();
        let identifiers = subject.get("identifier").map(Value::one_or_many).unwrap_or_default();
        ids.chain(identifiers.iter().map(Value::to_string)).collect::<Vec<_>>()
    };
    let mut all: Vec<String> = credential.subjects().iter().flat_map(named).collect();
    all.sort();
    all
}
