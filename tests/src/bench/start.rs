//! `bench start [PROGRAM]`: the node's release binary with an empty store, as a process: the time from its start to the
//! first 200 of `/health`, the memory that it holds a while later, and the size of the file. Build both with
//! `cargo build --release --workspace --bins`.

use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

const STARTS: usize = 9;
/// How long the node may take to serve.
const PATIENCE: Duration = Duration::from_secs(30);
/// Between two questions whether it serves.
const ASK_EVERY: Duration = Duration::from_millis(2);
/// How long it is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(10);

/// Runs the measurement and prints one JSON line. Without a program, `accolade-node` beside this one is taken.
pub fn run(arguments: &[String]) -> ExitCode {
    let beside =
        || std::env::current_exe().map(|own| own.with_file_name("accolade-node")).unwrap_or_default();
    let program = arguments.first().map_or_else(beside, PathBuf::from);
    match measure(&program) {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {}: {error}", program.display());
            ExitCode::FAILURE
        }
    }
}

fn measure(program: &Path) -> std::io::Result<serde_json::Value> {
    let binary_bytes = std::fs::metadata(program)?.len();
    let (mut start_ms, mut rss_bytes) = (Vec::new(), 0);
    for round in 0..STARTS {
        let folder = tempfile::tempdir()?;
        let (mut node, took) = start(program, folder.path())?;
        if round + 1 == STARTS {
            std::thread::sleep(IDLE);
            rss_bytes = resident_bytes(node.id()).unwrap_or(0);
        }
        node.kill()?;
        node.wait()?;
        start_ms.push(took.as_secs_f64() * 1000.0);
    }
    start_ms.sort_by(f64::total_cmp);
    Ok(json!({
        "name": "start",
        "starts": STARTS,
        "start_to_health_ms_median": round2(start_ms[STARTS / 2]),
        "start_to_health_ms_max": round2(start_ms[STARTS - 1]),
        "idle_after_s": IDLE.as_secs(),
        "idle_rss_mb": round2(rss_bytes as f64 / 1e6),
        "binary_mb": round2(binary_bytes as f64 / 1e6),
    }))
}

/// Starts a node on a new folder; how long it took to answer `/health` with 200.
fn start(program: &Path, folder: &Path) -> std::io::Result<(Child, Duration)> {
    let http = free_address()?;
    let begun = Instant::now();
    let node = Command::new(program)
        .args(["--p2p", "127.0.0.1:0", "--http", &http.to_string(), "--data"])
        .arg(folder.join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    while !is_healthy(http) {
        if begun.elapsed() > PATIENCE {
            return Err(std::io::Error::other("it doesn't serve"));
        }
        std::thread::sleep(ASK_EVERY);
    }
    Ok((node, begun.elapsed()))
}

fn is_healthy(http: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(http) else { return false };
    let mut answer = String::new();
    let asked = stream.write_all(b"GET /health HTTP/1.1\r\nHost: node\r\nConnection: close\r\n\r\n");
    asked.and_then(|()| stream.read_to_string(&mut answer)).is_ok() && answer.starts_with("HTTP/1.1 200 ")
}

/// An address of loopback that nobody listens on. Another program could take it before the node does; then it fails.
fn free_address() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0")?.local_addr()
}

fn resident_bytes(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"))?;
    kib.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

fn round2(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}
