//! Badges by their address, and newer versions of badges.

use super::{Asking, judge};
use crate::clock;
use crate::error::NodeError;
use crate::resolver::{self, egress::FetchError, egress::Fetched};
use accolade_core::verify::{Candidate, NoBadge, NotRefreshed, Policy, Report, refresh_url, succeeds};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::OwnedSemaphorePermit;

/// In so many bytes an SVG has begun: before it may stand a declaration and a comment.
const SVG_BEGINS_WITHIN: usize = 1024;

/// What is handed in to be judged.
#[derive(Clone, Debug)]
pub enum Handed {
    /// A badge in any readable form.
    Bytes(Vec<u8>),
    /// The https address of one.
    Url(String),
}

/// What the caller asks for.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// How to judge.
    pub policy: Policy,
    /// Whether a newer version is to be had, where the badge names a service for it.
    pub refresh: bool,
}

/// A badge's file as it was handed in or fetched.
struct File {
    bytes: Vec<u8>,
    /// Of those for what is fetched: as long as there are the bytes.
    _place: Option<OwnedSemaphorePermit>,
}

/// Judges a badge, wherever it is: fetches what stands at an address, asks for what is lacking, and where the caller wishes
/// it and the badge is proved, asks once for a newer version of it.
///
/// # Errors
/// The node failed. That a badge was not to be had is a report.
pub async fn check(asking: &Asking, handed: Handed, wish: &Wish) -> Result<Report, NodeError> {
    let file = match handed {
        Handed::Bytes(bytes) => File { bytes, _place: None },
        Handed::Url(url) => match fetch(asking, &url).await {
            Ok(file) => file,
            Err(why) => return Ok(Report::without_badge(why, clock::now())),
        },
    };
    let (mut report, badge) = judged(asking, file, &wish.policy).await?;
    // Who the service is of what isn't proved, nobody knows.
    if wish.refresh && report.badge.is_some() {
        match newer(asking, &badge, &wish.policy).await? {
            Ok(newer) => report.refreshed = Some(Box::new(newer)),
            Err(why) => report.not_refreshed(why),
        }
    }
    Ok(report)
}

/// The report on a file, and what was read of it. The file is gone once it is read, before anything is asked for.
async fn judged(
    asking: &Asking,
    file: File,
    policy: &Policy,
) -> Result<(Report, Arc<OnceLock<Candidate>>), NodeError> {
    let read: Arc<OnceLock<Candidate>> = Arc::default();
    let (badge, policy, file) = (Arc::clone(&read), policy.clone(), Mutex::new(Some(file)));
    let report = asking.answer(move |sources| {
        let badge = badge.get_or_init(|| read_once(&file));
        judge(sources, badge, &policy, clock::now())
    });
    Ok((report.await?, read))
}

fn read_once(file: &Mutex<Option<File>>) -> Candidate {
    let file = file.lock().unwrap_or_else(PoisonError::into_inner).take();
    Candidate::of_bytes(file.as_ref().map_or(&[], |file| &file.bytes))
}

/// The report on a newer version of a badge, or why there is none.
async fn newer(
    asking: &Asking,
    old: &OnceLock<Candidate>,
    policy: &Policy,
) -> Result<Result<Report, NotRefreshed>, NodeError> {
    let old = old.get().and_then(Candidate::credential);
    let Some((old, url)) = old.and_then(|old| Some((old, refresh_url(old)?))) else {
        return Ok(Err(NotRefreshed::NoService));
    };
    let file = match fetch(asking, url).await {
        Ok(file) => file,
        Err(NoBadge::Unreachable(why) | NoBadge::AddressRefused(why)) => {
            return Ok(Err(NotRefreshed::Unreachable(why)));
        }
        Err(NoBadge::WebPage(url)) => {
            return Ok(Err(NotRefreshed::Refused(format!("at {url} is a web page"))));
        }
    };
    let (report, read) = judged(asking, file, policy).await?;
    let refused = |why: &str| Ok(Err(NotRefreshed::Refused(format!("at {url}: {why}"))));
    match read.get().and_then(Candidate::credential).map(|new| succeeds(new, old)) {
        None => refused("it is no badge"),
        Some(Err(why)) => refused(why),
        Some(Ok(())) if report.badge.is_none() => refused("its signature is not proved to be the issuer's"),
        Some(Ok(())) => Ok(Ok(report)),
    }
}

/// What stands at an address, if it can be a badge.
async fn fetch(asking: &Asking, url: &str) -> Result<File, NoBadge> {
    if !asking.may_fetch() {
        return Err(NoBadge::Unreachable("too much would have to be fetched for this request".to_owned()));
    }
    let (fetched, place) = resolver::badge(asking.node(), url).await.map_err(|error| match error {
        FetchError::Url { .. } => NoBadge::AddressRefused(error.to_string()),
        // One answer for both: who asks is not told which names there are inside.
        FetchError::NoHost { host } | FetchError::NotPublic { host } => {
            NoBadge::Unreachable(format!("the host {host} is not known on the public Internet"))
        }
        other => NoBadge::Unreachable(other.to_string()),
    })?;
    match is_page(&fetched) {
        true => Err(NoBadge::WebPage(url.to_owned())),
        false => Ok(File { bytes: fetched.bytes, _place: Some(place) }),
    }
}

/// Whether it is a page for people. Many servers say that it is one of whatever they have.
fn is_page(fetched: &Fetched) -> bool {
    let text = fetched.bytes.trim_ascii_start();
    let begins =
        |word: &str| text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word.as_bytes()));
    let is_said = ["text/html", "application/xhtml+xml"].contains(&fetched.media_type.as_str());
    let is_svg = || text[..text.len().min(SVG_BEGINS_WITHIN)].windows(4).any(|word| word == b"<svg");
    begins("<!doctype html") || begins("<html") || (is_said && begins("<") && !is_svg())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_and_its_place_are_gone_once_it_is_read() {
        let places = Arc::new(tokio::sync::Semaphore::new(1));
        let place = Arc::clone(&places).acquire_owned().await.ok();
        let file = Mutex::new(Some(File { bytes: b"{}".to_vec(), _place: place }));
        assert_eq!(places.available_permits(), 0);
        assert!(read_once(&file).credential().is_none());
        assert_eq!(places.available_permits(), 1);
        assert!(file.lock().is_ok_and(|file| file.is_none()));
    }

    #[test]
    fn pages_are_told_from_badges() {
        let of = |media_type: &str, body: &str| {
            let (bytes, media_type) = (body.as_bytes().to_vec(), media_type.to_owned());
            is_page(&Fetched { bytes, max_age: None, media_type })
        };
        for (media_type, body) in [
            ("text/html", "<!DOCTYPE html><title>Badge</title>"),
            ("text/html", "\n <div>x</div>"),
            ("", "<HTML>"),
            ("application/json", "<!doctype HTML>"),
            ("application/xhtml+xml", "<?xml version=\"1.0\"?><page/>"),
        ] {
            assert!(of(media_type, body), "{media_type}: {body}");
        }
        for (media_type, body) in [
            ("text/html", "{\"id\":1}"),
            ("text/html", "eyJhbGciOiJFZERTQSJ9.e30.x"),
            ("text/html", "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>"),
            ("text/html", "\u{89}PNG\r\n\u{1a}\n"),
            ("text/html", ""),
            ("application/json", "<"),
        ] {
            assert!(!of(media_type, body), "{media_type}: {body}");
        }
    }
}
