//! The node's program, where a test of another package can find it.

fn main() -> std::process::ExitCode {
    accolade_node::main()
}
