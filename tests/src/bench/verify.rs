//! `bench verify`: badges checked per second, beside raw Ed25519.
