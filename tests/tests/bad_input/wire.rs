//! An HTTP client that sends what no client library would.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Longest that any answer may take.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// An answer and how long it took; status 0 if the node hung up without one.
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub body: Vec<u8>,
    pub took: Duration,
}

impl Answer {
    /// The body, or null where it isn't JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A problem that a person and a program can act on.
    pub fn is_problem(&self) -> bool {
        let json = self.json();
        let said = |member: &str| json[member].as_str().is_some_and(|text| !text.is_empty());
        (400..500).contains(&self.status)
            && self.content_type == "application/problem+json"
            && json["status"] == self.status
            && said("code")
            && said("detail")
            && said("hint")
    }
}

/// How a body is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    Length,
    Chunked,
}

/// POSTs `body` with further header lines.
pub fn post(url: &str, path: &str, headers: &[String], body: &[u8], framing: Framing) -> Answer {
    let mut head = format!("POST {path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n");
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    let framed = match framing {
        Framing::Length => {
            head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
            body.to_vec()
        }
        Framing::Chunked => {
            head.push_str("Transfer-Encoding: chunked\r\n\r\n");
            let chunk = |part: &[u8]| [format!("{:x}\r\n", part.len()).as_bytes(), part, b"\r\n"].concat();
            body.chunks(30_000).flat_map(chunk).chain(*b"0\r\n\r\n").collect()
        }
    };
    exchange(url, &[head.as_bytes(), &framed].concat())
}

/// Sends these bytes and reads until the node closes.
pub fn exchange(url: &str, bytes: &[u8]) -> Answer {
    let begun = Instant::now();
    let mut stream = connect(url);
    let mut writer = stream.try_clone().expect("a second handle");
    let mut read = Vec::new();
    std::thread::scope(|scope| {
        // The node may answer and close before all is sent; what counts is the answer.
        scope.spawn(move || drop(writer.write_all(bytes)));
        drop(stream.read_to_end(&mut read));
        drop(stream.shutdown(std::net::Shutdown::Both));
    });
    parse(&read, begun.elapsed())
}

/// Sends `bytes`, then one of `drip` every so often until the node answers or closes.
pub fn drip(url: &str, bytes: &[u8], drip: &[u8]) -> Answer {
    let begun = Instant::now();
    let mut stream = connect(url);
    stream.write_all(bytes).expect("sends");
    let mut writer = stream.try_clone().expect("a second handle");
    let drip = drip.to_vec();
    let dripping = std::thread::spawn(move || {
        while writer.write_all(&drip).is_ok() && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(500));
        }
    });
    let mut read = Vec::new();
    drop(stream.read_to_end(&mut read));
    let took = begun.elapsed();
    drop(stream.shutdown(std::net::Shutdown::Both));
    dripping.join().expect("the writer ends");
    parse(&read, took)
}

fn connect(url: &str) -> TcpStream {
    let stream = TcpStream::connect(url.trim_start_matches("http://")).expect("connects");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
    stream
}

fn parse(read: &[u8], took: Duration) -> Answer {
    let end = read.windows(4).position(|window| window == b"\r\n\r\n").unwrap_or(read.len());
    let head = String::from_utf8_lossy(&read[..end]).to_lowercase();
    let status = head.split(' ').nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    let content_type = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap_or_default();
    let body = read.get(end + 4..).unwrap_or_default().to_vec();
    Answer { status, content_type: content_type.to_owned(), body, took }
}
