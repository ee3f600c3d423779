//! Which proof builds on which (Data Integrity 1.0, sections 2.1.2 and 4.5).

use super::{Proof, ProofError};

/// Checks that each id stands once, and that each `previousProof` leads to a proof of the document and never
/// back to where it came from.
pub(super) fn check(proofs: &[Proof]) -> Result<(), ProofError> {
    for (at, proof) in proofs.iter().enumerate() {
        if let Some(id) = proof.id().filter(|id| proofs[..at].iter().any(|other| other.id() == Some(id))) {
            return Err(ProofError::DuplicateId { id: id.to_owned() });
        }
    }
    check_circles(proofs)
}

/// The proofs that `proof` builds on, as positions in `proofs`.
pub(super) fn previous(proofs: &[Proof], proof: &Proof) -> Result<Vec<usize>, ProofError> {
    let position = |id: &str| {
        let at = proofs.iter().position(|other| other.id() == Some(id));
        at.ok_or_else(|| ProofError::PreviousAbsent { id: id.to_owned() })
    };
    proof.previous().map(position).collect()
}

/// Sorts out, again and again, a proof that builds only on those sorted out before; a circle is what stays.
fn check_circles(proofs: &[Proof]) -> Result<(), ProofError> {
    let previous = proofs.iter().map(|proof| previous(proofs, proof)).collect::<Result<Vec<_>, _>>()?;
    let mut sorted: Vec<usize> = Vec::with_capacity(proofs.len());
    while sorted.len() < proofs.len() {
        let ready =
            |at: &usize| !sorted.contains(at) && previous[*at].iter().all(|before| sorted.contains(before));
        let next = (0..proofs.len()).find(ready).ok_or(ProofError::Cycle)?;
        sorted.push(next);
    }
    Ok(())
}
