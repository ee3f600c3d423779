//! Documents that were fetched, for a while; and that there were none, for a shorter one.

use super::Answer;
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
/// Most answers that are kept,
const MAX_ANSWERS: usize = 1024;
/// and most bytes of documents in them.
const MAX_BYTES: usize = 16 * 1024 * 1024;

#[derive(Default)]
pub(super) struct Cache {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    answers: HashMap<String, Kept>,
    bytes: usize,
}

struct Kept {
    answer: Answer,
    bytes: usize,
    until: Instant,
}

impl Cache {
    /// What is known of `id` at `now`.
    pub(super) fn get(&self, id: &str, now: Instant) -> Option<Answer> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.answers.get(id).filter(|kept| now < kept.until).map(|kept| kept.answer.clone())
    }

    /// Keeps an answer: a document of `bytes` bytes for as long as its server allows, within bounds; the lack of one
    /// for [`LACK_KEPT`].
    pub(super) fn keep(
        &self,
        id: &str,
        answer: Answer,
        bytes: usize,
        max_age: Option<Duration>,
        now: Instant,
    ) {
        let lifetime = match answer {
            Ok(_) => max_age.unwrap_or(USUALLY_KEPT).clamp(MIN_KEPT, MAX_KEPT),
            Err(_) => LACK_KEPT,
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.remove(id);
        let is_full = |state: &State| state.answers.len() >= MAX_ANSWERS || state.bytes + bytes > MAX_BYTES;
        if is_full(&state) {
            state.answers.retain(|_, kept| now < kept.until);
            state.bytes = state.answers.values().map(|kept| kept.bytes).sum();
        }
        while is_full(&state) {
            let next = state.answers.iter().min_by_key(|(_, kept)| kept.until).map(|(id, _)| id.clone());
            let Some(next) = next else { break };
            state.remove(&next);
        }
        state.bytes += bytes;
        state.answers.insert(id.to_owned(), Kept { answer, bytes, until: now + lifetime });
    }
}

impl State {
    fn remove(&mut self, id: &str) {
        if let Some(kept) = self.answers.remove(id) {
            self.bytes -= kept.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ResolveError;
    use super::*;
    use accolade_core::did::document::DidDocument;
    use std::sync::Arc;

    fn document(id: &str) -> Answer {
        let json = format!(r#"{{"id":"{id}"}}"#);
        Ok(Arc::new(DidDocument::parse(json.as_bytes(), id).expect("reads")))
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
            cache.keep(id, document(id), 100, said.map(seconds), start);
            assert!(cache.get(id, start + seconds(kept) - Duration::from_millis(1)).is_some(), "{said:?}");
            assert!(cache.get(id, start + seconds(kept)).is_none(), "{said:?}");
        }
        assert!(Cache::default().get(id, start).is_none());
    }

    #[test]
    fn a_lack_is_forgotten_soon_and_never_taken_for_a_document() {
        let (cache, id, start) = (Cache::default(), "did:web:a.example", Instant::now());
        cache.keep(id, lack(), 0, Some(seconds(3600)), start);
        assert!(matches!(cache.get(id, start + seconds(29)), Some(Err(ResolveError::NotFound { .. }))));
        assert!(cache.get(id, start + seconds(30)).is_none());
        // A document after a lack, and a lack after a document, replace each other.
        cache.keep(id, document(id), 100, None, start + seconds(31));
        assert!(matches!(cache.get(id, start + seconds(31)), Some(Ok(_))));
        cache.keep(id, lack(), 0, None, start + seconds(400));
        assert!(matches!(cache.get(id, start + seconds(400)), Some(Err(_))));
        assert_eq!(cache.state.lock().expect("lock").bytes, 0);
    }

    #[test]
    fn it_stays_bounded_and_keeps_what_is_good_for_longest() {
        let (cache, start) = (Cache::default(), Instant::now());
        for number in 0..(MAX_ANSWERS as u64 + 500) {
            let id = format!("did:web:a{number}.example");
            cache.keep(&id, document(&id), 10, Some(seconds(60 + number)), start);
        }
        let state = cache.state.lock().expect("lock");
        assert_eq!((state.answers.len(), state.bytes), (MAX_ANSWERS, MAX_ANSWERS * 10));
        drop(state);
        assert!(
            cache.get("did:web:a1500.example", start).is_some()
                && cache.get("did:web:a3.example", start).is_none()
        );

        let big = Cache::default();
        for number in 0..100 {
            let id = format!("did:web:b{number}.example");
            big.keep(&id, document(&id), 256 * 1024, None, start);
        }
        let state = big.state.lock().expect("lock");
        assert!(state.bytes <= MAX_BYTES && state.answers.len() == 64, "{} bytes", state.bytes);
    }
}
