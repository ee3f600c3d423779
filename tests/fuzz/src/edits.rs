//! Signed documents, changed as a forger would: members moved, renamed, wrapped, doubled, contexts put in. The bytes say
//! which document, and which changes.

use super::judge;
use super::samples::{CREDENTIALS, PRESENTATIONS};
use accolade_core::json::{Object, Value};

/// Most changes of one document.
const MAX_EDITS: usize = 12;
/// Largest document that is changed further, in nodes.
const MAX_NODES: usize = 2_000;

/// A signed credential, changed.
pub fn edited(data: &[u8]) {
    judge::credential(edited_text(data).as_bytes());
}

/// The credential that [`edited`] looks at.
pub fn edited_text(data: &[u8]) -> String {
    changed(data, &CREDENTIALS)
}

/// A signed presentation, changed.
pub fn edited_presentation(data: &[u8]) {
    judge::presentation(changed(data, &PRESENTATIONS).as_bytes());
}

/// JSON that need not be in order: a key may stand twice, a leaf may be any text.
#[derive(Clone)]
pub(super) enum Tree {
    Leaf(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

/// The bytes as a source of choices; at their end always 0.
pub(super) struct Choices<'a>(pub(super) &'a [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first)
    }

    pub(super) fn of(&mut self, count: usize) -> usize {
        let wide = if count > 256 { self.byte() << 8 } else { 0 };
        (wide | self.byte()) % count.max(1)
    }
}

pub(super) fn changed(data: &[u8], samples: &[(&str, Object)]) -> String {
    let mut choices = Choices(data);
    let sample = &samples[choices.of(samples.len())].1;
    let mut tree = Tree::of(&Value::Object(sample.clone()));
    for _ in 0..MAX_EDITS {
        if choices.0.is_empty() || tree.places().len() > MAX_NODES {
            break;
        }
        edit(&mut tree, &mut choices, samples);
    }
    tree.text()
}

type Place = Vec<usize>;

