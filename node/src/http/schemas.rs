//! The shapes of requests and answers, for the description of the API. What the verbs answer is made elsewhere; a test
//! holds real answers against these.
#![expect(dead_code, reason = "these types describe what is sent; they are never made")]

use crate::achievements::AchievementView;
use crate::issuer::CredentialView;
use crate::level::LevelView;
use crate::network::PeerView;
use crate::overview::IssuerView;
use crate::tokens::TokenView;
use utoipa::ToSchema;

/// An error (RFC 9457, Problem Details for HTTP APIs).
#[derive(ToSchema)]
pub(super) struct ProblemDetails {
    /// `urn:accolade:problem:` and the code.
    r#type: String,
    /// The kind of problem in a few words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What happened.
    detail: String,
    /// What to do.
    hint: String,
    /// Stable, for programs, in snake_case.
    code: String,
    /// Where in the request's body, as a JSON Pointer.
    #[schema(required = false, nullable = false)]
    pointer: Option<String>,
}

/// A credential as it was signed (W3C Verifiable Credentials 2.0): an Open Badges 3.0 badge, a status list.
#[derive(ToSchema)]
pub(super) struct SignedCredential {
    #[schema(rename = "@context")]
    context: Vec<String>,
    r#type: Vec<String>,
    #[schema(value_type = Vec<Object>)]
    proof: (),
}

/// The revoked badges of a list by their ids (1EdTech Revocation List Status Method 1.0).
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct RevocationList {
    id: String,
    issuer: String,
    revoked_credentials: Vec<RevokedCredential>,
}

/// A badge that was revoked.
#[derive(ToSchema)]
pub(super) struct RevokedCredential {
    id: String,
    revoked: bool,
}

/// The answer on a badge in one word, the first that applies. Only `valid` and `valid_issuer_unknown` are good.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum VerdictWord {
    Malformed,
    Unsupported,
    Forged,
    CouldNotCheck,
    Revoked,
    IssuerEquivocated,
    Suspended,
    Expired,
    NotYetValid,
    ValidIssuerUnknown,
    Valid,
}

/// How a check ended.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
pub(super) enum OutcomeWord {
    Pass,
    Fail,
    CouldNotCheck,
    NotApplicable,
}

/// One check of a report.
#[derive(ToSchema)]
pub(super) struct CheckView {
    /// What was checked.
    name: String,
    outcome: OutcomeWord,
    /// Stable, for programs.
    code: String,
    /// For a lay reader.
    sentence: String,
    /// What the reader, the holder or the issuer can do about it.
    #[schema(required = false, nullable = false)]
    hint: Option<String>,
    /// Which member, which rule.
    #[schema(required = false, nullable = false)]
    detail: Option<String>,
    /// Where in the document, as a JSON Pointer.
    #[schema(required = false, nullable = false)]
    pointer: Option<String>,
    /// The specification that asks for it.
    spec: String,
    /// Where its evidence came from.
    #[schema(required = false, nullable = false)]
    source: Option<String>,
    /// When that was last vouched for.
    #[schema(required = false, nullable = false, format = DateTime)]
    as_of: Option<String>,
}

/// Something that a reader should know, and that doesn't change the verdict.
#[derive(ToSchema)]
pub(super) struct WarningView {
    code: String,
    sentence: String,
    /// What the reader, the holder or the issuer can do about it.
    #[schema(required = false, nullable = false)]
    hint: Option<String>,
    #[schema(required = false, nullable = false)]
    detail: Option<String>,
    /// Where in the document, as a JSON Pointer.
    #[schema(required = false, nullable = false)]
    pointer: Option<String>,
}

/// What a badge says of itself; told only once its proof passed.
#[derive(ToSchema)]
pub(super) struct BadgeView {
    id: Option<String>,
    name: Option<String>,
    achievement_id: Option<String>,
    achievement: Option<String>,
    description: Option<String>,
    /// What the badge calls its issuer; its own word.
    issuer_name: Option<String>,
    /// How the recipient is named: `did`, `url`, `email`, `other` or `none`.
    recipient: String,
    recipient_id: Option<String>,
    #[schema(format = DateTime)]
    valid_from: Option<String>,
    #[schema(format = DateTime)]
    valid_until: Option<String>,
}

/// What became of an endorsement in a badge.
#[derive(ToSchema)]
pub(super) struct EndorsementView {
    verdict: VerdictWord,
    code: String,
    issuer: Option<String>,
    /// Of what it speaks; null if that can't be told.
    endorsed: Option<String>,
}

