//! `accolade-node doctor` and `accolade-node healthcheck`.

use super::{Settings, on_threads};
use crate::config::ConfigErrors;
use crate::doctor::{self, Finding, Level};
use crate::healthcheck;
use clap::Args;
use std::process::ExitCode;

#[derive(Args)]
pub(super) struct Doctor {
    /// Also fetch the node's own DID document from `public_url`, as others do
    #[arg(long)]
    online: bool,
    /// Answer in JSON, for programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    settings: Settings,
}

pub(super) fn run(doctor: Doctor) -> ExitCode {
    let Doctor { online, json, settings } = doctor;
    match settings.read() {
        Ok(effective) => on_threads(async move {
            let mut findings = vec![Finding::ok("config", "It reads.")];
            findings.extend(doctor::examine(&effective.config, online).await);
            show(&findings, json)
        }),
        Err(ConfigErrors(errors)) => {
            let hint = "Correct the configuration first; `accolade-node config check` looks at nothing else.";
            let problem = |error| Finding::problem("config", format!("{error}."), hint);
            show(&errors.iter().map(problem).collect::<Vec<_>>(), json)
        }
    }
}

/// Prints the findings; 0 if all is well, 1 if the worst is a warning, 2 if it is a problem.
fn show(findings: &[Finding], json: bool) -> ExitCode {
    let worst = findings.iter().map(|finding| finding.level).max().unwrap_or(Level::Ok);
    if json {
        println!("{}", serde_json::json!({"worst": worst, "findings": findings}));
    } else {
        for Finding { level, what, message, hint } in findings {
            let level = match level {
                Level::Ok => "ok",
                Level::Warning => "warning",
                Level::Problem => "problem",
            };
            println!("{level:8} {what:9} {message}");
            if let Some(hint) = hint {
                println!("{:18} {hint}", "");
            }
        }
    }
    ExitCode::from(worst as u8)
}

pub(super) fn healthcheck(settings: Settings) -> ExitCode {
    let config = match settings.load() {
        Ok(effective) => effective.config,
        Err(code) => return code,
    };
    match healthcheck::ask(&config) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => super::failure(&error),
    }
}
