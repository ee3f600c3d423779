//! For conformance runners only: what JSON-LD 1.1 allows and no verb of this crate does (undefined terms are
//! dropped, a base IRI, contexts that are fetched), and RDFC-1.0 on N-Quads.

pub use super::Hash;
pub use super::expand::Undefined;

use super::context::{Local, Origin};
use super::contexts::{Contexts, Kind};
use super::error::JsonLdError;
use super::expand::{At, Expander, Graph};
use super::{nquads, rdfc};
use crate::json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How a document is read.
#[derive(Clone, Copy, Debug)]
pub struct Options<'o> {
    /// What is done with undefined terms, relative IRIs and the like.
    pub undefined: Undefined,
    /// The base IRI, against which contexts are found as well.
    pub base: Option<&'o str>,
    /// A context to begin with.
    pub expand_context: Option<&'o Value>,
    /// Whether a base direction is kept, as an `i18n` datatype.
    pub i18n_datatype: bool,
}

/// The statements of a document as canonical N-Quads.
///
/// # Errors
/// As [`super::canonicalize`].
pub fn to_rdf(
    document: &Value,
    options: Options<'_>,
    fetch: impl Fn(&str) -> Option<Vec<u8>> + Send + Sync + 'static,
) -> Result<String, JsonLdError> {
    let contexts = Contexts::fetching(options.base, fetch);
    let mut context = Arc::clone(contexts.initial());
    if let Some(first) = options.expand_context {
        let value = first.get("@context").unwrap_or(first).clone();
        let base = options.base.map(Arc::from);
        let local = Arc::new(Local { value, base, origin: Origin::Inline });
        context = contexts.derive(&context, &local, Kind::Document)?;
    }
    let mut expander = Expander::new(&contexts, options.undefined, options.i18n_datatype);
    match document {
        Value::Object(object) => expander.document(&context, object, &[])?,
        other => expander.value(&context, other, At::loose(Graph::Default))?,
    }
    Ok(rdfc::canonicalize(&expander.data, Hash::Sha256)?.nquads)
}

/// Canonical N-Quads, and the canonical label of each blank node of the input (both without `_:`).
///
/// # Errors
/// If the input is not N-Quads, or is a graph that is too much work.
pub fn canonicalize_nquads(
    text: &str,
    hash: Hash,
) -> Result<(String, BTreeMap<String, String>), JsonLdError> {
    let (data, labels) = nquads::parse(text)?;
    let canonical = rdfc::canonicalize(&data, hash)?;
    let named = labels.into_iter().zip(canonical.labels);
    let map = named.filter_map(|(label, number)| Some((label, format!("c14n{}", number?)))).collect();
    Ok((canonical.nquads, map))
}
