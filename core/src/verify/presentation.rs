//! Verification of presentations: every badge in it, and whether the presenter is the recipient.

use super::proofs::{self, Judgement, Question};
use super::report::{self, Check, CheckName, Finding, Problem, Rank, Report, Verdict, Wanted, Warning, time};
use super::token::{self, Signed};
use super::{Evidence, Needs, Policy, add, check, needs, needs_document, refused, sentences, structure};
use crate::credential::{Malformed, Presentation, Secured};
use crate::json::{Object, Value};
use crate::jsonld::Contexts;
use crate::language::Language;
use crate::proof::{Proof, Purpose};
use crate::time::Timestamp;
use serde::Serialize;

/// What the presentation must answer. The recipient is proved only if both are given and both match.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expected<'a> {
    /// The challenge that the verifier gave.
    pub challenge: Option<&'a str>,
    /// The verifier's domain.
    pub domain: Option<&'a str>,
}

/// The answer on a presentation.
#[derive(Clone, Debug, Serialize)]
pub struct PresentationReport {
    /// The answer in one word: that of the presentation or of its worst badge.
    pub verdict: Verdict,
    /// The code of the check that decided it.
    pub code: &'static str,
    /// The sentence of the check that decided it.
    pub sentence: &'static str,
    /// The checks of the presentation itself.
    pub checks: Vec<Check>,
    /// What a reader should know besides.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// The holder as proved by the signature.
    pub holder: Option<String>,
    /// Whether the presenter proved to be the recipient of every badge in it.
    pub recipient_proved: bool,
    /// The report on each badge, in order.
    pub credentials: Vec<Report>,
    /// The time for which the report speaks.
    #[serde(serialize_with = "time")]
    pub checked_at: Timestamp,
}

impl PresentationReport {
    /// Whether the presentation's signature and every badge in it can be relied on. Whether the presenter is
    /// the recipient is another question: see [`Self::recipient_proved`].
    pub fn is_good(&self) -> bool {
        self.verdict.is_good()
    }

    /// The verdict as a headline for a lay reader, in English; for others see [`Verdict::headline`].
    pub fn headline(&self) -> &'static str {
        self.verdict.headline(Language::En)
    }

    /// The same report with its sentences and hints, and those of the badges, in a language. Codes and particulars stay as
    /// they are.
    pub fn in_language(mut self, language: Language) -> Self {
        self.sentence = sentences::of(language, self.code, self.verdict.as_str()).text;
        report::speak(&mut self.checks, &mut self.warnings, language);
        self.credentials = self.credentials.into_iter().map(|report| report.in_language(language)).collect();
        self
    }

    /// What the evidence lacked for the badges in it, for whoever can get it.
    pub fn wanted(&self) -> Wanted {
        let mut wanted = Wanted::default();
        self.credentials.iter().for_each(|report| wanted.extend(report.wanted.clone()));
        wanted
    }

    /// What is wrong with the presentation and with the badges in it.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = report::problems(&self.checks, self.code);
        for credential in &self.credentials {
            problems.extend(credential.problems());
        }
        problems
    }
}

/// What evidence to gather for a presentation and all credentials in it.
pub fn needs_of_presentation(presentation: &Presentation) -> Needs {
    let mut all = Needs::default();
    let signer = signer(presentation);
    if needs_document(signer, presentation.secured(), presentation.proofs()) {
        all.controllers.push(signer.to_owned());
        all.proving.push(signer.to_owned());
    }
    for credential in presentation.credentials().iter().flatten() {
        let needs = needs(credential);
        needs.controllers.into_iter().for_each(|id| add(&mut all.controllers, id));
        needs.proving.into_iter().for_each(|id| add(&mut all.proving, id));
        needs.issuers.into_iter().for_each(|id| add(&mut all.issuers, id));
        needs.lists.into_iter().for_each(|list| add(&mut all.lists, list));
    }
    all
}

