//! The HTTP API: a handler parses, calls one verb, renders. Knows no SQL and no libp2p.

pub(crate) mod accept;
mod extract;
mod headers;
mod limits;
mod problem;
mod serve;

pub use extract::MAX_BODY_BYTES;
pub use problem::Problem;
pub use serve::{HEADER_TIMEOUT, MAX_CONNECTIONS, MAX_HEAD_BYTES, MAX_HEADERS, serve};
