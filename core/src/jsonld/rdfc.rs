//! RDF dataset canonicalization, RDFC-1.0, with a limit on work.

use super::Hash;
use super::dataset::{Dataset, Quad, Term};
use super::error::JsonLdError;
use sha2::{Digest, Sha256, Sha384};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Most steps of n-degree hashing: a step is one blank node hashed, or one order of blank nodes tried.
/// Real documents need none at all or a few; graphs made to be hard are stopped within milliseconds.
pub(super) const MAX_STEPS: u64 = 20_000;
/// Longest way from one node to the next that n-degree hashing follows: each takes room on the stack.
const MAX_WAY: u32 = 200;
/// So many neighbours count as one more step.
const WIDE: u64 = 64;

/// A canonical form: the lines, and the canonical number of each blank node.
pub(super) struct Canonicalized {
    pub(super) nquads: String,
    pub(super) labels: Vec<Option<u32>>,
}

/// The canonical form of a dataset.
pub(super) fn canonicalize(data: &Dataset, algorithm: Hash) -> Result<Canonicalized, JsonLdError> {
    data.check_text()?;
    let linked: Vec<Quad> = data.quads.iter().filter(|quad| quad.has_blank()).copied().collect();
    let mut labeler = Labeler::new(data, linked, algorithm);
    if labeler.hash_each() {
        let linked = distinct(data, labeler.quads);
        labeler = Labeler::new(data, linked, algorithm);
        labeler.hash_each();
    }
    labeler.label()?;
    let mut lines = Lines { text: String::with_capacity(data.line_bytes()), ..Lines::default() };
    let grounded = data.quads.iter().filter(|quad| !quad.has_blank());
    for quad in grounded.chain(&labeler.quads) {
        lines.push(data, quad, |out, blank| canonical_label(out, labeler.canonical.get(blank)));
    }
    let mut sorted = lines.sorted();
    sorted.dedup();
    let nquads = sorted.concat();
    let labels = (0..data.blanks).map(|blank| labeler.canonical.get(blank)).collect();
    Ok(Canonicalized { nquads, labels })
}

fn canonical_label(out: &mut String, number: Option<u32>) {
    out.push_str("_:c14n");
    // Every blank node of a quad has been numbered.
    push_number(out, number.unwrap_or(u32::MAX));
}

fn push_number(out: &mut String, number: u32) {
    if number >= 10 {
        push_number(out, number / 10);
    }
    out.push(char::from(b'0' + (number % 10) as u8));
}

/// Lines in one text.
#[derive(Default)]
struct Lines {
    text: String,
    ends: Vec<usize>,
}

impl Lines {
    fn push(&mut self, data: &Dataset, quad: &Quad, name: impl FnMut(&mut String, u32)) {
        data.line(&mut self.text, quad, name);
        self.ends.push(self.text.len());
    }

    fn sorted(&self) -> Vec<&str> {
        let mut start = 0;
        let line = |end: &usize| &self.text[std::mem::replace(&mut start, *end)..*end];
        let mut lines: Vec<&str> = self.ends.iter().map(line).collect();
        lines.sort_unstable();
        lines
    }

    fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }
}

/// The quads, each once.
fn distinct(data: &Dataset, mut quads: Vec<Quad>) -> Vec<Quad> {
    quads.sort_unstable_by(|one, two| data.compare(one, two));
    quads.dedup_by(|one, two| data.compare(one, two).is_eq());
    quads
}

/// Hands out numbers in order; each blank node gets one once.
#[derive(Clone, Default)]
struct Issuer {
    order: Vec<u32>,
}

impl Issuer {
    fn get(&self, blank: u32) -> Option<u32> {
        self.order.iter().position(|known| *known == blank).map(|at| at as u32)
    }

    fn issue(&mut self, blank: u32) -> u32 {
        self.get(blank).unwrap_or_else(|| {
            self.order.push(blank);
            self.order.len() as u32 - 1
        })
    }
}

/// As [`Issuer`], for many blank nodes.
#[derive(Default)]
struct Canonical {
    numbers: Vec<Option<u32>>,
    next: u32,
}

impl Canonical {
    fn get(&self, blank: u32) -> Option<u32> {
        self.numbers[blank as usize]
    }

    fn issue(&mut self, blank: u32) {
        if self.numbers[blank as usize].is_none() {
            self.numbers[blank as usize] = Some(self.next);
            self.next += 1;
        }
    }
}

struct Labeler<'d> {
    data: &'d Dataset,
    /// The quads with blank nodes.
    quads: Vec<Quad>,
    algorithm: Hash,
    /// The quads of each blank node, by their place in `quads`.
    mentions: Vec<Vec<u32>>,
    first: Vec<String>,
    canonical: Canonical,
    steps: u64,
    /// How many nodes n-degree hashing is on its way through.
    way: u32,
}

