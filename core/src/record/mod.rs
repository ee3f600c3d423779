//! Signed records and the replica state machine (docs/protocol.md).
