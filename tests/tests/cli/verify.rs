//! Verification of files without any network: every verdict, its words and its exit code.

use crate::maker::{INDEX, Maker, SIGNED};
use crate::support::{FakeNode, Outcome, Session};
use accolade_core::credential::draft::Recipient;
use serde_json::json;

const NEXT_HOUR: &str = "2026-06-30T11:00:00Z";

/// A folder with a badge, the list that clears it, and the list that revokes it.
fn session() -> Session {
    let (session, north) = (Session::new(), Maker::new(1));
    session.write("badge.json", north.badge(earner(), None));
    session.write("clear.json", north.list(&[INDEX + 1], SIGNED));
    session.write("revoked.json", north.list(&[INDEX], SIGNED));
    session
}

fn earner() -> Recipient {
    Recipient::Did(Maker::new(9).did())
}

fn verify(session: &Session, rest: &str) -> Outcome {
    session.run(&format!("verify {rest} --at {NEXT_HOUR}"))
}

#[track_caller]
fn expect(outcome: &Outcome, code: i32, headline: &str) {
    assert_eq!(outcome.code, code, "{outcome:?}");
    assert!(outcome.out.contains(headline), "no “{headline}” in {outcome:?}");
    assert!(!outcome.out.contains('\u{1b}'), "colour without a terminal: {outcome:?}");
}

#[test]
fn a_good_badge_is_valid_and_the_report_says_why() {
    let session = session();
    let outcome = verify(&session, "badge.json --list clear.json");
    expect(&outcome, 0, "badge.json: VALID.");
    for words in [
        "First Aid",
        &Maker::new(1).did(),
        &Maker::new(9).did(),
        "✓ pass             proof",
        "✓ pass             status",
        "by a status list signed by the issuer, 60 min old (2026-06-30T10:00:00Z)",
    ] {
        assert!(outcome.out.contains(words), "no “{words}” in\n{}", outcome.out);
    }
    assert!(!outcome.out.contains("North Academy"), "a name that nobody proved was shown: {}", outcome.out);

    let report = verify(&session, "badge.json --list clear.json --json").json();
    assert_eq!((&report["verdict"], &report["checked_at"]), (&json!("valid"), &json!(NEXT_HOUR)));
}

#[test]
fn the_badge_may_come_by_standard_input() {
    let session = session();
    let args = ["verify", "-", "--list", "clear.json", "--at", NEXT_HOUR];
    let outcome = session.run_args(&args, session.read("badge.json").as_bytes(), &[]);
    expect(&outcome, 0, "standard input: VALID.");
}

#[test]
fn a_revoked_badge_is_refused() {
    let session = session();
    expect(&verify(&session, "badge.json --list revoked.json"), 1, "REVOKED");
    // The newer list counts, in whatever order they are named.
    session.write("later.json", Maker::new(1).list(&[INDEX], "2026-06-30T10:30:00Z"));
    expect(&verify(&session, "badge.json --list later.json --list clear.json"), 1, "REVOKED");
    expect(&verify(&session, "badge.json --list clear.json --list later.json"), 1, "REVOKED");
}

#[test]
fn without_a_list_that_counts_the_status_could_not_be_checked() {
    let session = session();
    expect(&verify(&session, "badge.json"), 2, "COULD NOT CHECK");
    expect(&verify(&session, "badge.json --list clear.json --max-age 30m"), 2, "COULD NOT CHECK");
    let late = session.run("verify badge.json --list clear.json --at 2026-07-30T10:00:00Z");
    expect(&late, 2, "COULD NOT CHECK");
    assert!(late.err.contains("warning: clear.json is not used"), "{late:?}");

    // Somebody else's list under the same URL, a changed one, and what is no list at all.
    session.write("other.json", Maker::new(2).list(&[], NEXT_HOUR));
    expect(&verify(&session, "badge.json --list other.json"), 2, "COULD NOT CHECK");
    session.write("changed.json", session.read("revoked.json").replace("10:00:00Z", "10:00:01Z"));
    let changed = verify(&session, "badge.json --list changed.json");
    expect(&changed, 2, "COULD NOT CHECK");
    assert!(changed.err.contains("warning: changed.json is not used"), "{changed:?}");
    expect(&verify(&session, "badge.json --list badge.json"), 2, "COULD NOT CHECK");
    session.write("junk", "\u{0}");
    expect(&verify(&session, "badge.json --list junk"), 2, "COULD NOT CHECK");
    // None of them hides the issuer's own.
    expect(&verify(&session, "badge.json --list other.json --list revoked.json --list junk"), 1, "REVOKED");
}

