//! The files for containers and service managers against the program: ports, keys, paths, subcommands.

use crate::support::{command, file, root, run, said};
use accolade_node::config::{Config, KEYS, Sources};
use accolade_tests::left_out;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// The folder of the data in the image, and its ports.
const DATA: &str = "/var/lib/accolade";

/// The instructions of a Dockerfile, comments dropped and continued lines joined.
fn dockerfile() -> Vec<(String, String)> {
    let text = file("docker/Dockerfile").replace("\\\n", " ");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let split = |line: &str| {
        let (word, rest) = line.split_once(' ').expect("an instruction has arguments");
        (word.to_owned(), rest.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    lines.map(split).collect()
}

fn arguments_of(instructions: &[(String, String)], word: &str) -> Vec<String> {
    instructions.iter().filter(|(found, _)| found == word).map(|(_, rest)| rest.clone()).collect()
}

fn image_environment() -> Vec<(String, String)> {
    let env = arguments_of(&dockerfile(), "ENV").join(" ");
    env.split(' ')
        .filter_map(|pair| pair.split_once('='))
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .collect()
}

/// The configuration of a container with these variables more.
fn configured(more: &[(String, String)]) -> Config {
    let environment = [image_environment(), more.to_vec()].concat();
    let sources = Sources { environment, ..Sources::default() };
    sources.load().expect("the program takes these variables").config
}

#[test]
fn the_image_fits_the_program() {
    let all = dockerfile();
    let runtime = all.iter().rposition(|(word, _)| word == "FROM").expect("a last stage");
    let (build, last) = all.split_at(runtime);
    let config = configured(&[]);
    assert_eq!(config.data, Path::new(DATA));
    assert_eq!(arguments_of(last, "VOLUME"), [DATA]);
    let (http, p2p) = (config.http.port(), config.p2p.port());
    assert!(config.http.ip().is_unspecified() && config.p2p.ip().is_unspecified());
    assert_eq!(arguments_of(last, "EXPOSE"), [format!("{http}/tcp {p2p}/tcp {p2p}/udp")]);
    assert_eq!((http, p2p), (Config::default().http.port(), Config::default().p2p.port()));

    let user = arguments_of(last, "USER").concat();
    assert!(user.split(':').all(|id| id.parse::<u32>().is_ok_and(|id| id > 0)), "not root: {user}");
    assert!(
        arguments_of(last, "RUN")
            .iter()
            .any(|run| run.contains(&format!("-m 0700 -o accolade -g accolade {DATA}")))
    );
    assert_eq!(arguments_of(last, "STOPSIGNAL"), ["SIGTERM"], "what the program listens to");
    assert_eq!(arguments_of(last, "ENTRYPOINT"), [r#"["accolade-node"]"#]);
    assert!(
        arguments_of(last, "COPY").iter().all(|copy| copy.contains("--from=build")),
        "nothing but what was built"
    );

    let cargo = arguments_of(build, "RUN").concat();
    for binary in cargo.split("--bin ").skip(1).filter_map(|rest| rest.split(' ').next()) {
        assert!(["accolade-node", "accolade"].contains(&binary), "{binary}");
    }
    let health = arguments_of(last, "HEALTHCHECK").concat();
    assert!(health.ends_with(r#"CMD ["accolade-node", "healthcheck"]"#), "{health}");
    let rust = file("Cargo.toml");
    let version =
        rust.split("rust-version = \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a version");
    assert!(
        arguments_of(build, "ARG").iter().any(|arg| *arg == format!("BUILDER=rust:{version}-slim-bookworm"))
    );
    let healthy = run(&["healthcheck", "--help"]);
    assert_eq!(healthy.code, Some(0), "the subcommand of HEALTHCHECK is there");
}

#[test]
fn what_is_built_in_the_image_is_sent_to_it() {
    let ignored = file(".dockerignore");
    for needed in ["Cargo.toml", "Cargo.lock", "core", "schemas", "node", "cli", "tests", "*"] {
        assert!(
            !ignored.lines().any(|line| line.trim_end_matches('/') == needed),
            ".dockerignore drops {needed}"
        );
    }
    for heavy in ["target", ".git"] {
        assert!(ignored.lines().any(|line| line == heavy), ".dockerignore sends {heavy}");
    }
}

/// What a compose file says of its services: for each, the lines below each of its keys, without dashes.
fn compose() -> BTreeMap<String, BTreeMap<String, Vec<String>>> {
    let mut services: BTreeMap<String, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    let (mut service, mut key) = (None, String::new());
    let text = file("docker/compose.yaml");
    let inside = text.lines().skip_while(|line| *line != "services:").skip(1);
    for line in inside.take_while(|line| line.starts_with(' ')) {
        let depth = line.len() - line.trim_start().len();
        let line = line.trim().trim_start_matches("- ");
        match depth {
            2 => service = Some(line.trim_end_matches(':').to_owned()),
            4 => {
                let (name, value) = line.split_once(':').expect("a key");
                name.clone_into(&mut key);
                let of = services.entry(service.clone().expect("a service")).or_default();
                of.insert(
                    key.clone(),
                    Some(value.trim().to_owned()).filter(|value| !value.is_empty()).into_iter().collect(),
                );
            }
            6 => {
                let of = services.get_mut(service.as_deref().expect("a service")).expect("a service");
                of.get_mut(&key).expect("a key").push(line.to_owned());
            }
            _ => panic!("compose.yaml: depth {depth}: {line}"),
        }
    }
    services
}

#[test]
fn three_organizations_peer_with_one_another() {
    let services = compose();
    let names: Vec<&str> = services.keys().map(String::as_str).collect();
    assert_eq!(names, ["hill", "lake", "shore"]);
    let mut outside = Vec::new();
    for (name, service) in &services {
        let pairs = service["environment"].iter().filter_map(|line| line.split_once(": "));
        let environment: Vec<_> = pairs.map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
        assert_eq!(environment.len(), service["environment"].len());
        let config = configured(&environment);
        assert_eq!(config.faults(), []);
        for other in names.iter().filter(|other| *other != name) {
            let address = format!("/dns4/{other}/tcp/{}", configured(&[]).p2p.port());
            assert!(config.peers.contains(&address), "{name} doesn't know {other}");
        }
        assert_eq!(config.peers.len(), names.len() - 1);
        assert_eq!(config.net, "trial");
        let ports = &service["ports"];
        assert!(ports.len() == 1 && ports[0].starts_with("127.0.0.1:"), "not open to the network: {ports:?}");
        assert!(ports[0].ends_with(&format!(":{}", config.http.port())), "{ports:?}");
        assert!(!outside.contains(ports), "two services at {ports:?}");
        outside.push(ports.clone());
        assert_eq!(service["volumes"], [format!("{name}:{DATA}")]);
        assert_eq!(service["image"], ["accolade-node"]);
    }
    let build = services["lake"]["build"].join(" ");
    assert!(build.contains("context: ..") && build.contains("dockerfile: docker/Dockerfile"), "{build}");
    assert!(root().join("docker/Dockerfile").exists());
}

#[test]
fn the_unit_starts_what_there_is() {
    let unit = file("docker/accolade-node.service");
    let value = |key: &str| {
        unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect::<Vec<_>>()
    };
    let environment: Vec<_> = value("Environment")
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .collect();
    let state = format!("/var/lib/{}", value("StateDirectory")[0]);
    let config =
        Sources { environment, ..Sources::default() }.load().expect("the program takes these").config;
    assert_eq!(config.data, Path::new(&state), "the one folder that it may write");
    let folder = tempfile::tempdir().expect("folder");
    let file = folder.path().join("node.toml");
    std::fs::write(&file, "").expect("file");
    for line in value("ExecStartPre").iter().chain(&value("ExecStart")) {
        let mut words = line.split(' ');
        assert_eq!(words.next(), Some("/usr/local/bin/accolade-node"));
        let words: Vec<&str> = words
            .map(|word| if word == "/etc/accolade/node.toml" { file.to_str().expect("path") } else { word })
            .collect();
        // What would start a node is only asked for its help.
        let help = if words[0] == "config" { None } else { Some("--help") };
        let said = said(&mut command(&words.into_iter().chain(help).collect::<Vec<_>>()));
        assert_eq!(said.code, Some(0), "{line}: {said:?}");
    }
    assert_eq!(
        (value("Type"), value("KillSignal")),
        (vec!["notify"], vec![]),
        "READY=1, and SIGTERM as it is"
    );
    for hardening in ["NoNewPrivileges=yes", "ProtectSystem=strict", "DynamicUser=yes", "ProtectHome=yes"] {
        assert!(unit.lines().any(|line| line == hardening), "{hardening}");
    }
    assert!(KEYS.iter().any(|key| key.name == "data"));
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let what = "the systemd unit as systemd-analyze sees it";
    let Ok(version) = Command::new("systemd-analyze").arg("--version").output() else {
        return left_out(what, "systemd-analyze");
    };
    assert!(version.status.success());
    let folder = tempfile::tempdir().expect("folder");
    let unit = folder.path().join("accolade-node.service");
    // The program isn't installed where tests run; everything else is looked at as it stands.
    let text = file("docker/accolade-node.service").replace("/usr/local/bin/accolade-node", "/bin/true");
    std::fs::write(&unit, text).expect("written");
    let verified =
        Command::new("systemd-analyze").arg("verify").arg("--man=no").arg(&unit).output().expect("runs");
    let said = String::from_utf8_lossy(&verified.stderr);
    let about_it: Vec<&str> = said.lines().filter(|line| line.contains("accolade")).collect();
    assert!(verified.status.success() && about_it.is_empty(), "{said}");
}
