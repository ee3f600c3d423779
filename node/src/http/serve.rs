//! The sockets: connections are bounded in number, and each in the time and size of its headers.

use super::patient::Patient;
use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
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
/// How long requests under way may still take when the node stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait when the system has no sockets left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The address at the other end of a connection, found in a request's extensions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Serves `router` on `listener` until `stop` is ready, then lets requests under way finish for at most five
/// seconds. Plain HTTP/1.1; TLS is a proxy's business.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    serve_with(listener, router, stop, HEADER_TIMEOUT).await;
}

async fn serve_with(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()>,
    header_timeout: Duration,
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
                let (router, stopped) = (router.clone(), stopped.clone());
                tokio::spawn(async move {
                    connection(stream, Peer(peer), router, stopped, header_timeout).await;
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
    let _ = tokio::time::timeout(DRAIN_TIMEOUT, slots.acquire_many(all)).await;
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
    mut stopped: watch::Receiver<bool>,
    header_timeout: Duration,
) {
    // Without it answers may wait for an acknowledgement; nothing depends on it.
    let _ = stream.set_nodelay(true);
    let service = WithPeer { router: TowerToHyperService::new(router), peer };
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(Patient::new(stream, WRITE_TIMEOUT)), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = async { drop(stopped.wait_for(|stopped| *stopped).await) } => {
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
}

impl Service<Request<Incoming>> for WithPeer {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
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

    async fn start(router: Router, header_timeout: Duration) -> (SocketAddr, oneshot::Sender<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let address = listener.local_addr().expect("address");
        let (stop, stopped) = oneshot::channel();
        let stopped = async { drop(stopped.await) };
        tokio::spawn(async move { serve_with(listener, router, stopped, header_timeout).await });
        (address, stop)
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
        let (address, _stop) = start(router, HEADER_TIMEOUT).await;
        let mut stream = TcpStream::connect(address).await.expect("connects");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.expect("writes");
        assert!(all(stream).await.ends_with("127.0.0.1"));
    }

    #[tokio::test]
    async fn headers_that_never_end_are_given_up() {
        let (address, _stop) = start(Router::new(), Duration::from_millis(50)).await;
        let mut stream = TcpStream::connect(address).await.expect("connects");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ").await.expect("writes");
        // The connection ends by itself; the test's runner would stop a wait without end.
        assert!(!all(stream).await.contains("200 OK"));
    }

    #[tokio::test]
    async fn a_head_that_is_too_large_is_refused() {
        let (address, _stop) = start(Router::new(), HEADER_TIMEOUT).await;
        let mut stream = TcpStream::connect(address).await.expect("connects");
        let head = format!("GET / HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n", "a".repeat(2 * MAX_HEAD_BYTES));
        // The other end may close before all of it is sent.
        let _ = stream.write_all(head.as_bytes()).await;
        let answer = all(stream).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }

    #[tokio::test]
    async fn stopping_lets_a_request_under_way_finish() {
        let (entered, mut inside) = tokio::sync::mpsc::channel::<()>(1);
        let (go, gone) = watch::channel(false);
        let router = Router::new().route(
            "/",
            get(move || async move {
                entered.send(()).await.expect("the test waits");
                gone.clone().wait_for(|go| *go).await.expect("the test says go");
                "finished"
            }),
        );
        let (address, stop) = start(router, HEADER_TIMEOUT).await;
        let mut stream = TcpStream::connect(address).await.expect("connects");
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("writes");
        inside.recv().await.expect("the request is under way");
        stop.send(()).expect("stops");
        go.send(true).expect("goes on");
        assert!(all(stream).await.ends_with("finished"));
    }
}
