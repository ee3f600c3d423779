//! Keys of an earner: made once, readable by the owner alone, never shown unless asked.

use crate::support::Session;
use serde_json::Value;

#[test]
fn a_key_is_made_and_shown() {
    let session = Session::new();
    let made = session.run("key new --out ada.json");
    assert!(made.err.contains("not encrypted"), "{made:?}");
    assert!(!format!("{made:?}").contains("z3u2"), "the secret was printed: {made:?}");
    let did = made.ok().trim().to_owned();
    assert!(did.starts_with("did:key:z6Mk"), "{did}");
    assert_eq!(session.run("key show ada.json").ok().trim(), did);

    let file: Value = serde_json::from_str(&session.read("ada.json")).expect("JSON");
    assert_eq!((&file["type"], &file["controller"]), (&Value::from("Multikey"), &Value::from(did.clone())));
    let shown = session.run("key show ada.json --json").json();
    assert_eq!((&shown["did"], &shown["verificationMethod"]), (&Value::from(did), &file["id"]));
}

#[cfg(unix)]
#[test]
fn a_key_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let session = Session::new();
    session.run("key new").ok();
    let path = session.path("accolade-key.json");
    assert_eq!(std::fs::metadata(&path).expect("made").permissions().mode() & 0o777, 0o600);
    let quiet = session.run("key show accolade-key.json");
    assert!(quiet.err.is_empty(), "{quiet:?}");

    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("opened up");
    let warned = session.run("key show accolade-key.json");
    assert!(warned.err.contains("warning: others may read") && warned.code == 0, "{warned:?}");
}

#[test]
fn a_key_is_never_overwritten() {
    let session = Session::new();
    session.run("key new --out ada.json").ok();
    let before = session.read("ada.json");
    session.run("key new --out ada.json").fails(1, "is there already", "--out");
    assert_eq!(session.read("ada.json"), before);
    session.run("key new --out no/such/folder.json").fails(1, "can't be written", "folder");
}

#[test]
fn two_keys_differ_and_the_secret_is_shown_only_on_request() {
    let session = Session::new();
    let first = session.run("key new --out -").json();
    let second = session.run("key new --out -").json();
    assert!(first["secretKeyMultibase"].as_str().is_some_and(|secret| secret.starts_with("z3u2")));
    assert_ne!(first["secretKeyMultibase"], second["secretKeyMultibase"]);
    assert!(!session.path("accolade-key.json").exists());
}

#[test]
fn other_files_are_no_keys() {
    let session = Session::new();
    session.run("key show nothing.json").fails(1, "can't be read", "path");
    for (name, text) in [
        ("empty", ""),
        ("junk", "\u{0}\u{1}"),
        ("object", "{}"),
        ("public", r#"{"type":"Multikey","publicKeyMultibase":"z6Mk"}"#),
        ("secret", r#"{"type":"Multikey","secretKeyMultibase":"z6Mk"}"#),
        ("twice", r#"{"type":"Multikey","type":"Multikey"}"#),
    ] {
        session.write(name, text);
        session.run(&format!("key show {name}")).fails(1, name, "accolade key new");
    }
    session.write("large", vec![b' '; 2 * 1024 * 1024]);
    session.run("key show large").fails(1, "more than", "right file");
}
