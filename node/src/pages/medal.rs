//! Pictures for badges: a medal of ours with the achievement's name, and a frame for other images.

use askama::Template;

/// Where the lines of the name have their middle, from the top of a picture of 512 units.
const MIDDLE_Y: usize = 428;
/// Most lines of the name.
const MAX_LINES: usize = 3;
/// Columns and font size of a short name.
const LARGE: (usize, usize) = (20, 34);
/// Columns and font size of a long one.
const SMALL: (usize, usize) = (30, 23);

/// A medal in SVG.
#[derive(Template)]
#[template(path = "medal.svg")]
struct Medal<'a> {
    label: &'a str,
    font_px: usize,
    lines: Vec<Line>,
}

struct Line {
    y: usize,
    text: String,
}

/// An SVG that shows an image of another kind.
#[derive(Template)]
#[template(path = "framed.svg")]
struct Framed<'a> {
    label: &'a str,
    media_type: &'a str,
    base64: &'a str,
}

/// Our medal in SVG, with a name below; without one it is as large as it can be.
pub(crate) fn medal(name: &str) -> String {
    let label = fit_for_xml(name);
    let (columns, font_px) = if wrapped(&label, LARGE.0).len() <= 2 { LARGE } else { SMALL };
    let texts = wrapped(&label, columns);
    let height = font_px * 5 / 4;
    // The baseline of a line lies about a third of the font's size below its middle.
    let first = MIDDLE_Y + font_px / 3 - height * texts.len().saturating_sub(1) / 2;
    let line = |(at, text)| Line { y: first + at * height, text };
    let lines = texts.into_iter().enumerate().map(line).collect();
    // A template without conditions that can fail.
    Medal { label: &label, font_px, lines }.render().unwrap_or_default()
}

/// An SVG that shows an image, given in base64.
pub(crate) fn framed(name: &str, media_type: &str, base64: &str) -> String {
    Framed { label: &fit_for_xml(name), media_type, base64 }.render().unwrap_or_default()
}

/// The text without what no XML may hold.
fn fit_for_xml(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}')).collect()
}

/// The text in at most [`MAX_LINES`] lines of `columns`; the last ends in “…” if there is more.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        for piece in pieces(word, columns) {
            match lines.last_mut() {
                Some(line) if width(line) + 1 + width(&piece) <= columns => {
                    line.push(' ');
                    line.push_str(&piece);
                }
                _ => lines.push(piece),
            }
        }
    }
    if lines.len() > MAX_LINES {
        lines.truncate(MAX_LINES);
        if let Some(last) = lines.last_mut() {
            while width(last) >= columns {
                last.pop();
            }
            last.push('…');
        }
    }
    lines
}

/// A word cut into pieces that fit.
fn pieces(word: &str, columns: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for character in word.chars() {
        match pieces.last_mut() {
            Some(last) if width(last) + columns_of(character) <= columns => last.push(character),
            _ => pieces.push(character.to_string()),
        }
    }
    pieces
}

fn width(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// How many columns a character takes, roughly: those of East Asia take two.
fn columns_of(character: char) -> usize {
    if character >= '\u{1100}' && character.is_alphabetic() { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use accolade_core::bake;

    #[test]
    fn a_name_is_written_in_lines_that_fit() {
        assert_eq!(wrapped("First Aid", 20), ["First Aid"]);
        assert_eq!(wrapped("First Aid for Everybody", 20), ["First Aid for", "Everybody"]);
        assert_eq!(wrapped("急救急救急救", 8), ["急救急救", "急救"]);
        assert_eq!(wrapped(&"a".repeat(25), 10), ["aaaaaaaaaa", "aaaaaaaaaa", "aaaaa"]);
        let long = wrapped(&"word ".repeat(100), 20);
        assert_eq!((long.len(), long[2].as_str()), (MAX_LINES, "word word word word…"));
        assert!(long.iter().all(|line| width(line) <= 20));
        assert!(wrapped("  ", 20).is_empty());
    }

    #[test]
    fn every_name_gives_an_svg_that_can_be_baked() {
        for name in [
            "",
            "First Aid",
            "<script>alert(1)</script> & \"quotes\"",
            "a\u{0}b\u{ffff}",
            &"long ".repeat(80),
        ] {
            for svg in [medal(name), framed(name, "image/png", "AAAA")] {
                let baked = bake::svg(svg.as_bytes(), b"{}").unwrap_or_else(|error| panic!("{error}: {svg}"));
                assert_eq!(bake::extract(&baked).map(|found| found.text), Ok("{}".to_owned()));
                assert!(!svg.contains("<script"), "{svg}");
            }
        }
    }
}