/// Judges a presentation and every credential in it by the evidence, for the time `now`.
pub fn check_presentation(
    presentation: &Presentation,
    expected: Expected<'_>,
    evidence: &Evidence,
    policy: &Policy,
    now: Timestamp,
    contexts: &Contexts,
) -> PresentationReport {
    let mut own = Report::new(now);
    own.add(CheckName::Structure, Finding::pass("presentation_structure_ok"));

    let signer = signer(presentation).to_owned();
    let question = Question {
        signer: &signer,
        purpose: None,
        not_signer: "controller_not_holder",
        is_signer: "holder_ok",
        documents: &evidence.documents,
        fetched_at: evidence.fetched_at.get(&signer).copied(),
        now,
        at: policy.at(now),
    };
    let judgement = judge(presentation, &question, contexts);
    let credentials: Vec<Report> = presentation
        .credentials()
        .iter()
        .map(|credential| match credential {
            Ok(credential) => check(credential, evidence, policy, now, contexts),
            Err(malformed) => refused(malformed, now),
        })
        .collect();
    let proved = !judgement.right.is_empty() && judgement.proof.rank == Rank::Valid;
    // Who the recipient of a badge is, only a badge tells whose own proof passed.
    let all_proved = proved && credentials.iter().all(|report| report.badge.is_some());
    let recipient = match recipient(presentation, &judgement, expected) {
        finding if finding.code == "recipient_proved" && !all_proved => {
            Finding::not_applicable("holder_not_judged")
        }
        finding => finding,
    };
    own.add(CheckName::Meaning, judgement.meaning);
    own.add(CheckName::Proof, judgement.proof);
    own.add(CheckName::Issuer, judgement.binding);
    let recipient_proved = recipient.code == "recipient_proved";
    own.add(CheckName::Recipient, recipient);
    for (code, detail) in judgement.warnings {
        own.warn(code, detail);
    }

    let holder = proved.then_some(signer);
    finish(own, credentials, holder, recipient_proved)
}

fn judge(presentation: &Presentation, question: &Question<'_>, contexts: &Contexts) -> Judgement {
    let proofs = presentation.proofs();
    match presentation.secured() {
        Secured::Embedded => proofs::judge(presentation.object(), proofs, question, contexts),
        Secured::Jose(token) => {
            let document = &without_tokens(presentation.object());
            token::judge(&Signed { token, document, proofs, dates: (None, None) }, question, contexts)
        }
    }
}

/// A presentation of data model 1.1 in a token may hold credentials as texts, which JSON-LD has no place for.
fn without_tokens(presentation: &Object) -> Object {
    let mut document = presentation.clone();
    let members = document.get("verifiableCredential").map(Value::one_or_many).unwrap_or_default();
    if members.iter().any(|member| member.as_str().is_some()) {
        let rest: Vec<Value> = members.iter().filter(|member| member.as_str().is_none()).cloned().collect();
        document.insert("verifiableCredential", rest);
    }
    document
}

/// Reads bytes and judges them; `gather` is called once, if they are a presentation.
pub fn check_presentation_bytes(
    bytes: &[u8],
    expected: Expected<'_>,
    gather: &mut dyn FnMut(&Needs) -> Evidence,
    policy: &Policy,
    now: Timestamp,
    contexts: &Contexts,
) -> PresentationReport {
    check_read(Presentation::parse(bytes), expected, gather, policy, now, contexts)
}

/// The same for a JSON value, as an API is given it: an object, a text, or junk.
pub fn check_presentation_value(
    value: Value,
    expected: Expected<'_>,
    gather: &mut dyn FnMut(&Needs) -> Evidence,
    policy: &Policy,
    now: Timestamp,
    contexts: &Contexts,
) -> PresentationReport {
    check_read(Presentation::from_value(value), expected, gather, policy, now, contexts)
}

fn check_read(
    read: Result<Presentation, Malformed>,
    expected: Expected<'_>,
    gather: &mut dyn FnMut(&Needs) -> Evidence,
    policy: &Policy,
    now: Timestamp,
    contexts: &Contexts,
) -> PresentationReport {
    match read {
        Ok(presentation) => {
            let evidence = gather(&needs_of_presentation(&presentation));
            check_presentation(&presentation, expected, &evidence, policy, now, contexts)
        }
        Err(malformed) => {
            let mut own = Report::new(now);
            own.add(CheckName::Structure, structure(&malformed));
            own.add(CheckName::Meaning, Finding::not_applicable("meaning_not_judged"));
            own.add(CheckName::Proof, Finding::not_applicable("proof_not_judged"));
            own.add(CheckName::Recipient, Finding::not_applicable("holder_not_judged"));
            finish(own, Vec::new(), None, false)
        }
    }
}

