//! Golomb-Rice coding of a set of list indexes: near the entropy bound for bits set at random.

use super::cbor::{Reader, Writer};
use super::{MAX_LIST_ENTRIES, MAX_SNAPSHOT_BYTES, WireError};

/// Largest Rice parameter.
const MAX_PARAMETER: u32 = 24;

/// Writes strictly ascending indexes as `[count, k, bits]`. The gap before each index (how many indexes lie
/// between it and the one before) is written as `gap >> k` one-bits, a zero-bit, and the low `k` bits of the
/// gap, highest first; bits fill bytes from the highest; the last byte is padded with zeros. `k` is the
/// least of the parameters that give the fewest bits.
pub(super) fn write(indexes: &[u64], to: &mut Writer) {
    let k = best_parameter(indexes);
    let mut bits = BitWriter::default();
    for gap in gaps(indexes) {
        for _ in 0..gap >> k {
            bits.push(true);
        }
        bits.push(false);
        for place in (0..k).rev() {
            bits.push(gap >> place & 1 == 1);
        }
    }
    to.array(3).uint(indexes.len() as u64).uint(u64::from(k)).bytes(&bits.bytes);
}

/// Reads what [`write`] writes; every index is below `entries`. Work and memory are bounded by the input: an
/// index takes at least one bit.
pub(super) fn read(from: &mut Reader<'_>, entries: u64) -> Result<Vec<u64>, WireError> {
    from.exact_array(3)?;
    let (count, k) = (from.uint()?, from.uint()?);
    let bytes = from.bytes()?;
    if k > u64::from(MAX_PARAMETER) || count > bytes.len() as u64 * 8 {
        return Err(from.malformed());
    }
    let mut bits = BitReader { bytes, at: 0 };
    let mut indexes = Vec::with_capacity(count as usize);
    let mut next = 0u64;
    for _ in 0..count {
        let mut gap = 0u64;
        while bits.take().ok_or(from.malformed())? {
            gap += 1;
        }
        for _ in 0..k {
            gap = gap << 1 | u64::from(bits.take().ok_or(from.malformed())?);
        }
        let index = next.saturating_add(gap);
        if index >= entries {
            return Err(WireError::Rule { rule: "an index lies outside of its list" });
        }
        indexes.push(index);
        next = index + 1;
    }
    if bits.at.div_ceil(8) != bytes.len() {
        return Err(from.malformed());
    }
    Ok(indexes)
}

/// The blob of a snapshot: `[entries, [count, k, bits]]` of the indexes that are set, strictly ascending.
pub fn encode_snapshot(entries: u64, indexes: &[u64]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.array(2).uint(entries);
    write(indexes, &mut writer);
    writer.into_bytes()
}

/// Reads the blob of a snapshot: the list's size in entries and the indexes that are set.
///
/// # Errors
/// Over [`MAX_SNAPSHOT_BYTES`], a list over [`MAX_LIST_ENTRIES`], an index outside of it, or another encoding
/// than the one that [`encode_snapshot`] writes.
pub fn decode_snapshot(blob: &[u8]) -> Result<(u64, Vec<u64>), WireError> {
    super::cbor::limited(blob, MAX_SNAPSHOT_BYTES, "snapshot")?;
    let mut reader = Reader::new(blob, "snapshot");
    reader.exact_array(2)?;
    let entries = reader.uint()?;
    if entries > MAX_LIST_ENTRIES {
        return Err(WireError::Rule { rule: "the list is larger than any that is held" });
    }
    let indexes = read(&mut reader, entries)?;
    reader.end()?;
    super::cbor::canonical(blob, &encode_snapshot(entries, &indexes), "snapshot")?;
    Ok((entries, indexes))
}

fn gaps(indexes: &[u64]) -> impl Iterator<Item = u64> + '_ {
    let mut next = 0;
    indexes.iter().map(move |index| {
        let gap = index - next;
        next = index + 1;
        gap
    })
}

