use super::svg::{MAX_ATTRIBUTES, MAX_DEPTH};
use super::*;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write as _;

const BADGE: &str =
    "{\n  \"type\": [\"VerifiableCredential\"],\n  \"name\": \"Grüße < & > \\\" ]] 徽章\"\r\n}\n";
const OTHER: &str = r#"{"type":["VerifiableCredential"],"name":"Other"}"#;
const JWS: &str = "eyJhbGciOiJFZERTQSJ9.eyJpZCI6IngifQ.AAECAw";
const SVG: &str = concat!(
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- drawn -->\n<?style none?>\n",
    "<svg xmlns=\"http://www.w3.org/2000/svg\"\n  viewBox='0 0 8 8' data-x='say \"a\"'>",
    "<title>A &amp; B &#233;</title><g><path d=\"M0 0h8\"/></g><style><![CDATA[a>b{}]]></style></svg>"
);

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(name);
    crc.update(data);
    [&(data.len() as u32).to_be_bytes(), &name[..], data, &crc.sum().to_be_bytes()].concat()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

const HEADER: [u8; 13] = [0, 0, 0, 2, 0, 0, 0, 2, 8, 2, 0, 0, 0];

fn header() -> Vec<u8> {
    chunk(b"IHDR", &HEADER)
}

/// Two by two red pixels.
fn pixels() -> Vec<u8> {
    chunk(b"IDAT", &deflated(&[0, 255, 0, 0, 255, 0, 0, 0, 255, 0, 0, 255, 0, 0]))
}

fn png_of(chunks: &[Vec<u8>]) -> Vec<u8> {
    [&b"\x89PNG\r\n\x1a\n"[..], &chunks.concat()].concat()
}

fn png_with(chunks: &[Vec<u8>]) -> Vec<u8> {
    png_of(&[header(), chunks.concat(), pixels(), chunk(b"IEND", b"")])
}

fn itxt(keyword: &str, text: &str) -> Vec<u8> {
    chunk(b"iTXt", &[keyword.as_bytes(), &[0; 5], text.as_bytes()].concat())
}

fn svg_with(within: &str) -> Vec<u8> {
    format!("<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:o=\"{OB3}\" xmlns:two=\"{OB2}\">{within}</svg>")
        .into_bytes()
}

const OB3: &str = "https://purl.imsglobal.org/ob/v3p0";
const OB2: &str = "http://openbadges.org";

fn text_of(image: &[u8]) -> String {
    extract(image).expect("a badge").text
}

#[track_caller]
fn refuses(image: &[u8], code: &str, words: &str) {
    let error = extract(image).expect_err(words);
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(words), "“{words}” is not in: {error}");
    assert!(!error.hint().is_empty());
}

#[test]
fn a_png_carries_one_uncompressed_chunk_right_after_its_header() {
    let baked = png(&png_with(&[]), BADGE.as_bytes()).expect("bakes");
    let expected = png_with(&[itxt("openbadgecredential", BADGE)]);
    assert_eq!(baked, expected);
    let found = extract(&baked).expect("a badge");
    let expected =
        Extracted { kind: ImageKind::Png, format: Format::Ob3, form: Form::Json, text: BADGE.to_owned() };
    assert_eq!(found, expected);
    let signed =
        extract(&bake(&png_with(&[]), format!("{JWS}\n").as_bytes()).expect("bakes")).expect("a badge");
    assert_eq!((signed.form, signed.text.as_str()), (Form::Jws, JWS));
}

#[test]
fn an_svg_carries_one_element_right_after_its_tag() {
    let baked = String::from_utf8(svg(SVG.as_bytes(), BADGE.as_bytes()).expect("bakes")).expect("UTF-8");
    let (before, after) = SVG.split_at(SVG.find("<title>").expect("a title"));
    let expected = format!(
        "{}<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 8 8\" data-x='say \"a\"' xmlns:openbadges=\"{OB3}\">\
         <openbadges:credential><![CDATA[{BADGE}]]></openbadges:credential>{after}",
        &before[..before.find("<svg").expect("a tag")]
    );
    assert_eq!(baked, expected);
    let found = extract(baked.as_bytes()).expect("a badge");
    assert_eq!((found.kind, found.format, found.form), (ImageKind::Svg, Format::Ob3, Form::Json));
    assert_eq!(found.text, BADGE);

    let signed = String::from_utf8(bake(b"<svg/>", JWS.as_bytes()).expect("bakes")).expect("UTF-8");
    let element = format!("<openbadges:credential verify=\"{JWS}\"></openbadges:credential>");
    assert_eq!(signed, format!("<svg xmlns:openbadges=\"{OB3}\">{element}</svg>"));
    assert_eq!(
        extract(signed.as_bytes()).map(|found| (found.form, found.text)),
        Ok((Form::Jws, JWS.to_owned()))
    );
}

