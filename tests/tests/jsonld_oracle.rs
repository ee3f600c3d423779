//! Our canonical form against another implementation's, on generated badges.

use accolade_core::json::{self, Value};
use accolade_core::jsonld::{Contexts, canonicalize};
use accolade_tests::badges::{badge, badge_like_peer};
use accolade_tests::bench::oracle::compare;
use std::collections::HashSet;

#[test]
fn five_hundred_badges_are_equal_byte_for_byte() {
    for seed in 0..500 {
        compare(seed).unwrap_or_else(|difference| panic!("badge {seed}: {difference}"));
    }
}

#[test]
fn generated_badges_are_distinct_and_come_out_the_same_each_time() {
    let texts: HashSet<String> = (0..500).map(|seed| badge(seed).to_string()).collect();
    assert_eq!(texts.len(), 500);
    assert_eq!(badge(7), badge(7));
    assert_eq!(badge_like_peer(7), badge_like_peer(7));
    assert_ne!(badge_like_peer(7), badge_like_peer(8));
}

#[test]
fn the_badge_of_the_benchmark_has_the_size_that_it_claims() {
    let text = badge_like_peer(4711).to_string();
    let Value::Object(document) = json::parse(text.as_bytes()).expect("JSON") else { panic!("an object") };
    let nquads = canonicalize(&document, &[], &Contexts::pinned()).expect("canonical").nquads;
    let blanks: HashSet<&str> = nquads.split_whitespace().filter(|term| term.starts_with("_:")).collect();
    assert!((3_200..3_700).contains(&text.len()), "{} bytes", text.len());
    assert!((80..100).contains(&nquads.lines().count()), "{} statements", nquads.lines().count());
    assert!((10_000..13_000).contains(&nquads.len()), "{} bytes", nquads.len());
    assert_eq!(blanks.len(), 3 + 5, "three nodes and the five cells of a list");
}
