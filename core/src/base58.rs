//! Base58 with Bitcoin's alphabet, as multibase `z` has it (base58btc). Five digits at a time, which is ten
//! times faster than one at a time: every signature and every did:key is written so.
//!
//! Time grows with the square of the length, so callers limit it.

const ALPHABET: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/// What is no digit, in [`VALUES`].
const NONE: u8 = 0xff;
/// The value of each byte as a digit.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut digit = 0;
    while digit < ALPHABET.len() {
        values[ALPHABET[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};
/// As many digits as fit into 32 bits.
const DIGITS_AT_ONCE: usize = 5;

/// The bytes of a text; `None` if it has a character outside of the alphabet.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let zeros = text.bytes().take_while(|byte| *byte == ALPHABET[0]).count();
    // The number in base 2^32, least first.
    let mut words: Vec<u32> = Vec::with_capacity(text.len() / DIGITS_AT_ONCE + 1);
    for digits in text.as_bytes()[zeros..].chunks(DIGITS_AT_ONCE) {
        let (mut scale, mut carry) = (1u64, 0u64);
        for digit in digits {
            let value = VALUES[usize::from(*digit)];
            if value == NONE {
                return None;
            }
            (scale, carry) = (scale * 58, carry * 58 + u64::from(value));
        }
        for word in &mut words {
            carry += u64::from(*word) * scale;
            *word = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            words.push(carry as u32);
        }
    }
    let mut bytes = vec![0; zeros];
    let number = words.iter().rev().flat_map(|word| word.to_be_bytes());
    bytes.extend(number.skip_while(|byte| *byte == 0));
    Some(bytes)
}

/// The text of some bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    // The number in base 2^32, greatest first.
    let word = |chunk: &[u8]| chunk.iter().rev().fold(0u32, |word, byte| word << 8 | u32::from(*byte));
    let reversed: Vec<u8> = bytes[zeros..].iter().rev().copied().collect();
    let mut words: Vec<u32> = reversed.chunks(4).rev().map(word).collect();
    let mut left = &mut words[..];
    // The digits, least first.
    let mut digits: Vec<u8> = Vec::with_capacity(bytes.len() * 3 / 2 + DIGITS_AT_ONCE);
    while !left.is_empty() {
        let mut rest = 0u64;
        for word in left.iter_mut() {
            let value = rest << 32 | u64::from(*word);
            *word = (value / 58u64.pow(DIGITS_AT_ONCE as u32)) as u32;
            rest = value % 58u64.pow(DIGITS_AT_ONCE as u32);
        }
        for _ in 0..DIGITS_AT_ONCE {
            digits.push((rest % 58) as u8);
            rest /= 58;
        }
        let empty = left.iter().take_while(|word| **word == 0).count();
        left = &mut left[empty..];
    }
    let number = digits.iter().rev().skip_while(|digit| **digit == 0);
    let all = std::iter::repeat_n(&0, zeros).chain(number);
    all.map(|digit| char::from(ALPHABET[usize::from(*digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha2::{Digest, Sha512};

    #[test]
    fn agrees_with_another_implementation_at_every_length() {
        for length in 0..=70 {
            for zeros in [0, 1, 2, length] {
                let mut bytes: Vec<u8> = Sha512::digest([length as u8]).repeat(2);
                bytes.truncate(length);
                bytes.iter_mut().take(zeros).for_each(|byte| *byte = 0);
                let text = bs58::encode(&bytes).into_string();
                assert_eq!(encode(&bytes), text);
                assert_eq!(decode(&text), Some(bytes), "{text}");
            }
        }
        for bytes in [&[0xff; 64][..], &[0, 0, 1], &[1, 0, 0, 0, 0], &[1, 0, 0, 0], &[0; 9]] {
            assert_eq!(encode(bytes), bs58::encode(bytes).into_string());
        }
    }

    #[test]
    fn every_text_of_digits_is_read_as_others_read_it() {
        for text in ["", "1", "11", "z", "1z", "zzzzz", "zzzzzz", "21111", "211111", "7YXq9G", "111112"] {
            let theirs = bs58::decode(text).into_vec().expect(text);
            assert_eq!(decode(text).expect(text), theirs, "{text}");
            assert_eq!(encode(&theirs), text);
        }
    }

    #[test]
    fn refuses_other_characters() {
        for text in ["0", "O", "I", "l", "1O", "zzzzzz0", "2 ", " 2", "2\n", "+", "/", "é", "１", "2\u{0}"]
        {
            assert_eq!(decode(text), None, "{text:?}");
            assert!(bs58::decode(text).into_vec().is_err(), "{text:?}");
        }
    }
}
