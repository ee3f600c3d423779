//! The hashes that bind a list's state to a record.

use sha2::{Digest, Sha256};

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The state hash of a list: SHA-256 over `accolade/state/v0`, a zero byte, the list's number (4 bytes,
/// big-endian), its version (8 bytes, big-endian) and the bitstring (index 0 is the highest bit of byte 0).
pub fn state_hash(list: u32, version: u64, bits: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"accolade/state/v0\0");
    hash.update(list.to_be_bytes());
    hash.update(version.to_be_bytes());
    hash.update(bits);
    hash.finalize().into()
}

/// What one list contributes to the root: a leaf of list number (4 bytes), version (8 bytes), both
/// big-endian, and state hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListLeaf {
    /// The list's number.
    pub list: u32,
    /// Its version.
    pub version: u64,
    /// Its state hash.
    pub state_hash: [u8; 32],
}

/// The root over an issuer's lists, in ascending order of their numbers: a Merkle tree hash as in RFC 6962,
/// section 2.1.
pub fn lists_root(leaves: &[ListLeaf]) -> [u8; 32] {
    match leaves {
        [] => empty_root(),
        [leaf] => {
            let mut hash = Sha256::new();
            hash.update([0]);
            hash.update(leaf.list.to_be_bytes());
            hash.update(leaf.version.to_be_bytes());
            hash.update(leaf.state_hash);
            hash.finalize().into()
        }
        _ => {
            // The largest power of two below the number of leaves.
            let left = leaves.len().next_power_of_two() / 2;
            let mut hash = Sha256::new();
            hash.update([1]);
            hash.update(lists_root(&leaves[..left]));
            hash.update(lists_root(&leaves[left..]));
            hash.finalize().into()
        }
    }
}

/// The root of an issuer without lists: SHA-256 of nothing.
pub fn empty_root() -> [u8; 32] {
    sha256(&[])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(list: u32) -> ListLeaf {
        ListLeaf { list, version: 1, state_hash: [list as u8; 32] }
    }

    fn node(left: [u8; 32], right: [u8; 32]) -> [u8; 32] {
        sha256(&[&[1][..], &left, &right].concat())
    }

    #[test]
    fn the_tree_has_the_shape_of_rfc_6962() {
        let leaves: Vec<ListLeaf> = (0..7).map(leaf).collect();
        let of = |from: usize, to: usize| lists_root(&leaves[from..to]);
        assert_eq!(of(0, 0), empty_root());
        assert_eq!(of(0, 2), node(of(0, 1), of(1, 2)));
        assert_eq!(of(0, 3), node(of(0, 2), of(2, 3)));
        assert_eq!(of(0, 4), node(of(0, 2), of(2, 4)));
        assert_eq!(of(0, 7), node(of(0, 4), of(4, 7)));
        assert_eq!(of(4, 7), node(of(4, 6), of(6, 7)));
    }

    #[test]
    fn every_part_of_a_leaf_counts() {
        let base = lists_root(&[leaf(1)]);
        for other in [
            ListLeaf { list: 2, ..leaf(1) },
            ListLeaf { version: 2, ..leaf(1) },
            ListLeaf { state_hash: [9; 32], ..leaf(1) },
        ] {
            assert_ne!(lists_root(&[other]), base);
        }
        assert_ne!(state_hash(1, 1, &[0; 16]), state_hash(1, 1, &[0; 17]));
        assert_ne!(state_hash(1, 1, &[0; 16]), state_hash(2, 1, &[0; 16]));
        assert_ne!(state_hash(1, 1, &[0; 16]), state_hash(1, 2, &[0; 16]));
    }
}