impl<'d> Labeler<'d> {
    fn new(data: &'d Dataset, quads: Vec<Quad>, algorithm: Hash) -> Self {
        let count = data.blanks as usize;
        let mut mentions: Vec<Vec<u32>> = vec![Vec::new(); count];
        for (at, quad) in quads.iter().enumerate() {
            for blank in quad.blanks() {
                let list = &mut mentions[blank as usize];
                if list.last() != Some(&(at as u32)) {
                    list.push(at as u32);
                }
            }
        }
        let canonical = Canonical { numbers: vec![None; count], next: 0 };
        Self {
            data,
            quads,
            algorithm,
            mentions,
            first: vec![String::new(); count],
            canonical,
            steps: 0,
            way: 0,
        }
    }

    /// Hashes each blank node by its own quads; whether two of these look alike, and so may be one.
    fn hash_each(&mut self) -> bool {
        let mut lines = Lines::default();
        let mut alike = false;
        for blank in self.mentioned() {
            self.first[blank as usize] = self.hash_first_degree(blank, &mut lines, &mut alike);
        }
        alike
    }

    /// The blank nodes that stand in a quad.
    fn mentioned(&self) -> Vec<u32> {
        (0..self.data.blanks).filter(|blank| !self.mentions[*blank as usize].is_empty()).collect()
    }

    /// The canonicalization algorithm (section 4.4.3), after [`Self::hash_each`].
    fn label(&mut self) -> Result<(), JsonLdError> {
        let mut by_hash = self.mentioned();
        by_hash.sort_by(|one, two| self.first[*one as usize].cmp(&self.first[*two as usize]));
        let alike = |one: &u32, two: &u32| self.first[*one as usize] == self.first[*two as usize];
        let groups: Vec<&[u32]> = by_hash.chunk_by(alike).collect();
        for group in groups.iter().filter(|group| group.len() == 1) {
            self.canonical.issue(group[0]);
        }
        for blanks in groups.into_iter().filter(|group| group.len() > 1) {
            let mut paths: Vec<(String, Issuer)> = Vec::new();
            for blank in blanks {
                if self.canonical.get(*blank).is_some() {
                    continue;
                }
                let mut issuer = Issuer::default();
                issuer.issue(*blank);
                paths.push(self.hash_n_degree(*blank, issuer)?);
            }
            paths.sort_by(|one, two| one.0.cmp(&two.0));
            for (_, issuer) in paths {
                issuer.order.iter().for_each(|blank| self.canonical.issue(*blank));
            }
        }
        Ok(())
    }

    /// Section 4.6.
    fn hash_first_degree(&self, blank: u32, lines: &mut Lines, alike: &mut bool) -> String {
        lines.clear();
        let name = |out: &mut String, other: u32| out.push_str(if other == blank { "_:a" } else { "_:z" });
        for at in &self.mentions[blank as usize] {
            lines.push(self.data, &self.quads[*at as usize], name);
        }
        let sorted = lines.sorted();
        *alike |= sorted.windows(2).any(|pair| pair[0] == pair[1]);
        self.algorithm.hash(sorted.into_iter().map(str::as_bytes))
    }

    /// Section 4.7.
    fn hash_related(&self, related: u32, quad: &Quad, issuer: &Issuer, position: &str) -> String {
        let mut input = String::from(position);
        if position != "g" {
            input.push_str(self.data.resolve(quad.predicate));
        }
        match (self.canonical.get(related), issuer.get(related)) {
            (Some(number), _) => canonical_label(&mut input, Some(number)),
            (None, Some(number)) => temporary_label(&mut input, number),
            (None, None) => input.push_str(&self.first[related as usize]),
        }
        self.algorithm.hash([input.as_bytes()])
    }

    /// Section 4.8.
    fn hash_n_degree(&mut self, blank: u32, mut issuer: Issuer) -> Result<(String, Issuer), JsonLdError> {
        self.step(self.mentions[blank as usize].len())?;
        let mut related: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for at in &self.mentions[blank as usize] {
            let quad = &self.quads[*at as usize];
            let positions = [(Some(quad.subject), "s"), (Some(quad.object), "o"), (quad.graph, "g")];
            for (term, position) in positions {
                if let Some(Term::Blank(other)) = term
                    && other != blank
                {
                    let hash = self.hash_related(other, quad, &issuer, position);
                    related.entry(hash).or_default().push(other);
                }
            }
        }
        let mut data = String::new();
        for (hash, others) in &related {
            data.push_str(hash);
            let (path, chosen) = self.best_path(others, &issuer)?;
            data.push_str(&path);
            issuer = chosen;
        }
        Ok((self.algorithm.hash([data.as_bytes()]), issuer))
    }

    /// The order of equal-looking neighbours that gives the least path (section 4.8.3, steps 5.1 to 5.4).
    fn best_path(&mut self, others: &[u32], issuer: &Issuer) -> Result<(String, Issuer), JsonLdError> {
        let mut best: Option<(String, Issuer)> = None;
        let mut order: Vec<u32> = others.to_vec();
        order.sort_unstable();
        loop {
            self.step(order.len())?;
            if let Some(tried) = self.path(&order, issuer, best.as_ref().map(|(path, _)| path.as_str()))?
                && best.as_ref().is_none_or(|(path, _)| tried.0 < *path)
            {
                best = Some(tried);
            }
            if !next_permutation(&mut order) {
                break;
            }
        }
        // The first order is always followed to its end.
        Ok(best.unwrap_or_else(|| (String::new(), issuer.clone())))
    }

