//! `accolade-node`: see the library.

fn main() -> std::process::ExitCode {
    accolade_node::main()
}
