//! The parts of a form that a browser sent (RFC 7578), read out of a body that is there whole.

use std::borrow::Cow;

/// Most fields of a form.
const MAX_PARTS: usize = 8;
/// Longest head of one field, in bytes.
const MAX_HEAD_BYTES: usize = 2_048;
/// Longest boundary, in bytes (RFC 2046, section 5.1.1).
const MAX_BOUNDARY_BYTES: usize = 70;

/// One field of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    /// Its name.
    pub(super) name: Cow<'a, str>,
    /// What it holds.
    pub(super) bytes: &'a [u8],
}

/// Why a body is no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum FormError {
    /// Another content type.
    #[error("the content type is not multipart/form-data with a boundary")]
    NotAForm,
    /// Another shape than the content type says.
    #[error("the form ends before it is complete, or its boundary stands in the wrong place")]
    Broken,
    /// A field whose head breaks a rule.
    #[error("a field of the form has no name, or a head that can't be read")]
    Head,
    /// Over the limit.
    #[error("the form has more than {MAX_PARTS} fields")]
    TooManyParts,
    /// One name for two fields: which is meant?
    #[error("the form has a field twice")]
    Twice,
}

/// The fields of a form, in order.
///
/// # Errors
/// A body that isn't one.
pub(super) fn parts<'a>(content_type: &str, body: &'a [u8]) -> Result<Vec<Part<'a>>, FormError> {
    let boundary = boundary(content_type).ok_or(FormError::NotAForm)?;
    let delimiter = format!("\r\n--{boundary}");
    // The first stands at the beginning; what a program may write in front of it (a preamble) browsers don't.
    let mut rest = body.strip_prefix(&delimiter.as_bytes()[2..]).ok_or(FormError::Broken)?;
    let mut parts: Vec<Part<'a>> = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        if parts.len() == MAX_PARTS {
            return Err(FormError::TooManyParts);
        }
        rest = rest.strip_prefix(b"\r\n").ok_or(FormError::Broken)?;
        // A field without any head begins with the empty line that ends it.
        let head_end = find(&rest[..rest.len().min(MAX_HEAD_BYTES)], b"\r\n\r\n").ok_or(FormError::Head)?;
        let name = name(&rest[..head_end]).ok_or(FormError::Head)?;
        if parts.iter().any(|part| part.name == name) {
            return Err(FormError::Twice);
        }
        // Two bytes back: an empty field's delimiter begins with the end of its head.
        rest = &rest[head_end + 2..];
        let end = find(rest, delimiter.as_bytes()).ok_or(FormError::Broken)?;
        let bytes = rest[..end].strip_prefix(b"\r\n").unwrap_or_default();
        rest = &rest[end + delimiter.len()..];
        parts.push(Part { name, bytes });
    }
}

/// The boundary that a content type names.
fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let named = |parameter: &str| parameter.trim().split_once('=').map(|(key, _)| key.to_ascii_lowercase());
    let parameter =
        parameters.split(';').find(|parameter| named(parameter).as_deref() == Some("boundary"))?;
    let value = parameter.trim().split_once('=')?.1;
    let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    let right = (1..=MAX_BOUNDARY_BYTES).contains(&value.len()) && value.bytes().all(fits);
    (right && !value.ends_with(' ')).then_some(value)
}

/// The name in a field's head. Browsers write `"` in it as `%22`; our names hold none.
fn name(head: &[u8]) -> Option<Cow<'_, str>> {
    let head = std::str::from_utf8(head).ok()?;
    let mut dispositions = head.split("\r\n").filter_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.trim().eq_ignore_ascii_case("content-disposition").then(|| value.trim())
    });
    let (disposition, None) = (dispositions.next()?, dispositions.next()) else { return None };
    let rest = disposition.strip_prefix("form-data")?.trim_start().strip_prefix(';')?.trim_start();
    // Browsers write the name first, before the name of a file, which may hold anything.
    let name = rest.strip_prefix("name=\"")?.split('"').next().filter(|name| !name.is_empty())?;
    Some(Cow::Borrowed(name))
}

