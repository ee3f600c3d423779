//! Keys of every kind: what reads, and the much more that doesn't.

use super::*;
use crate::json::{self, Value};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// An RSA key of 2048 bits that was made for these tests.
pub(crate) const RSA_JWK: &str = include_str!("tests/rsa_2048.json");
const MESSAGE: &[u8] = b"a badge";

fn object(text: &str) -> Object {
    json::parse(text.as_bytes()).expect(text).as_object().expect("an object").clone()
}

fn base64(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn decoded(jwk: &Object, name: &str) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(jwk.get(name).and_then(Value::as_str).expect(name)).expect("base64url")
}

fn p256() -> SecretKey {
    SecretKey::P256(P256Secret::from_bytes(&[7; 32]).expect("a key"))
}

fn p384() -> SecretKey {
    SecretKey::P384(P384Secret::from_bytes(&[7; 48]).expect("a key"))
}

fn rsa() -> SecretKey {
    SecretKey::from_jwk(&object(RSA_JWK)).expect("a key")
}

/// One key of each kind.
fn all() -> [SecretKey; 4] {
    [SigningKey::from_seed(&[7; 32]).into(), p256(), p384(), rsa()]
}

/// The public JSON Web Key with a member replaced, or removed.
fn with(key: &SecretKey, name: &str, value: Option<Value>) -> Result<PublicKey, JwkError> {
    let mut jwk = key.public_key().to_jwk();
    match value {
        Some(value) => jwk.insert(name, value),
        None => drop(jwk.remove(name)),
    }
    PublicKey::from_jwk(&jwk)
}

fn multikey(prefix: &[u8], body: &[u8]) -> String {
    format!("z{}", bs58::encode([prefix, body].concat()).into_string())
}

#[test]
fn a_signature_fits_one_key_and_one_message() {
    let keys = all();
    for (at, key) in keys.iter().enumerate() {
        let name = key.algorithm().as_str();
        let signature = key.sign(MESSAGE).expect("signs");
        assert_eq!(key.sign(MESSAGE).as_ref(), Ok(&signature), "{name}: the same each time");
        let public = key.public_key();
        assert_eq!(public.algorithm(), key.algorithm());
        assert_eq!(public.verify(MESSAGE, &signature), Ok(()), "{name}");
        assert_eq!(public.verify(b"a badgf", &signature), Err(BadSignature), "{name}");
        assert_eq!(public.verify(MESSAGE, &[]), Err(BadSignature), "{name}");
        assert_eq!(public.verify(MESSAGE, &signature[1..]), Err(BadSignature), "{name}");
        assert_eq!(public.verify(MESSAGE, &[&signature[..], &[0]].concat()), Err(BadSignature), "{name}");
        for place in [0, signature.len() / 2, signature.len() - 1] {
            let mut other = signature.clone();
            other[place] ^= 1;
            assert_eq!(public.verify(MESSAGE, &other), Err(BadSignature), "{name}: byte {place}");
        }
        for (_, other) in keys.iter().enumerate().filter(|(other, _)| *other != at) {
            assert_eq!(other.public_key().verify(MESSAGE, &signature), Err(BadSignature), "{name}");
        }
    }
    let lengths = keys.map(|key| key.sign(MESSAGE).expect("signs").len());
    assert_eq!(lengths, [64, 64, 96, 256]);
}

#[test]
fn ecdsa_signatures_of_nothing_are_refused() {
    for (key, size) in [(p256().public_key(), 32), (p384().public_key(), 48)] {
        let signature = match &key {
            PublicKey::P256(_) => p256().sign(MESSAGE),
            _ => p384().sign(MESSAGE),
        };
        let (r, s) = signature.as_deref().expect("signs").split_at(size);
        let (zero, most) = (vec![0; size], vec![0xff; size]);
        for (r, s) in [(&zero[..], &zero[..]), (&zero, s), (r, &zero), (&most, s), (r, &most), (s, r)] {
            assert_eq!(key.verify(MESSAGE, &[r, s].concat()), Err(BadSignature));
        }
        // ASN.1 instead of r and s in fixed size.
        let length = u8::try_from(size).expect("fits");
        let integer = |number: &[u8]| [&[2, length + 1, 0], number].concat();
        let der = [&[0x30, 2 * length + 6][..], &integer(r), &integer(s)].concat();
        assert_eq!(key.verify(MESSAGE, &der), Err(BadSignature));
    }
}

#[test]
fn multikeys_go_both_ways() {
    for (key, start) in all().iter().zip(["z6Mk", "zDn", "z82"]) {
        let public = key.public_key();
        let text = public.to_multikey().expect("a text");
        assert!(text.starts_with(start), "{text}");
        assert_eq!(PublicKey::from_multikey(&text), Ok(public));
    }
    assert_eq!(rsa().public_key().to_multikey(), None);
}

