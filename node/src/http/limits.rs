//! Limits of the whole HTTP side: time, requests under way, encodings, and what one address may do how often.

use super::address::Caller;
use super::extract::discard;
use super::places::{Full, Places};
use super::problem::{Problem, ProblemCode};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longest time that one request may take, its body included.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Most requests under way at once; further ones are answered 503.
pub(super) const MAX_REQUESTS: usize = 512;
/// Most of them from one address; further ones are answered 429.
pub(super) const MAX_REQUESTS_PER_ADDRESS: usize = 64;
/// Most addresses whose rate is remembered.
const MAX_ADDRESSES: usize = 16_384;

/// Refuses an encoded body: nothing is ever inflated, so no body is larger than it looks.
pub(super) async fn plain_bodies(request: Request, next: Next) -> Response {
    if is_plain(request.headers()) {
        return next.run(request).await;
    }
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "content_encoding",
        "The request's body is compressed or otherwise encoded (Content-Encoding).",
        "Send the body as it is, without Content-Encoding.",
    )
    .with_header(header::ACCEPT_ENCODING, "identity")
    .into_response()
}

fn is_plain(headers: &HeaderMap) -> bool {
    headers.get_all(header::CONTENT_ENCODING).iter().all(|value| {
        let text = value.as_bytes().trim_ascii();
        text.is_empty() || text.eq_ignore_ascii_case(b"identity")
    })
}

/// Answers 503 rather than queue when too much is under way, and 429 when too much of it is from one address.
pub(super) async fn bounded(State(places): State<Arc<Places>>, request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>().copied();
    match places.take(caller.and_then(counted)) {
        Ok(_place) => next.run(request).await,
        Err(full) => no_place(full).into_response(),
    }
}

fn no_place(full: Full) -> Problem {
    let (status, code, detail) = match full {
        Full::All => (StatusCode::SERVICE_UNAVAILABLE, "busy", "The node has too many requests under way."),
        Full::OfAddress => (
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_under_way",
            "This address has too many requests under way.",
        ),
    };
    Problem::new(status, code, detail, "Try again in a second.").with_header(header::RETRY_AFTER, "1")
}

/// Gives up on a request after `limit`.
pub(super) async fn in_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "timeout",
            format!("The request was not finished within {} seconds.", limit.as_secs_f32()),
            "If it was to change something, that may have been done all the same: look before you send it again.",
        )
        .with_header(header::CONNECTION, "close")
        .into_response(),
    }
}

/// How often each address may do one thing: `per_s` times a second on average, and more in a burst.
///
/// Programs on the node's own machine aren't limited.
#[derive(Clone)]
pub(super) struct Rate {
    name: &'static str,
    per_s: f64,
    burst: f64,
    buckets: Arc<Mutex<HashMap<IpAddr, Bucket>>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

/// What an address still has of a rate.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Left {
    requests: f64,
    /// Until there is one again; zero while there is one.
    wait: Duration,
}

impl Rate {
    /// A limit of `per_s` a second and address, twice that in a burst; 0 is none.
    pub(super) fn of_requests(name: &'static str, per_s: u32) -> Self {
        Self { name, per_s: f64::from(per_s), burst: f64::from(per_s) * 2.0, buckets: Arc::default() }
    }

    /// A limit on wrong tokens: twenty, then one in five seconds.
    pub(super) fn of_failures() -> Self {
        Self { name: "failures", per_s: 0.2, burst: 20.0, buckets: Arc::default() }
    }

    /// Takes one from what `caller` has; what is left then, or how long to wait if there is none. None where nothing is
    /// limited.
    fn take(&self, caller: Caller, now: Instant) -> Option<Result<Left, Left>> {
        self.change(caller, now, 1.0)
    }

    /// Takes `more` from what `caller` has, also what isn't there: it is waited for before the next request.
    fn owe(&self, caller: Caller, now: Instant, more: usize) {
        self.change(caller, now, 0.0);
        let Some(address) = counted(caller).filter(|_| self.per_s != 0.0) else { return };
        let mut buckets = self.buckets.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(bucket) = buckets.get_mut(&address) {
            bucket.left -= more as f64;
        }
    }

