//! Badges in PNG and SVG pictures.

use super::{made, nodes, said, sign, start, unsigned, verdict_of, verify, with, with_credits};
use accolade_core::bake::{self, Format, ImageKind};
use accolade_tests::interop;
use accolade_tests::nodes::blocking;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::{Value, json};
use std::io::Write as _;

const SVG: &[u8] = br##"<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><title>K&#228;se &amp; Brot</title><path d="M0 0h9v9z" fill="#146"/></svg>"##;

#[tokio::test(flavor = "multi_thread")]
async fn baked_badges_are_found_in_each_others_pictures() {
    let Some(libraries) = interop::pypi("baked badges with the libraries of PyPI") else { return };
    let folder = tempfile::tempdir().expect("folder");
    let node = start(folder.path()).await;
    let achievement = with_credits(&node, 3.5).await;
    let ours = nodes::issue(&node, &achievement).await;
    let ours_text = ours.to_string();
    let png = png();
    let pictures = [&png[..], SVG];
    let baked = pictures.map(|picture| bake::bake(picture, ours_text.as_bytes()).expect("bakes"));

    let signing = [sign("openbadgeslib", &unsigned(5, false))];
    let (libraries, theirs) = blocking(move || {
        let theirs = libraries.run(&json!({}), &signing);
        (libraries, theirs)
    })
    .await;
    let theirs = made("openbadgeslib", &theirs[0]);
    let changed = with(&theirs, "/credentialSubject/achievement/name", "Doctor of Medicine");

    let mut jobs = vec![verify("openbadgeslib", &ours)];
    for name in ["openbadgeslib", "openbadges-bakery"] {
        jobs.extend(
            baked
                .iter()
                .map(|image| json!({"library": name, "do": "extract", "image": BASE64.encode(image)})),
        );
        for badge in [&theirs, &changed] {
            let bake = |picture: &&[u8]| json!({"library": name, "do": "bake", "image": BASE64.encode(picture), "text": badge.to_string()});
            jobs.extend(pictures.iter().map(bake));
        }
    }
    let answers = blocking(move || libraries.run(&json!({}), &jobs)).await;

    // Ours in their hands: the text that openbadgeslib finds is the badge that it calls good, byte for byte.
    assert_eq!(said(&answers[0]), (true, true, "clear"), "{}", answers[0]);
    let (by_lib, by_bakery) = answers[1..].split_at(6);
    for (found, kind) in by_lib[..2].iter().zip(["PNG", "SVG"]) {
        assert_eq!(found["text"].as_str(), Some(ours_text.as_str()), "{kind}: {found}");
    }
    for found in &by_bakery[..2] {
        assert!(found["text"].is_null(), "it has learned the places of Open Badges 3.0: {found}");
    }

    // Theirs in ours.
    for (format, baked) in [(Format::Ob3, &by_lib[2..]), (Format::Ob2, &by_bakery[2..])] {
        for (at, answer) in baked.iter().enumerate() {
            let picture = BASE64
                .decode(answer["image"].as_str().unwrap_or_else(|| panic!("{answer}")))
                .expect("base64");
            let found = bake::extract(&picture).expect("a badge");
            assert_eq!((found.kind, found.format), ([ImageKind::Png, ImageKind::Svg][at % 2], format));
            let badge = if at < 2 { &theirs } else { &changed };
            assert_eq!(serde_json::from_str::<Value>(&found.text).expect("JSON"), *badge);
            let expected = if at < 2 { "valid" } else { "forged" };
            assert_eq!(verdict_of(&node, picture).await, expected, "{format:?} {at}");
        }
    }
    node.stop().await;
}

/// A picture of 8 by 8 dots (PNG, third edition): one header, one chunk of dots, the end.
fn png() -> Vec<u8> {
    let mut dots = ZlibEncoder::new(Vec::new(), Compression::default());
    for row in 0..8_u8 {
        dots.write_all(&[0]).expect("written");
        dots.write_all(&[[row * 30, 0x40, 0xa0]; 8].concat()).expect("written");
    }
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [0, 0, 0, 8, 0, 0, 0, 8, 8, 2, 0, 0, 0];
    for (kind, content) in
        [(b"IHDR", header.to_vec()), (b"IDAT", dots.finish().expect("written")), (b"IEND", Vec::new())]
    {
        let mut crc = flate2::Crc::new();
        crc.update(kind);
        crc.update(&content);
        png.extend_from_slice(&(content.len() as u32).to_be_bytes());
        png.extend_from_slice(kind);
        png.extend_from_slice(&content);
        png.extend_from_slice(&crc.sum().to_be_bytes());
    }
    png
}
