//! Status indexes in an order that nobody can guess.

use sha2::{Digest as _, Sha256};

/// Rounds of the Feistel network. Four make a strong pseudorandom permutation of wide blocks (Luby and
/// Rackoff); lists are narrow, so there are more.
const ROUNDS: u8 = 12;
/// What sets these hashes apart from every other use of SHA-256.
const LABEL: &[u8] = b"accolade status index v0";

/// The index of the `counter`-th badge of a list of `entries`: a permutation of `0..entries` that depends on
/// the secret `seed`, so each index is given once, and neighbours tell nothing about each other.
/// `None` once the list is full (`counter >= entries`).
///
/// A Feistel network over SHA-256, walked on until it lands inside the list.
pub fn permuted_index(seed: &[u8; 32], entries: u64, counter: u64) -> Option<u64> {
    if counter >= entries {
        return None;
    }
    let bits = u64::BITS - (entries - 1).leading_zeros();
    let half_bits = bits.div_ceil(2);
    let mut index = counter;
    // The domain is at most four times the list and a permutation is made of cycles, so the walk comes back
    // into the list, after fewer than four steps on average.
    loop {
        index = feistel(seed, entries, half_bits, index);
        if index < entries {
            return Some(index);
        }
    }
}

/// Permutes the numbers of twice `half_bits` bits.
fn feistel(seed: &[u8; 32], entries: u64, half_bits: u32, block: u64) -> u64 {
    let mask = (1u64 << half_bits) - 1;
    let (mut left, mut right) = (block >> half_bits, block & mask);
    for round in 0..ROUNDS {
        let hash = Sha256::new()
            .chain_update(LABEL)
            .chain_update(seed)
            .chain_update(entries.to_be_bytes())
            .chain_update([round])
            .chain_update(right.to_be_bytes())
            .finalize();
        let word = hash.iter().take(8).fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        (left, right) = (right, left ^ (word & mask));
    }
    left << half_bits | right
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(seed: u8, entries: u64) -> Vec<u64> {
        (0..entries).map(|n| permuted_index(&[seed; 32], entries, n).expect("not full")).collect()
    }

    #[test]
    fn gives_each_index_once() {
        for entries in (1..70).chain([1000, 1024, 4095, 4096, 4097]) {
            let mut indexes = all(3, entries);
            indexes.sort_unstable();
            assert!(indexes.into_iter().eq(0..entries), "{entries} entries");
        }
    }

    #[test]
    fn a_full_list_gives_none() {
        assert_eq!(permuted_index(&[0; 32], 1024, 1024), None);
        assert_eq!(permuted_index(&[0; 32], 1024, u64::MAX), None);
        assert_eq!(permuted_index(&[0; 32], 0, 0), None);
    }

    #[test]
    fn the_largest_domain_works() {
        for counter in [0, 1, u64::MAX - 1] {
            assert!(permuted_index(&[9; 32], u64::MAX, counter).is_some());
        }
    }

    #[test]
    fn the_order_depends_on_the_seed_and_the_length() {
        assert_eq!(all(1, 512), all(1, 512));
        assert_ne!(all(1, 512), all(2, 512));
        assert_ne!(all(1, 512), all(1, 513)[..512]);
        assert!(!all(1, 512).is_sorted());
    }

    #[test]
    fn the_order_never_changes() {
        // Ledgers hold counters only: another order would give indexes twice.
        let first: Vec<_> = (0..4).filter_map(|n| permuted_index(&[7; 32], 131_072, n)).collect();
        assert_eq!(first, [22_842, 27_533, 63_364, 39_530]);
    }

    #[test]
    fn neighbours_lie_apart() {
        let indexes = all(5, 1 << 14);
        let close = indexes.windows(2).filter(|pair| pair[0].abs_diff(pair[1]) <= 1).count();
        assert!(close < 16, "{close} neighbours of 16,384 (2 are to be expected)");
    }
}