/// Which trust root knows the issuer, and how.
#[derive(ToSchema)]
pub(super) struct TrustedByView {
    root: String,
    kind: String,
    entry: String,
    #[schema(required = false, nullable = false)]
    name: Option<String>,
    #[schema(required = false, nullable = false)]
    location: Option<String>,
    #[schema(required = false, nullable = false)]
    url: Option<String>,
}

/// Where in a picture a badge stood.
#[derive(ToSchema)]
pub(super) struct PictureView {
    kind: String,
    format: String,
    form: String,
}

/// The report on a badge.
#[derive(ToSchema)]
pub(super) struct ReportView {
    verdict: VerdictWord,
    /// The code of the check that decided it.
    code: String,
    sentence: String,
    /// The verdict for a lay reader; at `/v1/verify` only.
    #[schema(required = false, nullable = false)]
    headline: Option<String>,
    /// The steps in order.
    checks: Vec<CheckView>,
    #[schema(required = false)]
    warnings: Vec<WarningView>,
    /// The DID that the signature proved.
    issuer: Option<String>,
    badge: Option<BadgeView>,
    #[schema(required = false)]
    endorsements: Vec<EndorsementView>,
    /// When the issuer last vouched for its list.
    #[schema(format = DateTime)]
    status_as_of: Option<String>,
    #[schema(required = false, nullable = false)]
    picture: Option<PictureView>,
    /// Why the issuer is trusted, if the caller named trust roots and one of them knows it.
    #[schema(required = false, nullable = false)]
    trusted_by: Option<TrustedByView>,
    /// The report on a newer version of the badge, if the options asked for one and there was one.
    #[schema(required = false, nullable = false, no_recursion)]
    refreshed: Option<Box<ReportView>>,
    #[schema(format = DateTime)]
    checked_at: String,
}

/// A question about one badge or several: exactly one of `badge`, `url` and `badges`, and nothing else beside `options`.
#[derive(ToSchema)]
pub(super) struct VerifyRequest {
    /// A badge: an object, or a text that holds it (a JWT, JSON).
    #[schema(required = false)]
    badge: Option<serde_json::Value>,
    /// The https address of a badge.
    #[schema(required = false)]
    url: Option<String>,
    /// Up to 1,000 badges, each as `badge` or an object `{"url"}`.
    #[schema(required = false)]
    badges: Option<Vec<serde_json::Value>>,
    #[schema(required = false, nullable = false)]
    options: Option<VerifyRequestOptions>,
}

/// How to judge. An option that isn't known is refused.
#[derive(ToSchema)]
pub(super) struct VerifyRequestOptions {
    /// The time for which to judge: dates, and revocation as it was then. Now if nothing is said.
    #[schema(required = false, nullable = false, format = DateTime)]
    as_of: Option<String>,
    /// `["proof"]` leaves dates and revocation out.
    #[schema(required = false, nullable = false)]
    checks: Option<Vec<String>>,
    /// In which language to answer: `en`, `de`, `fr`, `es` or `pt`; by `Accept-Language` if nothing is said.
    #[schema(required = false, nullable = false)]
    language: Option<String>,
    /// Greatest age of a status list, in seconds; 172,800 (48 hours) if nothing is said.
    #[schema(required = false, nullable = false)]
    max_status_age_s: Option<u64>,
    /// To whom the badge must be given: one member, such as `{"email": "ada@example.org"}`, `{"id": "did:…"}`, or an
    /// `identityType` of Open Badges.
    #[schema(required = false, nullable = false, value_type = Option<Object>)]
    recipient: Option<()>,
    /// Whether to ask for a newer version, where the badge names a service for it; at `/v1/verify` only.
    #[schema(required = false, nullable = false)]
    refresh: Option<bool>,
    /// Up to 8 trust roots: https addresses of registries, or registries. An issuer that none of them names makes the
    /// verdict `valid_issuer_unknown`.
    #[schema(required = false, nullable = false)]
    trust: Option<Vec<serde_json::Value>>,
}

/// One line of the answer on a batch: the report on the badge, and its place.
#[derive(ToSchema)]
pub(super) struct BatchLine {
    /// The badge's place in `badges`, from 0.
    index: u64,
    #[schema(inline)]
    #[serde(flatten)]
    report: ReportView,
}

