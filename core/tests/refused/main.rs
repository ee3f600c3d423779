//! Whatever must be refused, each with a test of its own: “group/item” in docs/refused.md is the test `group::item`.
//!
//! Every test first shows that its badge is valid as it is, then changes one thing and asks for verdict and code.

#![allow(clippy::expect_used, clippy::unwrap_used)] // A test may; the helpers here are part of tests.

mod data_integrity;
mod data_model;
mod data_model_v1;
mod did;
mod jose;
mod json_ld;
mod open_badges;
mod parties;
mod status;
mod trial;
mod work;

use accolade_core::verify::Verdict;
use std::fmt::Write as _;
use std::path::Path;

/// One thing that must be refused.
struct Item {
    /// The test's name within its group, with `_`.
    name: &'static str,
    /// What it is, in our own words.
    words: &'static str,
    verdict: Verdict,
    code: &'static str,
}

/// One part of the list.
struct Group {
    name: &'static str,
    title: &'static str,
    source: &'static str,
    items: &'static [Item],
}

macro_rules! group {
    ($module:ident, $title:literal) => {
        Group {
            name: stringify!($module),
            title: $title,
            source: include_str!(concat!(stringify!($module), ".rs")),
            items: $module::ITEMS,
        }
    };
}

const GROUPS: &[Group] = &[
    group!(data_model, "Data model"),
    group!(data_model_v1, "Data model 1.1"),
    group!(json_ld, "JSON and JSON-LD"),
    group!(data_integrity, "Data Integrity"),
    group!(jose, "JOSE"),
    group!(status, "Status"),
    group!(did, "DIDs"),
    group!(work, "Work"),
    group!(open_badges, "Open Badges"),
];

/// What is refused elsewhere than in core: what, the file of its test, the test.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    (
        "every Ed25519 case of Wycheproof that is not a signature",
        "tests/tests/wycheproof.rs",
        "every_ed25519_case_is_judged_as_it_must_be",
    ),
    (
        "every P-256 case of Wycheproof that is not a signature",
        "tests/tests/wycheproof.rs",
        "every_p256_case_is_judged_as_it_must_be",
    ),
    (
        "a status list of a day that it can't be told of (`?timestamp=`)",
        "tests/tests/lists.rs",
        "a_time_that_cannot_be_answered_is_an_error_that_says_why",
    ),
    (
        "every JSON-LD test of the W3C that would lose something",
        "tests/tests/jsonld_w3c.rs",
        "what_would_not_be_signed_is_refused",
    ),
    (
        "a status list of a log whose key the issuer's document doesn't list",
        "core/src/verify/tests/documents.rs",
        "a_log_counts_for_an_issuer_whose_document_lists_its_key",
    ),
    (
        "at an address that is not public, and over the limits of a fetch",
        "tests/tests/identity/fetching.rs",
        "a_guard_for_tests_reaches_loopback_only_and_a_real_one_never",
    ),
    (
        "a DID that was given up: 410",
        "tests/tests/identity/resolution.rs",
        "what_cannot_be_resolved_is_told_in_each_style",
    ),
];

/// Makes a test and a line of the table of each item: name, words, verdict, code, what is tried.
macro_rules! refused {
    ($($name:ident, $words:literal, $verdict:ident, $code:literal, $tried:expr;)+) => {
        pub(crate) const ITEMS: &[$crate::Item] = &[$($crate::Item {
            name: stringify!($name),
            words: $words,
            verdict: accolade_core::verify::Verdict::$verdict,
            code: $code,
        }),+];
        $(
            #[test]
            fn $name() {
                let verdict = accolade_core::verify::Verdict::$verdict;
                $crate::trial::Trial::hold(verdict, $code, $tried);
            }
        )+
    };
}
pub(crate) use refused;

#[test]
fn the_table_in_docs_is_what_is_tested() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = root.join("docs/refused.md");
    let table = table();
    if std::env::var_os("ACCOLADE_WRITE_DOCS").is_some_and(|write| write == "1") {
        #[expect(clippy::disallowed_methods, reason = "the table is written when somebody asks for it")]
        std::fs::write(&path, &table).expect("writes");
    }
    let file = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        file == table,
        "docs/refused.md is not what is tested; write it again with ACCOLADE_WRITE_DOCS=1 cargo test -p accolade-core --test refused"
    );
    for (words, file, test) in ELSEWHERE {
        let source = std::fs::read_to_string(root.join(file)).expect(file);
        assert!(source.contains(&format!("fn {test}(")), "{words}: {file} has no test {test}");
    }
}

#[test]
fn every_test_stands_in_the_table_and_no_line_twice() {
    let mut seen: Vec<(&str, &str)> = Vec::new();
    for group in GROUPS {
        assert!(!group.source.contains("#[test]"), "{}: a test outside of the table", group.name);
        for item in group.items {
            assert!(!seen.contains(&(group.name, item.name)), "{}::{}", group.name, item.name);
            assert!(!item.verdict.is_good(), "{}::{} is not refused", group.name, item.name);
            seen.push((group.name, item.name));
        }
    }
    assert!(seen.len() > 150, "{}", seen.len());
}

fn table() -> String {
    let mut text = String::from(
        "# What must be refused\n\
        Every line is a test of its own in core/tests/refused: the badge is valid as it is, one thing is changed, and \
        verdict and code are\nasked for. `cargo test -p accolade-core --test refused NAME` runs one. The table is made by \
        that test (`ACCOLADE_WRITE_DOCS=1`).\n",
    );
    for Group { title, name: group, items, .. } in GROUPS {
        let _ =
            write!(text, "\n## {title}\n| what is refused | test | verdict | code |\n|---|---|---|---|\n");
        for Item { name, words, verdict, code } in *items {
            let verdict = verdict.as_str();
            let _ = writeln!(text, "| {words} | `{group}::{name}` | `{verdict}` | `{code}` |");
        }
    }
    text.push_str("\n## Refused elsewhere\n| what is refused | test |\n|---|---|\n");
    for (words, file, test) in ELSEWHERE {
        let _ = writeln!(text, "| {words} | `{test}` in {file} |");
    }
    text
}
