//! Many badges in one request: a line for each, in their order, as soon as it is known.
//!
//! A few are judged ahead of what the caller has taken, and no more: who reads slowly slows the work, and who goes away
//! ends it.

use super::address::Caller;
use super::headers::spoken;
use super::limits;
use super::places::{Full, Place, Places};
use super::problem::Problem;
use super::verify::Answer;
use super::verify_options::Options;
use super::verify_request::handed;
use super::verifying;
use crate::clock;
use crate::node::Node;
use crate::verifier::{self, Asking, Handed, Lacking, Sources, Wish};
use accolade_core::verify::Report;
use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt, stream};
use serde_json::json;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;
use tokio::sync::mpsc;

/// Most batches at once.
const MAX_BATCHES: usize = 16;
/// Most of them of one address.
const MAX_BATCHES_PER_ADDRESS: usize = 2;
/// Longest time that one batch may take, until its last line is taken.
const MAX_TIME: Duration = Duration::from_secs(300);
/// Badges that are judged in one go.
const CHUNK: usize = 8;
/// Most badges that wait for documents, or whose line waits for those before it.
const MAX_AHEAD: usize = 64;
/// Most lines that are sent as one piece.
const MAX_JOINED: usize = 32;
/// Most pieces that wait for the caller to take them.
const MAX_WAITING: usize = 2;

static BATCHES: Places = Places::new(MAX_BATCHES, MAX_BATCHES_PER_ADDRESS);

/// The badges, in the request's own bytes.
pub(super) struct Batch {
    node: Node,
    bytes: Vec<u8>,
    parts: Vec<Range<usize>>,
    options: Options,
    /// What is asked of others, for whichever badge.
    asking: Asking,
}

/// A place for a batch, to be held until its last line is sent.
pub(super) fn place(caller: Option<Caller>) -> Result<Place<'static>, Problem> {
    BATCHES.take(caller.and_then(limits::counted)).map_err(|full| {
        let (status, code, detail) = match full {
            Full::All => {
                (StatusCode::SERVICE_UNAVAILABLE, "busy", "The node has too many batches under way.")
            }
            Full::OfAddress => (
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_batches",
                "This address has as many batches under way as one may have.",
            ),
        };
        let hint = "Read the lines of those under way to their end, then send the next.";
        Problem::new(status, code, detail, hint).with_header(header::RETRY_AFTER, "1")
    })
}

