//! HTTPS by the node itself: certificates of a private authority, on loopback.
#![cfg(unix)]

use accolade_node::config::Config;
use accolade_node::node::{Node, Running};
use accolade_tests::nodes::{blocking, config};
use accolade_tests::process::NodeProcess;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

const NODE: &str = env!("CARGO_BIN_EXE_node-under-test");
const CLI: &str = env!("CARGO_BIN_EXE_cli-under-test");

/// A private authority, and the folder in which its certificates lie.
struct Authority {
    folder: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let mut params = CertificateParams::new(Vec::new()).expect("params");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let root = params.self_signed(&key).expect("a root");
        std::fs::write(folder.path().join("ca.pem"), root.pem()).expect("writes");
        Self { folder, issuer: Issuer::new(params, key) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Signs a new certificate for loopback, and puts it and its key in place of those before.
    fn renew(&self) -> CertificateDer<'static> {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(names).expect("params");
        let made = params.signed_by(&key, &self.issuer).expect("a certificate");
        std::fs::write(self.path("cert.pem"), made.pem()).expect("writes");
        self.write_key(&key.serialize_pem());
        made.der().clone()
    }

    fn write_key(&self, pem: &str) {
        std::fs::write(self.path("key.pem"), pem).expect("writes");
        set_mode(&self.path("key.pem"), 0o600);
    }

    fn config(&self) -> Config {
        Config {
            tls_cert: Some(self.path("cert.pem")),
            tls_key: Some(self.path("key.pem")),
            ..config(&self.path("data"), Vec::new())
        }
    }

    async fn start(&self) -> Running {
        Node::start(self.config()).await.expect("starts")
    }

