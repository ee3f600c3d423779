//! The demo talks to its nodes as any client would: over HTTP.

use serde_json::Value;
use std::time::Duration;

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// An answer: its status and its JSON body (null if it has none).
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
}

/// GETs `url`.
pub(super) async fn get(url: String) -> Result<Answer, String> {
    blocking(move || agent().get(&url).call().map(read)).await
}

/// POSTs JSON to `url`, with a bearer token if there is one.
pub(super) async fn post(url: String, token: Option<String>, body: Value) -> Result<Answer, String> {
    blocking(move || {
        let mut request = agent().post(&url);
        if let Some(token) = token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        request.send_json(body).map(read)
    })
    .await
}

async fn blocking(
    call: impl FnOnce() -> Result<Answer, ureq::Error> + Send + 'static,
) -> Result<Answer, String> {
    match tokio::task::spawn_blocking(call).await {
        Ok(result) => result.map_err(|error| format!("the node didn't answer: {error}")),
        Err(error) => Err(format!("the request was lost: {error}")),
    }
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    Answer {
        status: response.status().as_u16(),
        body: response.body_mut().read_json().unwrap_or(Value::Null),
    }
}

fn agent() -> ureq::Agent {
    let config =
        ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false).build();
    config.new_agent()
}
