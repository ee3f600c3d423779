//! The sockets: connections are bounded in number, and each in the time of its handshake and the time and size of its
//! headers.

use super::patient::Patient;
use super::problem::Problem;
use super::tls::Tls;
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

/// Most connections open at once; further ones wait to be accepted.
pub const MAX_CONNECTIONS: usize = 2_048;
/// Longest time for the headers of a request to arrive; also how long a connection may stay idle.
pub const HEADER_TIMEOUT: Duration = Duration::from_secs(15);
/// Largest head of a request, in bytes.
pub const MAX_HEAD_BYTES: usize = 32 * 1024;
/// Most header lines of a request.
pub const MAX_HEADERS: usize = 64;
/// Longest time that a client may take nothing of an answer that waits for it.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest time for a TLS handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests under way may still take when the node stops.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);
/// First byte of every TLS connection: the type of a handshake record (RFC 8446 section 5.1).
const HANDSHAKE_RECORD: u8 = 22;
/// Most bytes of a plain request on the port of TLS that are taken off the wire.
const MAX_PLAIN_BYTES: usize = 8 * 1024;
/// How long to wait when the system has no sockets left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The address at the other end of a connection, found in a request's extensions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

/// How long the parts of a connection may take.
#[derive(Clone, Copy)]
struct Patience {
    handshake: Duration,
    headers: Duration,
    drain: Duration,
}

/// Serves `router` on `listener`, with TLS if there is one, until `stop` is ready. Then no connection is accepted any
/// more, idle ones are closed at once, and requests under way may finish within [`DRAIN_TIMEOUT`]. HTTP/1.1.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<Arc<Tls>>,
    stop: impl Future<Output = ()>,
) {
    let patience = Patience { handshake: HANDSHAKE_TIMEOUT, headers: HEADER_TIMEOUT, drain: DRAIN_TIMEOUT };
    serve_with(listener, router, tls, stop, patience).await;
}

async fn serve_with(
    listener: TcpListener,
    router: Router,
    tls: Option<Arc<Tls>>,
    stop: impl Future<Output = ()>,
    patience: Patience,
) {
    let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let (stopping, stopped) = watch::channel(false);
    tokio::pin!(stop);
    loop {
        let accept = async {
            // The semaphore is never closed.
            let slot = Arc::clone(&slots).acquire_owned().await.ok();
            (slot, listener.accept().await)
        };
        let (slot, accepted) = tokio::select! {
            () = &mut stop => break,
            accepted = accept => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (router, stopped, tls) = (router.clone(), stopped.clone(), tls.clone());
                tokio::spawn(async move {
                    connection(stream, Peer(peer), router, tls, stopped, patience).await;
                    drop(slot);
                });
            }
            Err(error) => pause(&error).await,
        }
    }
    drop(listener);
    // Nobody listening any more is what is wanted.
    let _ = stopping.send(true);
    let all = u32::try_from(MAX_CONNECTIONS).unwrap_or(u32::MAX);
    if tokio::time::timeout(patience.drain, slots.acquire_many(all)).await.is_err() {
        tracing::warn!("requests were cut off: they took longer than the node may take to stop");
    }
}

async fn pause(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!(%error, "a connection could not be accepted");
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
}

async fn connection(
    stream: TcpStream,
    peer: Peer,
    router: Router,
    tls: Option<Arc<Tls>>,
    mut stopped: watch::Receiver<bool>,
    patience: Patience,
) {
    // Without it answers may wait for an acknowledgement; nothing depends on it.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return requests(stream, peer, router, stopped, patience).await;
    };
    let shaken = tokio::select! {
        shaken = tokio::time::timeout(patience.handshake, handshake(stream, &tls)) => shaken,
        () = told_to_stop(&mut stopped) => return,
    };
    match shaken {
        Ok(Ok(stream)) => requests(stream, peer, router, stopped, patience).await,
        Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
        Err(_) => tracing::debug!("a TLS handshake took too long"),
    }
}

async fn handshake(mut stream: TcpStream, tls: &Tls) -> io::Result<impl AsyncRead + AsyncWrite + Unpin> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 1 && first[0] != HANDSHAKE_RECORD {
        refuse_plain(&mut stream).await?;
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the other side doesn't speak TLS"));
    }
    tls.acceptor().accept(stream).await
}

