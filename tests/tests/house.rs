//! Rules of the house that a program can hold.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("root").to_owned()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect(path)
}

#[test]
fn the_readme_holds_exactly_the_two_commands() {
    let readme = read("README.md");
    let block = readme.split("```sh\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block");
    assert_eq!(block, "cargo run --bin accolade-node -- demo\ncargo test --workspace\n");
    assert_eq!(readme.matches("```sh\n").count(), 1, "one block of commands, so that nobody has to choose");
}

#[test]
fn dependencies_point_in_one_direction() {
    let allowed: &[(&str, &[&str])] = &[
        ("accolade-schemas", &[]),
        ("accolade-core", &["accolade-schemas"]),
        ("accolade-node", &["accolade-core", "accolade-schemas"]),
        ("accolade", &["accolade-core", "accolade-schemas"]),
    ];
    for (package, may_use) in allowed {
        let tree = cargo_tree(package);
        for other in ["accolade", "accolade-schemas", "accolade-core", "accolade-node", "accolade-tests"] {
            let used = other != *package && tree.iter().any(|name| name == other);
            assert!(!used || may_use.contains(&other), "{package} must not use {other}");
        }
    }
    let core = cargo_tree("accolade-core");
    for banned in ["tokio", "libp2p", "axum", "sqlx", "sled", "ureq", "reqwest", "ssi", "rand"] {
        assert!(!core.iter().any(|name| name == banned), "accolade-core is pure: it must not use {banned}");
    }
    // Libraries under it bring getrandom along; core itself asks nobody for randomness.
    let manifest = read("core/Cargo.toml");
    assert!(!manifest.contains("getrandom"), "accolade-core is pure: it must not use getrandom");
}

/// The names of the packages that `package` is built from, itself first.
fn cargo_tree(package: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--package",
            package,
        ])
        .current_dir(root())
        .output()
        .expect("cargo tree");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn each_library_is_named_in_one_place_only() {
    for (library, home) in
        [("libp2p::", "node/src/network"), ("sled::", "node/src/replica"), ("sqlx::", "node/src/ledger")]
    {
        for file in source_files(&root().join("node/src")) {
            let inside = file.starts_with(root().join(home));
            let text = std::fs::read_to_string(&file).expect("source");
            assert!(inside || !text.contains(library), "{} names {library}", file.display());
        }
    }
}

#[test]
fn no_file_is_longer_than_800_lines() {
    for folder in ["core", "schemas", "node", "cli", "tests"] {
        for file in source_files(&root().join(folder)) {
            let lines = std::fs::read_to_string(&file).expect("source").lines().count();
            assert!(lines <= 800, "{} has {lines} lines", file.display());
        }
    }
}

#[test]
fn nothing_unfinished_is_left_in_the_source() {
    let marks = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["todo", "!("].concat(),
        ["unimplemented", "!("].concat(),
    ];
    for folder in ["core", "schemas", "node", "cli", "tests"] {
        for file in source_files(&root().join(folder)) {
            let text = std::fs::read_to_string(&file).expect("source");
            for mark in &marks {
                assert!(!text.contains(mark), "{} holds {mark}", file.display());
            }
        }
    }
}

#[test]
fn the_documentation_of_the_api_names_the_routes_that_there_are() {
    let api: serde_json::Value = serde_json::from_str(accolade_node::http::openapi()).expect("JSON");
    let routes: Vec<&str> = api["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
    assert!(routes.len() > 15, "{routes:?}");
    let documentation = read("docs/api.md");
    let named: Vec<&str> = documentation
        .split('`')
        .filter_map(|code| ["GET ", "POST ", "DELETE "].iter().find_map(|method| code.strip_prefix(method)))
        .collect();
    for route in &routes {
        assert!(named.contains(route), "docs/api.md doesn't name {route}");
    }
    for path in named {
        assert!(routes.contains(&path), "docs/api.md names {path}, which the router doesn't have");
    }
}

#[test]
fn the_threat_model_names_tests_that_there_are() {
    let text = read("docs/threat-model.md");
    let files: Vec<_> = ["core/src", "node/src", "tests/tests"]
        .iter()
        .flat_map(|folder| source_files(&root().join(folder)))
        .collect();
    let mut named = 0;
    let mut file = String::new();
    for code in text.split('`').skip(1).step_by(2).filter(|code| *code != "file::name" && *code != "::name") {
        let Some((of, test)) = code.split_once("::") else { continue };
        if !of.is_empty() {
            file = of.to_owned();
        }
        let stands = |path: &PathBuf| {
            path.ends_with(&file)
                && std::fs::read_to_string(path).expect("source").contains(&format!("fn {test}("))
        };
        assert!(files.iter().any(stands), "{file} has no test {test}");
        named += 1;
    }
    assert!(named > 25, "{named}");
}

fn source_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() && !["target", "node_modules", "venv"].iter().any(|made| path.ends_with(made)) {
            files.extend(source_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn every_code_that_a_report_may_hold_has_a_sentence() {
    use accolade_core::verify::{Language, words};
    let core = root().join("core/src");
    let of_reports =
        ["verify", "credential", "jose"].iter().flat_map(|folder| source_files(&core.join(folder)));
    let not_of_reports = ["report.rs", "draft.rs", "achievement.rs", "sign.rs"];
    let files = of_reports
        .filter(|file| file.strip_prefix(&core).is_ok_and(|file| !file.to_string_lossy().contains("test")))
        .filter(|file| !not_of_reports.iter().any(|name| file.ends_with(name)))
        .chain(["bake/error.rs", "jsonld/error.rs", "proof/error.rs"].map(|file| core.join(file)));
    let is_code = |text: &str| {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        text.contains('_') && !text.starts_with('_') && text.bytes().all(fits)
    };
    let mut seen = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).expect("source");
        let source = text.split("#[cfg(test)]").next().unwrap_or_default();
        for code in source.split('"').filter(|text| is_code(text)) {
            assert!(words(Language::En, code).is_some(), "{}: no sentence for {code}", file.display());
            seen += 1;
        }
    }
    assert!(seen > 200, "{seen}: are the codes still written as texts?");
}
