//! The W3C test suites of JSON-LD 1.1 (toRdf, expand, remote-doc) and RDFC-1.0.

use accolade_core::json::Value;
use accolade_core::jsonld::JsonLdError;
use accolade_core::jsonld::conformance::{Hash, Options, Undefined, canonicalize_nquads, to_rdf};
use accolade_tests::vectors;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[path = "jsonld_w3c/expand.rs"]
mod expand;
#[path = "jsonld_w3c/remote.rs"]
mod remote;

const BASE: &str = "https://w3c.github.io/json-ld-api/tests/";

/// Tests of JSON-LD 1.1 that are not passed, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("tc031", "its context, c031/c031-context.jsonld, is not among the vectors"),
    ("tdi11", "rdfDirection compound-literal, not normative: a direction is kept as an i18n datatype"),
    ("tdi12", "rdfDirection compound-literal, not normative: a direction is kept as an i18n datatype"),
    ("te075", "generalized RDF: a blank node as predicate, in processing mode 1.0"),
    ("ter21", "processing mode 1.0"),
    ("ter42", "processing mode 1.0"),
    ("tpi01", "processing mode 1.0"),
    ("ttn01", "processing mode 1.0"),
];

/// Positive tests that the verbs must refuse, because something in them would not be signed or would be read
/// differently by who sees the JSON alone; by the code of the refusal.
const REFUSED: &[(&str, &[&str])] = &[
    ("colliding keywords", &["te114"]),
    (
        "dropped_value",
        &[
            "te004", "te008", "te015", "te016", "te036", "te045", "te063", "te082", "te083", "te096",
            "te107", "twf05",
        ],
    ),
    ("invalid_iri", &["te111", "te112", "twf03", "twf04"]),
    (
        "keyword_not_allowed",
        &[
            "t0027", "t0028", "t0029", "t0030", "t0113", "t0114", "t0116", "t0117", "t0121", "t0122",
            "t0123", "t0124", "t0126", "t0127", "t0128", "t0130", "t0131", "t0132", "te012", "te020",
            "te037", "te039", "te043", "te047", "te066", "te081", "te084", "te087", "te095", "te098",
            "te101", "te102", "te103", "te104", "te105", "te106", "tin02", "tin04", "tn001", "tn005",
            "twf07",
        ],
    ),
    ("relative_iri", &["te122", "tli12"]),
    ("undefined_term", &["tc014", "tc018", "te003", "te032", "te060", "tin06", "tpr35", "tpr36", "tpr38"]),
];

