//! Badges as pictures: the achievement's own image, or a medal of ours, with the badge baked in.

use crate::error::{ErrorKind, NodeError};
use crate::images;
use crate::node::Node;
use crate::pages;
use accolade_core::bake::{self, BakeError, ImageKind};
use accolade_core::json::{self, Object, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Our medal, for badges without a raster image of their own; drawn by `templates/medal.svg` without a name.
const MEDAL_PNG: &[u8] = include_bytes!("../templates/medal.png");
/// Longest file name that is made of a badge's name, in bytes.
const MAX_FILE_NAME_BYTES: usize = 60;

/// An achievement's image, as far as this node has it.
#[derive(Debug, PartialEq, Eq)]
enum Art {
    /// A picture that can be baked as it is.
    Bakeable(ImageKind, Vec<u8>),
    /// A JPEG or WebP, with its media type.
    Other(&'static str, Vec<u8>),
    /// None.
    None,
}

/// A badge, baked into a picture of the kind that is asked for.
///
/// An image of the achievement that is of another kind is set into an SVG; into a PNG it can't be turned, nor can one
/// be used that is damaged: then it is our medal.
///
/// # Errors
/// What was stored is no credential; a badge and an image that are too large together.
pub async fn baked(node: &Node, badge: Vec<u8>, kind: ImageKind) -> Result<Vec<u8>, NodeError> {
    let achievement = achievement(&badge);
    let art = art(node, &achievement).await;
    let name = name(&achievement);
    // Reading and writing some hundred kilobytes: a few milliseconds.
    tokio::task::spawn_blocking(move || picture(art, &name, &badge, kind))
        .await
        .unwrap_or_else(|error| Err(failed(format!("The picture could not be made: {error}."))))
}

/// What a file with the badge may be called, without its extension: the achievement's name in plain letters.
pub fn file_name(badge: &[u8]) -> String {
    let mut made = String::new();
    for character in name(&achievement(badge)).chars().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() {
            made.push(character);
        } else if !made.ends_with('-') {
            made.push('-');
        }
        if made.len() == MAX_FILE_NAME_BYTES {
            break;
        }
    }
    let made = made.trim_matches('-');
    if made.is_empty() { "badge".to_owned() } else { made.to_owned() }
}

fn picture(art: Art, name: &str, badge: &[u8], kind: ImageKind) -> Result<Vec<u8>, NodeError> {
    let own = match (kind, &art) {
        (_, Art::Bakeable(found, image)) if *found == kind => Some(bake::bake(image, badge)),
        (ImageKind::Svg, Art::Bakeable(found, image)) => Some(framed(found.media_type(), image, name, badge)),
        (ImageKind::Svg, Art::Other(media_type, image)) => Some(framed(media_type, image, name, badge)),
        _ => None,
    };
    match own {
        Some(Ok(picture)) => return Ok(picture),
        Some(Err(error)) => {
            tracing::warn!(%error, "an achievement's image can't carry a badge: ours stands in")
        }
        None => {}
    }
    let medal = match kind {
        ImageKind::Png => bake::png(MEDAL_PNG, badge),
        ImageKind::Svg => bake::svg(pages::medal(name).as_bytes(), badge),
    };
    medal.map_err(|error| failed(format!("The badge can't be put into a picture: {error}.")))
}

fn failed(message: String) -> NodeError {
    let hint = "Ask for the badge as JSON: with the header “Accept: application/vc”.";
    NodeError::new(ErrorKind::Internal, "picture_failed", message, hint)
}

/// The badge in an SVG that shows the image.
fn framed(media_type: &str, image: &[u8], name: &str, badge: &[u8]) -> Result<Vec<u8>, BakeError> {
    bake::svg(pages::framed(name, media_type, &STANDARD.encode(image)).as_bytes(), badge)
}

async fn art(node: &Node, achievement: &Object) -> Art {
    let url = achievement.get("image").and_then(|image| image.get("id").unwrap_or(image).as_str());
    let Some(url) = url else { return Art::None };
    if let Some(data) = url.strip_prefix("data:") {
        return data.split_once(";base64,").map_or(Art::None, |(_, data)| embedded(data));
    }
    // Named by its hash, so that it is the same image whichever node the address names.
    let hash = url.rsplit_once("/v1/images/").and_then(|(_, hash)| images::from_hex(hash));
    match hash {
        Some(hash) => images::image(node, &hash).await.map_or(Art::None, |(bytes, _)| art_of(bytes)),
        None => Art::None,
    }
}

fn embedded(base64: &str) -> Art {
    STANDARD.decode(base64).map_or(Art::None, art_of)
}

fn art_of(bytes: Vec<u8>) -> Art {
    match (ImageKind::of(&bytes), images::image_type(&bytes)) {
        (Some(kind), _) => Art::Bakeable(kind, bytes),
        (None, Some(media_type)) => Art::Other(media_type, bytes),
        (None, None) => Art::None,
    }
}

/// The achievement of a badge; empty if there is none.
fn achievement(badge: &[u8]) -> Object {
    let first = |object: &Object, key: &str| object.get(key)?.one_or_many().first()?.as_object().cloned();
    let Ok(Value::Object(badge)) = json::parse(badge) else { return Object::new() };
    first(&badge, "credentialSubject").and_then(|subject| first(&subject, "achievement")).unwrap_or_default()
}

fn name(achievement: &Object) -> String {
    pages::line_of(achievement, "name").unwrap_or_else(|| "Badge".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SVG: &[u8] = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0h1\"/></svg>";
    const BADGE: &[u8] = br#"{"credentialSubject":[{"achievement":{"name":"First Aid <1>"}}]}"#;

    fn made(art: Art, kind: ImageKind) -> Vec<u8> {
        let picture = picture(art, "First Aid <1>", BADGE, kind).expect("a picture");
        let found = bake::extract(&picture).expect("a badge");
        assert_eq!((found.kind, found.text.as_bytes()), (kind, BADGE));
        picture
    }

    #[test]
    fn an_image_of_the_kind_that_is_asked_for_carries_the_badge_itself() {
        let svg = String::from_utf8(made(Art::Bakeable(ImageKind::Svg, SVG.to_vec()), ImageKind::Svg))
            .expect("text");
        assert!(svg.contains("<path d=\"M0 0h1\"/></svg>") && !svg.contains("First Aid &"), "{svg}");
        let png = made(Art::Bakeable(ImageKind::Png, MEDAL_PNG.to_vec()), ImageKind::Png);
        assert_eq!(png, bake::png(MEDAL_PNG, BADGE).expect("bakes"));
    }

    #[test]
    fn other_images_are_set_into_an_svg_and_never_into_a_png() {
        for (art, media_type) in [
            (Art::Bakeable(ImageKind::Png, MEDAL_PNG.to_vec()), "image/png"),
            (Art::Other("image/jpeg", vec![0xff, 0xd8, 0xff, 0]), "image/jpeg"),
        ] {
            let svg = String::from_utf8(made(art, ImageKind::Svg)).expect("text");
            assert!(svg.contains(&format!("href=\"data:{media_type};base64,")), "{svg:.300}");
        }
        let medal = bake::png(MEDAL_PNG, BADGE).expect("bakes");
        assert_eq!(made(Art::Bakeable(ImageKind::Svg, SVG.to_vec()), ImageKind::Png), medal);
        assert_eq!(made(Art::Other("image/webp", Vec::new()), ImageKind::Png), medal);
    }

    #[test]
    fn without_an_image_or_with_a_damaged_one_it_is_our_medal_with_the_name() {
        let damaged = || Art::Bakeable(ImageKind::Svg, b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>".to_vec());
        for art in [Art::None, damaged()] {
            let svg = String::from_utf8(made(art, ImageKind::Svg)).expect("text");
            assert!(svg.contains("aria-label=\"First Aid &#60;1&#62;\"") && svg.contains("<text "), "{svg}");
        }
        for art in [Art::None, damaged(), Art::Bakeable(ImageKind::Png, b"\x89PNG\r\n\x1a\n".to_vec())] {
            assert_eq!(made(art, ImageKind::Png), bake::png(MEDAL_PNG, BADGE).expect("bakes"));
        }
    }

    #[test]
    fn what_cannot_be_baked_is_an_error() {
        for kind in [ImageKind::Png, ImageKind::Svg] {
            assert_eq!(picture(Art::None, "x", b"junk", kind).expect_err("no badge").code, "picture_failed");
        }
    }

    #[test]
    fn a_file_is_called_after_the_achievement_in_plain_letters() {
        let of = |name: &str| {
            let badge = serde_json::json!({"credentialSubject": {"achievement": {"name": name}}}).to_string();
            file_name(badge.as_bytes())
        };
        assert_eq!(of("First Aid, Level 2!"), "first-aid-level-2");
        assert_eq!(of("../../etc/passwd\r\nX: y"), "etc-passwd-x-y");
        assert_eq!(of("急救"), "badge");
        assert_eq!(of(&"a".repeat(500)).len(), MAX_FILE_NAME_BYTES);
        assert_eq!(file_name(b"junk"), "badge");
    }

    #[test]
    fn images_are_known_by_their_bytes() {
        assert_eq!(art_of(SVG.to_vec()), Art::Bakeable(ImageKind::Svg, SVG.to_vec()));
        assert_eq!(
            embedded(&STANDARD.encode([0xff, 0xd8, 0xff])),
            Art::Other("image/jpeg", vec![0xff, 0xd8, 0xff])
        );
        assert_eq!((art_of(b"GIF89a".to_vec()), embedded("%%%")), (Art::None, Art::None));
    }
}
