//! The pages of `/verify`: the form, and the answer in words.

use super::badge::tone;
use super::root_of;
use super::speech::Speech;
use super::text::{When, line, prose};
use accolade_core::language::{Language, fill};
use accolade_core::verify::{self, Badge, Check, Outcome, RecipientKind, Report, Verdict, Warning};
use askama::Template;

/// Longest text that is put back into the form, in bytes.
const MAX_GIVEN_BYTES: usize = 64 * 1024;

/// Where a page stands and in which language it speaks.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    /// The node's name.
    pub(crate) node_name: &'a str,
    /// The node's address.
    pub(crate) base_url: &'a str,
    /// The reader's language.
    pub(crate) language: Language,
    /// Whether the reader chose it by a link, so that the next page must keep it.
    pub(crate) is_chosen: bool,
}

impl Reader<'_> {
    fn query(&self) -> String {
        if self.is_chosen { format!("?lang={}", self.language.tag()) } else { String::new() }
    }
}

/// What is wrong with what was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Nothing was given.
    Nothing,
    /// More than one thing.
    Several,
    /// Over the limit.
    TooLarge,
    /// Not a form.
    Unread,
    /// A text that is not UTF-8.
    Text,
}

impl Wrong {
    fn sentence(&self, t: Speech) -> String {
        let key = match self {
            Self::Nothing => "wrong.nothing",
            Self::Several => "wrong.several",
            Self::TooLarge => "wrong.large",
            Self::Unread => "wrong.unread",
            Self::Text => "wrong.text",
        };
        t.say(key).to_owned()
    }
}

/// The form.
#[derive(Template)]
#[template(path = "verify.html")]
pub(crate) struct VerifyPage<'a> {
    t: Speech,
    node_name: &'a str,
    root: &'a str,
    query: String,
    languages: Vec<LanguageLink>,
    wrong: Option<WrongView>,
    given_text: &'a str,
}

struct LanguageLink {
    tag: &'static str,
    name: &'static str,
}

struct WrongView {
    sentence: String,
}

impl<'a> VerifyPage<'a> {
    /// The form, with what is wrong with what was given, and the text that was given.
    pub(crate) fn new(reader: Reader<'a>, wrong: Option<&Wrong>, given_text: &'a str) -> Self {
        let t = Speech(reader.language);
        let link = |language: Language| LanguageLink { tag: language.tag(), name: language.own_name() };
        Self {
            t,
            node_name: reader.node_name,
            root: root_of(reader.base_url),
            query: reader.query(),
            languages: Language::ALL.into_iter().map(link).collect(),
            wrong: wrong.map(|wrong| WrongView { sentence: wrong.sentence(t) }),
            given_text: if given_text.len() <= MAX_GIVEN_BYTES { given_text } else { "" },
        }
    }
}

/// The answer. Nothing of the badge is on it unless its proof passed.
#[derive(Template)]
#[template(path = "verdict.html")]
pub(crate) struct VerdictPage<'a> {
    t: Speech,
    node_name: &'a str,
    root: &'a str,
    query: String,
    title: String,
    headline: &'static str,
    sentence: &'static str,
    hint: Option<&'static str>,
    tone: &'static str,
    checked_at: When,
    checked: String,
    status: Option<String>,
    address: Option<String>,
    badge: Option<BadgeView>,
    is_from_picture: bool,
    warnings: Vec<WarningView>,
    endorsements: Vec<String>,
    checks: Vec<CheckView>,
}

/// What a badge whose proof passed says, and who proved it.
struct BadgeView {
    name: Option<String>,
    description: Option<String>,
    issuer: String,
    domain: Option<String>,
    issuer_note: String,
    claim: Option<String>,
    issued: Option<When>,
    until_label: &'static str,
    until: Option<When>,
    recipient_id: Option<String>,
    recipient: &'static str,
}

struct WarningView {
    sentence: &'static str,
    hint: Option<&'static str>,
    detail: Option<String>,
}

struct CheckView {
    name: &'static str,
    outcome: &'static str,
    mark: &'static str,
    tone: &'static str,
    sentence: &'static str,
    hint: Option<&'static str>,
    evidence: Option<String>,
    detail: Option<String>,
    pointer: Option<String>,
    code: &'static str,
    spec: &'static str,
}

