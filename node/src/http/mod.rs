//! The HTTP API: a handler parses, calls one verb, renders.