#[test]
fn multikeys_that_are_none_are_refused() {
    let (PublicKey::P256(p256), PublicKey::P384(p384)) = (p256().public_key(), p384().public_key()) else {
        panic!("other kinds")
    };
    let (small, large) = (p256.to_compressed(), p384.to_compressed());
    let (x, y) = p256.coordinates();
    let full = [&[4], x, y].concat();
    let off = |first: u8, size: usize| {
        // About half of all x have no point; one of the first few has none.
        (1..=255)
            .map(|last| [&[first][..], &vec![0; size - 1], &[last]].concat())
            .find(|point| match size {
                32 => p256::PublicKey::from_sec1_bytes(point).is_err(),
                _ => p384::PublicKey::from_sec1_bytes(point).is_err(),
            })
            .expect("an x without a point")
    };
    for (prefix, body, error) in [
        ([0x80, 0x24], &small[..32], KeyError::Length),
        ([0x80, 0x24], &[&small[..], &[0]].concat(), KeyError::Length),
        ([0x80, 0x24], &[], KeyError::Length),
        ([0x80, 0x24], &large, KeyError::Length),
        ([0x80, 0x24], &full, KeyError::Length),
        ([0x80, 0x24], &[&[4], &small[1..]].concat(), KeyError::NotOnCurve),
        ([0x80, 0x24], &[&[0], &small[1..]].concat(), KeyError::NotOnCurve),
        ([0x80, 0x24], &[&[5], &small[1..]].concat(), KeyError::NotOnCurve),
        ([0x80, 0x24], &[0; 33], KeyError::NotOnCurve),
        ([0x80, 0x24], &[0xff; 33], KeyError::NotOnCurve),
        ([0x80, 0x24], &[&[2][..], &[0xff; 32]].concat(), KeyError::NotOnCurve),
        ([0x80, 0x24], &off(2, 32), KeyError::NotOnCurve),
        ([0x81, 0x24], &large[..48], KeyError::Length),
        ([0x81, 0x24], &small, KeyError::Length),
        ([0x81, 0x24], &[&[2][..], &[0xff; 48]].concat(), KeyError::NotOnCurve),
        ([0x81, 0x24], &off(3, 48), KeyError::NotOnCurve),
        // Another curve, another order of the bytes of the varint, P-521, secp256k1, RSA.
        ([0x24, 0x80], &small, KeyError::Codec),
        ([0x82, 0x24], &small, KeyError::Codec),
        ([0xe7, 0x01], &small, KeyError::Codec),
        ([0x85, 0x24], &[1; 270], KeyError::Codec),
        ([0x85, 0x24], &[1; 526], KeyError::Codec),
        // X25519 and X448.
        ([0xec, 0x01], &small[1..], KeyError::NotForSigning),
        ([0x88, 0x24], &[9; 56], KeyError::NotForSigning),
    ] {
        assert_eq!(PublicKey::from_multikey(&multikey(&prefix, body)), Err(error), "{prefix:?} {body:?}");
    }
    let good = multikey(&[0x80, 0x24], &small);
    for text in ["", "z", &good[1..], &good.to_uppercase(), &format!(" {good}"), &format!("{good}=")] {
        assert!(PublicKey::from_multikey(text).is_err(), "{text}");
    }
}

#[test]
fn jwks_go_both_ways() {
    for key in &all() {
        let public = key.public_key();
        let jwk = public.to_jwk();
        assert_eq!(PublicKey::from_jwk(&jwk).as_ref(), Ok(&public));
        let names: Vec<&str> = jwk.iter().map(|(name, _)| name).collect();
        assert!(names.is_sorted(), "{names:?}");
        let algorithm = key.algorithm().as_str();
        for (name, value) in [
            ("use", "sig".into()),
            ("alg", algorithm.into()),
            ("kid", "7".into()),
            ("key_ops", vec!["verify".into()].into()),
            ("ext", true.into()),
        ] {
            assert_eq!(with(key, name, Some(value)).as_ref(), Ok(&public), "{algorithm} {name}");
        }
    }
}

