//! A client that leaves the cores to the server: one thread, plain HTTP/1.1 over connections that are kept.

use super::quantile;
use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::time::Instant;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// POST requests to one address.
pub(super) struct Load<'a> {
    /// Where the server listens.
    pub(super) address: SocketAddr,
    /// The path of the address.
    pub(super) path: &'a str,
    /// The token that is sent along.
    pub(super) token: Option<&'a str>,
    /// Connections at once, each with one request under way.
    pub(super) clients: usize,
    /// The status that every answer must have.
    pub(super) status: u16,
}

/// How a server bore a load.
pub(super) struct Borne {
    /// Answers a second, from the first request to the last answer.
    pub(super) per_s: f64,
    /// Milliseconds from a request to the whole of its answer, in ascending order.
    pub(super) ms: Vec<f64>,
    /// The answers' bodies, in no order.
    pub(super) answers: Vec<Vec<u8>>,
}

impl Borne {
    /// The milliseconds that a `share` of the requests did not exceed.
    pub(super) fn at(&self, share: f64) -> f64 {
        super::rounded(quantile(&self.ms, share), 2)
    }
}

impl Load<'_> {
    /// Sends each of `bodies` once.
    ///
    /// # Errors
    /// A connection fails, or an answer has another status.
    pub(super) fn run(&self, bodies: &[Vec<u8>]) -> Result<Borne, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let (next, done) = (Cell::new(0), RefCell::new(Vec::with_capacity(bodies.len())));
        let start = Instant::now();
        let clients = (0..self.clients).map(|_| self.client(bodies, &next, &done));
        runtime.block_on(futures::future::try_join_all(clients))?;
        let seconds = start.elapsed().as_secs_f64();
        let (mut ms, answers): (Vec<f64>, Vec<Vec<u8>>) = done.into_inner().into_iter().unzip();
        ms.sort_by(f64::total_cmp);
        Ok(Borne { per_s: bodies.len() as f64 / seconds, ms, answers })
    }

    async fn client(
        &self,
        bodies: &[Vec<u8>],
        next: &Cell<usize>,
        done: &RefCell<Vec<(f64, Vec<u8>)>>,
    ) -> Result<(), String> {
        let mut stream = TcpStream::connect(self.address).await.map_err(|error| error.to_string())?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let (mut request, mut answer) = (Vec::new(), Vec::new());
        while let Some(body) = bodies.get(next.replace(next.get() + 1)) {
            self.write_request(&mut request, body);
            let sent = Instant::now();
            let (status, body) = exchange(&mut stream, &request, &mut answer).await?;
            let ms = sent.elapsed().as_secs_f64() * 1000.0;
            if status != self.status {
                return Err(format!("{} answered {status}: {}", self.path, String::from_utf8_lossy(body)));
            }
            done.borrow_mut().push((ms, body.to_vec()));
        }
        Ok(())
    }

    fn write_request(&self, request: &mut Vec<u8>, body: &[u8]) {
        request.clear();
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            self.path,
            self.address,
            body.len()
        );
        request.extend_from_slice(head.as_bytes());
        if let Some(token) = self.token {
            request.extend_from_slice(format!("Authorization: Bearer {token}\r\n").as_bytes());
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(body);
    }
}

/// Sends a request and reads its answer into `buffer`; the status and the body.
async fn exchange<'b>(
    stream: &mut TcpStream,
    request: &[u8],
    buffer: &'b mut Vec<u8>,
) -> Result<(u16, &'b [u8]), String> {
    stream.write_all(request).await.map_err(|error| error.to_string())?;
    buffer.clear();
    let (head, length) = loop {
        if stream.read_buf(buffer).await.map_err(|error| error.to_string())? == 0 {
            return Err("the server closed the connection".to_owned());
        }
        if let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            let length: Option<usize> =
                text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            break (end + 4, length.ok_or("an answer without Content-Length")?);
        }
    };
    let whole = head + length;
    while buffer.len() < whole {
        if stream.read_buf(buffer).await.map_err(|error| error.to_string())? == 0 {
            return Err("the server closed the connection".to_owned());
        }
    }
    let status = std::str::from_utf8(&buffer[9..12]).ok().and_then(|text| text.parse().ok());
    Ok((status.ok_or("an answer without a status")?, &buffer[head..whole]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;

    /// Answers each request on each of `connections` with its own body, in two pieces.
    fn echo(connections: usize, status: &'static str) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        for _ in 0..connections {
            let listener = listener.try_clone().expect("the listener");
            std::thread::spawn(move || {
                let (mut stream, _) = listener.accept().expect("a connection");
                let mut reader = BufReader::new(stream.try_clone().expect("the stream"));
                loop {
                    let (mut line, mut length) = (String::new(), 0);
                    while line != "\r\n" {
                        line.clear();
                        if reader.read_line(&mut line).expect("a line") == 0 {
                            return;
                        }
                        let lower = line.to_ascii_lowercase();
                        if let Some(text) = lower.strip_prefix("content-length: ") {
                            length = text.trim().parse().expect("a number");
                        }
                    }
                    let mut body = vec![0; length];
                    reader.read_exact(&mut body).expect("a body");
                    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n");
                    stream.write_all(head.as_bytes()).expect("written");
                    stream.write_all(&body).expect("written");
                }
            });
        }
        address
    }

    #[test]
    fn every_body_is_sent_once_and_every_answer_read_whole() {
        let address = echo(3, "200 OK");
        let load = Load { address, path: "/", token: Some("t"), clients: 3, status: 200 };
        let bodies: Vec<Vec<u8>> = (0..200_usize).map(|at| vec![b'x'; at * 37]).collect();
        let borne = load.run(&bodies).expect("borne");
        let mut answers = borne.answers;
        answers.sort_by_key(Vec::len);
        assert_eq!(answers, bodies);
        assert!(borne.ms.len() == 200 && borne.ms.is_sorted());
    }

    #[test]
    fn another_status_is_an_error() {
        let address = echo(1, "503 Service Unavailable");
        let load = Load { address, path: "/p", token: None, clients: 1, status: 200 };
        let error = load.run(&[b"busy".to_vec()]).err().expect("refused");
        assert_eq!(error, "/p answered 503: busy");
    }
}
