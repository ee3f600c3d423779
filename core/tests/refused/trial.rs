//! How each test goes: what is good must be valid, what is bad must end as the table says.

use crate::parties::{CHALLENGE, CONTEXTS, DOMAIN, LIST, NOW, answer, at, badge, party, presentation, with};
use accolade_core::json::{Object, Value};
use accolade_core::status::VerifiedList;
use accolade_core::verify::{
    Documents, Evidence, Expected, Needs, Policy, PresentationReport, Report, Verdict, check_bytes,
    check_presentation_value,
};
use std::sync::Arc;

/// One item on trial.
pub(crate) struct Trial {
    verdict: Verdict,
    code: &'static str,
    /// What a node would have gathered.
    pub(crate) evidence: Evidence,
    pub(crate) policy: Policy,
    good: usize,
    bad: usize,
}

/// A change: a JSON pointer, and what stands there then; nothing takes the member out.
type Change<'a> = (&'a str, &'a str);

impl Trial {
    /// Runs one test. One that shows nothing good, or nothing bad, fails.
    pub(crate) fn hold(verdict: Verdict, code: &'static str, tried: impl FnOnce(&mut Self)) {
        let list = party(1).sign(&party(1).list(LIST, &[]));
        let evidence = with_list(Evidence::default(), LIST, &list);
        let mut trial = Self { verdict, code, evidence, policy: Policy::default(), good: 0, bad: 0 };
        tried(&mut trial);
        assert!(trial.good > 0, "nothing shows that the badge is valid but for the one thing");
        assert!(trial.bad > 0, "nothing was refused");
    }

    /// The issuer makes each of these changes to its badge and signs then. Its signature is right: nothing else is wrong.
    pub(crate) fn issuer(&mut self, changes: &[Change<'_>]) {
        self.issuer_of(&badge(), changes);
    }

    /// The same with another badge.
    pub(crate) fn issuer_of(&mut self, document: &Object, changes: &[Change<'_>]) {
        self.good(&party(1).sign_anything(document));
        for (pointer, json) in changes {
            let signed = party(1).sign_anything(&with(document, pointer, json));
            self.bad(&format!("{pointer} {json}"), &signed);
        }
    }

    /// Each of these changes is made to what the issuer signed by eddsa-rdfc-2022.
    pub(crate) fn forger(&mut self, changes: &[Change<'_>]) {
        self.forger_of(&badge(), changes);
    }

    /// The same with another badge.
    pub(crate) fn forger_of(&mut self, document: &Object, changes: &[Change<'_>]) {
        let signed = party(1).sign(document);
        self.good(&signed);
        for (pointer, json) in changes {
            self.bad(&format!("{pointer} {json} after signing"), &with(&signed, pointer, json));
        }
    }

    /// In the text of the signed badge, each of these is written in place of what stood there.
    pub(crate) fn text(&mut self, changes: &[Change<'_>]) {
        let signed = Value::Object(party(1).sign(&badge())).to_string();
        self.good_bytes(signed.as_bytes());
        for (from, to) in changes {
            assert!(signed.contains(from), "{from}");
            self.bad_bytes(to, signed.replacen(from, to, 1).as_bytes());
        }
    }

    /// The issuer's proof says each of these things, and is signed so.
    pub(crate) fn proof(&mut self, changes: &[Change<'_>]) {
        let (issuer, badge) = (party(1), badge());
        self.good(&issuer.sign_anything(&badge));
        for (pointer, json) in changes {
            let proof = with(&issuer.unsigned_proof(), pointer, json);
            self.bad(&format!("proof {pointer} {json}"), &issuer.sign_with(&badge, proof));
        }
    }

    /// The earner makes each of these changes to a presentation of a good badge, and signs then.
    pub(crate) fn holder(&mut self, changes: &[Change<'_>]) {
        let good = presentation(&[party(1).sign(&badge())]);
        self.good_presentation(&party(2).sign_with(&good, answer()));
        for (pointer, json) in changes {
            let signed = party(2).sign_with(&with(&good, pointer, json), answer());
            self.bad_presentation(&format!("{pointer} {json}"), &signed);
        }
    }

    pub(crate) fn good(&mut self, badge: &Object) {
        self.good_bytes(Value::Object(badge.clone()).to_string().as_bytes());
    }

    pub(crate) fn good_bytes(&mut self, bytes: &[u8]) {
        let report = self.judged(bytes);
        assert_eq!(
            (report.verdict, report.code),
            (Verdict::Valid, "valid"),
            "without the change: {report:#?}"
        );
        self.good += 1;
    }

    pub(crate) fn bad(&mut self, what: &str, badge: &Object) {
        self.bad_bytes(what, Value::Object(badge.clone()).to_string().as_bytes());
    }

    pub(crate) fn bad_bytes(&mut self, what: &str, bytes: &[u8]) {
        let report = self.judged(bytes);
        self.refused(what, report.verdict, report.code, &report);
        if report.verdict == Verdict::Forged {
            assert!(report.badge.is_none() && report.issuer.is_none(), "{what}: a fake shows nothing");
        }
    }

    pub(crate) fn good_presentation(&mut self, presentation: &Object) {
        let report = self.presented(presentation.clone().into());
        assert_eq!((report.verdict, report.recipient_proved), (Verdict::Valid, true), "{report:#?}");
        self.good += 1;
    }

    pub(crate) fn bad_presentation(&mut self, what: &str, presentation: &Object) {
        let report = self.presented(presentation.clone().into());
        assert!(!report.is_good(), "{what}");
        self.refused(what, report.verdict, report.code, &report);
    }

    pub(crate) fn good_presentation_text(&mut self, text: &str) {
        let report = self.presented(text.into());
        assert_eq!((report.verdict, report.recipient_proved), (Verdict::Valid, true), "{report:#?}");
        self.good += 1;
    }

    pub(crate) fn bad_presentation_text(&mut self, what: &str, text: &str) {
        let report = self.presented(text.into());
        assert!(!report.is_good() && !report.recipient_proved, "{what}: {report:#?}");
        self.refused(what, report.verdict, report.code, &report);
    }

    fn refused(&mut self, what: &str, verdict: Verdict, code: &str, report: &dyn std::fmt::Debug) {
        assert_eq!((verdict, code), (self.verdict, self.code), "{what}: {report:#?}");
        self.bad += 1;
    }

    pub(crate) fn judged(&self, bytes: &[u8]) -> Report {
        let mut gather = |_: &Needs| self.evidence.clone();
        check_bytes(bytes, &mut gather, &self.policy, at(NOW), &CONTEXTS)
    }

    pub(crate) fn presented(&self, presentation: Value) -> PresentationReport {
        let expected = Expected { challenge: Some(CHALLENGE), domain: Some(DOMAIN) };
        let mut gather = |_: &Needs| self.evidence.clone();
        check_presentation_value(presentation, expected, &mut gather, &self.policy, at(NOW), &CONTEXTS)
    }
}

/// The evidence with a list that its issuer signed, as it was fetched.
pub(crate) fn with_list(mut evidence: Evidence, url: &str, list: &Object) -> Evidence {
    let text = Value::Object(list.clone()).to_string();
    let read = VerifiedList::from_credential(text.as_bytes(), &Documents::new(), at(NOW), &CONTEXTS, at(NOW));
    evidence.lists.insert(url.to_owned(), Ok(vec![Arc::new(read.expect("a list"))]));
    evidence
}
