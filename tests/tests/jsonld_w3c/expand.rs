//! Expansion. We have no expanded form, we go straight to statements: those of the input must be those of the expected
//! output.

use super::*;

/// Tests of JSON-LD 1.1 that are not passed, and why.
const LEFT_OUT: &[(&str, &str)] = &[];

/// Positive tests whose expected output has no statements: they show only that nothing is refused.
const EMPTY: &[&str] = &[];

/// The statements of the expected output, read as the input is.
fn expected(test: &Test) -> Result<String, JsonLdError> {
    let output = text(&test.row, "expect");
    let url = format!("{BASE}{output}");
    let options = Options {
        undefined: Undefined::Drop,
        base: Some(test.option("base").unwrap_or(&url)),
        expand_context: None,
        i18n_datatype: true,
    };
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
