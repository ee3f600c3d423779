//! Whose signature stands on a token, and its binding to the issuer or holder.

use super::proofs::{self, Judgement, Question, Resolved, Unresolved, unresolved};
use super::report::{Finding, Rank, Source};
use crate::did::document::{DidDocument, Method};
use crate::did::{self, jwk};
use crate::jose::{JoseError, Token};
use crate::json::Object;
use crate::jsonld::{self, Contexts};
use crate::keys::PublicKey;
use crate::proof::{Proof, Purpose};
use crate::time::Timestamp;

/// Most keys of a document that are tried where a token doesn't say which it is.
const MAX_TRIES: usize = 8;

/// A token and the document in it.
pub(super) struct Signed<'a> {
    pub(super) token: &'a Token,
    /// The document, without what its JSON-LD meaning has no place for.
    pub(super) document: &'a Object,
    /// The proofs within the document, which may stand there besides.
    pub(super) proofs: &'a [Proof],
    /// When the credential itself begins and ends: a token that begins or ends with it says nothing more.
    pub(super) dates: (Option<Timestamp>, Option<Timestamp>),
}

/// Checks the signature of a token by a key of the signer's, and the proofs within.
pub(super) fn judge(signed: &Signed<'_>, question: &Question<'_>, contexts: &Contexts) -> Judgement {
    if let Err(error) = jsonld::canonicalize(signed.document, &["proof"], contexts) {
        return proofs::meaningless(signed.document, &error);
    }
    let key = match resolve(signed.token, question) {
        Ok(key) => key,
        Err(Unbound::Key(Unresolved { rank, code, why })) => {
            let detail = why.unwrap_or_else(|| named_key(signed.token, question.signer));
            return proofs::refused(Finding::bad(rank, code, detail));
        }
        Err(Unbound::OtherSigner(by)) => {
            let detail = format!("signed by {by}, not by {}", question.signer);
            let mut judgement = proofs::refused(Finding::not_applicable("proof_not_judged"));
            judgement.binding = question.bound_to_another(detail);
            return judgement;
        }
        Err(Unbound::Token(error)) => {
            return proofs::refused(Finding::bad(Rank::Forged, error.code(), error.to_string()));
        }
    };
    let claims = signed.token.claims();
    let mut proof = Finding::pass("proof_ok").from(Source::Document, claims.issued());
    let algorithm = signed.token.jws().header().algorithm().as_str();
    proof.detail = Some(format!("a signed token (JWT, {algorithm}) by {key}"));
    let mut judgement = Judgement {
        meaning: Finding::pass("meaning_ok"),
        proof: time(signed, question.at).unwrap_or(proof),
        binding: question.bound(),
        warnings: Vec::new(),
        right: vec![0],
    };
    if claims.issued_was_text() {
        judgement.warnings.push(("token_date_not_number", Some("iat".to_owned())));
    }
    if !signed.proofs.is_empty() {
        extra(&mut judgement, proofs::judge(signed.document, signed.proofs, question, contexts));
    }
    judgement
}

/// Whether the signer's own key signed a token that holds no JSON-LD, such as a status list, and it is good at the time in
/// question; else a code and why not.
pub(super) fn prove(token: &Token, question: &Question<'_>) -> Result<(), (&'static str, String)> {
    if let Err(unbound) = resolve(token, question) {
        return Err(match unbound {
            Unbound::Key(Unresolved { code, why, .. }) => {
                (code, why.unwrap_or_else(|| named_key(token, question.signer)))
            }
            Unbound::OtherSigner(by) => {
                (question.not_signer, format!("signed by {by}, not by {}", question.signer))
            }
            Unbound::Token(error) => (error.code(), error.to_string()),
        });
    }
    match of_claims(token, (None, None), question.at) {
        Some(finding) => Err((finding.code, finding.detail.unwrap_or_default())),
        None => Ok(()),
    }
}

