//! Expansion. We have no expanded form, we go straight to statements: those of the input must be those of the expected
//! output.

use super::*;

/// Tests of JSON-LD 1.1 that are not passed, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    (
        "t0122",
        "its expected output has “@id”: null, which read again is an invalid @id (API, section 5.1.2, step 13.4.3)",
    ),
    ("tc031", "its context, c031/c031-context.jsonld, is not among the vectors"),
    ("ter21", "processing mode 1.0"),
    ("ter42", "processing mode 1.0"),
    ("tes01", "processing mode 1.0"),
    ("ttn01", "processing mode 1.0"),
];

/// Positive tests whose expected output has no statements (nodes without members, predicates that are blank nodes): they
/// show only that the input has none either.
const EMPTY: &[&str] = &["t0001", "t0003", "t0019", "t0045", "t0075"];

/// The statements of the expected output, read as the input is.
fn expected(test: &Test) -> Result<String, JsonLdError> {
    let output = text(&test.row, "expect");
    // What is relative in an expanded form was meant to stay so; it makes no statement on either side.
    let options =
        Options { undefined: Undefined::Drop, base: None, expand_context: None, i18n_datatype: true };
    to_rdf(&json(&test.folder.join(output)), options, |_| None)
}

fn input(test: &Test) -> Result<String, JsonLdError> {
    test.run_with(Undefined::Drop, true)
}

fn failure(test: &Test) -> Option<String> {
    match (test.positive, input(test)) {
        (true, Ok(ours)) => match expected(test) {
            Ok(theirs) if theirs == ours => None,
            Ok(theirs) => Some(format!("expected\n{theirs}got\n{ours}")),
            Err(error) => Some(format!("the expected output is refused: {error}")),
        },
        (true, Err(error)) => Some(format!("refused: {error}")),
        (false, Ok(ours)) => Some(format!("{} was accepted:\n{ours}", text(&test.row, "expectErrorCode"))),
        (false, Err(error)) if error.code() == text(&test.row, "expectErrorCode") => None,
        (false, Err(error)) => Some(format!("expected {}, got {error}", text(&test.row, "expectErrorCode"))),
    }
}

#[test]
fn expand_as_the_suite_expects_by_its_statements() {
    let Some(vectors) = vectors("the JSON-LD 1.1 expand suite") else { return };
    let tests = tests_of(&vectors, "expand-manifest.jsonld");
    assert_passes(&tests, LEFT_OUT, failure);
    let says_nothing = |test: &&Test| test.positive && expected(test).is_ok_and(|nquads| nquads.is_empty());
    let empty: Vec<&str> = tests.iter().filter(says_nothing).map(|test| test.id.as_str()).collect();
    assert_eq!(empty, EMPTY);
    let positive = tests.iter().filter(|test| test.positive).count();
    assert!(positive > 150 && tests.len() - positive > 60, "{positive} of {}", tests.len());
}