    /// Whether `caller` has none left.
    fn is_used_up(&self, caller: Caller, now: Instant) -> Option<Left> {
        self.change(caller, now, 0.0)?.err()
    }

    fn change(&self, caller: Caller, now: Instant, taken: f64) -> Option<Result<Left, Left>> {
        let address = counted(caller).filter(|_| self.per_s != 0.0)?;
        let refilled = |bucket: &Bucket| {
            let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
            (bucket.left + passed * self.per_s).min(self.burst)
        };
        // A panic while the lock was held leaves at worst one wrong count.
        let mut buckets = self.buckets.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if buckets.len() >= MAX_ADDRESSES && !buckets.contains_key(&address) {
            make_room(&mut buckets, self.burst, refilled);
        }
        let bucket = buckets.entry(address).or_insert(Bucket { left: self.burst, at: now });
        let left = refilled(bucket);
        let admitted = left >= 1.0;
        *bucket = Bucket { left: if admitted { left - taken } else { left }, at: now };
        let missing = (1.0 - bucket.left).max(0.0);
        let left = Left { requests: bucket.left, wait: Duration::from_secs_f64(missing / self.per_s) };
        Some(if admitted { Ok(left) } else { Err(left) })
    }

    /// Says in an answer what is left (draft-ietf-httpapi-ratelimit-headers).
    fn tell(&self, left: Left, headers: &mut HeaderMap) {
        let window_s = (self.burst / self.per_s).ceil();
        let policy = format!("\"{}\";q={};w={window_s}", self.name, self.burst.floor());
        let state = format!(
            "\"{}\";r={};t={}",
            self.name,
            left.requests.floor().max(0.0),
            left.wait.as_secs_f64().ceil()
        );
        for (name, value) in [("ratelimit-policy", policy), ("ratelimit", state)] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }

    /// 429 with the time to wait.
    fn refuse(&self, left: Left, problem: Problem) -> Response {
        let mut response = problem.into_response();
        let seconds = left.wait.as_secs_f64().ceil().max(1.0);
        if let Ok(value) = HeaderValue::try_from(seconds.to_string()) {
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        self.tell(left, response.headers_mut());
        response
    }
}

/// Forgets whom it makes no difference for, and then who has most left and was away longest, until the table is half
/// full: who is being slowed stays longest, and nobody gets rid of that by coming from many addresses.
fn make_room(buckets: &mut HashMap<IpAddr, Bucket>, burst: f64, refilled: impl Fn(&Bucket) -> f64) {
    buckets.retain(|_, bucket| refilled(bucket) < burst);
    let Some(surplus) = buckets.len().checked_sub(MAX_ADDRESSES / 2) else { return };
    let mut all: Vec<(f64, Instant, IpAddr)> =
        buckets.iter().map(|(address, bucket)| (refilled(bucket), bucket.at, *address)).collect();
    all.sort_unstable_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    for (_, _, address) in all.into_iter().take(surplus) {
        buckets.remove(&address);
    }
}

/// What a caller counts by; none for a program on the node's own machine, which isn't limited.
pub(super) fn counted(caller: Caller) -> Option<IpAddr> {
    (!caller.is_own_machine).then(|| network_of(caller.address))
}

/// The address, or of an IPv6 address the /64 that one customer has to himself.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

/// By which a handler says that a request costs more than one; found in the request's extensions.
#[derive(Clone)]
pub(super) struct Charge {
    rate: Rate,
    caller: Caller,
}

impl Charge {
    /// The request is as good as so many `more`. It isn't refused for that: they are paid off before the next one.
    pub(super) fn more(&self, more: usize) {
        self.rate.owe(self.caller, Instant::now(), more);
    }
}

/// Holds a [`Rate`] on a route.
pub(super) async fn rated(State(rate): State<Rate>, mut request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>().copied();
    let taken = caller.and_then(|caller| Some((caller, rate.take(caller, Instant::now())?)));
    match taken {
        None => next.run(request).await,
        Some((caller, Ok(_))) => {
            request.extensions_mut().insert(Charge { rate: rate.clone(), caller });
            let mut response = next.run(request).await;
            if let Some(Ok(left) | Err(left)) = rate.change(caller, Instant::now(), 0.0) {
                rate.tell(left, response.headers_mut());
            }
            response
        }
        Some((_, Err(left))) => {
            discard(request).await;
            let detail = format!(
                "This address has sent more than {} such requests a second; each badge of a batch counts as one.",
                rate.per_s
            );
            let hint =
                "Wait as long as Retry-After says, or run a node of your own: it has no limit for you.";
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail, hint);
            rate.refuse(left, problem)
        }
    }
}