/// Whether the signer's document is needed to check the token: not where another is named as the signer.
pub(super) fn needs_document(token: &Token, signer: &str) -> bool {
    !matches!(named(token.jws().header().kid(), signer), Named::Other(_) | Named::Address(_))
}

/// Who signed, by the token's own word: `iss`, else the DID or URL in `kid`.
pub(super) fn signer(token: &Token) -> Option<&str> {
    let of_kid = || token.jws().header().kid()?.split('#').next().filter(|start| start.contains(':'));
    token.claims().issuer().or_else(of_kid)
}

/// What `kid` says (VC-JOSE-COSE 1.0, section 4.1.1; Open Badges 3.0, section 8.2.3).
enum Named<'a> {
    /// A verification method of the signer's document.
    Method(String),
    /// A name within the signer's document: a method's fragment, or the `kid` of a JSON Web Key.
    Relative(&'a str),
    /// Nothing: any key of the signer's.
    Any,
    /// A method of somebody else.
    Other(&'a str),
    /// The address of a key by itself. A key that lies about somewhere is nobody's.
    Address(&'a str),
}

fn named<'a>(kid: Option<&'a str>, signer: &str) -> Named<'a> {
    let Some(kid) = kid.filter(|kid| *kid != signer) else { return Named::Any };
    match kid.split_once('#') {
        Some(("", fragment)) if !fragment.is_empty() => Named::Method(format!("{signer}{kid}")),
        Some((controller, _)) if controller == signer => Named::Method(kid.to_owned()),
        Some((controller, _)) if controller.contains(':') => Named::Other(controller),
        None if kid.starts_with("did:") => Named::Other(kid),
        None if kid.contains("://") => Named::Address(kid),
        _ => Named::Relative(kid),
    }
}

/// Why there is no key of the signer's that made the signature.
enum Unbound {
    /// The key was not to be had, or doesn't count.
    Key(Unresolved),
    /// Somebody else is said to have signed.
    OtherSigner(String),
    /// The signature isn't this key's.
    Token(JoseError),
}

impl From<Unresolved> for Unbound {
    fn from(unresolved: Unresolved) -> Self {
        Self::Key(unresolved)
    }
}

/// Finds the signer's key that made the signature, and gives its name.
fn resolve(token: &Token, question: &Question<'_>) -> Result<String, Unbound> {
    let (header, signer) = (token.jws().header(), question.signer);
    let named = match named(header.kid(), signer) {
        Named::Other(controller) => return Err(Unbound::OtherSigner(controller.to_owned())),
        Named::Address(url) => {
            let why = format!("{url}: only keys in the signer's own document count");
            return Err(Unresolved {
                why: Some(why),
                ..unresolved(Rank::Unsupported, "key_address_unsupported")
            }
            .into());
        }
        named => named,
    };
    if did::has_key_in_name(signer) {
        let method = match named {
            Named::Method(method) => method,
            // The one key of such a DID, however it is called.
            _ if signer.starts_with("did:jwk:") => format!("{signer}#{}", jwk::FRAGMENT),
            _ => signer.to_owned(),
        };
        let key = proofs::key_in_name(&method)?;
        return check(token, &key).map(|()| method);
    }
    let document = proofs::document_of(signer, question)?;
    let purpose = question.purpose.unwrap_or(Purpose::Authentication);
    let key_for = |method: &str| -> Resolved { proofs::listed(document, method, purpose, question.now) };
    match named {
        Named::Method(method) => check(token, &key_for(&method)?).map(|()| method),
        Named::Relative(name) => {
            let method = format!("{signer}#{name}");
            if document.method(&method).is_some() {
                return check(token, &key_for(&method)?).map(|()| method);
            }
            try_each(token, document, &|method| method.jwk_kid() == Some(name), &key_for)
        }
        _ => try_each(token, document, &|_| true, &key_for),
    }
}

