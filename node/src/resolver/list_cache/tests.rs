//! Time is a parameter here: no test waits.

use super::*;
use accolade_core::did::key;
use accolade_core::json::{Object, Value};
use accolade_core::jsonld::Contexts;
use accolade_core::keys::SigningKey;
use accolade_core::proof::{self, ProofOptions, Purpose};
use accolade_core::status::{Bitstring, ListKind, MIN_ENTRIES, StatusPurpose, list_credential};
use accolade_core::verify::Documents;
use std::sync::LazyLock;

const URL: &str = "https://issuer.example/status/1";
const REVOKED: u64 = 77;

static CONTEXTS: LazyLock<Contexts> = LazyLock::new(Contexts::pinned);

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect(text)
}

fn start() -> Timestamp {
    at("2026-07-01T12:00:00Z")
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn issuer() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

fn wanted(url: &str) -> WantedList {
    let issuer = key::did_of(&issuer().verifying_key()).to_string();
    WantedList { issuer, url: url.to_owned(), kind: ListKind::Bitstring, at: None }
}

/// A list that its issuer signed at `made`, with this `ttl` in seconds and end.
fn list_of(
    url: &str,
    made: Timestamp,
    revoked: bool,
    ttl: Option<u64>,
    until: Option<Timestamp>,
) -> Arc<VerifiedList> {
    let mut bits = Bitstring::new(MIN_ENTRIES);
    bits.set(REVOKED, revoked).expect("in range");
    let did = key::did_of(&issuer().verifying_key());
    let mut list = list_credential(url, did.as_str(), StatusPurpose::Revocation, &bits, made, seconds(3600));
    list.remove("validUntil");
    if let Some(until) = until {
        list.insert("validUntil", until.to_string());
    }
    let mut subject: Object =
        list.get("credentialSubject").and_then(Value::as_object).expect("a subject").clone();
    subject.remove("ttl");
    if let Some(ttl) = ttl {
        subject.insert("ttl", Value::Int(ttl as i64 * 1000));
    }
    list.insert("credentialSubject", subject);
    let options = ProofOptions {
        verification_method: key::verification_method_of(&issuer().verifying_key()),
        purpose: Purpose::AssertionMethod,
        created: made,
        expires: None,
        challenge: None,
        domain: None,
    };
    let signed = Value::from(proof::sign(list, &issuer(), &options, &CONTEXTS).expect("signs")).to_string();
    let list = VerifiedList::from_credential(signed.as_bytes(), &Documents::new(), made, &CONTEXTS, made);
    Arc::new(list.expect("a list"))
}

fn list(made: Timestamp, revoked: bool) -> Arc<VerifiedList> {
    list_of(URL, made, revoked, None, None)
}

/// What the cache says, in a word.
fn said(cache: &ListCache, now: Timestamp) -> &'static str {
    match cache.get(&wanted(URL), now) {
        None => "ask",
        Some(Ok(list)) if list.get(REVOKED) == Some(true) => "revoked",
        Some(Ok(_)) => "fresh",
        Some(Err(missing)) => missing_said(&missing),
    }
}

fn missing_said(missing: &ListMissing) -> &'static str {
    match missing {
        ListMissing::Overdue { lists, .. } if lists[0].get(REVOKED) == Some(true) => "overdue, revoked",
        ListMissing::Overdue { .. } => "overdue",
        ListMissing::Unreachable(_) => "unreachable",
        ListMissing::Refused(_) => "refused",
        other => panic!("{other:?}"),
    }
}

fn unreachable() -> Failure {
    Failure::Unreachable("503".to_owned())
}

#[test]
fn a_list_answers_for_the_shorter_of_its_ttl_and_what_its_server_allows() {
    for (ttl, max_age, kept) in [
        (None, None, 300),
        (Some(60), None, 60),
        (None, Some(30), 30),
        (Some(60), Some(600), 60),
        (Some(600), Some(60), 60),
        (Some(0), Some(600), 0),
        (Some(600), Some(0), 0), // no-store, no-cache
        (Some(7 * 86_400), None, 3600),
        (None, Some(1_000_000), 3600),
    ] {
        let cache = ListCache::default();
        let had = list_of(URL, start(), false, ttl, None);
        cache.keep(&wanted(URL), had, max_age.map(seconds), start());
        if kept > 0 {
            let last = start().plus(seconds(kept)).minus(Duration::from_millis(1));
            assert_eq!(said(&cache, last), "fresh", "{ttl:?} {max_age:?}");
        }
        assert_eq!(said(&cache, start().plus(seconds(kept))), "ask", "{ttl:?} {max_age:?}");
    }
    assert_eq!(said(&ListCache::default(), start()), "ask");
}