/// Judges the badges while the answer is sent. `held` is kept until that has ended.
pub(super) fn answer(batch: Batch, held: impl Send + 'static) -> Response {
    let language = batch.options.language;
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    let whole = Arc::new(AtomicBool::new(false));
    let sent_whole = Arc::clone(&whole);
    tokio::spawn(async move {
        let _held = held;
        let send = async {
            let mut lines = std::pin::pin!(lines(Arc::new(batch)).ready_chunks(MAX_JOINED));
            while let Some(joined) = lines.next().await {
                if sender.send(Bytes::from(joined.concat())).await.is_err() {
                    return;
                }
            }
            sent_whole.store(true, Ordering::Release);
        };
        tokio::select! {
            () = send => {}
            // The caller went away, or takes too long.
            () = sender.closed() => {}
            () = tokio::time::sleep(MAX_TIME) => tracing::debug!("a batch took too long and was given up"),
        }
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson")),
        // Proxies that collect answers are asked to pass lines on.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    spoken(language, (headers, Body::from_stream(pieces(receiver, whole))).into_response())
}

/// What was sent, and an error if that isn't all: an answer that breaks off must not look whole.
fn pieces(
    receiver: mpsc::Receiver<Bytes>,
    whole: Arc<AtomicBool>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::unfold(Some((receiver, whole)), |state| async move {
        let (mut receiver, whole) = state?;
        match receiver.recv().await {
            Some(piece) => Some((Ok(piece), Some((receiver, whole)))),
            None if whole.load(Ordering::Acquire) => None,
            None => Some((Err(io::ErrorKind::TimedOut.into()), None)),
        }
    })
}

/// The lines, in order. Nothing happens that isn't asked for, but for [`MAX_AHEAD`] badges and the chunks being judged.
fn lines(batch: Arc<Batch>) -> impl Stream<Item = Vec<u8>> + Send {
    let cores = available_parallelism().map_or(1, usize::from);
    let count = batch.parts.len();
    let chunks = (0..count).step_by(CHUNK).map(move |begin| begin..(begin + CHUNK).min(count));
    let (looking, finishing) = (Arc::clone(&batch), batch);
    stream::iter(chunks)
        .map(move |chunk| look(Arc::clone(&looking), chunk))
        .buffered(2 * cores)
        .flat_map(stream::iter)
        .map(move |looked| finish(Arc::clone(&finishing), looked))
        .buffered(MAX_AHEAD)
}

/// What a first look at a badge gave.
enum Looked {
    Line(Vec<u8>),
    /// It can only be judged with more than is at hand.
    Lacks(usize, Vec<u8>, Lacking),
    /// It isn't here, or a newer version is wished for.
    Elsewhere(usize, Handed),
}

/// Judges some badges by what is at hand.
async fn look(batch: Arc<Batch>, chunk: Range<usize>) -> Vec<Looked> {
    let (judging, indexes) = (Arc::clone(&batch), chunk.clone());
    let looked = verifying::blocking(move || {
        let look = |index| match judging.handed(index) {
            Handed::Bytes(badge) if !judging.options.refresh => {
                match judging.judge(&badge, &mut judging.asking.first_look()) {
                    Ok(report) => Looked::Line(judging.line(index, report)),
                    Err(lacking) => Looked::Lacks(index, badge, lacking),
                }
            }
            handed => Looked::Elsewhere(index, handed),
        };
        indexes.map(look).collect()
    });
    looked.await.unwrap_or_else(|problem| chunk.map(|index| Looked::Line(failed(index, &problem))).collect())
}

/// The line of a badge; what it lacks is fetched before.
async fn finish(batch: Arc<Batch>, looked: Looked) -> Vec<u8> {
    let asking = batch.asking.clone();
    let (index, report) = match looked {
        Looked::Line(line) => return line,
        Looked::Lacks(index, badge, lacking) => {
            let judging = Arc::clone(&batch);
            let judge = move |sources: &mut Sources<'_>| judging.judge(&badge, sources);
            (index, asking.answer_after(lacking, judge).await)
        }
        Looked::Elsewhere(index, handed) => {
            let wish = Wish { policy: batch.options.policy.clone(), refresh: batch.options.refresh };
            (index, verifier::check(&asking, handed, &wish).await)
        }
    };
    match report {
        Ok(report) => batch.line(index, report),
        Err(error) => failed(index, &error.into()),
    }
}

impl Batch {
    /// The badges that stand at `parts` of the request.
    pub(super) fn new(asking: Asking, bytes: Vec<u8>, parts: Vec<Range<usize>>, options: Options) -> Self {
        Self { node: asking.node().clone(), bytes, parts, options, asking }
    }

    fn handed(&self, index: usize) -> Handed {
        handed(&self.bytes[self.parts[index].clone()])
    }

    fn judge(&self, badge: &[u8], sources: &mut Sources<'_>) -> Result<Report, Lacking> {
        verifier::verify_with(sources, badge, &self.options.policy, clock::now())
    }

    fn line(&self, index: usize, report: Report) -> Vec<u8> {
        let mut line = Answer::of(&self.node, Some(index), report, self.options.language);
        line.push(b'\n');
        line
    }
}

/// The line of a badge at which the node itself failed.
fn failed(index: usize, problem: &Problem) -> Vec<u8> {
    format!("{}\n", json!({"index": index, "problem": problem.to_json()})).into_bytes()
}
