//! A verification report for people: the verdict in words, then every check in order, in the reader's language. It is
//! rendered from its JSON, so that a report made here and one by a node look alike.

use crate::error::CliError;
use crate::output::{Colour, paint, plain};
use accolade_core::language::{Language, Texts, fill};
use accolade_core::time::Timestamp;
use accolade_core::verify;
use serde_json::Value;
use std::sync::LazyLock;

/// The word of the verdict.
///
/// # Errors
/// A report without one, which only something else than an Accolade node sends.
pub(crate) fn verdict(report: &Value) -> Result<&str, CliError> {
    report.get("verdict").and_then(Value::as_str).ok_or_else(|| CliError::Answer {
        node: "the node".to_owned(),
        message: "the report has no verdict".to_owned(),
    })
}

/// 0 valid, 2 valid by an unknown issuer or not to be checked, 1 for all else.
pub(crate) fn exit_code(verdict: &str) -> u8 {
    match verdict {
        "valid" => 0,
        "valid_issuer_unknown" | "could_not_check" => 2,
        _ => 1,
    }
}

/// The files of labels, in the order of [`Language::ALL`].
const FILES: [&str; Language::ALL.len()] = [
    include_str!("words/en.txt"),
    include_str!("words/de.txt"),
    include_str!("words/fr.txt"),
    include_str!("words/es.txt"),
    include_str!("words/pt.txt"),
];

static LABELS: LazyLock<Texts> = LazyLock::new(|| Texts::new(FILES));

/// How a report is written.
#[derive(Clone, Copy)]
pub(crate) struct Style {
    pub(crate) language: Language,
    pub(crate) coloured: bool,
}

impl Style {
    /// One of our labels; its key if it is in no file, which a test holds that none is.
    fn label(self, key: &str) -> String {
        LABELS.get(self.language, key).map_or_else(|| key.to_owned(), |label| label.text.to_owned())
    }

    /// The word for `name` in a group of core's words; a name that isn't known there as it is.
    fn word(self, group: &str, name: &str) -> String {
        let known = verify::words(self.language, &format!("{group}.{name}"));
        known.map_or_else(|| plain(name).replace('_', " "), |word| word.text.to_owned())
    }
}

/// The report in lines; `subject` names what was judged. Colour stands only beside a word that says the same.
pub(crate) fn in_words(subject: &str, report: &Value, style: Style) -> String {
    let word = text(report, "verdict");
    let colour = match exit_code(&word) {
        0 => Colour::Green,
        2 => Colour::Yellow,
        _ => Colour::Red,
    };
    let headline = paint(&style.word("headline", &word).to_uppercase(), colour, style.coloured);
    let mut lines = vec![format!("{}: {headline}. {}", plain(subject), text(report, "sentence"))];
    lines.extend(about(report, style));
    let checked_at = time(report, "checked_at");
    let widths = Widths::of(report, style);
    for check in items(report, "checks") {
        lines.extend(check_lines(check, checked_at, &widths, style));
    }
    for warning in items(report, "warnings") {
        let mark = paint(&format!("! {}", style.label("warning")), Colour::Yellow, style.coloured);
        lines.push(format!("  {mark}  {}{}", text(warning, "sentence"), detail(warning)));
    }
    for endorsement in items(report, "endorsements") {
        let by = text(endorsement, "issuer");
        let by = if by.is_empty() { style.label("endorsed.unknown") } else { by };
        let verdict = style.word("headline", &text(endorsement, "verdict"));
        let line = fill(&fill(&style.label("endorsed"), "verdict", &verdict), "issuer", &by);
        lines.push(format!("  {line}"));
    }
    lines.join("\n")
}

