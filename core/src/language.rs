//! The languages that people are spoken to in, and the texts by language.

use std::collections::HashMap;

/// Most bytes of an `Accept-Language` that are read; what stands behind them doesn't count.
const MAX_ACCEPT_BYTES: usize = 1_024;
/// Longest language tag that is looked at.
const MAX_TAG_BYTES: usize = 64;

/// A language that there are texts in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
    /// French.
    Fr,
    /// Spanish.
    Es,
    /// Portuguese.
    Pt,
}

impl Language {
    /// All of them, English first.
    pub const ALL: [Self; 5] = [Self::En, Self::De, Self::Fr, Self::Es, Self::Pt];

    /// The language tag, such as `de` (RFC 5646).
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Fr => "fr",
            Self::Es => "es",
            Self::Pt => "pt",
        }
    }

    /// What its speakers call it.
    pub fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
            Self::Fr => "Français",
            Self::Es => "Español",
            Self::Pt => "Português",
        }
    }

    /// The language of a tag (`de`, `de-AT`) or of a POSIX locale (`pt_BR.UTF-8`), in any case of letters; `None` for
    /// all others.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let end = tag.find(['-', '_', '.', '@']).unwrap_or(tag.len());
        let primary = &tag[..end];
        let known = |language: &Self| language.tag().eq_ignore_ascii_case(primary);
        Self::ALL.into_iter().find(known).filter(|_| tag.len() <= MAX_TAG_BYTES)
    }

    /// What the header `Accept-Language` likes best (RFC 9110, section 12.5.4); English if it likes none of them or
    /// says nothing that can be read. Of several liked alike the first.
    pub fn from_accept(header: &str) -> Self {
        let end = (0..=header.len().min(MAX_ACCEPT_BYTES)).rev().find(|at| header.is_char_boundary(*at));
        let ranges = header[..end.unwrap_or(0)].split(',').filter_map(range);
        let mut likes: [Option<u16>; Self::ALL.len()] = [None; Self::ALL.len()];
        let mut best: Option<(Self, u16)> = None;
        let mut others = None;
        for (tag, quality) in ranges {
            if tag == "*" {
                others.get_or_insert(quality);
            } else if let Some(language) = Self::from_tag(tag) {
                let like = &mut likes[language as usize];
                *like = (*like).max(Some(quality));
                if best.is_none_or(|(_, most)| most < quality) {
                    best = Some((language, quality));
                }
            }
        }
        let best = best.filter(|(_, quality)| *quality > 0);
        let unnamed = Self::ALL.into_iter().find(|language| likes[*language as usize].is_none());
        match (best, others) {
            (Some((language, quality)), Some(rest)) if quality >= rest => language,
            (_, Some(rest)) if rest > 0 => unnamed.or(best.map(|(language, _)| language)).unwrap_or_default(),
            (Some((language, _)), _) => language,
            (None, _) => Self::default(),
        }
    }
}

/// A language range and its quality in thousandths; `None` for what isn't one.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let tag = parts.next().filter(|tag| !tag.is_empty())?;
    let quality = match parts.next() {
        None => 1000,
        Some(weight) => thousandths(weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?)?,
    };
    Some((tag, quality))
}

/// `1`, `0.8`, `0.125` in thousandths: one digit, and after the point three at most.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let whole: u16 = match whole {
        "0" => 0,
        "1" => 1000,
        _ => return None,
    };
    if rest.len() > 3 || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let rest: u16 = format!("{rest:0<3}").parse().ok()?;
    Some(whole + rest).filter(|quality| *quality <= 1000)
}

/// A text, and what can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// What is so.
    pub text: &'static str,
    /// What the reader, the holder or the issuer can do about it.
    pub hint: Option<&'static str>,
}

