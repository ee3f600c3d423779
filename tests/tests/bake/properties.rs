//! What holds for any badge, any picture and any bytes.

use accolade_core::bake::{self, Format, ImageKind};
use accolade_core::json;
use accolade_tests::{badges, pictures};
use proptest::collection::vec;
use proptest::prelude::*;

/// Any JSON object with a text in it, however odd.
fn object() -> impl Strategy<Value = String> {
    let text = prop_oneof![any::<String>(), "[\\]>&<\"'!\\[CDATA\u{fffe}\u{ffff}\u{7f}\u{85}\u{2028}]{0,40}"];
    text.prop_map(|text| serde_json::json!({"type": "VerifiableCredential", "text": text}).to_string())
}

fn svg() -> impl Strategy<Value = String> {
    let within = prop_oneof![
        Just(String::new()),
        Just("<g a='1'><!-- x --><path d=\"M0 0\"/></g>".to_owned()),
        Just("<openbadges:assertion verify=\"https://a.example/\"/>text".to_owned()),
        Just("<style><![CDATA[a{}]]></style><?p i?>&#65;&amp;".to_owned()),
    ];
    let before = prop_oneof![Just(""), Just("<?xml version=\"1.0\"?>\n"), Just("\u{feff}<!-- a -->\r\n")];
    let name = prop_oneof![Just("svg"), Just("s:svg")];
    (before, name, vec(within, 0..4)).prop_map(|(before, name, within)| {
        let spaces = "xmlns:s=\"http://www.w3.org/2000/svg\" xmlns:openbadges=\"http://openbadges.org\"";
        format!("{before}<{name} {spaces} viewBox='0 0 1 1'>{}</{name}>", within.concat())
    })
}

fn png() -> impl Strategy<Value = Vec<u8>> {
    let text = |keyword: &'static [u8]| {
        vec(any::<u8>(), 0..60).prop_map(move |rest| pictures::chunk(b"tEXt", &[keyword, &rest].concat()))
    };
    let more =
        vec(prop_oneof![text(b"Comment\0"), text(b"openbadges\0"), text(b"openbadgecredential\0")], 0..4);
    (1u32..40, 1u32..40, more)
        .prop_map(|(width, height, more)| pictures::png_of(width, height, &more.concat()))
}

proptest! {
    #[test]
    fn what_was_baked_into_a_png_comes_out_byte_for_byte(image in png(), badge in object(), other in object()) {
        let baked = bake::png(&image, badge.as_bytes()).expect("bakes");
        let found = bake::extract(&baked).expect("a badge");
        prop_assert_eq!((found.kind, found.format), (ImageKind::Png, Format::Ob3));
        prop_assert_eq!(&found.text, &badge);
        // Baking again replaces, and nothing piles up.
        let again = bake::png(&baked, other.as_bytes()).expect("bakes");
        prop_assert_eq!(again, bake::png(&image, other.as_bytes()).expect("bakes"));
    }

    #[test]
    fn what_was_baked_into_an_svg_comes_out_with_the_same_meaning(image in svg(), badge in object(), other in object()) {
        let baked = bake::svg(image.as_bytes(), badge.as_bytes()).expect("bakes");
        let found = bake::extract(&baked).expect("a badge");
        prop_assert_eq!((found.kind, found.format), (ImageKind::Svg, Format::Ob3));
        prop_assert_eq!(json::parse(found.text.as_bytes()), json::parse(badge.as_bytes()));
        if !["]]>", "\u{fffe}", "\u{ffff}"].iter().any(|odd| badge.contains(odd)) {
            prop_assert_eq!(&found.text, &badge);
        }
        let again = bake::svg(&baked, other.as_bytes()).expect("bakes");
        prop_assert_eq!(again, bake::svg(image.as_bytes(), other.as_bytes()).expect("bakes"));
    }

    #[test]
    fn a_badge_stays_the_same_through_both_kinds_of_pictures(seed in any::<u64>(), image in png(), drawing in svg()) {
        let badge = badges::badge(seed).to_string();
        let baked = bake::bake(drawing.as_bytes(), badge.as_bytes()).expect("bakes");
        let through = bake::extract(&baked).expect("a badge").text;
        let baked = bake::bake(&image, through.as_bytes()).expect("bakes");
        let found = bake::extract(&baked).expect("a badge").text;
        prop_assert_eq!(json::parse(found.as_bytes()), json::parse(badge.as_bytes()));
    }

    #[test]
    fn a_picture_that_is_cut_off_is_refused(image in png(), drawing in svg(), badge in object(), part in 0.0..1.0f64) {
        for baked in [bake::bake(&image, badge.as_bytes()), bake::bake(drawing.as_bytes(), badge.as_bytes())] {
            let baked = baked.expect("bakes");
            let cut = &baked[..(baked.len() as f64 * part) as usize];
            prop_assert!(bake::extract(cut).is_err(), "it was read");
            prop_assert!(bake::bake(cut, b"{\"a\":1}").is_err(), "a badge was baked into it");
        }
    }

    #[test]
    fn arbitrary_bytes_never_stop_the_program(
        bytes in vec(any::<u8>(), 0..300),
        drawing in svg(),
        image in png(),
        at in any::<prop::sample::Index>(),
    ) {
        let _ = bake::extract(&bytes);
        let _ = bake::bake(&bytes, &bytes);
        let _ = bake::extract(&[b"\x89PNG\r\n\x1a\n", &bytes[..]].concat());
        let _ = bake::extract(&[b"<svg>", &bytes[..]].concat());
        for picture in [image, drawing.into_bytes()] {
            let mut picture = picture;
            let at = at.index(picture.len());
            picture.splice(at..at, bytes.iter().copied());
            let _ = bake::extract(&picture);
            if let Ok(baked) = bake::bake(&picture, b"{\"a\":1}") {
                let found = bake::extract(&baked).expect("what we bake we read");
                prop_assert_eq!(found.text, "{\"a\":1}");
            }
        }
    }

    #[test]
    fn odd_xml_never_stops_the_program_and_is_baked_right_or_not_at_all(
        within in "(<|>|/|!|\\?|&|;|#|x|'|\"| |=|-|\\[|\\]|CDATA|svg|openbadges:credential|verify|xmlns|:|\\{|\\}){0,40}",
    ) {
        let picture = format!("<svg>{within}</svg>");
        let _ = bake::extract(within.as_bytes());
        let _ = bake::extract(picture.as_bytes());
        if let Ok(baked) = bake::bake(picture.as_bytes(), b"{\"a\":1}") {
            let found = bake::extract(&baked).expect("what we bake we read");
            prop_assert_eq!(found.text, "{\"a\":1}");
        }
    }
}
