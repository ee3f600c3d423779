//! Limits of the whole HTTP side: time, requests under way, encodings, and how often one address may verify.

use super::problem::Problem;
use super::serve::Peer;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Longest time that one request may take, its body included.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Most requests under way at once; further ones are answered 503.
pub(super) const MAX_REQUESTS: usize = 512;
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

/// Answers 503 rather than queue when too much is under way.
pub(super) async fn bounded(State(slots): State<Arc<Semaphore>>, request: Request, next: Next) -> Response {
    let Ok(_slot) = slots.try_acquire() else {
        return Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "The node has too many requests under way.",
            "Try again in a second.",
        )
        .with_header(header::RETRY_AFTER, "1")
        .into_response();
    };
    next.run(request).await
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

/// How often each address may verify: `per_s` requests a second on average, twice that in a burst.
///
/// Loopback isn't limited: behind a proxy on the same machine all visitors look like it, and the proxy limits.
#[derive(Clone)]
pub(super) struct VerifyRate {
    per_s: u32,
    buckets: Arc<Mutex<HashMap<IpAddr, Bucket>>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl VerifyRate {
    /// A limit of `per_s` requests a second and address; 0 is none.
    pub(super) fn new(per_s: u32) -> Self {
        Self { per_s, buckets: Arc::default() }
    }

    /// Whether `address` may make one more request at `now`.
    fn admits(&self, address: IpAddr, now: Instant) -> bool {
        if self.per_s == 0 || address.to_canonical().is_loopback() {
            return true;
        }
        let (rate, burst) = (f64::from(self.per_s), f64::from(self.per_s) * 2.0);
        let refilled =
            |bucket: &Bucket| (bucket.left + now.duration_since(bucket.at).as_secs_f64() * rate).min(burst);
        // A panic while the lock was held leaves at worst one wrong count.
        let mut buckets = self.buckets.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let address = network_of(address);
        if buckets.len() >= MAX_ADDRESSES && !buckets.contains_key(&address) {
            buckets.retain(|_, bucket| refilled(bucket) < burst);
            if buckets.len() >= MAX_ADDRESSES {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(address).or_insert(Bucket { left: burst, at: now });
        let left = refilled(bucket);
        let admitted = left >= 1.0;
        *bucket = Bucket { left: if admitted { left - 1.0 } else { left }, at: now };
        admitted
    }
}

/// The address, or of an IPv6 address the /64 that one customer has to himself.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
        v4 => v4,
    }
}

/// Holds [`VerifyRate`] on the routes that verify.
pub(super) async fn rated(State(rate): State<VerifyRate>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0.ip());
    if peer.is_none_or(|address| rate.admits(address, Instant::now())) {
        return next.run(request).await;
    }
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_verifications",
        format!("This address has verified more than {} times in a second.", rate.per_s),
        "Wait a second, or run a node of your own: it verifies without a limit.",
    )
    .with_header(header::RETRY_AFTER, "1")
    .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn an_address_may_burst_and_then_has_its_rate() {
        let rate = VerifyRate::new(5);
        let start = Instant::now();
        let one = address("192.0.2.1");
        assert!((0..10).all(|_| rate.admits(one, start)));
        assert!(!rate.admits(one, start));
        assert!(rate.admits(address("192.0.2.2"), start), "another address is not concerned");
        assert!(rate.admits(one, start + Duration::from_millis(250)));
        assert!(!rate.admits(one, start + Duration::from_millis(250)));
    }

    #[test]
    fn loopback_and_a_rate_of_zero_are_not_limited() {
        let start = Instant::now();
        let rate = VerifyRate::new(1);
        assert!((0..100).all(|_| rate.admits(address("127.0.0.1"), start)));
        assert!((0..100).all(|_| rate.admits(address("::ffff:127.0.0.1"), start)));
        let off = VerifyRate::new(0);
        assert!((0..100).all(|_| off.admits(address("192.0.2.1"), start)));
    }

    #[test]
    fn all_addresses_of_one_ipv6_customer_count_together() {
        let rate = VerifyRate::new(1);
        let start = Instant::now();
        assert!(rate.admits(address("2001:db8::1"), start) && rate.admits(address("2001:db8::2"), start));
        assert!(!rate.admits(address("2001:db8::ffff:3"), start));
        assert!(rate.admits(address("2001:db8:0:1::1"), start));
    }

    #[test]
    fn the_table_of_addresses_stays_bounded() {
        let rate = VerifyRate::new(1);
        let start = Instant::now();
        for n in 0..(MAX_ADDRESSES as u32 + 5_000) {
            rate.admits(IpAddr::V4((0x0a00_0000 + n).into()), start);
        }
        assert!(rate.buckets.lock().expect("lock").len() <= MAX_ADDRESSES);
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
