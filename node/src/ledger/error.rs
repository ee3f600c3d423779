//! What the ledger answers when it did not do what was asked.

use crate::error::{ErrorKind, NodeError};
use std::path::PathBuf;

/// An operation of the ledger that was refused or failed.
///
/// A *refusal* changed nothing, for certain. A *storage failure* ([`LedgerError::outcome_unknown`]) was not
/// acknowledged: after it the operation is usually absent, but it may have reached the disk. Every verb says
/// in its contract why asking again is safe.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// Another process holds this data folder.
    #[error("the data folder {} is in use by another process", folder.display())]
    Locked {
        /// The data folder.
        folder: PathBuf,
    },
    /// A backup was being restored into this folder, and that didn't end.
    #[error("a backup was not restored to its end in the data folder {}", folder.display())]
    RestoreUnfinished {
        /// The data folder.
        folder: PathBuf,
    },
    /// There is nothing to be copied.
    #[error("the data folder {} has no ledger", folder.display())]
    NoLedger {
        /// The data folder.
        folder: PathBuf,
    },
    /// The file was written by a newer program.
    #[error("the ledger has schema {found}, this program knows schemas up to {known}")]
    SchemaTooNew {
        /// The schema of the file.
        found: i64,
        /// The newest schema of this program.
        known: i64,
    },
    /// A migration that the file records differs from this program's of the same number.
    #[error("schema {version} of the ledger was made by a different build of this program")]
    SchemaDiffers {
        /// The number of the migration.
        version: i64,
    },
    /// The file is damaged, or is no SQLite file.
    #[error("the ledger file is damaged or is not a ledger: {detail}")]
    Corrupt {
        /// What the store said.
        detail: String,
    },
    /// No room on the disk. The ledger goes on as soon as there is room.
    #[error("the disk of the ledger is full")]
    DiskFull,
    /// Reading or writing failed.
    #[error("the ledger can't be read or written: {detail}")]
    Io {
        /// What the store said.
        detail: String,
    },
    /// [`super::Ledger::close`] was called, or the process is stopping.
    #[error("the ledger is closed")]
    Closed,
    /// The ledger belongs to another DID. The DID is fixed at the first start.
    #[error("this ledger belongs to {kept}, not to {given}")]
    OtherIdentity {
        /// The DID of the ledger.
        kept: String,
        /// The DID that was given.
        given: String,
    },
    /// A value is over its limit.
    #[error("{what} has {size} {unit}, the limit is {limit}")]
    TooLarge {
        /// What it is.
        what: &'static str,
        /// Its size.
        size: usize,
        /// The greatest size.
        limit: usize,
        /// The unit of both.
        unit: &'static str,
    },
    /// A value that can't be stored: a number above 2^63 - 1, a list of an impossible size, an empty text.
    #[error("{what} is out of range")]
    OutOfRange {
        /// What it is.
        what: &'static str,
    },
    /// There is no status list of that number.
    #[error("there is no status list {list}")]
    UnknownList {
        /// The number asked for.
        list: u32,
    },
    /// Every index of the list was given out.
    #[error("status list {list} is full ({entries} entries)")]
    ListFull {
        /// The list.
        list: u32,
        /// Its size.
        entries: u64,
    },
    /// The index lies outside the list.
    #[error("index {index} lies outside status list {list} ({entries} entries)")]
    NoSuchIndex {
        /// The list.
        list: u32,
        /// The index.
        index: u64,
        /// The size of the list.
        entries: u64,
    },
    /// Another credential has that status index. Nothing was stored.
    #[error("index {index} of status list {list} belongs to another credential")]
    IndexTaken {
        /// The list.
        list: u32,
        /// The index.
        index: u64,
    },
    /// Another list has that URL.
    #[error("there is a status list at {url} already")]
    ListUrlTaken {
        /// The URL.
        url: String,
    },
    /// A revoked credential stays revoked.
    #[error("index {index} of revocation list {list} is revoked, and a revocation can't be taken back")]
    CannotUnrevoke {
        /// The list.
        list: u32,
        /// The index.
        index: u64,
    },
    /// A different credential is stored under that id.
    #[error("another credential has the id {id}")]
    CredentialExists {
        /// The id.
        id: String,
    },
    /// There is no achievement of that id.
    #[error("there is no achievement {id}")]
    UnknownAchievement {
        /// The id.
        id: String,
    },
    /// A published achievement never changes.
    #[error("the achievement {id} is published and can't be changed")]
    AchievementPublished {
        /// The id.
        id: String,
    },
    /// The record is not the exact successor of the own head.
    #[error("record {epoch}.{seq} does not follow the head of the own log ({})", head_text(.head))]
    NotTheNextRecord {
        /// Epoch and sequence number of the own head; none when the log is empty.
        head: Option<(u32, u64)>,
        /// Epoch of the refused record.
        epoch: u32,
        /// Sequence number of the refused record.
        seq: u64,
    },
    /// A list would go back to an older version.
    #[error("status list {list} is at version {stored} and can't go to {given}")]
    OldVersion {
        /// The list.
        list: u32,
        /// The stored version.
        stored: u64,
        /// The version given.
        given: u64,
    },
    /// A token with this hash exists.
    #[error("this token exists already")]
    TokenExists,
    /// No token of that number that wasn't withdrawn.
    #[error("there is no token {number}, or it was withdrawn")]
    UnknownToken {
        /// The number.
        number: i64,
    },
    /// Without it nobody could make tokens any more.
    #[error("this is the last owner's token without an end, and can't be withdrawn")]
    LastOwner,
    /// The token by whose right something was to be made was withdrawn or has ended.
    #[error("the token {number} of this request was withdrawn or has ended")]
    MakerGone {
        /// The token's number.
        number: i64,
    },
    /// As many tokens as there may be.
    #[error("there are {limit} tokens that weren't withdrawn, and no more may be made")]
    TooManyTokens {
        /// The greatest number.
        limit: u32,
    },
    /// A fault of this program.
    #[error("the ledger failed: {detail}")]
    Internal {
        /// What the store said.
        detail: String,
    },
}

