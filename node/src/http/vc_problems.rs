//! What is wrong with a document, in the words of the VC-API: RFC 9457 problems, as errors and as warnings.

use super::problem::problem_type;
use crate::config::VcApiProfile;
use accolade_core::verify::{
    Check, CheckName, Outcome, PresentationReport, Problem, Report, Verdict, Warning,
};
use serde_json::{Value, json};

/// What VCALM calls an option that an implementation doesn't know.
const UNKNOWN_OPTION: &str = "https://www.w3.org/TR/vcalm#UNKNOWN_OPTION_PROVIDED";

/// What an answer says of a document, whichever it is.
pub(super) struct Judged {
    verdict: Verdict,
    /// All that is wrong, what decided first; nothing in what is good.
    problems: Vec<Value>,
    /// Of these, what no time and no issuer's word mends: VCALM's errors.
    errors: Vec<Value>,
    /// The others, which concern dates and status.
    passing: Vec<Value>,
    warnings: Vec<Value>,
}

impl Judged {
    pub(super) fn of_credential(report: &Report) -> Self {
        let mut judged = Self::new(report.verdict, &report.problems());
        judged.look_at(&report.checks, report.verdict, report.code);
        judged.warn(&report.warnings);
        judged
    }

    pub(super) fn of_presentation(report: &PresentationReport) -> Self {
        let mut judged = Self::new(report.verdict, &report.problems());
        judged.look_at(&report.checks, report.verdict, report.code);
        for credential in &report.credentials {
            judged.look_at(&credential.checks, credential.verdict, credential.code);
        }
        judged.warn(&report.warnings);
        judged
    }

    /// Adds a warning for each option that nobody knows: the caller may have relied on it.
    pub(super) fn unknown_options(&mut self, names: &[String]) {
        let what = "The request has an option that this node doesn't know.";
        for name in names {
            self.warnings.push(json!({
                "type": UNKNOWN_OPTION,
                "code": "option_unknown",
                "title": what,
                "sentence": what,
                "detail": format!("The option “{name}” has no effect."),
                "hint": "Leave it out, or look for its name in docs/api.md.",
                "pointer": format!("/options/{}", name.replace('~', "~0").replace('/', "~1")),
            }));
        }
    }

    /// The members of an answer that are made of it.
    pub(super) fn answer(self, profile: VcApiProfile) -> Value {
        let Self { verdict, problems, errors, passing, warnings } = self;
        match profile {
            VcApiProfile::Strict => json!({
                "verified": verdict.is_good(),
                "verdict": verdict,
                "problemDetails": problems,
                "warnings": warnings,
            }),
            VcApiProfile::Vcalm => json!({
                "verified": verdict.is_good() || (is_passing(verdict) && errors.is_empty()),
                "verdict": verdict,
                "problemDetails": problems,
                "errors": errors,
                "warnings": passing.into_iter().chain(warnings).collect::<Value>(),
            }),
        }
    }

    fn new(verdict: Verdict, problems: &[Problem]) -> Self {
        let problems = problems.iter().map(|problem| details(problem, verdict)).collect();
        Self { verdict, problems, errors: Vec::new(), passing: Vec::new(), warnings: Vec::new() }
    }

    /// Sorts the checks of one document that came out bad. `verdict` and `code` are what decided on it.
    fn look_at(&mut self, checks: &[Check], verdict: Verdict, code: &str) {
        let bad = |check: &&Check| matches!(check.outcome, Outcome::Fail | Outcome::CouldNotCheck);
        for check in checks.iter().filter(bad) {
            let problem = details(&problem_of(check), verdict);
            match check.name {
                // That nobody whom the caller trusts knows the issuer leaves a badge good; so does an unknown schema,
                // of which the report warns.
                CheckName::Trust => self.warnings.push(with_sentence(problem)),
                CheckName::Schema if check.outcome == Outcome::CouldNotCheck => {}
                CheckName::Validity | CheckName::Status if is_passing(verdict) || check.code != code => {
                    self.passing.push(with_sentence(problem));
                }
                _ => self.errors.push(problem),
            }
        }
    }

    fn warn(&mut self, warnings: &[Warning]) {
        self.warnings.extend(warnings.iter().map(|warning| json!(warning)));
    }
}

/// Whether dates or status alone can have led to this verdict.
fn is_passing(verdict: Verdict) -> bool {
    use Verdict::{CouldNotCheck, Expired, NotYetValid, Revoked, Suspended};
    matches!(verdict, CouldNotCheck | Revoked | Suspended | Expired | NotYetValid) || verdict.is_good()
}

