//! Quotas: they make an issuer wait and never leave a gap, because a log is taken in order.

use super::super::{Body, SignedRecord};
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

/// How much is taken of one issuer, and of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quotas {
    /// Status records per hour.
    pub status_per_h: u32,
    /// Status records at once.
    pub status_burst: u32,
    /// Achievements per hour.
    pub achievements_per_h: u32,
    /// Achievements at once (a first load).
    pub achievements_burst: u32,
    /// Profiles and new lists per hour.
    pub others_per_h: u32,
    /// Profiles and new lists at once.
    pub others_burst: u32,
    /// Snapshots of one list per day.
    pub snapshots_per_day: u32,
    /// Snapshots of one list at once.
    pub snapshots_burst: u32,
    /// Bytes of records per day and issuer.
    pub bytes_per_day: u64,
    /// Bytes of records of one issuer at once (a first load).
    pub bytes_burst: u64,
    /// Issuers unknown so far that one peer may introduce per hour.
    pub new_issuers_per_h: u32,
    /// Issuers unknown so far that one peer may introduce at once.
    pub new_issuers_burst: u32,
    /// Issuers held.
    pub max_issuers: usize,
    /// Entries of all status lists held together; 8 of them take a byte of memory.
    pub max_entries: u64,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            status_per_h: 120,
            status_burst: 600,
            achievements_per_h: 60,
            achievements_burst: 2_000,
            others_per_h: 60,
            others_burst: 200,
            snapshots_per_day: 1,
            snapshots_burst: 2,
            bytes_per_day: 4 << 20,
            bytes_burst: 32 << 20,
            new_issuers_per_h: 600,
            new_issuers_burst: 2_000,
            max_issuers: 100_000,
            max_entries: 1 << 32,
        }
    }
}

/// A token bucket that remembers one number: the time up to which what was taken is paid for.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bucket {
    paid_until_us: i128,
}

impl Bucket {
    /// Takes `n` of a bucket that refills with `rate` per `per` and holds `burst` (one at least).
    ///
    /// # Errors
    /// How long to wait.
    pub(super) fn take(
        &mut self,
        n: u64,
        (rate, per): (u64, Duration),
        burst: u64,
        at: Timestamp,
    ) -> Result<(), Duration> {
        let each_us = |n: u64| i128::from(n) * per.as_micros() as i128 / i128::from(rate.max(1));
        let at_us = i128::from(at.as_millis()) * 1000;
        let paid_until_us = self.paid_until_us.max(at_us) + each_us(n);
        let over_us = paid_until_us - at_us - each_us(burst.max(n));
        if over_us > 0 {
            return Err(Duration::from_micros(u64::try_from(over_us).unwrap_or(u64::MAX)));
        }
        self.paid_until_us = paid_until_us;
        Ok(())
    }
}

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// What one issuer has used.
#[derive(Clone, Debug, Default)]
pub(super) struct Usage {
    bytes: Bucket,
    /// Per kind: in the issuer's signed time, and in ours for what is over that.
    kinds: BTreeMap<(u8, u32), (Bucket, Bucket)>,
}

impl Usage {
    /// Counts a record that would be taken now.
    ///
    /// Numbers of records are counted in the time that the issuer signs (it never goes back, and can't run
    /// ahead), so that a newcomer can take years of a well-behaved log at once. What is over that is taken at
    /// the rate by our own clock. Bytes are counted by our own clock.
    ///
    /// # Errors
    /// When to try again.
    pub(super) fn take(
        &mut self,
        record: &SignedRecord,
        quotas: &Quotas,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        let (kind, rate, per, burst) = match record.body() {
            Body::Status(_) => ((0, 0), quotas.status_per_h, HOUR, quotas.status_burst),
            Body::Achievement(_) => ((1, 0), quotas.achievements_per_h, HOUR, quotas.achievements_burst),
            Body::Profile(_) | Body::ListCreate(_) => {
                ((2, 0), quotas.others_per_h, HOUR, quotas.others_burst)
            }
            Body::Snapshot(snapshot) => {
                ((3, snapshot.list), quotas.snapshots_per_day, DAY, quotas.snapshots_burst)
            }
        };
        let mut bytes = self.bytes;
        bytes
            .take(record.bytes().len() as u64, (quotas.bytes_per_day, DAY), quotas.bytes_burst, now)
            .map_err(|wait| now.plus(wait))?;
        let (signed, ours) = self.kinds.entry(kind).or_default();
        if signed.take(1, (u64::from(rate), per), u64::from(burst), record.iat()).is_err() {
            ours.take(1, (u64::from(rate), per), 1, now).map_err(|wait| now.plus(wait))?;
        }
        self.bytes = bytes;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_burst_then_its_rate() {
        let mut bucket = Bucket::default();
        let start = Timestamp::from_millis(1_000_000);
        let rate = (120, HOUR);
        for _ in 0..600 {
            assert_eq!(bucket.take(1, rate, 600, start), Ok(()));
        }
        assert_eq!(bucket.take(1, rate, 600, start), Err(Duration::from_secs(30)));
        let later = start.plus(Duration::from_secs(30));
        assert_eq!(bucket.take(1, rate, 600, later), Ok(()));
        assert!(bucket.take(1, rate, 600, later).is_err());
        // A day later it is full again, no fuller.
        let day = start.plus(DAY);
        for _ in 0..600 {
            assert_eq!(bucket.take(1, rate, 600, day), Ok(()));
        }
        assert!(bucket.take(1, rate, 600, day).is_err());
    }
}
