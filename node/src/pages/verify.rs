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
    /// An address that isn't asked.
    Url,
    /// A recipient who isn't named by an e-mail address.
    Email,
}

impl Wrong {
    fn key(&self) -> &'static str {
        match self {
            Self::Nothing => "wrong.nothing",
            Self::Several => "wrong.several",
            Self::TooLarge => "wrong.large",
            Self::Unread => "wrong.unread",
            Self::Text => "wrong.text",
            Self::Url => "wrong.url",
            Self::Email => "wrong.email",
        }
    }
}

/// What was given, to be put back into the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    /// The badge as text.
    pub(crate) text: String,
    /// The badge's address.
    pub(crate) url: String,
    /// The recipient's e-mail address.
    pub(crate) email: String,
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
    wrong: Option<&'static str>,
    given: Given,
}

struct LanguageLink {
    tag: &'static str,
    name: &'static str,
}

impl<'a> VerifyPage<'a> {
    /// The form, with what is wrong with what was given, and what was given.
    pub(crate) fn new(reader: Reader<'a>, wrong: Option<&Wrong>, mut given: Given) -> Self {
        if given.text.len() > MAX_GIVEN_BYTES {
            given.text.clear();
        }
        let t = Speech(reader.language);
        let link = |language: Language| LanguageLink { tag: language.tag(), name: language.own_name() };
        Self {
            t,
            node_name: reader.node_name,
            root: root_of(reader.base_url),
            query: reader.query(),
            languages: Language::ALL.into_iter().map(link).collect(),
            wrong: wrong.map(|wrong| t.say(wrong.key())),
            given,
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
    /// Whether there is something to look into.
    is_open: bool,
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
            is_open: matches!(check.outcome, Outcome::Fail | Outcome::CouldNotCheck),
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

#[cfg(test)]
mod tests {
    use super::*;
    use accolade_core::jsonld::Contexts;
    use accolade_core::time::Timestamp;
    use accolade_core::verify::{Evidence, Policy, check_bytes};

    const VERDICTS: [Verdict; 11] = [
        Verdict::Malformed,
        Verdict::Unsupported,
        Verdict::Forged,
        Verdict::CouldNotCheck,
        Verdict::Revoked,
        Verdict::IssuerEquivocated,
        Verdict::Suspended,
        Verdict::Expired,
        Verdict::NotYetValid,
        Verdict::ValidIssuerUnknown,
        Verdict::Valid,
    ];

    fn reader(language: Language) -> Reader<'static> {
        Reader { node_name: "Lake", base_url: "https://lake.example/badges", language, is_chosen: true }
    }

    fn report(text: &str) -> Report {
        let now = Timestamp::parse("2026-07-01T12:00:00Z").expect("time");
        let mut gather = |_: &verify::Needs| Evidence::default();
        check_bytes(text.as_bytes(), &mut gather, &Policy::default(), now, &Contexts::pinned())
    }

    fn html(language: Language, report: Report) -> String {
        VerdictPage::new(reader(language), report, None).render().expect("renders")
    }

    fn proven(badge: Badge) -> Report {
        let mut report = report("{");
        (report.badge, report.issuer) = (Some(badge), Some("did:key:z6MkIssuer".to_owned()));
        report
    }

    fn badge() -> Badge {
        Badge {
            id: None,
            name: None,
            achievement_id: None,
            achievement: Some("Welding".to_owned()),
            description: None,
            issuer_name: None,
            recipient: RecipientKind::None,
            recipient_id: None,
            valid_from: None,
            valid_until: None,
        }
    }

    #[test]
    fn every_verdict_stands_in_words_in_every_language_and_only_one_looks_good() {
        for language in Language::ALL {
            for verdict in VERDICTS {
                let mut report = report("{");
                report.verdict = verdict;
                let page = html(language, report);
                let headline = verdict.headline(language).replace('\'', "&#39;");
                assert!(page.contains(&format!("<h1 id=\"verdict\">{headline}</h1>")), "{headline}: {page}");
                assert!(page.contains(&format!("<html lang=\"{}\">", language.tag())));
                let looks_good = page.contains("class=\"verdict good\"");
                assert_eq!(looks_good, verdict == Verdict::Valid, "{verdict:?}");
                assert!(page.contains(&format!("/badges/verify?lang={}\"", language.tag())), "{page}");
                for key in ["result.", "verify.", "date.", "page."] {
                    assert!(!page.contains(key), "a key instead of words: {page}");
                }
            }
        }
    }

    #[test]
    fn nothing_of_a_badge_is_shown_before_its_proof_passed() {
        let unproven = report(
            r#"{"name":"Doctor of <b>Medicine</b>","issuer":{"id":"https://uni.example","name":"Grand University"}}"#,
        );
        let page = html(Language::En, unproven);
        for claim in ["Medicine", "Grand University", "uni.example"] {
            assert!(!page.contains(claim), "{claim} is on the page: {page}");
        }
        assert!(page.contains("nothing of it is proved"));
    }

    #[test]
    fn what_others_wrote_stays_text_and_short() {
        let hostile = "<script>alert(1)</script>\u{202e}\"'>&\u{0}";
        let long = "x".repeat(100_000);
        let badge = Badge {
            achievement: Some(format!("{hostile}{long}")),
            description: Some(hostile.to_owned()),
            issuer_name: Some(hostile.to_owned()),
            recipient: RecipientKind::Url,
            recipient_id: Some(format!("https://a.example/{hostile}")),
            ..badge()
        };
        let page = html(Language::De, proven(badge));
        assert!(!page.contains("<script") && !page.contains('\u{202e}') && !page.contains('\u{0}'), "{page}");
        assert!(page.matches("&#60;script&#62;").count() >= 4, "{page}");
        assert!(page.len() < 20_000, "{}", page.len());
    }

    #[test]
    fn the_issuer_is_who_signed_and_its_name_is_only_a_claim() {
        let claims = Badge { issuer_name: Some("Grand University".to_owned()), ..badge() };
        let page = html(Language::En, proven(claims.clone()));
        assert!(page.contains("did:key:z6MkIssuer") && page.contains("This is a key, not a name."));
        assert!(page.contains("calls its issuer “\u{2068}Grand University\u{2069}”"), "{page}");
        let mut by_domain = proven(claims);
        by_domain.issuer = Some("did:web:uni.example%3A8443:b".to_owned());
        assert!(html(Language::En, by_domain).contains("<strong><bdi>uni.example:8443</bdi></strong>"));
    }

    #[test]
    fn an_issuer_has_a_domain_if_its_name_holds_one() {
        for (issuer, domain) in [
            ("did:web:uni.example", Some("uni.example")),
            ("did:web:uni.example%3A8443:badges:x", Some("uni.example:8443")),
            ("https://uni.example/issuer.json#key", Some("uni.example")),
            ("https://uni.example?x", Some("uni.example")),
            ("https://good.example@bad.example/", None),
            ("https://ünï.example/", None),
            ("https:///x", None),
            ("did:web:", None),
            ("did:web:a b", None),
            ("did:key:z6Mk", None),
            ("http://uni.example/", None),
            ("", None),
        ] {
            assert_eq!(super::domain(issuer).as_deref(), domain, "{issuer}");
        }
    }

    #[test]
    fn a_form_comes_back_with_what_was_given() {
        let trick = "\"><script>".to_owned();
        let given = |text: &str| Given { text: text.to_owned(), url: trick.clone(), email: trick.clone() };
        let page = |given| {
            VerifyPage::new(reader(Language::Fr), Some(&Wrong::Email), given).render().expect("renders")
        };
        let html = page(given("</textarea><script>alert(1)</script>"));
        assert!(html.contains("role=\"alert\"") && html.contains("adresse e-mail"));
        assert!(html.contains("&#60;/textarea&#62;&#60;script&#62;"), "{html}");
        assert_eq!(html.matches("value=\"&#34;&#62;&#60;script&#62;\"").count(), 2, "{html}");
        assert_eq!(html.matches("<script").count(), 1, "its own: {html}");
        assert!(!page(given(&"x".repeat(MAX_GIVEN_BYTES + 1))).contains("xxx"));
    }
}
