//! The report: what was checked, how each check ended, and the verdict that follows.

use super::sentences;
use crate::bake::{Form, Format, ImageKind};
use crate::language::{Language, Text};
use crate::status::{ListKind, ListNeed};
use crate::time::Timestamp;
use crate::trust::TrustedBy;
use serde::{Serialize, Serializer};

/// The one word that a report comes down to. In the order in which they apply: the first wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Not a badge, or it breaks a rule of its format.
    Malformed,
    /// Well-formed, but a format, suite, DID method or context that we don't have.
    Unsupported,
    /// The signature is not one of the issuer's keys.
    Forged,
    /// Something needed for an answer was not to be had. Never good.
    CouldNotCheck,
    /// The issuer took it back for good.
    Revoked,
    /// The issuer told different things to different people.
    IssuerEquivocated,
    /// The issuer suspended it for now.
    Suspended,
    /// Past its end, or past that of its proof.
    Expired,
    /// Before its beginning.
    NotYetValid,
    /// All passed; the caller named trust roots, and none of them endorses the issuer.
    ValidIssuerUnknown,
    /// All passed.
    Valid,
}

impl Verdict {
    /// Whether the badge can be relied on.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Valid | Self::ValidIssuerUnknown)
    }

    /// The word in snake_case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Unsupported => "unsupported",
            Self::Forged => "forged",
            Self::CouldNotCheck => "could_not_check",
            Self::Revoked => "revoked",
            Self::IssuerEquivocated => "issuer_equivocated",
            Self::Suspended => "suspended",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::ValidIssuerUnknown => "valid_issuer_unknown",
            Self::Valid => "valid",
        }
    }

    /// The verdict as a headline for a lay reader.
    pub fn headline(self, language: Language) -> &'static str {
        sentences::word(language, "headline", self.as_str())
    }
}

/// The order of the verdicts; “could not check” stands in it three times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Malformed,
    Unsupported,
    Forged,
    ProofUnknown,
    Revoked,
    Suspended,
    Expired,
    NotYetValid,
    StatusUnknown,
    RecipientUnknown,
    IssuerUnknown,
    Valid,
}

impl Rank {
    pub(super) fn verdict(self) -> Verdict {
        match self {
            Self::Malformed => Verdict::Malformed,
            Self::Unsupported => Verdict::Unsupported,
            Self::Forged => Verdict::Forged,
            Self::ProofUnknown | Self::StatusUnknown | Self::RecipientUnknown => Verdict::CouldNotCheck,
            Self::Revoked => Verdict::Revoked,
            Self::Suspended => Verdict::Suspended,
            Self::Expired => Verdict::Expired,
            Self::NotYetValid => Verdict::NotYetValid,
            Self::IssuerUnknown => Verdict::ValidIssuerUnknown,
            Self::Valid => Verdict::Valid,
        }
    }

    fn outcome(self) -> Outcome {
        match self {
            Self::Valid => Outcome::Pass,
            Self::ProofUnknown | Self::StatusUnknown | Self::Unsupported => Outcome::CouldNotCheck,
            _ => Outcome::Fail,
        }
    }

    /// The key of the sentence for a code that has none of its own.
    fn general(self, applies: bool) -> &'static str {
        match (self, applies) {
            (Self::Valid, true) => "check_passed",
            (_, false) => "check_not_applicable",
            (rank, true) => rank.verdict().as_str(),
        }
    }
}

/// How one check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// In order.
    Pass,
    /// Not in order.
    Fail,
    /// What was needed was not to be had.
    CouldNotCheck,
    /// Nothing to check, or no point in it after another failure.
    NotApplicable,
}

impl Outcome {
    /// The word in snake_case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::CouldNotCheck => "could_not_check",
            Self::NotApplicable => "not_applicable",
        }
    }

    /// What it is called.
    pub fn in_language(self, language: Language) -> &'static str {
        sentences::word(language, "outcome", self.as_str())
    }
}