/// Tries the keys of the document that may be meant; one fault of a single candidate is told, else that none fits.
fn try_each(
    token: &Token,
    document: &DidDocument,
    is_meant: &dyn Fn(&Method) -> bool,
    key_for: &dyn Fn(&str) -> Resolved,
) -> Result<String, Unbound> {
    let header = token.jws().header();
    let fits = |method: &&Method| {
        let key = method.key().ok();
        let is_of_algorithm = key.is_some_and(|key| key.algorithm() == header.algorithm());
        let is_of_header = header.jwk().is_none_or(|own| key == Some(own));
        is_meant(method) && is_of_algorithm && is_of_header
    };
    let mut faults: Vec<Unbound> = Vec::new();
    for method in document.methods().iter().filter(fits).take(MAX_TRIES) {
        let tried = key_for(method.id()).map_err(Unbound::from).and_then(|key| check(token, &key));
        match tried {
            Ok(()) => return Ok(method.id().to_owned()),
            Err(fault) => faults.push(fault),
        }
    }
    // A token that names its key is wrong if that key's signature is; else the right key may have been taken out.
    let is_named = header.kid().is_some_and(|kid| kid != document.id()) || header.jwk().is_some();
    match faults.pop() {
        Some(fault) if faults.is_empty() && (is_named || !matches!(fault, Unbound::Token(_))) => Err(fault),
        _ => Err(unresolved(Rank::ProofUnknown, "key_not_in_document").into()),
    }
}

/// That the signature is this key's. A key that the token brings along must be the same.
fn check(token: &Token, key: &PublicKey) -> Result<(), Unbound> {
    if token.jws().header().jwk().is_some_and(|own| own != key) {
        return Err(unresolved(Rank::Forged, "token_key_other").into());
    }
    token.jws().verify(key).map_err(Unbound::Token)
}

/// How the key is named, for a reader.
fn named_key(token: &Token, signer: &str) -> String {
    match token.jws().header().kid() {
        Some(kid) => kid.to_owned(),
        None => format!("the token names no key of {signer}"),
    }
}

/// Whether the token is before its beginning or past its end at the time `at`, apart from the credential's own.
fn time(signed: &Signed<'_>, at: Timestamp) -> Option<Finding> {
    of_claims(signed.token, signed.dates, at)
}

/// The same, with the dates of the credential in the token.
fn of_claims(
    token: &Token,
    (from, until): (Option<Timestamp>, Option<Timestamp>),
    at: Timestamp,
) -> Option<Finding> {
    let claims = token.claims();
    let is_own = |time: Timestamp, own: Option<Timestamp>| {
        own.is_some_and(|own| own.whole_seconds() == time.whole_seconds())
    };
    let expired = claims.expires().filter(|expires| *expires <= at && !is_own(*expires, until));
    let early = claims.not_before().filter(|begin| at < *begin && !is_own(*begin, from));
    match (expired, early) {
        (Some(end), _) => Some(
            Finding::bad(Rank::Expired, "proof_expired", format!("the token expired at {end}")).at("/exp"),
        ),
        (None, Some(begin)) => {
            let detail = format!("the token holds from {begin} on");
            Some(Finding::bad(Rank::NotYetValid, "token_not_yet_valid", detail).at("/nbf"))
        }
        (None, None) => None,
    }
}

/// What the proofs within add: nothing, if they are right; a wrong one spoils the token.
fn extra(judgement: &mut Judgement, inner: Judgement) {
    let detail = inner.proof.detail.clone();
    let worst = inner.proof.rank.min(inner.binding.rank).min(inner.meaning.rank);
    match worst {
        Rank::Valid => judgement.warnings.extend(inner.warnings),
        // Others may add their proofs to the issuer's.
        _ if inner.binding.rank == Rank::Forged && inner.proof.rank == Rank::Valid => {
            judgement.warnings.push(("extra_proof_not_checked", inner.binding.detail));
        }
        Rank::Unsupported | Rank::ProofUnknown => {
            judgement.warnings.push(("extra_proof_not_checked", detail));
        }
        Rank::Expired => judgement.warnings.push(("extra_proof_set_aside", detail)),
        _ => judgement.proof = Finding::bad(Rank::Malformed, "extra_proof_failed", detail),
    }
}
