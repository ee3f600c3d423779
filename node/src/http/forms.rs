//! The forms in which a badge is given out: a page, a JSON file, a signed token, a picture that holds it.

use super::accept;
use super::headers::cacheable;
use super::problem::Problem;
use crate::issuer;
use crate::node::Node;
use crate::pictures;
use accolade_core::bake::ImageKind;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

/// What a picture may do if it is opened by itself: show what is in it (SVG can carry scripts).
const PICTURE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox";
/// Caches may keep a badge for who asked, and ask each time whether it is still the same.
const CACHING: &str = "private, no-cache";
const HTML: &str = "text/html";
const FILES: [(&str, Form); 6] = [
    ("application/vc", Form::Json("application/vc")),
    ("application/ld+json", Form::Json("application/ld+json")),
    ("application/json", Form::Json("application/json")),
    ("application/vc+jwt", Form::Token),
    ("image/png", Form::Picture(ImageKind::Png)),
    ("image/svg+xml", Form::Picture(ImageKind::Svg)),
];

/// A form of a badge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Its page.
    Page,
    /// The signed badge, byte for byte, under this media type.
    Json(&'static str),
    /// The badge as a signed token.
    Token,
    /// A picture with the badge in it.
    Picture(ImageKind),
}

/// The form that the caller likes best; a page if it says nothing.
pub(super) fn page_or_file(headers: &HeaderMap) -> Form {
    let offered: Vec<&str> = std::iter::once(HTML).chain(FILES.map(|(name, _)| name)).collect();
    match accept::preferred(headers, &offered) {
        0 => Form::Page,
        at => FILES[at - 1].1,
    }
}

/// The form that the caller likes best; JSON if it says nothing.
pub(super) fn file_or_page(headers: &HeaderMap) -> Form {
    let offered: Vec<&str> = FILES.map(|(name, _)| name).into_iter().chain([HTML]).collect();
    FILES.get(accept::preferred(headers, &offered)).map_or(Form::Page, |(_, form)| *form)
}

/// The UUID and the form in the last part of an address such as `{uuid}.png`.
pub(super) fn of_name(name: &str) -> (&str, Option<Form>) {
    let forms = [
        (".json", Form::Json("application/vc")),
        (".jwt", Form::Token),
        (".png", Form::Picture(ImageKind::Png)),
        (".svg", Form::Picture(ImageKind::Svg)),
    ];
    let found = forms.into_iter().find_map(|(end, form)| Some((name.strip_suffix(end)?, Some(form))));
    found.unwrap_or((name, None))
}

/// A badge as a file in `form`; a page is none. With `is_download` a browser saves it, under the achievement's name.
pub(super) async fn file(
    node: &Node,
    headers: &HeaderMap,
    badge: Vec<u8>,
    form: Form,
    is_download: bool,
) -> Result<Response, Problem> {
    let name = is_download.then(|| pictures::file_name(&badge));
    let (media_type, extension, bytes) = match form {
        Form::Picture(ImageKind::Png) => {
            ("image/png", "png", pictures::baked(node, badge, ImageKind::Png).await?)
        }
        Form::Picture(ImageKind::Svg) => {
            ("image/svg+xml", "svg", pictures::baked(node, badge, ImageKind::Svg).await?)
        }
        Form::Json(media_type) => (media_type, "json", badge),
        Form::Token => ("application/vc+jwt", "jwt", issuer::as_token(node, &badge)?.into_bytes()),
        Form::Page => ("application/vc", "json", badge),
    };
    let mut response = cacheable(headers, media_type, CACHING, bytes);
    if let Form::Picture(_) = form {
        let policy = HeaderValue::from_static(PICTURE_POLICY);
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let disposition = name.map(|name| format!("attachment; filename=\"{name}.{extension}\""));
    if let Some(disposition) = disposition.and_then(|text| HeaderValue::try_from(text).ok()) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(accept: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(text) = accept {
            headers.insert(header::ACCEPT, HeaderValue::from_str(text).expect("header"));
        }
        headers
    }

    #[test]
    fn each_asks_for_what_it_can_use() {
        const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8";
        const IMG: &str = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8";
        let json = Form::Json("application/vc");
        let png = Form::Picture(ImageKind::Png);
        for (accept, page_first, file_first) in [
            (None, Form::Page, json),
            (Some("*/*"), Form::Page, json),
            (Some(BROWSER), Form::Page, Form::Page),
            (Some(IMG), png, png),
            (Some("image/png"), png, png),
            (Some("image/svg+xml"), Form::Picture(ImageKind::Svg), Form::Picture(ImageKind::Svg)),
            (
                Some("image/svg+xml;q=0.5, image/png;q=0.4"),
                Form::Picture(ImageKind::Svg),
                Form::Picture(ImageKind::Svg),
            ),
            (Some("application/vc"), json, json),
            (Some("application/json"), Form::Json("application/json"), Form::Json("application/json")),
            (
                Some("application/ld+json, */*;q=0.1"),
                Form::Json("application/ld+json"),
                Form::Json("application/ld+json"),
            ),
            (Some("application/vc+jwt"), Form::Token, Form::Token),
            (Some("video/mp4"), Form::Page, json),
        ] {
            assert_eq!(page_or_file(&asking(accept)), page_first, "{accept:?}");
            assert_eq!(file_or_page(&asking(accept)), file_first, "{accept:?}");
        }
    }

    #[test]
    fn the_end_of_an_address_says_the_form() {
        assert_eq!(of_name("a.json"), ("a", Some(Form::Json("application/vc"))));
        assert_eq!(of_name("a.jwt"), ("a", Some(Form::Token)));
        assert_eq!(of_name("a.png"), ("a", Some(Form::Picture(ImageKind::Png))));
        assert_eq!(of_name("a.svg.svg"), ("a.svg", Some(Form::Picture(ImageKind::Svg))));
        for plain in ["a", "a.gif", "a.PNG", "", "."] {
            assert_eq!(of_name(plain), (plain, None));
        }
    }
}
