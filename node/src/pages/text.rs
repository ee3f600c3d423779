//! What others wrote, made safe to show: bounded, without invisible tricks; links only to the web.

use accolade_core::json::{Object, Value};
use accolade_core::time::Timestamp;

/// Longest one-line text that is shown, in characters.
pub(super) const MAX_LINE_CHARS: usize = 200;
/// Longest running text that is shown, in characters.
pub(super) const MAX_PROSE_CHARS: usize = 10_000;
/// Longest link that is offered, in bytes.
const MAX_LINK_BYTES: usize = 2_048;

/// One line: control characters and those that turn or hide other text are taken out. `None` if nothing is left.
pub(super) fn line(text: &str) -> Option<String> {
    let one_line: String = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    shown(&one_line, MAX_LINE_CHARS)
}

/// Running text: as [`line`], with its line breaks.
pub(super) fn prose(text: &str) -> Option<String> {
    shown(text, MAX_PROSE_CHARS)
}

fn shown(text: &str, max_chars: usize) -> Option<String> {
    let mut kept = text.chars().filter(|c| *c == '\n' || !(c.is_control() || is_format_trick(*c)));
    let mut out: String = kept.by_ref().take(max_chars).collect();
    if kept.next().is_some() {
        out.push('…');
    }
    let out = out.trim();
    (!out.is_empty()).then(|| out.to_owned())
}

/// Characters that change the direction of text around them, or are invisible.
fn is_format_trick(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The URL, if it is one that a page may link to: http or https, absolute, without anything odd.
pub(super) fn web_link(url: &str) -> Option<&str> {
    let lower = url.get(..8.min(url.len()))?.to_ascii_lowercase();
    let rest = if lower.starts_with("https://") {
        &url[8..]
    } else if lower.starts_with("http://") {
        &url[7..]
    } else {
        return None;
    };
    let odd = |byte: u8| byte <= b' ' || byte >= 0x7f || matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'`');
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let fits =
        url.len() <= MAX_LINK_BYTES && !host.is_empty() && !host.contains('@') && !url.bytes().any(odd);
    fits.then_some(url)
}

/// The text of a member that is a string, or of a language map or list its first.
pub(super) fn text_of<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    match object.get(key)?.one_or_many().first()? {
        Value::String(text) => Some(text),
        Value::Object(value) => value.get("@value").and_then(Value::as_str),
        _ => None,
    }
}

/// The text of a member as one line, as [`line`].
pub(crate) fn line_of(object: &Object, key: &str) -> Option<String> {
    text_of(object, key).and_then(line)
}

/// A time for programs and for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct When {
    /// RFC 3339.
    pub(super) iso: String,
    /// Such as “21 November 2026”.
    pub(super) words: String,
}

impl When {
    /// The day in UTC.
    pub(super) fn day(at: Timestamp) -> Self {
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let iso = at.whole_seconds().to_string();
        // Timestamp writes RFC 3339 with a year of four digits.
        let number =
            |range: std::ops::Range<usize>| iso.get(range).and_then(|part| part.parse::<usize>().ok());
        let month = number(5..7).and_then(|month| MONTHS.get(month.wrapping_sub(1))).unwrap_or(&"");
        let words = format!("{} {month} {}", number(8..10).unwrap_or(1), number(0..4).unwrap_or(1));
        Self { iso, words }
    }

    /// The day if it is its first moment, else as [`When::minute`].
    pub(super) fn day_or_minute(at: Timestamp) -> Self {
        let minute = Self::minute(at);
        if minute.iso.contains("T00:00:00") { Self::day(at) } else { minute }
    }

    /// The day, and the time in UTC to the minute.
    pub(super) fn minute(at: Timestamp) -> Self {
        let day = Self::day(at);
        let clock = day.iso.get(11..16).unwrap_or_default();
        Self { words: format!("{}, {clock} UTC", day.words), iso: day.iso }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_to_the_web_are_offered() {
        for good in [
            "https://a.example/b?c=1#d",
            "http://a.example",
            "HTTPS://A.example/",
            "https://a.example:8443/x",
        ] {
            assert_eq!(web_link(good), Some(good));
        }
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\nscript:alert(1)",
            " javascript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:x",
            "file:///etc/passwd",
            "//a.example",
            "/relative",
            "https:a.example",
            "https://",
            "https:///path",
            "https://good.example@bad.example/",
            "https://a.example/\"onmouseover=",
            "https://a.example/ b",
            "https://a.example/\u{202e}gpj",
            "https://a.example\\@b.example",
            "",
            "ü",
            "httpsü://x",
        ] {
            assert_eq!(web_link(bad), None, "{bad}");
        }
        assert_eq!(web_link(&format!("https://a.example/{}", "a".repeat(3_000))), None);
    }

    #[test]
    fn text_of_others_is_bounded_and_without_tricks() {
        assert_eq!(line("a\u{202e}b\u{0}c\u{200b}\nd").as_deref(), Some("abc d"));
        assert_eq!(line(" \u{200b}\t\n "), None);
        assert_eq!(prose("one\r\ntwo").as_deref(), Some("one\ntwo"));
        let long = line(&"ü".repeat(5_000)).expect("text");
        assert_eq!(long.chars().count(), MAX_LINE_CHARS + 1);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn times_are_words_for_people() {
        let at = Timestamp::parse("2026-11-05T09:07:59.5Z").expect("time");
        assert_eq!(When::day(at).words, "5 November 2026");
        assert_eq!(
            When::minute(at),
            When { iso: "2026-11-05T09:07:59Z".into(), words: "5 November 2026, 09:07 UTC".into() }
        );
    }

    #[test]
    fn a_text_may_be_a_language_map_and_nothing_else() {
        let value = accolade_core::json::parse(
            br#"{"a":"x","b":{"@value":"y","@language":"de"},"c":[{"@value":"z"},"w"],"d":5,"e":[],"f":{"@value":[1]}}"#,
        )
        .expect("reads");
        let object = value.as_object().expect("object");
        let of = |key| text_of(object, key);
        assert_eq!((of("a"), of("b"), of("c")), (Some("x"), Some("y"), Some("z")));
        assert_eq!((of("d"), of("e"), of("f"), of("g")), (None, None, None, None));
    }
}
