//! Our own documents, signed by keys that only this program has: what fuzzing begins with, and what alone may be valid.

use super::jose::encoded;
use accolade_core::bake;
use accolade_core::did::document::DidDocument;

use accolade_core::did::{self, Did, key};
use accolade_core::jose::{self, TokenOptions};
use accolade_core::json::{self, Object, Value};
use accolade_core::jsonld::{Contexts, canonicalize};
use accolade_core::keys::{P256Secret, SecretKey, SigningKey};
use accolade_core::proof::{self, Link, ProofOptions, Purpose, Suite};
use accolade_core::record::wire::{Request, Response};
use accolade_core::record::{Body, IssuerLog, ListCreate, Profile, SignedRecord, encode_snapshot};
use accolade_core::status::{Bitstring, MIN_ENTRIES, StatusPurpose, VerifiedList, list_credential};
use accolade_core::time::Timestamp;
use accolade_core::verify::{Badge, Documents, Evidence, Needs, Policy, Report, Verdict, check_bytes};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

pub const NOW: &str = "2026-07-01T12:00:00Z";
pub const CHALLENGE: &str = "c0ffee";
pub const DOMAIN: &str = "verifier.example";
pub const NET: &str = "fuzz";
/// An issuer whose document is had.
pub const WEB: &str = "did:web:a.example";
const LIST: &str = "https://node.example/status/7";
const PAUSED: &str = "https://node.example/status/8";
const V2: &str = "https://www.w3.org/ns/credentials/v2";
const OB: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";

pub static CONTEXTS: LazyLock<Contexts> = LazyLock::new(Contexts::pinned);

/// Somebody with a key. 1 is the issuer, 2 the earner, 3 a stranger, 4 who endorses.
pub struct Party {
    pub key: SigningKey,
    pub did: Did,
    pub method: String,
}

pub fn party(seed: u8) -> Party {
    let key = SigningKey::from_seed(&[seed; 32]);
    let public = key.verifying_key();
    Party { did: key::did_of(&public), method: key::verification_method_of(&public), key }
}

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

pub fn object(text: &str) -> Object {
    json::parse(text.as_bytes()).expect("JSON").as_object().expect("an object").clone()
}

impl Party {
    fn options(&self) -> ProofOptions {
        ProofOptions {
            verification_method: self.method.clone(),
            purpose: Purpose::AssertionMethod,
            created: at("2026-07-01T00:00:00Z"),
            expires: None,
            challenge: None,
            domain: None,
        }
    }

    fn sign(&self, document: Object, suite: Suite, link: &Link) -> Object {
        self.sign_as(document, suite, &self.options(), link)
    }

    fn sign_as(&self, document: Object, suite: Suite, options: &ProofOptions, link: &Link) -> Object {
        proof::sign_with(suite, document, &self.key, options, link, &CONTEXTS).expect("signs")
    }

    fn list(&self, url: &str, purpose: StatusPurpose, set: u64) -> Object {
        let mut bits = Bitstring::new(MIN_ENTRIES);
        bits.set(set, true).expect("in range");
        let (made, day) = (at("2026-07-01T11:00:00Z"), Duration::from_secs(24 * 3600));
        let list = list_credential(url, self.did.as_str(), purpose, &bits, made, day);
        self.sign(list, Suite::EddsaRdfc2022, &Link::default())
    }
}

/// A badge of `issuer` for party 2. Place 1 of the list is revoked, place 2 of the other one suspended.
fn badge(issuer: &str, place: u64, until: &str) -> Object {
    object(&format!(
        r#"{{"@context":["{V2}","{OB}"],"id":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-00000000{place:04}",
        "type":["VerifiableCredential","OpenBadgeCredential"],"name":"Cryptography",
        "issuer":{{"id":"{issuer}","type":["Profile"],"name":"Example University"}},
        "validFrom":"2026-06-30T10:00:00Z","validUntil":"{until}",
        "credentialSubject":{{"id":"{earner}","type":["AchievementSubject"],"creditsEarned":3.5,
          "identifier":[{{"type":"IdentityObject","hashed":false,"identityHash":"a@b.example","identityType":"emailAddress"}}],
          "achievement":{{"id":"https://a.example/1","type":["Achievement"],"name":"Cryptography",
            "description":"Designs protocols.","criteria":{{"narrative":"Pass the exam."}},
            "tag":["proofs","ciphers"]}}}},
        "evidence":[{{"id":"https://a.example/exam","type":["Evidence"],"name":"The exam"}}],
        "credentialStatus":[{{"id":"{LIST}#{place}","type":"BitstringStatusListEntry","statusPurpose":"revocation",
          "statusListIndex":"{place}","statusListCredential":"{LIST}"}},
          {{"type":"BitstringStatusListEntry","statusPurpose":"suspension",
          "statusListIndex":"{place}","statusListCredential":"{PAUSED}"}}]}}"#,
        earner = party(2).did,
    ))
}

