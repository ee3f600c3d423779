//! Logs go to standard error.

use crate::config::{Config, LogFormat};
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// Starts the log as the configuration says.
pub(crate) fn start(config: &Config) {
    // `Config::check` has read the filter before.
    let filter = EnvFilter::builder().parse_lossy(&config.log);
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second subscriber can't be set; the first one stays.
    let _ = match config.log_format {
        LogFormat::Text => logs.with_ansi(std::io::stderr().is_terminal()).try_init(),
        LogFormat::Json => logs.json().flatten_event(true).with_current_span(false).try_init(),
    };
}

/// Starts a log of failures only; `ACCOLADE_LOG` may ask for more.
pub(super) fn start_quiet() {
    let log = std::env::var("ACCOLADE_LOG").unwrap_or_else(|_| "error".to_owned());
    start(&Config { log, ..Config::default() });
}
