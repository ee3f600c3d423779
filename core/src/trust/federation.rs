//! OpenID Federation 1.0: what a trust anchor signs of others, as the caller had it.
//!
//! The anchor's keys are the caller's word, so whatever they sign counts: entity statements (section 3) and trust marks
//! (section 7). Only what the anchor says itself is read; chains over intermediates are not followed.

use super::registry::names_an_issuer;
use super::{About, Entry, Kind, TrustError, shown};
use crate::jose::Jws;
use crate::json::{Object, Value};
use crate::keys::{JwkError, PublicKey};
use crate::time::Timestamp;
use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;

/// Most tokens of one root, each with a signature to check.
pub const MAX_TOKENS: usize = 256;
/// Most keys of one anchor.
const MAX_KEYS: usize = 32;
/// The `typ` of an entity statement (section 3) and of a trust mark (section 7).
const STATEMENT: &str = "entity-statement+jwt";
const MARK: &str = "trust-mark+jwt";
/// The seconds since 1970 that a [`Timestamp`] holds.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

type Entries = HashMap<String, Entry>;

/// Who signs, and by which keys.
struct Anchor {
    id: String,
    /// By their `kid`.
    keys: Vec<(Option<String>, PublicKey)>,
    /// Until when the keys are its.
    until: Option<Timestamp>,
    /// The types of trust marks whose issuers the anchor names, with these.
    mark_issuers: Vec<(String, Vec<String>)>,
    /// The types of trust marks that belong to somebody else, who must have delegated them.
    owned_marks: Vec<String>,
}

/// Reads tokens, a line for each: first the anchor's entity configuration, then what it signs of others. Also tells
/// how many they were, at most `tokens_left`.
pub(super) fn read_text(text: &str, tokens_left: usize) -> Result<(Entries, usize), TrustError> {
    let count = text.lines().filter(|line| !line.trim().is_empty()).count();
    within(count, tokens_left)?;
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).enumerate();
    let Some((_, configuration)) = lines.next() else { return Err(TrustError::NoAnchor) };
    let (anchor, mut entries) = Anchor::of_configuration(configuration, 0)?;
    for (at, token) in lines {
        anchor.add(&mut entries, token, at)?;
    }
    Ok((entries, count))
}

/// Reads `{"trust_anchor": token or {"iss", "jwks"}, "statements"?: […], "trust_marks"?: […]}`.
pub(super) fn read_object(object: &Object, tokens_left: usize) -> Result<(Entries, usize), TrustError> {
    let listed = ["statements", "trust_marks"].into_iter().filter_map(|key| object.get(key));
    let count = 1 + listed.map(|tokens| tokens.one_or_many().len()).sum::<usize>();
    within(count, tokens_left)?;
    let (anchor, mut entries) = match object.get("trust_anchor") {
        Some(Value::String(configuration)) => Anchor::of_configuration(configuration, 0)?,
        Some(Value::Object(named)) => (Anchor::of_keys(named)?, Entries::new()),
        _ => return Err(TrustError::NoAnchor),
    };
    let tokens = ["statements", "trust_marks"].into_iter().filter_map(|key| Some((key, object.get(key)?)));
    let mut at = 0;
    for (key, tokens) in tokens {
        for token in tokens.one_or_many() {
            at += 1;
            let Some(token) = token.as_str() else {
                return Err(TrustError::Form {
                    what: "this must be a list of tokens",
                    path: format!("/{key}"),
                });
            };
            anchor.add(&mut entries, token, at)?;
        }
    }
    Ok((entries, count))
}

/// Before the first signature is checked.
fn within(count: usize, tokens_left: usize) -> Result<(), TrustError> {
    match count <= tokens_left.min(MAX_TOKENS) {
        true => Ok(()),
        false => Err(TrustError::TooManyTokens),
    }
}