/// What can be done, and what the badge says, if its proof passed.
fn about(report: &Value, style: Style) -> Vec<String> {
    let badge = report.get("badge").unwrap_or(&Value::Null);
    let code = report.get("code");
    let deciding = items(report, "checks").iter().find(|check| code.is_some() && check.get("code") == code);
    let rows = [
        ("todo", deciding.map(|check| text(check, "hint")).unwrap_or_default()),
        ("badge", text(badge, "name")),
        ("id", text(badge, "id")),
        ("issuer", text(report, "issuer")),
        ("trusted", trusted(report)),
        ("earner", earner(badge, style)),
        ("from", text(badge, "valid_from")),
        ("until", text(badge, "valid_until")),
        ("status", text(report, "status_as_of")),
        ("picture", picture(report, style)),
    ];
    let row = |(key, value): (&str, String)| {
        (!value.is_empty()).then(|| format!("  {:<14}  {value}", style.label(&format!("label.{key}"))))
    };
    rows.into_iter().filter_map(row).collect()
}

/// How wide the columns of the checks are, in characters.
struct Widths {
    outcome: usize,
    name: usize,
}

impl Widths {
    fn of(report: &Value, style: Style) -> Self {
        let longest = |group, member| {
            let words = items(report, "checks").iter().map(|check| style.word(group, &text(check, member)));
            words.map(|word| word.chars().count()).max().unwrap_or_default()
        };
        Self { outcome: longest("outcome", "outcome"), name: longest("check", "name") }
    }
}

fn check_lines(check: &Value, checked_at: Option<Timestamp>, widths: &Widths, style: Style) -> Vec<String> {
    let outcome = check.get("outcome").and_then(Value::as_str);
    let (mark, colour) = match outcome {
        Some("pass") => ("✓", Colour::Green),
        Some("fail") => ("✗", Colour::Red),
        Some("not_applicable") => ("–", Colour::Grey),
        // What we don't know is never shown as good.
        _ => ("?", Colour::Yellow),
    };
    let known = outcome.filter(|word| ["pass", "fail", "not_applicable"].contains(word));
    let word = style.word("outcome", known.unwrap_or("could_not_check"));
    let outcome = paint(&format!("{mark} {word:<0$}", widths.outcome), colour, style.coloured);
    let name = style.word("check", &text(check, "name"));
    let first =
        format!("  {outcome}  {name:<0$}  {1}{2}", widths.name, text(check, "sentence"), detail(check));
    let mut lines = vec![first];
    let indent = " ".repeat(2 + 2 + widths.outcome + 2 + widths.name + 2);
    let place = text(check, "pointer");
    if !place.is_empty() {
        lines.push(format!("{indent}{}: {place}", style.label("label.place")));
    }
    let Some(source) = check.get("source").and_then(Value::as_str) else { return lines };
    let source = fill(&style.label("evidence"), "source", &style.word("source", source));
    let age = match (time(check, "as_of"), checked_at) {
        (Some(as_of), Some(now)) => format!(", {} ({as_of})", verify::age(style.language, as_of, now)),
        (Some(as_of), None) => format!(" ({as_of})"),
        _ => String::new(),
    };
    lines.push(format!("{indent}{source}{age}"));
    lines
}

/// The picture that the badge stood in.
fn picture(report: &Value, style: Style) -> String {
    let Some(picture) = report.get("picture") else { return String::new() };
    let is_old = picture.get("format").and_then(Value::as_str) == Some("ob2");
    let label = style.label(if is_old { "picture.old" } else { "picture.plain" });
    fill(&label, "kind", &text(picture, "kind").to_uppercase())
}

fn earner(badge: &Value, style: Style) -> String {
    let id = text(badge, "recipient_id");
    match (id.is_empty(), badge.get("recipient").and_then(Value::as_str)) {
        (false, _) => id,
        (true, Some("email")) => style.label("earner.email"),
        (true, Some("other")) => style.label("earner.other"),
        _ => String::new(),
    }
}

/// The root that knows the issuer, and the name that it gives it.
fn trusted(report: &Value) -> String {
    let Some(trusted) = report.get("trusted_by") else { return String::new() };
    let (root, name) = (text(trusted, "root"), text(trusted, "name"));
    if name.is_empty() { root } else { format!("{root}: {name}") }
}

