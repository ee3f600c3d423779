//! A folder to work in, the program, and a scripted stand-in for a node that keeps what it was asked.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

/// A fresh folder in which commands are run, without any setting of the surrounding environment.
pub struct Session {
    folder: tempfile::TempDir,
}

/// What a command left behind.
#[derive(Debug)]
pub struct Outcome {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Session {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), text).expect("writes");
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("reads")
    }

    /// Runs `accolade` with these arguments, separated by blanks.
    pub fn run(&self, line: &str) -> Outcome {
        self.run_args(&line.split_whitespace().collect::<Vec<_>>(), b"", &[])
    }

    /// Runs `accolade` with these arguments, standard input and environment.
    pub fn run_args(&self, args: &[&str], input: &[u8], env: &[(&str, &str)]) -> Outcome {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cli-under-test"));
        command.args(args).current_dir(self.folder.path());
        for name in [
            "ACCOLADE_CA_FILE",
            "ACCOLADE_NODE",
            "ACCOLADE_TOKEN",
            "ACCOLADE_TOKEN_FILE",
            "LC_ALL",
            "LC_MESSAGES",
            "LANG",
        ] {
            command.env_remove(name);
        }
        command.envs(env.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("starts");
        // A program that refuses early doesn't read its input.
        let _ = child.stdin.take().expect("piped").write_all(input);
        let output = child.wait_with_output().expect("ends");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Outcome {
            code: output.status.code().expect("no signal"),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }
}

impl Outcome {
    /// Asserts that it went well, and gives what was printed.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// Asserts an exit code, an error and a hint that hold these words.
    #[track_caller]
    pub fn fails(&self, code: i32, error: &str, hint: &str) {
        assert_eq!(self.code, code, "{self:?}");
        let line = |start: &str| self.err.lines().find(|line| line.starts_with(start)).unwrap_or_default();
        assert!(line("error: ").contains(error), "no error “{error}” in {self:?}");
        assert!(hint.is_empty() || line("hint: ").contains(hint), "no hint “{hint}” in {self:?}");
        assert!(self.out.is_empty(), "an error printed to standard output: {self:?}");
    }

    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

/// Answers requests with fixed bytes, each on a connection of its own.
pub struct FakeNode {
    pub url: String,
    served: JoinHandle<Vec<String>>,
}

impl FakeNode {
    /// Answers one request.
    pub fn answering(status: &str, body: &str) -> Self {
        Self::answering_each(status, &[body])
    }

    /// Answers as many requests as there are bodies, one after the other.
    pub fn answering_each(status: &str, bodies: &[&str]) -> Self {
        Self::answering_in_turn(&bodies.iter().map(|body| (status, *body)).collect::<Vec<_>>())
    }

    /// Answers as many requests as there are pairs of a status and a body, one after the other.
    pub fn answering_in_turn(answers: &[(&str, &str)]) -> Self {
        let answer = |(status, body): &(&str, &str)| {
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n");
            format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
        };
        Self::sending_each(answers.iter().map(answer).collect())
    }

    /// Sends these bytes as they are.
    pub fn sending(answer: Vec<u8>) -> Self {
        Self::sending_each(vec![answer])
    }

    fn sending_each(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let served = std::thread::spawn(move || {
            answers.iter().map(|answer| serve(&listener, answer)).collect::<Vec<String>>()
        });
        Self { url, served }
    }

    /// The request that came: its line and headers, and its body in JSON.
    pub fn request(self) -> (String, serde_json::Value) {
        let (head, body) = self.raw_request();
        let body = if body.is_empty() {
            serde_json::Value::Null
        } else {
            serde_json::from_str(&body).expect("JSON")
        };
        (head, body)
    }

    /// The request that came: its line and headers, and its body.
    pub fn raw_request(self) -> (String, String) {
        let request = self.requests().pop().expect("a request");
        let (head, body) = request.split_once("\r\n\r\n").expect("a head");
        (head.to_owned(), body.to_owned())
    }

    /// The requests that came, as they came.
    pub fn requests(self) -> Vec<String> {
        self.served.join().expect("served")
    }
}

/// Takes one request and sends `answer`; the request.
fn serve(listener: &TcpListener, answer: &[u8]) -> String {
    let (mut stream, _) = listener.accept().expect("a connection");
    let mut request = Vec::new();
    let mut part = [0u8; 65536];
    while !is_whole(&request) {
        match stream.read(&mut part).expect("a request") {
            0 => break,
            bytes => request.extend_from_slice(&part[..bytes]),
        }
    }
    // A client that has seen enough hangs up.
    let _ = stream.write_all(answer);
    String::from_utf8(request).expect("UTF-8")
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let head = head.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    body.len() >= length.unwrap_or(0)
}