/// Texts by key in every language, each language out of a file of its own: lines `key = text`, after one a line
/// `> hint` where there is one; `#` begins a comment.
pub struct Texts {
    by_language: [HashMap<&'static str, Text>; Language::ALL.len()],
}

impl Texts {
    /// Reads the files, in the order of [`Language::ALL`].
    pub fn new(files: [&'static str; Language::ALL.len()]) -> Self {
        Self { by_language: files.map(|file| lines(file).filter_map(Result::ok).collect()) }
    }

    /// The text of a key; in English where the language has none.
    pub fn get(&self, language: Language, key: &str) -> Option<Text> {
        let own = self.by_language[language as usize].get(key);
        own.or_else(|| self.by_language[Language::En as usize].get(key)).copied()
    }

    /// What is wrong with files for [`Texts::new`], one line each: what can't be read, stands twice, or stands in one
    /// file and not in the other. For tests.
    pub fn faults(files: [&'static str; Language::ALL.len()]) -> Vec<String> {
        let mut faults = Vec::new();
        let mut english: HashMap<&str, Text> = HashMap::new();
        for (language, file) in Language::ALL.into_iter().zip(files) {
            let tag = language.tag();
            let mut own: HashMap<&str, Text> = HashMap::new();
            for line in lines(file) {
                match line {
                    Err(line) => faults.push(format!("{tag}: can't be read: {line}")),
                    Ok((key, text)) if own.insert(key, text).is_some() => {
                        faults.push(format!("{tag}: {key} stands twice"));
                    }
                    Ok(_) => {}
                }
            }
            if language == Language::En {
                english = own;
                continue;
            }
            for (key, text) in &english {
                match own.get(key) {
                    None => faults.push(format!("{tag}: {key} is missing")),
                    Some(there) if there.hint.is_some() != text.hint.is_some() => {
                        faults.push(format!("{tag}: {key} has a hint in one language only"));
                    }
                    Some(there) if places(there.text) != places(text.text) => {
                        faults.push(format!("{tag}: {key} has other {{places}} than in English"));
                    }
                    Some(_) => {}
                }
            }
            let unknown = own.keys().filter(|key| !english.contains_key(*key));
            faults.extend(unknown.map(|key| format!("{tag}: {key} is not in English")));
        }
        faults.sort();
        faults
    }
}

/// The text with `value` in the place `{name}`.
pub fn fill(text: &str, name: &str, value: &str) -> String {
    text.replace(&format!("{{{name}}}"), value)
}

/// The names of the places in a text, sorted.
fn places(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect();
    names.sort_unstable();
    names
}

/// The texts of a file; a line that is none as it is.
fn lines(file: &'static str) -> impl Iterator<Item = Result<(&'static str, Text), &'static str>> {
    let is_told = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let mut rest = file.lines().map(str::trim).filter(is_told).peekable();
    std::iter::from_fn(move || {
        let line = rest.next()?;
        let Some((key, text)) = line.split_once(" = ").filter(|(key, text)| is_key(key) && !text.is_empty())
        else {
            return Some(Err(line));
        };
        let hint = rest.next_if(|line| line.starts_with("> ")).map(|line| line[2..].trim());
        Some(Ok((key, Text { text, hint })))
    })
}

fn is_key(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'.';
    !text.is_empty() && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_liked_best_is_taken() {
        for (header, wanted) in [
            ("de", Language::De),
            ("de-AT", Language::De),
            ("DE-at, en;q=0.9", Language::De),
            ("pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7", Language::Pt),
            ("en;q=0.2, fr;q=0.9, de;q=0.8", Language::Fr),
            ("nl, es;q=0.4", Language::Es),
            ("fr;q=0.5, es;q=0.5", Language::Fr),
            ("fr;q=0, es;q=0.001", Language::Es),
            ("de;q=0, *;q=0.5", Language::En),
            ("en;q=0, *", Language::De),
            ("en;q=0.1, fr;q=0.3, *;q=0.2", Language::Fr),
            ("fr, *;q=0.5", Language::Fr),
            ("*", Language::En),
            ("es ; q=1.000", Language::Es),
            ("fr;Q=0.3", Language::Fr),
            (" ,,, ,fr", Language::Fr),
        ] {
            assert_eq!(Language::from_accept(header), wanted, "{header}");
        }
    }

    #[test]
    fn junk_is_english_and_bounded() {
        let long = format!("{}de", "x,".repeat(600));
        let umlauts = "ü".repeat(2_000);
        for junk in [
            "",
            ";",
            "q=1",
            "de;q=2",
            "de;q=0.1234",
            "de;q=-1",
            "de;q=",
            "de;level=1",
            "de;q=0",
            "de;q=1.001",
            "deutsch",
            "d",
            "nl, ja",
            "en;q=0",
            "de\u{0}",
            &long,
            &umlauts,
        ] {
            assert_eq!(Language::from_accept(junk), Language::En, "{junk}");
        }
    }

    #[test]
    fn locales_are_understood_too() {
        for (tag, language) in [
            ("de_DE.UTF-8", Some(Language::De)),
            ("pt_BR", Some(Language::Pt)),
            ("FR", Some(Language::Fr)),
            ("es@euro", Some(Language::Es)),
            ("en", Some(Language::En)),
            ("C", None),
            ("POSIX", None),
            ("C.UTF-8", None),
            ("", None),
            ("ü", None),
            ("nl-NL", None),
        ] {
            assert_eq!(Language::from_tag(tag), language, "{tag}");
        }
        for language in Language::ALL {
            assert_eq!(Language::from_tag(language.tag()), Some(language));
            assert_eq!(Language::ALL[language as usize], language, "the order is that of the tables");
        }
    }

    const FILES: [&str; 5] = [
        "# one\na_b = A = b.\n  > Do it.\nc = See {n} of {m}.\n",
        "a_b = Ä.\n> Tun Sie es.\nc = {m} von {n}\n",
        "a_b = À.\n",
        "c = Vea {n}.\nd = ¿?\na_b = x\n> y",
        "> hint\na_b\na_b = \nA = b\nc = 1\nc = 2",
    ];

    #[test]
    fn a_text_that_is_missing_is_english() {
        let texts = Texts::new(FILES);
        let get = |language, key| texts.get(language, key).map(|text| (text.text, text.hint));
        assert_eq!(get(Language::En, "a_b"), Some(("A = b.", Some("Do it."))));
        assert_eq!(get(Language::De, "a_b"), Some(("Ä.", Some("Tun Sie es."))));
        assert_eq!(get(Language::Fr, "c"), Some(("See {n} of {m}.", None)));
        assert_eq!(get(Language::De, "e"), None);
        assert_eq!(fill("{n} of {m}, {n}", "n", "{m}"), "{m} of {m}, {m}");
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told() {
        let faults = Texts::faults(FILES);
        for fault in [
            "es: c has other {places} than in English",
            "es: d is not in English",
            "fr: a_b has a hint in one language only",
            "fr: c is missing",
            "pt: a_b is missing",
            "pt: c stands twice",
            "pt: can't be read: > hint",
            "pt: can't be read: a_b",
            "pt: can't be read: a_b =",
            "pt: can't be read: A = b",
        ] {
            assert!(faults.iter().any(|found| found == fault), "{fault} is not in {faults:#?}");
        }
        assert!(!faults.iter().any(|fault| fault.starts_with("de")), "{faults:#?}");
    }
}