    /// A connection with these protocol versions, and what the node says of itself over it.
    fn health(
        &self,
        address: SocketAddr,
        versions: &[&'static rustls::SupportedProtocolVersion],
    ) -> Result<(ProtocolVersion, CertificateDer<'static>, String), String> {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_file(self.path("ca.pem")).expect("the root");
        roots.add(root).expect("a root");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions);
        let mut config = builder.expect("versions").with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let name = ServerName::try_from("localhost").expect("a name");
        let connection = ClientConnection::new(Arc::new(config), name).expect("a connection");
        let stream = TcpStream::connect(address).map_err(|error| error.to_string())?;
        let mut stream = StreamOwned::new(connection, stream);
        let request = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request).map_err(|error| error.to_string())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(|error| error.to_string())?;
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
        let certificate = stream.conn.peer_certificates().expect("a certificate")[0].clone().into_owned();
        Ok((stream.conn.protocol_version().expect("a version"), certificate, answer))
    }
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("mode");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_a_certificate_speaks_tls_1_2_and_1_3() {
    let authority = Arc::new(Authority::new());
    let certificate = authority.renew();
    let node = authority.start().await;
    assert!(node.base_url().starts_with("https://127.0.0.1:"), "{}", node.base_url());
    let address = node.http_addr();
    blocking(move || {
        for (version, offered) in [
            (ProtocolVersion::TLSv1_3, &rustls::version::TLS13),
            (ProtocolVersion::TLSv1_2, &rustls::version::TLS12),
        ] {
            let (spoken, shown, answer) = authority.health(address, &[offered]).expect("answers");
            assert_eq!((spoken, &shown), (version, &certificate));
            assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(r#"{"status":"ok"}"#), "{answer}");
        }
        let error = Authority::new().health(address, rustls::ALL_VERSIONS).expect_err("not trusted");
        assert!(error.contains("certificate"), "{error}");
    })
    .await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_cannot_be_used_is_one_sentence_and_nothing_is_made() {
    let authority = Authority::new();
    authority.renew();
    let refused = async || match Node::start(authority.config()).await {
        Ok(_) => panic!("the node started"),
        Err(error) => error.to_string(),
    };
    let cert = std::fs::read_to_string(authority.path("cert.pem")).expect("text");
    let key = std::fs::read_to_string(authority.path("key.pem")).expect("text");

    set_mode(&authority.path("key.pem"), 0o644);
    let error = refused().await;
    assert!(error.contains("chmod") && error.contains("644") && error.contains("key.pem"), "{error}");
    authority.write_key(&KeyPair::generate().expect("a key").serialize_pem());
    let error = refused().await;
    assert!(error.contains("doesn't fit"), "{error}");
    for (text, part) in [("", "no private key"), ("junk", "no private key"), (&*cert, "no private key")] {
        authority.write_key(text);
        let error = refused().await;
        assert!(error.contains(part) && error.contains("tls_key"), "{text}: {error}");
    }
    authority.write_key("-----BEGIN PRIVATE KEY-----\n!!!\n-----END PRIVATE KEY-----\n");
    assert!(refused().await.contains("damaged"));

    authority.write_key(&key);
    for (text, part) in [
        ("", "no certificate"),
        (&*key, "no certificate"),
        ("-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n", "damaged"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "can't be used"),
        (&*"x".repeat(2_000_000), "more than"),
    ] {
        std::fs::write(authority.path("cert.pem"), text).expect("writes");
        let error = refused().await;
        assert!(error.contains(part) && error.contains("cert.pem"), "{text:.60}: {error}");
    }
    std::fs::remove_file(authority.path("cert.pem")).expect("removes");
    let error = refused().await;
    assert!(error.contains("cert.pem") && error.contains("can't be read"), "{error}");
    assert!(!authority.path("data").exists(), "a folder was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_certificate_is_taken_and_a_broken_one_is_not() {
    let authority = Arc::new(Authority::new());
    let old = authority.renew();
    let node = authority.start().await;
    let address = node.http_addr();
    let shown = async || {
        let authority = Arc::clone(&authority);
        blocking(move || authority.health(address, rustls::ALL_VERSIONS).expect("answers").1).await
    };
    assert_eq!(shown().await, old);
    let new = authority.renew();
    assert_eq!(shown().await, old, "nobody said to read it again");
    node.reload_tls().expect("reads");
    assert_eq!(shown().await, new);
    authority.write_key("junk");
    let error = node.reload_tls().expect_err("broken").to_string();
    assert!(error.contains("key.pem"), "{error}");
    assert_eq!(shown().await, new, "the one in use stays");
    node.stop().await;
}

#[test]
fn the_process_reads_its_certificate_again_at_sighup_and_the_command_line_speaks_https() {
    let authority = Authority::new();
    let old = authority.renew();
    let (cert, key) = (authority.path("cert.pem"), authority.path("key.pem"));
    let flags = ["--tls-cert", cert.to_str().expect("path"), "--tls-key", key.to_str().expect("path")];
    let node = NodeProcess::start(NODE, &authority.path("data"), &flags);
    let address = node.url.strip_prefix("https://").expect("https").parse().expect("an address");
    let shown = || authority.health(address, rustls::ALL_VERSIONS).expect("answers").1;
    assert_eq!(shown(), old);
    let new = authority.renew();
    let told = Command::new("kill").args(["-HUP", &node.pid().to_string()]).status().expect("kill");
    assert!(told.success());
    let begun = Instant::now();
    while shown() != new {
        assert!(begun.elapsed() < accolade_tests::nodes::PATIENCE, "the certificate stays the old one");
    }

    let status = |more: &[&str]| {
        let mut command = Command::new(CLI);
        command.args(["node", "status", "--node", &node.url]).args(more).current_dir(authority.folder.path());
        let output = command.env_remove("ACCOLADE_CA_FILE").output().expect("runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, out, err) = status(&["--ca-file", "ca.pem"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("did:key:"), "{out}");
    let (code, _, err) = status(&[]);
    assert!(code == Some(1) && err.contains("no secure connection") && err.contains("--ca-file"), "{err}");
    let (code, _, err) = status(&["--ca-file", "key.pem"]);
    assert!(code == Some(1) && err.contains("no certificate"), "{err}");
    let (code, _, err) = status(&["--ca-file", "absent.pem"]);
    assert!(code == Some(1) && err.contains("absent.pem"), "{err}");
    node.kill();
}

#[test]
fn told_to_reload_without_a_certificate_a_node_goes_on() {
    let folder = tempfile::tempdir().expect("folder");
    let node = NodeProcess::start(NODE, folder.path(), &[]);
    // In this order they are delivered: had the first ended it, there would be no exit code.
    for signal in ["-HUP", "-TERM"] {
        let told = Command::new("kill").args([signal, &node.pid().to_string()]).status().expect("kill");
        assert!(told.success());
    }
    assert_eq!(node.wait(), Some(0));
}