#[test]
fn baking_again_replaces_what_was_there() {
    let elder = [
        itxt("openbadges", "https://a.example/1"),
        chunk(b"tEXt", b"openbadges\0https://a.example/2"),
        chunk(b"zTXt", b"openbadges\0\0junk"),
        itxt("openbadgecredential", OTHER),
        itxt("openbadgecredential", "junk"),
        itxt("Comment", "kept"),
    ];
    let baked = png(&png_with(&elder), BADGE.as_bytes()).expect("bakes");
    assert_eq!(baked, png_with(&[itxt("openbadgecredential", BADGE), itxt("Comment", "kept")]));
    assert_eq!(png(&baked, BADGE.as_bytes()), Ok(baked));

    let elder = format!(
        "<a><o:credential verify=\"x\">junk</o:credential></a><two:assertion verify=\"y\"/><!-- kept -->\
         <b xmlns:p=\"{OB3}\"><p:credential> </p:credential></b><openbadges:credential/><credential>kept</credential>"
    );
    let baked = svg(&svg_with(&elder), BADGE.as_bytes()).expect("bakes");
    let text = String::from_utf8(baked.clone()).expect("UTF-8");
    let rest = format!("<a></a><!-- kept --><b xmlns:p=\"{OB3}\"></b><credential>kept</credential></svg>");
    assert!(text.ends_with(&rest), "{text}");
    assert_eq!(text_of(&baked), BADGE);
    assert_eq!(svg(&baked, BADGE.as_bytes()), Ok(baked));

    // A prefix that was bound to the elder namespace.
    let elder = format!("<svg xmlns:openbadges=\"{OB2}\"><openbadges:assertion verify=\"{JWS}\"/></svg>");
    let baked = svg(elder.as_bytes(), OTHER.as_bytes()).expect("bakes");
    assert_eq!(String::from_utf8(baked.clone()).expect("UTF-8").matches("xmlns:openbadges").count(), 1);
    assert_eq!(extract(&baked).map(|found| (found.format, found.text)), Ok((Format::Ob3, OTHER.to_owned())));
}

