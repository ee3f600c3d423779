//! Whether one of the caller's trust roots knows the issuer.

use super::report::{CheckName, Finding, Rank, Report};
use crate::credential::Credential;
use crate::time::Timestamp;
use crate::trust::{Roots, TrustedBy};

/// Adds the check to the report on a badge whose proof passed. `endorsed` is a root's word that stands in the badge.
pub(super) fn judge(
    report: &mut Report,
    credential: &Credential,
    roots: &Roots,
    endorsed: Option<TrustedBy>,
    now: Timestamp,
) {
    if roots.is_empty() {
        return;
    }
    let Some(by) = roots.vouch(credential.issuer_id(), now).or(endorsed) else {
        report.add(CheckName::Trust, unknown(roots));
        return;
    };
    let under = by.name.as_ref().map(|name| format!(" as “{name}”")).unwrap_or_default();
    let detail = format!("{} names {}{under}", by.root, by.entry);
    report.add(CheckName::Trust, Finding::pass_by("issuer_trusted", detail));
    report.trusted_by = Some(by);
}

fn unknown(roots: &Roots) -> Finding {
    let missing: Vec<String> = roots.missing().map(|(name, why)| format!("{name}: {why}")).collect();
    match missing.is_empty() {
        true => {
            let named = roots.names().collect::<Vec<_>>().join(", ");
            Finding::bad(Rank::IssuerUnknown, "issuer_not_trusted", format!("asked were {named}"))
        }
        false => Finding::bad(Rank::IssuerUnknown, "trust_root_missing", missing.join("; ")).not_checked(),
    }
}