impl Tree {
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Array(items) => Self::List(items.iter().map(Self::of).collect()),
            Value::Object(object) => {
                Self::Map(object.iter().map(|(name, value)| (quoted(name), Self::of(value))).collect())
            }
            other => Self::Leaf(other.to_string()),
        }
    }

    fn parse(text: &str) -> Self {
        Self::of(&accolade_core::json::parse(text.as_bytes()).expect("material is JSON"))
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Leaf(text) => out.push_str(text),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    item.write(out);
                }
                out.push(']');
            }
            Self::Map(members) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    out.push_str(if at > 0 { "," } else { "" });
                    out.push_str(name);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }

    /// Every place in it, the root first.
    fn places(&self) -> Vec<Place> {
        fn walk(tree: &Tree, place: &mut Place, found: &mut Vec<Place>) {
            found.push(place.clone());
            for at in 0..tree.len() {
                place.push(at);
                walk(tree.child(at), place, found);
                place.pop();
            }
        }
        let mut found = Vec::new();
        walk(self, &mut Vec::new(), &mut found);
        found
    }

    fn len(&self) -> usize {
        match self {
            Self::Leaf(_) => 0,
            Self::List(items) => items.len(),
            Self::Map(members) => members.len(),
        }
    }

    fn child(&self, at: usize) -> &Tree {
        match self {
            Self::Leaf(_) => unreachable!("a leaf has no children"),
            Self::List(items) => &items[at],
            Self::Map(members) => &members[at].1,
        }
    }

    fn at(&mut self, place: &[usize]) -> &mut Tree {
        place.iter().fold(self, |tree, at| match tree {
            Self::Leaf(_) => unreachable!("a leaf has no children"),
            Self::List(items) => &mut items[*at],
            Self::Map(members) => &mut members[*at].1,
        })
    }

    fn get(&self, place: &[usize]) -> &Tree {
        place.iter().fold(self, |tree, at| tree.child(*at))
    }

    /// The name under which a place stands in its object.
    fn name(&self, place: &[usize]) -> Option<&str> {
        let (last, parent) = place.split_last()?;
        match self.get(parent) {
            Self::Map(members) => Some(&members[*last].0),
            _ => None,
        }
    }

    fn remove(&mut self, place: &[usize]) -> Option<(Option<String>, Tree)> {
        let (last, parent) = place.split_last()?;
        match self.at(parent) {
            Self::Leaf(_) => None,
            Self::List(items) => Some((None, items.remove(*last))),
            Self::Map(members) => {
                let (name, tree) = members.remove(*last);
                Some((Some(name), tree))
            }
        }
    }

    fn put(&mut self, name: String, tree: Tree, first: bool) {
        match self {
            Self::Leaf(_) => *self = tree,
            Self::List(items) => items.insert(if first { 0 } else { items.len() }, tree),
            Self::Map(members) => members.insert(if first { 0 } else { members.len() }, (name, tree)),
        }
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// One change.
pub(super) fn edit(tree: &mut Tree, choices: &mut Choices<'_>, samples: &[(&str, Object)]) {
    let places = tree.places();
    let kind = choices.of(14);
    let place = places[choices.of(places.len())].clone();
    match kind {
        0 => drop(tree.remove(&place)),
        1 => *tree.at(&place) = Tree::parse(MATERIAL[choices.of(MATERIAL.len())]),
        2 => {
            let from = places[choices.of(places.len())].clone();
            *tree.at(&place) = tree.get(&from).clone();
        }
        3 => {
            let (name, first) = (word(choices), choices.of(2) == 0);
            tree.at(&place).put(name, Tree::parse(MATERIAL[choices.of(MATERIAL.len())]), first);
        }
        4 => rename(tree, &place, word(choices)),
        5 => wrap(tree.at(&place), |inner| Tree::List(vec![inner])),
        6 => {
            let inside = tree.at(&place);
            if inside.len() > 0 {
                let at = choices.of(inside.len());
                *inside = inside.child(at).clone();
            }
        }
        7 => {
            let name = word(choices);
            wrap(tree.at(&place), |inner| Tree::Map(vec![(name, inner)]));
        }
        8 | 9 => {
            // What stands here is put elsewhere too, or there instead, under its own name.
            let name = tree.name(&place).map_or_else(|| word(choices), str::to_owned);
            let moved = tree.get(&place).clone();
            if kind == 9 && tree.remove(&place).is_none() {
                return;
            }
            let places = tree.places();
            let to = places[choices.of(places.len())].clone();
            let first = choices.of(2) == 0;
            tree.at(&to).put(name, moved, first);
        }
        10 => match tree.at(&place) {
            Tree::List(items) => items.reverse(),
            Tree::Map(members) => {
                let by = members.len().min(1);
                members.rotate_left(by);
            }
            Tree::Leaf(text) => respell(text, choices),
        },
        11 => {
            let name = tree.name(&place).map_or_else(|| word(choices), str::to_owned);
            let (again, Some((_, parent))) = (tree.get(&place).clone(), place.split_last()) else { return };
            let first = choices.of(2) == 0;
            tree.at(parent).put(name, again, first);
        }
        12 => {
            // A part of another document of ours.
            if samples.is_empty() {
                return;
            }
            let other = Tree::of(&Value::Object(samples[choices.of(samples.len())].1.clone()));
            let parts = other.places();
            let part = &parts[choices.of(parts.len())];
            let name = other.name(part).map_or_else(|| word(choices), str::to_owned);
            match choices.of(2) {
                0 => *tree.at(&place) = other.get(part).clone(),
                _ => tree.at(&place).put(name, other.get(part).clone(), false),
            }
        }
        _ => split(tree.at(&place), choices),
    }
}

fn wrap(tree: &mut Tree, with: impl FnOnce(Tree) -> Tree) {
    let inner = std::mem::replace(tree, Tree::List(Vec::new()));
    *tree = with(inner);
}

fn rename(tree: &mut Tree, place: &[usize], name: String) {
    let Some((last, parent)) = place.split_last() else { return };
    if let Tree::Map(members) = tree.at(parent) {
        members[*last].0 = name;
    }
}

/// Says what an object says in two objects with one id.
fn split(tree: &mut Tree, choices: &mut Choices<'_>) {
    let Tree::Map(members) = tree else { return };
    let from = choices.of(members.len());
    let id = members.iter().find(|(name, _)| name == "\"id\"").cloned();
    let mut second = members.split_off(from);
    for half in [&mut *members, &mut second] {
        if let Some(id) = id.as_ref().filter(|_| !half.iter().any(|(name, _)| name == "\"id\"")) {
            half.insert(0, id.clone());
        }
    }
    let first = std::mem::take(members);
    *tree = Tree::List(vec![Tree::Map(first), Tree::Map(second)]);
}

/// The same or another text, written otherwise.
fn respell(text: &mut String, choices: &mut Choices<'_>) {
    match choices.of(6) {
        0 if text.len() > 2 && text.starts_with('"') => {
            let inner = text[1..].chars().next().map(u32::from).unwrap_or_default();
            if inner < 0x80 && inner != u32::from('\\') && inner != u32::from('"') {
                text.replace_range(1..2, &format!("\\u{inner:04x}"));
            }
        }
        1 if !text.starts_with('"') => text.push_str("e0"),
        2 if !text.starts_with('"') => text.push_str(".0"),
        3 if !text.starts_with('"') => *text = format!("\"{text}\""),
        4 if text.len() >= 2 && text.starts_with('"') => *text = text[1..text.len() - 1].to_owned(),
        _ => text.push(' '),
    }
}

fn word(choices: &mut Choices<'_>) -> String {
    quoted(WORDS[choices.of(WORDS.len())])
}

const WORDS: &[&str] = &[
    "id",
    "type",
    "@id",
    "@type",
    "@context",
    "@graph",
    "@included",
    "@reverse",
    "@nest",
    "@set",
    "@list",
    "@value",
    "@language",
    "@direction",
    "@index",
    "@json",
    "@none",
    "@base",
    "@vocab",
    "@import",
    "@propagate",
    "@protected",
    "@foo",
    "name",
    "description",
    "issuer",
    "validFrom",
    "validUntil",
    "credentialStatus",
    "credentialSubject",
    "credentialSchema",
    "evidence",
    "proof",
    "refreshService",
    "relatedResource",
    "termsOfUse",
    "holder",
    "verifiableCredential",
    "achievement",
    "criteria",
    "narrative",
    "identifier",
    "identityHash",
    "endorsement",
    "endorsementJwt",
    "result",
    "alignment",
    "image",
    "awardedDate",
    "creator",
    "parentOrg",
    "tag",
    "knows",
    "grade",
    "statusListIndex",
    "statusListCredential",
    "statusPurpose",
    "statusSize",
    "statusMessage",
    "encodedList",
    "proofValue",
    "proofPurpose",
    "verificationMethod",
    "cryptosuite",
    "created",
    "expires",
    "challenge",
    "domain",
    "nonce",
    "previousProof",
    "issuanceDate",
    "expirationDate",
    "https://www.w3.org/2018/credentials#validUntil",
    "https://schema.org/name",
    "alg",
    "typ",
    "cty",
    "kid",
    "jwk",
    "crit",
    "iss",
    "sub",
    "jti",
    "nbf",
    "exp",
    "iat",
    "aud",
    "vc",
    "vp",
    "https://w3id.org/security#proof",
    "cred:validUntil",
    "_:a",
    "",
];

const MATERIAL: &[&str] = &[
    "null",
    "true",
    "0",
    "1",
    "4711",
    "-1",
    "1e3",
    "3.5",
    "\"\"",
    "\"x\"",
    "[]",
    "{}",
    "[null]",
    "[[]]",
    "[{}]",
    "\"2046-06-30T10:00:00Z\"",
    "\"2016-06-30T10:00:00Z\"",
    "\"_:a\"",
    "\"_:c14n0\"",
    "\"did:example:thief\"",
    "\"urn:uuid:first\"",
    "\"urn:uuid:5f0c6a3c-1c8e-4f0e-9f5f-000000000003\"",
    "\"https://node.example/status/8\"",
    "\"VerifiableCredential\"",
    "\"VerifiablePresentation\"",
    "\"BitstringStatusListCredential\"",
    "\"revocation\"",
    "\"EnvelopedVerifiableCredential\"",
    "\"https://www.w3.org/ns/credentials/v2\"",
    "\"https://www.w3.org/2018/credentials/v1\"",
    "\"https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json\"",
    "\"https://w3id.org/security/data-integrity/v2\"",
    "\"https://www.w3.org/ns/credentials/status/v1\"",
    "{\"validUntil\":null}",
    "{\"x\":null}",
    "{\"@vocab\":\"https://a.example/\"}",
    "{\"@base\":\"https://a.example/\"}",
    "{\"x\":\"@type\"}",
    "{\"id\":\"@type\"}",
    "{\"x\":{\"@id\":\"https://a.example/x\",\"@type\":\"@id\"}}",
    "{\"until\":\"https://www.w3.org/2018/credentials#validUntil\"}",
    "{\"cred\":\"https://www.w3.org/2018/credentials#\"}",
    "{\"did\":{\"@id\":\"https://a.example/\",\"@prefix\":true}}",
    "{\"urn\":{\"@id\":\"urn:uuid:\",\"@prefix\":true}}",
    "{\"name\":\"https://a.example/name\"}",
    "{\"grade\":{\"@id\":\"https://a.example/grade\",\"@container\":\"@list\"}}",
    "{\"grade\":{\"@id\":\"https://a.example/grade\",\"@container\":[\"@index\",\"@set\"]}}",
    "{\"grade\":{\"@id\":\"https://a.example/grade\",\"@type\":\"@json\"}}",
    "{\"grade\":{\"@id\":\"https://a.example/grade\",\"@container\":[\"@graph\",\"@id\"]}}",
    "{\"grade\":{\"@id\":\"https://a.example/grade\",\"@context\":{\"x\":\"https://a.example/x\"}}}",
    "{\"@language\":\"de\"}",
    "{\"@protected\":true,\"y\":\"https://a.example/y\"}",
    "{\"@value\":\"x\"}",
    "{\"@value\":\"x\",\"@type\":\"https://a.example/t\"}",
    "{\"@list\":[\"B\",\"C\"]}",
    "{\"id\":\"_:a\"}",
    "{\"id\":\"_:b\",\"knows\":{\"id\":\"_:a\"}}",
];
