//! Group commit. One task owns the only connection that writes. It takes what is queued, runs each operation
//! in a savepoint of ONE transaction, commits, and only then answers the callers: a thousand waiting writes
//! cost a few syncs of the disk instead of a thousand.

use super::error::LedgerError;
use super::faults::{Fault, Faults};
use sqlx::{Connection as _, SqliteConnection, SqlitePool};
use std::fs::File;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{mpsc, oneshot};

/// Operations that may wait for the writer; a caller beyond that waits for a place.
const QUEUE_LIMIT_OPERATIONS: usize = 1024;
/// Operations in one transaction at most, so that no caller waits for an unbounded one.
const BATCH_LIMIT_OPERATIONS: usize = 256;

/// What an operation returns: its future borrows the connection.
pub(super) type OpFuture<'c, T> = Pin<Box<dyn Future<Output = Result<T, LedgerError>> + Send + 'c>>;

/// Counts since the ledger was opened.
#[derive(Default)]
pub(super) struct Counters {
    pub(super) commits: AtomicU64,
    pub(super) operations: AtomicU64,
    pub(super) failed_commits: AtomicU64,
}

/// The callers' end of the queue.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
}

enum Message {
    Run(Box<dyn Job>),
    Close(oneshot::Sender<()>),
}

impl Writer {
    /// Starts the task. It keeps `lock` until its connection is closed, and closes `readers` with it.
    pub(super) fn start(
        connection: SqliteConnection,
        readers: SqlitePool,
        lock: File,
        counters: Arc<Counters>,
        faults: Faults,
    ) -> Self {
        let (queue, receiver) = mpsc::channel(QUEUE_LIMIT_OPERATIONS);
        let task = Task { connection, readers, counters, faults, _lock: lock };
        tokio::spawn(task.run(receiver));
        Self { queue }
    }

    /// Runs `op` in the next transaction. On `Ok` its changes are durable. A caller that goes away while it
    /// waits does not take its operation back.
    pub(super) async fn write<T, F>(&self, op: F) -> Result<T, LedgerError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut SqliteConnection) -> OpFuture<'c, T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Operation { op: Some(op), result: None, reply };
        self.queue.send(Message::Run(Box::new(job))).await.map_err(|_| LedgerError::Closed)?;
        answer.await.map_err(|_| LedgerError::Closed)?
    }

    /// Carries out what is queued, then closes; returns when the files are closed.
    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(Message::Close(done)).await.is_ok() {
            // An error means that the task is gone, which is what was wanted.
            let _ = closed.await;
        }
    }
}

/// An operation of any answer type, as the task sees it.
trait Job: Send {
    fn run<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> OpFuture<'c, ()>;
    /// `failure`: the transaction as a whole was not committed, or not for certain.
    fn answer(self: Box<Self>, failure: Option<&LedgerError>);
}

struct Operation<T, F> {
    op: Option<F>,
    result: Option<Result<T, LedgerError>>,
    reply: oneshot::Sender<Result<T, LedgerError>>,
}

impl<T, F> Job for Operation<T, F>
where
    T: Send + 'static,
    F: for<'c> FnOnce(&'c mut SqliteConnection) -> OpFuture<'c, T> + Send + 'static,
{
    fn run<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> OpFuture<'c, ()> {
        Box::pin(async move {
            let Some(op) = self.op.take() else { return Ok(()) };
            let result = op(connection).await;
            let outcome = result.as_ref().map(|_| ()).map_err(Clone::clone);
            self.result = Some(result);
            outcome
        })
    }

    fn answer(self: Box<Self>, failure: Option<&LedgerError>) {
        let result = match (failure, self.result) {
            (Some(failure), _) => Err(failure.clone()),
            (None, Some(result)) => result,
            (None, None) => Err(LedgerError::Closed),
        };
        // The caller may have gone away.
        let _ = self.reply.send(result);
    }
}

struct Task {
    connection: SqliteConnection,
    readers: SqlitePool,
    counters: Arc<Counters>,
    faults: Faults,
    _lock: File,
}

impl Task {
    async fn run(mut self, mut queue: mpsc::Receiver<Message>) {
        let mut closers = Vec::new();
        while let Some(message) = queue.recv().await {
            let mut batch: Vec<Box<dyn Job>> = Vec::new();
            let mut next = Some(message);
            while let Some(message) = next.take() {
                match message {
                    Message::Run(job) => batch.push(job),
                    Message::Close(done) => {
                        queue.close();
                        closers.push(done);
                    }
                }
                if batch.len() < BATCH_LIMIT_OPERATIONS {
                    next = queue.try_recv().ok();
                }
            }
            if batch.is_empty() {
                continue;
            }
            let outcome = self.commit(&mut batch).await;
            if let Err(error) = &outcome {
                self.counters.failed_commits.fetch_add(1, Ordering::Relaxed);
                tracing::error!(operations = batch.len(), %error, "the ledger did not commit");
            }
            for job in batch {
                job.answer(outcome.as_ref().err());
            }
        }
        // The pool first: the last connection to close folds the write-ahead log into the database.
        self.readers.close().await;
        if let Err(error) = self.connection.close().await {
            tracing::warn!(%error, "the ledger did not close cleanly; it recovers at the next start");
        }
        drop(self._lock);
        for done in closers {
            let _ = done.send(());
        }
    }

    /// One transaction of the whole batch. After an error nothing of it is acknowledged.
    async fn commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), LedgerError> {
        let outcome = self.try_commit(batch).await;
        match &outcome {
            Ok(()) => {
                self.counters.commits.fetch_add(1, Ordering::Relaxed);
                self.counters.operations.fetch_add(batch.len() as u64, Ordering::Relaxed);
            }
            // Fails where SQLite rolled back by itself, which is as good.
            Err(_) => drop(self.execute("ROLLBACK").await),
        }
        outcome
    }

    async fn try_commit(&mut self, batch: &mut [Box<dyn Job>]) -> Result<(), LedgerError> {
        self.execute("BEGIN IMMEDIATE").await?;
        for job in batch {
            self.execute("SAVEPOINT op").await?;
            match job.run(&mut self.connection).await {
                Ok(()) => {}
                Err(error) if error.outcome_unknown() => return Err(error),
                Err(_refused) => self.execute("ROLLBACK TO op").await?,
            }
            self.execute("RELEASE op").await?;
        }
        let fault = self.faults.take();
        if fault == Some(Fault::FailedAndLost) {
            return Err(LedgerError::Io { detail: "injected: failed and lost".into() });
        }
        self.execute("COMMIT").await?;
        if fault == Some(Fault::FailedButPersisted) {
            return Err(LedgerError::Io { detail: "injected: failed but persisted".into() });
        }
        Ok(())
    }

    async fn execute(&mut self, sql: &'static str) -> Result<(), LedgerError> {
        sqlx::query(sql).execute(&mut self.connection).await?;
        Ok(())
    }
}
