//! Token buckets: how much one peer may ask and send.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

/// How fast a bucket fills and how much it holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Tokens per second.
    pub per_second: f64,
    /// Tokens that a full bucket holds.
    pub burst: f64,
}

/// One bucket per key. A key that has been idle until its bucket was full again is forgotten.
pub(super) struct Buckets<K> {
    rate: Rate,
    buckets: HashMap<K, (f64, Instant)>,
    max_keys: usize,
}

impl<K: Eq + Hash> Buckets<K> {
    /// Buckets of one rate for at most `max_keys` keys; further ones are refused until others are forgotten.
    pub(super) fn new(rate: Rate, max_keys: usize) -> Self {
        Self { rate, buckets: HashMap::new(), max_keys }
    }

    /// Takes `tokens` of `key`'s bucket; false if there aren't as many.
    pub(super) fn take(&mut self, key: K, tokens: f64, now: Instant) -> bool {
        if self.buckets.len() >= self.max_keys && !self.buckets.contains_key(&key) {
            self.forget_full(now);
            if self.buckets.len() >= self.max_keys {
                return false;
            }
        }
        let (left, at) = self.buckets.entry(key).or_insert((self.rate.burst, now));
        *left = (*left + now.saturating_duration_since(*at).as_secs_f64() * self.rate.per_second)
            .min(self.rate.burst);
        *at = now;
        let enough = *left >= tokens;
        if enough {
            *left -= tokens;
        }
        enough
    }

    fn forget_full(&mut self, now: Instant) {
        let to_fill = Duration::from_secs_f64(self.rate.burst / self.rate.per_second.max(1e-6));
        self.buckets.retain(|_, (_, at)| now.saturating_duration_since(*at) < to_fill);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_refills_and_never_overflows() {
        let start = Instant::now();
        let mut buckets = Buckets::new(Rate { per_second: 2.0, burst: 4.0 }, 8);
        for _ in 0..4 {
            assert!(buckets.take("a", 1.0, start));
        }
        assert!(!buckets.take("a", 1.0, start), "empty");
        assert!(buckets.take("b", 4.0, start), "another's bucket is its own");
        assert!(buckets.take("a", 1.0, start + Duration::from_millis(500)));
        assert!(!buckets.take("a", 1.0, start + Duration::from_millis(500)));
        assert!(!buckets.take("a", 5.0, start + Duration::from_secs(1000)), "more than a full bucket");
        assert!(buckets.take("a", 4.0, start + Duration::from_secs(1000)));
        assert!(!buckets.take("a", 1.0, start), "a clock that goes back gives nothing");
    }

    #[test]
    fn the_number_of_keys_is_limited_and_idle_ones_are_forgotten() {
        let start = Instant::now();
        let mut buckets = Buckets::new(Rate { per_second: 1.0, burst: 2.0 }, 2);
        assert!(buckets.take(1, 1.0, start) && buckets.take(2, 1.0, start));
        assert!(!buckets.take(3, 1.0, start));
        assert!(buckets.take(3, 1.0, start + Duration::from_secs(2)));
        assert_eq!(buckets.buckets.len(), 1);
    }
}
