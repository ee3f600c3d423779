//! The command-line program, where a test of another package can find it.

fn main() -> std::process::ExitCode {
    accolade::main()
}
