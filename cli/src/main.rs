//! `accolade`: see the library.

fn main() -> std::process::ExitCode {
    accolade::main()
}
