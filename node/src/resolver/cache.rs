//! What was fetched, for a while; and that there was none, for a shorter one.

use super::documents::{Answer, ResolveError};
use super::host_of;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Shortest time that a document is kept, whatever its server says: a badge of many is not to cost a fetch each.
pub const MIN_KEPT: Duration = Duration::from_secs(60);
/// How long it is kept where its server says nothing.
pub const USUALLY_KEPT: Duration = Duration::from_secs(300);
/// Longest time: a key that its issuer took out of the document is good for so long.
pub const MAX_KEPT: Duration = Duration::from_secs(3600);
/// How long the lack of a document is remembered. A mistake at the issuer's is soon mended.
pub const LACK_KEPT: Duration = Duration::from_secs(30);
/// How long it is remembered that a host didn't answer in time: whoever keeps others waiting does so seldom.
pub const SLOW_KEPT: Duration = Duration::from_secs(300);
/// Most answers that are kept,
const MAX_ANSWERS: usize = 1024;
/// and most bytes of memory in them.
const MAX_BYTES: usize = 16 * 1024 * 1024;

pub(super) struct Cache<A> {
    state: Mutex<State<A>>,
}

struct State<A> {
    answers: HashMap<String, Kept<A>>,
    bytes: usize,
}

struct Kept<A> {
    answer: A,
    bytes: usize,
    until: Instant,
}

impl<A> Default for Cache<A> {
    fn default() -> Self {
        Self { state: Mutex::new(State { answers: HashMap::new(), bytes: 0 }) }
    }
}

impl<A: Clone> Cache<A> {
    /// What is known of `id` at `now`.
    pub(super) fn get(&self, id: &str, now: Instant) -> Option<A> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.answers.get(id).filter(|kept| now < kept.until).map(|kept| kept.answer.clone())
    }

    /// Keeps an answer of so many bytes for `lifetime`. Where there is no room, the host with the most answers gives
    /// way first.
    pub(super) fn keep_for(&self, id: &str, answer: A, weight: usize, lifetime: Duration, now: Instant) {
        let bytes = weight + id.len() + size_of::<Kept<A>>();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.remove(id);
        let is_full =
            |state: &State<A>| state.answers.len() >= MAX_ANSWERS || state.bytes + bytes > MAX_BYTES;
        if is_full(&state) {
            state.answers.retain(|_, kept| now < kept.until);
            state.bytes = state.answers.values().map(|kept| kept.bytes).sum();
        }
        while is_full(&state) {
            let Some(next) = state.dispensable() else { break };
            state.remove(&next);
        }
        state.bytes += bytes;
        state.answers.insert(id.to_owned(), Kept { answer, bytes, until: now + lifetime });
    }
}

impl Cache<Answer> {
    /// Keeps a document for as long as its server allows, within bounds; the lack of one for [`LACK_KEPT`], or
    /// [`SLOW_KEPT`].
    pub(super) fn keep(&self, id: &str, answer: Answer, max_age: Option<Duration>, now: Instant) {
        let (lifetime, weight) = match &answer {
            Ok(found) => {
                (max_age.unwrap_or(USUALLY_KEPT).clamp(MIN_KEPT, MAX_KEPT), found.document.memory_bytes())
            }
            Err(ResolveError::TimedOut { reason }) => (SLOW_KEPT, reason.len()),
            Err(error) => (LACK_KEPT, error.to_string().len()),
        };
        self.keep_for(id, answer, weight, lifetime, now);
    }
}

impl<A> State<A> {
    /// Of the host with the most answers the one that ends first.
    fn dispensable(&self) -> Option<String> {
        let mut hosts: HashMap<&str, usize> = HashMap::new();
        for id in self.answers.keys() {
            *hosts.entry(host_of(id)).or_default() += 1;
        }
        let most = hosts.values().max()?;
        let of_largest = self.answers.iter().filter(|(id, _)| hosts.get(host_of(id)) == Some(most));
        of_largest.min_by_key(|(_, kept)| kept.until).map(|(id, _)| id.clone())
    }

