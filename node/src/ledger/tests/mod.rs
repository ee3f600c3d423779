//! What the ledger promises, and what it does when the disk, the process or the caller fails.

mod contract;
mod crash;
mod faults;
mod full;
mod group_commit;
mod leveling;
mod model;
mod open;

use super::faults::Faults;
use super::*;
use crate::token::{ApiToken, Scopes, TokenHash};
use accolade_core::time::Timestamp;
use tempfile::TempDir;

/// A ledger in a folder of its own that goes away with it.
struct Bed {
    folder: TempDir,
    ledger: Ledger,
    faults: Faults,
}

impl Bed {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let faults = Faults::default();
        let ledger = Ledger::open_with(folder.path(), faults.clone()).await.expect("opened");
        Self { folder, ledger, faults }
    }

    /// The ledger after a clean stop and a start.
    async fn reopen(mut self) -> Self {
        self.ledger.close().await;
        self.ledger = Ledger::open_with(self.folder.path(), self.faults.clone()).await.expect("opened again");
        self
    }

    /// A list of the smallest size.
    async fn list(&self, purpose: Purpose) -> u32 {
        self.ledger.create_list(new_list(purpose), 0, at(0)).await.expect("a list").number
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(1_780_000_000_000 + second * 1000)
}

fn new_list(purpose: Purpose) -> NewList {
    NewList {
        url_prefix: "https://issuer.example/status/".into(),
        purpose,
        entries: 131_072,
        seed: vec![7; 32],
    }
}

fn credential(id: &str, status: Option<(u32, u64)>) -> NewCredential {
    NewCredential {
        id: id.to_owned(),
        json: format!(r#"{{"id":"{id}"}}"#).into_bytes(),
        achievement: None,
        recipient: None,
        status,
        issued_at: at(0),
    }
}

fn achievement(id: &str, object: &str) -> NewAchievement {
    NewAchievement { id: id.to_owned(), object: object.as_bytes().to_vec(), image: None }
}

fn identity(did: &str) -> NewIdentity {
    NewIdentity { did: did.to_owned(), signing_key: vec![1; 73], network_key: vec![2; 73] }
}

fn token_hash() -> TokenHash {
    ApiToken::generate().expect("randomness").hash()
}

fn new_token(hash: TokenHash, scopes: Scopes) -> NewToken {
    NewToken { hash, label: "a label".into(), scopes, valid_until: None }
}

fn id(number: u8) -> [u8; 32] {
    [number; 32]
}

fn record(seq: u64, id_number: u8) -> OwnRecord {
    OwnRecord { epoch: 0, seq, id: id(id_number), bytes: vec![id_number; 100], blob: None }
}

/// An append of one record after the record `after`.
fn append(after: Option<u8>, record: OwnRecord) -> Append {
    Append { after: after.map(id), records: vec![record], ..Append::default() }
}

fn floor(issuer: &str, epoch: u32, seq: u64, id_number: u8) -> Floor {
    Floor { issuer: issuer.to_owned(), head: Head { epoch, seq, id: id(id_number) } }
}
