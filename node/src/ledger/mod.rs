//! The ledger: what only this node knows and must never lose, on SQLite.