fn problem_of(check: &Check) -> Problem {
    Problem {
        code: check.code,
        sentence: check.sentence,
        hint: check.hint,
        detail: check.detail.clone(),
        pointer: check.pointer.clone(),
    }
}

/// A problem that stands among warnings, which have a `sentence`.
fn with_sentence(mut problem: Value) -> Value {
    problem["sentence"] = problem["title"].clone();
    problem
}

/// An RFC 9457 problem; where a specification names it, by that name.
fn details(problem: &Problem, verdict: Verdict) -> Value {
    let mut details = json!({
        "type": known_type(problem.code, verdict).map_or_else(|| problem_type(problem.code), str::to_owned),
        "title": problem.sentence,
        "detail": problem.detail.as_deref().unwrap_or(problem.sentence),
        "code": problem.code,
    });
    for (member, text) in [("hint", problem.hint), ("pointer", problem.pointer.as_deref())] {
        if let Some(text) = text {
            details[member] = json!(text);
        }
    }
    details
}

/// The problem types of VCDM 2.0 (section 7.1), Data Integrity 1.0 (section 4.7), Controlled Identifiers 1.0
/// (section 3.5) and Bitstring Status List 1.0 (section 3.5); `None` where none of them names it.
fn known_type(code: &str, verdict: Verdict) -> Option<&'static str> {
    Some(match code {
        "revoked" | "suspended" | "expired" | "not_yet_valid" => return None,
        "not_json" | "not_an_object" => "https://www.w3.org/TR/vc-data-model#PARSING_ERROR",
        "challenge_mismatch" => "https://w3id.org/security#INVALID_CHALLENGE_ERROR",
        "domain_mismatch" => "https://w3id.org/security#INVALID_DOMAIN_ERROR",
        "key_not_in_issuer_document"
        | "controller_not_issuer"
        | "controller_not_holder"
        | "did_key_invalid"
        | "key_type_unsupported" => "https://w3id.org/security#INVALID_VERIFICATION_METHOD",
        "too_much_work" => "https://w3id.org/security#PROOF_TRANSFORMATION_ERROR",
        "extra_proof_failed" => "https://www.w3.org/TR/vc-data-model#CRYPTOGRAPHIC_SECURITY_ERROR",
        _ if code.starts_with("proof_") || code.starts_with("previous_proof_") => {
            "https://w3id.org/security#PROOF_VERIFICATION_ERROR"
        }
        "status_unavailable" | "unknown_list" => {
            "https://www.w3.org/ns/credentials/status-list#STATUS_RETRIEVAL_ERROR"
        }
        "status_list_refused"
        | "status_list_of_another"
        | "status_list_differs"
        | "status_index_not_text" => {
            "https://www.w3.org/ns/credentials/status-list#STATUS_VERIFICATION_ERROR"
        }
        "status_index_out_of_range" | "validity_reversed" => {
            "https://www.w3.org/TR/vc-data-model#RANGE_ERROR"
        }
        // A rule of the data model or of Open Badges; the problem's code says which.
        _ if verdict == Verdict::Malformed => "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use accolade_core::jsonld::Contexts;
    use accolade_core::time::Timestamp;
    use accolade_core::verify::{Evidence, Policy, check_bytes};

    #[test]
    fn problems_have_the_names_that_the_specifications_give() {
        for (code, verdict, name) in [
            ("proof_signature_wrong", Verdict::Forged, "PROOF_VERIFICATION_ERROR"),
            ("challenge_mismatch", Verdict::Malformed, "INVALID_CHALLENGE_ERROR"),
            ("not_json", Verdict::Malformed, "PARSING_ERROR"),
            ("issuer_missing", Verdict::Malformed, "MALFORMED_VALUE_ERROR"),
            ("validity_reversed", Verdict::Malformed, "RANGE_ERROR"),
            ("status_unavailable", Verdict::CouldNotCheck, "STATUS_RETRIEVAL_ERROR"),
            ("status_list_refused", Verdict::CouldNotCheck, "STATUS_VERIFICATION_ERROR"),
            ("controller_not_issuer", Verdict::Forged, "INVALID_VERIFICATION_METHOD"),
        ] {
            let kind = known_type(code, verdict).unwrap_or_else(|| panic!("{code} has no name"));
            assert_eq!(kind.split_once('#').map(|(_, name)| name), Some(name), "{code}");
        }
        assert_eq!(known_type("revoked", Verdict::Revoked), None);
        assert_eq!(known_type("unknown_context", Verdict::Unsupported), None);
        let problem = Problem { code: "revoked", sentence: "Revoked.", ..Default::default() };
        let details = details(&problem, Verdict::Revoked);
        assert_eq!(details["type"], "urn:accolade:problem:revoked");
        assert_eq!(details["detail"], "Revoked.");
    }

    /// The report on junk, with the outcome of some checks changed.
    fn report(verdict: Verdict, code: &'static str, bad: &[(CheckName, Outcome)]) -> Report {
        let now = Timestamp::from_millis(0);
        let gather = &mut |_: &_| Evidence::default();
        let mut report = check_bytes(b"junk", gather, &Policy::default(), now, &Contexts::pinned());
        let template = report.checks[0].clone();
        let check = |(name, outcome): &(CheckName, Outcome)| {
            let mut check = template.clone();
            (check.name, check.outcome, check.code) = (*name, *outcome, code);
            check
        };
        report.checks = bad.iter().map(check).collect();
        (report.verdict, report.code) = (verdict, code);
        report
    }

    #[test]
    fn in_vcalm_dates_and_status_are_warnings_and_everything_else_is_an_error() {
        use CheckName::{Issuer, Proof, Recipient, Schema, Status, Structure, Trust, Validity};
        use Outcome::{CouldNotCheck, Fail};
        for (verdict, bad, verified, errors, warnings) in [
            (Verdict::Valid, vec![], true, 0, 0),
            (Verdict::ValidIssuerUnknown, vec![(Trust, Fail)], true, 0, 1),
            (Verdict::Revoked, vec![(Status, Fail)], true, 0, 1),
            (Verdict::Suspended, vec![(Status, Fail), (Trust, CouldNotCheck)], true, 0, 2),
            (Verdict::Expired, vec![(Validity, Fail), (Status, CouldNotCheck)], true, 0, 2),
            (Verdict::NotYetValid, vec![(Validity, Fail), (Schema, CouldNotCheck)], true, 0, 1),
            (Verdict::CouldNotCheck, vec![(Status, CouldNotCheck)], true, 0, 1),
            (Verdict::CouldNotCheck, vec![(Proof, CouldNotCheck)], false, 1, 0),
            (Verdict::CouldNotCheck, vec![(Issuer, CouldNotCheck), (Status, CouldNotCheck)], false, 1, 1),
            (Verdict::CouldNotCheck, vec![(Recipient, Fail)], false, 1, 0),
            (Verdict::Expired, vec![(Proof, Fail)], false, 1, 0),
            (Verdict::Forged, vec![(Proof, Fail)], false, 1, 0),
            (Verdict::Malformed, vec![(Structure, Fail)], false, 1, 0),
            (Verdict::Malformed, vec![(Schema, Fail)], false, 1, 0),
            (Verdict::Malformed, vec![(Status, Fail)], false, 1, 0),
            (Verdict::IssuerEquivocated, vec![(Status, Fail)], false, 1, 0),
            (Verdict::Unsupported, vec![(Status, CouldNotCheck)], false, 1, 0),
        ] {
            let answer = Judged::of_credential(&report(verdict, "revoked", &bad)).answer(VcApiProfile::Vcalm);
            let length = |member: &str| answer[member].as_array().map(Vec::len);
            assert_eq!(answer["verified"], verified, "{verdict:?} {bad:?}: {answer}");
            assert_eq!(
                (length("errors"), length("warnings")),
                (Some(errors), Some(warnings)),
                "{verdict:?} {bad:?}"
            );
            let strict =
                Judged::of_credential(&report(verdict, "revoked", &bad)).answer(VcApiProfile::Strict);
            assert_eq!(strict["verified"], verdict.is_good(), "{verdict:?}");
            assert_eq!(strict["problemDetails"] == json!([]), verdict.is_good(), "{verdict:?}");
        }
    }

    #[test]
    fn an_option_that_nobody_knows_is_a_warning_with_a_name() {
        let mut judged = Judged::of_credential(&report(Verdict::Valid, "valid", &[]));
        judged.unknown_options(&["a/b".to_owned()]);
        let answer = judged.answer(VcApiProfile::Strict);
        assert_eq!(answer["warnings"][0]["type"], UNKNOWN_OPTION);
        assert_eq!(answer["warnings"][0]["pointer"], "/options/a~1b");
        assert_eq!(answer["verified"], true);
    }
}
