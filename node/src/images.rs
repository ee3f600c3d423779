//! Images of achievements: taken out of the achievement, kept and published by their hash.
//!
//! A picture inside an achievement (a `data:` URL) would travel in every badge and doesn't fit a record. A raster image
//! is therefore stored beside it; the achievement names `/v1/images/{sha256}` of this node instead. Peers hold the image
//! by the same hash and serve it at the same path.

use crate::error::{ErrorKind, NodeError};
use crate::node::Node;
use accolade_core::json::{Object, Value};
use accolade_core::record::MAX_IMAGE_BYTES;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// Takes the raster image out of an achievement's `image`, if it is embedded there, and puts its address in its place.
/// An SVG, and an image on the web, stay as they are.
///
/// # Errors
/// Base64 that can't be read, a type that doesn't fit the bytes, more than [`MAX_IMAGE_BYTES`].
pub(crate) fn take_embedded(achievement: &mut Object, base_url: &str) -> Result<Option<Vec<u8>>, NodeError> {
    let Some(Value::String(url)) = achievement.get("image").map(|image| image.get("id").unwrap_or(image))
    else {
        return Ok(None);
    };
    let Some((media_type, base64)) = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"))
    else {
        return Ok(None);
    };
    if !["image/png", "image/jpeg", "image/webp"].contains(&media_type) {
        return Ok(None);
    }
    let bytes = STANDARD.decode(base64).map_err(|_| refused("its base64 can't be read"))?;
    if image_type(&bytes) != Some(media_type) {
        return Err(refused("its bytes are not of the type that it names"));
    }
    if bytes.len() > MAX_IMAGE_BYTES {
        return Err(refused("it has more than 512 KiB"));
    }
    let address = format!("{base_url}/v1/images/{}", hex(&Sha256::digest(&bytes)));
    let mut image = achievement.get("image").and_then(Value::as_object).cloned().unwrap_or_default();
    image.insert("id", address);
    if !image.contains_key("type") {
        image.insert("type", "Image");
    }
    achievement.insert("image", image);
    Ok(Some(bytes))
}

/// The bytes and media type of an image, by its SHA-256: one of this node's own, or one that a peer published.
///
/// # Errors
/// There is none.
pub async fn image(node: &Node, sha256: &[u8; 32]) -> Result<(Vec<u8>, &'static str), NodeError> {
    let bytes = match node.ledger().blob(sha256).await? {
        Some(bytes) => Some(bytes),
        None => node.replica().blob(*sha256).await,
    };
    bytes.and_then(|bytes| image_type(&bytes).map(|media_type| (bytes, media_type))).ok_or_else(|| {
        NodeError::new(ErrorKind::NotFound, "no_such_image", "There is no image here.", "Check the address.")
    })
}

/// What an image is by its first bytes: PNG, JPEG or WebP, the types that records carry.
pub fn image_type(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        Some("image/jpeg")
    } else if bytes.len() > 12 && bytes.starts_with(b"RIFF") && bytes[8..12] == *b"WEBP" {
        Some("image/webp")
    } else {
        None
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A SHA-256 that is written in hexadecimal.
pub(crate) fn from_hex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let fits = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2).filter(|_| fits)?, 16).ok()?;
    }
    Some(bytes)
}

fn refused(why: &str) -> NodeError {
    let message = format!("The achievement's image can't be taken: {why}.");
    let hint =
        "Embed a PNG, JPEG or WebP of at most 512 KiB as a data: URL, or give the image's web address.";
    NodeError::new(ErrorKind::Invalid, "image_refused", message, hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use accolade_core::json;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot much of an image";

    fn achievement(image: &str) -> Object {
        let text = format!("{{\"name\":\"Swimming\",\"image\":{image}}}");
        json::parse(text.as_bytes()).expect("JSON").as_object().expect("object").clone()
    }

    fn embedded(media_type: &str, bytes: &[u8]) -> String {
        format!("data:{media_type};base64,{}", STANDARD.encode(bytes))
    }

    #[test]
    fn an_embedded_image_becomes_an_address() {
        for image in [
            format!("\"{}\"", embedded("image/png", PNG)),
            format!(
                "{{\"id\":\"{}\",\"type\":\"Image\",\"caption\":\"A wave\"}}",
                embedded("image/png", PNG)
            ),
        ] {
            let mut object = achievement(&image);
            assert_eq!(take_embedded(&mut object, "http://node.example"), Ok(Some(PNG.to_vec())));
            let image = object.get("image").expect("image");
            let address = format!("http://node.example/v1/images/{}", hex(&Sha256::digest(PNG)));
            assert_eq!(image.get("id").and_then(Value::as_str), Some(address.as_str()));
            assert_eq!(image.get("type").and_then(Value::as_str), Some("Image"));
        }
    }

    #[test]
    fn other_images_stay_as_they_are() {
        let svg = embedded("image/svg+xml", b"<svg/>");
        for image in
            ["null", "7", "{}", "\"https://images.example/a.png\"", &format!("\"{svg}\""), "{\"id\":[]}"]
        {
            let mut object = achievement(image);
            let before = object.clone();
            assert_eq!(take_embedded(&mut object, "http://node.example"), Ok(None), "{image}");
            assert_eq!(object, before);
        }
    }

    #[test]
    fn refuses_what_is_not_the_image_that_it_says() {
        let large = [PNG, &vec![0; MAX_IMAGE_BYTES]].concat();
        for (url, why) in [
            (embedded("image/png", b"GIF89a"), "type"),
            (embedded("image/jpeg", PNG), "type"),
            (embedded("image/webp", b"RIFF1234WAVE "), "type"),
            ("data:image/png;base64,%%%".to_owned(), "base64"),
            (embedded("image/png", &large), "512 KiB"),
        ] {
            let error =
                take_embedded(&mut achievement(&format!("\"{url}\"")), "http://node.example").expect_err(why);
            assert!(error.code == "image_refused" && error.message.contains(why), "{error}");
        }
    }

    #[test]
    fn a_digest_is_64_hexadecimal_digits() {
        assert_eq!(from_hex(&"0f".repeat(32)), Some([15; 32]));
        for refused in ["", "0f", &"0g".repeat(32), &"0f".repeat(33), &"+f".repeat(32), &"ü".repeat(32)] {
            assert_eq!(from_hex(refused), None, "{refused}");
        }
    }
}
