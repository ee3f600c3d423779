//! Badges and presentations in signed tokens (JWT).

use crate::parties::{CHALLENGE, DOMAIN, V2, at, badge, object, party, presentation, value, with};
use crate::refused;
use crate::trial::Trial;
use accolade_core::json::{Object, Value};
use accolade_core::keys::SigningKey;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

refused! {
    alg_none, "a token with `alg` `none`, signed or not", Malformed, "token_unsigned", |t| {
        for name in ["none", "None", "NONE", "nOnE"] {
            headers(t, &[("/alg", &format!("\"{name}\""))]);
            let header = with(&header(), "/alg", &format!("\"{name}\""));
            t.bad_bytes("without signature", format!("{}.{}.", part(&header), part(&payload())).as_bytes());
        }
    };
    alg_missing, "a token without `alg`, or with one that is no text", Malformed, "token_header_invalid",
        |t| headers(t, &[("/alg", ""), ("/alg", "null"), ("/alg", "7"), ("/alg", "[\"EdDSA\"]")]);
    alg_with_a_shared_secret, "a token whose `alg` needs no key but what everybody knows", Malformed, "token_shared_secret",
        |t| headers(t, &[("/alg", "\"HS256\""), ("/alg", "\"hs512\"")]);
    alg_unknown, "a token of an algorithm that we don't have", Unsupported, "token_algorithm_unsupported",
        |t| headers(t, &[("/alg", "\"ES256K\""), ("/alg", "\"eddsa\""), ("/alg", "\"\"")]);
    alg_of_another_key, "a token whose `alg` is not that of the issuer's key", Forged, "token_algorithm_other",
        |t| headers(t, &[("/alg", "\"ES256\""), ("/alg", "\"ES384\""), ("/alg", "\"RS256\"")]);
    crit_unknown, "a token with an extension that must be understood (`crit`)", Malformed, "token_crit_unknown",
        |t| headers(t, &[("/crit", "[\"exp\"]"), ("/crit", "[\"b64\"]"), ("/crit", "[]"), ("/crit", "null")]);
    payload_not_encoded, "a token whose payload is not encoded (`b64`)", Malformed, "token_not_encoded",
        |t| headers(t, &[("/b64", "false"), ("/b64", "null")]);
    typ_another, "a token of another `typ`", Malformed, "token_type_other", |t| {
        // These, and none, are those of a badge.
        for typ in ["\"vc+jwt\"", "\"JWT\"", "\"vc-ld+jwt\"", ""] {
            t.good_bytes(token(&with(&header(), "/typ", typ), &payload(), &party(1).key).as_bytes());
        }
        headers(t, &[("/typ", "\"vp+jwt\""), ("/typ", "\"at+jwt\""), ("/typ", "\"statuslist+jwt\""), ("/typ", "\"\"")]);
    };
    typ_of_another_kind, "a token whose `typ` is no text", Malformed, "token_header_invalid",
        |t| headers(t, &[("/typ", "7"), ("/typ", "null"), ("/typ", "[\"vc+jwt\"]")]);
    content_another, "a token whose `cty` is not a badge's", Malformed, "token_content_other",
        |t| headers(t, &[("/cty", "\"vp\""), ("/cty", "\"JWT\""), ("/cty", "\"text/plain\"")]);
    header_jwk_with_its_secret, "a token with a secret key (`d`) in its header", Malformed, "token_secret_key", |t| {
        let jwk = jwk(&party(1).key);
        let secret = with(&jwk, "/d", "\"AA\"").to_text();
        headers(t, &[("/jwk", &secret), ("/jwk", r#"{"kty":"oct","k":"AA"}"#), ("/jwk", r#"{"kty":"RSA","d":null}"#)]);
    };
    header_jwk_of_another, "a token with a key in its header that is not the issuer's", Forged, "token_key_other", |t| {
        let own = with(&header(), "/jwk", &jwk(&party(1).key).to_text());
        t.good_bytes(token(&own, &payload(), &party(1).key).as_bytes());
        let thief = with(&header(), "/jwk", &jwk(&party(3).key).to_text());
        t.bad_bytes("signed by that key", token(&thief, &payload(), &party(3).key).as_bytes());
        t.bad_bytes("signed by the issuer", token(&thief, &payload(), &party(1).key).as_bytes());
    };
    header_x5c_of_another, "a token that brings certificates along, and is signed by their key", Forged, "proof_signature_wrong",
        |t| {
            let header = with(&header(), "/x5c", "[\"MIIB\"]");
            t.good_bytes(token(&header, &payload(), &party(1).key).as_bytes());
            t.bad_bytes("signed by another", token(&header, &payload(), &party(3).key).as_bytes());
        };
    key_at_an_address, "a token whose key is said to lie somewhere on the web", Unsupported, "key_address_unsupported",
        |t| headers(t, &[("/kid", "\"https://b.example/key.json\"")]);
    kid_of_another, "a token that somebody else signed by his own name", Forged, "controller_not_issuer", |t| {
        t.good_bytes(good().as_bytes());
        let header = with(&header(), "/kid", &format!("\"{}\"", party(3).method));
        t.bad_bytes("his own key", token(&header, &payload(), &party(3).key).as_bytes());
        t.bad_bytes("the issuer's key", token(&header, &payload(), &party(1).key).as_bytes());
    };
    signature_wrong, "a token whose signature doesn't fit", Forged, "proof_signature_wrong", |t| {
        let good = good();
        t.good_bytes(good.as_bytes());
        let (signed, signature) = good.rsplit_once('.').expect("three parts");
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        bytes[7] ^= 1;
        t.bad_bytes("changed", format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(&bytes)).as_bytes());
        t.bad_bytes("cut", format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(&bytes[..63])).as_bytes());
        t.bad_bytes("by another", token(&header(), &payload(), &party(3).key).as_bytes());
    };
    payload_tampered, "a token whose badge was changed", Forged, "proof_signature_wrong", |t| {
        let good = good();
        t.good_bytes(good.as_bytes());
        let parts: Vec<&str> = good.split('.').collect();
        for (pointer, json) in [("/name", "\"Rocketry\""), ("/credentialStatus", ""), ("/evidence", "")] {
            let payload = part(&with(&payload(), pointer, json));
            t.bad_bytes(pointer, format!("{}.{payload}.{}", parts[0], parts[2]).as_bytes());
        }
        let header = part(&with(&header(), "/typ", "\"JWT\""));
        t.bad_bytes("header", format!("{header}.{}.{}", parts[1], parts[2]).as_bytes());
    };
    parts_missing, "a token of fewer or more parts than three, or without signature", Malformed, "token_malformed", |t| {
        let good = good();
        t.good_bytes(good.as_bytes());
        let (signed, _) = good.rsplit_once('.').expect("three parts");
        for bad in [signed.to_owned(), format!("{signed}."), format!("{good}.AA"), format!("{good}.AA.AA.AA")] {
            t.bad_bytes("parts", bad.as_bytes());
        }
    };
    base64_in_another_spelling, "a token in padded or other base64", Malformed, "token_malformed", |t| {
        let good = good();
        t.good_bytes(good.as_bytes());
        t.bad_bytes("padded", format!("{good}==").as_bytes());
        t.bad_bytes("a line break", good.replacen('.', ".\n", 1).as_bytes());
        // Of the last letter of 64 bytes only two bits count.
        let (all, last) = good.split_at(good.len() - 1);
        let next = char::from(last.as_bytes()[0] + 1);
        t.bad_bytes("bits that stand for nothing", format!("{all}{next}").as_bytes());
    };
    duplicate_key, "a token with a key that stands twice in it", Malformed, "token_not_json", |t| {
        t.good_bytes(good().as_bytes());
        let twice = |text: String| text.replacen('{', r#"{"alg":"none","iss":"did:example:a","alg":"EdDSA","iss":"x","#, 1);
        let (header, payload) = (header().to_text(), payload().to_text());
        t.bad_bytes("header", signed_text(&twice(header.clone()), &payload, &party(1).key).as_bytes());
        t.bad_bytes("payload", signed_text(&header, &twice(payload), &party(1).key).as_bytes());
    };
    encrypted, "a token that is encrypted", Unsupported, "token_encrypted",
        |t| { t.good_bytes(good().as_bytes()); t.bad_bytes("five parts", format!("{}.AA.AA", good()).as_bytes()); };
    selective_disclosure, "a token of selective disclosure", Unsupported, "sd_jwt_unsupported", |t| {
        claims(t, &[("/_sd_alg", "\"sha-256\""), ("/credentialSubject/_sd", "[\"AA\"]")]);
        t.bad_bytes("with disclosures", format!("{}~WyJhIl0~", good()).as_bytes());
    };

    vc_claim, "a token of data model 2.0 with the claim `vc`", Malformed, "vc_claim",
        |t| { claims(t, &[("/vc", "{}"), ("/vc", "null")]);
            let inside = Object::from([("iss", party(1).did.as_str().into()), ("vc", badge().into())]);
            t.bad_bytes("the badge within", token(&header(), &inside, &party(1).key).as_bytes()); };
    vp_claim, "a token of data model 2.0 with the claim `vp`", Malformed, "vc_claim", |t| claims(t, &[("/vp", "{}"), ("/vp", "null")]);
    iss_contradicts, "a token whose `iss` is not the issuer", Malformed, "claim_differs",
        |t| claims(t, &[("/iss", &format!("\"{}\"", party(3).did)), ("/iss", "\"https://b.example/\"")]);
    jti_contradicts, "a token whose `jti` is not the badge's id", Malformed, "claim_differs", |t| claims(t, &[("/jti", "\"urn:uuid:other\"")]);
    sub_contradicts, "a token whose `sub` is not the subject", Malformed, "claim_differs",
        |t| claims(t, &[("/sub", &format!("\"{}\"", party(3).did))]);
    nbf_contradicts, "a token whose `nbf` is not the badge's beginning", Malformed, "claim_differs",
        |t| claims(t, &[("/nbf", &(seconds("2026-06-30T10:00:00Z") - 1).to_string()), ("/nbf", "0")]);
    exp_contradicts, "a token whose `exp` is not the badge's end", Malformed, "claim_differs",
        |t| claims(t, &[("/exp", &(seconds("2036-06-30T10:00:00Z") + 1).to_string()), ("/exp", &seconds("2046-06-30T10:00:00Z").to_string())]);
    header_claim_contradicts, "a token whose header says something else than its payload", Malformed, "claim_differs",
        |t| headers(t, &[("/iss", &format!("\"{}\"", party(3).did)), ("/sub", "\"did:example:a\""), ("/aud", "\"a.example\"")]);
    claim_of_another_kind, "a claim that is not of its form", Malformed, "claim_invalid",
        |t| { for name in ["iss", "sub", "jti"] { claims(t, &[(&format!("/{name}"), "7"), (&format!("/{name}"), "null"), (&format!("/{name}"), "[\"a\"]")]); }
            for name in ["nbf", "exp", "iat"] { claims(t, &[(&format!("/{name}"), "\"soon\""), (&format!("/{name}"), "null"), (&format!("/{name}"), "1e12")]); } };
    term_undefined, "a member that no context defines, in a token", Malformed, "undefined_term",
        |t| claims(t, &[("/grade", "\"A\""), ("/credentialSubject/grade", "\"A\"")]);
    token_expired, "a token past its own `exp`", Expired, "proof_expired", |t| {
        let endless = with(&payload(), "/validUntil", "");
        let ends = |time: &str| token(&header(), &with(&endless, "/exp", &seconds(time).to_string()), &party(1).key);
        t.good_bytes(ends("2026-07-02T00:00:00Z").as_bytes());
        t.bad_bytes("over", ends("2026-07-01T11:59:59Z").as_bytes());
    };

    presentation_with_one_bad_member, "a presentation of which one badge was changed", Forged, "proof_signature_wrong", |t| {
        let good = good();
        let mut parts: Vec<String> = good.split('.').map(str::to_owned).collect();
        parts[1] = part(&with(&payload(), "/name", "\"Rocketry\""));
        presented(t, &[&good, &good], &[&good, &parts.join(".")]);
    };
    presentation_for_another_audience, "a presented token that is meant for somebody else", Forged, "domain_mismatch",
        |t| occasions(t, &[("/aud", "\"another.example\""), ("/aud", "")]);
    presentation_for_another_occasion, "a presented token with another nonce", Forged, "challenge_mismatch",
        |t| occasions(t, &[("/nonce", "\"another\""), ("/nonce", "")]);
    envelope_says_more, "an envelope that says something beside its token", Malformed, "enveloped_member", |t| {
        let good = enveloping(&envelope(&good()));
        t.good_presentation_text(&present(&good));
        let more = with(&good, "/verifiableCredential/0/name", "\"Rocketry\"");
        t.bad_presentation_text("a name", &present(&more));
    };
    envelope_of_another_type, "an envelope of something that we don't read", Unsupported, "enveloped_type_unsupported", |t| {
        t.good_presentation_text(&present(&enveloping(&envelope(&good()))));
        let other = envelope(&good()).replace("vc+jwt", "vc+cose");
        t.bad_presentation_text("COSE", &present(&enveloping(&other)));
    };
}

trait Text {
    fn to_text(&self) -> String;
}

impl Text for Object {
    fn to_text(&self) -> String {
        Value::Object(self.clone()).to_string()
    }
}

fn seconds(time: &str) -> i64 {
    at(time).as_millis() / 1000
}

pub(crate) fn header() -> Object {
    object(&format!(r#"{{"alg":"EdDSA","typ":"vc+jwt","cty":"vc","kid":"{}"}}"#, party(1).method))
}

/// The badge, and the claims of Open Badges.
pub(crate) fn payload() -> Object {
    let mut payload = badge();
    for (name, json) in [
        ("iss", format!("\"{}\"", party(1).did)),
        ("sub", format!("\"{}\"", party(2).did)),
        ("jti", payload.get("id").expect("an id").to_string()),
        ("nbf", seconds("2026-06-30T10:00:00Z").to_string()),
        ("exp", seconds("2036-06-30T10:00:00Z").to_string()),
        ("iat", seconds("2026-07-01T00:00:00Z").to_string()),
    ] {
        payload.insert(name, value(&json));
    }
    payload
}

fn part(object: &Object) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(object.to_text())
}

/// Signs whatever it is: the signature is always right.
pub(crate) fn token(header: &Object, payload: &Object, key: &SigningKey) -> String {
    signed_text(&header.to_text(), &payload.to_text(), key)
}

fn signed_text(header: &str, payload: &str, key: &SigningKey) -> String {
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let signed = format!("{}.{}", encode(header), encode(payload));
    format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes())))
}

