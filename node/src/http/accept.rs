//! Which of a few forms a caller wants, by its Accept header (RFC 9110 section 12.5.1), and in which language.

use accolade_core::verify::Language;
use axum::http::{HeaderMap, header};

/// The index of the offered media type that the caller likes best; the first if it says nothing, likes
/// several alike, or none.
pub(crate) fn preferred(headers: &HeaderMap, offered: &[&str]) -> usize {
    let ranges: Vec<(String, f32)> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(range)
        .collect();
    let mut best = (0, 0.0);
    for (index, media_type) in offered.iter().enumerate() {
        let quality = quality_of(media_type, &ranges);
        if quality > best.1 {
            best = (index, quality);
        }
    }
    best.0
}

/// The language that the caller likes best, by its Accept-Language header.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    let lines = headers.get_all(header::ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    Language::from_accept(&lines.collect::<Vec<_>>().join(","))
}

fn range(text: &str) -> (String, f32) {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let quality = parts.find_map(|part| part.strip_prefix("q=")).and_then(|q| q.parse().ok()).unwrap_or(1.0);
    (name, quality)
}

/// The quality of the most specific range that covers the media type.
fn quality_of(media_type: &str, ranges: &[(String, f32)]) -> f32 {
    let of = |name: &str| ranges.iter().find(|(range, _)| range == name).map(|(_, quality)| *quality);
    let family = format!("{}/*", media_type.split('/').next().unwrap_or_default());
    of(media_type).or_else(|| of(&family)).or_else(|| of("*/*")).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_best_liked_form_wins_and_the_first_otherwise() {
        let offered = ["text/html", "application/vc", "application/ld+json", "application/json"];
        for (accept, wanted) in [
            ("", 0),
            ("*/*", 0),
            ("image/png", 0),
            ("junk", 0),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 0),
            ("application/json", 3),
            ("application/ld+json, application/json;q=0.9", 2),
            ("application/vc", 1),
            ("application/*", 1),
            ("text/html;q=0.5, application/json", 3),
            ("application/json;q=0, text/html", 0),
            ("Application/JSON", 3),
            ("application/json;q=nonsense", 3),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(preferred(&headers, &offered), wanted, "{accept}");
        }
        assert_eq!(preferred(&HeaderMap::new(), &offered), 0);
    }
}
