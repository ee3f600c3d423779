//! Who takes part, and what they sign: an issuer, an earner, others; badges, lists, presentations.

use accolade_core::did::{Did, key};
use accolade_core::json::{self, Object, Value, jcs};
use accolade_core::jsonld::Contexts;
use accolade_core::keys::SigningKey;
use accolade_core::proof::{self, ProofOptions, Purpose};
use accolade_core::status::{Bitstring, MIN_ENTRIES, StatusPurpose, list_credential};
use accolade_core::time::Timestamp;
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;
use std::time::Duration;

pub(crate) const V2: &str = "https://www.w3.org/ns/credentials/v2";
pub(crate) const OB: &str = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json";
pub(crate) const EXTENSIONS: &str = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json";
pub(crate) const SCHEMA: &str =
    "https://purl.imsglobal.org/spec/ob/v3p0/schema/json-ld/ob_v3p0_achievementcredential_schema.json";
pub(crate) const LIST: &str = "https://node.example/status/7";
/// The place of [`badge`] in [`LIST`].
pub(crate) const PLACE: u64 = 4711;
pub(crate) const NOW: &str = "2026-07-01T12:00:00Z";
pub(crate) const CHALLENGE: &str = "c0ffee";
pub(crate) const DOMAIN: &str = "verifier.example";

pub(crate) static CONTEXTS: LazyLock<Contexts> = LazyLock::new(Contexts::pinned);

/// Somebody with a key. 1 is the issuer, 2 the earner, 3 a stranger, 4 who endorses.
pub(crate) struct Party {
    pub(crate) key: SigningKey,
    pub(crate) did: Did,
    pub(crate) method: String,
}

pub(crate) fn party(seed: u8) -> Party {
    let key = SigningKey::from_seed(&[seed; 32]);
    let public = key.verifying_key();
    Party { did: key::did_of(&public), method: key::verification_method_of(&public), key }
}

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect(text)
}

pub(crate) fn value(text: &str) -> Value {
    json::parse(text.as_bytes()).expect(text)
}

pub(crate) fn object(text: &str) -> Object {
    value(text).as_object().expect(text).clone()
}

/// The document with `json` at `pointer`; without the member if `json` is empty.
pub(crate) fn with(document: &Object, pointer: &str, json: &str) -> Object {
    let keys: Vec<String> =
        pointer.split('/').skip(1).map(|key| key.replace("~1", "/").replace("~0", "~")).collect();
    let changed = changed(&Value::Object(document.clone()), &keys, json, pointer);
    changed.as_object().expect("still an object").clone()
}

fn changed(value: &Value, keys: &[String], json: &str, pointer: &str) -> Value {
    let Some((key, rest)) = keys.split_first() else { return self::value(json) };
    match value {
        Value::Array(items) => {
            let mut items = items.clone();
            let at: usize = key.parse().expect(pointer);
            match (rest, json) {
                ([], "") => drop(items.remove(at)),
                ([], json) if at == items.len() => items.push(self::value(json)),
                _ => items[at] = changed(&items[at], rest, json, pointer),
            }
            items.into()
        }
        Value::Object(object) => {
            let mut object = object.clone();
            if rest.is_empty() && json.is_empty() {
                object.remove(key).expect(pointer);
            } else {
                let inner = match rest {
                    [] => self::value(json),
                    rest => changed(object.get(key).expect(pointer), rest, json, pointer),
                };
                object.insert(key.as_str(), inner);
            }
            object.into()
        }
        _ => panic!("{pointer} leads nowhere"),
    }
}

impl Party {
    pub(crate) fn options(&self) -> ProofOptions {
        ProofOptions {
            verification_method: self.method.clone(),
            purpose: Purpose::AssertionMethod,
            created: at("2026-07-01T00:00:00Z"),
            expires: None,
            challenge: None,
            domain: None,
        }
    }

    /// Signs by eddsa-rdfc-2022, as a node does.
    pub(crate) fn sign(&self, document: &Object) -> Object {
        proof::sign(document.clone(), &self.key, &self.options(), &CONTEXTS).expect("signs")
    }

    /// The proof of one who signs by eddsa-jcs-2022 whatever it is, before it is signed.
    pub(crate) fn unsigned_proof(&self) -> Object {
        Object::from([
            ("type", "DataIntegrityProof".into()),
            ("cryptosuite", "eddsa-jcs-2022".into()),
            ("created", "2026-07-01T00:00:00Z".into()),
            ("verificationMethod", self.method.as_str().into()),
            ("proofPurpose", "assertionMethod".into()),
        ])
    }

    /// Signs the text as it is, and looks at nothing: the signature is always right.
    pub(crate) fn sign_anything(&self, document: &Object) -> Object {
        self.sign_with(document, self.unsigned_proof())
    }

    /// The same with a proof that says what it likes.
    pub(crate) fn sign_with(&self, document: &Object, mut proof: Object) -> Object {
        let hash = |object: &Object| Sha256::digest(jcs::canonical_object(object).as_bytes());
        let message = [hash(&proof), hash(document)].concat();
        let signature = self.key.sign(&message);
        proof.insert("proofValue", format!("z{}", bs58::encode(signature).into_string()));
        let mut document = document.clone();
        document.insert("proof", proof);
        document
    }