    /// The path of one order, or `None` as soon as it is worse than the best.
    fn path(
        &mut self,
        order: &[u32],
        issuer: &Issuer,
        best: Option<&str>,
    ) -> Result<Option<(String, Issuer)>, JsonLdError> {
        let worse = |path: &str| best.is_some_and(|best| path.len() >= best.len() && path > best);
        let mut issuer = issuer.clone();
        let mut path = String::new();
        let mut recurse = Vec::new();
        for other in order {
            match self.canonical.get(*other) {
                Some(number) => canonical_label(&mut path, Some(number)),
                None => {
                    if issuer.get(*other).is_none() {
                        recurse.push(*other);
                    }
                    temporary_label(&mut path, issuer.issue(*other));
                }
            }
            if worse(&path) {
                return Ok(None);
            }
        }
        for other in recurse {
            self.way += 1;
            if self.way > MAX_WAY {
                return Err(JsonLdError::TooMuchWork { limit: MAX_WAY.into(), unit: "blank nodes in a row" });
            }
            let (hash, deeper) = self.hash_n_degree(other, issuer.clone())?;
            self.way -= 1;
            temporary_label(&mut path, issuer.issue(other));
            let _ = write!(path, "<{hash}>");
            issuer = deeper;
            if worse(&path) {
                return Ok(None);
            }
        }
        Ok(Some((path, issuer)))
    }

    /// Counts a step over so many statements or nodes; a wide one counts for several.
    fn step(&mut self, width: usize) -> Result<(), JsonLdError> {
        self.steps += 1 + width as u64 / WIDE;
        if self.steps > MAX_STEPS {
            return Err(JsonLdError::TooMuchWork {
                limit: MAX_STEPS,
                unit: "steps to order its blank nodes",
            });
        }
        Ok(())
    }
}

fn temporary_label(out: &mut String, number: u32) {
    out.push_str("_:b");
    push_number(out, number);
}

impl Hash {
    fn hash<'b>(self, parts: impl IntoIterator<Item = &'b [u8]>) -> String {
        match self {
            Self::Sha256 => hex(&parts.into_iter().fold(Sha256::new(), Digest::chain_update).finalize()),
            Self::Sha384 => hex(&parts.into_iter().fold(Sha384::new(), Digest::chain_update).finalize()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        out.push(char::from(DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    out
}

/// The next order of the items by size; `false` after the last.
fn next_permutation(items: &mut [u32]) -> bool {
    let Some(pivot) = items.windows(2).rposition(|pair| pair[0] < pair[1]) else { return false };
    let Some(above) = items.iter().rposition(|item| *item > items[pivot]) else { return false };
    items.swap(pivot, above);
    items[pivot + 1..].reverse();
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_tried_once() {
        let mut items = vec![1, 2, 2, 3];
        let mut seen = vec![items.clone()];
        while next_permutation(&mut items) {
            seen.push(items.clone());
        }
        assert_eq!(seen.len(), 12);
        seen.dedup();
        assert_eq!(seen.len(), 12);
        assert_eq!(items, [3, 2, 2, 1]);
        assert!(!next_permutation(&mut []) && !next_permutation(&mut [7]));
    }

    /// Every blank node linked to every other: all look alike.
    fn clique(size: u32) -> Dataset {
        let mut data = Dataset::default();
        let nodes: Vec<Term> = (0..size).map(|_| data.blank()).collect();
        let predicate = data.iri("a:knows");
        for subject in &nodes {
            for object in nodes.iter().filter(|object| *object != subject) {
                data.push(Quad { subject: *subject, predicate, object: *object, graph: None })
                    .expect("under the limit");
            }
        }
        data
    }

    #[test]
    fn a_poison_graph_stops_at_the_limit_on_work() {
        assert!(canonicalize(&clique(3), Hash::Sha256).is_ok());
        for size in [8, 12, 40] {
            let Err(error) = canonicalize(&clique(size), Hash::Sha256) else { panic!("{size}") };
            assert_eq!(error.code(), "too_much_work");
        }
    }

    #[test]
    fn the_numbering_of_blank_nodes_does_not_matter() {
        let build = |order: [usize; 3]| {
            let mut data = Dataset::default();
            let nodes: Vec<Term> = (0..3).map(|_| data.blank()).collect();
            let (next, name) = (data.iri("a:next"), data.iri("a:name"));
            let last = Term::Text(data.literal("last", &[]));
            let at = |place: usize| nodes[order[place]];
            let mut push = |subject, predicate, object| {
                data.push(Quad { subject, predicate, object, graph: None }).expect("fits");
            };
            push(at(0), next, at(1));
            push(at(1), next, at(2));
            push(at(2), name, last);
            push(at(2), name, last);
            canonicalize(&data, Hash::Sha256).expect("canonical").nquads
        };
        let one = build([0, 1, 2]);
        assert_eq!(one.lines().count(), 3);
        for order in [[0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            assert_eq!(build(order), one);
        }
    }
}
