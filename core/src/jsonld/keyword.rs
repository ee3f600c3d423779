//! The keywords of JSON-LD 1.1.

/// A keyword that may stand in a document or a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Keyword {
    Base,
    Container,
    Context,
    Direction,
    Graph,
    Id,
    Import,
    Included,
    Index,
    Json,
    Language,
    List,
    Nest,
    None,
    Prefix,
    Propagate,
    Protected,
    Reverse,
    Set,
    Type,
    Value,
    Version,
    Vocab,
}

const ALL: [(&str, Keyword); 23] = [
    ("@base", Keyword::Base),
    ("@container", Keyword::Container),
    ("@context", Keyword::Context),
    ("@direction", Keyword::Direction),
    ("@graph", Keyword::Graph),
    ("@id", Keyword::Id),
    ("@import", Keyword::Import),
    ("@included", Keyword::Included),
    ("@index", Keyword::Index),
    ("@json", Keyword::Json),
    ("@language", Keyword::Language),
    ("@list", Keyword::List),
    ("@nest", Keyword::Nest),
    ("@none", Keyword::None),
    ("@prefix", Keyword::Prefix),
    ("@propagate", Keyword::Propagate),
    ("@protected", Keyword::Protected),
    ("@reverse", Keyword::Reverse),
    ("@set", Keyword::Set),
    ("@type", Keyword::Type),
    ("@value", Keyword::Value),
    ("@version", Keyword::Version),
    ("@vocab", Keyword::Vocab),
];

impl Keyword {
    /// The keyword with this very text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if !text.starts_with('@') {
            return None;
        }
        ALL.iter().find(|(name, _)| *name == text).map(|(_, keyword)| *keyword)
    }

    /// Its text.
    pub(super) fn text(self) -> &'static str {
        ALL[self as usize].0
    }
}

/// Whether a text looks like a keyword (`@` and letters only): reserved, and ignored where it isn't one.
pub(super) fn looks_like_keyword(text: &str) -> bool {
    text.strip_prefix('@')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphabetic()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_enum() {
        for (text, keyword) in ALL {
            assert_eq!(keyword.text(), text);
            assert_eq!(Keyword::parse(text), Some(keyword));
        }
    }

    #[test]
    fn only_letters_look_like_a_keyword() {
        assert!(looks_like_keyword("@foo") && looks_like_keyword("@id"));
        for text in ["", "@", "id", "@foo.bar", "@foo1", "a@id"] {
            assert!(!looks_like_keyword(text), "{text}");
            assert_eq!(Keyword::parse(text), None);
        }
    }
}
