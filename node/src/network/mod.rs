//! The peer network over libp2p.