fn items<'a>(report: &'a Value, name: &str) -> &'a [Value] {
    report.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).map(plain).unwrap_or_default()
}

fn time(value: &Value, name: &str) -> Option<Timestamp> {
    Timestamp::parse(value.get(name)?.as_str()?).ok()
}

fn detail(value: &Value) -> String {
    let detail = text(value, "detail");
    if detail.is_empty() { detail } else { format!(" ({detail})") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ENGLISH: Style = Style { language: Language::En, coloured: false };

    #[test]
    fn a_verdict_decides_the_exit_code() {
        for (word, code) in [
            ("valid", 0),
            ("valid_issuer_unknown", 2),
            ("could_not_check", 2),
            ("revoked", 1),
            ("suspended", 1),
            ("issuer_equivocated", 1),
            ("forged", 1),
            ("expired", 1),
            ("not_yet_valid", 1),
            ("malformed", 1),
            ("unsupported", 1),
            ("VALID", 1),
            ("", 1),
        ] {
            assert_eq!(exit_code(word), code, "{word}");
        }
        assert!(verdict(&json!({})).is_err());
        assert!(verdict(&json!({"verdict": true})).is_err());
    }

    #[test]
    fn each_check_has_a_mark_and_a_word_its_source_and_its_age() {
        let report = json!({"verdict": "could_not_check", "code": "old", "sentence": "Not known.", "issuer": "did:key:z6MkN",
            "checked_at": "2026-06-30T12:00:00Z", "badge": {"name": "First\u{1b}[2J Aid", "recipient": "email"},
            "checks": [
                {"name": "proof", "outcome": "pass", "sentence": "Signed.", "source": "did"},
                {"name": "status", "outcome": "could_not_check", "sentence": "Old.", "detail": "place 3",
                 "code": "old", "hint": "Wait.", "pointer": "/credentialStatus",
                 "source": "issuer_record", "as_of": "2026-06-30T10:00:00Z"},
                {"name": "issuer", "outcome": "fail", "sentence": "Other."},
                {"name": "later", "outcome": "splendid", "sentence": "?"}],
            "warnings": [{"sentence": "Odd."}]});
        let text = in_words("a.json", &report, ENGLISH);
        assert!(text.starts_with("a.json: COULD NOT BE CHECKED. Not known.\n"), "{text}");
        for words in [
            "✓ passed           Signature   Signed.",
            "✗ failed ",
            "? could not check  Revocation  Old. (place 3)",
            "! warning  Odd.",
            "what to do      Wait.",
            "place: /credentialStatus",
        ] {
            assert!(text.contains(words), "{words} is not in:\n{text}");
        }
        assert!(text.contains("by a record signed by the issuer, 2 h ago (2026-06-30T10:00:00Z)"), "{text}");
        assert!(text.contains("? could not check  later"), "an unknown outcome was shown as good:\n{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        let coloured = in_words("a.json", &report, Style { coloured: true, ..ENGLISH });
        assert!(coloured.contains("\u{1b}[33mCOULD NOT BE CHECKED\u{1b}[0m"), "{coloured}");
        let german = in_words("a.json", &report, Style { language: Language::De, ..ENGLISH });
        assert!(german.contains("was tun") && german.contains("Stelle: /credentialStatus"), "{german}");
    }

    #[test]
    fn every_language_has_every_label() {
        assert_eq!(Texts::faults(FILES), Vec::<String>::new());
    }

    #[test]
    fn every_label_that_is_asked_for_is_there() {
        let keys = ["earner.email", "earner.other", "picture.plain", "picture.old", "evidence", "warning"];
        let rows = [
            "todo", "badge", "id", "issuer", "trusted", "earner", "from", "until", "status", "picture",
            "place",
        ];
        let rows = rows.map(|row| format!("label.{row}"));
        for key in
            keys.into_iter().chain(["endorsed", "endorsed.unknown"]).chain(rows.iter().map(String::as_str))
        {
            assert!(LABELS.get(Language::En, key).is_some(), "no words for {key}");
        }
    }
}