#[test]
fn a_changed_badge_is_forged_and_shows_nothing_of_what_it_claims() {
    let session = session();
    session.write("changed.json", session.read("badge.json").replace("First Aid", "Brain Surgery"));
    for rest in ["changed.json --list clear.json", "changed.json --list revoked.json", "changed.json"] {
        let outcome = verify(&session, rest);
        expect(&outcome, 1, "FORGED");
        assert!(!outcome.out.contains("Brain Surgery"), "{}", outcome.out);
    }
    // A badge under a name that isn't the signer's.
    let (north, south) = (Maker::new(1).did(), Maker::new(2).did());
    let stolen = session.read("badge.json").replacen(&north, &south, 1);
    session.write("stolen.json", stolen);
    expect(&verify(&session, "stolen.json --list clear.json"), 1, "FORGED");
}

#[test]
fn the_keys_of_a_did_web_come_from_its_document() {
    let (session, west) = (Session::new(), Maker::web(4, "did:web:west.example"));
    session.write("badge.json", west.badge(earner(), None));
    session.write("did.json", west.document());
    session.write("clear.json", west.list(&[INDEX + 1], SIGNED));
    session.write("revoked.json", west.list(&[INDEX], SIGNED));

    let outcome = verify(&session, "badge.json --document did.json --list clear.json");
    expect(&outcome, 0, "badge.json: VALID.");
    assert!(outcome.out.contains("by the document of the issuer's DID"), "{}", outcome.out);
    expect(&verify(&session, "badge.json --document did.json --list revoked.json"), 1, "REVOKED");
    expect(&verify(&session, "badge.json --document did.json"), 2, "COULD NOT CHECK");

    // Without the document neither badge nor list can be checked, and the answer says what to bring.
    let without = verify(&session, "badge.json --list clear.json");
    expect(&without, 2, "COULD NOT CHECK");
    assert!(without.out.contains("--document"), "{}", without.out);
    assert!(without.err.contains("warning: clear.json is not used"), "{without:?}");
    // Another's document, another key's, and what is none.
    session.write("other.json", Maker::web(4, "did:web:east.example").document());
    session.write("rotated.json", Maker::web(5, "did:web:west.example").document());
    session.write("junk.json", session.read("did.json").replace("\"Multikey\"", "7"));
    for document in ["other.json", "rotated.json", "junk.json"] {
        let outcome = verify(&session, &format!("badge.json --list clear.json --document {document}"));
        expect(&outcome, 2, "COULD NOT CHECK");
        assert!(!outcome.out.contains("First Aid"), "{}", outcome.out);
    }
    let junk = verify(&session, "badge.json --document junk.json");
    assert!(junk.err.contains("warning: junk.json is not used"), "{junk:?}");
    session.write("changed.json", session.read("badge.json").replace("First Aid", "Brain Surgery"));
    expect(&verify(&session, "changed.json --document did.json --list clear.json"), 1, "FORGED");
    verify(&session, "badge.json --document no-such-file").fails(1, "can't be read", "");
    let large = format!("{}{}", session.read("did.json"), " ".repeat(256 * 1024));
    session.write("large.json", large);
    verify(&session, "badge.json --document large.json").fails(1, "more than 262144 bytes", "");
    let by_node = session.run("verify badge.json --document did.json --node http://127.0.0.1:1");
    by_node.fails(64, "--document", "");
}

