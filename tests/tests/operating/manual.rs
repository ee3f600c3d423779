//! docs/operating.md says what the program does. `ACCOLADE_WRITE_DOCS=1` writes its made parts anew.

use crate::metrics::busy;
use crate::support::{content, file, root, run};
use accolade_node::config::{KEYS, Sources, reference};
use std::collections::BTreeMap;

const MANUAL: &str = "docs/operating.md";

/// Holds the part of the manual of that name to `made`, or writes it.
fn hold(name: &str, made: &str) {
    let (begin, end) = (format!("<!-- {name}: made by a test -->\n"), format!("<!-- end of {name} -->"));
    let manual = file(MANUAL);
    let from = manual.find(&begin).unwrap_or_else(|| panic!("{MANUAL} lacks {begin}")) + begin.len();
    let to = from + manual[from..].find(&end).unwrap_or_else(|| panic!("{MANUAL} lacks {end}"));
    if std::env::var_os("ACCOLADE_WRITE_DOCS").is_some() {
        let written = [&manual[..from], made, &manual[to..]].concat();
        std::fs::write(root().join(MANUAL), written).expect("written");
        return;
    }
    assert_eq!(
        &manual[from..to],
        made,
        "write it anew: ACCOLADE_WRITE_DOCS=1 cargo test --workspace --test operating"
    );
}

/// One test, so that the two parts aren't written at the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn the_manual_names_every_key_and_every_metric() {
    hold("keys", &reference());
    let (_folder, node, text) = busy().await;
    node.stop().await;
    hold("metrics", &metrics_table(&text));
}

/// Name, type, labels and meaning of each metric of a scrape.
fn metrics_table(scrape: &str) -> String {
    let mut meanings = BTreeMap::new();
    let mut types = BTreeMap::new();
    for line in scrape.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some("#"), Some("HELP"), Some(name), Some(meaning)) => meanings.insert(name, meaning),
            (Some("#"), Some("TYPE"), Some(name), Some(kind)) => types.insert(name, kind),
            _ => None,
        };
    }
    let mut table = "| metric | type | labels | meaning |\n|---|---|---|---|\n".to_owned();
    for (name, meaning) in meanings {
        let kind = types[name];
        let suffix = match kind {
            "counter" => "_total",
            "info" => "_info",
            _ => "",
        };
        let labels =
            scrape.lines().find_map(|line| line.strip_prefix(name)?.split_once('{')?.1.rsplit_once('}'));
        let labels: Vec<String> = labels
            .map(|(inside, _)| {
                inside.split("\",").filter_map(|pair| pair.split_once('=')).collect::<Vec<_>>()
            })
            .unwrap_or_default()
            .iter()
            .filter(|(label, _)| *label != "le")
            .map(|(label, _)| format!("`{label}`"))
            .collect();
        table.push_str(&format!("| `{name}{suffix}` | {kind} | {} | {meaning} |\n", labels.join(", ")));
    }
    table
}

#[test]
fn the_manual_and_the_program_name_the_same_subcommands_and_flags() {
    let manual = file(MANUAL);
    let help = run(&["--help"]);
    assert_eq!(help.code, Some(0));
    for key in KEYS {
        assert!(help.stdout.contains(&format!("--{}", key.flag())), "--help lacks --{}", key.flag());
    }
    let commands: Vec<&str> = help
        .stdout
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .collect();
    assert!(commands.len() >= 4, "{commands:?}");
    for command in &commands {
        assert!(
            manual.contains(&format!("accolade-node {command}")),
            "{MANUAL} lacks accolade-node {command}"
        );
    }
    for word in manual.split("accolade-node ").skip(1).filter_map(|rest| rest.split([' ', '`', '\n']).next())
    {
        let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let in_prose = ["runs", "is", "and", "as", "user"].contains(&word);
        assert!(!is_word || in_prose || commands.contains(&word), "{MANUAL} names accolade-node {word}");
    }
}

#[test]
fn no_variable_that_the_programs_read_is_taken_for_a_typo() {
    for folder in ["node/src", "cli/src"] {
        for (path, _) in content(&root().join(folder)) {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            for name in text.split('"').filter(|text| is_variable(text)) {
                let sources =
                    Sources { environment: vec![(name.to_owned(), "x".to_owned())], ..Sources::default() };
                let unknown =
                    sources.load().is_err_and(|errors| errors.to_string().contains("no such setting"));
                // The tests of the configuration misspell on purpose.
                assert!(!unknown || path.ends_with("config/tests.rs"), "{name} of {}", path.display());
            }
        }
    }
}

fn is_variable(text: &str) -> bool {
    let rest = text.strip_prefix("ACCOLADE_").unwrap_or_default();
    !rest.is_empty()
        && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
        && !rest.ends_with('_')
}
