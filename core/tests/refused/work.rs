//! Documents that are made to be more work than they look. They end by counts, never by time.

use crate::parties::{badge, credential, party, with};
use crate::refused;
use accolade_core::bake;
use accolade_core::json::{self, Value};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write as _;

refused! {
    poison_graph, "a graph whose blank nodes all look alike", Malformed, "too_much_work",
        |t| { for size in [8, 12, 40] { t.issuer_of(&credential(), &[("/credentialSubject/knows", &clique(size, "a"))]); } };
    poison_graph_in_a_proof, "such a graph in the proof", Malformed, "too_much_work",
        |t| { let small = with(&party(1).unsigned_proof(), "/knows", "{\"id\":\"_:a\"}");
            t.good(&party(1).sign_with(&credential(), small));
            let proof = with(&party(1).unsigned_proof(), "/knows", &clique(12, "a"));
            t.bad("in the proof", &party(1).sign_with(&credential(), proof)); };
    nodes_in_a_ring, "a long ring of nodes that look alike", Malformed, "too_much_work",
        |t| { for length in [300, 3_000] { t.issuer_of(&credential(), &[("/credentialSubject/knows", &ring(length))]); } };
    nodes_with_many_neighbours, "nodes that look alike and have many neighbours", Malformed, "too_much_work",
        |t| { for (count, children) in [(8, 3_000), (200, 100)] {
            t.issuer_of(&credential(), &[("/credentialSubject/knows", &star(count, children))]); } };
    long_id, "a long id, written once for each statement", Malformed, "too_much_work", |t| {
        let many: Vec<String> = (0..20_000).map(|number| number.to_string()).collect();
        let long = with(&credential(), "/credentialSubject/id", &format!("\"urn:{}\"", "a".repeat(400_000)));
        t.issuer_of(&long, &[("/credentialSubject/grade", &format!("[{}]", many.join(",")))]);
    };
    contexts_by_the_thousand, "contexts by the thousand", Malformed, "too_much_work", |t| {
        let one = "\"https://www.w3.org/ns/credentials/v2\"";
        let many = |count: usize| format!("[{}]", vec![one; count].join(","));
        t.issuer_of(&with(&credential(), "/termsOfUse/@context", &many(2)), &[("/termsOfUse/@context", &many(20_000))]);
        t.issuer_of(&credential(), &[("/@context", &many(20_000))]);
    };

    nested_too_deep, "JSON nested deeper than 64 levels, up to 1 MiB of it", Malformed, "not_json", |t| {
        let nested = |depth: usize| format!("\"x\":{}1{}", "[".repeat(depth), "]".repeat(depth));
        let depths = [nested(64), nested(1_000), nested(500_000)].map(|text| format!("{text},\"name\":"));
        for text in &depths {
            t.text(&[("\"name\":", text)]);
        }
        t.bad_bytes("never closed", "[".repeat(json::MAX_BYTES).as_bytes());
        t.bad_bytes("never closed", "{\"a\":".repeat(json::MAX_BYTES / 5).as_bytes());
    };
    object_too_wide, "an object of more than 4,096 members", Malformed, "not_json",
        |t| { let many: String = (0..4_096).map(|number| format!("\"x{number}\":1,")).collect();
            t.text(&[("\"narrative\":", &format!("{many}\"narrative\":"))]); };
    values_too_many, "a document of more than 131,072 values", Malformed, "not_json",
        |t| { let many = format!("\"x\":[{}0],\"narrative\":", "0,".repeat(json::MAX_VALUES));
            t.text(&[("\"narrative\":", &many)]); };
    document_too_large, "a document over 1 MiB", Malformed, "too_large", |t| {
        let signed = Value::Object(party(1).sign(&badge())).to_string();
        let padded = |bytes: usize| format!("{signed}{}", " ".repeat(bytes - signed.len()));
        t.good_bytes(padded(json::MAX_BYTES).as_bytes());
        t.bad_bytes("one byte more", padded(json::MAX_BYTES + 1).as_bytes());
    };
    proof_too_wide, "a proof of more than 64 members", Malformed, "proof_malformed",
        |t| { let many: String = (0..64).map(|number| format!("\"x{number}\":1,")).collect();
            t.text(&[("\"proofPurpose\":", &format!("{many}\"proofPurpose\":"))]); };

    picture_bomb, "a picture whose badge unpacks to more than 1 MiB", Malformed, "badge_too_large", |t| {
        let signed = Value::Object(party(1).sign(&badge())).to_string();
        t.good_bytes(&png(&[packed(signed.as_bytes())]));
        for mebibytes in [2, 64] {
            t.bad_bytes("a bomb", &png(&[packed(&vec![b' '; mebibytes << 20])]));
        }
    };
    picture_too_large, "a picture over 10 MiB", Malformed, "picture_too_large", |t| {
        let signed = Value::Object(party(1).sign(&badge())).to_string();
        let filled = |bytes: usize| {
            let small = png(&[packed(signed.as_bytes()), (*b"prVt", Vec::new())]);
            png(&[packed(signed.as_bytes()), (*b"prVt", vec![0; bytes - small.len()])])
        };
        t.good_bytes(&filled(bake::MAX_IMAGE_BYTES));
        t.bad_bytes("one byte more", &filled(bake::MAX_IMAGE_BYTES + 1));
    };
    picture_of_elements, "an SVG nested deeper than 256 levels", Malformed, "picture_damaged", |t| {
        let signed = Value::Object(party(1).sign(&badge())).to_string();
        let svg = |depth: usize| {
            let open = "<svg xmlns=\"http://www.w3.org/2000/svg\">";
            let svg = format!("{open}{}{}</svg>", "<g>".repeat(depth), "</g>".repeat(depth));
            svg.into_bytes()
        };
        t.good_bytes(&bake::svg(&svg(200), signed.as_bytes()).expect("bakes"));
        let badge = format!(
            "<openbadges:credential xmlns:openbadges=\"https://purl.imsglobal.org/ob/v3p0\"><![CDATA[{signed}]]></openbadges:credential>"
        );
        let text = String::from_utf8(svg(100_000)).expect("text");
        t.bad_bytes("100,000 levels", text.replacen("<g>", &format!("{badge}<g>"), 1).as_bytes());
    };
    picture_of_entities, "an SVG with entities that multiply", Malformed, "picture_with_doctype", |t| {
        let signed = Value::Object(party(1).sign(&badge())).to_string();
        let plain = b"<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>";
        let good = bake::svg(plain, signed.as_bytes()).expect("bakes");
        t.good_bytes(&good);
        let good = String::from_utf8(good).expect("text");
        let bomb = "<!DOCTYPE svg [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>";
        t.bad_bytes("a bomb", format!("{bomb}{good}").as_bytes());
    };
}