/// The report on a presentation.
#[derive(ToSchema)]
pub(super) struct PresentationReportView {
    verdict: VerdictWord,
    code: String,
    sentence: String,
    checks: Vec<CheckView>,
    #[schema(required = false)]
    warnings: Vec<WarningView>,
    /// The holder that the signature proved.
    holder: Option<String>,
    /// Whether the presenter is the recipient of every badge in it.
    recipient_proved: bool,
    credentials: Vec<ReportView>,
    #[schema(format = DateTime)]
    checked_at: String,
}

/// What is wrong with a credential, in the words of the VC-API.
#[derive(ToSchema)]
pub(super) struct CredentialProblem {
    r#type: String,
    title: String,
    detail: String,
    code: String,
    /// What the reader, the holder or the issuer can do about it.
    #[schema(required = false, nullable = false)]
    hint: Option<String>,
    /// Where in the document, as a JSON Pointer.
    #[schema(required = false, nullable = false)]
    pointer: Option<String>,
}

/// A warning; one that is a problem too has its `type` and `title`.
#[derive(ToSchema)]
pub(super) struct ProblemWarning {
    #[schema(inline)]
    #[serde(flatten)]
    warning: WarningView,
    #[schema(required = false)]
    r#type: Option<String>,
    #[schema(required = false)]
    title: Option<String>,
}

/// A credential to be verified (VC-API).
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct VerifyCredentialRequest {
    /// Any JSON: what isn't a credential is `malformed`.
    verifiable_credential: serde_json::Value,
    #[schema(required = false)]
    options: Option<VerifyOptions>,
}

/// What to check. An option that isn't known is named among the warnings.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct VerifyOptions {
    /// What the presenter was asked to sign; for presentations.
    #[schema(required = false, nullable = false)]
    challenge: Option<String>,
    /// For whom it was signed; for presentations.
    #[schema(required = false, nullable = false)]
    domain: Option<String>,
    /// The same as `challenge`, as JWTs call it.
    #[schema(required = false, nullable = false)]
    nonce: Option<String>,
    /// The same as `domain`, as JWTs call it.
    #[schema(required = false, nullable = false)]
    audience: Option<String>,
    /// Whether the answer shall hold the credential.
    #[schema(required = false, nullable = false)]
    return_credential: Option<bool>,
    /// Whether the answer shall hold the presentation.
    #[schema(required = false, nullable = false)]
    return_presentation: Option<bool>,
    /// Those of `/v1/verify`.
    #[schema(inline)]
    #[serde(flatten)]
    more: VerifyRequestOptions,
}

/// The answer on a credential (VC-API).
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct VerifyCredentialAnswer {
    verified: bool,
    verdict: VerdictWord,
    problem_details: Vec<CredentialProblem>,
    /// In the profile `vcalm`: what is wrong but for dates and status, which are warnings there.
    #[schema(required = false)]
    errors: Vec<CredentialProblem>,
    warnings: Vec<ProblemWarning>,
    report: ReportView,
    /// What was judged, if the options ask for it.
    #[schema(required = false)]
    credential: Option<serde_json::Value>,
}

/// A presentation to be verified (VC-API).
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct VerifyPresentationRequest {
    /// Any JSON: what isn't a presentation is `malformed`.
    verifiable_presentation: serde_json::Value,
    #[schema(required = false)]
    options: Option<VerifyOptions>,
}

/// The answer on a presentation (VC-API).
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct VerifyPresentationAnswer {
    verified: bool,
    verdict: VerdictWord,
    recipient_proved: bool,
    problem_details: Vec<CredentialProblem>,
    /// In the profile `vcalm`: what is wrong but for dates and status, which are warnings there.
    #[schema(required = false)]
    errors: Vec<CredentialProblem>,
    warnings: Vec<ProblemWarning>,
    report: PresentationReportView,
    /// What was judged, if the options ask for it.
    #[schema(required = false)]
    verifiable_presentation: Option<serde_json::Value>,
}

/// A credential to be completed and signed (VC-API).
#[derive(ToSchema)]
pub(super) struct IssueRequest {
    #[schema(value_type = Object)]
    credential: (),
}

/// A signed credential (VC-API).
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct IssuedCredential {
    verifiable_credential: SignedCredential,
}