    /// A status list of an hour ago, unsigned.
    pub(crate) fn list(&self, url: &str, set: &[u64]) -> Object {
        let mut bits = Bitstring::new(MIN_ENTRIES);
        for index in set {
            bits.set(*index, true).expect("in range");
        }
        let (made, day) = (at("2026-07-01T11:00:00Z"), Duration::from_secs(24 * 3600));
        list_credential(url, self.did.as_str(), StatusPurpose::Revocation, &bits, made, day)
    }
}

/// An unsigned badge of party 1 for party 2, with something in every place that Open Badges has rules for.
pub(crate) fn badge() -> Object {
    let (issuer, earner) = (party(1).did, party(2).did);
    object(&format!(
        r#"{{"@context":["{V2}","{OB}"],
        "id":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a11","type":["VerifiableCredential","OpenBadgeCredential"],
        "name":"Cryptography","description":"Protocols and proofs.",
        "issuer":{{"id":"{issuer}","type":["Profile"],"name":"Example University",
          "parentOrg":{{"id":"https://parent.example/","type":["Profile"],"name":"Parent"}},
          "otherIdentifier":[{{"type":"IdentifierEntry","identifier":"12","identifierType":"identifier"}}]}},
        "validFrom":"2026-06-30T10:00:00Z","validUntil":"2036-06-30T10:00:00Z",
        "credentialSubject":{{"id":"{earner}","type":["AchievementSubject"],"creditsEarned":3.5,
          "identifier":[{{"type":"IdentityObject","hashed":false,"identityHash":"a@b.example","identityType":"emailAddress"}}],
          "achievement":{{"id":"https://a.example/1","type":["Achievement"],"name":"Cryptography",
            "description":"Designs protocols.","criteria":{{"narrative":"Pass the exam."}},
            "creator":{{"id":"https://a.example/","type":["Profile"]}},
            "resultDescription":[{{"id":"urn:uuid:0b6e7b9e-0000-4000-8000-000000000001","type":["ResultDescription"],
              "name":"Grade","resultType":"GradePointAverage"}}]}},
          "result":[{{"type":["Result"],"resultDescription":"urn:uuid:0b6e7b9e-0000-4000-8000-000000000001","value":"1.0"}}]}},
        "evidence":[{{"id":"https://a.example/exam","type":["Evidence"],"name":"The exam"}}],
        "credentialStatus":{{"id":"{LIST}#{PLACE}","type":"BitstringStatusListEntry","statusPurpose":"revocation",
          "statusListIndex":"{PLACE}","statusListCredential":"{LIST}"}}}}"#
    ))
}

/// An unsigned credential that is no badge, with what the data model has beside.
pub(crate) fn credential() -> Object {
    let (issuer, earner) = (party(1).did, party(2).did);
    object(&format!(
        r#"{{"@context":["{V2}","{OB}","{EXTENSIONS}",{{"knows":"https://a.example/knows","grade":"https://a.example/grade",
          "homepage":{{"@id":"https://a.example/homepage","@type":"@id"}}}}],
        "id":"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-2f1f8b0b7a12","type":["VerifiableCredential"],"issuer":"{issuer}",
        "credentialSubject":{{"id":"{earner}","knows":{{"id":"https://b.example/","grade":"A"}},
          "homepage":"https://a.example/me"}},
        "refreshService":{{"id":"https://a.example/refresh","type":"1EdTechCredentialRefresh"}},
        "termsOfUse":{{"id":"https://a.example/terms","type":"https://a.example/Terms"}},
        "relatedResource":[
          {{"id":"https://a.example/rules.pdf","digestSRI":"sha384-{}"}},
          {{"id":"{V2}","digestMultibase":"u{}"}}]}}"#,
        "A".repeat(64),
        sri_of_v2_in_base64url(),
    ))
}

/// The bare SHA-256 of the pinned base context, without its multibase prefix.
fn sri_of_v2_in_base64url() -> String {
    use base64::Engine as _;
    let file = accolade_schemas::context(V2).expect("pinned").bytes;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(file))
}

/// An unsigned presentation of these credentials by party 2.
pub(crate) fn presentation(credentials: &[Object]) -> Object {
    let credentials: Vec<Value> = credentials.iter().cloned().map(Value::from).collect();
    let mut presentation = object(&format!(
        r#"{{"@context":["{V2}"],"type":["VerifiablePresentation"],"holder":"{}"}}"#,
        party(2).did
    ));
    presentation.insert("verifiableCredential", credentials);
    presentation
}

/// The proof by which party 2 answers, before it is signed.
pub(crate) fn answer() -> Object {
    let mut proof = party(2).unsigned_proof();
    proof.insert("proofPurpose", "authentication");
    proof.insert("challenge", CHALLENGE);
    proof.insert("domain", DOMAIN);
    proof
}

/// An unsigned endorsement of `subject` by party 4.
pub(crate) fn endorsement(subject: &str) -> Object {
    object(&format!(
        r#"{{"@context":["{V2}","{OB}"],"id":"urn:uuid:0b6e7b9e-0000-4000-8000-000000000009",
        "type":["VerifiableCredential","EndorsementCredential"],"name":"Endorsed",
        "issuer":{{"id":"{}","type":["Profile"]}},"validFrom":"2026-01-01T00:00:00Z",
        "credentialSubject":{{"id":"{subject}","type":["EndorsementSubject"],"endorsementComment":"Good."}}}}"#,
        party(4).did
    ))
}
