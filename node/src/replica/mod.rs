//! The replica: the public, signed records of all issuers, which can be fetched again.
