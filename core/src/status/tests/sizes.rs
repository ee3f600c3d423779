//! Entries of several bits, the first bit the most significant.

use super::*;

#[test]
fn values_of_several_bits() {
    let bits = Bitstring::from_bytes(vec![0b1011_0010, 0b0111_1000, 0b0000_0001]);
    let values = |size: u32| (0..).map_while(|index| bits.value(index, size)).collect::<Vec<_>>();
    assert_eq!(values(2), [2, 3, 0, 2, 1, 3, 2, 0, 0, 0, 0, 1]);
    assert_eq!(
        values(3),
        [0b101, 0b100, 0b100, 0b111, 0b100, 0b000, 0b000, 0b001],
        "over the edges of bytes"
    );
    assert_eq!(values(4), [0b1011, 0b0010, 0b0111, 0b1000, 0, 1]);
    assert_eq!(values(5).len(), 4, "what is left at the end is no entry");
    assert_eq!(values(8), [0b1011_0010, 0b0111_1000, 1]);
    assert_eq!(values(16), [0b1011_0010_0111_1000]);
    let single: Vec<u32> = (0..24).map(|index| u32::from(bits.get(index) == Some(true))).collect();
    assert_eq!(values(1), single);
}

#[test]
fn no_value_lies_beyond_the_end() {
    let bits = Bitstring::new(MIN_ENTRIES);
    let last = MIN_ENTRIES as u64 / 4 - 1;
    assert_eq!((bits.value(last, 4), bits.value(last + 1, 4)), (Some(0), None));
    for index in [u64::MAX, u64::MAX / 4, u64::MAX / 2 + 1] {
        assert_eq!(bits.value(index, 4), None, "{index}");
    }
    for size in [0, 33, u32::MAX] {
        assert_eq!(bits.value(0, size), None, "{size} bits");
    }
}