const LATER: &str = "2036-06-30T10:00:00Z";

fn endorsement() -> Object {
    let document = object(&format!(
        r#"{{"@context":["{V2}","{OB}"],"id":"urn:uuid:0b6e7b9e-0000-4000-8000-000000000009",
        "type":["VerifiableCredential","EndorsementCredential"],"name":"Endorsed",
        "issuer":{{"id":"{}","type":["Profile"]}},"validFrom":"2026-01-01T00:00:00Z",
        "credentialSubject":{{"id":"https://a.example/1","type":["EndorsementSubject"],"endorsementComment":"Good."}}}}"#,
        party(4).did
    ));
    party(4).sign(document, Suite::EddsaRdfc2022, &Link::default())
}

/// A credential that is no badge, with words and blank nodes of its own.
fn plain() -> Object {
    object(&format!(
        r#"{{"@context":["{V2}",{{"knows":"https://a.example/knows","grade":"https://a.example/grade"}}],
        "id":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a12","type":["VerifiableCredential"],"issuer":"{}",
        "name":{{"@value":"Kryptographie","@language":"de"}},
        "validFrom":"2026-06-30T10:00:00Z","validUntil":"{LATER}",
        "credentialSubject":{{"id":"{}","grade":["A",{{"@list":["B","C"]}}],
          "knows":[{{"id":"_:a","knows":{{"id":"_:b"}}}},{{"id":"_:b","grade":6.0}}]}},
        "credentialStatus":{{"type":"BitstringStatusListEntry","statusPurpose":"revocation",
          "statusListIndex":"9","statusListCredential":"{LIST}"}}}}"#,
        party(1).did,
        party(2).did
    ))
}

/// The signed credentials: name and document.
pub static CREDENTIALS: LazyLock<Vec<(&str, Object)>> = LazyLock::new(|| {
    let (issuer, none) = (party(1), Link::default());
    let own = issuer.did.as_str().to_owned();
    let (rdfc, jcs) = (Suite::EddsaRdfc2022, Suite::EddsaJcs2022);
    let first = Link { id: Some("urn:uuid:first".to_owned()), previous: Vec::new() };
    let second = Link { id: None, previous: vec!["urn:uuid:first".to_owned()] };
    let mut endorsed = badge(&own, 7, LATER);
    endorsed.insert("endorsement", vec![Value::from(endorsement())]);
    // The lists are by the did:key.
    let mut of_web_badge = badge(WEB, 10, LATER);
    of_web_badge.remove("credentialStatus");
    let of_web = ProofOptions { verification_method: format!("{WEB}#key"), ..issuer.options() };
    vec![
        ("valid", issuer.sign(badge(&own, 3, LATER), rdfc, &none)),
        ("valid_jcs", issuer.sign(badge(&own, 4, LATER), jcs, &none)),
        ("revoked", issuer.sign(badge(&own, 1, LATER), rdfc, &none)),
        ("suspended", issuer.sign(badge(&own, 2, LATER), rdfc, &none)),
        ("expired", issuer.sign(badge(&own, 5, "2026-07-01T00:00:00Z"), rdfc, &none)),
        ("set", party(3).sign(issuer.sign(badge(&own, 6, LATER), rdfc, &none), jcs, &none)),
        ("chain", issuer.sign(party(3).sign(badge(&own, 8, LATER), rdfc, &first), rdfc, &second)),
        ("endorsed", issuer.sign(endorsed, rdfc, &none)),
        ("plain", issuer.sign(plain(), rdfc, &none)),
        ("web", issuer.sign_as(of_web_badge, rdfc, &of_web, &none)),
    ]
});

