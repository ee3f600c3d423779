//! Files in and out, with a limit on what is read.

use crate::error::CliError;
use accolade_core::bake::{self, ImageKind, MAX_IMAGE_BYTES};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

/// Reads a file, or standard input for `-`, of at most `limit_bytes`.
pub(crate) fn read(path: &Path, limit_bytes: usize) -> Result<Vec<u8>, CliError> {
    let shown = || shown(path);
    let source: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(|source| CliError::Read { path: shown(), source })?)
    };
    let mut bytes = Vec::new();
    let limit = u64::try_from(limit_bytes).unwrap_or(u64::MAX).saturating_add(1);
    source.take(limit).read_to_end(&mut bytes).map_err(|source| CliError::Read { path: shown(), source })?;
    if bytes.len() > limit_bytes { Err(CliError::TooLarge { what: shown(), limit_bytes }) } else { Ok(bytes) }
}

/// Reads a badge's file as it is, of at most [`accolade_core::json::MAX_BYTES`], or a picture of at most
/// [`MAX_IMAGE_BYTES`].
pub(crate) fn read_badge_file(path: &Path) -> Result<Vec<u8>, CliError> {
    let bytes = read(path, MAX_IMAGE_BYTES)?;
    let limit_bytes = accolade_core::json::MAX_BYTES;
    if bytes.len() > limit_bytes && ImageKind::of(&bytes).is_none() {
        return Err(CliError::TooLarge { what: shown(path), limit_bytes });
    }
    Ok(bytes)
}

/// Reads a badge's file, and takes the badge out if it is a picture.
pub(crate) fn read_badge(path: &Path) -> Result<Vec<u8>, CliError> {
    let bytes = read_badge_file(path)?;
    if ImageKind::of(&bytes).is_none() {
        return Ok(bytes);
    }
    let found = bake::extract(&bytes).map_err(|error| CliError::Bake { path: shown(path), error })?;
    Ok(found.text.into_bytes())
}

/// Reads a JSON object of at most [`accolade_core::json::MAX_BYTES`], strictly.
pub(crate) fn read_object(path: &Path, hint: &'static str) -> Result<accolade_core::json::Object, CliError> {
    object_of(path, &read(path, accolade_core::json::MAX_BYTES)?, hint)
}

/// The JSON object that was read from `path`, strictly.
pub(crate) fn object_of(
    path: &Path,
    bytes: &[u8],
    hint: &'static str,
) -> Result<accolade_core::json::Object, CliError> {
    let wrong = |message: String| CliError::Content { path: shown(path), message, hint };
    match accolade_core::json::parse(bytes).map_err(|error| wrong(error.to_string()))? {
        accolade_core::json::Value::Object(object) => Ok(object),
        _ => Err(wrong("this is JSON, but not an object".to_owned())),
    }
}

/// Writes `text` and a line break to a file, or to standard output for `-`. Replaces what was there.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), CliError> {
    if path.as_os_str() == "-" {
        return crate::output::line(text);
    }
    write_bytes(path, format!("{text}\n").as_bytes())
}

/// Writes bytes as they are to a file, or to standard output for `-`. Replaces what was there.
pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    if path.as_os_str() == "-" {
        let mut stdout = io::stdout().lock();
        return Ok(stdout.write_all(bytes).and_then(|()| stdout.flush())?);
    }
    fs::write(path, bytes).map_err(|source| CliError::Write { path: shown(path), source })
}

/// Writes a secret to a new file that only its owner may read (mode 0600 where there are modes). Never
/// replaces a file: an overwritten key is lost for good.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<(), CliError> {
    NewSecret::create(path)?.write(text)
}

/// A new file for a secret, which only its owner may read. Dropped without having been written, it goes again.
pub(crate) struct NewSecret<'a> {
    path: &'a Path,
    file: fs::File,
    is_written: bool,
}

impl<'a> NewSecret<'a> {
    /// Makes the file.
    pub(crate) fn create(path: &'a Path) -> Result<Self, CliError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => CliError::Exists { path: shown(path) },
            _ => CliError::Write { path: shown(path), source },
        })?;
        Ok(Self { path, file, is_written: false })
    }

    /// Writes the secret and a newline, durably.
    pub(crate) fn write(mut self, text: &str) -> Result<(), CliError> {
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.write_all(b"\n"));
        let written = written.and_then(|()| self.file.sync_all());
        self.is_written = written.is_ok();
        written.map_err(|source| CliError::Write { path: shown(self.path), source })
    }
}

impl Drop for NewSecret<'_> {
    fn drop(&mut self) {
        if !self.is_written {
            // It was made here a moment ago and holds nothing; if it can't be removed it harms nobody.
            let _ = fs::remove_file(self.path);
        }
    }
}

/// Whether others than the owner may read the file (where there are modes).
#[cfg(unix)]
pub(crate) fn others_may_read(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

/// Whether others than the owner may read the file (where there are modes).
#[cfg(not(unix))]
pub(crate) fn others_may_read(_path: &Path) -> bool {
    false
}

/// A path as it is named to people.
pub(crate) fn shown(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() }
}
