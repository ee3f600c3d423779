//! What peers send: records, requests, answers.

use super::samples::{NET, RECORDS};
use accolade_core::record::wire::{Answer, Request, Response};
use accolade_core::record::{SignedRecord, decode_snapshot, encode_snapshot};

/// Any bytes as whatever a peer may send. What is taken has one encoding only, and a record is one that was signed.
pub fn wire(data: &[u8]) {
    let peeked = SignedRecord::peek(data, NET);
    if let Ok(record) = SignedRecord::decode(data, NET) {
        assert_eq!(record.bytes(), data);
        assert!(RECORDS.contains(&record), "nobody signed this record");
        let floor = peeked.expect("what is decoded can be peeked at");
        assert_eq!((floor.issuer, floor.head), (record.issuer().clone(), record.head()));
    }
    if let Ok(request) = Request::decode(data) {
        assert_eq!(request.encode(), data);
    }
    if let Ok(response) = Response::decode(data) {
        assert_eq!(response.encode(), data);
        let answer = Answer::decode(data, NET);
        match (&response, answer) {
            (Response::Records(records), Ok(answer)) => {
                assert_eq!(answer, Answer::Records(records.iter().map(|bytes| known(bytes)).collect()));
            }
            (Response::Records(_), Err(_)) => {}
            (_, answer) => assert!(answer.is_ok(), "only records are checked further"),
        }
    }
    if let Ok((entries, indexes)) = decode_snapshot(data) {
        assert_eq!(encode_snapshot(entries, &indexes), data);
    }
}

fn known(bytes: &[u8]) -> SignedRecord {
    RECORDS.iter().find(|record| record.bytes() == bytes).expect("somebody signed it").clone()
}
