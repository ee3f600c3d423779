//! Lists for a time that is past: what is the issuer's word of that time.

use super::*;

/// Reads a list that was had at a later time for an earlier one.
fn read_for(document: &Object, had_at: Timestamp, asked: Timestamp) -> Result<VerifiedList, StatusError> {
    let text = Value::from(document.clone()).to_string();
    let need = ListNeed { url: URL.into(), kind: ListKind::Bitstring };
    let contexts = Contexts::pinned();
    super::super::read(text.as_bytes(), &need, &issuer(), &Documents::new(), had_at, &contexts, asked)
}

/// Signed at `created`, about the time from `from` until `until`.
fn about(from: Timestamp, until: Timestamp, created: Timestamp) -> Object {
    let list = list_credential_of(URL, &issuer(), StatusPurpose::Revocation, &bits(), from, until);
    let options = ProofOptions { created, ..options(&key(1)) };
    proof::sign(list, &key(1), &options, &Contexts::pinned()).expect("signs")
}

#[test]
fn a_list_that_was_kept_is_as_old_as_it_says() {
    let kept = about(now(), now().plus(24 * HOUR), now());
    let asked = now().plus(HOUR);
    assert_eq!(read_for(&kept, now().plus(1000 * HOUR), asked).expect("is read").as_of(), now());
    let after = now().plus(25 * HOUR);
    assert!(matches!(read_for(&kept, now().plus(1000 * HOUR), after), Err(StatusError::Expired { .. })));
}

#[test]
fn what_was_signed_later_of_a_time_that_was_over_speaks_of_that_time() {
    let (asked, today) = (now().plus(HOUR), now().plus(100 * HOUR));
    let past = about(now(), asked, today);
    assert_eq!(read_for(&past, today, asked).expect("is read").as_of(), asked);
    // And is of no use as the list of today.
    assert!(matches!(read_for(&past, today, today), Err(StatusError::Expired { .. })));
    // Nor for a time outside.
    let before = now().minus(HOUR);
    assert!(read_for(&past, today, before).is_ok_and(|list| list.as_of() > before));
    assert!(matches!(read_for(&past, today, asked.plus(HOUR)), Err(StatusError::Expired { .. })));
}

#[test]
fn a_list_of_today_is_not_taken_for_one_of_then() {
    let (asked, today) = (now().plus(HOUR), now().plus(100 * HOUR));
    // The server didn't understand the question.
    let current = about(today, today.plus(24 * HOUR), today);
    assert_eq!(read_for(&current, today, asked).expect("is read").as_of(), today);
    // Signed anew each day, with a beginning of long ago and an end far ahead.
    let old_dates = about(now().minus(HOUR), today.plus(24 * HOUR), today);
    assert_eq!(read_for(&old_dates, today, asked).expect("is read").as_of(), today);
    // An end that lay ahead when it was signed.
    let ahead = about(now(), today.plus(HOUR), today);
    assert_eq!(read_for(&ahead, today.plus(HOUR), asked).expect("is read").as_of(), today);
}

#[test]
fn nobodys_word_is_later_than_when_it_was_had() {
    let had_at = now().plus(HOUR);
    let a_little_ahead = about(now(), now().plus(24 * HOUR), had_at.plus(Duration::from_secs(300)));
    assert_eq!(read_for(&a_little_ahead, had_at, had_at).expect("is read").as_of(), had_at);
    // One signed for a day to come would look fresh until then.
    let from = had_at.plus(Duration::from_secs(301));
    let ahead = about(now(), now().plus(24 * HOUR), from);
    assert_eq!(read_for(&ahead, had_at, had_at).expect_err("ahead"), StatusError::NotYetValid { from });
}
