//! An earner presents a badge: signed by its subject's key, for one challenge and one domain.

use crate::maker::{Maker, SIGNED, time};
use crate::support::Session;
use accolade_core::credential::Presentation;
use accolade_core::credential::draft::Recipient;
use accolade_core::jsonld::Contexts;
use accolade_core::verify::{Evidence, Expected, Policy, check_presentation};

/// A folder with Ada's key and a badge for it.
fn session() -> Session {
    let session = Session::new();
    let did = session.run("key new --out ada.key").ok().trim().to_owned();
    session.write("badge.json", Maker::new(1).badge(Recipient::Did(did), None));
    session
}

/// Whether the presentation in this text proves its recipient for a challenge and a domain.
fn is_proved(text: &str, challenge: &str, domain: &str) -> bool {
    let presentation = Presentation::parse(text.as_bytes()).expect("a presentation");
    let expected = Expected { challenge: Some(challenge), domain: Some(domain) };
    let (evidence, policy) = (Evidence::default(), Policy::default());
    let report =
        check_presentation(&presentation, expected, &evidence, &policy, time(SIGNED), &Contexts::pinned());
    report.recipient_proved
}

#[test]
fn the_subject_can_present_for_one_occasion() {
    let session = session();
    let line = "present badge.json --key ada.key --challenge c-1 --domain shop.example";
    let text = session.run(line).ok();
    assert!(is_proved(&text, "c-1", "shop.example"));
    assert!(!is_proved(&text, "c-2", "shop.example"));
    assert!(!is_proved(&text, "c-1", "other.example"));
    assert!(!is_proved(&text.replace("First Aid", "Brain Surgery"), "c-1", "shop.example"));
    assert!(!text.contains("secretKey"), "{text}");

    assert_eq!(session.run(&format!("{line} --out shown.json")).ok(), "");
    assert!(is_proved(&session.read("shown.json"), "c-1", "shop.example"));
}

#[test]
fn a_badge_in_a_token_is_presented_in_an_envelope() {
    let session = session();
    let did = session.run("key show ada.key").ok().trim().to_owned();
    let token = Maker::new(1).token(Recipient::Did(did));
    for text in [token.clone(), format!("\n{token}\n"), format!("\"{token}\"")] {
        session.write("badge.jwt", text);
        let text = session.run("present badge.jwt --key ada.key --challenge c-1 --domain shop.example").ok();
        assert!(text.contains(&format!("data:application/vc+jwt,{token}")), "{text}");
        assert!(is_proved(&text, "c-1", "shop.example"));
        session.write("again.json", &text);
    }
    // What is in the envelope is what is signed: another token is another presentation.
    assert!(!is_proved(&session.read("again.json").replace(".eyJ", ".eyI"), "c-1", "shop.example"));
}

#[test]
fn nobody_else_can() {
    let session = session();
    session.run("key new --out eve.key").ok();
    let eve = session.run("present badge.json --key eve.key --challenge c --domain d --out shown.json");
    eve.fails(1, "the badge was issued to did:key:", "only the subject");
    assert!(!session.path("shown.json").exists());

    // A badge for an e-mail address has no subject that could sign.
    let email =
        Recipient::Email { address: "ada@example.org".to_owned(), salt: "0123456789abcdef".to_owned() };
    session.write("mail.json", Maker::new(1).badge(email, None));
    session.run("present mail.json --key ada.key --challenge c --domain d").fails(1, "nobody's DID", "");
}

#[test]
fn junk_is_not_presented() {
    let session = session();
    for (name, text) in [("junk", "junk"), ("object", "{}"), ("list", "[]")] {
        session.write(name, text);
        session.run(&format!("present {name} --key ada.key --challenge c --domain d")).fails(
            1,
            name,
            "as it was issued",
        );
    }
    session.run("present badge.json --key badge.json --challenge c --domain d").fails(
        1,
        "not a key file",
        "",
    );
    session.run("present badge.json --key none --challenge c --domain d").fails(1, "none can't be read", "");
    for line in [
        "present badge.json --key ada.key --challenge c",
        "present badge.json --key ada.key --domain d",
        "present badge.json --challenge c --domain d",
        "present badge.json --key ada.key --challenge c --domain d --force",
    ] {
        assert_eq!(session.run(line).code, 64, "{line}");
    }
}