/// What is checked, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    /// It is a credential, and keeps the rules of its format.
    Structure,
    /// Every word in it is defined.
    Meaning,
    /// The JSON Schemas that it names; a credential that names none has no such check.
    Schema,
    /// The signature.
    Proof,
    /// The signer is the issuer.
    Issuer,
    /// The dates.
    Validity,
    /// Revoked or suspended.
    Status,
    /// The recipient is who presents it, or whom the caller names; without a caller's word a credential has no such check.
    Recipient,
    /// What others say for the badge.
    Endorsements,
    /// Whether a trust root of the caller's knows the issuer; where the caller named none there is no such check.
    Trust,
}

impl CheckName {
    /// The name in snake_case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Structure => "structure",
            Self::Meaning => "meaning",
            Self::Schema => "schema",
            Self::Proof => "proof",
            Self::Issuer => "issuer",
            Self::Validity => "validity",
            Self::Status => "status",
            Self::Recipient => "recipient",
            Self::Endorsements => "endorsements",
            Self::Trust => "trust",
        }
    }

    /// What it is called.
    pub fn in_language(self, language: Language) -> &'static str {
        sentences::word(language, "check", self.as_str())
    }

    /// The section of the specification that asks for it.
    pub fn spec(self) -> &'static str {
        match self {
            Self::Structure => "VCDM 2.0, section 4; Open Badges 3.0, appendix B",
            Self::Meaning => "JSON-LD 1.1 API, section 5; VCDM 2.0, section 5.2",
            Self::Schema => "VCDM 2.0, section 4.11; Open Badges 3.0, section 8.5",
            Self::Proof => {
                "Data Integrity 1.0, section 4.4; Data Integrity EdDSA 1.0, sections 3.2 and 3.3; VC-JOSE-COSE 1.0, section 3.1"
            }
            Self::Issuer => "VCDM 2.0, section 4.7; Controlled Identifiers 1.0, section 3.3",
            Self::Validity => "VCDM 2.0, section 4.9",
            Self::Status => "Bitstring Status List 1.0, section 3.2",
            Self::Recipient => "VCDM 2.0, section 4.13; Data Integrity 1.0, section 4.4",
            Self::Endorsements => "Open Badges 3.0, section B.1.7",
            Self::Trust => "VCDM 2.0, section 7.1",
        }
    }
}

/// Where the evidence of a check came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The document itself.
    Document,
    /// The DID itself, which is the key.
    Did,
    /// The document of the issuer's or holder's DID or URL, which lists the key.
    ControllerDocument,
    /// A signed status list credential.
    StatusListCredential,
    /// A signed record of the issuer's, held by the node.
    IssuerRecord,
    /// An unsigned list, from the https address that the issuer signed into the badge.
    Hosted,
}

impl Source {
    /// The name in snake_case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Did => "did",
            Self::ControllerDocument => "controller_document",
            Self::StatusListCredential => "status_list_credential",
            Self::IssuerRecord => "issuer_record",
            Self::Hosted => "hosted",
        }
    }

    /// What it is called.
    pub fn in_language(self, language: Language) -> &'static str {
        sentences::word(language, "source", self.as_str())
    }
}

/// One check.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// What was checked.
    pub name: CheckName,
    /// How it ended.
    pub outcome: Outcome,
    /// A stable word for programs.
    pub code: &'static str,
    /// One sentence for a lay reader.
    pub sentence: &'static str,
    /// What the reader, the holder or the issuer can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'static str>,
    /// The particulars: which member, which rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where in the document, as a JSON Pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    /// The specification.
    pub spec: &'static str,
    /// Where its evidence came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// How old that is: when it was last vouched for.
    #[serde(serialize_with = "optional_time", skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    #[serde(skip)]
    rank: Rank,
}

impl Check {
    fn speak(&mut self, language: Language) {
        let applies = self.outcome != Outcome::NotApplicable;
        let said = sentences::of(language, self.code, self.rank.general(applies));
        (self.sentence, self.hint) = (said.text, said.hint);
    }
}

