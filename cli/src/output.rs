//! What people see: plain text on standard output, errors and hints on standard error.

use crate::error::CliError;
use std::io::{self, IsTerminal, Write};

/// Prints one line to standard output.
///
/// # Errors
/// A failing output; one that was closed by its reader is no failure.
pub(crate) fn line(text: &str) -> Result<(), CliError> {
    match writeln!(io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Prints a value as indented JSON.
pub(crate) fn json(value: &serde_json::Value) -> Result<(), CliError> {
    line(&format!("{value:#}"))
}

/// Prints a note to standard error. It can't be told to anyone if that fails.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints an error and its hint to standard error.
pub(crate) fn error(error: &CliError) {
    note(&format!("error: {}", plain(&error.to_string())));
    if let Some(hint) = error.hint() {
        note(&format!("hint: {}", plain(&hint)));
    }
}

/// Text from elsewhere, made harmless for a terminal: one line, no control characters (which could move the
/// cursor or change what was printed), no marks that reverse the direction of writing.
pub(crate) fn plain(text: &str) -> String {
    let harmless = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}' => {
            '\u{fffd}'
        }
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(harmless).collect()
}

/// A colour, used only beside a word that says the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Colour {
    Green,
    Red,
    Yellow,
    Grey,
}

/// Whether standard output takes colour: a terminal, and no `NO_COLOR`.
pub(crate) fn stdout_takes_colour() -> bool {
    io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// `text` in `colour`, if `coloured`.
pub(crate) fn paint(text: &str, colour: Colour, coloured: bool) -> String {
    if !coloured {
        return text.to_owned();
    }
    let code = match colour {
        Colour::Green => 32,
        Colour::Red => 31,
        Colour::Yellow => 33,
        Colour::Grey => 90,
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_elsewhere_cannot_drive_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\nc\u{7}\u{9b}d"), "a\u{fffd}[2Jb c\u{fffd}\u{fffd}d");
        assert_eq!(plain("valid\u{202e}dilav"), "valid\u{fffd}dilav");
        assert_eq!(plain("Käse 徽章 ✓"), "Käse 徽章 ✓");
    }

    #[test]
    fn colour_is_left_out_where_it_is_not_wanted() {
        assert_eq!(paint("valid", Colour::Green, false), "valid");
        assert_eq!(paint("valid", Colour::Green, true), "\u{1b}[32mvalid\u{1b}[0m");
    }
}
