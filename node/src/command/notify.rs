//! Tells the service manager how far the node is (the protocol of sd_notify(3)).

use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Sends `state`, such as `READY=1`, to the socket that `NOTIFY_SOCKET` names. Without it nobody wants to know.
pub(super) fn notify(state: &str) {
    let Some(socket) = std::env::var_os("NOTIFY_SOCKET") else { return };
    let told = UnixDatagram::unbound().and_then(|sender| {
        match socket.to_str().and_then(|name| name.strip_prefix('@')) {
            #[cfg(target_os = "linux")]
            Some(name) => {
                let address = <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name)?;
                sender.send_to_addr(state.as_bytes(), &address)
            }
            _ => sender.send_to_addr(state.as_bytes(), &SocketAddr::from_pathname(&socket)?),
        }
    });
    if let Err(error) = told {
        tracing::warn!(%error, "the service manager could not be told “{state}”");
    }
}
