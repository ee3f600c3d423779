//! The two classes that have other members in data model 1.1, as the first versions of Open Badges 3.0 had them.

use super::Form::{DateTime, Jws, List, Of, Text, Url, UrlOr};
use super::{
    ACHIEVEMENT_SUBJECT, Class, ENDORSEMENT_CREDENTIAL, ENDORSEMENT_SUBJECT, EVIDENCE, IMAGE, PROFILE, Typed,
    open,
};

/// A badge of data model 1.1.
pub(in crate::credential) static ACHIEVEMENT_CREDENTIAL_V1: Class = open(
    "AchievementCredential",
    Typed::List(&["AchievementCredential", "OpenBadgeCredential"]),
    &["id", "type", "name", "credentialSubject", "issuer", "issuanceDate"],
    &[
        ("id", Url),
        ("name", Text),
        ("description", Text),
        ("image", Of(&IMAGE)),
        ("awardedDate", DateTime),
        ("credentialSubject", Of(&ACHIEVEMENT_SUBJECT)),
        ("endorsement", List(&Of(&ENDORSEMENT_CREDENTIAL))),
        ("endorsementJwt", List(&Jws)),
        ("evidence", List(&Of(&EVIDENCE))),
        ("issuer", UrlOr(&PROFILE)),
        ("issuanceDate", DateTime),
        ("expirationDate", DateTime),
    ],
);

/// An endorsement of data model 1.1.
pub(in crate::credential) static ENDORSEMENT_CREDENTIAL_V1: Class = open(
    "EndorsementCredential",
    Typed::List(&["EndorsementCredential"]),
    &["id", "type", "credentialSubject", "issuer", "issuanceDate"],
    &[
        ("id", Url),
        ("name", Text),
        ("description", Text),
        ("credentialSubject", Of(&ENDORSEMENT_SUBJECT)),
        ("awardedDate", DateTime),
        ("issuer", UrlOr(&PROFILE)),
        ("issuanceDate", DateTime),
        ("expirationDate", DateTime),
    ],
);
