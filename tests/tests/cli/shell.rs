//! What every command has: `--json`, help, an example; and what shells and the manual are told.

use crate::support::Session;

/// The words of every command that does something, such as `["key", "new"]`.
fn commands() -> Vec<Vec<String>> {
    let mut root = accolade::command();
    root.build();
    let mut found = Vec::new();
    let mut open: Vec<(Vec<String>, _)> = vec![(Vec::new(), root)];
    while let Some((words, command)) = open.pop() {
        let below: Vec<_> =
            command.get_subcommands().filter(|below| below.get_name() != "help").cloned().collect();
        if below.is_empty() {
            found.push(words);
            continue;
        }
        for below in below {
            let words = words.iter().cloned().chain([below.get_name().to_owned()]).collect();
            open.push((words, below));
        }
    }
    found.sort();
    found
}

#[test]
fn every_command_has_help_an_example_and_json() {
    let session = Session::new();
    let commands = commands();
    assert!(commands.len() >= 13, "{commands:?}");
    for words in commands {
        let line = words.join(" ");
        let help = session.run(&format!("{line} --help")).ok();
        assert!(help.contains("--json"), "`accolade {line} --help` names no --json:\n{help}");
        assert!(help.contains("Usage: "), "{help}");
        let about = help.lines().next().unwrap_or_default();
        assert!(about.len() > 10, "`accolade {line} --help` doesn't begin with what it does:\n{help}");
        let example =
            help.split_once("Example: ").unwrap_or_else(|| panic!("{line} has no example:\n{help}")).1;
        assert!(example.starts_with(&format!("accolade {line}")), "{line}: {example}");
    }
}

#[test]
fn the_examples_are_command_lines_that_are_understood() {
    let mut root = accolade::command();
    root.build();
    for words in commands() {
        let command = words.iter().fold(&root, |at, word| at.find_subcommand(word).expect("a command"));
        let examples = command.get_after_help().expect("an example").to_string();
        for line in examples.lines() {
            let line = line.trim_start().trim_start_matches("Example: ");
            let line = line.split(" > ").next().expect("a part");
            let parsed = accolade::command().try_get_matches_from(in_words(line));
            assert!(
                parsed.is_ok(),
                "`{line}`: {}",
                parsed.err().map(|error| error.to_string()).unwrap_or_default()
            );
        }
    }
}

/// The words of a line, with quotes as a shell reads them.
fn in_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('"').enumerate() {
        match at % 2 {
            0 => words.extend(part.split_whitespace().map(str::to_owned)),
            _ => words.push(part.to_owned()),
        }
    }
    words
}

#[test]
fn shells_are_told_every_command() {
    let session = Session::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = session.run(&format!("completions {shell}")).ok();
        for words in commands() {
            assert!(words.iter().all(|word| script.contains(word.as_str())), "{shell}: {words:?}");
        }
    }
    let told = session.run("completions fish --json").json();
    assert_eq!(told["shell"], "fish");
    assert!(told["script"].as_str().is_some_and(|script| script.contains("complete -c accolade")));
    assert_eq!(session.run("completions tcsh").code, 64);
    assert_eq!(session.run("completions").code, 64);
}

#[test]
fn bash_takes_the_script() {
    let session = Session::new();
    let script = session.run("completions bash").ok();
    session.write("script", format!("{script}\ncomplete -p accolade\n"));
    match std::process::Command::new("bash").arg(session.path("script")).output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            assert!(String::from_utf8_lossy(&output.stdout).contains("accolade"));
        }
        Err(_) => accolade_tests::left_out("the completions of bash", "bash"),
    }
}

#[test]
fn the_manual_has_a_page_for_every_command() {
    let session = Session::new();
    let page = session.run("man").ok();
    assert!(page.contains(".TH accolade 1") && page.contains("verify"), "{page}");
    assert_eq!(session.run("man --json").json()["page"], page.trim_end());

    let out = session.run("man --out pages").ok();
    assert!(out.contains("pages are in pages"), "{out}");
    for words in commands() {
        let name = format!("accolade-{}", words.join("-"));
        let page = session.read(&format!("pages/{name}.1"));
        assert!(page.contains(&format!(".TH {name} 1")) && page.contains("Example"), "{name}:\n{page}");
    }
    let files = session.run("man --out pages --json").json();
    assert!(files["files"].as_array().is_some_and(|files| files.len() > commands().len()), "{files}");
    session.write("file", "");
    session.run("man --out file").fails(1, "can't be written", "folder");
}