fn best_parameter(indexes: &[u64]) -> u32 {
    let mut bits = [0u64; MAX_PARAMETER as usize + 1];
    for gap in gaps(indexes) {
        for (k, bits) in bits.iter_mut().enumerate() {
            *bits += (gap >> k) + 1 + k as u64;
        }
    }
    // The first of the smallest: min_by_key keeps the earliest.
    (0..=MAX_PARAMETER).min_by_key(|k| bits[*k as usize]).unwrap_or_default()
}

#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    used: u8,
}

impl BitWriter {
    fn push(&mut self, bit: bool) {
        if self.used == 0 {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (7 - self.used);
        }
        self.used = (self.used + 1) % 8;
    }
}

struct BitReader<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl BitReader<'_> {
    fn take(&mut self) -> Option<bool> {
        let bit = self.bytes.get(self.at / 8)? >> (7 - self.at % 8) & 1 == 1;
        self.at += 1;
        Some(bit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(indexes: &[u64]) -> Vec<u8> {
        let mut writer = Writer::new();
        write(indexes, &mut writer);
        writer.into_bytes()
    }

    fn decode(bytes: &[u8], entries: u64) -> Result<Vec<u64>, WireError> {
        read(&mut Reader::new(bytes, "set"), entries)
    }

    #[test]
    fn sets_go_both_ways() {
        for indexes in [vec![], vec![0], vec![131_071], vec![0, 1, 2, 3], vec![5, 70_000, 131_071]] {
            assert_eq!(decode(&code(&indexes), 131_072), Ok(indexes));
        }
        let all: Vec<u64> = (0..131_072).collect();
        let coded = code(&all);
        assert!(coded.len() <= 131_072 / 8 + 16, "a full list costs one bit an entry");
        assert_eq!(decode(&coded, 131_072), Ok(all));
    }

    #[test]
    fn one_in_a_hundred_costs_what_the_design_says() {
        let mut state = 1u64;
        let indexes: Vec<u64> = (0..131_072)
            .filter(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33).is_multiple_of(100)
            })
            .collect();
        let bytes = code(&indexes).len();
        assert!((1_200..1_450).contains(&bytes), "{bytes} bytes for {} indexes", indexes.len());
    }

    #[test]
    fn refuses_what_is_outside_or_cut() {
        let coded = code(&[7, 9, 131_071]);
        assert_eq!(
            decode(&coded, 131_071),
            Err(WireError::Rule { rule: "an index lies outside of its list" })
        );
        for cut in 0..coded.len() {
            assert!(decode(&coded[..cut], 131_072).is_err(), "cut at {cut}");
        }
        // [count, k, bits]: more indexes than bits, a parameter over the limit, a run without end.
        for bad in [
            &[0x83, 0x19, 0xff, 0xff, 0, 0x41, 0][..],
            &[0x83, 1, 0x18, 25, 0x41, 0],
            &[0x83, 1, 0, 0x42, 0xff, 0xff],
        ] {
            assert!(decode(bad, 131_072).is_err());
        }
    }

    #[test]
    fn a_snapshot_has_one_encoding() {
        let blob = encode_snapshot(1 << 17, &[3, 4, 100_000]);
        assert_eq!(decode_snapshot(&blob), Ok((1 << 17, vec![3, 4, 100_000])));
        for at in 0..blob.len() {
            let mut other = blob.clone();
            other[at] ^= 1;
            assert_ne!(decode_snapshot(&other), decode_snapshot(&blob), "byte {at}");
        }
        // Index 0 with k = 1 rather than the canonical k = 0; set padding bits.
        let worse = [0x82, 0x1a, 0, 2, 0, 0, 0x83, 1, 1, 0x41, 0];
        assert_eq!(decode_snapshot(&worse), Err(WireError::NotCanonical { what: "snapshot" }));
        let padded = [0x82, 0x1a, 0, 2, 0, 0, 0x83, 1, 0, 0x41, 0x01];
        assert_eq!(decode_snapshot(&padded), Err(WireError::NotCanonical { what: "snapshot" }));
        assert!(decode_snapshot(&vec![0; MAX_SNAPSHOT_BYTES + 1]).is_err());
        assert!(decode_snapshot(&encode_snapshot(MAX_LIST_ENTRIES + 1, &[])).is_err());
    }
}
