//! The rules of the Verifiable Credentials Data Model 1.1 where they differ from those of 2.0.

use super::data_model::{self, Id, Validity, date, typed};
use super::malformed::Malformed;
use crate::json::{Object, Value};
use crate::time::Timestamp;

/// The members that say from when and until when a credential holds.
const DATES: [&str; 2] = ["issuanceDate", "expirationDate"];

/// Checks a credential's members in the order of the specification.
pub(super) fn check_credential(credential: &Object) -> Result<Validity, Malformed> {
    data_model::contexts_are_urls_or_objects(credential)?;
    data_model::has_type(credential, "VerifiableCredential", "credential")?;
    data_model::id(credential)?;
    data_model::text_members(credential)?;
    data_model::issuer(credential)?;
    data_model::subject(credential)?;
    let validity = validity(credential)?;
    typed(credential, "credentialStatus", Id::Required)?;
    typed(credential, "credentialSchema", Id::Required)?;
    typed(credential, "refreshService", Id::Required)?;
    typed(credential, "termsOfUse", Id::Optional)?;
    typed(credential, "evidence", Id::Optional)?;
    typed(credential, "proof", Id::Optional)?;
    Ok(validity)
}

/// `issuanceDate` and `expirationDate`, as they stand there.
pub(super) fn dates(credential: &Object) -> (Option<Timestamp>, Option<Timestamp>) {
    let read = |key| date(credential, key).ok().flatten();
    (read("issuanceDate"), read("expirationDate"))
}

/// A credential of 2.0 can't have the dates of 1.1. Signatures over statements don't cover which contexts a document
/// names: who swaps them could have the end of a credential of 1.1 read by nobody.
pub(super) fn refuse_dates(credential: &Object) -> Result<(), Malformed> {
    match DATES.into_iter().find(|key| credential.contains_key(key)) {
        None => Ok(()),
        Some(key) => {
            let message =
                format!("{key} belongs to data model 1.1; credentials of 2.0 have validFrom and validUntil");
            Err(Malformed::new("date_of_other_model", message).under(key))
        }
    }
}

/// VCDM 1.1, sections 4.6 and 4.7: `issuanceDate` must be there. The context has `validFrom` and `validUntil` too (section
/// 4.6, note); where they stand beside, both hold: the later beginning, and the earlier end.
fn validity(credential: &Object) -> Result<Validity, Malformed> {
    if !credential.contains_key("issuanceDate") {
        let message = "a credential of data model 1.1 must have an issuanceDate";
        return Err(Malformed::new("issuance_date_missing", message));
    }
    let from = date(credential, "issuanceDate")?.max(date(credential, "validFrom")?);
    let ends = [date(credential, "expirationDate")?, date(credential, "validUntil")?];
    let until = ends.into_iter().flatten().min();
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        let message = "the credential ends before it begins";
        return Err(Malformed::new("validity_reversed", message).under("expirationDate"));
    }
    Ok(Validity { from, until })
}

/// Whether the first context is that of data model 1.1. It may stand alone there, outside of a list.
pub(super) fn is_named_by(context: Option<&Value>) -> bool {
    let first = context.and_then(|context| context.one_or_many().first());
    first.and_then(Value::as_str) == Some(CREDENTIALS_V1)
}

/// The context that stands first in every document of VCDM 1.1.
pub const CREDENTIALS_V1: &str = "https://www.w3.org/2018/credentials/v1";
