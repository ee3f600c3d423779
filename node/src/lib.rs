//! The node that an organization runs: it issues Open Badges, publishes their status over the peer network,
//! and answers for any badge of any issuer.
//!
//! Inside: `http, pages -> issuer, status, verifier -> ledger, replica, network -> core`.

pub mod achievements;
pub mod backup;
pub mod badge_copy;
pub mod clock;
mod command;
mod computing;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod error;
pub mod healthcheck;
pub mod http;
pub mod images;
pub mod issuer;
pub mod ledger;
pub mod level;
mod list_history;
pub mod metrics;
pub mod network;
pub mod node;
pub mod overview;
pub mod pages;
pub mod pictures;
pub mod public_url;
pub mod publisher;
pub mod replica;
pub mod resolver;
mod start;
pub mod status;
pub mod system;
pub mod token;
pub mod tokens;
pub mod vault;
pub mod verifier;

use std::process::ExitCode;

/// The program: reads the command line, runs the node or the demo, and says how it went.
pub fn main() -> ExitCode {
    command::run(std::env::args_os())
}
