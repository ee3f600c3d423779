//! Status lists that were fetched: for how long they answer unasked, and what stays known of them afterwards.

use super::cache::{LACK_KEPT, SLOW_KEPT};
use super::host_of;
use accolade_core::status::VerifiedList;
use accolade_core::time::Timestamp;
use accolade_core::verify::{ListMissing, WantedList};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a list answers where neither its issuer (`ttl`) nor its server (`Cache-Control`) says.
const USUALLY_KEPT: Duration = Duration::from_secs(300);
/// The longest time, whatever they say: a revocation is to get through.
pub const MAX_LIST_KEPT: Duration = Duration::from_secs(3600);
/// Most lists that are kept,
const MAX_LISTS: usize = 1024;
/// and most bytes of memory in them.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// Why a list was not had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// Its host didn't answer in time: why.
    Slow(String),
    /// It can't be had: why.
    Unreachable(String),
    /// What was had isn't the list: why.
    Refused(String),
}

/// By whose word it must be and URL, the list that was had last and the last failure.
#[derive(Default)]
pub(super) struct ListCache {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    kept: HashMap<WantedList, Kept>,
    bytes: usize,
}

struct Kept {
    /// The newest word of the issuer that was ever had, and until when it answers unasked. It is kept beyond that: what
    /// was revoked in it is not forgotten because a newer one can't be had.
    list: Option<(Arc<VerifiedList>, Timestamp)>,
    /// Why the last fetch after it brought nothing, and until when nobody is asked again.
    failure: Option<(Failure, Timestamp)>,
    bytes: usize,
    /// When it was last fetched, or tried.
    tried_at: Timestamp,
}

impl ListCache {
    /// What is known of a list at `now` without asking anybody; `None` where it has to be asked for.
    pub(super) fn get(
        &self,
        wanted: &WantedList,
        now: Timestamp,
    ) -> Option<Result<Arc<VerifiedList>, ListMissing>> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // After a clock was set back nobody knows how old anything is.
        let kept = state.kept.get(wanted).filter(|kept| kept.tried_at <= now)?;
        match (&kept.list, &kept.failure) {
            (Some((list, until)), _) if now < *until => Some(Ok(Arc::clone(list))),
            (list, Some((failure, until))) if now < *until => {
                Some(Err(missing(failure, list.as_ref().map(|(list, _)| list))))
            }
            _ => None,
        }
    }

    /// Keeps a list that was fetched at `now`; the one to go by from now on. A server that has only an older word of the
    /// issuer than was had before takes nothing back.
    pub(super) fn keep(
        &self,
        wanted: &WantedList,
        list: Arc<VerifiedList>,
        max_age: Option<Duration>,
        now: Timestamp,
    ) -> Arc<VerifiedList> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.remove(wanted).and_then(|kept| kept.list).map(|(list, _)| list);
        let newest = before.filter(|before| before.as_of() > list.as_of()).unwrap_or(list);
        let until = answers_until(&newest, max_age, now);
        let bytes = memory_bytes(wanted, Some(&newest), None);
        let kept = Kept { list: Some((Arc::clone(&newest), until)), failure: None, bytes, tried_at: now };
        state.insert(wanted.clone(), kept);
        newest
    }

    /// Keeps that no list was had at `now`, for a while. The list that was had before doesn't answer any more, but for
    /// what is set in it.
    pub(super) fn keep_failure(&self, wanted: &WantedList, failure: Failure, now: Timestamp) -> ListMissing {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.remove(wanted).and_then(|kept| kept.list).map(|(list, _)| list);
        let answer = missing(&failure, before.as_ref());
        let again = match &failure {
            Failure::Slow(_) => SLOW_KEPT,
            Failure::Unreachable(_) | Failure::Refused(_) => LACK_KEPT,
        };
        let bytes = memory_bytes(wanted, before.as_ref(), Some(&failure));
        let kept = Kept {
            list: before.map(|list| (list, now)),
            failure: Some((failure, now.plus(again))),
            bytes,
            tried_at: now,
        };
        state.insert(wanted.clone(), kept);
        answer
    }

    /// What is to be said where nobody could be asked at all.
    pub(super) fn without_asking(&self, wanted: &WantedList, why: String) -> ListMissing {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let list = state.kept.get(wanted).and_then(|kept| kept.list.as_ref()).map(|(list, _)| list);
        missing(&Failure::Unreachable(why), list)
    }
}

/// Until when a list that was fetched at `now` answers unasked: for the shorter of the issuer's `ttl` and what its
/// server allows, never past the issuer's `validUntil`.
fn answers_until(list: &VerifiedList, max_age: Option<Duration>, now: Timestamp) -> Timestamp {
    let said = [list.ttl(), max_age].into_iter().flatten().min();
    let until = now.plus(said.unwrap_or(USUALLY_KEPT).min(MAX_LIST_KEPT));
    list.valid_until().map_or(until, |valid_until| until.min(valid_until))
}

fn missing(failure: &Failure, had: Option<&Arc<VerifiedList>>) -> ListMissing {
    let (Failure::Slow(why) | Failure::Unreachable(why) | Failure::Refused(why)) = failure;
    match (had, failure) {
        (Some(list), _) => ListMissing::Overdue { lists: vec![Arc::clone(list)], why: why.clone() },
        (None, Failure::Refused(why)) => ListMissing::Refused(why.clone()),
        (None, _) => ListMissing::Unreachable(why.clone()),
    }
}

fn memory_bytes(wanted: &WantedList, list: Option<&Arc<VerifiedList>>, failure: Option<&Failure>) -> usize {
    let why = failure.map_or(0, |failure| match failure {
        Failure::Slow(why) | Failure::Unreachable(why) | Failure::Refused(why) => why.len(),
    });
    let list = list.map_or(0, |list| list.memory_bytes());
    size_of::<Kept>() + wanted.url.len() + wanted.issuer.len() + why + list
}

impl State {
    /// Where there is no room, the host whose lists take the most gives way first, with the one that it was asked for
    /// longest ago.
    fn insert(&mut self, wanted: WantedList, kept: Kept) {
        while self.kept.len() >= MAX_LISTS || self.bytes + kept.bytes > MAX_BYTES {
            let Some(next) = self.dispensable() else { break };
            self.remove(&next);
        }
        self.bytes += kept.bytes;
        self.kept.insert(wanted, kept);
    }

    fn dispensable(&self) -> Option<WantedList> {
        let mut hosts: HashMap<&str, usize> = HashMap::new();
        for (wanted, kept) in &self.kept {
            *hosts.entry(host_of(&wanted.url)).or_default() += kept.bytes;
        }
        let (largest, _) = hosts.into_iter().max_by_key(|(_, bytes)| *bytes)?;
        let of_largest = self.kept.iter().filter(|(wanted, _)| host_of(&wanted.url) == largest);
        of_largest.min_by_key(|(_, kept)| kept.tried_at).map(|(wanted, _)| wanted.clone())
    }

    fn remove(&mut self, wanted: &WantedList) -> Option<Kept> {
        let kept = self.kept.remove(wanted)?;
        self.bytes -= kept.bytes;
        Some(kept)
    }
}

#[cfg(test)]
mod tests;
