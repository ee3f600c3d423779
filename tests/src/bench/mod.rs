//! The measurements: each prints JSON lines.

pub mod batch;
pub mod http;
pub mod issue;
pub mod network;
pub mod oracle;
pub mod peers;
pub mod sign;
pub mod start;
pub mod storm;
pub mod verify;

mod disk;
mod load;
mod raw;
mod sample;
mod served;

use std::process::ExitCode;
use std::time::Instant;

/// Prints what was measured, or says why it could not be.
fn report(measured: Result<serde_json::Value, String>) -> ExitCode {
    match measured {
        Ok(line) => {
            println!("{line}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The number that stands at `place` in the arguments, or `otherwise` where there is none.
///
/// # Errors
/// What stands there is no positive number.
fn number(arguments: &[String], place: usize, otherwise: usize) -> Result<usize, String> {
    match arguments.get(place).map(|text| text.parse()) {
        None => Ok(otherwise),
        Some(Ok(number)) if number > 0 => Ok(number),
        Some(_) => Err(format!("“{}” is not a positive number", arguments[place])),
    }
}

/// Seconds that `work` takes.
fn timed(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn median(figures: &mut [f64]) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The figure that a `share` of the sorted `figures` does not exceed.
fn quantile(figures: &[f64], share: f64) -> f64 {
    figures[((figures.len() - 1) as f64 * share).round() as usize]
}

/// With this many digits behind the point.
fn rounded(figure: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (figure * scale).round() / scale
}
