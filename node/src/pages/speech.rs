//! The words of pages in the reader's language; one file for each language.

use super::text::When;
use accolade_core::language::{Language, Texts, fill};
use accolade_core::time::Timestamp;
use std::sync::LazyLock;

/// The files, in the order of [`Language::ALL`].
const FILES: [&str; Language::ALL.len()] = [
    include_str!("words/en.txt"),
    include_str!("words/de.txt"),
    include_str!("words/fr.txt"),
    include_str!("words/es.txt"),
    include_str!("words/pt.txt"),
];

static WORDS: LazyLock<Texts> = LazyLock::new(|| Texts::new(FILES));

/// What a page says, in one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Speech(pub(super) Language);

impl Speech {
    /// The words under a key; the key itself if it is in no file, which a test holds that none is.
    pub(super) fn say<'a>(&self, key: &'a str) -> &'a str {
        WORDS.get(self.0, key).map_or(key, |words| words.text)
    }

    /// The words under a key, with one place filled.
    pub(super) fn fill(&self, key: &str, name: &str, value: &str) -> String {
        fill(self.say(key), name, value)
    }

    /// The language's tag.
    pub(super) fn tag(&self) -> &'static str {
        self.0.tag()
    }

    /// A day in UTC, such as “21 November 2026”.
    pub(super) fn day(&self, at: Timestamp) -> When {
        let mut when = When::day(at);
        // Timestamp writes RFC 3339 with a year of four digits.
        let number =
            |range: std::ops::Range<usize>| when.iso.get(range).unwrap_or_default().trim_start_matches('0');
        let month = format!("date.month.{}", number(5..7));
        let words = self.fill("date.day", "day", number(8..10));
        when.words = fill(&fill(&words, "month", self.say(&month)), "year", number(0..4));
        when
    }

    /// The day if it is its first moment, else as [`Speech::minute`].
    pub(super) fn day_or_minute(&self, at: Timestamp) -> When {
        let minute = self.minute(at);
        if minute.iso.contains("T00:00:00") { self.day(at) } else { minute }
    }

    /// The day, and the time in UTC to the minute.
    pub(super) fn minute(&self, at: Timestamp) -> When {
        let day = self.day(at);
        let clock = day.iso.get(11..16).unwrap_or_default();
        let words = fill(&self.fill("date.minute", "clock", clock), "date", &day.words);
        When { words, ..day }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_every_word() {
        assert_eq!(Texts::faults(FILES), Vec::<String>::new());
    }

    #[test]
    fn every_word_that_a_page_asks_for_is_there() {
        let sources = [
            include_str!("verify.rs"),
            include_str!("speech.rs"),
            include_str!("../../templates/verify.html"),
            include_str!("../../templates/verdict.html"),
            include_str!("../../templates/spoken.html"),
        ];
        let groups = ["page.", "verify.", "wrong.", "result.", "date."];
        let is_key = |text: &&str| {
            groups.iter().any(|group| text.starts_with(group))
                && !text.ends_with('.')
                && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'.')
                && ![".html", ".rs"].iter().any(|ending| text.ends_with(ending))
        };
        let mut seen = 0;
        for key in sources.iter().flat_map(|source| source.split('"')).filter(is_key) {
            assert!(WORDS.get(Language::En, key).is_some(), "no words for {key}");
            seen += 1;
        }
        assert!(seen > 40, "{seen}: are the keys still written as texts?");
    }

    #[test]
    fn times_are_words_in_each_language() {
        let at = Timestamp::parse("2026-03-05T09:07:59.5Z").expect("time");
        for (language, words) in [
            (Language::En, "5 March 2026, 09:07 UTC"),
            (Language::De, "5. März 2026, 09:07 UTC"),
            (Language::Fr, "5 mars 2026, 09:07 UTC"),
            (Language::Es, "5 de marzo de 2026, 09:07 UTC"),
            (Language::Pt, "5 de março de 2026, 09:07 UTC"),
        ] {
            assert_eq!(Speech(language).minute(at).words, words);
        }
        let midnight = Timestamp::parse("2026-12-31T00:00:00Z").expect("time");
        assert_eq!(Speech(Language::De).day_or_minute(midnight).words, "31. Dezember 2026");
        assert_eq!(Speech(Language::De).day_or_minute(at).iso, "2026-03-05T09:07:59Z");
    }
}
