//! Badges into pictures and out of them.

use crate::maker::{INDEX, Maker, SIGNED};
use crate::support::{FakeNode, Session};
use accolade_core::credential::draft::Recipient;
use accolade_tests::pictures;
use serde_json::json;

const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0h1\"/></svg>";
/// A signed assertion of Open Badges 2.0.
const JWS: &str = "eyJhbGciOiJFZERTQSJ9.eyJAY29udGV4dCI6Imh0dHBzOi8vdzNpZC5vcmcvb3BlbmJhZGdlcy92MiIsInR5cGUiOiJBc3NlcnRpb24ifQ.AAECAw";

/// A folder with a badge, the list that clears it, and two pictures.
fn session() -> Session {
    let (session, north) = (Session::new(), Maker::new(1));
    session.write("badge.json", north.badge(Recipient::Did(Maker::new(9).did()), None));
    session.write("clear.json", north.list(&[INDEX + 1], SIGNED));
    session.write("picture.png", pictures::png(2, 3));
    session.write("picture.svg", SVG);
    session
}

fn verify(session: &Session, file: &str) -> crate::support::Outcome {
    session.run(&format!("verify {file} --list clear.json --at 2026-06-30T11:00:00Z"))
}

#[test]
fn a_badge_goes_into_a_picture_is_verified_there_and_comes_out_as_it_was() {
    let session = session();
    for kind in ["png", "svg"] {
        let said = session.run(&format!("bake badge.json picture.{kind} -o baked.{kind}")).ok();
        assert_eq!(said, format!("baked.{kind}: {} with the badge in it\n", kind.to_uppercase()));
        let outcome = verify(&session, &format!("baked.{kind}"));
        assert!(outcome.code == 0 && outcome.out.contains("VALID."), "{outcome:?}");
        let place = format!("taken from      a picture, {}", kind.to_uppercase());
        assert!(outcome.out.contains(&place), "no “{place}” in {}", outcome.out);

        assert_eq!(session.run(&format!("extract baked.{kind}")).ok().trim_end(), session.read("badge.json"));
        let said = session.run(&format!("extract baked.{kind} -o out.json")).ok();
        assert!(said.starts_with("out.json: a badge in JSON, from the"), "{said}");
        assert_eq!(session.read("out.json"), session.read("badge.json"));

        // What holds the badge does for other commands too.
        session.run("key new --out earner.key --json");
        session.run(&format!("bake baked.{kind} picture.svg -o again.svg")).ok();
        assert_eq!(session.run("extract again.svg").ok().trim_end(), session.read("badge.json"));
        session.run(&format!("present baked.{kind} --key earner.key --challenge c --domain d")).fails(
            1,
            "the badge was issued to",
            "only the subject",
        );
        std::fs::remove_file(session.path("earner.key")).expect("was there");
    }
}

#[test]
fn programs_get_json_and_pipes_get_pictures() {
    let session = session();
    let made = session.run("bake badge.json picture.png --out baked.png --json").json();
    let bytes = std::fs::read(session.path("baked.png")).expect("baked").len();
    assert_eq!(made, json!({"out": "baked.png", "kind": "png", "bytes": bytes}));
    let found = session.run("extract baked.png --json").json();
    assert_eq!(
        (&found["kind"], &found["format"], &found["form"]),
        (&json!("png"), &json!("ob3"), &json!("json"))
    );
    assert_eq!(found["badge"].to_string(), session.read("badge.json"));
    let found = session.run("extract baked.png --json -o out.json").json();
    assert_eq!(found, json!({"kind": "png", "format": "ob3", "form": "json", "out": "out.json"}));

    let piped = session.run_args(&["bake", "badge.json", "-", "-o", "-"], SVG.as_bytes(), &[]).ok();
    assert_eq!(
        session.run_args(&["extract", "-"], piped.as_bytes(), &[]).ok().trim_end(),
        session.read("badge.json")
    );
    let report = session.run_args(&["verify", "-", "--json"], piped.as_bytes(), &[]).json();
    assert_eq!(report["picture"], json!({"kind": "svg", "format": "ob3", "form": "json"}));
}