    fn remove(&mut self, id: &str) {
        if let Some(kept) = self.answers.remove(id) {
            self.bytes -= kept.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolver::Found;
    use accolade_core::did::document::DidDocument;
    use std::sync::Arc;

    fn found(json: &str, id: &str) -> Found {
        let document = Arc::new(DidDocument::parse(json.as_bytes(), id).expect("reads"));
        Found { document, fetched_at: None }
    }

    fn document(id: &str) -> Answer {
        let json = format!(r#"{{"id":"{id}"}}"#);
        Ok(found(&json, id))
    }

    fn lack() -> Answer {
        Err(ResolveError::NotFound { reason: "404".to_owned() })
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_document_is_kept_as_long_as_its_server_allows_within_bounds() {
        let id = "did:web:a.example";
        let start = Instant::now();
        for (said, kept) in
            [(None, 300), (Some(0), 60), (Some(59), 60), (Some(600), 600), (Some(1_000_000), 3600)]
        {
            let cache = Cache::default();
            cache.keep(id, document(id), said.map(seconds), start);
            assert!(cache.get(id, start + seconds(kept) - Duration::from_millis(1)).is_some(), "{said:?}");
            assert!(cache.get(id, start + seconds(kept)).is_none(), "{said:?}");
        }
        assert!(Cache::<Answer>::default().get(id, start).is_none());
    }

    #[test]
    fn a_lack_is_forgotten_soon_and_never_taken_for_a_document() {
        let (cache, id, start) = (Cache::default(), "did:web:a.example", Instant::now());
        cache.keep(id, lack(), Some(seconds(3600)), start);
        assert!(matches!(cache.get(id, start + seconds(29)), Some(Err(ResolveError::NotFound { .. }))));
        assert!(cache.get(id, start + seconds(30)).is_none());
        // A document after a lack, and a lack after a document, replace each other.
        cache.keep(id, document(id), None, start + seconds(31));
        assert!(matches!(cache.get(id, start + seconds(31)), Some(Ok(_))));
        cache.keep(id, lack(), None, start + seconds(400));
        assert!(matches!(cache.get(id, start + seconds(400)), Some(Err(_))));
        cache.keep(id, Err(ResolveError::TimedOut { reason: String::new() }), None, start + seconds(500));
        assert!(
            cache.get(id, start + seconds(799)).is_some() && cache.get(id, start + seconds(800)).is_none()
        );
    }

    #[test]
    fn it_stays_bounded_and_keeps_what_is_good_for_longest() {
        let (cache, start) = (Cache::default(), Instant::now());
        for number in 0..(MAX_ANSWERS as u64 + 50) {
            let id = format!("did:web:a{number}.example");
            cache.keep(&id, document(&id), Some(seconds(60 + number)), start);
        }
        assert_eq!(cache.state.lock().expect("lock").answers.len(), MAX_ANSWERS);
        assert!(cache.get("did:web:a1050.example", start).is_some());
        assert!(cache.get("did:web:a3.example", start).is_none());
    }

    #[test]
    fn one_host_can_not_push_out_the_others() {
        let (cache, start) = (Cache::default(), Instant::now());
        cache.keep("did:web:honest.example", document("did:web:honest.example"), None, start);
        for number in 0..2 * MAX_ANSWERS {
            let id = format!("did:web:crowd.example:{number}");
            cache.keep(&id, document(&id), Some(MAX_KEPT), start);
        }
        assert!(cache.get("did:web:honest.example", start).is_some());
        assert_eq!(cache.state.lock().expect("lock").answers.len(), MAX_ANSWERS);
    }

    #[test]
    fn what_it_holds_is_counted_in_memory_not_in_answers() {
        let (cache, start) = (Cache::default(), Instant::now());
        for number in 0..100 {
            let id = format!("did:web:b{number}.example");
            let json = format!(r#"{{"id":"{id}","x":[{}0]}}"#, "[0],".repeat(60_000));
            let large = found(&json, &id);
            assert!(large.document.memory_bytes() < 2 * json.len(), "the parsed members are not kept");
            cache.keep(&id, Ok(large), None, start);
            let reason = "x".repeat(1000);
            let none = format!("did:web:c{number}.example");
            cache.keep(&none, Err(ResolveError::Refused { reason }), None, start);
        }
        let state = cache.state.lock().expect("lock");
        assert!(state.bytes <= MAX_BYTES && state.answers.len() < 200, "{} bytes", state.bytes);
        let counted: usize = state.answers.values().map(|kept| kept.bytes).sum();
        assert_eq!(state.bytes, counted);
    }
}
