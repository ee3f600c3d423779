//! The command-line program, run as people run it: arguments and files in; exit code, words and files out.

mod key;
mod node_api;
mod support;
mod usage;