/// Something that a reader should know, and that doesn't change the verdict.
#[derive(Clone, Debug, Serialize)]
pub struct Warning {
    /// A stable word for programs.
    pub code: &'static str,
    /// One sentence for a lay reader.
    pub sentence: &'static str,
    /// What the reader, the holder or the issuer can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'static str>,
    /// The particulars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where in the document, as a JSON Pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}

impl Warning {
    pub(super) fn new(code: &'static str, detail: Option<String>) -> Self {
        let said = sentences::of(Language::En, code, "malformed");
        Self { code, sentence: said.text, hint: said.hint, detail, pointer: None }
    }

    fn speak(&mut self, language: Language) {
        let said = sentences::of(language, self.code, "malformed");
        (self.sentence, self.hint) = (said.text, said.hint);
    }
}

/// What is wrong, for an RFC 9457 problem.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A stable word for programs.
    pub code: &'static str,
    /// One sentence for a lay reader.
    pub sentence: &'static str,
    /// What the reader, the holder or the issuer can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<&'static str>,
    /// The particulars.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where in the document, as a JSON Pointer (RFC 6901).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}

/// How the recipient is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecipientKind {
    /// By a DID, which can be proved by presenting.
    Did,
    /// By another URL.
    Url,
    /// By the salted hash of an e-mail address.
    Email,
    /// By another identifier.
    Other,
    /// Not at all.
    None,
}

/// What the badge says, shown only once its proof passed.
#[derive(Clone, Debug, Serialize)]
pub struct Badge {
    /// The badge's id.
    pub id: Option<String>,
    /// The badge's name.
    pub name: Option<String>,
    /// The achievement's id.
    pub achievement_id: Option<String>,
    /// The achievement's name.
    pub achievement: Option<String>,
    /// What the achievement is, in its issuer's words.
    pub description: Option<String>,
    /// What the badge calls its issuer. Nothing but its own word stands for that name.
    pub issuer_name: Option<String>,
    /// How the recipient is named.
    pub recipient: RecipientKind,
    /// The recipient's id, if it is a DID or another URL.
    pub recipient_id: Option<String>,
    /// From when on the badge holds.
    #[serde(serialize_with = "optional_time")]
    pub valid_from: Option<Timestamp>,
    /// Until when.
    #[serde(serialize_with = "optional_time")]
    pub valid_until: Option<Timestamp>,
}

/// What became of an endorsement in the badge. It never changes the badge's verdict.
#[derive(Clone, Debug, Serialize)]
pub struct Endorsement {
    /// The verdict on the endorsement as a credential of its own.
    pub verdict: Verdict,
    /// The code of the verdict.
    pub code: &'static str,
    /// Who endorses, as proved by the signature.
    pub issuer: Option<String>,
    /// Of what it speaks; nothing if it can't be read, or speaks of something that isn't in the badge.
    pub endorsed: Option<Endorsed>,
}

/// Of what in a badge an endorsement speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Endorsed {
    /// The badge itself.
    Badge,
    /// Its issuer.
    Issuer,
    /// Its recipient.
    Recipient,
    /// The achievement.
    Achievement,
    /// Who made the achievement.
    Creator,
    /// Something else in the badge: the object in which the endorsement stands.
    Other,
}

/// Where in a picture the credential stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Picture {
    /// The kind of picture.
    pub kind: ImageKind,
    /// For which version of Open Badges its place is.
    pub format: Format,
    /// How it was written down there.
    pub form: Form,
}

/// The answer on one credential.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The answer in one word.
    pub verdict: Verdict,
    /// The code of the check that decided it.
    pub code: &'static str,
    /// The sentence of the check that decided it.
    pub sentence: &'static str,
    /// Every check in order.
    pub checks: Vec<Check>,
    /// What a reader should know besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// The issuer as proved by the signature: a DID, or the URL of a document that lists the key. Never what the badge merely says.
    pub issuer: Option<String>,
    /// What the badge says, if its proof passed.
    pub badge: Option<Badge>,
    /// The endorsements in the badge, if its proof passed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub endorsements: Vec<Endorsement>,
    /// Which of the caller's trust roots knows the issuer, and by what.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trusted_by: Option<TrustedBy>,
    /// “Not revoked as of”: the age of the oldest status list that was read.
    #[serde(serialize_with = "optional_time")]
    pub status_as_of: Option<Timestamp>,
    /// The picture that the credential was taken out of, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<Picture>,
    /// The report on a newer version of the badge, if the caller asked for one and it was had. The verdict here is on the
    /// badge as it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refreshed: Option<Box<Report>>,
    /// The time for which the report speaks.
    #[serde(serialize_with = "time")]
    pub checked_at: Timestamp,
    /// What the evidence lacked, for whoever can get it.
    #[serde(skip)]
    pub wanted: Wanted,
    #[serde(skip)]
    pub(super) rank: Rank,
}