#[test]
fn dates_are_judged_as_of_the_time_asked() {
    let session = session();
    session.write("badge.json", Maker::new(1).badge(earner(), Some("2026-06-30T10:30:00Z")));
    expect(&verify(&session, "badge.json --list clear.json"), 1, "EXPIRED");
    expect(&session.run("verify badge.json --list clear.json --at 2026-06-30T10:15:00Z"), 0, "VALID.");
    expect(&session.run("verify badge.json --list clear.json --at 2026-06-30T09:00:00Z"), 1, "NOT YET VALID");
}

#[test]
fn what_is_no_badge_is_malformed_or_unsupported() {
    let session = Session::new();
    let many = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    for text in ["", "junk", "[]", "7", "null", "{}", r#"{"a":1,"a":1}"#, r#"{"@context":[]}"#, &many] {
        session.write("file", text);
        expect(&verify(&session, "file"), 1, "MALFORMED");
    }
    session.write("file", b"\xff\xfe");
    expect(&verify(&session, "file"), 1, "MALFORMED");
    for unsupported in ["%PDF-1.7", "eyJhbGciOiJFZERTQSJ9.e30.AA"] {
        session.write("file", unsupported);
        expect(&verify(&session, "file"), 1, "UNSUPPORTED");
    }
    session.write("file", vec![b' '; 2 * 1024 * 1024]);
    verify(&session, "file").fails(1, "more than 1048576 bytes", "");
    verify(&session, "no-such-file").fails(1, "can't be read", "");
}

#[test]
fn of_several_badges_the_worst_decides() {
    let session = session();
    session.write("junk", "junk");
    for (rest, code) in [
        ("badge.json badge.json --list clear.json", 0),
        ("junk badge.json --list clear.json", 1),
        ("badge.json junk", 1),
        ("badge.json badge.json", 2),
    ] {
        assert_eq!(verify(&session, rest).code, code, "{rest}");
    }
    let lines = verify(&session, "badge.json junk --list clear.json --json").out;
    let verdicts: Vec<_> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a line of JSON"))
        .map(|line| (line["file"].clone(), line["report"]["verdict"].clone()))
        .collect();
    assert_eq!(verdicts, [(json!("badge.json"), json!("valid")), (json!("junk"), json!("malformed"))]);
}

#[test]
fn wrong_questions_end_with_64() {
    let session = session();
    session.run("verify https://a.example/b.json").fails(64, "not fetched from the web yet", "download");
    session.run("verify badge.json --list http://127.0.0.1:1/status/1").fails(64, "not fetched", "download");
    session.run("verify badge.json --at 2026-06-30T10:00:00Z --node http://127.0.0.1:1").fails(
        64,
        "don't go with --node",
        "offline",
    );
    for line in [
        "verify",
        "verify badge.json --max-age 48",
        "verify badge.json --at noon",
        "verify badge.json --url x",
    ] {
        assert_eq!(session.run(line).code, 64, "{line}");
    }
}

#[test]
fn a_node_is_asked_only_if_it_is_named() {
    let session = session();
    let report = json!({"verdict": "revoked", "sentence": "Taken back.", "checks": []}).to_string();
    let node = FakeNode::answering("200 OK", &report);
    let outcome = session.run(&format!("verify badge.json --node {}", node.url));
    expect(&outcome, 1, "REVOKED. Taken back.");
    let (head, body) = node.request();
    assert!(head.starts_with("POST /v1/verify HTTP/1.1\r\n"), "{head}");
    assert_eq!(body.to_string(), session.read("badge.json"));

    // A node in the environment is for the other commands: files are judged here.
    let args = ["verify", "badge.json", "--list", "clear.json", "--at", NEXT_HOUR];
    let outcome = session.run_args(&args, b"", &[("ACCOLADE_NODE", "http://127.0.0.1:1")]);
    expect(&outcome, 0, "VALID.");

    let node = FakeNode::answering("200 OK", r#"{"verified":true}"#);
    let outcome = session.run(&format!("verify badge.json --node {}", node.url));
    outcome.fails(1, "no verdict", "--node");
}
