//! Hosts on the web, as a node sees them: names at loopback addresses, and certificates of an authority of their own.

use accolade_node::resolver::Egress;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// An authority that certifies any name, and what a node needs to trust it.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root_der: Vec<u8>,
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

impl Authority {
    /// A new one.
    ///
    /// # Panics
    /// If no key can be made.
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("params");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let root_der = params.self_signed(&key).expect("a root").der().to_vec();
        Self { issuer: Issuer::new(params, key), root_der }
    }

    /// The way out for a node whose whole web are these names.
    pub fn egress(&self, names: &[(&str, SocketAddr)]) -> Egress {
        let names = names.iter().map(|(name, at)| ((*name).to_owned(), *at)).collect();
        Egress::for_tests(names, &self.root_der)
    }

    /// A client that trusts this authority and nobody else, and takes every status for an answer.
    pub fn client(&self) -> ureq::Agent {
        let root = Certificate::from_der(&self.root_der).to_owned();
        let crypto = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&[root]))
            .unversioned_rustls_crypto_provider(crypto)
            .build();
        ureq::Agent::config_builder().tls_config(tls).http_status_as_error(false).build().new_agent()
    }

    /// Puts a certificate for `name` and its key into `folder`; their paths.
    ///
    /// # Panics
    /// If they can't be written.
    pub fn certify(&self, name: &str, folder: &Path) -> (PathBuf, PathBuf) {
        let (cert, key) = self.certificate(name);
        let (cert_path, key_path) = (folder.join("cert.pem"), folder.join("key.pem"));
        std::fs::write(&cert_path, cert.pem()).expect("writes");
        std::fs::write(&key_path, key.serialize_pem()).expect("writes");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&key_path, std::fs::Permissions::from_mode(0o600)).expect("its mode");
        }
        (cert_path, key_path)
    }

    fn certificate(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec![name.to_owned()]).expect("params");
        (params.signed_by(&key, &self.issuer).expect("a certificate"), key)
    }

    /// A host with a certificate for `name` that gives `answer` to each path.
    ///
    /// # Panics
    /// If it can't listen.
    pub fn host(&self, name: &str, answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Host {
        let (cert, key) = self.certificate(name);
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .expect("a certificate");
        let listener = TcpListener::bind("127.0.0.1:0").expect("binds");
        let address = listener.local_addr().expect("address");
        let (config, answer, asked) = (Arc::new(config), Arc::new(answer), Arc::new(Mutex::default()));
        let noted: Arc<Mutex<HashMap<String, usize>>> = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, answer, noted) = (Arc::clone(&config), Arc::clone(&answer), Arc::clone(&noted));
                // A client that goes away is part of the tests.
                std::thread::spawn(move || drop(serve(stream, config, &*answer, &noted)));
            }
        });
        Host { address, asked }
    }
}

/// A host on the web that runs as long as the test.
pub struct Host {
    /// Where it listens.
    pub address: SocketAddr,
    asked: Arc<Mutex<HashMap<String, usize>>>,
}

impl Host {
    /// How often it was asked for a path.
    ///
    /// # Panics
    /// If a thread of it did.
    pub fn asked(&self, path: &str) -> usize {
        self.asked.lock().expect("lock").get(path).copied().unwrap_or(0)
    }

    /// How often it was asked for anything.
    ///
    /// # Panics
    /// If a thread of it did.
    pub fn asked_in_all(&self) -> usize {
        self.asked.lock().expect("lock").values().sum()
    }
}

/// What a host answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// A whole answer: status, further header lines, body.
    Whole(u16, Vec<String>, Vec<u8>),
    /// A head that promises a body, of which nothing comes until the client is gone.
    Slow,
    /// A body that never ends.
    Endless,
    /// Closes the connection without a word.
    Nothing,
}

impl Reply {
    /// 200 with this body.
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::Whole(200, Vec::new(), body.into())
    }

    /// A redirect.
    pub fn redirect(to: &str) -> Self {
        Self::Whole(302, vec![format!("Location: {to}")], Vec::new())
    }

    /// A status without a body.
    pub fn status(status: u16) -> Self {
        Self::Whole(status, Vec::new(), Vec::new())
    }
}

fn serve(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    answer: &dyn Fn(&str) -> Reply,
    noted: &Mutex<HashMap<String, usize>>,
) -> std::io::Result<()> {
    let connection = ServerConnection::new(config).map_err(std::io::Error::other)?;
    let mut reader = BufReader::new(StreamOwned::new(connection, stream));
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    *noted.lock().map_err(|_| std::io::ErrorKind::Other)?.entry(path.to_owned()).or_default() += 1;
    match answer(path) {
        Reply::Whole(status, headers, body) => {
            let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} Any\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n"
            );
            let stream = reader.get_mut();
            stream.write_all(head.as_bytes())?;
            stream.write_all(&body)?;
            stream.conn.send_close_notify();
            stream.flush()
        }
        Reply::Slow => {
            reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")?;
            reader.get_mut().flush()?;
            // Until the client has enough of it.
            reader.read_line(&mut line).map(drop)
        }
        Reply::Endless => {
            let stream = reader.get_mut();
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            // Until the client has enough of it.
            loop {
                stream.write_all(&[b'0'; 16 * 1024])?;
            }
        }
        Reply::Nothing => Ok(()),
    }
}