/// Where `wanted` first stands. Its first byte is a CR, which stands nowhere else in it, so the search is linear.
fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        from += bytes[from..].iter().position(|byte| *byte == b'\r')?;
        if bytes[from..].starts_with(wanted) {
            return Some(from);
        }
        from += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=----b1";

    fn field(name: &str, bytes: &str) -> String {
        format!("------b1\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{bytes}\r\n")
    }

    fn read(body: &str) -> Result<Vec<(String, String)>, FormError> {
        let text =
            |part: &Part<'_>| (part.name.to_string(), String::from_utf8(part.bytes.to_vec()).expect("text"));
        parts(TYPE, body.as_bytes()).map(|parts| parts.iter().map(text).collect())
    }

    #[test]
    fn the_form_of_a_browser_is_read() {
        let body = concat!(
            "------b1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a;name=\\\"x.png\"\r\n",
            "Content-Type: image/png\r\n\r\n\u{1}\r\n--x\r\n------b\r\n\r\n",
            "------b1\r\ncontent-disposition:form-data;name=\"text\"\r\n\r\n\r\n",
            "------b1--\r\n"
        );
        let wanted = [("file", "\u{1}\r\n--x\r\n------b\r\n"), ("text", "")];
        assert_eq!(read(body), Ok(wanted.map(|(name, bytes)| (name.to_owned(), bytes.to_owned())).to_vec()));
        assert_eq!(read("------b1--"), Ok(Vec::new()));
        assert_eq!(read("------b1--\r\nwhat follows is nothing"), Ok(Vec::new()));
    }

    #[test]
    fn bytes_of_any_kind_come_through() {
        let bytes: Vec<u8> = (0..=255).cycle().take(100_000).chain(*b"\r\n-\r\r\n--\r\n").collect();
        let mut body = b"------b1\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n".to_vec();
        body.extend_from_slice(&bytes);
        body.extend_from_slice(b"\r\n------b1--\r\n");
        let read = parts(TYPE, &body).expect("reads");
        assert_eq!(read, [Part { name: "file".into(), bytes: &bytes }]);
        for cut in (0..200).chain(body.len() - 30..body.len() - 4) {
            assert!(parts(TYPE, &body[..cut]).is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for kind in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "multipart/form-data; charset=utf-8",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"\"",
            "multipart/form-data; boundary=a\u{0}",
            "multipart/form-data; boundary=ü",
            "multipart/mixed; boundary=----b1",
            &format!("multipart/form-data; boundary={}", "a".repeat(71)),
        ] {
            assert_eq!(parts(kind, b"------b1--"), Err(FormError::NotAForm), "{kind}");
        }
        for kind in
            ["Multipart/Form-Data;Boundary=\"----b1\"", "multipart/form-data; charset=utf-8; boundary=----b1"]
        {
            assert_eq!(parts(kind, b"------b1--"), Ok(Vec::new()), "{kind}");
        }
        let end = "------b1--\r\n";
        for (body, error) in [
            (String::new(), FormError::Broken),
            ("junk".to_owned(), FormError::Broken),
            (format!("preamble\r\n{end}"), FormError::Broken),
            ("------b1".to_owned(), FormError::Broken),
            ("------b1x\r\n".to_owned(), FormError::Broken),
            (field("a", "1"), FormError::Broken),
            ("------b1\r\n\r\nno head\r\n------b1--".to_owned(), FormError::Head),
            (format!("------b1\r\nContent-Disposition: form-data\r\n\r\n1\r\n{end}"), FormError::Head),
            (
                format!("------b1\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n1\r\n{end}"),
                FormError::Head,
            ),
            (format!("------b1\r\nContent-Type: text/plain\r\n\r\n1\r\n{end}"), FormError::Head),
            (field("", "1") + end, FormError::Head),
            (field(&"n".repeat(MAX_HEAD_BYTES), "1") + end, FormError::Head),
            (field("a", "1") + &field("a", "2") + end, FormError::Twice),
            ((0..9).map(|at| field(&at.to_string(), "")).collect::<String>() + end, FormError::TooManyParts),
        ] {
            assert_eq!(read(&body), Err(error), "{body}");
        }
    }
}
