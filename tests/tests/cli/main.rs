//! The command-line program, run as people run it: arguments and files in; exit code, words and files out.

mod bake;
mod credential;
mod did;
mod key;
mod maker;
mod node_api;
mod present;
mod session;
mod shell;
mod support;
mod usage;
mod verify;