fn finish(
    own: Report,
    credentials: Vec<Report>,
    holder: Option<String>,
    recipient_proved: bool,
) -> PresentationReport {
    let worst = credentials.iter().min_by_key(|report| report.rank);
    let (verdict, code, sentence) = match worst {
        Some(worst) if worst.rank < own.rank => (worst.verdict, worst.code, worst.sentence),
        _ if own.rank == Rank::Valid => {
            let said = sentences::of(Language::En, "presentation_valid", "valid");
            (Verdict::Valid, "presentation_valid", said.text)
        }
        _ => (own.verdict, own.code, own.sentence),
    };
    PresentationReport {
        verdict,
        code,
        sentence,
        checks: own.checks,
        warnings: own.warnings,
        holder,
        recipient_proved,
        credentials,
        checked_at: own.checked_at,
    }
}

/// Who must have signed: the holder; without one, whoever signed first.
fn signer(presentation: &Presentation) -> &str {
    let signed_first = || match presentation.secured() {
        Secured::Embedded => presentation.proofs().first().map(Proof::controller),
        Secured::Jose(token) => token::signer(token),
    };
    presentation.holder().or_else(signed_first).unwrap_or_default()
}

/// What a signature on a presentation answers to.
struct Answer<'a> {
    challenge: Option<&'a str>,
    domains: Vec<&'a str>,
    is_authentication: bool,
}

/// The answers of the signatures that are right.
fn answers<'a>(presentation: &'a Presentation, judgement: &Judgement) -> Vec<Answer<'a>> {
    let of_proof = |at: &usize| {
        let proof = &presentation.proofs()[*at];
        Answer {
            challenge: proof.challenge(),
            domains: proof.domains().collect(),
            is_authentication: proof.purpose() == Purpose::Authentication,
        }
    };
    match presentation.secured() {
        Secured::Embedded => judgement.right.iter().map(of_proof).collect(),
        Secured::Jose(_) if judgement.right.is_empty() => Vec::new(),
        Secured::Jose(token) => vec![Answer {
            challenge: token.claims().nonce(),
            domains: token.claims().audience().collect(),
            is_authentication: true,
        }],
    }
}

/// A presentation that answers another challenge or domain than the caller's is refused. One that answers the
/// caller's is the recipient's, if the holder is the subject of every badge in it.
fn recipient(presentation: &Presentation, judgement: &Judgement, expected: Expected<'_>) -> Finding {
    if judgement.right.is_empty() {
        return Finding::not_applicable("holder_not_judged");
    }
    let asked = expected.challenge.is_some() || expected.domain.is_some();
    let mut answers = answers(presentation, judgement);
    answers.retain(|answer| expected.challenge.is_none_or(|asked| answer.challenge == Some(asked)));
    if answers.is_empty() {
        return Finding::bad(Rank::Forged, "challenge_mismatch", None);
    }
    answers.retain(|answer| expected.domain.is_none_or(|asked| answer.domains.contains(&asked)));
    if answers.is_empty() {
        return Finding::bad(Rank::Forged, "domain_mismatch", None);
    }
    let is_answer = answers.iter().any(|answer| answer.is_authentication);
    if asked && !is_answer {
        return Finding::bad(Rank::Malformed, "proof_purpose_other", None);
    }
    if expected.challenge.is_none() || expected.domain.is_none() || !is_answer {
        return Finding::not_applicable("holder_not_proved");
    }
    let Some(holder) = presentation.holder() else { return Finding::not_applicable("holder_missing") };
    if presentation.credentials().is_empty() {
        return Finding::not_applicable("no_credentials");
    }
    let is_of_holder = |credential: &Result<_, Malformed>| {
        let Ok(credential) = credential else { return false };
        is_subject(credential, holder)
    };
    if presentation.credentials().iter().all(is_of_holder) {
        Finding::pass("recipient_proved")
    } else {
        Finding::not_applicable("holder_not_subject")
    }
}

/// Whether every subject of the credential is the holder.
fn is_subject(credential: &crate::credential::Credential, holder: &str) -> bool {
    let subjects = credential.subjects();
    !subjects.is_empty()
        && subjects.iter().all(|subject| subject.get("id").and_then(|id| id.as_str()) == Some(holder))
}