/// Tells who speaks plain HTTP on the port of TLS what to do.
async fn refuse_plain(stream: &mut TcpStream) -> io::Result<()> {
    // What isn't read would turn the answer into a broken connection.
    let mut sent = vec![0; MAX_PLAIN_BYTES];
    let _ = stream.try_read(&mut sent);
    let problem = Problem::new(
        StatusCode::BAD_REQUEST,
        "plain_http",
        "This port speaks HTTPS, and the request came as plain HTTP.",
        "Begin the address with https://.",
    );
    let body = problem.to_json().to_string();
    let head = format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    // The sender is only gone when the server is.
    drop(stopped.wait_for(|stopped| *stopped).await);
}

/// The requests of one connection.
async fn requests(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: Peer,
    router: Router,
    mut stopped: watch::Receiver<bool>,
    patience: Patience,
) {
    let asked = Arc::new(AtomicBool::new(false));
    let service = WithPeer { router: TowerToHyperService::new(router), peer, asked: Arc::clone(&asked) };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(patience.headers)
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(Patient::new(stream, WRITE_TIMEOUT)), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told_to_stop(&mut stopped) => {
            // hyper closes a connection that waits for its next request, and not one that waits for its first.
            if !asked.load(Ordering::Relaxed) {
                return;
            }
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// The router, with the peer's address put into each request.
struct WithPeer {
    router: TowerToHyperService<Router>,
    peer: Peer,
    /// Whether a request has come yet.
    asked: Arc<AtomicBool>,
}

impl Service<Request<Incoming>> for WithPeer {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        self.asked.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(self.peer);
        self.router.call(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;

    const PATIENT: Patience =
        Patience { handshake: HANDSHAKE_TIMEOUT, headers: HEADER_TIMEOUT, drain: DRAIN_TIMEOUT };

    struct Server {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        serving: tokio::task::JoinHandle<()>,
    }

    async fn start_with(router: Router, tls: Option<Arc<Tls>>, patience: Patience) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let address = listener.local_addr().expect("address");
        let (stop, stopped) = oneshot::channel();
        let stopped = async { drop(stopped.await) };
        let serving = tokio::spawn(async move { serve_with(listener, router, tls, stopped, patience).await });
        Server { address, stop, serving }
    }

    async fn start(router: Router, patience: Patience) -> Server {
        start_with(router, None, patience).await
    }

    fn self_signed() -> Arc<Tls> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let folder = tempfile::tempdir().expect("folder");
        let (cert, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        std::fs::write(&cert, made.cert.pem()).expect("writes");
        crate::vault::replace_private_file(&key, made.signing_key.serialize_pem().as_bytes())
            .expect("writes");
        Arc::new(Tls::open(&cert, &key).expect("fits"))
    }

    /// A route that tells when it is entered, and answers when it is told to.
    fn waiting() -> (Router, tokio::sync::mpsc::Receiver<()>, watch::Sender<bool>) {
        let (entered, inside) = tokio::sync::mpsc::channel::<()>(1);
        let (go, gone) = watch::channel(false);
        let route = get(move || async move {
            entered.send(()).await.expect("the test waits");
            gone.clone().wait_for(|go| *go).await.expect("the test says go");
            "finished"
        });
        (Router::new().route("/", route), inside, go)
    }

    async fn all(mut stream: TcpStream) -> String {
        let mut text = String::new();
        // A reset after the answer is as good as an end.
        let _ = stream.read_to_string(&mut text).await;
        text
    }

    #[tokio::test]
    async fn a_request_knows_its_peer() {
        let router = Router::new().route(
            "/",
            get(|request: Request| async move {
                request.extensions().get::<Peer>().map(|peer| peer.0.ip().to_string()).unwrap_or_default()
            }),
        );
        let server = start(router, PATIENT).await;
        let mut stream = TcpStream::connect(server.address).await.expect("connects");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.expect("writes");
        assert!(all(stream).await.ends_with("127.0.0.1"));
    }

    #[tokio::test]
    async fn headers_that_never_end_are_given_up() {
        let server = start(Router::new(), Patience { headers: Duration::from_millis(50), ..PATIENT }).await;
        let mut stream = TcpStream::connect(server.address).await.expect("connects");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.expect("writes");
        // The connection ends by itself; the test's runner would stop a wait without end.
        assert!(!all(stream).await.contains("200 OK"));
    }

    #[tokio::test]
    async fn a_head_that_is_too_large_is_refused() {
        let server = start(Router::new(), PATIENT).await;
        let mut stream = TcpStream::connect(server.address).await.expect("connects");
        let head = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "a".repeat(2 * MAX_HEAD_BYTES));
        // The other end may close before all of it is sent.
        let _ = stream.write_all(head.as_bytes()).await;
        let answer = all(stream).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }

    #[tokio::test]
    async fn a_handshake_that_takes_too_long_is_given_up() {
        let patience = Patience { handshake: Duration::from_millis(50), ..PATIENT };
        let server = start_with(Router::new(), Some(self_signed()), patience).await;
        // Nothing at all; a part of a handshake record.
        for begun in [&b""[..], &[HANDSHAKE_RECORD, 3, 1, 2, 0]] {
            let mut stream = TcpStream::connect(server.address).await.expect("connects");
            stream.write_all(begun).await.expect("writes");
            assert_eq!(all(stream).await, "", "the connection ends by itself");
        }
    }

    #[tokio::test]
    async fn plain_http_on_the_port_of_tls_is_told_so_and_other_noise_is_ended() {
        let server = start_with(Router::new(), Some(self_signed()), PATIENT).await;
        let mut stream = TcpStream::connect(server.address).await.expect("connects");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("writes");
        let answer = all(stream).await;
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("https://"), "{answer}");
        let mut stream = TcpStream::connect(server.address).await.expect("connects");
        stream.write_all(&[HANDSHAKE_RECORD, 3, 1, 0, 4, 9, 9, 9, 9]).await.expect("writes");
        let mut bytes = Vec::new();
        // An alert, and the end.
        let _ = stream.read_to_end(&mut bytes).await;
        assert!(bytes.len() < 100, "{bytes:?}");
    }

    #[tokio::test]
    async fn stopping_waits_for_no_handshake() {
        let Server { address, stop, serving } = start_with(Router::new(), Some(self_signed()), PATIENT).await;
        let stream = TcpStream::connect(address).await.expect("connects");
        stop.send(()).expect("stops");
        serving.await.expect("it ends");
        assert_eq!(all(stream).await, "");
    }

    #[tokio::test]
    async fn stopping_lets_a_request_under_way_finish_and_takes_no_other() {
        let (router, mut inside, go) = waiting();
        let Server { address, stop, serving } = start(router, PATIENT).await;
        let mut stream = TcpStream::connect(address).await.expect("connects");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("writes");
        inside.recv().await.expect("the request is under way");
        let mut idle = TcpStream::connect(address).await.expect("connects");
        idle.write_all(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("writes");
        idle.read_u8().await.expect("an answer");
        let silent = TcpStream::connect(address).await.expect("connects");
        let mut begun = TcpStream::connect(address).await.expect("connects");
        begun.write_all(b"GET / HT").await.expect("writes");

        stop.send(()).expect("stops");
        for stream in [idle, silent, begun] {
            all(stream).await; // they end while the request is still under way
        }
        assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
        assert!(!serving.is_finished());
        go.send(true).expect("goes on");
        let answer = all(stream).await;
        assert!(answer.ends_with("finished") && answer.contains("connection: close"), "{answer}");
        serving.await.expect("it ends");
    }

    #[tokio::test]
    async fn a_request_that_never_ends_does_not_keep_the_server() {
        let (router, mut inside, _go) = waiting();
        let drain = Duration::from_millis(50);
        let Server { address, stop, serving } = start(router, Patience { drain, ..PATIENT }).await;
        let mut stream = TcpStream::connect(address).await.expect("connects");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("writes");
        inside.recv().await.expect("the request is under way");
        stop.send(()).expect("stops");
        serving.await.expect("it ends all the same");
    }
}