#[test]
fn what_xml_cannot_hold_is_written_as_json_escapes() {
    let badge = "{\"a\":\"]]>]]>\u{ffff}\u{fffe}<![CDATA[\"}";
    let baked = svg(SVG.as_bytes(), badge.as_bytes()).expect("bakes");
    let text = text_of(&baked);
    assert_eq!(text, r#"{"a":"]]\u003e]]\u003e\uffff\ufffe<![CDATA["}"#);
    assert_eq!(json::parse(text.as_bytes()), json::parse(badge.as_bytes()));
    assert_eq!(text_of(&png(&png_with(&[]), badge.as_bytes()).expect("bakes")), badge);
}

#[test]
fn every_way_of_writing_a_badge_into_a_png_is_read() {
    let compressed = deflated(BADGE.as_bytes());
    let latin: Vec<u8> = [&b"openbadges\0{\"name\":\"Gr"[..], &[0xfc, 0xdf], b"e\"}"].concat();
    for (made, format, form, text) in [
        (itxt("openbadges", OTHER), Format::Ob2, Form::Json, OTHER),
        (itxt("openbadges", "https://a.example/b"), Format::Ob2, Form::Url, "https://a.example/b"),
        (itxt("openbadges", JWS), Format::Ob2, Form::Jws, JWS),
        (chunk(b"tEXt", b"openbadges\0http://a.example/b"), Format::Ob2, Form::Url, "http://a.example/b"),
        (chunk(b"tEXt", &latin), Format::Ob2, Form::Json, "{\"name\":\"Grüße\"}"),
        (
            chunk(b"iTXt", &[b"openbadgecredential\0\x01\0en\0Abzeichen\0", &compressed[..]].concat()),
            Format::Ob3,
            Form::Json,
            BADGE,
        ),
        (
            chunk(b"zTXt", &[b"openbadgecredential\0\0", &compressed[..]].concat()),
            Format::Ob3,
            Form::Json,
            BADGE,
        ),
    ] {
        let found = extract(&png_with(&[made])).expect("a badge");
        assert_eq!((found.format, found.form, found.text.as_str()), (format, form, text));
    }
    let animated = [
        header(),
        chunk(b"acTL", &[0; 8]),
        chunk(b"fcTL", &[0; 26]),
        pixels(),
        chunk(b"fdAT", &[0, 0, 0, 1]),
        itxt("openbadgecredential", OTHER),
        chunk(b"IEND", b""),
    ];
    assert_eq!(text_of(&png_of(&animated)), OTHER);
    assert_eq!(text_of(&png(&png_of(&animated), BADGE.as_bytes()).expect("bakes")), BADGE);
}

#[test]
fn every_way_of_writing_a_badge_into_an_svg_is_read() {
    let escaped = OTHER.replace('"', "&quot;").replace(':', "&#58;").replace(',', "&#x2c;");
    for (within, format, text) in [
        (format!("<o:credential><![CDATA[{OTHER}]]></o:credential>"), Format::Ob3, OTHER),
        (format!("<o:credential>\n  <![CDATA[{OTHER}]]>\n</o:credential>"), Format::Ob3, OTHER),
        (format!("<o:credential>{escaped}</o:credential>"), Format::Ob3, OTHER),
        (format!("<o:credential verify=\"{escaped}\"/>"), Format::Ob3, OTHER),
        (format!("<g><metadata><credential xmlns='{OB3}' verify='{JWS}'/></metadata></g>"), Format::Ob3, JWS),
        (format!("<openbadges:credential xmlns:openbadges='{OB3}' verify='{JWS}'/>"), Format::Ob3, JWS),
        (format!("<openbadges:credential verify='{JWS}'/>"), Format::Ob3, JWS),
        (format!("<two:assertion verify='{JWS}'><![CDATA[{JWS}]]></two:assertion>"), Format::Ob2, JWS),
        (format!("<two:assertion verify='https://a.example/'>{OTHER}</two:assertion>"), Format::Ob2, OTHER),
        ("<two:assertion verify='https://a.example/'/>".to_owned(), Format::Ob2, "https://a.example/"),
        (format!("<o:credential/><o:credential>{OTHER}</o:credential>"), Format::Ob3, OTHER),
        (
            format!("<credential>no badge</credential><o:credential>{OTHER}</o:credential>"),
            Format::Ob3,
            OTHER,
        ),
    ] {
        let found = extract(&svg_with(&within)).unwrap_or_else(|error| panic!("{error}: {within}"));
        assert_eq!((found.format, found.text.as_str()), (format, text), "{within}");
    }
    let named = format!(
        "\u{feff}<s:svg xmlns:s=\"http://www.w3.org/2000/svg\"><o:credential xmlns:o=\"{OB3}\">{OTHER}</o:credential></s:svg>"
    );
    assert_eq!(text_of(named.as_bytes()), OTHER);
    assert_eq!(text_of(&svg(named.as_bytes(), BADGE.as_bytes()).expect("bakes")), BADGE);
}

#[test]
fn a_doctype_that_defines_nothing_is_passed_over_and_left_out() {
    let public = "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">";
    let drawn = format!(
        "<?xml version=\"1.0\"?>\n{public}\n<svg><openbadges:credential>{OTHER}</openbadges:credential></svg>"
    );
    assert_eq!(text_of(drawn.as_bytes()), OTHER);
    let baked = String::from_utf8(svg(drawn.as_bytes(), BADGE.as_bytes()).expect("bakes")).expect("UTF-8");
    assert!(baked.starts_with("<?xml version=\"1.0\"?>\n\n<svg xmlns:openbadges="), "{baked}");
    assert_eq!(text_of(baked.as_bytes()), BADGE);
}

#[test]
fn two_badges_are_refused_unless_they_are_one() {
    let same = [itxt("openbadgecredential", OTHER), itxt("openbadgecredential", OTHER)];
    assert_eq!(text_of(&png_with(&same)), OTHER);
    for second in [itxt("openbadgecredential", BADGE), itxt("openbadges", OTHER), itxt("openbadges", JWS)] {
        refuses(
            &png_with(&[itxt("openbadgecredential", OTHER), second]),
            "picture_with_two_badges",
            "two different",
        );
    }
    let one = format!("<o:credential>{OTHER}</o:credential>");
    assert_eq!(text_of(&svg_with(&format!("{one}<g>{one}</g>"))), OTHER);
    for second in [
        format!("<o:credential>{BADGE}</o:credential>").replace('&', "&amp;").replace("< ", "&lt; "),
        format!("<g><two:assertion verify='{JWS}'/></g>"),
        format!("<o:credential verify='{JWS}'>{OTHER}</o:credential>"),
        format!("<x:credential xmlns:x='{OB2}' verify='{JWS}'/>"),
        format!("<openbadges:credential xmlns:openbadges='urn:x' verify='{JWS}'/>"),
    ] {
        refuses(&svg_with(&format!("{one}{second}")), "picture_with_two_badges", "two different");
    }
}

#[test]
fn a_png_that_breaks_a_rule_is_refused() {
    let end = || chunk(b"IEND", b"");
    let badge = || itxt("openbadgecredential", OTHER);
    let with_header = |change: &dyn Fn(&mut [u8; 13])| {
        let mut data = HEADER;
        change(&mut data);
        png_of(&[chunk(b"IHDR", &data), badge(), pixels(), end()])
    };
    let mut wrong_crc = png_with(&[badge()]);
    let at = wrong_crc.windows(4).position(|four| four == b"name").expect("in the badge");
    wrong_crc[at] ^= 1;
    let mut long = png_with(&[badge()]);
    long[33..37].copy_from_slice(&0x7fff_ffffu32.to_be_bytes());
    let mut longer = long.clone();
    longer[33] = 0xff;
    for (image, words) in [
        (b"\x89PNG".to_vec(), "first bytes"),
        (b"\x89PNG\r\n\x1a\n".to_vec(), "cut off"),
        (b"\x89PNG\n\x1a\n".to_vec(), "first bytes"),
        (png_of(&[header(), badge(), pixels()]), "cut off"),
        (png_of(&[header(), badge(), end()]), "no image data"),
        (png_of(&[badge(), header(), pixels(), end()]), "header is not its first"),
        (png_of(&[header(), header(), pixels(), end()]), "or there are two"),
        (png_of(&[header(), pixels(), badge(), pixels(), end()]), "torn apart"),
        (png_of(&[header(), pixels(), chunk(b"PLTE", &[0; 3]), end()]), "palette"),
        (png_of(&[header(), chunk(b"PLTE", &[0; 3]), chunk(b"PLTE", &[0; 3]), pixels(), end()]), "palette"),
        (png_of(&[header(), badge(), pixels(), chunk(b"IEND", b"x")]), "not empty"),
        (png_of(&[header(), badge(), pixels(), end(), b"\n".to_vec()]), "after its end"),
        (png_of(&[header(), badge(), pixels(), end(), end()]), "after its end"),
        (png_of(&[header(), badge(), chunk(b"WHAT", b""), pixels(), end()]), "critical"),
        (png_of(&[header(), badge(), chunk(b"a1Xt", b""), pixels(), end()]), "four letters"),
        (with_header(&|data| data[3] = 0), "makes no sense"),
        (with_header(&|data| data[0] = 0x80), "makes no sense"),
        (with_header(&|data| data[8] = 3), "makes no sense"),
        (with_header(&|data| data[9] = 1), "makes no sense"),
        (with_header(&|data| data[10] = 1), "makes no sense"),
        (with_header(&|data| data[12] = 2), "makes no sense"),
        (png_of(&[chunk(b"IHDR", &HEADER[1..]), pixels(), end()]), "makes no sense"),
        (wrong_crc, "checksum"),
        (long, "cut off"),
        (longer, "longer than one may be"),
        (png_with(&vec![chunk(b"tEXt", b""); png::MAX_CHUNKS]), "too many chunks"),
        (png_with(&[chunk(b"iTXt", b"openbadgecredential")]), "can't be read"),
        (png_with(&[chunk(b"iTXt", b"openbadgecredential\0\x02\0\0\0{}")]), "can't be read"),
        (png_with(&[chunk(b"iTXt", b"openbadgecredential\0\x01\x01\0\0{}")]), "can't be read"),
        (png_with(&[chunk(b"iTXt", b"openbadgecredential\0\0\0\0{}")]), "can't be read"),
        (png_with(&[chunk(b"iTXt", b"openbadgecredential\0\0\0\0\0{\xff}")]), "can't be read"),
        (png_with(&[chunk(b"iTXt", b"openbadgecredential\0\x01\0\0\0{}")]), "decompressed"),
        (png_with(&[chunk(b"tEXt", b"openbadges")]), "can't be read"),
    ] {
        refuses(&image, "picture_damaged", words);
        assert!(
            bake(&image, b"{}").is_err() || words == "can't be read" || words == "decompressed",
            "{words}"
        );
    }
}

#[test]
fn an_svg_that_breaks_a_rule_is_refused() {
    let many = |times: usize, text: &str| text.repeat(times);
    let attributes: String = (0..=MAX_ATTRIBUTES).map(|at| format!(" a{at}=''")).collect();
    for (image, code, words) in [
        ("<svg".to_owned(), "picture_damaged", "not closed"),
        ("<svg>".to_owned(), "picture_damaged", "cut off"),
        ("<svg></g>".to_owned(), "picture_damaged", ""),
        ("<svg><g></svg>".to_owned(), "picture_damaged", ""),
        ("<svg/><svg/>".to_owned(), "picture_damaged", "after its end"),
        ("<svg/>text".to_owned(), "picture_damaged", "outside"),
        ("<svg/><![CDATA[]]>".to_owned(), "picture_damaged", "outside"),
        ("<svg a='1' a='2'/>".to_owned(), "picture_damaged", ""),
        ("<svg a=1/>".to_owned(), "picture_damaged", ""),
        ("<svg><g a='<'/></svg>".to_owned(), "picture_damaged", "“<”"),
        ("<svg><g a></g></svg>".to_owned(), "picture_damaged", ""),
        ("<svg>\u{1}</svg>".to_owned(), "picture_damaged", "control character"),
        ("<svg>a & b</svg>".to_owned(), "picture_damaged", ""),
        ("<svg><!-- a -- b --></svg>".to_owned(), "picture_damaged", ""),
        ("<svg/><?xml version='1.0'?>".to_owned(), "picture_damaged", "beginning"),
        ("<?xml version='1.1'?><svg/>".to_owned(), "picture_damaged", "XML 1.0"),
        ("<?xml version='1.0' encoding='utf-16'?><svg/>".to_owned(), "picture_not_utf8", ""),
        ("<html><svg/></html>".to_owned(), "picture_damaged", "not an SVG"),
        ("<svg xmlns='urn:x'/>".to_owned(), "picture_damaged", "not an SVG"),
        ("<x:svg/>".to_owned(), "picture_damaged", "not an SVG"),
        ("<!-- nothing -->".to_owned(), "picture_damaged", "cut off"),
        ("<svg/><!DOCTYPE svg>".to_owned(), "picture_damaged", "wrong place"),
        ("<!DOCTYPE svg><!DOCTYPE svg><svg/>".to_owned(), "picture_damaged", "wrong place"),
        ("<!DOCTYPE svg [<!ELEMENT svg ANY>]><svg/>".to_owned(), "picture_with_doctype", ""),
        (
            "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg>&x;</svg>".to_owned(),
            "picture_with_doctype",
            "",
        ),
        ("<svg>&x;</svg>".to_owned(), "picture_with_doctype", ""),
        ("<svg a='&x;'/>".to_owned(), "picture_with_doctype", ""),
        (format!("<svg{attributes}/>"), "picture_damaged", "too many attributes"),
        (format!("<svg>{}", many(MAX_DEPTH, "<g>")), "picture_damaged", "too deep"),
        (
            format!("<svg>{}</svg>", many(MAX_PLACES + 1, "<openbadges:credential/>")),
            "picture_damaged",
            "too many badges",
        ),
        (
            "<svg><openbadges:credential><b/></openbadges:credential></svg>".to_owned(),
            "picture_damaged",
            "another element",
        ),
        (
            "<svg><openbadges:credential>{}<![CDATA[{}]]></openbadges:credential></svg>".to_owned(),
            "picture_damaged",
            "torn",
        ),
    ] {
        refuses(image.as_bytes(), code, words);
        if words != "torn" {
            assert!(bake(image.as_bytes(), b"{}").is_err(), "{image:.60}");
        }
    }
    refuses(b"<svg>\xff</svg>", "picture_not_utf8", "");
}

#[test]
fn every_truncation_and_every_changed_bit_of_a_png_is_refused() {
    let baked = png(&png_with(&[]), BADGE.as_bytes()).expect("bakes");
    for length in 0..baked.len() {
        assert!(extract(&baked[..length]).is_err(), "{length} bytes of {}", baked.len());
        assert!(bake(&baked[..length], b"{}").is_err(), "{length} bytes of {}", baked.len());
    }
    for at in 0..baked.len() * 8 {
        let mut changed = baked.clone();
        changed[at / 8] ^= 1 << (at % 8);
        assert!(extract(&changed).is_err(), "bit {at}");
    }
    let baked = svg(SVG.as_bytes(), BADGE.as_bytes()).expect("bakes");
    for length in 0..baked.len() {
        assert!(extract(&baked[..length]).is_err(), "{length} bytes of {}", baked.len());
        assert!(bake(&baked[..length], b"{}").is_err(), "{length} bytes of {}", baked.len());
    }
}

#[test]
fn sizes_have_limits_and_nothing_is_inflated_beyond_them() {
    let large = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_BADGE_BYTES));
    assert_eq!(png(&png_with(&[]), large.as_bytes()), Err(BakeError::BadgeTooLarge));
    refuses(&png_with(&[itxt("openbadges", &large)]), "badge_too_large", "more than");
    refuses(&svg_with(&format!("<o:credential>{large}</o:credential>")), "badge_too_large", "more than");
    refuses(&svg_with(&format!("<o:credential verify='{large}'/>")), "badge_too_large", "more than");
    let bomb = deflated(&vec![b' '; 64 * 1024 * 1024]);
    assert!(bomb.len() < 100_000);
    refuses(
        &png_with(&[chunk(b"iTXt", &[b"openbadges\0\x01\0\0\0", &bomb[..]].concat())]),
        "badge_too_large",
        "more than",
    );

    let same = vec![itxt("openbadgecredential", OTHER); MAX_PLACES + 1];
    refuses(&png_with(&same), "picture_damaged", "too many badges");
    assert_eq!(text_of(&png_with(&same[1..])), OTHER);

    let padding = chunk(b"tEXt", &vec![b' '; MAX_IMAGE_BYTES - png_with(&[]).len() - 12]);
    let full = png_with(&[padding]);
    assert_eq!(full.len(), MAX_IMAGE_BYTES);
    refuses(&full, "picture_without_badge", "no badge in this PNG");
    assert!(matches!(png(&full, b"{}"), Err(BakeError::ImageTooLarge { bytes }) if bytes > MAX_IMAGE_BYTES));
    let over = [&full[..], b" "].concat();
    refuses(&over, "picture_too_large", "10485760");
    assert!(matches!(png(&over, b"{}"), Err(BakeError::ImageTooLarge { .. })));
}

