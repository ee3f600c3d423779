//! Command lines that can't be right end with 64, and say what would be.

use crate::support::Session;

#[test]
fn help_and_version_are_no_errors() {
    let session = Session::new();
    let help = session.run("--help").ok();
    for command in ["key", "achievement", "issue", "verify", "present", "bake", "extract", "revoke", "node"] {
        assert!(help.contains(command), "{command} is not in the help:\n{help}");
    }
    assert!(session.run("issue --help").ok().contains("--valid-until"));
    assert!(session.run("--version").ok().starts_with("accolade "));
}

#[test]
fn a_wrong_command_line_ends_with_64() {
    let session = Session::new();
    for line in [
        "",
        "frobnicate",
        "--frobnicate",
        "key",
        "key show",
        "node",
        "node status --node",
        "achievement create",
        "achievement create --name n --description d",
        "achievement create --from a.json --name n",
        "achievement publish",
        "issue",
        "issue --achievement a",
        "issue --achievement a --to did:key:z6Mk --email ada@example.org",
        "issue --achievement a --to https://example.org",
        "issue --achievement a --to did:key:",
        "issue --achievement a --email ada",
        "issue --achievement a --email ada@example.org --valid-until tomorrow",
        "issue --achievement a --email ada@example.org --valid-until 2027-01-31",
        "issue --achievement a --email ada@example.org --evidence file:///etc/passwd",
        "bake",
        "bake badge.json",
        "bake badge.json picture.png",
        "bake - - -o out.png",
        "bake badge.json picture.png --json -o -",
        "extract",
        "extract a.png b.png",
        "revoke",
        "revoke no-such-file",
        "revoke urn:uuid:a --suspend --undo",
        "node status --node 127.0.0.1:8080",
        "node status --node ftp://127.0.0.1",
        "node status --node http://user:secret@127.0.0.1",
    ] {
        let outcome = session.run(line);
        assert_eq!(outcome.code, 64, "`accolade {line}`: {outcome:?}");
        assert!(outcome.out.is_empty() && !outcome.err.is_empty(), "`accolade {line}`: {outcome:?}");
    }
}

#[test]
fn an_address_that_is_none_gets_a_hint() {
    let session = Session::new();
    session.run("node status --node localhost").fails(
        64,
        "not the address of a node",
        "http://127.0.0.1:8080",
    );
    session.run("revoke badge.json").fails(64, "neither a file nor the id of a badge", "urn:uuid:");
}
