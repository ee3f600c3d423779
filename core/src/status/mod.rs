//! Status lists: what says whether a badge was revoked or suspended.
//!
//! Bitstring Status List v1.0 (W3C) is what is written; its forerunner StatusList2021, the 1EdTech revocation list of Open
//! Badges and the Token Status List of the IETF are read as well.
//!
//! A [`StatusEntry`] is what a badge carries, a [`Bitstring`] is a bare list, and a [`VerifiedList`] is a
//! list that its issuer vouched for: only that one answers for a badge. [`read`] makes one of what was fetched.

mod bitstring;
mod credential;
mod entry;
mod error;
mod list;
mod permute;
mod read;
mod revoked;
mod token;

pub use bitstring::{Bitstring, BitstringError, MAX_ENTRIES, MIN_ENTRIES, OutOfRange};
pub use credential::{MAX_LIST_VALIDITY, list_credential, list_credential_of};
pub use entry::{EntryError, MAX_STATUS_BITS, StatusEntry};
pub use error::StatusError;
pub use list::{ListSource, Revoked, VerifiedList};
pub use permute::permuted_index;
pub use read::read;
pub use revoked::revocation_list;
pub use token::{TokenList, TokenListError};

use std::fmt;

/// The kinds of list that are read. Which one a list is follows from the entry, never from the list alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// Bitstring Status List v1.0.
    Bitstring,
    /// StatusList2021, the draft before it.
    StatusList2021,
    /// 1EdTech Revocation List: the ids of the revoked badges.
    OneEdTech,
    /// Token Status List of the IETF.
    Token,
}

/// A list that is needed to judge a badge.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListNeed {
    /// Where it is, and by which id it goes; without fragment.
    pub url: String,
    /// What it must be.
    pub kind: ListKind,
}

/// What a set bit of a list of ours says of the badge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatusPurpose {
    /// Taken back for good.
    Revocation,
    /// Not to be relied on for now.
    Suspension,
}

impl StatusPurpose {
    /// The value of `statusPurpose`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Suspension => "suspension",
        }
    }

    /// Reads the value of `statusPurpose`; `None` for every other purpose (`refresh`, `message`, …).
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "revocation" => Some(Self::Revocation),
            "suspension" => Some(Self::Suspension),
            _ => None,
        }
    }
}

impl fmt::Display for StatusPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the values of anybody's list are about (Bitstring Status List v1.0, section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListPurpose {
    /// Taken back for good.
    Revocation,
    /// Not to be relied on for now.
    Suspension,
    /// A message for readers, which says nothing that a program could judge.
    Message,
    /// There is a newer badge. Says nothing of this one.
    Refresh,
}

impl ListPurpose {
    const ALL: [Self; 4] = [Self::Revocation, Self::Suspension, Self::Message, Self::Refresh];

    /// The value of `statusPurpose`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Suspension => "suspension",
            Self::Message => "message",
            Self::Refresh => "refresh",
        }
    }

    /// Reads the value of `statusPurpose`; `None` for every other purpose.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.as_str() == text)
    }
}

impl fmt::Display for ListPurpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<StatusPurpose> for ListPurpose {
    fn from(purpose: StatusPurpose) -> Self {
        match purpose {
            StatusPurpose::Revocation => Self::Revocation,
            StatusPurpose::Suspension => Self::Suspension,
        }
    }
}

#[cfg(test)]
mod tests;
