//! Bare Ed25519, which everything else is held against.

use super::timed;
use accolade_core::keys::SigningKey;
use std::hint::black_box;
use std::time::{Duration, Instant};

const MESSAGES: usize = 500;

/// The hash of a proof's options and that of a badge: 64 bytes, no two alike.
fn messages() -> Vec<[u8; 64]> {
    (0..MESSAGES).map(|at| std::array::from_fn(|byte| (at * 31 + byte * 7 + (at >> 5)) as u8)).collect()
}

/// Signatures a second, one thread, over one round of some milliseconds.
pub(super) fn signs_per_s(key: &SigningKey) -> f64 {
    let messages = messages();
    let seconds = timed(|| {
        for message in &messages {
            black_box(key.sign(message));
        }
    });
    MESSAGES as f64 / seconds
}

/// Verifications a second (`verify_strict`) of `threads` threads together, over `time`.
pub(super) fn verifies_per_s(threads: usize, time: Duration) -> f64 {
    let key = SigningKey::from_seed(&[7; 32]);
    let signed: Vec<_> = messages().into_iter().map(|message| (message, key.sign(&message))).collect();
    let public = key.verifying_key();
    let start = Instant::now();
    let verified: usize = std::thread::scope(|scope| {
        let verify = || {
            let mut verified = 0;
            while start.elapsed() < time {
                for (message, signature) in &signed {
                    assert_eq!(public.verify(message, signature), Ok(()));
                }
                verified += signed.len();
            }
            verified
        };
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(verify)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
    });
    verified as f64 / start.elapsed().as_secs_f64()
}
