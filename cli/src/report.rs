//! A verification report for people: the verdict in words, then every check in order. It is rendered from its
//! JSON, so that a report made here and one by a node look alike.

use crate::error::CliError;
use crate::output::{Colour, paint, plain};
use accolade_core::time::Timestamp;
use serde_json::Value;

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

/// The report in lines; `subject` names what was judged. Colour stands only beside a word that says the same.
pub(crate) fn in_words(subject: &str, report: &Value, coloured: bool) -> String {
    let word = text(report, "verdict");
    let colour = match exit_code(&word) {
        0 => Colour::Green,
        2 => Colour::Yellow,
        _ => Colour::Red,
    };
    let headline = paint(&word.replace('_', " ").to_uppercase(), colour, coloured);
    let mut lines = vec![format!("{}: {headline}. {}", plain(subject), text(report, "sentence"))];
    let badge = report.get("badge").unwrap_or(&Value::Null);
    let checked_at = time(report, "checked_at");
    let about = [
        ("badge", text(badge, "name")),
        ("id", text(badge, "id")),
        ("issuer", text(report, "issuer")),
        ("earner", earner(badge)),
        ("from", text(badge, "valid_from")),
        ("until", text(badge, "valid_until")),
        ("status", text(report, "status_as_of")),
        ("taken from", picture(report)),
    ];
    for (label, value) in about.iter().filter(|(_, value)| !value.is_empty()) {
        let label = if *label == "status" { "status as of" } else { label };
        lines.push(format!("  {label:<12}  {value}"));
    }
    for check in items(report, "checks") {
        lines.extend(check_lines(check, checked_at, coloured));
    }
    for warning in items(report, "warnings") {
        let mark = paint("! warning", Colour::Yellow, coloured);
        lines.push(format!("  {mark}  {}{}", text(warning, "sentence"), detail(warning)));
    }
    for endorsement in items(report, "endorsements") {
        let by = text(endorsement, "issuer");
        let by = if by.is_empty() { "an issuer that is not proved".to_owned() } else { by };
        lines.push(format!("  endorsed by {by}: {}", text(endorsement, "verdict").replace('_', " ")));
    }
    lines.join("\n")
}

fn check_lines(check: &Value, checked_at: Option<Timestamp>, coloured: bool) -> Vec<String> {
    let (mark, word, colour) = match check.get("outcome").and_then(Value::as_str) {
        Some("pass") => ("✓", "pass", Colour::Green),
        Some("fail") => ("✗", "fail", Colour::Red),
        Some("not_applicable") => ("–", "not applicable", Colour::Grey),
        // What we don't know is never shown as good.
        _ => ("?", "could not check", Colour::Yellow),
    };
    let outcome = paint(&format!("{mark} {word:<15}"), colour, coloured);
    let name = text(check, "name").replace('_', " ");
    let mut lines = vec![format!("  {outcome}  {name:<12}  {}{}", text(check, "sentence"), detail(check))];
    let source = match check.get("source").and_then(Value::as_str) {
        None => return lines,
        Some("document") => "the badge itself".to_owned(),
        Some("did") => "the issuer's DID, which is its key".to_owned(),
        Some("controller_document") => "the document of the issuer's DID".to_owned(),
        Some("status_list_credential") => "a status list signed by the issuer".to_owned(),
        Some("issuer_record") => "a record signed by the issuer".to_owned(),
        Some(other) => plain(other).replace('_', " "),
    };
    let age = match (time(check, "as_of"), checked_at) {
        (Some(as_of), Some(now)) => format!(", {} ({as_of})", age(as_of, now)),
        (Some(as_of), None) => format!(", of {as_of}"),
        _ => String::new(),
    };
    lines.push(format!("{:35}by {source}{age}", ""));
    lines
}

/// The picture that the badge stood in.
fn picture(report: &Value) -> String {
    let Some(picture) = report.get("picture") else { return String::new() };
    let place = match picture.get("format").and_then(Value::as_str) {
        Some("ob3") => " (Open Badges 3.0)",
        Some("ob2") => " (the place of Open Badges 2.0)",
        _ => "",
    };
    format!("a picture, {}{place}", text(picture, "kind").to_uppercase())
}

fn earner(badge: &Value) -> String {
    let id = text(badge, "recipient_id");
    match (id.is_empty(), badge.get("recipient").and_then(Value::as_str)) {
        (false, _) => id,
        (true, Some("email")) => "an e-mail address (the badge holds its hash)".to_owned(),
        (true, Some("other")) => "an identifier that is not a DID".to_owned(),
        _ => String::new(),
    }
}

/// How old something is, in the largest unit that fits.
fn age(then: Timestamp, now: Timestamp) -> String {
    let s = now.since(then).as_secs();
    match s {
        0..120 => format!("{s} s old"),
        120..7200 => format!("{} min old", s / 60),
        7200..172_800 => format!("{} h old", s / 3600),
        _ => format!("{} days old", s / 86_400),
    }
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
        let report = json!({"verdict": "could_not_check", "sentence": "Not known.", "issuer": "did:key:z6MkN",
            "checked_at": "2026-06-30T12:00:00Z", "badge": {"name": "First\u{1b}[2J Aid", "recipient": "email"},
            "checks": [
                {"name": "proof", "outcome": "pass", "sentence": "Signed.", "source": "did"},
                {"name": "status", "outcome": "could_not_check", "sentence": "Old.", "detail": "place 3",
                 "source": "issuer_record", "as_of": "2026-06-30T10:00:00Z"},
                {"name": "issuer", "outcome": "fail", "sentence": "Other."},
                {"name": "later", "outcome": "splendid", "sentence": "?"}],
            "warnings": [{"sentence": "Odd."}]});
        let text = in_words("a.json", &report, false);
        assert!(text.starts_with("a.json: COULD NOT CHECK. Not known.\n"), "{text}");
        for words in ["✓ pass", "✗ fail", "? could not check  status", "Old. (place 3)", "! warning  Odd."]
        {
            assert!(text.contains(words), "{words} is not in:\n{text}");
        }
        assert!(text.contains("by a record signed by the issuer, 2 h old (2026-06-30T10:00:00Z)"), "{text}");
        assert!(text.contains("? could not check  later"), "an unknown outcome was shown as good:\n{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        let coloured = in_words("a.json", &report, true);
        assert!(coloured.contains("\u{1b}[33mCOULD NOT CHECK\u{1b}[0m"), "{coloured}");
    }

    #[test]
    fn an_age_is_told_in_the_unit_that_fits() {
        let now = Timestamp::from_millis(10_000_000_000);
        for (ms, words) in [
            (0, "0 s old"),
            (119_999, "119 s old"),
            (120_000, "2 min old"),
            (7_200_000, "2 h old"),
            (172_800_000, "2 days old"),
            (-5_000, "0 s old"),
        ] {
            assert_eq!(age(Timestamp::from_millis(now.as_millis() - ms), now), words);
        }
    }
}
