//! `bench storm [REQUESTS] [FOLDER]`: bad requests against a node, good ones beside them on the same cores. By how much
//! the node's memory grows, its slowest answer to a bad request, and whether the good ones are still answered.

mod bodies;

use super::served::Served;
use super::{http, issue, number, quantile, report, rounded};
use bodies::Kind;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const REQUESTS: usize = 10_000;
const BAD_CLIENTS: usize = 8;
const GOOD_CLIENTS: usize = 2;
const GOOD_BADGES: usize = 200;
/// Time between two good requests of one client: visitors, no load of their own.
const GOOD_PAUSE: Duration = Duration::from_millis(20);
/// How often the node's memory is looked at.
const LOOK: Duration = Duration::from_millis(10);
/// What stands in the answer on a good badge.
const GOOD: &[u8] = br#""verdict":"valid""#;

/// Runs the measurement and prints one JSON line.
pub fn run(arguments: &[String]) -> ExitCode {
    report(measure(arguments))
}

fn measure(arguments: &[String]) -> Result<Value, String> {
    let count = number(arguments, 0, REQUESTS)?;
    let folder = issue::folder(arguments.get(1))?;
    figures(&Served::start(folder.path(), &[])?, count)
}

/// The same against this program, with its data in `folder`.
///
/// # Errors
/// As the measurement.
pub fn storm(program: &Path, folder: &Path, count: usize) -> Result<Value, String> {
    figures(&Served::start_program(program, folder, &[])?, count)
}

/// Sends `count` bad requests of all kinds in turn to a node.
fn figures(served: &Served, count: usize) -> Result<Value, String> {
    let good = http::badges(served, GOOD_BADGES)?;
    let kinds = bodies::kinds();
    // What is read once and kept, contexts and schemas, is no growth.
    Storm::new(served.address, &good, &kinds, 0).bear(GOOD_BADGES)?;
    let before = resident_bytes(served.pid())?;
    let memory = Memory::watch(served.pid());
    let begun = Instant::now();
    let borne = Storm::new(served.address, &good, &kinds, count).bear(0)?;
    let seconds = begun.elapsed().as_secs_f64();
    let (peak, after) = (memory.peak(), resident_bytes(served.pid())?);
    let mb = |bytes: u64| rounded(bytes as f64 / 1e6, 1);
    let mut good_ms = borne.good_ms.into_inner();
    good_ms.sort_by(f64::total_cmp);
    let slowest = borne.slowest_ms.into_inner();
    Ok(json!({
        "name": "storm",
        "bad": count,
        "bad_per_s": rounded(count as f64 / seconds, 1),
        "bad_unanswered": borne.unanswered.get(),
        "bad_called_good": borne.called_good.get(),
        "bad_slowest_ms": rounded(slowest.values().copied().fold(0.0, f64::max), 1),
        "bad_slowest_ms_by_kind": slowest.iter().map(|(kind, ms)| (*kind, rounded(*ms, 1))).collect::<BTreeMap<_, _>>(),
        "good": good_ms.len(),
        "good_failed": borne.good_failed.get(),
        "good_p50_ms": rounded(quantile(&good_ms, 0.5), 2),
        "good_p99_ms": rounded(quantile(&good_ms, 0.99), 2),
        "rss_before_mb": mb(before),
        "rss_peak_mb": mb(peak),
        "rss_after_mb": mb(after),
        "rss_growth_mb": mb(peak.max(after).saturating_sub(before)),
    }))
}

/// What is sent, and how it was borne.
struct Storm<'a> {
    address: SocketAddr,
    good: &'a [Vec<u8>],
    kinds: &'a [Kind],
    count: usize,
    next_bad: Cell<usize>,
    next_good: Cell<usize>,
    bad_clients: Cell<usize>,
    slowest_ms: RefCell<BTreeMap<&'static str, f64>>,
    good_ms: RefCell<Vec<f64>>,
    unanswered: Cell<usize>,
    called_good: Cell<usize>,
    good_failed: Cell<usize>,
}

impl<'a> Storm<'a> {
    fn new(address: SocketAddr, good: &'a [Vec<u8>], kinds: &'a [Kind], count: usize) -> Self {
        Self {
            address,
            good,
            kinds,
            count,
            next_bad: Cell::new(0),
            next_good: Cell::new(0),
            bad_clients: Cell::new(BAD_CLIENTS),
            slowest_ms: RefCell::default(),
            good_ms: RefCell::default(),
            unanswered: Cell::new(0),
            called_good: Cell::new(0),
            good_failed: Cell::new(0),
        }
    }