/// What a judgement lacked and could have used. Only proofs that passed ask for something here, and the issuers of
/// credentials whose proof couldn't be judged for want of their document: what isn't proved makes nobody ask anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// DIDs and https URLs whose documents were not in the evidence.
    pub controllers: Vec<String>,
    /// Status lists of which the evidence had none by their issuer; also where it said why there is none.
    pub lists: Vec<WantedList>,
}

/// A status list that would have been needed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WantedList {
    /// Whose word it must be: the issuer, as proved, of the credential that names it.
    pub issuer: String,
    /// Its URL.
    pub url: String,
    /// What it must be.
    pub kind: ListKind,
    /// The past time of which it must speak, where it can be asked for one (Bitstring Status List v1.0, section 3.5).
    pub at: Option<Timestamp>,
}

impl WantedList {
    /// The list that an issuer's badge needs, for the time that the caller asks about.
    pub fn new(issuer: &str, need: &ListNeed, as_of: Option<Timestamp>) -> Self {
        let at = as_of.filter(|_| need.kind == ListKind::Bitstring);
        Self { issuer: issuer.to_owned(), url: need.url.clone(), kind: need.kind, at }
    }
}

impl Wanted {
    /// Whether nothing was lacking.
    pub fn is_empty(&self) -> bool {
        self.controllers.is_empty() && self.lists.is_empty()
    }

    /// Adds what another judgement lacked.
    pub fn extend(&mut self, other: Self) {
        self.controllers.extend(other.controllers);
        self.lists.extend(other.lists);
    }
}

impl Report {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            verdict: Verdict::Valid,
            code: "valid",
            sentence: sentences::of(Language::En, "valid", "valid").text,
            checks: Vec::with_capacity(8),
            warnings: Vec::new(),
            issuer: None,
            badge: None,
            endorsements: Vec::new(),
            trusted_by: None,
            status_as_of: None,
            picture: None,
            refreshed: None,
            checked_at: now,
            wanted: Wanted::default(),
            rank: Rank::Valid,
        }
    }

    /// Whether the badge can be relied on: `valid`, or `valid_issuer_unknown`.
    pub fn is_good(&self) -> bool {
        self.verdict.is_good()
    }

    /// The verdict as a headline for a lay reader, in English; for others see [`Verdict::headline`].
    pub fn headline(&self) -> &'static str {
        self.verdict.headline(Language::En)
    }

    /// The same report with its sentences and hints in a language. Codes and particulars stay as they are.
    pub fn in_language(mut self, language: Language) -> Self {
        self.sentence = sentences::of(language, self.code, self.rank.general(true)).text;
        speak(&mut self.checks, &mut self.warnings, language);
        self.refreshed = self.refreshed.map(|newer| Box::new(newer.in_language(language)));
        self
    }

    /// What is wrong: every check that failed or could not be made, the one that decided first. Nothing, if the badge
    /// can be relied on.
    pub fn problems(&self) -> Vec<Problem> {
        if self.is_good() {
            return Vec::new();
        }
        problems(&self.checks, self.code)
    }

    /// Adds a finished check; the verdict is that of the lowest rank.
    pub(super) fn add(&mut self, name: CheckName, finding: Finding) {
        if finding.rank < self.rank {
            self.rank = finding.rank;
            self.verdict = finding.rank.verdict();
            self.code = finding.code;
            self.sentence = finding.said().text;
        }
        self.checks.push(finding.into_check(name));
    }

    pub(super) fn warn(&mut self, code: &'static str, detail: Option<String>) {
        self.warnings.push(Warning::new(code, detail));
    }
}