fn head_text(head: &Option<(u32, u64)>) -> String {
    head.map_or_else(|| "which is empty".to_owned(), |(epoch, seq)| format!("{epoch}.{seq}"))
}

impl LedgerError {
    /// Whether the operation may have reached the disk all the same: a storage failure, not a refusal.
    pub fn outcome_unknown(&self) -> bool {
        matches!(self, Self::DiskFull | Self::Io { .. } | Self::Corrupt { .. } | Self::Closed)
    }

    /// Whose move it is, for the answer to a request.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Locked { .. } | Self::DiskFull | Self::Io { .. } | Self::Closed => ErrorKind::Unavailable,
            Self::Corrupt { .. }
            | Self::RestoreUnfinished { .. }
            | Self::NoLedger { .. }
            | Self::SchemaTooNew { .. }
            | Self::SchemaDiffers { .. }
            | Self::OtherIdentity { .. }
            | Self::NotTheNextRecord { .. }
            | Self::OldVersion { .. }
            | Self::TokenExists
            | Self::Internal { .. } => ErrorKind::Internal,
            Self::TooLarge { .. } => ErrorKind::TooLarge,
            Self::OutOfRange { .. } | Self::NoSuchIndex { .. } => ErrorKind::Invalid,
            Self::UnknownList { .. } | Self::UnknownAchievement { .. } | Self::UnknownToken { .. } => {
                ErrorKind::NotFound
            }
            Self::MakerGone { .. } => ErrorKind::Unauthenticated,
            Self::LastOwner
            | Self::TooManyTokens { .. }
            | Self::ListFull { .. }
            | Self::IndexTaken { .. }
            | Self::ListUrlTaken { .. }
            | Self::CannotUnrevoke { .. }
            | Self::CredentialExists { .. }
            | Self::AchievementPublished { .. } => ErrorKind::Conflict,
        }
    }

    /// Stable and machine-readable, in snake_case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "ledger_locked",
            Self::RestoreUnfinished { .. } => "restore_unfinished",
            Self::NoLedger { .. } => "no_ledger",
            Self::SchemaTooNew { .. } => "ledger_schema_too_new",
            Self::SchemaDiffers { .. } => "ledger_schema_differs",
            Self::Corrupt { .. } => "ledger_corrupt",
            Self::DiskFull => "storage_full",
            Self::Io { .. } => "ledger_unavailable",
            Self::Closed => "ledger_closed",
            Self::OtherIdentity { .. } => "other_identity",
            Self::TooLarge { .. } => "too_large",
            Self::OutOfRange { .. } => "out_of_range",
            Self::UnknownList { .. } => "unknown_list",
            Self::ListFull { .. } => "list_full",
            Self::NoSuchIndex { .. } => "no_such_index",
            Self::IndexTaken { .. } => "index_taken",
            Self::ListUrlTaken { .. } => "list_url_taken",
            Self::CannotUnrevoke { .. } => "cannot_unrevoke",
            Self::CredentialExists { .. } => "credential_exists",
            Self::UnknownAchievement { .. } => "unknown_achievement",
            Self::AchievementPublished { .. } => "achievement_published",
            Self::NotTheNextRecord { .. } => "not_the_next_record",
            Self::OldVersion { .. } => "old_version",
            Self::TokenExists => "token_exists",
            Self::UnknownToken { .. } => "unknown_token_id",
            Self::LastOwner => "last_owner_token",
            Self::MakerGone { .. } => "token_ended",
            Self::TooManyTokens { .. } => "too_many_tokens",
            Self::Internal { .. } => "ledger_failed",
        }
    }

    /// What to do about it, one sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "Stop the other node, or give this one a data folder of its own.",
            Self::RestoreUnfinished { .. } => "Empty the data folder and restore the backup again.",
            Self::NoLedger { .. } => "Give the data folder of a node with --data.",
            Self::SchemaTooNew { .. } => "Start the newer program again; an older one would lose data.",
            Self::SchemaDiffers { .. } => "Start the program that made this ledger.",
            Self::Corrupt { .. } => "Stop the node and restore the data folder from a backup.",
            Self::DiskFull => "Make room on the disk of the data folder, then ask again.",
            Self::Io { .. } => "Look at the disk of the data folder and its permissions, then ask again.",
            Self::Closed => "The node is stopping: ask again when it runs.",
            Self::OtherIdentity { .. } => "Start the node with the DID that its data folder was made for.",
            Self::TooLarge { .. } => "Send less.",
            Self::OutOfRange { .. } | Self::NoSuchIndex { .. } => "Send a value within the range.",
            Self::UnknownList { .. } | Self::UnknownAchievement { .. } => "Look up what there is first.",
            Self::ListFull { .. } => "Use the next list.",
            Self::IndexTaken { .. } => "Reserve a new index.",
            Self::ListUrlTaken { .. } => "Give the list another URL.",
            Self::CannotUnrevoke { .. } => "Issue a new badge instead.",
            Self::CredentialExists { .. } => "Choose a new id.",
            Self::AchievementPublished { .. } => "Make a new achievement with the changed content.",
            Self::NotTheNextRecord { .. } | Self::OldVersion { .. } => {
                "Load the own head and the lists again before signing anything."
            }
            Self::TokenExists => "Make a new token.",
            Self::UnknownToken { .. } => "List the tokens and their ids first.",
            Self::LastOwner => "Make another token with the scope owner first.",
            Self::MakerGone { .. } => "Use a token that holds.",
            Self::TooManyTokens { .. } => "Withdraw tokens that nobody uses.",
            Self::Internal { .. } => "Ask again; if it stays, report it with the node's log.",
        }
    }

    pub(super) fn corrupt(detail: impl Into<String>) -> Self {
        Self::Corrupt { detail: detail.into() }
    }
}

