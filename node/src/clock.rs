//! The outside world's time and randomness, in the one place where the node asks for them.

use accolade_core::time::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::time::{SystemTime, UNIX_EPOCH};

/// The time by this machine's clock.
pub fn now() -> Timestamp {
    let ms = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
    };
    Timestamp::from_millis(ms)
}

/// Bytes from the operating system's source of randomness.
///
/// # Panics
/// If the system has none: without it no key, index or token may be made.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Nothing that the node does stays safe without randomness, and Linux fails here only at early boot.
    #[expect(clippy::expect_used, reason = "going on without randomness would be worse than ending")]
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// 128 random bits as text, base64url.
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random::<16>())
}
