//! The classes of Open Badges 3.0.3 as tables: which members each has, of what form, and which it must have.
//!
//! The reference is the pinned JSON Schema; a test holds the two against each other.

mod v1;

pub(super) use v1::{ACHIEVEMENT_CREDENTIAL_V1, ENDORSEMENT_CREDENTIAL_V1};

/// The form that a value must have.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// A string.
    Text,
    /// A string that is an absolute URL.
    Url,
    /// A date and time with a time zone.
    DateTime,
    /// A calendar date.
    Date,
    /// A number.
    Number,
    /// `true` or `false`.
    Bool,
    /// A language tag.
    Language,
    /// A compact JWS.
    Jws,
    /// One of these words.
    Word(&'static [&'static str]),
    /// One of these words, or one of the author's own that begins with `ext:`.
    WordOrExt(&'static [&'static str]),
    /// An object of this class.
    Of(&'static Class),
    /// A URL, or an object of this class.
    UrlOr(&'static Class),
    /// A list of such values.
    List(&'static Form),
}

/// A class of objects.
pub(super) struct Class {
    pub(super) name: &'static str,
    pub(super) typed: Typed,
    pub(super) required: &'static [&'static str],
    pub(super) members: &'static [(&'static str, Form)],
    /// Whether members that aren't in the table are refused.
    pub(super) closed: bool,
}

/// How the objects of a class name their type.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Typed {
    /// They don't.
    No,
    /// A list of strings, with one of these in it.
    List(&'static [&'static str]),
    /// Exactly this string.
    Exactly(&'static str),
}

use Form::{Bool, Date, DateTime, Jws, Language, List, Number, Of, Text, Url, UrlOr, Word, WordOrExt};

const fn open(
    name: &'static str,
    typed: Typed,
    required: &'static [&'static str],
    members: &'static [(&'static str, Form)],
) -> Class {
    Class { name, typed, required, members, closed: false }
}

const fn closed(
    name: &'static str,
    typed: Typed,
    required: &'static [&'static str],
    members: &'static [(&'static str, Form)],
) -> Class {
    Class { name, typed, required, members, closed: true }
}

/// A badge. Members that the data model itself governs (`proof`, `credentialStatus`, …) are checked there.
pub(super) static ACHIEVEMENT_CREDENTIAL: Class = open(
    "AchievementCredential",
    Typed::List(&["AchievementCredential", "OpenBadgeCredential"]),
    &["id", "type", "credentialSubject", "issuer", "validFrom"],
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
        ("validFrom", DateTime),
        ("validUntil", DateTime),
    ],
);

/// What somebody says for a badge, an achievement or an issuer.
pub(super) static ENDORSEMENT_CREDENTIAL: Class = open(
    "EndorsementCredential",
    Typed::List(&["EndorsementCredential"]),
    &["id", "type", "name", "credentialSubject", "issuer", "validFrom"],
    &[
        ("id", Url),
        ("name", Text),
        ("description", Text),
        ("credentialSubject", Of(&ENDORSEMENT_SUBJECT)),
        ("awardedDate", DateTime),
        ("issuer", UrlOr(&PROFILE)),
        ("validFrom", DateTime),
        ("validUntil", DateTime),
    ],
);

static ENDORSEMENT_SUBJECT: Class = open(
    "EndorsementSubject",
    Typed::List(&["EndorsementSubject"]),
    &["id", "type"],
    &[("id", Url), ("endorsementComment", Text)],
);

static ACHIEVEMENT_SUBJECT: Class = open(
    "AchievementSubject",
    Typed::List(&["AchievementSubject"]),
    &["type", "achievement"],
    &[
        ("id", Url),
        ("activityEndDate", DateTime),
        ("activityStartDate", DateTime),
        ("creditsEarned", Number),
        ("achievement", Of(&ACHIEVEMENT)),
        ("identifier", List(&Of(&IDENTITY_OBJECT))),
        ("image", Of(&IMAGE)),
        ("licenseNumber", Text),
        ("narrative", Text),
        ("result", List(&Of(&RESULT))),
        ("role", Text),
        ("source", Of(&PROFILE)),
        ("term", Text),
    ],
);

