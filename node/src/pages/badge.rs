//! A badge's own page.

use super::root_of;
use super::text::{When, line, prose, text_of, web_link};
use accolade_core::json::{Object, Value};
use accolade_core::time::Timestamp;
use accolade_core::verify::{Check, Language, Outcome, Report, Verdict};
use askama::Template;

/// A name with more characters is set smaller.
const LONG_NAME_CHARS: usize = 60;

/// The page `/b/{uuid}`. The recipient is never on it: who holds the badge decides who learns of it.
#[derive(Template)]
#[template(path = "badge.html")]
pub(crate) struct BadgePage {
    node_name: String,
    root: String,
    /// Whether the signature is right, so that what the badge says of itself is shown.
    is_proven: bool,
    name: String,
    has_long_name: bool,
    kind: &'static str,
    image: Option<Image>,
    description: Option<String>,
    verdict: VerdictView,
    checked_at: When,
    status_as_of: Option<When>,
    issuer_proven: Option<String>,
    issuer_says: Option<String>,
    issued: Option<When>,
    expires: Option<When>,
    has_expired: bool,
    criteria: Option<String>,
    criteria_link: Option<String>,
    checks: Vec<CheckView>,
    id: String,
    achievement_id: Option<String>,
    /// The address of the badge as a file, without its extension.
    file_href: String,
}

struct Image {
    src: String,
    alt: String,
}

struct VerdictView {
    word: &'static str,
    sentence: &'static str,
    code: &'static str,
    tone: &'static str,
}

struct CheckView {
    name: &'static str,
    outcome: &'static str,
    tone: &'static str,
    sentence: &'static str,
}

impl BadgePage {
    /// The page of a badge with the id part `uuid`, as the report of just now found it.
    ///
    /// What the badge claims is shown only if its signature was found right. `base_url` is this node's, whose
    /// images may be shown.
    pub(crate) fn new(
        node_name: &str,
        base_url: &str,
        uuid: &str,
        credential: &Object,
        report: &Report,
    ) -> Self {
        let nothing = Object::new();
        let shown = if report.badge.is_some() { credential } else { &nothing };
        let first = |object: &Object, key: &str| object.get(key)?.one_or_many().first()?.as_object().cloned();
        let achievement =
            first(shown, "credentialSubject").and_then(|subject| first(&subject, "achievement"));
        let achievement = achievement.unwrap_or_default();
        let criteria = first(&achievement, "criteria").unwrap_or_default();
        let name = text_of(&achievement, "name").or_else(|| text_of(shown, "name")).and_then(line);
        let name = name.unwrap_or_else(|| "Badge".to_owned());
        let time = |key| text_of(shown, key).and_then(|text| Timestamp::parse(text).ok());
        Self {
            node_name: node_name.to_owned(),
            root: root_of(base_url).to_owned(),
            image: image(&achievement, base_url),
            is_proven: report.badge.is_some(),
            has_long_name: name.chars().count() > LONG_NAME_CHARS,
            name,
            kind: kind(&achievement),
            description: text_of(&achievement, "description").and_then(prose),
            verdict: verdict(report),
            checked_at: When::minute(report.checked_at),
            status_as_of: report.status_as_of.map(When::minute),
            issuer_proven: report.issuer.clone(),
            issuer_says: first(shown, "issuer").and_then(|issuer| line(text_of(&issuer, "name")?)),
            issued: time("validFrom").map(When::day),
            expires: time("validUntil").map(When::day_or_minute),
            has_expired: report.verdict == Verdict::Expired,
            criteria: text_of(&criteria, "narrative").and_then(prose),
            criteria_link: text_of(&criteria, "id").and_then(web_link).map(str::to_owned),
            checks: report.checks.iter().map(CheckView::new).collect(),
            id: format!("urn:uuid:{uuid}"),
            achievement_id: text_of(&achievement, "id").and_then(line),
            file_href: format!("{}/b/{uuid}", root_of(base_url)),
        }
    }
}

impl CheckView {
    fn new(check: &Check) -> Self {
        let name = check.name.in_language(Language::En);
        let (outcome, tone) = match check.outcome {
            Outcome::Pass => ("✓ passed", "good"),
            Outcome::Fail => ("✕ failed", "bad"),
            Outcome::CouldNotCheck => ("△ could not check", "unsure"),
            Outcome::NotApplicable => ("– not needed", "off"),
        };
        Self { name, outcome, tone, sentence: check.sentence }
    }
}

fn verdict(report: &Report) -> VerdictView {
    VerdictView {
        word: report.headline(),
        sentence: report.sentence,
        code: report.verdict.as_str(),
        tone: tone(report.verdict),
    }
}

/// How a verdict looks: `good`, `bad` or `unsure`. What could not be checked never looks good.
pub(super) fn tone(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Valid => "good",
        Verdict::ValidIssuerUnknown
        | Verdict::CouldNotCheck
        | Verdict::Unsupported
        | Verdict::NotYetValid
        | Verdict::Suspended => "unsure",
        Verdict::Malformed
        | Verdict::Forged
        | Verdict::Revoked
        | Verdict::IssuerEquivocated
        | Verdict::Expired => "bad",
    }
}

/// The achievement's image, if it is one of this node's own: a page must not tell others who looks at it.
fn image(achievement: &Object, base_url: &str) -> Option<Image> {
    let image = achievement.get("image")?;
    let url = image.as_str().or_else(|| image.get("id")?.as_str())?;
    let caption = image.as_object().and_then(|image| text_of(image, "caption")).and_then(line);
    let name = text_of(achievement, "name").and_then(line).unwrap_or_else(|| "this badge".to_owned());
    Some(Image { src: own_image(url, base_url)?, alt: caption.unwrap_or_else(|| format!("Image of {name}")) })
}

/// The address of an image under which this node's pages may show it: the node's own, or inline. In an
/// `img` element an SVG runs no script and loads nothing.
pub(super) fn own_image(url: &str, base_url: &str) -> Option<String> {
    let plain =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+=-_.".contains(&byte));
    let inline = ["data:image/png;base64,", "data:image/jpeg;base64,", "data:image/svg+xml;base64,"];
    if let Some(data) = inline.iter().find_map(|prefix| url.strip_prefix(prefix)) {
        return plain(data).then(|| url.to_owned());
    }
    let path = url.strip_prefix(base_url.trim_end_matches('/'))?;
    (path.starts_with('/') && !path.starts_with("//") && plain(path))
        .then(|| format!("{}{path}", root_of(base_url)))
}

/// What an Open Badges achievement type is called; the types are listed in Open Badges 3.0, B.6.
fn kind(achievement: &Object) -> &'static str {
    match achievement.get("achievementType").and_then(Value::as_str).unwrap_or_default() {
        "Certificate" | "CertificateOfCompletion" => "Certificate",
        "Certification" => "Certification",
        "Course" => "Course",
        "Degree" | "AssociateDegree" | "BachelorDegree" | "MasterDegree" | "DoctoralDegree" => "Degree",
        "Diploma" | "SecondarySchoolDiploma" => "Diploma",
        "License" => "License",
        "Membership" => "Membership",
        "MicroCredential" => "Micro-credential",
        "Award" => "Award",
        _ => "Badge",
    }
}
