//! What is handed in as a badge: read once, then judged as often as new evidence comes.

use super::{Evidence, Needs, Policy, Report, check, needs, picture, refused, report::Picture};
use crate::bake::ImageKind;
use crate::credential::{Credential, Malformed};
use crate::json::Value;
use crate::jsonld::Contexts;
use crate::time::Timestamp;

/// What was handed in as a badge, whatever came out when it was read.
#[derive(Clone, Debug)]
pub struct Candidate {
    read: Result<Credential, Malformed>,
    picture: Option<Picture>,
}

impl Candidate {
    /// Reads bytes: a credential, or a picture with one in it.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        if ImageKind::of(bytes).is_none() {
            return Self { read: Credential::parse(bytes), picture: None };
        }
        match picture::read(bytes) {
            Ok((from, read)) => Self { read, picture: Some(from) },
            Err(malformed) => Self { read: Err(malformed), picture: None },
        }
    }

    /// Reads a JSON value, as an API is given it: an object, a text, or junk.
    pub fn of_value(value: Value) -> Self {
        Self { read: Credential::from_value(value), picture: None }
    }

    /// The credential, if it is one.
    pub fn credential(&self) -> Option<&Credential> {
        self.read.as_ref().ok()
    }

    /// What evidence to gather for it; nothing for what is no credential.
    pub fn needs(&self) -> Needs {
        self.credential().map(needs).unwrap_or_default()
    }

    /// Judges it by the evidence, for the time `now`.
    pub fn check(&self, evidence: &Evidence, policy: &Policy, now: Timestamp, contexts: &Contexts) -> Report {
        let report = match &self.read {
            Ok(credential) => check(credential, evidence, policy, now, contexts),
            Err(malformed) => refused(malformed, now),
        };
        Report { picture: self.picture, ..report }
    }

    fn judge(
        &self,
        gather: &mut dyn FnMut(&Needs) -> Evidence,
        policy: &Policy,
        now: Timestamp,
        contexts: &Contexts,
    ) -> Report {
        let evidence = self.credential().map(|credential| gather(&needs(credential)));
        self.check(&evidence.unwrap_or_default(), policy, now, contexts)
    }
}

/// Reads bytes, a credential or a picture with one in it, and judges them; `gather` is called once, if there is a
/// credential.
pub fn check_bytes(
    bytes: &[u8],
    gather: &mut dyn FnMut(&Needs) -> Evidence,
    policy: &Policy,
    now: Timestamp,
    contexts: &Contexts,
) -> Report {
    Candidate::of_bytes(bytes).judge(gather, policy, now, contexts)
}

/// The same for a JSON value, as an API is given it: an object, a text, or junk.
pub fn check_value(
    value: Value,
    gather: &mut dyn FnMut(&Needs) -> Evidence,
    policy: &Policy,
    now: Timestamp,
    contexts: &Contexts,
) -> Report {
    Candidate::of_value(value).judge(gather, policy, now, contexts)
}