/// What a badge stands for.
pub(super) static ACHIEVEMENT: Class = open(
    "Achievement",
    Typed::List(&["Achievement"]),
    &["id", "type", "criteria", "description", "name"],
    &[
        ("id", Url),
        ("alignment", List(&Of(&ALIGNMENT))),
        ("achievementType", WordOrExt(ACHIEVEMENT_TYPES)),
        ("creator", Of(&PROFILE)),
        ("creditsAvailable", Number),
        ("criteria", Of(&CRITERIA)),
        ("description", Text),
        ("endorsement", List(&Of(&ENDORSEMENT_CREDENTIAL))),
        ("endorsementJwt", List(&Jws)),
        ("fieldOfStudy", Text),
        ("humanCode", Text),
        ("image", Of(&IMAGE)),
        ("inLanguage", Language),
        ("name", Text),
        ("otherIdentifier", List(&Of(&IDENTIFIER_ENTRY))),
        ("related", List(&Of(&RELATED))),
        ("resultDescription", List(&Of(&RESULT_DESCRIPTION))),
        ("specialization", Text),
        ("tag", List(&Text)),
        ("version", Text),
    ],
);

static CRITERIA: Class = open("Criteria", Typed::No, &[], &[("id", Url), ("narrative", Text)]);

static ALIGNMENT: Class = open(
    "Alignment",
    Typed::List(&["Alignment"]),
    &["type", "targetName", "targetUrl"],
    &[
        ("targetCode", Text),
        ("targetDescription", Text),
        ("targetName", Text),
        ("targetFramework", Text),
        ("targetType", WordOrExt(ALIGNMENT_TYPES)),
        ("targetUrl", Url),
    ],
);

static RELATED: Class = open(
    "Related",
    Typed::List(&["Related"]),
    &["id", "type"],
    &[("id", Url), ("inLanguage", Language), ("version", Text)],
);

static RESULT: Class = open(
    "Result",
    Typed::List(&["Result"]),
    &["type"],
    &[
        ("achievedLevel", Url),
        ("alignment", List(&Of(&ALIGNMENT))),
        ("resultDescription", Url),
        ("status", Word(RESULT_STATUS)),
        ("value", Text),
    ],
);

static RESULT_DESCRIPTION: Class = open(
    "ResultDescription",
    Typed::List(&["ResultDescription"]),
    &["id", "type", "name", "resultType"],
    &[
        ("id", Url),
        ("alignment", List(&Of(&ALIGNMENT))),
        ("allowedValue", List(&Text)),
        ("name", Text),
        ("requiredLevel", Url),
        ("requiredValue", Text),
        ("resultType", WordOrExt(RESULT_TYPES)),
        ("rubricCriterionLevel", List(&Of(&RUBRIC_CRITERION_LEVEL))),
        ("valueMax", Text),
        ("valueMin", Text),
    ],
);

static RUBRIC_CRITERION_LEVEL: Class = open(
    "RubricCriterionLevel",
    Typed::List(&["RubricCriterionLevel"]),
    &["id", "type", "name"],
    &[
        ("id", Url),
        ("alignment", List(&Of(&ALIGNMENT))),
        ("description", Text),
        ("level", Text),
        ("name", Text),
        ("points", Text),
    ],
);

static EVIDENCE: Class = open(
    "Evidence",
    Typed::List(&["Evidence"]),
    &["type"],
    &[
        ("id", Url),
        ("narrative", Text),
        ("name", Text),
        ("description", Text),
        ("genre", Text),
        ("audience", Text),
    ],
);

static PROFILE: Class = open(
    "Profile",
    Typed::List(&["Profile"]),
    &["id", "type"],
    &[
        ("id", Url),
        ("name", Text),
        ("url", Url),
        ("phone", Text),
        ("description", Text),
        ("endorsement", List(&Of(&ENDORSEMENT_CREDENTIAL))),
        ("endorsementJwt", List(&Jws)),
        ("image", Of(&IMAGE)),
        ("email", Text),
        ("address", Of(&ADDRESS)),
        ("otherIdentifier", List(&Of(&IDENTIFIER_ENTRY))),
        ("official", Text),
        ("parentOrg", Of(&PROFILE)),
        ("familyName", Text),
        ("givenName", Text),
        ("additionalName", Text),
        ("patronymicName", Text),
        ("honorificPrefix", Text),
        ("honorificSuffix", Text),
        ("familyNamePrefix", Text),
        ("dateOfBirth", Date),
    ],
);

