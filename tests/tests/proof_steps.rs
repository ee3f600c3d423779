//! The vectors of vc-di-eddsa and vc-di-ecdsa step by step, suite by suite: every file of their folders is read, and what
//! it prints comes out of ours.

use accolade_core::did;
use accolade_core::json::{self, Object, Value, jcs};
use accolade_core::jsonld::{Contexts, Hash, JsonLdError, canonicalize};
use accolade_core::keys::{P256Secret, P384Secret, PublicKey, SecretKey, SigningKey};
use accolade_core::proof::{
    Link, ProofError, ProofOptions, Purpose, Suite, parse_proofs, sign_with, verify_proofs,
};
use accolade_core::time::Timestamp;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "https://www.w3.org/ns/credentials/examples/v2";

/// A suite's folder: its name, what its files' names end in, the suite, and the pair of keys beside it.
type Folder = (&'static str, &'static str, Suite, &'static str);

const EDDSA: [Folder; 3] = [
    ("eddsa-rdfc-2022", "DataInt", Suite::EddsaRdfc2022, "keyPair.json"),
    ("eddsa-jcs-2022", "JCS", Suite::EddsaJcs2022, "keyPair.json"),
    ("Ed25519Signature2020", "EdSig", Suite::Ed25519Signature2020, "keyPair.json"),
];
const ECDSA: [Folder; 2] = [
    ("ecdsa-rdfc-2019-p256", "ECDSAP256", Suite::EcdsaRdfc2019, "p256KeyPair.json"),
    ("ecdsa-jcs-2019-p256", "JCSECDSAP256", Suite::EcdsaJcs2019, "p256KeyPair.json"),
];

/// A folder of the vectors, and which of its files were read.
struct Files {
    folder: PathBuf,
    read: BTreeSet<String>,
    contexts: Contexts,
}

impl Files {
    fn of(name: &str) -> Option<Self> {
        let vectors = accolade_tests::vectors(&format!("the steps of {name}"))?;
        let context = std::fs::read(vectors.join("contexts/vc-data-model/credentials_examples_v2.jsonld"));
        let contexts = Contexts::pinned().with(EXAMPLES, &context.expect("the context")).expect("compiles");
        Some(Self { folder: vectors.join(name), read: BTreeSet::new(), contexts })
    }

    fn text(&mut self, name: &str) -> String {
        self.read.insert(name.to_owned());
        let path = self.folder.join(name);
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        text.trim_end().to_owned()
    }

    fn object(&mut self, name: &str) -> Object {
        json::parse(self.text(name).as_bytes()).expect(name).as_object().expect(name).clone()
    }

    fn unread(&self) -> Vec<String> {
        let mut all = BTreeSet::new();
        list(&self.folder, "", &mut all);
        all.difference(&self.read).cloned().collect()
    }

    /// Every printed step of a suite, up to the signature.
    fn check_suite(&mut self, (name, end, suite, pair): Folder) {
        let file = |step: &str, kind: &str| format!("{name}/{step}{end}.{kind}");
        let signed = self.object(&file("signed", "json"));
        let config = self.object(&file("proofConfig", "json"));
        let mut unsigned = signed.clone();
        unsigned.remove("proof");
        let canonical = |object: &Object| match suite.signs_text() {
            true => jcs::canonical_object(object),
            false => canonicalize(object, &[], &self.contexts).expect(name).nquads,
        };
        let (document, options) = (canonical(&unsigned), canonical(&config));
        let hash = |text: &str| Hash::Sha256.digest(text.as_bytes());
        let message = [hash(&options), hash(&document)].concat();
        assert_eq!(document.trim_end(), self.text(&file("canonDoc", "txt")), "{name}");
        assert_eq!(options.trim_end(), self.text(&file("proofCanon", "txt")), "{name}");
        assert_eq!(hex(&hash(&document)), self.text(&file("docHash", "txt")), "{name}");
        assert_eq!(hex(&hash(&options)), self.text(&file("proofHash", "txt")), "{name}");
        assert_eq!(hex(&message), self.text(&file("combinedHash", "txt")), "{name}");

        let (secret, public) = pair_of(&self.object(pair));
        let signature = secret.sign(&message).expect("signs");
        assert_eq!(hex(&signature), self.text(&file("sigHex", "txt")), "{name}");
        let value = format!("z{}", bs58::encode(&signature).into_string());
        assert_eq!(value, self.text(&file("sigBTC58", "txt")), "{name}");

        let proofs = parse_proofs(&signed).expect(name);
        assert_eq!(proofs[0].suite(), Some(suite));
        assert_eq!(member(proofs[0].raw(), "proofValue"), value);
        self.check_verdicts(&signed, &public, name);
        let ours = self.sign_again(suite, unsigned, &secret, proofs[0].raw());
        match suite {
            Suite::Ed25519Signature2020 => {
                assert_eq!(ours, Err(ProofError::VerifiedOnly { suite: "Ed25519Signature2020" }));
            }
            _ => assert_eq!(member(&proof_of(&ours.expect(name)), "proofValue"), value, "{name}"),
        }
    }

    /// The signed document is right, and each of its members signed.
    fn check_verdicts(&self, signed: &Object, public: &PublicKey, name: &str) {
        let verify = |document: &Object| -> Result<(), ProofError> {
            let proofs = parse_proofs(document)?;
            let key_of = |_: &str| Some(public.clone());
            verify_proofs(document, &proofs, &key_of, &self.contexts).into_iter().collect()
        };
        assert_eq!(verify(signed), Ok(()), "{name}");
        for member in ["id", "name", "description", "issuer", "validFrom", "credentialSubject"] {
            let mut changed = signed.clone();
            changed.remove(member);
            assert_eq!(verify(&changed), Err(ProofError::BadSignature), "{name} without {member}");
        }
        for member in ["created", "proofPurpose", "verificationMethod", "proofValue"] {
            let (mut changed, mut proof) = (signed.clone(), proof_of(signed));
            let other = match member {
                "created" => "2023-02-24T23:36:39Z".to_owned(),
                "proofPurpose" => "authentication".to_owned(),
                "verificationMethod" => "did:example:other#key".to_owned(),
                _ => format!("z{}", bs58::encode([7; 64]).into_string()),
            };
            proof.insert(member, other);
            changed.insert("proof", proof);
            assert_eq!(verify(&changed), Err(ProofError::BadSignature), "{name} with another {member}");
        }
    }

    fn sign_again(
        &self,
        suite: Suite,
        unsigned: Object,
        secret: &SecretKey,
        theirs: &Object,
    ) -> Result<Object, ProofError> {
        let options = ProofOptions {
            verification_method: member(theirs, "verificationMethod").into(),
            purpose: Purpose::AssertionMethod,
            created: Timestamp::parse(member(theirs, "created")).expect("a time"),
            expires: None,
            challenge: None,
            domain: None,
        };
        sign_with(suite, unsigned, secret, &options, &Link::default(), &self.contexts)
    }
}

fn list(folder: &Path, prefix: &str, into: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            list(&entry.path(), &format!("{name}/"), into);
        } else {
            into.insert(name);
        }
    }
}

