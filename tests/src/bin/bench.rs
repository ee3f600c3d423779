//! `bench NAME [ARG…]`: prints one measurement as JSON lines.

fn main() -> std::process::ExitCode {
    eprintln!("usage: bench NAME");
    std::process::ExitCode::from(64)
}