/// How the issuer signs.
pub static SAMPLE_OPTIONS: LazyLock<ProofOptions> = LazyLock::new(|| party(1).options());

/// Signed tokens: of both kinds of key, of both data models, and a presentation.
pub static SAMPLE_TOKENS: LazyLock<Vec<(&str, String)>> = LazyLock::new(|| {
    let options = |method: String| TokenOptions {
        verification_method: method,
        issued: at("2026-07-01T00:00:00Z"),
        expires: None,
        nonce: None,
        audience: None,
    };
    let (issuer, earner) = (party(1), party(2));
    let sign = |document: Object, key: &SecretKey, method: String| {
        jose::sign_credential(document, key, &options(method), &CONTEXTS).expect("signs")
    };
    let eddsa =
        sign(badge(issuer.did.as_str(), 3, LATER), &SigningKey::from_seed(&[1; 32]).into(), issuer.method);
    let p256 = SecretKey::P256(P256Secret::from_bytes(&[7; 32]).expect("in range"));
    let method = key::verification_method_of_any(&p256.public_key()).expect("a did:key");
    let mut of_p256 = badge(method.split('#').next().expect("a DID"), 11, LATER);
    of_p256.remove("credentialStatus");
    let es256 = sign(of_p256, &p256, method);
    let envelope = object(&format!(
        r#"{{"@context":"{V2}","id":"data:application/vc+jwt,{eddsa}","type":"EnvelopedVerifiableCredential"}}"#
    ));
    let mut presentation = object(&format!(
        r#"{{"@context":["{V2}"],"type":["VerifiablePresentation"],"holder":"{}"}}"#,
        earner.did
    ));
    presentation.insert("verifiableCredential", vec![Value::from(envelope)]);
    let occasion = TokenOptions {
        nonce: Some(CHALLENGE.to_owned()),
        audience: Some(DOMAIN.to_owned()),
        ..options(earner.method)
    };
    let key = SigningKey::from_seed(&[2; 32]).into();
    let presented = jose::sign_presentation(presentation, &key, &occasion, &CONTEXTS).expect("signs");
    vec![("eddsa", eddsa), ("es256", es256), ("v1", elder_token()), ("presented", presented)]
});

/// A credential of data model 1.1 in the claim `vc`, which leaves to the claims what it may.
fn elder_token() -> String {
    let (issuer, earner) = (party(1), party(2));
    let header = format!(r#"{{"alg":"EdDSA","typ":"JWT","kid":"{}"}}"#, issuer.method);
    let payload = format!(
        r#"{{"iss":"{}","sub":"{}","jti":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a13","nbf":1782813600,"exp":2098439999,
        "vc":{{"@context":["https://www.w3.org/2018/credentials/v1"],"type":["VerifiableCredential"],
        "credentialSubject":{{"type":"https://a.example/Person"}}}}}}"#,
        issuer.did, earner.did
    );
    let signed = format!("{}.{}", encoded(header.as_bytes()), encoded(payload.as_bytes()));
    format!("{signed}.{}", encoded(&issuer.key.sign(signed.as_bytes())))
}

/// A presentation of party 2 with each of the first three credentials.
pub static PRESENTATIONS: LazyLock<Vec<(&str, Object)>> = LazyLock::new(|| {
    let earner = party(2);
    let options = ProofOptions {
        purpose: Purpose::Authentication,
        challenge: Some(CHALLENGE.to_owned()),
        domain: Some(DOMAIN.to_owned()),
        ..earner.options()
    };
    let one = |(name, credential): &(&'static str, Object)| {
        let mut document = object(&format!(
            r#"{{"@context":["{V2}"],"type":["VerifiablePresentation"],"holder":"{}"}}"#,
            earner.did
        ));
        document.insert("verifiableCredential", vec![Value::from(credential.clone())]);
        (*name, earner.sign_as(document, Suite::EddsaRdfc2022, &options, &Link::default()))
    };
    CREDENTIALS[..3].iter().map(one).collect()
});