impl<'a> VerdictPage<'a> {
    /// The answer to a reader; `address` is where the badge was fetched from, if it was.
    pub(crate) fn new(reader: Reader<'a>, report: Report, address: Option<&str>) -> Self {
        let language = reader.language;
        let t = Speech(language);
        let report = report.in_language(language);
        let headline = report.verdict.headline(language);
        let deciding = report.checks.iter().find(|check| check.code == report.code);
        let checked_at = t.minute(report.checked_at);
        let status = report.status_as_of.map(|at| t.fill("result.status", "time", &t.minute(at).words));
        Self {
            t,
            node_name: reader.node_name,
            root: root_of(reader.base_url),
            query: reader.query(),
            title: t.fill("result.title", "verdict", headline),
            headline,
            sentence: report.sentence,
            hint: deciding.and_then(|check| check.hint),
            tone: tone(report.verdict),
            checked: t.fill("result.checked", "time", &checked_at.words),
            checked_at,
            status,
            address: address.and_then(line),
            badge: report.badge.as_ref().map(|badge| BadgeView::new(t, badge, &report)),
            is_from_picture: report.picture.is_some(),
            warnings: report.warnings.iter().map(WarningView::new).collect(),
            endorsements: endorsements(t, &report),
            checks: report.checks.iter().map(|check| CheckView::new(t, check, &report)).collect(),
        }
    }
}

impl BadgeView {
    fn new(t: Speech, badge: &Badge, report: &Report) -> Self {
        let shown = |text: &Option<String>| text.as_deref().and_then(line);
        let issuer = report.issuer.as_deref().unwrap_or_default();
        let domain = domain(issuer);
        let claim = shown(&badge.issuer_name);
        let has_expired = report.verdict == Verdict::Expired;
        let recipient = match badge.recipient {
            RecipientKind::Email => "result.recipient.email",
            RecipientKind::None => "result.recipient.none",
            _ => "result.recipient.other",
        };
        Self {
            name: shown(&badge.achievement).or_else(|| shown(&badge.name)),
            description: badge.description.as_deref().and_then(prose),
            issuer: line(issuer).unwrap_or_default(),
            issuer_note: match &domain {
                Some(domain) => t.fill("result.domain", "domain", domain),
                None => t.say("result.key").to_owned(),
            },
            domain,
            claim: claim.map(|name| t.fill("result.claims", "name", &isolated(&name))),
            issued: badge.valid_from.map(|at| t.day(at)),
            until_label: t.say(if has_expired { "result.expired" } else { "result.expires" }),
            until: badge.valid_until.map(|at| t.day_or_minute(at)),
            recipient_id: shown(&badge.recipient_id),
            recipient: t.say(recipient),
        }
    }
}

impl WarningView {
    fn new(warning: &Warning) -> Self {
        Self {
            sentence: warning.sentence,
            hint: warning.hint,
            detail: warning.detail.as_deref().and_then(line),
        }
    }
}

impl CheckView {
    fn new(t: Speech, check: &Check, report: &Report) -> Self {
        let (mark, tone) = match check.outcome {
            Outcome::Pass => ("✓", "good"),
            Outcome::Fail => ("✕", "bad"),
            Outcome::CouldNotCheck => ("△", "unsure"),
            Outcome::NotApplicable => ("–", "off"),
        };
        let evidence = check.source.map(|source| {
            let source = source.in_language(t.0);
            match check.as_of.map(|at| verify::age(t.0, at, report.checked_at)) {
                Some(age) => fill(&t.fill("result.evidence", "source", source), "age", &age),
                None => t.fill("result.evidence.undated", "source", source),
            }
        });
        Self {
            name: check.name.in_language(t.0),
            outcome: check.outcome.in_language(t.0),
            mark,
            tone,
            sentence: check.sentence,
            // What stands beside the verdict isn't said again.
            hint: check.hint.filter(|_| check.code != report.code),
            evidence,
            detail: check.detail.as_deref().and_then(line),
            pointer: check.pointer.as_deref().and_then(line),
            code: check.code,
            spec: check.spec,
        }
    }
}

fn endorsements(t: Speech, report: &Report) -> Vec<String> {
    let one = |endorsement: &verify::Endorsement| {
        let unknown = || t.say("result.endorsed.unknown").to_owned();
        let issuer = endorsement.issuer.as_deref().and_then(line).unwrap_or_else(unknown);
        let said = t.fill("result.endorsed", "verdict", endorsement.verdict.headline(t.0));
        fill(&said, "issuer", &issuer)
    };
    report.endorsements.iter().map(one).collect()
}

/// The domain that vouches for an issuer, with its port if that isn't the usual one: of a did:web, or of an https URL.
fn domain(issuer: &str) -> Option<String> {
    let host = match (issuer.strip_prefix("did:web:"), issuer.strip_prefix("https://")) {
        (Some(rest), _) => rest.split([':', '/', '?', '#']).next()?.replace("%3A", ":").replace("%3a", ":"),
        (None, Some(rest)) => rest.split(['/', '?', '#']).next()?.to_owned(),
        (None, None) => return None,
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:_".contains(&byte);
    (!host.is_empty() && host.bytes().all(is_plain)).then_some(host)
}

/// A text of others within a sentence of ours, so that its direction of writing ends with it (Unicode UAX 9).
fn isolated(text: &str) -> String {
    format!("\u{2068}{text}\u{2069}")
}
