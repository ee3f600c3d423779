//! Badges in pictures: baking puts one into a PNG or SVG, extracting takes it out (Open Badges 3.0, section 5.3).
//!
//! A PNG carries it in an iTXt chunk, an SVG in an element right after `<svg>`. Pictures of Open Badges 2.0 are
//! read too. A picture with two different badges is refused: readers would disagree on which one it is.

mod error;
mod png;
mod svg;
#[cfg(test)]
mod tests;

pub use error::BakeError;

use crate::json::{self, Value};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

/// Largest picture that is read or made, in bytes.
pub const MAX_IMAGE_BYTES: usize = 10 * 1024 * 1024;
/// Largest badge in a picture, in bytes, inflated.
pub const MAX_BADGE_BYTES: usize = json::MAX_BYTES;
/// Most places for a badge in one picture that are looked at.
const MAX_PLACES: usize = 64;
/// Longest address of a badge that is on the web (Open Badges 2.0 and before), in bytes.
const MAX_URL_BYTES: usize = 2_048;

/// Which kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageKind {
    /// Portable Network Graphics, animated or not.
    Png,
    /// Scalable Vector Graphics.
    Svg,
}

/// For which version of Open Badges the picture's place for a badge is. What stands there may be of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Open Badges 3.0: `openbadgecredential`, `<openbadges:credential>`.
    Ob3,
    /// Open Badges 2.0 and before: `openbadges`, `<openbadges:assertion>`.
    Ob2,
}

/// How a badge is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// A JSON object.
    Json,
    /// A compact JWS (RFC 7515, section 7.1).
    Jws,
    /// The address of a hosted badge.
    Url,
}

/// What was found in a picture. Nothing of it is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extracted {
    /// The kind of picture.
    pub kind: ImageKind,
    /// The place in it.
    pub format: Format,
    /// How the badge is written down.
    pub form: Form,
    /// The badge as it stood there.
    pub text: String,
}

impl ImageKind {
    /// The kind of picture that bytes say they are, by how they begin; any XML counts as SVG.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
        if bytes.starts_with(b"\x89PNG") {
            Some(Self::Png)
        } else if start.starts_with(b"<") {
            Some(Self::Svg)
        } else {
            None
        }
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Svg => "SVG",
        }
    }

    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Svg => "image/svg+xml",
        }
    }
}

/// Puts a badge, a JSON object or a compact JWS, into a picture of either kind. A badge that is in it already is
/// replaced.
///
/// # Errors
/// Those of [`png`] and [`svg`]; what is neither.
pub fn bake(image: &[u8], badge: &[u8]) -> Result<Vec<u8>, BakeError> {
    match ImageKind::of(image) {
        Some(ImageKind::Png) => png(image, badge),
        Some(ImageKind::Svg) => svg(image, badge),
        None => Err(BakeError::NotAnImage),
    }
}

/// Puts a badge into a PNG: one uncompressed iTXt chunk `openbadgecredential` right after the header (section
/// 5.3.1). Every badge that was in it is taken out, of Open Badges 2.0 too.
///
/// # Errors
/// A PNG that is damaged or too large; what is neither a JSON object nor a compact JWS.
pub fn png(image: &[u8], badge: &[u8]) -> Result<Vec<u8>, BakeError> {
    let (_, text) = badge_text(badge)?;
    check_size(image.len())?;
    let baked = png::bake(image, text)?;
    check_size(baked.len())?;
    Ok(baked)
}

/// Puts a badge into an SVG: an element `openbadges:credential` right after `<svg>`, with JSON in CDATA or a JWS in
/// `verify` (section 5.3.2). Every badge that was in it is taken out, of Open Badges 2.0 too.
///
/// JSON comes out again byte for byte, but for what XML can't hold: `]]>`, U+FFFE and U+FFFF are written as JSON
/// escapes, which mean the same.
///
/// # Errors
/// An SVG that is damaged, too large or has a DTD of its own; what is neither a JSON object nor a compact JWS.
pub fn svg(image: &[u8], badge: &[u8]) -> Result<Vec<u8>, BakeError> {
    let (form, text) = badge_text(badge)?;
    check_size(image.len())?;
    let baked = svg::bake(image, form, text)?;
    check_size(baked.len())?;
    Ok(baked)
}

/// Takes the badge out of a picture.
///
/// # Errors
/// No picture, one that is damaged or too large, one without a badge or with two that differ; a badge that is
/// neither JSON nor a JWS nor an address.
pub fn extract(bytes: &[u8]) -> Result<Extracted, BakeError> {
    let kind = ImageKind::of(bytes).ok_or(BakeError::NotAnImage)?;
    check_size(bytes.len())?;
    let found = match kind {
        ImageKind::Png => png::badges(bytes)?,
        ImageKind::Svg => svg::badges(bytes)?,
    };
    let mut found = found.into_iter();
    let (format, text) = found.next().ok_or(BakeError::NoBadge { kind })?;
    if found.any(|(other_format, other)| other_format != format || other != text) {
        return Err(BakeError::TwoBadges);
    }
    if text.len() > MAX_BADGE_BYTES {
        return Err(BakeError::BadgeTooLarge);
    }
    let form = form_of(&text).ok_or(BakeError::NotABadge)?;
    Ok(Extracted { kind, format, form, text })
}

fn check_size(bytes: usize) -> Result<(), BakeError> {
    if bytes > MAX_IMAGE_BYTES { Err(BakeError::ImageTooLarge { bytes }) } else { Ok(()) }
}

/// A badge that is to be baked: strict JSON as it is, a JWS without the line break after it.
fn badge_text(badge: &[u8]) -> Result<(Form, &str), BakeError> {
    if badge.len() > MAX_BADGE_BYTES {
        return Err(BakeError::BadgeTooLarge);
    }
    let text = std::str::from_utf8(badge).map_err(|_| BakeError::NotABadge)?;
    match form_of(text) {
        Some(Form::Jws) => Ok((Form::Jws, text.trim_ascii())),
        Some(Form::Json) if matches!(json::parse(badge), Ok(Value::Object(_))) => Ok((Form::Json, text)),
        _ => Err(BakeError::NotABadge),
    }
}

/// How a badge is written down; JSON by its first character alone.
fn form_of(text: &str) -> Option<Form> {
    let text = text.trim_ascii();
    let is_url = || {
        let web = text.starts_with("https://") || text.starts_with("http://");
        web && text.len() <= MAX_URL_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if text.starts_with('{') {
        Some(Form::Json)
    } else if is_compact_jws(text) {
        Some(Form::Jws)
    } else if is_url() {
        Some(Form::Url)
    } else {
        None
    }
}

fn is_compact_jws(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(4, '.').collect();
    parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && URL_SAFE_NO_PAD.decode(part).is_ok())
}
