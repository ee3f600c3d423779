//! The sentences that people read, by code; one file for each language.

use crate::language::{Language, Text, Texts, fill};
use crate::time::Timestamp;
use std::sync::LazyLock;

/// The files, in the order of [`Language::ALL`].
pub(super) const FILES: [&str; Language::ALL.len()] = [
    include_str!("sentences/en.txt"),
    include_str!("sentences/de.txt"),
    include_str!("sentences/fr.txt"),
    include_str!("sentences/es.txt"),
    include_str!("sentences/pt.txt"),
];

static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::new(FILES));

/// The words of a report, for who has one as JSON: the sentence and hint of a code, or the word under `headline.`,
/// `check.`, `outcome.`, `source.` with the name behind it, or `age.` with a unit. In English where the language has none.
pub fn words(language: Language, key: &str) -> Option<Text> {
    TEXTS.get(language, key)
}

/// The sentence of a code; for one without, that of `general`. The codes of JSON-LD 1.1 itself, which are words with blanks
/// between them, have one sentence together.
pub(super) fn of(language: Language, code: &str, general: &'static str) -> Text {
    let key = if code.contains(' ') { "jsonld_rule" } else { code };
    let found = TEXTS.get(language, key).or_else(|| TEXTS.get(language, general));
    found.unwrap_or(Text { text: general, hint: None })
}

/// The word for `name` in its group.
pub(super) fn word(language: Language, group: &str, name: &'static str) -> &'static str {
    TEXTS.get(language, &format!("{group}.{name}")).map_or(name, |text| text.text)
}

/// How old something of the time `then` is at the time `now`, in the largest unit that fits.
pub fn age(language: Language, then: Timestamp, now: Timestamp) -> String {
    let s = now.since(then).as_secs();
    let (unit, number) = match s {
        0..120 => ("age.seconds", s),
        120..7200 => ("age.minutes", s / 60),
        7200..172_800 => ("age.hours", s / 3600),
        _ => ("age.days", s / 86_400),
    };
    TEXTS.get(language, unit).map_or_else(String::new, |said| fill(said.text, "n", &number.to_string()))
}
