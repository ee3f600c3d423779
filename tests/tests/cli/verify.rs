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
        "✓ passed    Signature",
        "✓ passed    Revocation",
        "by a status list signed by the issuer, 60 min ago (2026-06-30T10:00:00Z)",
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
    expect(&verify(&session, "badge.json"), 2, "COULD NOT BE CHECKED");
    expect(&verify(&session, "badge.json --list clear.json --max-age 30m"), 2, "COULD NOT BE CHECKED");
    let late = session.run("verify badge.json --list clear.json --at 2026-07-30T10:00:00Z");
    expect(&late, 2, "COULD NOT BE CHECKED");
    assert!(late.err.contains("warning: clear.json is not used"), "{late:?}");

    // Somebody else's list under the same URL, a changed one, and what is no list at all.
    session.write("other.json", Maker::new(2).list(&[], NEXT_HOUR));
    expect(&verify(&session, "badge.json --list other.json"), 2, "COULD NOT BE CHECKED");
    session.write("changed.json", session.read("revoked.json").replace("10:00:00Z", "10:00:01Z"));
    let changed = verify(&session, "badge.json --list changed.json");
    expect(&changed, 2, "COULD NOT BE CHECKED");
    assert!(changed.err.contains("warning: changed.json is not used"), "{changed:?}");
    expect(&verify(&session, "badge.json --list badge.json"), 2, "COULD NOT BE CHECKED");
    session.write("junk", "\u{0}");
    expect(&verify(&session, "badge.json --list junk"), 2, "COULD NOT BE CHECKED");
    // None of them hides the issuer's own.
    expect(&verify(&session, "badge.json --list other.json --list revoked.json --list junk"), 1, "REVOKED");
}

#[test]
fn a_changed_badge_is_forged_and_shows_nothing_of_what_it_claims() {
    let session = session();
    session.write("changed.json", session.read("badge.json").replace("First Aid", "Brain Surgery"));
    for rest in ["changed.json --list clear.json", "changed.json --list revoked.json", "changed.json"] {
        let outcome = verify(&session, rest);
        expect(&outcome, 1, "NOT GENUINE");
        assert!(!outcome.out.contains("Brain Surgery"), "{}", outcome.out);
    }
    // A badge under a name that isn't the signer's.
    let (north, south) = (Maker::new(1).did(), Maker::new(2).did());
    let stolen = session.read("badge.json").replacen(&north, &south, 1);
    session.write("stolen.json", stolen);
    expect(&verify(&session, "stolen.json --list clear.json"), 1, "NOT GENUINE");
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
    assert!(outcome.out.contains("by the document that lists the issuer's keys"), "{}", outcome.out);
    expect(&verify(&session, "badge.json --document did.json --list revoked.json"), 1, "REVOKED");
    expect(&verify(&session, "badge.json --document did.json"), 2, "COULD NOT BE CHECKED");

    // Without the document neither badge nor list can be checked, and the answer says what to bring.
    let without = verify(&session, "badge.json --list clear.json");
    expect(&without, 2, "COULD NOT BE CHECKED");
    assert!(without.out.contains("--document"), "{}", without.out);
    assert!(without.err.contains("warning: clear.json is not used"), "{without:?}");
    // Another's document, another key's, and what is none.
    session.write("other.json", Maker::web(4, "did:web:east.example").document());
    session.write("rotated.json", Maker::web(5, "did:web:west.example").document());
    session.write("junk.json", format!("{}}}", session.read("did.json")));
    for document in ["other.json", "rotated.json", "junk.json"] {
        let outcome = verify(&session, &format!("badge.json --list clear.json --document {document}"));
        expect(&outcome, 2, "COULD NOT BE CHECKED");
        assert!(!outcome.out.contains("First Aid"), "{}", outcome.out);
    }
    let junk = verify(&session, "badge.json --document junk.json");
    assert!(junk.err.contains("warning: junk.json is not used"), "{junk:?}");
    session.write("changed.json", session.read("badge.json").replace("First Aid", "Brain Surgery"));
    expect(&verify(&session, "changed.json --document did.json --list clear.json"), 1, "NOT GENUINE");
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
    expect(&session.run("verify badge.json --list clear.json --at 2026-06-30T09:00:00Z"), 1, "NOT VALID YET");
}