impl From<LedgerError> for NodeError {
    fn from(error: LedgerError) -> Self {
        Self::new(error.kind(), error.code(), error.to_string(), error.hint())
    }
}

/// SQLite's primary result codes (sqlite.org/rescode.html).
mod code {
    pub(super) const BUSY: u32 = 5;
    pub(super) const LOCKED: u32 = 6;
    pub(super) const NOMEM: u32 = 7;
    pub(super) const READONLY: u32 = 8;
    pub(super) const IOERR: u32 = 10;
    pub(super) const CORRUPT: u32 = 11;
    pub(super) const FULL: u32 = 13;
    pub(super) const CANTOPEN: u32 = 14;
    pub(super) const NOTADB: u32 = 26;
}

impl From<sqlx::Error> for LedgerError {
    fn from(error: sqlx::Error) -> Self {
        let detail = error.to_string();
        match &error {
            sqlx::Error::Database(of_store) => {
                let extended = of_store.code().and_then(|code| code.parse::<u32>().ok()).unwrap_or(0);
                match extended & 0xff {
                    code::FULL => Self::DiskFull,
                    code::CORRUPT | code::NOTADB => Self::Corrupt { detail },
                    code::BUSY
                    | code::LOCKED
                    | code::NOMEM
                    | code::READONLY
                    | code::IOERR
                    | code::CANTOPEN => Self::Io { detail },
                    _ => Self::Internal { detail },
                }
            }
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut => Self::Io { detail },
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::Closed,
            _ => Self::Internal { detail },
        }
    }
}

impl From<std::io::Error> for LedgerError {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull {
            Self::DiskFull
        } else {
            Self::Io { detail: error.to_string() }
        }
    }
}