static ADDRESS: Class = open(
    "Address",
    Typed::List(&["Address"]),
    &["type"],
    &[
        ("addressCountry", Text),
        ("addressCountryCode", Text),
        ("addressRegion", Text),
        ("addressLocality", Text),
        ("streetAddress", Text),
        ("postOfficeBoxNumber", Text),
        ("postalCode", Text),
        ("geo", Of(&GEO_COORDINATES)),
    ],
);

static GEO_COORDINATES: Class = open(
    "GeoCoordinates",
    Typed::Exactly("GeoCoordinates"),
    &["type", "latitude", "longitude"],
    &[("latitude", Number), ("longitude", Number)],
);

static IMAGE: Class =
    closed("Image", Typed::Exactly("Image"), &["id", "type"], &[("id", Url), ("caption", Text)]);

static IDENTITY_OBJECT: Class = closed(
    "IdentityObject",
    Typed::Exactly("IdentityObject"),
    &["type", "hashed", "identityHash", "identityType"],
    &[
        ("hashed", Bool),
        ("identityHash", Text),
        ("identityType", WordOrExt(IDENTIFIER_TYPES)),
        ("salt", Text),
    ],
);

static IDENTIFIER_ENTRY: Class = closed(
    "IdentifierEntry",
    Typed::Exactly("IdentifierEntry"),
    &["type", "identifier", "identifierType"],
    &[("identifier", Text), ("identifierType", WordOrExt(IDENTIFIER_TYPES))],
);

const ACHIEVEMENT_TYPES: &[&str] = &[
    "Achievement",
    "ApprenticeshipCertificate",
    "Assessment",
    "Assignment",
    "AssociateDegree",
    "Award",
    "Badge",
    "BachelorDegree",
    "Certificate",
    "CertificateOfCompletion",
    "Certification",
    "CommunityService",
    "Competency",
    "Course",
    "CoCurricular",
    "Degree",
    "Diploma",
    "DoctoralDegree",
    "Fieldwork",
    "GeneralEducationDevelopment",
    "JourneymanCertificate",
    "LearningProgram",
    "License",
    "Membership",
    "ProfessionalDoctorate",
    "QualityAssuranceCredential",
    "MasterCertificate",
    "MasterDegree",
    "MicroCredential",
    "ResearchDoctorate",
    "SecondarySchoolDiploma",
];

const ALIGNMENT_TYPES: &[&str] = &[
    "ceasn:Competency",
    "ceterms:Credential",
    "CFItem",
    "CFRubric",
    "CFRubricCriterion",
    "CFRubricCriterionLevel",
    "CTDL",
];

const RESULT_STATUS: &[&str] =
    &["Completed", "Enrolled", "Failed", "InProgress", "OnHold", "Provisional", "Withdrew"];

const RESULT_TYPES: &[&str] = &[
    "GradePointAverage",
    "LetterGrade",
    "Percent",
    "PerformanceLevel",
    "PredictedScore",
    "RawScore",
    "Result",
    "RubricCriterion",
    "RubricCriterionLevel",
    "RubricScore",
    "ScaledScore",
    "Status",
];

const IDENTIFIER_TYPES: &[&str] = &[
    "name",
    "sourcedId",
    "systemId",
    "productId",
    "userName",
    "accountId",
    "emailAddress",
    "nationalIdentityNumber",
    "isbn",
    "issn",
    "lisSourcedId",
    "oneRosterSourcedId",
    "sisSourcedId",
    "ltiContextId",
    "ltiDeploymentId",
    "ltiToolId",
    "ltiPlatformId",
    "ltiUserId",
    "identifier",
];
