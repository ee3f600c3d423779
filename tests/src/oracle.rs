//! The canonical form by other libraries (oxjsonld, oxrdf), to compare ours with.

use oxjsonld::{JsonLdParser, JsonLdRemoteDocument};
use oxrdf::Dataset;
use oxrdf::dataset::{CanonicalizationAlgorithm, CanonicalizationHashAlgorithm};

/// Canonical N-Quads (RDFC-1.0, SHA-256) of a JSON-LD document that names pinned contexts only.
///
/// # Errors
/// What the libraries say about a document that they can't read.
pub fn canonical_nquads(document: &[u8]) -> Result<String, String> {
    let parser = JsonLdParser::new().for_slice(document).with_load_document_callback(|url, _| {
        let pinned = accolade_schemas::context(url).ok_or_else(|| format!("{url} is not pinned"))?;
        Ok(JsonLdRemoteDocument { document: pinned.bytes.to_vec(), document_url: url.to_owned() })
    });
    let mut dataset = Dataset::new();
    for quad in parser {
        dataset.insert(&quad.map_err(|error| error.to_string())?);
    }
    let hash_algorithm = CanonicalizationHashAlgorithm::Sha256;
    dataset.canonicalize(CanonicalizationAlgorithm::Rdfc10 { hash_algorithm });
    let mut lines: Vec<String> = dataset.iter().map(|quad| format!("{quad} .\n")).collect();
    lines.sort_unstable();
    Ok(lines.concat())
}
