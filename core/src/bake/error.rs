//! Why a badge can't be put into a picture, or taken out of one.

use super::{ImageKind, MAX_BADGE_BYTES, MAX_IMAGE_BYTES};

/// Why a badge can't be put into a picture, or taken out of one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BakeError {
    /// Neither kind of picture.
    #[error("this is neither a PNG nor an SVG picture")]
    NotAnImage,
    /// A picture over the limit.
    #[error("the picture has {bytes} bytes; {MAX_IMAGE_BYTES} is the most")]
    ImageTooLarge {
        /// Its size.
        bytes: usize,
    },
    /// A badge over the limit.
    #[error("the badge has more than {MAX_BADGE_BYTES} bytes")]
    BadgeTooLarge,
    /// A PNG that breaks a rule of its format.
    #[error("the PNG is damaged: {problem} (at byte {at_byte})")]
    Png {
        /// What is wrong.
        problem: &'static str,
        /// Where, from the file's beginning.
        at_byte: usize,
    },
    /// An SVG that breaks a rule of XML, or a limit.
    #[error("the SVG is damaged: {problem} (at byte {at_byte})")]
    Svg {
        /// What is wrong.
        problem: String,
        /// Where, from the file's beginning.
        at_byte: usize,
    },
    /// Definitions in a DOCTYPE, or an entity of its own: readers would disagree on what the text is.
    #[error("the SVG has definitions or entities of its own (DTD), which are not read")]
    Doctype,
    /// Text in another encoding than UTF-8.
    #[error("the SVG is not in UTF-8")]
    NotUtf8,
    /// A picture, and nothing more.
    #[error("there is no badge in this {} picture", kind.as_str())]
    NoBadge {
        /// The kind of picture.
        kind: ImageKind,
    },
    /// Two badges that differ: readers would disagree.
    #[error("there are two different badges in this picture")]
    TwoBadges,
    /// Neither JSON nor a JWS, nor, where one is read, the address of a badge.
    #[error("what is to be a badge is neither a JSON object nor a signed token (compact JWS)")]
    NotABadge,
}

impl BakeError {
    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAnImage => "not_a_picture",
            Self::ImageTooLarge { .. } => "picture_too_large",
            Self::BadgeTooLarge => "badge_too_large",
            Self::Png { .. } | Self::Svg { .. } => "picture_damaged",
            Self::Doctype => "picture_with_doctype",
            Self::NotUtf8 => "picture_not_utf8",
            Self::NoBadge { .. } => "picture_without_badge",
            Self::TwoBadges => "picture_with_two_badges",
            Self::NotABadge => "picture_content_unknown",
        }
    }

    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::NotAnImage => "give a PNG or SVG file",
            Self::ImageTooLarge { .. } => "make the picture smaller",
            Self::BadgeTooLarge | Self::NotABadge => "check that this is the right file",
            Self::Png { .. } | Self::Svg { .. } => {
                "get the file again, or save the picture anew with a program for pictures"
            }
            Self::Doctype => {
                "save the SVG without a DTD; drawing programs call that “plain” or “optimized” SVG"
            }
            Self::NotUtf8 => "save the SVG in UTF-8",
            Self::NoBadge { .. } => {
                "get the picture from who gave the badge: many sites and messengers take badges out of pictures"
            }
            Self::TwoBadges => "take both out with other software, and bake the right one",
        }
    }
}
