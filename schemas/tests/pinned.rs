//! The pinned files are what SOURCES.md says they are.

use accolade_schemas::{CONTEXTS, JSON_SCHEMAS, Pinned, context, json_schema};
use sha2::{Digest, Sha256};

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn all() -> impl Iterator<Item = &'static Pinned> {
    CONTEXTS.iter().chain(JSON_SCHEMAS)
}

#[test]
fn every_file_has_its_digest_and_its_row_in_sources() {
    let sources =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/SOURCES.md")).expect("SOURCES.md");
    for pinned in all() {
        assert_eq!(digest(pinned.bytes), pinned.sha256, "{}", pinned.url);
        let row = sources.lines().find(|line| line.contains(&format!("| {} |", pinned.url)));
        assert!(row.is_some_and(|row| row.contains(pinned.sha256)), "no row for {}", pinned.url);
    }
    let rows = sources.lines().filter(|line| line.contains("| https://")).count();
    assert_eq!(rows, all().count(), "SOURCES.md names a file that isn't pinned");
}

#[test]
fn every_file_is_json_and_no_url_is_pinned_twice() {
    for pinned in all() {
        serde_json::from_slice::<serde_json::Value>(pinned.bytes).expect(pinned.url);
        assert_eq!(all().filter(|other| other.url == pinned.url).count(), 1, "{}", pinned.url);
    }
}

#[test]
fn the_lookup_is_exact() {
    assert!(context("https://www.w3.org/ns/credentials/v2").is_some());
    assert!(context("https://www.w3.org/ns/credentials/v2/").is_none());
    assert!(context("https://www.w3.org/ns/credentials/V2").is_none());
    assert!(json_schema("https://www.w3.org/ns/credentials/v2").is_none());
}