#[test]
fn jwks_of_other_uses_and_algorithms_are_refused() {
    for key in &all() {
        let algorithm = key.algorithm().as_str();
        for (name, value, error) in [
            ("use", "enc".into(), JwkError::NotForSigning),
            ("use", Value::Int(7), JwkError::NotForSigning),
            ("use", Value::Null, JwkError::NotForSigning),
            ("key_ops", vec!["encrypt".into(), "deriveKey".into()].into(), JwkError::NotForSigning),
            ("key_ops", vec!["sign".into()].into(), JwkError::NotForSigning),
            ("key_ops", Vec::<Value>::new().into(), JwkError::NotForSigning),
            ("key_ops", "verify".into(), JwkError::NotForSigning),
            ("alg", "none".into(), JwkError::Unsupported),
            ("alg", "HS256".into(), JwkError::Unsupported),
            ("alg", "PS256".into(), JwkError::Unsupported),
            ("alg", "RS512".into(), JwkError::Unsupported),
            ("alg", "ES256K".into(), JwkError::Unsupported),
            ("alg", Value::Int(7), JwkError::Unsupported),
            ("kty", "oct".into(), JwkError::Unsupported),
            ("kty", "AKP".into(), JwkError::Unsupported),
            ("kty", Value::Int(7), JwkError::NotAKey),
            ("d", "AA".into(), JwkError::Secret),
            ("d", Value::Null, JwkError::Secret),
            ("p", "AA".into(), JwkError::Secret),
            ("oth", Vec::<Value>::new().into(), JwkError::Secret),
            ("k", "AA".into(), JwkError::Secret),
        ] {
            assert_eq!(with(key, name, Some(value.clone())), Err(error), "{algorithm} {name} {value}");
        }
        for name in ["kty", "crv", "x", "y", "n", "e"] {
            if key.public_key().to_jwk().contains_key(name) {
                assert_eq!(with(key, name, None), Err(JwkError::NotAKey), "{algorithm} {name}");
                let number = Some(Value::Int(7));
                assert_eq!(with(key, name, number), Err(JwkError::NotAKey), "{algorithm} {name}");
            }
        }
    }
    for curve in ["X25519", "X448"] {
        assert_eq!(with(&all()[0], "crv", Some(curve.into())), Err(JwkError::NotForSigning));
    }
    for (key, curve) in [(0, "Ed448"), (0, "P-256"), (1, "P-521"), (1, "secp256k1"), (1, "Ed25519")] {
        assert_eq!(with(&all()[key], "crv", Some(curve.into())), Err(JwkError::Unsupported), "{curve}");
    }
}