#[test]
fn what_is_no_badge_is_malformed_or_unsupported() {
    let session = Session::new();
    let many = format!("{}1{}", "[".repeat(100), "]".repeat(100));
    for text in ["", "junk", "[]", "7", "null", "{}", r#"{"a":1,"a":1}"#, r#"{"@context":[]}"#, &many] {
        session.write("file", text);
        expect(&verify(&session, "file"), 1, "NOT A BADGE");
    }
    session.write("file", b"\xff\xfe");
    expect(&verify(&session, "file"), 1, "NOT A BADGE");
    for unsupported in ["%PDF-1.7", "eyJhbGciOiJFUzUxMiJ9.e30.AA"] {
        session.write("file", unsupported);
        expect(&verify(&session, "file"), 1, "NOT SUPPORTED YET");
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
    session.run("verify http://a.example/b.json").fails(64, "only https is asked", "https://example.org");
    session.run("verify badge.json --trust http://a.example/r.json").fails(
        64,
        "only https is asked",
        "https://",
    );
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
        "verify badge.json --language nl",
        "verify badge.json --recipient nobody",
        "verify badge.json --as-of yesterday",
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
    expect(&outcome, 1, "REVOKED BY ITS ISSUER. Taken back.");
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

#[test]
fn the_report_speaks_the_readers_language() {
    let session = session();
    for (tag, headline, label) in [
        ("en", "VALID.", "issuer "),
        ("de", "GÜLTIG.", "Aussteller "),
        ("fr", "VALABLE.", "émetteur "),
        ("es", "VÁLIDA.", "emisor "),
        ("pt", "VÁLIDO.", "emissor "),
    ] {
        let outcome = verify(&session, &format!("badge.json --list clear.json --language {tag}"));
        expect(&outcome, 0, headline);
        assert!(outcome.out.contains(label), "no “{label}” in {outcome:?}");
    }
    let args = ["verify", "badge.json", "--list", "revoked.json", "--at", NEXT_HOUR];
    for (env, headline) in [
        (&[("LANG", "de_AT.UTF-8")][..], "WIDERRUFEN"),
        (&[("LANG", "de_AT.UTF-8"), ("LC_ALL", "C")], "REVOKED"),
        (&[("LANG", "C"), ("LC_MESSAGES", "fr_FR")], "RÉVOQUÉ"),
        (&[("LC_ALL", ""), ("LANG", "nl_NL")], "REVOKED"),
    ] {
        expect(&session.run_args(&args, b"", env), 1, headline);
    }
    // Programs read English, unless they ask for another language.
    let json = |more: &[&str]| {
        let args: Vec<&str> = args.iter().chain(&["--json"]).chain(more).copied().collect();
        session.run_args(&args, b"", &[("LC_ALL", "de_DE")]).json()["sentence"].as_str().map(str::to_owned)
    };
    assert_eq!(json(&[]).as_deref(), Some("The issuer has revoked this badge."));
    assert_ne!(json(&["--language", "de"]), json(&[]));
}

#[test]
fn a_badge_may_be_named_by_its_address() {
    let session = session();
    let web = FakeNode::answering("200 OK", &session.read("badge.json"));
    expect(&verify(&session, &format!("{}/b.json --list clear.json", web.url)), 0, "VALID.");
    let (head, _) = web.request();
    assert!(head.starts_with("GET /b.json HTTP/1.1\r\n"), "{head}");

    let gone = FakeNode::answering("404 Not Found", "{}");
    verify(&session, &format!("{}/b.json", gone.url)).fails(2, "HTTP status 404", "download");
    let moved = FakeNode::sending(
        b"HTTP/1.1 302 Found\r\nlocation: https://b.example/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec(),
    );
    verify(&session, &format!("{}/b.json", moved.url)).fails(
        2,
        "it sends on to https://b.example/",
        "download",
    );
    verify(&session, "http://127.0.0.1:1/b.json").fails(2, "nothing came from", "download");
}

#[test]
fn a_caller_may_name_the_recipient_and_whom_it_trusts() {
    let session = session();
    let issued =
        Recipient::Email { address: "ada@example.org".to_owned(), salt: "sixteen bytes or more".to_owned() };
    session.write("mail.json", Maker::new(1).badge(issued, None));
    expect(&verify(&session, "mail.json --list clear.json --recipient ada@example.org"), 0, "VALID.");
    let another = verify(&session, "mail.json --list clear.json --recipient eve@example.org");
    assert!(another.code != 0 && !another.out.contains("VALID."), "{another:?}");

    let list = |did: &str| json!([did]).to_string();
    session.write("known.json", list(&Maker::new(1).did()));
    session.write("others.json", list(&Maker::new(7).did()));
    let outcome = verify(&session, "badge.json --list clear.json --trust others.json --trust known.json");
    expect(&outcome, 0, "VALID.");
    assert!(outcome.out.contains("trusted by") && outcome.out.contains("known.json"), "{outcome:?}");
    let unknown = verify(&session, "badge.json --list clear.json --trust others.json");
    expect(&unknown, 2, "VALID, FROM AN ISSUER THAT YOU DON'T KNOW");
    let missing = verify(&session, "badge.json --list clear.json --trust http://127.0.0.1:1/r.json");
    assert!(missing.code == 2 && missing.out.contains("could not check"), "{missing:?}");
    session.write("junk", "{");
    verify(&session, "badge.json --trust junk").fails(1, "junk", "registry");
}

#[test]
fn what_is_asked_besides_is_passed_on_to_a_node() {
    let session = session();
    let report = json!({"verdict": "could_not_check", "sentence": "Alt.", "checks": []}).to_string();
    let node = FakeNode::answering("200 OK", &report);
    session.write("known.json", json!(["did:key:z6Mk"]).to_string());
    let line = format!(
        "verify badge.json --node {} --recipient ada@example.org --max-status-age 1h --as-of 2026-06-30T10:00:00Z \
         --trust known.json --trust https://registry.example/r.json --language de",
        node.url
    );
    expect(&session.run(&line), 2, "NICHT PRÜFBAR. Alt.");
    let (head, body) = node.request();
    assert!(head.contains("accept-language: de"), "{head}");
    assert_eq!(body["badge"], session.read("badge.json"));
    let options = json!({"max_status_age_s": 3600, "as_of": "2026-06-30T10:00:00Z", "recipient": {"email": "ada@example.org"},
        "trust": [["did:key:z6Mk"], "https://registry.example/r.json"]});
    assert_eq!(body["options"], options);
}