fn json(path: &Path) -> Value {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    // Not by `json::parse`: the tests have numbers that I-JSON hasn't.
    Value::from(serde_json::from_slice::<serde_json::Value>(&bytes).expect("JSON"))
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

struct Test {
    id: String,
    positive: bool,
    folder: PathBuf,
    row: Value,
}

impl Test {
    fn option(&self, key: &str) -> Option<&str> {
        self.row.get("option")?.get(key)?.as_str()
    }

    fn run(&self, undefined: Undefined) -> Result<String, JsonLdError> {
        self.run_with(undefined, self.option("rdfDirection") == Some("i18n-datatype"))
    }

    fn run_with(&self, undefined: Undefined, i18n_datatype: bool) -> Result<String, JsonLdError> {
        let input = text(&self.row, "input");
        let url = format!("{BASE}{input}");
        let folder = self.folder.clone();
        let expand_context = self.option("expandContext").map(|file| json(&folder.join(file)));
        let options = Options {
            undefined,
            base: Some(self.option("base").unwrap_or(&url)),
            expand_context: expand_context.as_ref(),
            i18n_datatype,
        };
        let document = json(&self.folder.join(input));
        to_rdf(&document, options, move |url| std::fs::read(folder.join(url.strip_prefix(BASE)?)).ok())
    }

    /// The expected statements, canonical; as they stand where they aren't N-Quads (a blank node as predicate).
    fn expected(&self) -> Option<String> {
        let path = self.folder.join(self.row.get("expect")?.as_str()?);
        let expected = std::fs::read_to_string(path).expect("expected statements");
        Some(canonicalize_nquads(&expected, Hash::Sha256).map_or(expected, |(nquads, _)| nquads))
    }

    /// Why the test fails, if it does.
    fn failure(&self) -> Option<String> {
        match (self.positive, self.run(Undefined::Drop)) {
            (true, Ok(nquads)) => match self.expected() {
                Some(expected) if expected != nquads => Some(format!("expected\n{expected}got\n{nquads}")),
                _ => None,
            },
            (true, Err(error)) => Some(format!("refused: {error}")),
            (false, Ok(nquads)) => {
                Some(format!("{} was accepted:\n{nquads}", text(&self.row, "expectErrorCode")))
            }
            (false, Err(error)) if error.code() == text(&self.row, "expectErrorCode") => None,
            (false, Err(error)) => {
                Some(format!("expected {}, got {error}", text(&self.row, "expectErrorCode")))
            }
        }
    }
}

/// The tests that apply to JSON-LD 1.1.
fn to_rdf_tests(vectors: &Path) -> Vec<Test> {
    tests_of(vectors, "toRdf-manifest.jsonld")
}

fn tests_of(vectors: &Path, manifest: &str) -> Vec<Test> {
    let folder = vectors.join("json-ld-api");
    let manifest = json(&folder.join(manifest));
    let rows = manifest.get("sequence").and_then(Value::as_array).expect("sequence");
    rows.iter()
        .map(|row| Test {
            id: text(row, "@id").trim_start_matches('#').to_owned(),
            positive: !row.get("@type").expect("type").to_string().contains("Negative"),
            folder: folder.clone(),
            row: row.clone(),
        })
        .filter(|test| test.option("specVersion") != Some("json-ld-1.0"))
        .collect()
}

#[test]
fn to_rdf_as_the_suite_expects() {
    let Some(vectors) = vectors("the JSON-LD 1.1 toRdf suite") else { return };
    let tests = to_rdf_tests(&vectors);
    assert!(tests.len() > 300, "only {} tests", tests.len());
    assert!(LEFT_OUT.len() <= 10);
    assert_passes(&tests, LEFT_OUT, Test::failure);
}

/// Every test passes but those that are left out, and none of these does.
fn assert_passes(tests: &[Test], left_out: &[(&str, &str)], failure: impl Fn(&Test) -> Option<String>) {
    let mut failures = Vec::new();
    for test in tests {
        let is_left_out = left_out.iter().any(|(id, _)| *id == test.id);
        match failure(test) {
            Some(failure) if !is_left_out => failures.push(format!("{}: {failure}", test.id)),
            None if is_left_out => failures.push(format!("{} passes: take it off the list", test.id)),
            _ => {}
        }
    }
    for (id, _) in left_out.iter().filter(|(id, _)| !tests.iter().any(|test| test.id == *id)) {
        failures.push(format!("{id} is on the list and not in the suite"));
    }
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), tests.len(), failures.join("\n"));
}

#[test]
fn what_would_not_be_signed_is_refused() {
    let Some(vectors) = vectors("what safe mode refuses of the JSON-LD 1.1 toRdf suite") else { return };
    let mut refused: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for test in to_rdf_tests(&vectors).iter().filter(|test| test.positive && test.failure().is_none()) {
        match test.run(Undefined::Refuse) {
            Err(error) => refused.entry(error.code()).or_default().push(test.id.clone()),
            Ok(nquads) => assert_eq!(Ok(nquads), test.run(Undefined::Drop), "{}", test.id),
        }
    }
    let refused: Vec<(&str, Vec<&str>)> =
        refused.iter().map(|(code, ids)| (*code, ids.iter().map(String::as_str).collect())).collect();
    let expected: Vec<(&str, Vec<&str>)> = REFUSED.iter().map(|(code, ids)| (*code, ids.to_vec())).collect();
    assert_eq!(refused, expected);
}

#[test]
fn rdfc_as_the_suite_expects() {
    let Some(vectors) = vectors("the RDFC-1.0 suite") else { return };
    let folder = vectors.join("rdf-canon");
    let manifest = json(&folder.join("manifest.jsonld"));
    let rows = manifest.get("entries").and_then(Value::as_array).expect("entries");
    assert_eq!(rows.len(), 58);
    for row in rows {
        let id = text(row, "id");
        let read = |key: &str| {
            std::fs::read_to_string(folder.join(text(row, key)))
                .unwrap_or_else(|error| panic!("{id}: {error}"))
        };
        let hash = match text(row, "hashAlgorithm") {
            "SHA384" => Hash::Sha384,
            _ => Hash::Sha256,
        };
        let result = canonicalize_nquads(&read("action"), hash);
        match text(row, "type") {
            "rdfc:RDFC10NegativeEvalTest" => {
                assert_eq!(result.expect_err(id).code(), "too_much_work", "{id}");
            }
            "rdfc:RDFC10MapTest" => {
                let expected: BTreeMap<String, String> =
                    serde_json::from_str(&read("result")).expect("a map");
                assert_eq!(result.expect(id).1, expected, "{id}");
            }
            "rdfc:RDFC10EvalTest" => assert_eq!(result.expect(id).0, read("result"), "{id}"),
            other => panic!("{id}: unknown kind {other}"),
        }
    }
}