#[test]
fn jwk_points_of_another_length_or_off_the_curve_are_refused() {
    for (key, size, other) in [(p256(), 32, "P-384"), (p384(), 48, "P-256")] {
        let jwk = key.public_key().to_jwk();
        let (x, y) = (decoded(&jwk, "x"), decoded(&jwk, "y"));
        let mut wrong = y.clone();
        wrong[size - 1] ^= 1;
        for (name, bytes, error) in [
            ("x", x[1..].to_vec(), KeyError::Length),
            ("y", y[1..].to_vec(), KeyError::Length),
            ("x", [&[0], &x[..]].concat(), KeyError::Length),
            ("y", Vec::new(), KeyError::Length),
            ("y", wrong, KeyError::NotOnCurve),
            ("y", x, KeyError::NotOnCurve),
            ("y", vec![0; size], KeyError::NotOnCurve),
            ("x", vec![0xff; size], KeyError::NotOnCurve),
        ] {
            let found = with(&key, name, Some(base64(&bytes).into()));
            assert_eq!(found, Err(JwkError::Key(error)), "{name} {bytes:?}");
        }
        assert_eq!(with(&key, "crv", Some(other.into())), Err(JwkError::Key(KeyError::Length)));
        for text in [format!("{}=", base64(&y)), format!("{}+", &base64(&y)[1..]), "ü".to_owned()] {
            assert_eq!(with(&key, "y", Some(text.clone().into())), Err(JwkError::NotAKey), "{text}");
        }
    }
    let both_zero = object(&format!(r#"{{"kty":"EC","crv":"P-256","x":"{0}","y":"{0}"}}"#, base64(&[0; 32])));
    assert_eq!(PublicKey::from_jwk(&both_zero), Err(JwkError::Key(KeyError::NotOnCurve)));
}

#[test]
fn rsa_moduli_and_exponents_outside_of_their_limits_are_refused() {
    let key = rsa();
    let n = decoded(&key.public_key().to_jwk(), "n");
    let modulus = |bytes: usize, first: u8, last: u8| {
        let mut n = vec![0x55; bytes];
        n[0] = first;
        n[bytes - 1] = last;
        n
    };
    for n in [
        Vec::new(),
        vec![0; 256],
        vec![1],
        modulus(128, 0x80, 1),
        modulus(255, 0xff, 1),
        modulus(256, 0x7f, 1),
        modulus(256, 0x80, 2),
        [&[0], &n[..]].concat(),
        modulus(1025, 1, 1),
    ] {
        let found = with(&key, "n", Some(base64(&n).into()));
        let refused = matches!(found, Err(JwkError::Key(KeyError::Modulus | KeyError::Length)));
        assert!(refused, "{} bytes: {found:?}", n.len());
    }
    for n in [modulus(256, 0x80, 1), modulus(1024, 0xff, 1), modulus(257, 1, 1)] {
        assert!(with(&key, "n", Some(base64(&n).into())).is_ok(), "{} bytes", n.len());
    }
    for e in [
        &[][..],
        &[0],
        &[1],
        &[2],
        &[3],
        &[17],
        &[0xff, 0xff],
        &[1, 0, 0],
        &[1, 0, 2],
        &[0, 1, 0, 1],
        &[1, 0, 0, 0, 1],
        &[0xff; 256],
    ] {
        let found = with(&key, "e", Some(base64(e).into()));
        assert_eq!(found, Err(JwkError::Key(KeyError::Exponent)), "{e:?}");
    }
    for e in [&[1, 0, 1][..], &[1, 0, 3], &[0xff, 0xff, 0xff, 0xff]] {
        assert!(with(&key, "e", Some(base64(e).into())).is_ok(), "{e:?}");
    }
    // A key that reads and isn't that of the signature.
    let other = with(&key, "n", Some(base64(&modulus(256, 0x80, 1)).into())).expect("reads");
    assert_eq!(other.verify(MESSAGE, &key.sign(MESSAGE).expect("signs")), Err(BadSignature));
}

#[test]
fn rsa_signs_as_openssl_does() {
    // `openssl dgst -sha256 -sign` of this key over these five bytes.
    let begins =
        [0x75, 0xe5, 0x6f, 0x3a, 0x64, 0xda, 0x06, 0xa3, 0xf7, 0x02, 0x95, 0xb4, 0xd0, 0x24, 0xc4, 0xfe];
    let signature = rsa().sign(b"badge").expect("signs");
    assert_eq!(signature[..16], begins);
    let public = rsa().public_key();
    assert_eq!(public.verify(b"badge", &signature), Ok(()));
    assert_eq!(public.verify(b"badge", &[&[0], &signature[..]].concat()), Err(BadSignature));
}

#[test]
fn secret_keys_that_are_none_are_refused() {
    for bytes in [&[][..], &[7; 31], &[7; 33], &[7; 24], &[0; 32], &[0xff; 32]] {
        assert!(P256Secret::from_bytes(bytes).is_err(), "{bytes:?}");
    }
    for bytes in [&[][..], &[7; 47], &[7; 49], &[7; 32], &[0; 48], &[0xff; 48]] {
        assert!(P384Secret::from_bytes(bytes).is_err(), "{bytes:?}");
    }
    for der in [&[][..], &[0x30, 0], b"-----BEGIN PRIVATE KEY-----"] {
        assert!(RsaSecret::from_pkcs8(der).is_err(), "{der:?}");
    }
    for (name, value) in
        [("d", "AQ"), ("p", "Aw"), ("qi", "AQ"), ("n", "AQ"), ("e", "Aw"), ("use", "enc"), ("alg", "ES256")]
    {
        let mut jwk = object(RSA_JWK);
        jwk.insert(name, value);
        assert!(SecretKey::from_jwk(&jwk).is_err(), "{name}");
        jwk.remove(name);
        let needed = !matches!(name, "use" | "alg");
        assert_eq!(SecretKey::from_jwk(&jwk).is_err(), needed, "{name}");
    }
}

#[test]
fn secret_jwks_of_each_kind_sign_if_their_halves_fit() {
    for (key, d) in [(&all()[0], vec![7; 32]), (&p256(), vec![7; 32]), (&p384(), vec![7; 48])] {
        let mut jwk = key.public_key().to_jwk();
        assert_eq!(SecretKey::from_jwk(&jwk).err(), Some(JwkError::NotAKey), "no secret half");
        jwk.insert("d", base64(&d));
        let read = SecretKey::from_jwk(&jwk).expect("reads");
        assert_eq!(read.sign(MESSAGE), key.sign(MESSAGE));
        let other = [&d[1..], &[8]].concat();
        jwk.insert("d", base64(&other));
        assert_eq!(SecretKey::from_jwk(&jwk).err(), Some(JwkError::Key(KeyError::HalvesDiffer)));
        jwk.insert("d", base64(&d[1..]));
        assert_eq!(SecretKey::from_jwk(&jwk).err(), Some(JwkError::Key(KeyError::Length)));
    }
}
