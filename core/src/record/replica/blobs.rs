//! Fetching a blob by its hash, part by part, from one peer after another.

use super::super::wire::{MAX_CHUNK_BYTES, Request};
use super::super::{MAX_SNAPSHOT_BYTES, sha256};
use super::sync::About;
use super::{Effect, Outcome, PeerId, Replica};
use crate::time::Timestamp;
use std::collections::BTreeSet;

/// Most blobs that are fetched at once; more are answered as missing, and can be wanted again.
const MAX_FETCHES: usize = 64;

/// A blob under way.
#[derive(Debug)]
pub(super) struct Fetch {
    bytes: u64,
    got: Vec<u8>,
    from: Option<PeerId>,
    tried: BTreeSet<PeerId>,
}

impl Replica {
    pub(super) fn want_blob(&mut self, sha256: [u8; 32], bytes: u64, now: Timestamp, out: &mut Outcome) {
        if self.blobs.contains_key(&sha256) {
            return;
        }
        if bytes == 0 || bytes > MAX_SNAPSHOT_BYTES as u64 || self.blobs.len() >= MAX_FETCHES {
            out.then.push(Effect::BlobMissing { sha256 });
            return;
        }
        let fetch = Fetch { bytes, got: Vec::new(), from: None, tried: BTreeSet::new() };
        self.blobs.insert(sha256, fetch);
        self.ask_blob(sha256, now, out);
    }

    /// Asks the peer that is giving the blob for its next part, or begins with another one.
    pub(super) fn ask_blob(&mut self, sha256: [u8; 32], now: Timestamp, out: &mut Outcome) {
        let Some(fetch) = self.blobs.get(&sha256) else { return };
        if fetch.from.is_some() {
            return;
        }
        let untried: Vec<PeerId> =
            self.peers.keys().filter(|peer| !fetch.tried.contains(peer)).copied().collect();
        for peer in &untried {
            if self.ask_part(*peer, sha256, 0, now, out) {
                return;
            }
        }
        // Peers that are busy are tried again when a part of something else has come; none left: it's missing.
        if untried.is_empty() {
            self.blobs.remove(&sha256);
            out.then.push(Effect::BlobMissing { sha256 });
        }
    }

    pub(super) fn take_chunk(
        &mut self,
        from: PeerId,
        hash: [u8; 32],
        total: u64,
        bytes: &[u8],
        now: Timestamp,
        out: &mut Outcome,
    ) {
        let Some(fetch) = self.blobs.get_mut(&hash).filter(|fetch| fetch.from == Some(from)) else { return };
        let fits = total == fetch.bytes
            && bytes.len() <= MAX_CHUNK_BYTES
            && (fetch.got.len() + bytes.len()) as u64 <= total;
        if fits {
            fetch.got.extend_from_slice(bytes);
        }
        let complete = fetch.got.len() as u64 == fetch.bytes;
        if !fits || (complete && sha256(&fetch.got) != hash) {
            let reason = "gave other bytes than those of the blob asked for".to_owned();
            out.then.push(Effect::Misbehaved { peer: from, reason });
            self.blob_failed(hash, from, now, out);
        } else if complete {
            if let Some(fetch) = self.blobs.remove(&hash) {
                out.blobs.push((hash, fetch.got));
                out.then.push(Effect::BlobArrived { sha256: hash });
            }
        } else {
            let offset = fetch.got.len() as u64;
            self.ask_part(from, hash, offset, now, out);
        }
        self.resume_blobs(now, out);
    }

    /// That peer doesn't give the blob: begin again with another one.
    pub(super) fn blob_failed(&mut self, sha256: [u8; 32], peer: PeerId, now: Timestamp, out: &mut Outcome) {
        if let Some(fetch) = self.blobs.get_mut(&sha256) {
            fetch.tried.insert(peer);
            fetch.from = None;
            fetch.got = Vec::new();
            self.ask_blob(sha256, now, out);
        }
    }

    /// Goes on with what found every peer busy.
    pub(super) fn resume_blobs(&mut self, now: Timestamp, out: &mut Outcome) {
        let idle: Vec<[u8; 32]> =
            self.blobs.iter().filter(|(_, fetch)| fetch.from.is_none()).map(|(sha256, _)| *sha256).collect();
        for sha256 in idle {
            self.ask_blob(sha256, now, out);
        }
    }

    fn ask_part(
        &mut self,
        peer: PeerId,
        sha256: [u8; 32],
        offset: u64,
        now: Timestamp,
        out: &mut Outcome,
    ) -> bool {
        let request = Request::Blob { sha256, offset };
        let asked = self.ask(peer, About::Blob { sha256 }, request, now, out).is_some();
        if let Some(fetch) = self.blobs.get_mut(&sha256) {
            fetch.from = asked.then_some(peer);
        }
        asked
    }
}