fn good() -> String {
    token(&header(), &payload(), &party(1).key)
}

fn jwk(key: &SigningKey) -> Object {
    let x = BASE64_URL_SAFE_NO_PAD.encode(key.verifying_key().to_bytes());
    object(&format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#))
}

/// The issuer's header says each of these things, and is signed so.
fn headers(t: &mut Trial, changes: &[(&str, &str)]) {
    t.good_bytes(good().as_bytes());
    for (pointer, json) in changes {
        let token = token(&with(&header(), pointer, json), &payload(), &party(1).key);
        t.bad_bytes(&format!("header {pointer} {json}"), token.as_bytes());
    }
}

/// The issuer's payload says each of these things, and is signed so.
fn claims(t: &mut Trial, changes: &[(&str, &str)]) {
    t.good_bytes(good().as_bytes());
    for (pointer, json) in changes {
        let token = token(&header(), &with(&payload(), pointer, json), &party(1).key);
        t.bad_bytes(&format!("claim {pointer} {json}"), token.as_bytes());
    }
}

fn envelope(token: &str) -> String {
    format!(
        r#"{{"@context":"{V2}","id":"data:application/vc+jwt,{token}","type":"EnvelopedVerifiableCredential"}}"#
    )
}

/// The payload of a presentation with one envelope.
fn enveloping(envelope: &str) -> Object {
    let mut payload = presentation(&[]);
    payload.insert("verifiableCredential", vec![value(envelope)]);
    payload.insert("iss", party(2).did.as_str());
    payload.insert("aud", DOMAIN);
    payload.insert("nonce", CHALLENGE);
    payload
}

/// The earner's token of a presentation.
fn present(payload: &Object) -> String {
    let header = object(&format!(r#"{{"alg":"EdDSA","typ":"vp+jwt","kid":"{}"}}"#, party(2).method));
    token(&header, payload, &party(2).key)
}

fn presented(t: &mut Trial, good: &[&str], bad: &[&str]) {
    let of = |tokens: &[&str]| {
        let envelopes: Vec<Value> = tokens.iter().map(|token| value(&envelope(token))).collect();
        let mut payload = enveloping(&envelope(tokens[0]));
        payload.insert("verifiableCredential", envelopes);
        present(&payload)
    };
    t.good_presentation_text(&of(good));
    t.bad_presentation_text("one is bad", &of(bad));
}

fn occasions(t: &mut Trial, changes: &[(&str, &str)]) {
    let good = enveloping(&envelope(&good()));
    t.good_presentation_text(&present(&good));
    for (pointer, json) in changes {
        t.bad_presentation_text(&format!("{pointer} {json}"), &present(&with(&good, pointer, json)));
    }
}
