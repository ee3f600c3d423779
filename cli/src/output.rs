//! What people see: plain text on standard output, errors and hints on standard error.

use crate::error::CliError;
use std::io::{self, Write};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_elsewhere_cannot_drive_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\nc\u{7}\u{9b}d"), "a\u{fffd}[2Jb c\u{fffd}\u{fffd}d");
        assert_eq!(plain("valid\u{202e}dilav"), "valid\u{fffd}dilav");
        assert_eq!(plain("Käse 徽章 ✓"), "Käse 徽章 ✓");
    }
}