#[test]
fn pictures_of_others_are_read_and_what_is_in_them_is_named() {
    let session = session();
    for (file, text, form) in [
        ("hosted.png", "https://badges.example/1", "url"),
        ("signed.png", JWS, "jws"),
        (
            "elder.png",
            r#"{"@context":"https://w3id.org/openbadges/v2","type":"Assertion","id":"https://a.example/1"}"#,
            "json",
        ),
    ] {
        session.write(file, pictures::png_with_text(b"openbadges", text));
        let found = session.run(&format!("extract {file} --json")).json();
        assert_eq!((&found["format"], &found["form"]), (&json!("ob2"), &json!(form)), "{file}");
        let outcome = verify(&session, file);
        assert!(outcome.code == 1 && outcome.out.contains("NOT SUPPORTED YET"), "{outcome:?}");
    }
    session.write("token.jws", format!("{JWS}\n"));
    session.run("bake token.jws picture.svg -o token.svg").ok();
    assert_eq!(session.run("extract token.svg").ok(), format!("{JWS}\n"));
    // Replaced, and never two.
    session.run("bake badge.json hosted.png -o baked.png").ok();
    assert_eq!(session.run("extract baked.png").ok().trim_end(), session.read("badge.json"));
}

#[test]
fn what_cannot_be_baked_says_what_to_do_and_writes_nothing() {
    let session = session();
    let badge = session.read("badge.json");
    let png = pictures::png(2, 2);
    session.write("unsigned.json", badge.split(",\"proof\"").next().expect("a badge").to_owned() + "}");
    session.write("junk", "junk");
    session.write("photo.jpg", b"\xff\xd8\xff\xe0");
    session.write("cut.png", &png[..png.len() - 1]);
    session.write("doctype.svg", format!("<!DOCTYPE svg [<!ENTITY a 'b'>]>{SVG}"));
    session.write("large.svg", vec![b' '; 10 * 1024 * 1024 + 1]);
    for (line, error, hint) in [
        ("bake unsigned.json picture.png", "nobody signed", "as it was issued"),
        ("bake junk picture.png", "neither a JSON object nor a signed token", "right file"),
        ("bake picture.png picture.png", "no badge in this PNG", "from who gave the badge"),
        ("bake no-such-file picture.png", "can't be read", "check the path"),
        ("bake badge.json photo.jpg", "neither a PNG nor an SVG", "PNG or SVG"),
        ("bake badge.json cut.png", "cut off", "get the file again"),
        ("bake badge.json doctype.svg", "(DTD)", "without a DTD"),
        ("bake badge.json large.svg", "more than 10485760 bytes", ""),
        ("bake badge.json badge.json", "neither a PNG nor an SVG", "PNG or SVG"),
    ] {
        session.run(&format!("{line} -o out")).fails(1, error, hint);
        assert!(!session.path("out").exists(), "{line} wrote something");
    }
    session.run("bake badge.json picture.png -o no/such/folder.png").fails(1, "can't be written", "folder");
    for (file, error) in [
        ("picture.png", "no badge in this PNG"),
        ("picture.svg", "no badge in this SVG"),
        ("junk", "neither a PNG nor an SVG"),
        ("cut.png", "cut off"),
    ] {
        session.run(&format!("extract {file}")).fails(1, error, "");
    }
    session.run("bake - - -o out").fails(64, "both the badge and the picture", "");
    session.run("bake badge.json picture.png -o - --json").fails(64, "beside --json", "--out");
}

#[test]
fn a_node_is_sent_the_picture_as_it_is() {
    let session = session();
    session.run("bake badge.json picture.svg -o baked.svg").ok();
    let report = json!({"verdict": "valid", "sentence": "Good.", "checks": [], "picture": {"kind": "svg", "format": "ob3"}});
    let node = FakeNode::answering("200 OK", &report.to_string());
    let outcome = session.run(&format!("verify baked.svg --node {}", node.url)).ok();
    assert!(outcome.contains("VALID. Good.") && outcome.contains("a picture, SVG"), "{outcome}");
    let (head, body) = node.raw_request();
    assert!(
        head.starts_with("POST /v1/verify HTTP/1.1\r\n") && head.contains("content-type: image/svg+xml"),
        "{head}"
    );
    assert_eq!(body, session.read("baked.svg"));
}