#[test]
fn no_list_answers_past_its_end() {
    let cache = ListCache::default();
    let until = start().plus(seconds(100));
    cache.keep(
        &wanted(URL),
        list_of(URL, start(), false, Some(3600), Some(until)),
        Some(seconds(3600)),
        start(),
    );
    assert_eq!(said(&cache, until.minus(seconds(1))), "fresh");
    assert_eq!(said(&cache, until), "ask");
    assert_eq!(said(&cache, until.plus(seconds(5))), "ask");
    cache.keep_failure(&wanted(URL), unreachable(), until.plus(seconds(5)));
    assert_eq!(said(&cache, until.plus(seconds(6))), "overdue", "and never fresh again");
}

#[test]
fn a_lack_is_remembered_shortly_and_is_never_good() {
    for (failure, word, again) in [
        (unreachable(), "unreachable", 30),
        (Failure::Refused("unsigned".to_owned()), "refused", 30),
        (Failure::Slow("5 s".to_owned()), "unreachable", 300),
    ] {
        let cache = ListCache::default();
        assert_eq!(missing_said(&cache.keep_failure(&wanted(URL), failure, start())), word);
        assert_eq!(said(&cache, start()), word);
        assert_eq!(said(&cache, start().plus(seconds(again - 1))), word);
        assert_eq!(said(&cache, start().plus(seconds(again))), "ask");
        // Then a list replaces it.
        cache.keep(&wanted(URL), list(start(), false), None, start().plus(seconds(again)));
        assert_eq!(said(&cache, start().plus(seconds(again))), "fresh");
    }
}

#[test]
fn what_was_revoked_is_not_forgotten_while_no_newer_list_can_be_had() {
    let cache = ListCache::default();
    cache.keep(&wanted(URL), list(start(), true), Some(seconds(60)), start());
    assert_eq!(said(&cache, start()), "revoked");
    let mut now = start().plus(seconds(60));
    for failure in [unreachable(), Failure::Refused("an error page".to_owned()), Failure::Slow(String::new())]
    {
        assert_eq!(said(&cache, now), "ask");
        assert_eq!(missing_said(&cache.keep_failure(&wanted(URL), failure, now)), "overdue, revoked");
        assert_eq!(said(&cache, now.plus(seconds(1))), "overdue, revoked");
        let busy = cache.without_asking(&wanted(URL), "no place".to_owned());
        assert_eq!(missing_said(&busy), "overdue, revoked");
        now = now.plus(seconds(300));
    }
    // A server that shows an older word takes it back as little.
    let older = list(start().minus(seconds(10)), false);
    let newest = cache.keep(&wanted(URL), older, None, now);
    assert_eq!((newest.get(REVOKED), said(&cache, now)), (Some(true), "revoked"));
    // Only a newer word of the issuer does.
    now = now.plus(seconds(300));
    cache.keep(&wanted(URL), list(start().plus(seconds(10)), false), None, now);
    assert_eq!(said(&cache, now), "fresh");
}

#[test]
fn lists_that_may_not_be_kept_are_asked_for_each_time_and_what_was_revoked_stays() {
    let cache = ListCache::default();
    cache.keep(&wanted(URL), list(start(), true), Some(Duration::ZERO), start());
    assert_eq!(said(&cache, start()), "ask");
    assert_eq!(missing_said(&cache.keep_failure(&wanted(URL), unreachable(), start())), "overdue, revoked");
}

#[test]
fn nobody_is_believed_after_the_clock_was_set_back() {
    let cache = ListCache::default();
    cache.keep(&wanted(URL), list(start(), false), None, start());
    assert_eq!(said(&cache, start().minus(seconds(3600))), "ask");
}

#[test]
fn what_one_issuers_url_brought_says_nothing_of_another_issuer() {
    let cache = ListCache::default();
    cache.keep(&wanted(URL), list(start(), false), None, start());
    let other = WantedList { issuer: "did:web:other.example".to_owned(), ..wanted(URL) };
    assert!(cache.get(&other, start()).is_none());
    cache.keep_failure(&other, Failure::Refused("another's".to_owned()), start());
    assert_eq!(said(&cache, start()), "fresh");
}

#[test]
fn it_stays_bounded_and_one_host_can_not_push_out_the_others() {
    let cache = ListCache::default();
    cache.keep(&wanted(URL), list(start(), true), None, start());
    let one = list(start(), false);
    for number in 0..2 * MAX_LISTS as u64 {
        let of_crowd = wanted(&format!("https://crowd.example/{number}"));
        cache.keep(&of_crowd, Arc::clone(&one), None, start().plus(Duration::from_millis(number)));
        cache.keep_failure(&wanted(&format!("https://crowd.example/none/{number}")), unreachable(), start());
    }
    let state = cache.state.lock().expect("lock");
    assert!(state.kept.len() <= MAX_LISTS && state.bytes <= MAX_BYTES, "{} bytes", state.bytes);
    assert_eq!(state.bytes, state.kept.values().map(|kept| kept.bytes).sum::<usize>());
    assert!(state.kept.len() > MAX_LISTS / 2, "what there is room for is kept");
    drop(state);
    assert_eq!(said(&cache, start()), "revoked");
}
