//! What is done beside the swarm's task: reading bytes, checking signatures, asking the replica.
//!
//! Signatures are checked on blocking threads, a few at a time; everything here is counted by the driver, which
//! drops what is over its limit.

use super::Counts;
use crate::replica::ReplicaHandle;
use accolade_core::record::wire::{Answer, Request};
use accolade_core::record::{Failure, PeerId as Name, SignedRecord, WireError};
use futures::future::BoxFuture;
use libp2p::PeerId;
use libp2p::gossipsub::MessageId;
use libp2p::request_response::ResponseChannel;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Threads that check signatures at the same moment, at most.
const MAX_WORKERS: usize = 8;

/// Starts the work; cheap to hold.
pub(super) struct Workers {
    pub(super) replica: ReplicaHandle,
    pub(super) counts: Arc<Counts>,
    net: Arc<str>,
    places: Arc<Semaphore>,
}

/// Work that is over.
pub(super) enum Done {
    /// A gossiped record was checked: it, or why it isn't one; `None` if it isn't worth a word.
    Gossip { from: PeerId, name: Name, message: MessageId, record: Result<SignedRecord, Option<WireError>> },
    /// A request of a peer; without an answer the stream is reset.
    Serve { to: PeerId, channel: ResponseChannel<Vec<u8>>, answer: Option<Vec<u8>> },
    /// The answer to a question of ours was handed to the replica.
    Answered,
}

/// A gossiped record that waits for the replica's word.
pub(super) struct Judged {
    pub(super) message: MessageId,
    pub(super) from: PeerId,
}

impl Workers {
    /// As many threads as the machine has cores, within a limit.
    pub(super) fn new(replica: ReplicaHandle, net: String, counts: Arc<Counts>) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { replica, counts, net: net.into(), places: Arc::new(Semaphore::new(cores.min(MAX_WORKERS))) }
    }

    /// Checks a gossiped record: its form and whether it is held already at once, the signature by a worker.
    pub(super) fn gossip(
        &self,
        from: PeerId,
        name: Name,
        message: MessageId,
        bytes: Vec<u8>,
    ) -> BoxFuture<'static, Done> {
        let (net, places) = (self.net.clone(), self.places.clone());
        let due = match SignedRecord::peek(&bytes, &net) {
            Ok(place) if self.replica.is_past(&place) => {
                Counts::add(&self.counts.known);
                Err(None)
            }
            Ok(_) => Ok(()),
            Err(error) => Err(Some(error)),
        };
        if due.is_ok() {
            Counts::add(&self.counts.checked);
        }
        Box::pin(async move {
            let record = match due {
                Ok(()) => match blocking(places, move || SignedRecord::decode(&bytes, &net)).await {
                    Some(decoded) => decoded.map_err(Some),
                    None => Err(None),
                },
                Err(error) => Err(error),
            };
            Done::Gossip { from, name, message, record }
        })
    }

    /// Answers a peer's request.
    pub(super) fn serve(
        &self,
        to: PeerId,
        name: Name,
        request: Vec<u8>,
        channel: ResponseChannel<Vec<u8>>,
    ) -> BoxFuture<'static, Done> {
        let replica = self.replica.clone();
        Box::pin(async move {
            let answer = match Request::decode(&request) {
                Ok(request) => replica.serve(name, request).await.map(|response| response.encode()),
                Err(_) => None,
            };
            Done::Serve { to, channel, answer }
        })
    }

    /// Checks the answer to a question of ours and hands it to the replica.
    pub(super) fn answer(&self, from: Name, ask: u64, bytes: Vec<u8>) -> BoxFuture<'static, Done> {
        let (replica, net, places) = (self.replica.clone(), self.net.clone(), self.places.clone());
        Box::pin(async move {
            // A stream that was closed without a word: the peer had no place free. That is no offence.
            if bytes.is_empty() {
                replica.failed(from, ask, Failure::Lost);
                return Done::Answered;
            }
            match blocking(places, move || Answer::decode(&bytes, &net)).await {
                Some(Ok(answer)) => replica.answered(from, ask, answer),
                Some(Err(error)) => replica.failed(from, ask, Failure::Invalid(error)),
                None => replica.failed(from, ask, Failure::Lost),
            }
            Done::Answered
        })
    }
}

/// Runs `work` on a blocking thread when a place is free; `None` if the runtime is going down.
async fn blocking<T: Send + 'static>(
    places: Arc<Semaphore>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let _place = places.acquire().await.ok()?;
    tokio::task::spawn_blocking(work).await.ok()
}
