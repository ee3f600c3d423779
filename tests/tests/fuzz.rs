//! The functions of tests/fuzz for some seconds: the corpus as it is, then changed at random. A failure names its seed
//! and leaves the input behind.

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use fuzz::samples;
use fuzz::{TARGETS, Target};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long each target is fuzzed, beside its corpus, in milliseconds. ACCOLADE_FUZZ_MS takes another time.
const EACH_MS: u64 = 400;
/// Longest input that is made.
const MAX_BYTES: usize = 16 * 1024;

fn corpus(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

/// The inputs of a target's corpus by their names.
fn inputs(target: &str) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(corpus(target)).expect("the corpus");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), std::fs::read(path).expect("an input"))).collect()
}

/// Random numbers from a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }
}

/// One input made of others: parts of them, with bytes changed, doubled and taken out.
fn mutated(inputs: &[(String, Vec<u8>)], random: &mut Random) -> Vec<u8> {
    let mut data = inputs[random.below(inputs.len())].1.clone();
    for _ in 0..=random.below(6) {
        let at = random.below(data.len() + 1);
        let end = at + random.below((data.len() - at).min(32) + 1);
        match random.below(6) {
            0 => drop(data.drain(at..end)),
            1 => data.insert(at, random.next() as u8),
            2 if at < data.len() => data[at] ^= 1 << random.below(8),
            3 => {
                let part = data[at..end].to_vec();
                let to = random.below(data.len() + 1);
                data.splice(to..to, part);
            }
            4 => {
                let other = &inputs[random.below(inputs.len())].1;
                let from = random.below(other.len() + 1);
                let part = other[from..from + random.below((other.len() - from).min(200) + 1)].to_vec();
                data.splice(at..end, part);
            }
            _ => {
                const ODD: [&str; 12] = [
                    "\\u0000",
                    "\"@context\":",
                    "null",
                    "{",
                    "}",
                    "[",
                    "]",
                    "\"",
                    ",",
                    "\u{feff}",
                    "e400",
                    "%2e",
                ];
                data.splice(at..end, ODD[random.below(ODD.len())].bytes());
            }
        }
    }
    data.truncate(MAX_BYTES);
    data
}

fn run(target: &Target, what: &str, data: &[u8]) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(data))) {
        let path = std::env::temp_dir().join(format!("accolade-fuzz-{}-{}", target.name, std::process::id()));
        std::fs::write(&path, data).expect("writes");
        println!("{} fails with {what}; the input is in {}", target.name, path.display());
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn nothing_that_was_found_before_comes_back_and_nothing_new_is_found() {
    // A fixed seed: the same run each time. ACCOLADE_FUZZ_SEED takes another.
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number("ACCOLADE_FUZZ_SEED").unwrap_or(1);
    let each = Duration::from_millis(number("ACCOLADE_FUZZ_MS").unwrap_or(EACH_MS));
    for target in TARGETS {
        let inputs = inputs(target.name);
        assert!(!inputs.is_empty(), "{} has no corpus", target.name);
        for (name, data) in &inputs {
            run(target, &format!("corpus/{}/{name}", target.name), data);
        }
        let (mut random, until, mut runs) = (Random(seed), Instant::now() + each, 0);
        while Instant::now() < until {
            runs += 1;
            let data = mutated(&inputs, &mut random);
            run(target, &format!("run {runs} of ACCOLADE_FUZZ_SEED={seed}"), &data);
        }
        println!("{}: {} inputs of the corpus, {runs} made of them", target.name, inputs.len());
    }
}

#[test]
fn some_changes_leave_a_signature_right_and_most_do_not() {
    let mut random = Random(1);
    let texts: Vec<String> = (0..300)
        .map(|_| {
            let bytes: Vec<u8> = (0..=random.below(24)).map(|_| random.next() as u8).collect();
            fuzz::edited_text(&bytes)
        })
        .collect();
    let is_own = |text: &&String| {
        samples::CREDENTIALS
            .iter()
            .any(|(_, document)| accolade_core::json::Value::Object(document.clone()).to_string() == **text)
    };
    let proved = |text: &&String| samples::judged(text.as_bytes()).badge.is_some();
    let (own, right) = (texts.iter().filter(is_own).count(), texts.iter().filter(proved).count());
    println!("of {} changed badges {own} are as they were, {right} still right", texts.len());
    assert!(right > own && right < texts.len() / 2, "{own} {right}: are the changes of any use?");
}

#[test]
fn every_target_has_a_wrapper_and_every_wrapper_a_target() {
    let wrappers = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
    let manifest = std::fs::read_to_string(wrappers.with_file_name("Cargo.toml")).expect("a manifest");
    for Target { name, .. } in TARGETS {
        let wrapper = std::fs::read_to_string(wrappers.join(format!("{name}.rs"))).expect(name);
        assert!(wrapper.contains(&format!("accolade_fuzz::{name}(data)")), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
    assert_eq!(std::fs::read_dir(wrappers).expect("wrappers").count(), TARGETS.len());
}

#[test]
fn the_samples_are_what_they_are_called() {
    let verdicts: Vec<(&str, &str)> = samples::CREDENTIALS
        .iter()
        .map(|(name, document)| {
            let text = accolade_core::json::Value::Object(document.clone()).to_string();
            (*name, samples::judged(text.as_bytes()).verdict.as_str())
        })
        .collect();
    for (name, verdict) in verdicts {
        let expected = match name {
            "revoked" | "suspended" | "expired" => name,
            _ => "valid",
        };
        assert_eq!(verdict, expected, "{name}");
    }
}

#[test]
fn the_tokens_count() {
    for (name, token) in samples::SAMPLE_TOKENS.iter() {
        let verdict = samples::judged(token.as_bytes()).verdict.as_str();
        assert_eq!(verdict, if *name == "presented" { "malformed" } else { "valid" }, "{name}");
    }
}

/// `ACCOLADE_WRITE_CORPUS=1` writes the seeds, from which fuzzing begins.
#[test]
fn the_seeds_stand_in_the_corpus() {
    let write = std::env::var_os("ACCOLADE_WRITE_CORPUS").is_some_and(|write| write == "1");
    for (target, name, bytes) in samples::seeds() {
        let path = corpus(target).join(name);
        if write {
            std::fs::create_dir_all(corpus(target)).expect("a folder");
            std::fs::write(&path, &bytes).expect("writes");
        }
        let file = std::fs::read(&path).unwrap_or_default();
        assert!(
            file == bytes,
            "{} is not the seed; ACCOLADE_WRITE_CORPUS=1 cargo test --workspace --test fuzz",
            path.display()
        );
    }
}