/// The lists of the issuer as credentials, and one of a stranger under the same URL.
pub static LISTS: LazyLock<Vec<Object>> = LazyLock::new(|| {
    vec![
        party(1).list(LIST, StatusPurpose::Revocation, 1),
        party(1).list(PAUSED, StatusPurpose::Suspension, 2),
        party(3).list(LIST, StatusPurpose::Revocation, 9),
    ]
});

pub static WEB_DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    format!(
        r##"{{"id":"{WEB}","verificationMethod":[{{"id":"{WEB}#key","type":"Multikey","controller":"{WEB}",
        "publicKeyMultibase":"{}"}},{{"id":"#old","type":"Ed25519VerificationKey2020","controller":"{WEB}",
        "publicKeyMultibase":"{}","revoked":"2026-01-01T00:00:00Z"}}],"assertionMethod":["#key","#old"],
        "authentication":["{WEB}#key"]}}"##,
        party(1).key.verifying_key().to_multikey(),
        party(3).key.verifying_key().to_multikey(),
    )
});

/// What a node would have gathered, whatever a document asks for.
pub static EVIDENCE: LazyLock<Evidence> = LazyLock::new(|| {
    let mut evidence = Evidence::default();
    for list in LISTS.iter() {
        let text = Value::Object(list.clone()).to_string();
        let read =
            VerifiedList::from_credential(text.as_bytes(), &Documents::new(), at(NOW), &CONTEXTS, at(NOW));
        let read = Arc::new(read.expect("a list"));
        let held = evidence.lists.entry(read.url().to_owned()).or_insert_with(|| Ok(Vec::new()));
        held.as_mut().expect("lists").push(read);
    }
    let document = DidDocument::parse(WEB_DOCUMENT.as_bytes(), WEB).expect("a document");
    evidence.documents.insert(WEB.to_owned(), Ok(Arc::new(document)));
    evidence
});

pub fn judged(bytes: &[u8]) -> Report {
    check_bytes(bytes, &mut |_: &Needs| EVIDENCE.clone(), &Policy::default(), at(NOW), &CONTEXTS)
}

/// What is known of a document that was really signed.
pub struct Known {
    pub verdict: Verdict,
    pub issuer: Option<String>,
    pub badge: Badge,
}

/// By their canonical statements the credentials that were really signed.
pub static KNOWN: LazyLock<HashMap<String, Known>> = LazyLock::new(|| {
    let known = |(name, document): &(&str, Object)| {
        let report = judged(Value::Object(document.clone()).to_string().as_bytes());
        let badge = report.badge.clone().unwrap_or_else(|| panic!("{name} is not proved: {report:?}"));
        let canonical = canonicalize(document, &["proof"], &CONTEXTS).expect("JSON-LD").nquads;
        (canonical, Known { verdict: report.verdict, issuer: report.issuer, badge })
    };
    let lists = LISTS.iter().map(|list| ("a list", list.clone()));
    let others: Vec<_> = lists.chain([("an endorsement", endorsement())]).collect();
    CREDENTIALS.iter().chain(&others).map(known).collect()
});