fn member<'a>(object: &'a Object, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).expect(name)
}

fn proof_of(document: &Object) -> Object {
    document.get("proof").expect("a proof").one_or_many()[0].as_object().expect("an object").clone()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A pair of Multikeys. The codecs of secret keys: ed25519-priv 0x1300, p256-priv 0x1306, p384-priv 0x1307.
fn pair_of(pair: &Object) -> (SecretKey, PublicKey) {
    let text = ["privateKeyMultibase", "secretKeyMultibase"].iter().find_map(|name| pair.get(name)?.as_str());
    let bytes = bs58::decode(&text.expect("a secret key")[1..]).into_vec().expect("base58btc");
    let secret = match (&bytes[..2], &bytes[2..]) {
        ([0x80, 0x26], seed) => SigningKey::from_seed(seed.try_into().expect("32 bytes")).into(),
        ([0x86, 0x26], number) => SecretKey::P256(P256Secret::from_bytes(number).expect("a key")),
        ([0x87, 0x26], number) => SecretKey::P384(P384Secret::from_bytes(number).expect("a key")),
        (codec, _) => panic!("an unknown codec: {codec:?}"),
    };
    let public = PublicKey::from_multikey(member(pair, "publicKeyMultibase")).expect("a public key");
    assert_eq!(secret.public_key(), public);
    (secret, public)
}

#[test]
fn every_step_of_the_eddsa_suites_is_as_printed() {
    let Some(mut files) = Files::of("vc-di-eddsa") else { return };
    for folder in EDDSA {
        files.check_suite(folder);
    }
    let unsigned = files.object("unsigned.json");
    let mut signed = files.object("eddsa-rdfc-2022/signedDataInt.json");
    signed.remove("proof");
    assert_eq!(signed, unsigned);
    // An example of the specification without a signature, under a vocabulary that isn't pinned.
    let employment = files.object("employmentAuth.json");
    let refused = canonicalize(&employment, &[], &files.contexts).expect_err("not pinned");
    assert!(matches!(refused, JsonLdError::UnknownContext { .. }), "{refused}");
    check_sets_and_chains(&mut files);
    assert_eq!(files.read.len(), 43);
    assert_eq!(files.unread(), Vec::<String>::new());
}

/// The printed configurations are those of the proofs; the documents between are those that were signed. That the proofs
/// verify, and how they fail, is in `proof.rs`.
fn check_sets_and_chains(files: &mut Files) {
    let mut object = |name: &str| files.object(&format!("proof-set-chain/{name}.json"));
    let (set, chain) = (object("signedProofSet2"), object("signedProofChain1"));
    let (first, pairs, unsigned) = (object("signedProofSet1"), object("multiKeyPairs"), object("unsigned"));
    let proofs = |document: &Object| -> Vec<Object> {
        let items = document.get("proof").expect("proofs").one_or_many();
        items.iter().map(|item| item.as_object().expect("an object").clone()).collect()
    };
    let without = |mut object: Object, names: &[&str]| {
        for name in names {
            object.remove(name);
        }
        object
    };
    for signed in [&set, &chain, &first] {
        assert_eq!(without(signed.clone(), &["proof"]), unsigned);
    }
    for (at, number) in [1, 2].into_iter().enumerate() {
        let config = without(object(&format!("proofSetConfig{number}")), &["@context"]);
        let signed = object(&format!("proofSetConfigSigned{number}"));
        let proof = &proofs(&set)[at];
        assert_eq!(without(proof.clone(), &["proofValue"]), config);
        assert_eq!(without(signed, &["@context"]), *proof);
    }
    assert_eq!(proofs(&first), proofs(&set)[..1]);
    let config = without(object("proofChainConfig1"), &["@context"]);
    let signed = object("proofChainConfigSigned1");
    let last = proofs(&chain).pop().expect("proofs");
    assert_eq!(without(last.clone(), &["proofValue"]), config);
    assert_eq!(without(signed, &["@context"]), last);
    for name in ["proofChainTempDoc1", "proofChainTempDoc2"] {
        let temporary = object(name);
        assert_eq!(without(temporary.clone(), &["proof"]), unsigned, "{name}");
        let all = [proofs(&set), proofs(&chain)].concat();
        assert!(proofs(&temporary).iter().all(|proof| all.contains(proof)), "{name}");
    }
    assert!(pairs.len() >= 3);
}

#[test]
fn every_step_of_the_ecdsa_suites_is_as_printed() {
    let Some(mut files) = Files::of("vc-di-ecdsa") else { return };
    for folder in ECDSA {
        files.check_suite(folder);
    }
    let unsigned = files.object("unsigned.json");
    let (p384, public) = pair_of(&files.object("p384KeyPair.json"));
    // Nothing is printed for P-384: what we sign with the printed pair must verify by its public half, and only so.
    for suite in [Suite::EcdsaRdfc2019, Suite::EcdsaJcs2019] {
        let method = did::key::verification_method_of_any(&public).expect("a name");
        let theirs =
            Object::from([("verificationMethod", method.into()), ("created", "2023-02-24T23:36:38Z".into())]);
        let signed = files.sign_again(suite, unsigned.clone(), &p384, &theirs).expect("signs");
        files.check_verdicts_of_p384(&signed, &public);
    }
    let left: Vec<String> =
        files.unread().into_iter().filter(|name| !name.starts_with("ecdsa-sd-2023/")).collect();
    // Those of ecdsa-sd-2023, which is not one of the suites that are read (design, "Proofs": long tail).
    let selective = ["employMandatory", "employSelective", "employmentAuth"];
    let selective = selective.into_iter().chain(["prCredMandatory", "prCredSelective", "prCredUnsigned"]);
    assert_eq!(left, selective.map(|name| format!("{name}.json")).collect::<Vec<_>>());
}

impl Files {
    fn check_verdicts_of_p384(&self, signed: &Object, public: &PublicKey) {
        let proofs = parse_proofs(signed).expect("parses");
        let by = |key: &PublicKey| {
            verify_proofs(signed, &proofs, &|_| Some(key.clone()), &self.contexts).remove(0)
        };
        assert_eq!(by(public), Ok(()));
        let other = P384Secret::from_bytes(&[9; 48]).expect("a key").public_key();
        assert_eq!(by(&PublicKey::P384(other)), Err(ProofError::BadSignature));
        let p256 = P256Secret::from_bytes(&[9; 32]).expect("a key").public_key();
        assert!(matches!(by(&PublicKey::P256(p256)), Err(ProofError::Member { .. })), "another length");
    }
}

#[test]
fn ecdsa_sd_2023_is_known_and_not_supported() {
    let Some(mut files) = Files::of("vc-di-ecdsa") else { return };
    let signed = files.object("ecdsa-sd-2023/prc/addSignedSDBase.json");
    let proofs = parse_proofs(&signed).expect("well-formed");
    assert_eq!((proofs[0].suite(), proofs[0].suite_name()), (None, "ecdsa-sd-2023"));
}
