//! `bench verify`: badges checked per second, text in and verdict out, beside raw Ed25519.

use super::sample::{self, LIST_URL};
use super::{median, timed};
use accolade_core::credential::Credential;
use accolade_core::did::key;
use accolade_core::json::{Object, Value};
use accolade_core::jsonld::{Contexts, canonicalize};
use accolade_core::keys::{SigningKey, VerifyingKey};
use accolade_core::proof;
use accolade_core::status::{Bitstring, MIN_ENTRIES, StatusPurpose, VerifiedList, list_credential};
use accolade_core::time::Timestamp;
use accolade_core::verify::{Documents, Evidence, Needs, Policy, Verdict, check_bytes};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

const BADGES: u64 = 1_000;
const ROUNDS: usize = 7;

/// A signed badge as text, and the bare signature in it.
struct Sample {
    text: Vec<u8>,
    key: VerifyingKey,
    message: [u8; 64],
    signature: Vec<u8>,
}

/// Lists whose proof was checked, by the digest of their bytes. Nothing else outlives one badge.
struct Lists {
    bytes: Vec<u8>,
    verified: HashMap<[u8; 32], Arc<VerifiedList>>,
}

/// Measures [`BADGES`] distinct badges in [`ROUNDS`] rounds, each after a round of raw Ed25519, and prints
/// the medians as one JSON line; then the same badges where each names its schema. `args` may hold another number of rounds.
pub fn run(args: &[String]) -> ExitCode {
    let rounds = match args.first().map(|text| text.parse::<usize>()) {
        None => ROUNDS,
        Some(Ok(rounds)) if rounds > 0 => rounds,
        Some(_) => {
            eprintln!("usage: bench verify [ROUNDS]");
            return ExitCode::from(64);
        }
    };
    let contexts = Contexts::pinned();
    let (now, issuer) = (sample::now(), sample::issuer());
    let lists = lists(&issuer, now, &contexts);
    for (name, change) in [("verify", as_it_is as Change), ("verify_with_schema", naming_its_schema)] {
        let sample = |seed| sample(change(sample::unsigned(seed, &issuer)), &issuer, now, &contexts);
        let samples: Vec<Sample> = (0..BADGES).map(sample).collect();
        measure(name, &samples, &lists, rounds, &contexts);
    }
    ExitCode::SUCCESS
}

type Change = fn(Object) -> Object;

fn as_it_is(badge: Object) -> Object {
    badge
}

/// With the schema of Open Badges, and the context that defines its type.
fn naming_its_schema(mut badge: Object) -> Object {
    let schema =
        "https://purl.imsglobal.org/spec/ob/v3p0/schema/json/ob_v3p0_achievementcredential_schema.json";
    let entry = Object::from([("id", schema.into()), ("type", "1EdTechJsonSchemaValidator2019".into())]);
    let mut contexts = badge.get("@context").expect("contexts").one_or_many().to_vec();
    contexts.push("https://purl.imsglobal.org/spec/ob/v3p0/extensions.json".into());
    badge.insert("@context", contexts);
    badge.insert("credentialSchema", vec![Value::from(entry)]);
    badge
}

fn measure(name: &str, samples: &[Sample], lists: &Lists, rounds: usize, contexts: &Contexts) {
    let now = sample::now();
    let (mut ours, mut raws, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..=rounds {
        let raw = timed(|| {
            for sample in samples {
                assert_eq!(sample.key.verify(&sample.message, &sample.signature), Ok(()));
            }
        });
        let our = timed(|| {
            for sample in samples {
                let mut gather = |needs: &Needs| lists.gather(needs);
                let report = check_bytes(&sample.text, &mut gather, &Policy::default(), now, contexts);
                assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
            }
        });
        // The first round warms up.
        if round > 0 {
            ours.push(BADGES as f64 / our);
            raws.push(BADGES as f64 / raw);
            ratios.push(our / raw);
        }
    }
    let bytes: usize = samples.iter().map(|sample| sample.text.len()).sum();
    println!(
        "{}",
        serde_json::json!({
            "name": name,
            "per_s": median(&mut ours).round(),
            "raw_per_s": median(&mut raws).round(),
            "ratio": (median(&mut ratios) * 100.0).round() / 100.0,
            "badges": BADGES,
            "rounds": rounds,
            "mean_bytes": bytes / samples.len(),
        })
    );
}

impl Lists {
    /// The evidence as a node has it: the list's bytes are at hand, and their digest finds what was verified.
    fn gather(&self, needs: &Needs) -> Evidence {
        let digest: [u8; 32] = Sha256::digest(&self.bytes).into();
        let list = &self.verified[&digest];
        let lists = needs.lists.iter().map(|need| (need.url.clone(), Ok(vec![Arc::clone(list)]))).collect();
        Evidence { lists, ..Evidence::default() }
    }
}

fn lists(issuer: &SigningKey, now: Timestamp, contexts: &Contexts) -> Lists {
    let did = key::did_of(&issuer.verifying_key());
    let bits = Bitstring::new(MIN_ENTRIES);
    let purpose = StatusPurpose::Revocation;
    let list = list_credential(LIST_URL, did.as_str(), purpose, &bits, now, Duration::from_secs(3600));
    let list = proof::sign(list, issuer, &sample::options(issuer, now), contexts).expect("the list signs");
    let bytes = Value::from(list).to_string().into_bytes();
    let verified = VerifiedList::from_credential(&bytes, &Documents::new(), now, contexts, now)
        .expect("the list verifies");
    let digest = Sha256::digest(&bytes).into();
    Lists { bytes, verified: HashMap::from([(digest, Arc::new(verified))]) }
}

fn sample(badge: Object, issuer: &SigningKey, now: Timestamp, contexts: &Contexts) -> Sample {
    let badge = proof::sign(badge, issuer, &sample::options(issuer, now), contexts).expect("the badge signs");
    let text = Value::from(badge).to_string().into_bytes();
    let badge = Credential::parse(&text).expect("the badge reads");
    let raw = badge.proofs()[0].raw();
    let proof_value = raw.get("proofValue").and_then(Value::as_str).expect("a signature");
    let signature = bs58::decode(&proof_value[1..]).into_vec().expect("base58btc");
    let message = message(badge.object(), raw, contexts);
    Sample { text, key: issuer.verifying_key(), message, signature }
}

/// What the proof signs: the hash of its options, then that of the badge.
fn message(badge: &Object, proof: &Object, contexts: &Contexts) -> [u8; 64] {
    let mut options = proof.clone();
    options.remove("proofValue");
    options.insert("@context", badge.get("@context").expect("a context").clone());
    let mut message = [0; 64];
    message[..32].copy_from_slice(&canonicalize(&options, &[], contexts).expect("canonical").sha256());
    message[32..].copy_from_slice(&canonicalize(badge, &["proof"], contexts).expect("canonical").sha256());
    message
}