/// Which credential's status to set (VC-API): by its id, or by a copy; one of the two.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct StatusRequest {
    #[schema(required = false)]
    credential_id: Option<String>,
    /// The holder's copy of a badge of this node that it doesn't know any more: it was issued after the backup that the
    /// node was restored from.
    #[schema(required = false)]
    verifiable_credential: Option<SignedCredential>,
    #[schema(required = false, nullable = false)]
    credential_status: Option<StatusEntry>,
    /// True if nothing is said.
    #[schema(required = false, nullable = false)]
    status: Option<bool>,
    /// Kept in the ledger, never published.
    #[schema(required = false)]
    reason: Option<String>,
}

/// Which status.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct StatusEntry {
    /// `BitstringStatusListEntry`.
    r#type: String,
    /// `revocation` or `suspension`.
    #[schema(required = false, nullable = false)]
    status_purpose: Option<String>,
}

/// A status that was set.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct StatusAccepted {
    credential_id: String,
    status_purpose: String,
    status: bool,
    /// Whether it was another before.
    changed: bool,
    /// When everybody can know.
    #[schema(format = DateTime)]
    public_by: String,
}

/// An Open Badges 3.0 `Achievement` without its id.
#[derive(ToSchema)]
pub(super) struct AchievementContent {
    name: String,
    description: String,
    #[schema(value_type = Object)]
    criteria: (),
}

/// A page of achievements, newest first.
#[derive(ToSchema)]
pub(super) struct AchievementPage {
    achievements: Vec<AchievementView>,
    /// The `cursor` of the next page; null at the end.
    next: Option<String>,
}

/// A badge to be issued for a published achievement.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct AwardRequest {
    /// The achievement's id.
    achievement: String,
    recipient: RecipientRequest,
    /// The recipient's name, if the badge shall show it.
    #[schema(required = false)]
    name: Option<String>,
    #[schema(required = false, format = DateTime)]
    valid_until: Option<String>,
    /// Open Badges `Evidence` objects, or their URLs; 100 at most.
    #[schema(required = false, nullable = false)]
    evidence: Option<Vec<serde_json::Value>>,
    /// Open Badges `Result` objects; 100 at most.
    #[schema(required = false, nullable = false, value_type = Option<Vec<Object>>)]
    results: Option<Vec<()>>,
}

/// Who receives a badge: exactly one of both.
#[derive(ToSchema)]
pub(super) struct RecipientRequest {
    /// Stands in the badge as it is.
    #[schema(required = false, nullable = false)]
    did: Option<String>,
    /// The badge holds a salted hash of it.
    #[schema(required = false, nullable = false)]
    email: Option<String>,
}

/// A badge that was issued.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct IssuedBadge {
    id: String,
    /// The badge's page.
    url: Option<String>,
    verifiable_credential: SignedCredential,
}

/// A page of what was issued, newest first.
#[derive(ToSchema)]
pub(super) struct CredentialPage {
    credentials: Vec<CredentialView>,
    /// The `cursor` of the next page; null at the end.
    next: Option<String>,
}

/// A token to be made. No other member is taken.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct NewTokenRequest {
    /// What it is for, 200 bytes at most.
    label: String,
    /// At least one of `owner`, `issue`, `revoke`, `achievement`, `read`.
    scopes: Vec<String>,
    /// Until when it holds; until it is withdrawn if nothing is said.
    #[schema(required = false, nullable = false, format = DateTime)]
    valid_until: Option<String>,
}

/// A token that was made.
#[derive(ToSchema)]
pub(super) struct NewTokenAnswer {
    #[schema(inline)]
    #[serde(flatten)]
    view: TokenView,
    /// The token, this once.
    token: String,
}

/// The tokens that weren't withdrawn.
#[derive(ToSchema)]
pub(super) struct TokenList {
    tokens: Vec<TokenView>,
}

/// A node at a glance.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(super) struct NodeView {
    did: String,
    /// The did:key under which its log of records stands.
    log_did: String,
    name: String,
    version: String,
    http: String,
    net: String,
    peer_id: Option<String>,
    listen: Vec<String>,
    peers: Vec<PeerView>,
    issuers: Vec<IssuerView>,
    records: u64,
    level: LevelView,
    warning: Option<String>,
    /// Badges that it has issued; with a token only.
    #[schema(required = false, nullable = false)]
    credentials: Option<u64>,
    /// Where a damaged replica was put; with a token only.
    #[schema(required = false)]
    replica_set_aside: Option<String>,
}

/// Whether the node serves.
#[derive(ToSchema)]
pub(super) struct Health {
    /// `ok`.
    status: String,
}