/// Nodes of which each knows each.
fn clique(size: usize, label: &str) -> String {
    let node = |node: usize| {
        let others = (0..size).filter(|other| *other != node);
        let others: Vec<String> = others.map(|other| format!(r#"{{"id":"_:{label}{other}"}}"#)).collect();
        format!(r#"{{"id":"_:{label}{node}","knows":[{}]}}"#, others.join(","))
    };
    format!("[{}]", (0..size).map(node).collect::<Vec<_>>().join(","))
}

fn ring(length: usize) -> String {
    let node = |node: usize| format!(r#"{{"id":"_:n{node}","knows":{{"id":"_:n{}"}}}}"#, (node + 1) % length);
    format!("[{}]", (0..length).map(node).collect::<Vec<_>>().join(","))
}

fn star(count: usize, children: usize) -> String {
    let known: Vec<String> = (0..children).map(|child| format!(r#"{{"id":"_:c{child}"}}"#)).collect();
    let hub = |hub: usize| format!(r#"{{"id":"_:h{hub}","knows":[{}]}}"#, known.join(","));
    format!("[{}]", (0..count).map(hub).collect::<Vec<_>>().join(","))
}

type Chunk = ([u8; 4], Vec<u8>);

/// A compressed iTXt chunk with a badge.
fn packed(badge: &[u8]) -> Chunk {
    let mut zlib = ZlibEncoder::new(b"openbadgecredential\0\x01\0\0\0".to_vec(), Compression::best());
    zlib.write_all(badge).expect("a Vec takes every write");
    (*b"iTXt", zlib.finish().expect("a Vec takes every write"))
}

/// A PNG of one grey pixel with these chunks behind its header.
fn png(chunks: &[Chunk]) -> Vec<u8> {
    let mut pixel = ZlibEncoder::new(Vec::new(), Compression::best());
    pixel.write_all(&[0, 0]).expect("a Vec takes every write");
    let header: Chunk = (*b"IHDR", vec![0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
    let data: Chunk = (*b"IDAT", pixel.finish().expect("a Vec takes every write"));
    let end: Chunk = (*b"IEND", Vec::new());
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, body) in [header].iter().chain(chunks).chain([&data, &end]) {
        let mut crc = flate2::Crc::new();
        crc.update(kind);
        crc.update(body);
        file.extend(u32::try_from(body.len()).expect("short").to_be_bytes());
        file.extend(kind);
        file.extend(body);
        file.extend(crc.sum().to_be_bytes());
    }
    file
}