#[test]
fn what_is_no_badge_is_not_baked_and_not_extracted() {
    for badge in [
        "",
        " ",
        "{",
        "[]",
        "5",
        "\"a\"",
        "a.b",
        "a.b.c.d",
        "a..c",
        "a.b.=",
        "https://a.example/",
        "{\"a\":1,\"a\":1}",
        "{}{}",
    ] {
        for image in [png_with(&[]), SVG.as_bytes().to_vec()] {
            assert_eq!(bake(&image, badge.as_bytes()), Err(BakeError::NotABadge), "{badge}");
        }
    }
    assert_eq!(bake(&png_with(&[]), b"{\"\xff\":1}"), Err(BakeError::NotABadge));
    for text in ["", "junk", "[]", "a.b", "ftp://a.example", "https://a.example/ b", "javascript:alert(1)"] {
        refuses(&png_with(&[itxt("openbadgecredential", text)]), "picture_content_unknown", "neither");
    }
    refuses(&png_with(&[]), "picture_without_badge", "PNG");
    refuses(SVG.as_bytes(), "picture_without_badge", "SVG");
    refuses(b"<svg><openbadges:credential/></svg>", "picture_without_badge", "SVG");
    for image in [&b""[..], b"GIF89a", b"\xff\xd8\xff\xe0", b"{}", JWS.as_bytes(), b"RIFFxxxxWEBP"] {
        refuses(image, "not_a_picture", "neither");
        assert_eq!(bake(image, b"{}"), Err(BakeError::NotAnImage));
    }
}