/// The checks that failed or could not be made; the one with code `first` in front.
pub(super) fn problems(checks: &[Check], first: &str) -> Vec<Problem> {
    let bad = |check: &&Check| matches!(check.outcome, Outcome::Fail | Outcome::CouldNotCheck);
    let problem = |check: &Check| Problem {
        code: check.code,
        sentence: check.sentence,
        hint: check.hint,
        detail: check.detail.clone(),
        pointer: check.pointer.clone(),
    };
    let mut problems: Vec<Problem> = checks.iter().filter(bad).map(problem).collect();
    problems.sort_by_key(|problem| problem.code != first);
    problems
}

/// Puts what stands beside a verdict into a language.
pub(super) fn speak(checks: &mut [Check], warnings: &mut [Warning], language: Language) {
    checks.iter_mut().for_each(|check| check.speak(language));
    warnings.iter_mut().for_each(|warning| warning.speak(language));
}

/// How a check ended, before it stands in a report.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) rank: Rank,
    pub(super) code: &'static str,
    pub(super) detail: Option<String>,
    pointer: Option<String>,
    source: Option<Source>,
    as_of: Option<Timestamp>,
    /// How it ended where the rank doesn't tell.
    outcome: Option<Outcome>,
}

impl Finding {
    pub(super) fn pass(code: &'static str) -> Self {
        Self {
            rank: Rank::Valid,
            code,
            detail: None,
            pointer: None,
            source: None,
            as_of: None,
            outcome: None,
        }
    }

    /// In order, and why.
    pub(super) fn pass_by(code: &'static str, detail: String) -> Self {
        Self { detail: Some(detail), ..Self::pass(code) }
    }

    pub(super) fn bad(rank: Rank, code: &'static str, detail: impl Into<Option<String>>) -> Self {
        Self { rank, detail: detail.into(), ..Self::pass(code) }
    }

    pub(super) fn not_applicable(code: &'static str) -> Self {
        Self { outcome: Some(Outcome::NotApplicable), ..Self::pass(code) }
    }

    /// Something that could not be checked, and on which the verdict doesn't depend.
    pub(super) fn left_open(code: &'static str, detail: impl Into<Option<String>>) -> Self {
        Self { outcome: Some(Outcome::CouldNotCheck), detail: detail.into(), ..Self::pass(code) }
    }

    /// The same, for want of something that was needed.
    pub(super) fn not_checked(mut self) -> Self {
        self.outcome = Some(Outcome::CouldNotCheck);
        self
    }

    pub(super) fn from(mut self, source: Source, as_of: Option<Timestamp>) -> Self {
        self.source = Some(source);
        self.as_of = as_of;
        self
    }

    /// The same, found at this place in the document, as a JSON Pointer; empty for the document itself.
    pub(super) fn at(mut self, pointer: impl Into<String>) -> Self {
        self.pointer = Some(pointer.into()).filter(|pointer| !pointer.is_empty());
        self
    }

    pub(super) fn pointer(&self) -> Option<&str> {
        self.pointer.as_deref()
    }

    pub(super) fn as_of(&self) -> Option<Timestamp> {
        self.as_of
    }

    fn said(&self) -> Text {
        let applies = self.outcome != Some(Outcome::NotApplicable);
        sentences::of(Language::En, self.code, self.rank.general(applies))
    }

    pub(super) fn into_check(self, name: CheckName) -> Check {
        let said = self.said();
        let outcome = self.outcome.unwrap_or_else(|| self.rank.outcome());
        Check {
            name,
            outcome,
            code: self.code,
            sentence: said.text,
            hint: said.hint,
            detail: self.detail,
            pointer: self.pointer,
            spec: name.spec(),
            source: self.source,
            as_of: self.as_of,
            rank: self.rank,
        }
    }
}

pub(super) fn time<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

pub(super) fn optional_time<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(at),
        None => serializer.serialize_none(),
    }
}