impl Anchor {
    /// An anchor by the token in which it describes itself. Its own signature shows only that the token is whole.
    fn of_configuration(token: &str, at: usize) -> Result<(Self, Entries), TrustError> {
        let (jws, claims) = parse(token, STATEMENT, at)?;
        let id = text(&claims, "iss", at)?;
        if text(&claims, "sub", at)? != id {
            return Err(broken(at, "the first token must be the trust anchor's own entity configuration"));
        }
        let keys = keys(claims.get("jwks"))?;
        let until = Some(time(&claims, "exp", at)?);
        let anchor = Self {
            id,
            keys,
            until,
            mark_issuers: mark_issuers(&claims),
            owned_marks: names(claims.get("trust_mark_owners")),
        };
        anchor.verify(&jws, at)?;
        let mut entries = Entries::new();
        anchor.insert(&mut entries, &claims, Kind::Federation, organization(&claims), at)?;
        if let Some(own) = entries.get_mut(&anchor.id) {
            own.endorses = true;
        }
        Ok((anchor, entries))
    }

    /// An anchor by name and keys alone.
    fn of_keys(named: &Object) -> Result<Self, TrustError> {
        let id = named.get("iss").and_then(Value::as_str).filter(|id| names_an_issuer(id));
        let Some(id) = id else {
            let what = "the trust anchor's “iss” must be its https URL";
            return Err(TrustError::Form { what, path: "/trust_anchor/iss".into() });
        };
        Ok(Self {
            id: id.to_owned(),
            keys: keys(named.get("jwks"))?,
            until: None,
            mark_issuers: Vec::new(),
            owned_marks: Vec::new(),
        })
    }

    /// Takes what the anchor signs of somebody: an entity statement, or a trust mark.
    fn add(&self, entries: &mut Entries, token: &str, at: usize) -> Result<(), TrustError> {
        let statement = parse(token, STATEMENT, at);
        let (jws, claims, is_mark) = match statement {
            Ok((jws, claims)) => (jws, claims, false),
            Err(error) => match parse(token, MARK, at) {
                Ok((jws, claims)) => (jws, claims, true),
                Err(_) => return Err(error),
            },
        };
        if text(&claims, "iss", at)? != self.id {
            return Err(broken(at, "somebody else than the trust anchor signed this token"));
        }
        self.verify(&jws, at)?;
        if is_mark {
            let kind = ["trust_mark_type", "id"].iter().find_map(|key| claims.get(key)?.as_str());
            let Some(kind) = kind else { return Err(broken(at, "a trust mark must tell its type")) };
            self.may_mark(kind, at)?;
            self.insert(entries, &claims, Kind::TrustMark, Some(kind.to_owned()), at)
        } else {
            self.insert(entries, &claims, Kind::Federation, organization(&claims), at)
        }
    }

    fn may_mark(&self, kind: &str, at: usize) -> Result<(), TrustError> {
        if self.owned_marks.iter().any(|owned| owned == kind) {
            return Err(broken(at, "the trust mark belongs to somebody else, and delegations are not read"));
        }
        let named = self.mark_issuers.iter().find(|(marked, _)| marked == kind);
        match named {
            Some((_, issuers)) if !issuers.is_empty() && !issuers.contains(&self.id) => {
                Err(broken(at, "the trust anchor leaves trust marks of this type to others"))
            }
            _ => Ok(()),
        }
    }

    fn insert(
        &self,
        entries: &mut Entries,
        claims: &Object,
        kind: Kind,
        name: Option<String>,
        at: usize,
    ) -> Result<(), TrustError> {
        if claims.contains_key("crit") {
            return Err(broken(at, "the token needs extensions that are not known here (crit)"));
        }
        let id = text(claims, "sub", at)?;
        if !names_an_issuer(&id) {
            return Err(broken(at, "the token speaks of what is neither a DID nor an https URL"));
        }
        let from = Some(time(claims, "iat", at)?);
        // A trust mark may have no end, an entity statement must.
        let own = match (kind, claims.contains_key("exp")) {
            (Kind::TrustMark, false) => None,
            _ => Some(time(claims, "exp", at)?),
        };
        let until = own.into_iter().chain(self.until).min();
        let entity = federation_entity(claims);
        let url = entity.and_then(|entity| entity.get("homepage_uri")?.as_str()).map(shown);
        let name = name.as_deref().map(shown);
        let entry = Entry::new(kind, About { name, location: None, url, from, until });
        // Of several tokens on one issuer the one that holds longest counts, wherever it stands; `None` is for ever.
        let lasts = |entry: &Entry| (entry.until().is_none(), entry.until());
        match entries.entry(id) {
            Slot::Vacant(slot) => drop(slot.insert(entry)),
            Slot::Occupied(mut slot) if lasts(slot.get()) < lasts(&entry) => drop(slot.insert(entry)),
            Slot::Occupied(_) => {}
        }
        Ok(())
    }