    /// Sends all bad requests, and good ones as long as bad ones are sent, `at_least` so many.
    fn bear(self, at_least: usize) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        runtime.block_on(async {
            let bad = futures::future::join_all((0..BAD_CLIENTS).map(|_| self.bad_client()));
            let good = futures::future::join_all((0..GOOD_CLIENTS).map(|_| self.good_client(at_least)));
            futures::future::join(bad, good).await;
        });
        Ok(self)
    }

    async fn bad_client(&self) {
        let mut client = Client::new(self.address);
        loop {
            let at = self.next_bad.replace(self.next_bad.get() + 1);
            if at >= self.count {
                break;
            }
            let kind = &self.kinds[at % self.kinds.len()];
            let body = kind.number(at);
            let sent = Instant::now();
            match client.post(&body).await {
                Ok((_, answer)) if http::contains(&answer, GOOD) => {
                    self.called_good.set(self.called_good.get() + 1)
                }
                Ok(_) => {}
                Err(_) => self.unanswered.set(self.unanswered.get() + 1),
            }
            let ms = sent.elapsed().as_secs_f64() * 1000.0;
            let mut slowest = self.slowest_ms.borrow_mut();
            let known = slowest.entry(kind.name).or_default();
            *known = known.max(ms);
        }
        self.bad_clients.set(self.bad_clients.get() - 1);
    }

    async fn good_client(&self, at_least: usize) {
        let mut client = Client::new(self.address);
        while self.bad_clients.get() > 0 || self.next_good.get() < at_least {
            let at = self.next_good.replace(self.next_good.get() + 1);
            let sent = Instant::now();
            match client.post(&self.good[at % self.good.len()]).await {
                Ok((200, answer)) if http::contains(&answer, GOOD) => {}
                _ => self.good_failed.set(self.good_failed.get() + 1),
            }
            self.good_ms.borrow_mut().push(sent.elapsed().as_secs_f64() * 1000.0);
            tokio::time::sleep(GOOD_PAUSE).await;
        }
    }
}

/// One connection, opened again when the node has closed it.
struct Client {
    address: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Client {
    fn new(address: SocketAddr) -> Self {
        Self { address, stream: None, buffer: Vec::new() }
    }

    /// Status and body of the answer. An answer after which the connection is closed is read like any other.
    async fn post(&mut self, body: &[u8]) -> Result<(u16, Vec<u8>), String> {
        let was_open = self.stream.is_some();
        match self.once(body).await {
            // It was closed behind the answer before.
            Err(_) if was_open => self.once(body).await,
            other => other,
        }
    }

    async fn once(&mut self, body: &[u8]) -> Result<(u16, Vec<u8>), String> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(self.address).await.map_err(|error| error.to_string())?;
                stream.set_nodelay(true).map_err(|error| error.to_string())?;
                stream
            }
        };
        let head = format!(
            "POST /v1/verify HTTP/1.1\r\nHost: {}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        // What is too large is answered before all of it is there; then the answer counts, not that nobody reads on.
        let written = match stream.write_all(head.as_bytes()).await {
            Ok(()) => stream.write_all(body).await,
            broken => broken,
        };
        self.buffer.clear();
        let answer = read_answer(&mut stream, &mut self.buffer).await?;
        if written.is_ok() && !answer.is_last {
            self.stream = Some(stream);
        }
        Ok((answer.status, self.buffer.split_off(answer.head_bytes)))
    }
}

struct Answer {
    status: u16,
    head_bytes: usize,
    /// The connection is closed after it.
    is_last: bool,
}

/// Reads a whole answer into `buffer`; the body of a streamed one with the lengths of its chunks.
async fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Result<Answer, String> {
    let mut more = async |buffer: &mut Vec<u8>| match stream.read_buf(buffer).await {
        Ok(0) => Err("the node closed the connection".to_owned()),
        Ok(_) => Ok(()),
        Err(error) => Err(error.to_string()),
    };
    let head_bytes = loop {
        match buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            Some(end) => break end + 4,
            None => more(buffer).await?,
        }
    };
    let head = String::from_utf8_lossy(&buffer[..head_bytes]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    while match length {
        Some(length) => buffer.len() < head_bytes + length,
        None => !buffer[head_bytes..].ends_with(b"0\r\n\r\n"),
    } {
        more(buffer).await?;
    }
    let status = head.get(9..12).and_then(|text| text.parse().ok()).ok_or("an answer without a status")?;
    Ok(Answer { status, head_bytes, is_last: head.contains("connection: close") })
}

/// The most memory that a process had since it was looked at first.
struct Memory {
    most: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
    watcher: JoinHandle<()>,
}

impl Memory {
    fn watch(pid: u32) -> Self {
        let (most, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (seen, over) = (Arc::clone(&most), Arc::clone(&ended));
        let watcher = std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                seen.fetch_max(resident_bytes(pid).unwrap_or(0), Ordering::Relaxed);
                std::thread::sleep(LOOK);
            }
        });
        Self { most, ended, watcher }
    }

    fn peak(self) -> u64 {
        self.ended.store(true, Ordering::Relaxed);
        drop(self.watcher.join());
        self.most.load(Ordering::Relaxed)
    }
}

/// What a process has in memory, by Linux.
fn resident_bytes(pid: u32) -> Result<u64, String> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).map_err(|error| error.to_string())?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.trim().parse::<u64>().ok()).map(|kib| kib * 1024).ok_or("no VmRSS".to_owned())
}
