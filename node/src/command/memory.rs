//! What the C library does with memory that is free again.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// The variable by which glibc is told from what size on a piece of memory is given back to the system as soon as it is
/// free. Other C libraries don't know it.
const NAME: &str = "MALLOC_MMAP_THRESHOLD_";
/// That size in bytes: what it is at first, 128 KiB.
const BYTES: &str = "131072";

/// Has large pieces of memory given back when they are free. Left to itself, glibc raises the size with every larger
/// piece, up to 32 MiB: after a few pictures and long documents each thread keeps tens of MB for good.
///
/// The variable is read once, before `main`, so this program begins again in its own place, with the same process id.
/// Where the variable is set, or that can't be done, the node runs as it is.
pub(super) fn give_back() {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) || std::env::var_os(NAME).is_some() {
        return;
    }
    let mut arguments = std::env::args_os();
    // By its own path, so that it keeps its name among the processes.
    let Ok(program) = std::env::current_exe() else { return };
    let mut again = Command::new(program);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    // It comes back only if it failed.
    let _ = again.args(arguments).env(NAME, BYTES).exec();
}