/// Slows down who tries tokens: an address that sent too many wrong ones waits, whatever it sends.
pub(super) async fn slow_guessing(State(failures): State<Rate>, request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Caller>().copied();
    let Some(caller) = caller.filter(|_| request.headers().contains_key(header::AUTHORIZATION)) else {
        return next.run(request).await;
    };
    if let Some(left) = failures.is_used_up(caller, Instant::now()) {
        discard(request).await;
        let detail = "This address has sent too many wrong tokens.";
        let hint = "Wait as long as Retry-After says, then send the right token.";
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_wrong_tokens", detail, hint);
        return failures.refuse(left, problem);
    }
    let response = next.run(request).await;
    // One that has ended is known to its owner; whoever goes on sending it guesses nothing.
    if response.extensions().get::<ProblemCode>().is_some_and(|code| code.0 == "unknown_token") {
        let _ = failures.take(caller, Instant::now());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(text: &str) -> Caller {
        Caller { address: text.parse().expect("an address"), is_own_machine: false }
    }

    fn admits(rate: &Rate, caller: Caller, now: Instant) -> bool {
        !matches!(rate.take(caller, now), Some(Err(_)))
    }

    #[test]
    fn an_address_may_burst_and_then_has_its_rate() {
        let rate = Rate::of_requests("verify", 5);
        let start = Instant::now();
        let one = caller("192.0.2.1");
        assert!((0..10).all(|_| admits(&rate, one, start)));
        assert!(!admits(&rate, one, start));
        assert!(admits(&rate, caller("192.0.2.2"), start), "another address is not concerned");
        assert!(admits(&rate, one, start + Duration::from_millis(250)));
        assert!(!admits(&rate, one, start + Duration::from_millis(250)));
    }

    #[test]
    fn the_own_machine_and_a_rate_of_zero_are_not_limited() {
        let start = Instant::now();
        let rate = Rate::of_requests("verify", 1);
        let own = Caller { is_own_machine: true, ..caller("127.0.0.1") };
        assert!((0..100).all(|_| rate.take(own, start).is_none()));
        let behind_a_proxy = caller("127.0.0.1");
        assert!(!(0..100).all(|_| admits(&rate, behind_a_proxy, start)));
        let off = Rate::of_requests("verify", 0);
        assert!((0..100).all(|_| off.take(caller("192.0.2.1"), start).is_none()));
    }

    #[test]
    fn all_addresses_of_one_ipv6_customer_count_together() {
        let rate = Rate::of_requests("verify", 1);
        let start = Instant::now();
        assert!(admits(&rate, caller("2001:db8::1"), start) && admits(&rate, caller("2001:db8::2"), start));
        assert!(!admits(&rate, caller("2001:db8::ffff:3"), start));
        assert!(admits(&rate, caller("2001:db8:0:1::1"), start));
    }

    #[test]
    fn wrong_tokens_are_twenty_and_then_one_in_five_seconds() {
        let rate = Rate::of_failures();
        let (start, one) = (Instant::now(), caller("192.0.2.1"));
        for _ in 0..20 {
            assert_eq!(rate.is_used_up(one, start), None);
            assert!(admits(&rate, one, start));
        }
        let wait = rate.is_used_up(one, start).expect("used up").wait;
        assert!((4.9..=5.1).contains(&wait.as_secs_f64()), "{wait:?}");
        assert!(rate.is_used_up(one, start + Duration::from_secs(4)).is_some());
        assert!(rate.is_used_up(one, start + Duration::from_secs(6)).is_none());
        assert!(rate.is_used_up(caller("192.0.2.2"), start).is_none());
    }

    #[test]
    fn a_batch_beyond_the_burst_is_admitted_and_paid_off_before_the_next_request() {
        let rate = Rate::of_requests("verify", 50);
        let (start, one) = (Instant::now(), caller("192.0.2.1"));
        assert!(admits(&rate, one, start));
        rate.owe(one, start, 999);
        let left = rate.is_used_up(one, start).expect("in debt");
        assert!((18.0..=18.1).contains(&left.wait.as_secs_f64()), "{left:?}");
        let mut headers = HeaderMap::new();
        rate.tell(left, &mut headers);
        assert_eq!(headers["ratelimit"], r#""verify";r=0;t=19"#);
        assert!(!admits(&rate, one, start + Duration::from_secs(17)));
        assert!(admits(&rate, one, start + Duration::from_secs(19)));
        assert!(admits(&rate, caller("192.0.2.2"), start), "another pays nothing for it");
        let own = Caller { is_own_machine: true, ..caller("127.0.0.1") };
        rate.owe(own, start, 1_000_000);
        assert_eq!(rate.take(own, start), None);
    }

    #[test]
    fn an_answer_tells_what_is_left() {
        let rate = Rate::of_requests("verify", 5);
        let mut headers = HeaderMap::new();
        rate.tell(Left { requests: 7.8, wait: Duration::ZERO }, &mut headers);
        assert_eq!(headers["ratelimit-policy"], r#""verify";q=10;w=2"#);
        assert_eq!(headers["ratelimit"], r#""verify";r=7;t=0"#);
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "c", "d", "h");
        let refused = rate.refuse(Left { requests: 0.2, wait: Duration::from_millis(1_200) }, problem);
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()[header::RETRY_AFTER]),
            (429, &HeaderValue::from_static("2"))
        );
    }

    #[test]
    fn the_table_of_addresses_stays_bounded() {
        let rate = Rate::of_requests("verify", 1);
        let start = Instant::now();
        for n in 0..(MAX_ADDRESSES as u32 + 5_000) {
            let address = IpAddr::V4((0x0a00_0000 + n).into());
            admits(&rate, Caller { address, is_own_machine: false }, start);
        }
        assert!(rate.buckets.lock().expect("lock").len() <= MAX_ADDRESSES);
    }

    #[test]
    fn who_is_slowed_stays_so_while_others_come_from_many_addresses() {
        let rate = Rate::of_failures();
        let start = Instant::now();
        let slowed = caller("203.0.113.5");
        assert!((0..20).all(|_| admits(&rate, slowed, start)));
        for n in 0..40_000_u128 {
            let address = IpAddr::V6(((0x2001_0db8_u128 << 96) | (n << 64)).into());
            assert!(admits(&rate, Caller { address, is_own_machine: false }, start));
            assert!(n % 1_000 != 0 || rate.is_used_up(slowed, start).is_some(), "after {n} others");
        }
        let remembered = rate.buckets.lock().expect("lock").len();
        assert!((MAX_ADDRESSES / 2..=MAX_ADDRESSES).contains(&remembered), "{remembered}");
    }

    #[test]
    fn encoded_bodies_are_told_from_plain_ones() {
        let with = |text: &'static str| {
            HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static(text))])
        };
        assert!(is_plain(&HeaderMap::new()) && is_plain(&with("identity")) && is_plain(&with("")));
        for refused in ["gzip", "br", "deflate", "zstd", "identity, gzip", "x"] {
            assert!(!is_plain(&with(refused)), "{refused}");
        }
    }
}
