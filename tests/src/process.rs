//! A node as a process of its own, to be killed without warning, and a small HTTP client.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A running node; killed when dropped.
pub struct NodeProcess {
    child: Child,
    /// Its HTTP address, `http://127.0.0.1:PORT`.
    pub url: String,
    data: PathBuf,
    /// What it has printed on standard error up to being ready.
    pub greeting: String,
}

impl NodeProcess {
    /// Starts `program` on the folder `data` with free ports and waits until it serves.
    ///
    /// # Panics
    /// If it ends before it serves.
    pub fn start(program: &str, data: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(program)
            .args(["--http", "127.0.0.1:0", "--p2p", "127.0.0.1:0", "--tick-s", "0", "--data"])
            .arg(data)
            .args(more)
            .env("ACCOLADE_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stderr = child.stderr.take().expect("piped");
        let mut lines = BufReader::new(stderr).lines();
        let mut greeting = String::new();
        let url = loop {
            let line = match lines.next() {
                Some(line) => line.expect("text"),
                None => panic!("the node ended before it served:\n{greeting}"),
            };
            greeting.push_str(&line);
            greeting.push('\n');
            if let Some((_, url)) = line.split_once(" is up: ") {
                break url.trim_end_matches('/').to_owned();
            }
        };
        // What follows is read and dropped, so that the node never waits for a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url, data: data.to_owned(), greeting }
    }

    /// kill -9: no warning, no clean-up.
    pub fn kill(mut self) {
        self.child.kill().expect("kill");
        self.child.wait().expect("wait");
    }

    /// Waits until it has ended by itself; its exit code, none if a signal ended it.
    ///
    /// # Panics
    /// If it can't be waited for.
    pub fn wait(mut self) -> Option<i32> {
        self.child.wait().expect("wait").code()
    }

    /// The process's id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The owner's token, from the file that the first start wrote.
    pub fn owner_token(&self) -> String {
        std::fs::read_to_string(self.data.join("owner-token")).expect("owner-token").trim().to_owned()
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client that treats every status as an answer, with a connection pool of its own.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    url: String,
    token: Option<String>,
}

impl Client {
    /// A client of the node at `url`.
    pub fn new(url: &str, token: Option<String>) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(30)))
            .http_status_as_error(false)
            .build();
        Self { agent: config.new_agent(), url: url.to_owned(), token }
    }

    /// POSTs JSON; the answer's status and JSON body.
    ///
    /// # Errors
    /// The node didn't answer.
    pub fn post(&self, path: &str, body: &Value) -> Result<(u16, Value), String> {
        let mut request = self.agent.post(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        request.send_json(body).map(read).map_err(|error| error.to_string())
    }

    /// POSTs bytes as they are.
    ///
    /// # Errors
    /// The node didn't answer.
    pub fn post_bytes(&self, path: &str, content_type: &str, body: &[u8]) -> Result<(u16, Value), String> {
        let request = self.agent.post(format!("{}{path}", self.url)).header("Content-Type", content_type);
        request.send(body).map(read).map_err(|error| error.to_string())
    }

    /// GETs; the answer's status and JSON body.
    ///
    /// # Errors
    /// The node didn't answer.
    pub fn get(&self, path: &str) -> Result<(u16, Value), String> {
        let mut request = self.agent.get(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        request.call().map(read).map_err(|error| error.to_string())
    }

    /// DELETEs; the answer's status and JSON body, null without one.
    ///
    /// # Errors
    /// The node didn't answer.
    pub fn delete(&self, path: &str) -> Result<(u16, Value), String> {
        let mut request = self.agent.delete(format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        request.call().map(read).map_err(|error| error.to_string())
    }

    /// Makes and publishes an achievement; its id.
    ///
    /// # Panics
    /// If the node refuses.
    pub fn new_achievement(&self, name: &str) -> String {
        let (status, made) = self
            .post(
                "/v1/achievements",
                &serde_json::json!({
                    "type": ["Achievement"],
                    "name": name,
                    "description": "For the tests.",
                    "criteria": {"narrative": "Be there."},
                }),
            )
            .expect("answers");
        assert_eq!(status, 201, "{made}");
        let id = made["id"].as_str().expect("id").to_owned();
        let path = format!("/v1/achievements/{}/publish", percent_encoded(&id));
        let (status, published) = self.post(&path, &serde_json::json!({})).expect("answers");
        assert_eq!(status, 200, "{published}");
        id
    }
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> (u16, Value) {
    (response.status().as_u16(), response.body_mut().read_json().unwrap_or(Value::Null))
}

/// Percent-encodes all but the unreserved characters of RFC 3986.
pub fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
