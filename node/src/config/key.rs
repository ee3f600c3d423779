//! One key of the configuration, as all its sources see it.

use serde_json::Value;

/// A key: its name, the kind of its values, and what it means.
#[derive(Debug)]
pub struct Key {
    /// The name in the file.
    pub name: &'static str,
    /// What its values are.
    pub kind: Kind,
    /// The meaning as it was written down, lines run together.
    pub(super) doc: &'static str,
}

/// What the values of a key are.
#[derive(Debug)]
pub enum Kind {
    /// Any text.
    Text,
    /// A URL; its type says what is wrong with one.
    Url,
    /// A file or folder.
    Path,
    /// An IP address with a port.
    Address,
    /// A whole number, with its unit.
    Number(&'static str),
    /// true or false.
    Switch,
    /// Several texts; separated by commas in the environment and in a flag, which may be given several times.
    List,
    /// One of these.
    Choice(&'static [&'static str]),
}

impl Key {
    /// The variable of the environment.
    pub fn variable(&self) -> String {
        format!("ACCOLADE_{}", self.name.to_ascii_uppercase())
    }

    /// The flag, without its dashes.
    pub fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// A shorter name of the flag, where it reads better when the flag is repeated.
    pub(crate) fn flag_alias(&self) -> Option<&'static str> {
        (self.name == "peers").then_some("peer")
    }

    /// The meaning, in sentences.
    pub fn meaning(&self) -> &'static str {
        self.doc.trim()
    }

    /// What the environment or a flag says, as a value; what can't be one stays a text and is refused later.
    pub(super) fn read(&self, text: &str) -> Value {
        let as_text = || Value::from(text);
        match self.kind {
            Kind::Text | Kind::Url | Kind::Path | Kind::Address | Kind::Choice(_) => as_text(),
            Kind::Number(_) => text.parse::<u64>().map_or_else(|_| as_text(), Value::from),
            Kind::Switch => text.parse::<bool>().map_or_else(|_| as_text(), Value::from),
            Kind::List => {
                text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(Value::from).collect()
            }
        }
    }

    /// What a value must be, to end the sentence “is not …”.
    pub(super) fn expected(&self) -> String {
        match self.kind {
            Kind::Text => "a text in quotes".to_owned(),
            Kind::Url => "a URL in quotes".to_owned(),
            Kind::Path => "a path in quotes".to_owned(),
            Kind::Address => "an IP address with a port, such as 127.0.0.1:8080".to_owned(),
            Kind::Number(unit) => format!("a whole number ({unit}) from 0 to {}", u32::MAX),
            Kind::Switch => "true or false".to_owned(),
            Kind::List => "a list of texts".to_owned(),
            Kind::Choice(choices) => choices.join(" or "),
        }
    }

    /// The unit or kind of the values, for people.
    pub fn unit(&self) -> String {
        match self.kind {
            Kind::Text => "text".to_owned(),
            Kind::Url => "URL".to_owned(),
            Kind::Path => "path".to_owned(),
            Kind::Address => "address:port".to_owned(),
            Kind::Number(unit) => unit.to_owned(),
            Kind::Switch => "true or false".to_owned(),
            Kind::List => "list".to_owned(),
            Kind::Choice(choices) => choices.join(" or "),
        }
    }
}

/// Whichever of `known` looks most like `name`; none if nothing comes near.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1) + 1;
    let near = known.into_iter().map(|candidate| (distance(name, candidate), candidate));
    near.filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Letters to add, drop or change to get from one to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, other) in to.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_name_finds_its_key_and_another_word_none() {
        let known = ["http", "tick_s", "sync_s", "verify_per_s_per_address", "public_url"];
        for (typed, meant) in [
            ("htp", Some("http")),
            ("HTTP", None),
            ("tick", Some("tick_s")),
            ("publicurl", Some("public_url")),
            ("verify_per_s", None),
            ("database", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
        assert_eq!((distance("kitten", "sitting"), distance("", "abc"), distance("same", "same")), (3, 3, 0));
    }
}