    /// The key is the one that the header names; where it names none, the only one.
    fn verify(&self, jws: &Jws, at: usize) -> Result<(), TrustError> {
        let kid = jws.header().kid();
        let mut fitting = self.keys.iter().filter(|(own, _)| kid.is_none() || own.as_deref() == kid);
        let (Some((_, key)), None) = (fitting.next(), fitting.next()) else {
            return Err(broken(at, "the token names no key of the trust anchor's"));
        };
        jws.verify(key).map_err(|error| TrustError::Token { at, why: error.to_string() })
    }
}

fn parse(token: &str, typ: &'static str, at: usize) -> Result<(Jws, Object), TrustError> {
    Jws::parse_typed(token, typ).map_err(|error| TrustError::Token { at, why: error.to_string() })
}

fn keys(jwks: Option<&Value>) -> Result<Vec<(Option<String>, PublicKey)>, TrustError> {
    let form = |what| TrustError::Form { what, path: "/trust_anchor/jwks".into() };
    let keys = jwks.and_then(|jwks| jwks.get("keys")?.as_array()).unwrap_or_default();
    if keys.len() > MAX_KEYS {
        return Err(form("the trust anchor has more keys than are read"));
    }
    let mut read = Vec::with_capacity(keys.len());
    for jwk in keys.iter().filter_map(Value::as_object) {
        match PublicKey::from_jwk(jwk) {
            Ok(key) => read.push((jwk.get("kid").and_then(Value::as_str).map(str::to_owned), key)),
            Err(JwkError::Secret) => return Err(form("the trust anchor's keys contain a secret one")),
            // Keys of other kinds, and for encryption, may stand beside.
            Err(_) => {}
        }
    }
    match read.is_empty() {
        true => Err(form("the trust anchor has no key that can be used")),
        false => Ok(read),
    }
}

fn mark_issuers(claims: &Object) -> Vec<(String, Vec<String>)> {
    let named = claims.get("trust_mark_issuers").and_then(Value::as_object);
    let issuers =
        |value: &Value| value.one_or_many().iter().filter_map(Value::as_str).map(str::to_owned).collect();
    named.into_iter().flat_map(Object::iter).map(|(kind, value)| (kind.to_owned(), issuers(value))).collect()
}

fn names(object: Option<&Value>) -> Vec<String> {
    let object = object.and_then(Value::as_object);
    object.into_iter().flat_map(Object::iter).map(|(name, _)| name.to_owned()).collect()
}

fn federation_entity(claims: &Object) -> Option<&Object> {
    claims.get("metadata")?.get("federation_entity")?.as_object()
}

fn organization(claims: &Object) -> Option<String> {
    federation_entity(claims)?.get("organization_name")?.as_str().map(str::to_owned)
}

fn text(claims: &Object, key: &'static str, at: usize) -> Result<String, TrustError> {
    let text = claims.get(key).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| broken(at, "the token lacks “iss” or “sub”"))
}

fn time(claims: &Object, key: &str, at: usize) -> Result<Timestamp, TrustError> {
    match claims.get(key) {
        Some(Value::Int(seconds)) if SECONDS.contains(seconds) => Ok(Timestamp::from_millis(seconds * 1000)),
        _ => Err(broken(at, "“iat” and “exp” of a token must be seconds since 1970")),
    }
}

fn broken(at: usize, why: &str) -> TrustError {
    TrustError::Token { at, why: why.to_owned() }
}
