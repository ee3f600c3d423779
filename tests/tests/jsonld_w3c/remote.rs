//! Documents that are loaded: what the server's headers make of them (JSON-LD 1.1 API, section 9.4). No verb of ours loads
//! anything; this loader is the test's, and takes the files for the web.

use super::*;

/// Tests that are not passed, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("t0005", "where it is redirected to, 0001-in.jsonld, is not among the vectors"),
    ("t0006", "where it is redirected to, 0001-in.jsonld, is not among the vectors"),
    ("t0007", "where it is redirected to, 0001-in.jsonld, is not among the vectors"),
    ("t0013", "the context that its header names, 0013-context.html, is not among the vectors"),
];

/// A document as it was loaded: where from in the end, and the context that a header names.
struct Loaded {
    file: String,
    context: Option<String>,
}

fn content_type(test: &Test, file: &str) -> String {
    let by_name = match file.rsplit('.').next().unwrap_or_default() {
        "jsonld" => "application/ld+json",
        "json" => "application/json",
        "html" => "text/html",
        _ => "application/octet-stream",
    };
    test.option("contentType").unwrap_or(by_name).to_owned()
}

/// The targets of the `Link` headers with this relation (and type).
fn links(test: &Test, relation: &str, of_type: Option<&str>) -> Vec<String> {
    let headers = test.row.get("option").and_then(|option| option.get("httpLink"));
    let headers = headers.map(Value::one_or_many).unwrap_or_default().iter().filter_map(Value::as_str);
    let fits = |header: &&str| {
        header.contains(&format!("rel=\"{relation}\""))
            && of_type.is_none_or(|name| header.contains(&format!("type=\"{name}\"")))
    };
    let target =
        |header: &str| header.trim_start_matches('<').split('>').next().unwrap_or_default().to_owned();
    headers.filter(fits).map(|header| format!("remote-doc/{}", target(header))).collect()
}

fn load(test: &Test) -> Result<Loaded, String> {
    let file = test.option("redirectTo").unwrap_or(text(&test.row, "input")).to_owned();
    let kind = content_type(test, &file);
    if kind == "application/ld+json" {
        return Ok(Loaded { file, context: None });
    }
    if kind != "application/json" && !kind.ends_with("+json") {
        let alternate = links(test, "alternate", Some("application/ld+json")).pop();
        let loaded = alternate.map(|file| Loaded { file, context: None });
        return loaded.ok_or_else(|| "loading document failed".to_owned());
    }
    match links(test, "http://www.w3.org/ns/json-ld#context", None).as_slice() {
        [] => Ok(Loaded { file, context: None }),
        [one] => Ok(Loaded { file, context: Some(format!("{BASE}{one}")) }),
        _ => Err("multiple context link headers".to_owned()),
    }
}

/// The statements of a loaded document.
fn statements(test: &Test, file: &str, context: Option<&Value>) -> Result<String, String> {
    let url = format!("{BASE}{file}");
    let options = Options {
        undefined: Undefined::Drop,
        base: Some(&url),
        expand_context: context,
        i18n_datatype: true,
    };
    let path = test.folder.join(file);
    if !path.exists() {
        return Err(format!("{file} is not there"));
    }
    let folder = test.folder.clone();
    let fetch = move |url: &str| std::fs::read(folder.join(url.strip_prefix(BASE)?)).ok();
    to_rdf(&json(&path), options, fetch).map_err(|error| error.code().to_owned())
}

fn failure(test: &Test) -> Option<String> {
    let found = load(test).and_then(|loaded| {
        let context = loaded.context.map(Value::from);
        statements(test, &loaded.file, context.as_ref())
    });
    match (test.positive, found) {
        (true, Ok(ours)) => match statements(test, text(&test.row, "expect"), None) {
            Ok(theirs) if theirs == ours && !ours.is_empty() => None,
            theirs => Some(format!("expected\n{theirs:?}got\n{ours}")),
        },
        (false, Err(error)) if error == text(&test.row, "expectErrorCode") => None,
        (_, found) => Some(format!("{found:?}")),
    }
}

#[test]
fn loaded_documents_as_the_suite_expects() {
    let Some(vectors) = vectors("the JSON-LD 1.1 remote-doc suite") else { return };
    let tests = tests_of(&vectors, "remote-doc-manifest.jsonld");
    assert_eq!(tests.len(), 12);
    assert_passes(&tests, LEFT_OUT, failure);
}
