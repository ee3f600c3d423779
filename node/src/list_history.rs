//! This node's lists as they were at a past time, from its own log of records: what was public then, not what had been
//! decided.
//!
//! The log is read once, at the first question, and from where it was left at later ones. Of each status record its time is
//! kept, and which bits it changed.

use crate::error::{ErrorKind, NodeError};
use crate::ledger::Ledger;
use crate::publisher::in_log;
use accolade_core::record::{Body, SignedRecord};
use accolade_core::status::Bitstring;
use accolade_core::time::Timestamp;
use std::collections::HashMap;
use tokio::sync::Mutex;

/// Records that are read at once.
const PAGE: u32 = 64;

/// What the own log said, and when.
#[derive(Default)]
pub(crate) struct ListHistory(Mutex<Told>);

/// A list as it was.
pub(crate) struct PastList {
    pub(crate) bits: Bitstring,
    /// When the record was made that vouched for it then.
    pub(crate) from: Timestamp,
}

#[derive(Default)]
struct Told {
    /// The last record that was read.
    after: Option<(u32, u64)>,
    /// The status records, in order.
    words: Vec<Word>,
    /// The lists, by their numbers in the log.
    lists: HashMap<u32, Changes>,
}

#[derive(Clone, Copy)]
struct Word {
    made: Timestamp,
    valid_until: Timestamp,
}

struct Changes {
    entries: u64,
    /// The first status record that vouches for the list.
    first_word: usize,
    /// In order: which status record set or cleared which bit.
    bits: Vec<(usize, u64, bool)>,
}

impl ListHistory {
    /// The list of this number in the ledger as the own log had it at `then`.
    ///
    /// # Errors
    /// A time before the list was public, or at which the node's last word on it had lapsed; a log that can't be read.
    pub(crate) async fn at(
        &self,
        ledger: &Ledger,
        net: &str,
        list: u32,
        then: Timestamp,
    ) -> Result<PastList, NodeError> {
        let mut told = self.0.lock().await;
        told.read_on(ledger, net).await?;
        told.at(in_log(list), then)
    }
}

impl Told {
    async fn read_on(&mut self, ledger: &Ledger, net: &str) -> Result<(), NodeError> {
        loop {
            let page = ledger.own_record_bytes(self.after, PAGE).await?;
            let is_last = page.len() < PAGE as usize;
            for (epoch, seq, bytes) in page {
                let record = SignedRecord::decode(&bytes, net).map_err(|error| {
                    let message = format!("A record of the own log can't be read: {error}");
                    NodeError::damaged("log_damaged", message)
                })?;
                self.take(&record);
                self.after = Some((epoch, seq));
            }
            if is_last {
                return Ok(());
            }
            // Checking their signatures takes a while, and others wait for the thread.
            tokio::task::yield_now().await;
        }
    }

    fn take(&mut self, record: &SignedRecord) {
        match record.body() {
            Body::ListCreate(create) => {
                let changes =
                    Changes { entries: create.entries, first_word: self.words.len(), bits: Vec::new() };
                self.lists.insert(create.list, changes);
            }
            Body::Status(status) => {
                let word = self.words.len();
                let made = record.iat();
                self.words.push(Word { made, valid_until: record.valid_until().unwrap_or(made) });
                for delta in &status.lists {
                    let Some(list) = self.lists.get_mut(&delta.list) else { continue };
                    list.bits.extend(delta.clear.iter().map(|index| (word, *index, false)));
                    list.bits.extend(delta.set.iter().map(|index| (word, *index, true)));
                }
            }
            _ => {}
        }
    }

    fn at(&self, list: u32, then: Timestamp) -> Result<PastList, NodeError> {
        let said_by_then = self.words.partition_point(|word| word.made <= then);
        let list = self.lists.get(&list).filter(|list| list.first_word < said_by_then);
        let Some((list, word)) = list.zip(self.words.get(said_by_then.wrapping_sub(1))) else {
            let message = format!("The list was not public yet at {then}.");
            let hint = "Ask for a later time; a badge's own date is never before its list.";
            return Err(NodeError::new(ErrorKind::NotFound, "list_not_yet", message, hint));
        };
        if word.valid_until < then {
            let message = format!(
                "This node had not vouched for the list since {}; its word was good until {}.",
                word.made, word.valid_until
            );
            let hint = "Ask for a time before or after; the node was not running then, or could not publish.";
            return Err(NodeError::new(ErrorKind::NotFound, "list_lapsed", message, hint));
        }
        let mut bits = Bitstring::new(usize::try_from(list.entries).unwrap_or_default());
        for (_, index, value) in list.bits.iter().take_while(|(word, ..)| *word < said_by_then) {
            bits.set(*index, *value).map_err(|error| NodeError::damaged("log_damaged", error.to_string()))?;
        }
        Ok(PastList { bits, from: word.made })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    fn hour(hours: i64) -> Timestamp {
        Timestamp::from_millis(1_780_000_000_000 + hours * HOUR_MS)
    }

    /// A word at each of these hours, good for a day.
    fn told(words: &[i64]) -> Told {
        let word = |made: &i64| Word { made: hour(*made), valid_until: hour(made + 24) };
        Told { words: words.iter().map(word).collect(), ..Told::default() }
    }

    fn ones(told: &Told, list: u32, hours: i64) -> Result<(Vec<u64>, Timestamp), &'static str> {
        let past = told.at(list, hour(hours)).map_err(|error| error.code)?;
        Ok((past.bits.ones().collect(), past.from))
    }

    #[test]
    fn a_list_is_what_the_word_of_that_time_made_it() {
        let mut told = told(&[0, 10, 20, 30]);
        let bits = vec![(1, 7, true), (2, 7, false), (2, 9, true), (3, 3, true)];
        told.lists.insert(0, Changes { entries: 131_072, first_word: 0, bits });
        for (hours, expected, from) in [
            (0, vec![], 0),
            (9, vec![], 0),
            (10, vec![7], 10),
            (19, vec![7], 10),
            (20, vec![9], 20),
            (30, vec![3, 9], 30),
            (54, vec![3, 9], 30),
        ] {
            assert_eq!(ones(&told, 0, hours), Ok((expected, hour(from))), "{hours} h");
        }
    }

    #[test]
    fn nothing_is_said_of_times_of_which_nothing_was_said() {
        let mut told = told(&[0, 10, 50]);
        told.lists.insert(3, Changes { entries: 131_072, first_word: 1, bits: Vec::new() });
        assert_eq!(ones(&told, 3, -1), Err("list_not_yet"));
        assert_eq!(ones(&told, 3, 9), Err("list_not_yet"), "made before, and vouched for later");
        assert_eq!(ones(&told, 3, 34), Ok((vec![], hour(10))));
        assert_eq!(ones(&told, 3, 35), Err("list_lapsed"));
        assert_eq!(ones(&told, 3, 49), Err("list_lapsed"));
        assert_eq!(ones(&told, 3, 50), Ok((vec![], hour(50))));
        assert_eq!(ones(&told, 4, 50), Err("list_not_yet"), "no such list");
        assert_eq!(ones(&Told::default(), 0, 0), Err("list_not_yet"));
    }
}
