use super::*;
use std::collections::HashSet;
use std::path::Path;

fn load(
    file: &str,
    environment: &[(&str, &str)],
    flags: &[(&'static str, &str)],
) -> Result<Effective, ConfigErrors> {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("node.toml");
    std::fs::write(&path, file).expect("file");
    let environment =
        environment.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let flags = flags.iter().map(|(key, text)| (*key, (*text).to_owned())).collect();
    Sources { file: Some(path), environment, flags }.load()
}

fn read(file: &str) -> Result<Config, ConfigErrors> {
    load(file, &[], &[]).map(|effective| effective.config)
}

#[test]
fn an_empty_file_is_the_default() {
    assert_eq!(read(""), Ok(Config::default()));
    assert_eq!(Sources::default().load().map(|effective| effective.config), Ok(Config::default()));
    assert_eq!(Config::default().faults(), []);
}

#[test]
fn reads_every_key_from_every_source() {
    let values = [
        ("data", "/var/lib/accolade"),
        ("name", "Lake Institute"),
        ("website", "https://lake.example"),
        ("public_url", "https://badges.lake.example"),
        ("http", "127.0.0.1:0"),
        ("tls_cert", "/etc/cert.pem"),
        ("tls_key", "/etc/key.pem"),
        ("metrics", "127.0.0.1:9464"),
        ("p2p", "[::1]:4002"),
        ("peers", "/ip4/127.0.0.1/tcp/4001, /ip4/127.0.0.1/tcp/4002"),
        ("net", "test-1"),
        ("mdns", "true"),
        ("admission", "open"),
        ("tick_s", "5"),
        ("sync_s", "2"),
        ("verify_per_s_per_address", "7"),
        ("read_per_s_per_address", "70"),
        ("vcapi_profile", "vcalm"),
        ("open_issuer", "false"),
        ("trusted_proxy", "127.0.0.1, 10.0.0.0/8"),
        ("key_file", "/etc/accolade.key"),
        ("log", "debug"),
        ("log_format", "json"),
    ];
    let known: HashSet<&str> = values.iter().map(|(key, _)| *key).collect();
    let variables: Vec<(String, String)> = values
        .iter()
        .map(|(key, text)| (format!("ACCOLADE_{}", key.to_uppercase()), (*text).to_owned()))
        .collect();
    let variables: Vec<(&str, &str)> = variables.iter().map(|(name, text)| (&name[..], &text[..])).collect();
    let by_environment = load("", &variables, &[]).expect("reads");
    let by_flags = load("", &[], &values).expect("reads");
    let by_file = load(&by_flags.to_toml(), &[], &[]).expect("what is printed is a file");
    for effective in [&by_environment, &by_file] {
        assert_eq!(effective.config, by_flags.config);
    }
    let default = Config::default();
    assert_eq!(by_flags.config.peers.len(), 2);
    assert!(by_flags.config.mdns && by_flags.config.tick() == Duration::from_secs(5) && default.tick_s == 60);
    for key in KEYS {
        let is_new = !known.contains(key.name);
        assert!(
            is_new || by_flags.origin(key.name) == Origin::Flag { flag: format!("--{}", key.flag()) },
            "{key:?}"
        );
        assert!(is_new || matches!(by_file.origin(key.name), Origin::File { line: Some(_), .. }), "{key:?}");
        assert!(is_new || by_environment.origin(key.name).to_string() == key.variable(), "{key:?}");
    }
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let file = "name = 'File'\ntick_s = 5\nsync_s = 3\npeers = ['/ip4/127.0.0.1/tcp/1']\n";
    let effective = load(
        file,
        &[("ACCOLADE_NAME", "Environment"), ("ACCOLADE_TICK_S", "6"), ("ACCOLADE_NET", ""), ("HOME", "/")],
        &[("name", "Flag"), ("peers", "/ip4/127.0.0.1/tcp/2")],
    )
    .expect("loads");
    let config = &effective.config;
    assert_eq!((config.name.as_str(), config.tick_s, config.sync_s), ("Flag", 6, 3));
    assert_eq!(config.peers, ["/ip4/127.0.0.1/tcp/2"], "a list is replaced as a whole");
    assert_eq!(config.net, "accolade", "an empty variable counts as not set");
    assert_eq!(effective.origin("net"), Origin::Default);
    let toml = effective.to_toml();
    for line in ["name = \"Flag\" # --name", "tick_s = 6 # ACCOLADE_TICK_S", "net = \"accolade\" # default"] {
        assert!(toml.lines().any(|found| found == line), "{toml}");
    }
    assert!(toml.contains("sync_s = 3 # ") && toml.contains("node.toml, line 3\n"), "{toml}");
    assert!(toml.contains("# website is not set\n"), "{toml}");
}

#[test]
fn refuses_what_makes_no_sense() {
    for (text, part) in [
        ("htp = '127.0.0.1:1'", "there is no key `htp`; did you mean `http`?"),
        ("database = 'x'", "there is no key `database`; `accolade-node config example`"),
        ("[http]\nport = 1", "an IP address with a port"),
        ("http = 'localhost'", "an IP address with a port"),
        ("http = 8080", "`http` is 8080, which is not an IP address"),
        ("metrics = '127.0.0.1:8080'", "must not be the address of `http`"),
        ("tick_s = 3", "tick_s"),
        ("tick_s = 21601", "tick_s"),
        ("tick_s = -1", "`tick_s` is -1, which is not a whole number (seconds)"),
        ("tick_s = '5'", "tick_s"),
        ("tick_s = 1979-05-27", "tick_s"),
        ("sync_s = 0", "sync_s"),
        ("verify_per_s_per_address = -1", "requests a second"),
        ("trusted_proxy = ['127.0.0.1', 'localhost']", "holds “localhost”, which is neither an address"),
        ("trusted_proxy = ['10.0.0.0/33']", "10.0.0.0/33"),
        ("vcapi_profile = 'lenient'", "which is not strict or vcalm"),
        ("open_issuer = 'yes'", "true or false"),
        ("open_issuer = true\nhttp = '0.0.0.0:8080'", "`open_issuer` needs `http` at a loopback address"),
        ("open_issuer = true\nhttp = '[2001:db8::1]:8080'", "`open_issuer` needs"),
        ("open_issuer = true\npublic_url = 'https://badges.example'", "no `public_url` of another machine"),
        ("open_issuer = true\ntrusted_proxy = ['127.0.0.1']", "no `trusted_proxy`"),
        ("name = ' '", "name"),
        ("name = 5", "a text in quotes"),
        ("net = 'A B'", "net"),
        ("public_url = 'http://lake.example'", "`public_url` must be https"),
        ("public_url = 5", "`public_url` is 5, which is not a URL"),
        ("website = 'javascript:alert(1)'", "website"),
        ("admission = 'everyone'", "which is not open"),
        ("mdns = 'yes'", "true or false"),
        ("peers = '/ip4/127.0.0.1/tcp/1'", "a list of texts"),
        ("peers = ['127.0.0.1:4001']", "multiaddress"),
        ("tls_cert = '/x'", "`tls_cert` needs `tls_key`"),
        ("tls_key = '/x'", "`tls_key` needs `tls_cert`"),
        ("log = 'a=b=c'", "`log` must be a level"),
        ("log_format = 'xml'", "which is not text or json"),
        ("owner_token_to_file = true", "there is no key"),
        ("= 1", "not TOML"),
        ("name = 'a'\nname = 'b'", "not TOML"),
    ] {
        let errors = read(text).expect_err(text);
        assert_eq!(errors.0.len(), 1, "{errors}");
        let error = &errors.0[0];
        assert!(
            error.to_string().contains("node.toml, line ") && error.message.contains(part),
            "{text}: {error}"
        );
        assert!(!error.to_string().contains('\n'), "one line: {error}");
    }
    let absent = Sources { file: Some(Path::new("/nonexistent.toml").to_owned()), ..Sources::default() };
    assert!(
        absent.load().expect_err("absent").to_string().contains("/nonexistent.toml: the file can't be read")
    );
    let large = format!("# {}", "x".repeat(300_000));
    assert!(read(&large).expect_err("too large").to_string().contains("the limit is"));
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let errors = load(
        "htp = 1\n\ntick_s = 3\nname = 5\n",
        &[("ACCOLADE_TIK_S", "5"), ("ACCOLADE_MDNS", "maybe"), ("ACCOLADE_WHATEVER_ELSE", "1")],
        &[("sync_s", "0"), ("http", "localhost")],
    )
    .expect_err("refused");
    let all = errors.to_string();
    assert_eq!(errors.0.len(), 8, "{all}");
    for part in [
        "node.toml, line 1: there is no key `htp`",
        "node.toml, line 3: `tick_s` must be",
        "node.toml, line 4: `name` is 5",
        "ACCOLADE_TIK_S: there is no such setting; did you mean ACCOLADE_TICK_S?",
        "ACCOLADE_MDNS: `mdns` is \"maybe\"",
        "ACCOLADE_WHATEVER_ELSE: there is no such setting; take it out",
        "--sync-s: `sync_s` must be",
        "--http: `http` is \"localhost\"",
    ] {
        assert!(all.contains(part), "{part}: {all}");
    }
}

#[test]
fn variables_of_others_are_left_alone() {
    let known: Vec<(&str, &str)> = OTHER_VARIABLES
        .iter()
        .copied()
        .chain([
            "ACCOLADE_SERVICE_HOST",
            "ACCOLADE_PORT",
            "ACCOLADE_PORT_8080_TCP",
            "ACCOLADE_NODE_SERVICE_HOST",
            "ACCOLADE_NODE_SERVICE_PORT_HTTP",
            "ACCOLADE_NODE_PORT",
            "ACCOLADE_NODE_PORT_8080_TCP_ADDR",
            "PATH",
            "accolade_x",
        ])
        .map(|name| (name, "x"))
        .collect();
    assert!(load("", &known, &[]).is_ok());
    for key in KEYS {
        let is_others = ["port", "service_", "node_port", "node_service_"]
            .iter()
            .any(|start| key.name.starts_with(start));
        assert!(!is_others, "{key:?}");
        assert!(!OTHER_VARIABLES.contains(&key.variable().as_str()), "{key:?}");
    }
}

#[test]
fn the_example_sets_nothing_and_shows_every_default() {
    let example = example();
    assert_eq!(read(&example), Ok(Config::default()));
    let uncommented: String = example
        .lines()
        .filter_map(|line| line.strip_prefix("# "))
        .filter(|line| KEYS.iter().any(|key| line.starts_with(&format!("{} = ", key.name))))
        .filter(|line| !line.ends_with("= \"\""))
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(read(&uncommented), Ok(Config::default()));
    for key in KEYS {
        assert!(example.contains(&format!("\n# {} = ", key.name)), "{key:?}");
        assert!(reference().contains(&format!(
            "| `{}` | `{}` | `--{}` |",
            key.name,
            key.variable(),
            key.flag()
        )));
        assert!(key.meaning().ends_with('.') && !key.meaning().contains('|'), "{key:?}");
    }
}