/// The records of an issuer's log.
pub static RECORDS: LazyLock<Vec<SignedRecord>> = LazyLock::new(|| {
    let Party { key, did, .. } = party(1);
    let (now, day) = (at("2026-07-01T11:00:00Z"), Duration::from_secs(24 * 3600));
    let mut log = IssuerLog::open(NET, did.clone(), []).expect("an empty log");
    let json = format!(r#"{{"id":"{did}","type":["Profile"],"name":"Example Guild"}}"#);
    let profile =
        log.profile(Profile::new(json.into_bytes()).expect("a profile"), &key, now).expect("a record");
    let purpose = StatusPurpose::Revocation;
    let create = ListCreate { list: 0, url: LIST.to_owned(), purpose, entries: MIN_ENTRIES as u64 };
    let create = log.list_create(create, &key, now).expect("a record");
    let word = log.status(&[(0, vec![1, 5, 99_999], vec![])], 0, day, &key, now).expect("a record");
    let (snapshot, _) = log.snapshot(0, &key, now).expect("a record");
    assert!(matches!(snapshot.body(), Body::Snapshot(_)));
    vec![profile, create, word, snapshot]
});

/// What fuzzing begins with: target, name, bytes.
pub fn seeds() -> Vec<(&'static str, String, Vec<u8>)> {
    let mut seeds: Vec<(&str, String, Vec<u8>)> = Vec::new();
    let earner = party(2).method;
    let text = |object: &Object| Value::Object(object.clone()).to_string().into_bytes();
    for (at, (name, document)) in CREDENTIALS.iter().enumerate() {
        seeds.push(("credential", (*name).to_owned(), text(document)));
        seeds.push(("edited", (*name).to_owned(), vec![at as u8, 13, 9, 3]));
    }
    for (at, (name, document)) in PRESENTATIONS.iter().enumerate() {
        seeds.push(("presentation", (*name).to_owned(), text(document)));
        seeds.push(("edited_presentation", (*name).to_owned(), vec![at as u8, 13, 9, 3]));
    }
    for (at, (name, token)) in SAMPLE_TOKENS.iter().enumerate() {
        seeds.push(("jose", (*name).to_owned(), token.as_bytes().to_vec()));
        seeds.push(("edited_token", (*name).to_owned(), vec![at as u8, 0, 13, 9]));
        seeds.push(("signed", (*name).to_owned(), vec![at as u8, 8, 13, 9, 3]));
    }
    for (at, list) in LISTS.iter().enumerate() {
        seeds.push(("status_list", format!("list_{at}"), text(list)));
    }
    for (at, record) in RECORDS.iter().enumerate() {
        seeds.push(("wire", format!("record_{at}"), record.bytes().to_vec()));
    }
    let records = RECORDS.iter().map(|record| record.bytes().to_vec()).collect();
    seeds.push(("wire", "answer".to_owned(), Response::Records(records).encode()));
    let issuer = party(1).did;
    let range = Request::Range { issuer, epoch: 0, from_seq: 1, max: 9 };
    seeds.push(("wire", "range".to_owned(), range.encode()));
    seeds.push(("wire", "snapshot".to_owned(), encode_snapshot(MIN_ENTRIES as u64, &[1, 5, 99_999])));
    let mut bits = Bitstring::new(MIN_ENTRIES);
    bits.set(4_711, true).expect("in range");
    seeds.push(("bitstring", "one".to_owned(), bits.encode().into_bytes()));
    seeds.push(("document", "web".to_owned(), WEB_DOCUMENT.as_bytes().to_vec()));
    let named = WEB_DOCUMENT.replace(WEB, "https://b.example/people/1");
    seeds.push(("document", "url".to_owned(), format!("https://b.example/people/1\n{named}").into_bytes()));
    let jwk = did::jwk::did_of(party(1).key.verifying_key());
    let names =
        [earner.as_str(), jwk.as_str(), "did:web:a.example%3A8443:people:1", "https://a.example:8443/x"];
    for (at, name) in names.into_iter().enumerate() {
        seeds.push(("did", format!("did_{at}"), name.as_bytes().to_vec()));
    }
    seeds.push(("json_ld", "plain".to_owned(), text(&plain())));
    seeds.push(("json_ld", "badge".to_owned(), text(&badge(party(1).did.as_str(), 3, LATER))));
    seeds.push((
        "parse",
        "numbers".to_owned(),
        br#"[0,-0,1.5e3,9007199254740991,5e-324,"\ud83d\ude00\u0000"]"#.to_vec(),
    ));
    seeds.push(("parse", "plain".to_owned(), text(&plain())));
    let badge = text(&CREDENTIALS[0].1);
    seeds.push(("svg", "plain".to_owned(), SVG.as_bytes().to_vec()));
    seeds.push(("svg", "baked".to_owned(), bake::svg(SVG.as_bytes(), &badge).expect("bakes")));
    seeds.push(("png", "pixel".to_owned(), PIXEL.to_vec()));
    seeds.push(("png", "baked".to_owned(), bake::png(PIXEL, &badge).expect("bakes")));
    seeds
}

const SVG: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a medal --><svg xmlns=\"http://www.w3.org/2000/svg\" \
    viewBox=\"0 0 1 1\"><title>A &amp; B</title><g><rect width='1' height=\"1\"/></g></svg>";

/// A PNG of one pixel.
const PIXEL: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\0\0\0\nIDATx\xdac`\0\0\0\x02\0\x01\xe5'\xde\xfc\0\0\0\0IEND\xaeB`\x82";
