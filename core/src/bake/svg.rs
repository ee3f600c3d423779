//! SVG: the element that carries a badge. Read by an XML parser without DTD and entities; written by cutting and
//! inserting, so that the rest of the picture stays as it was drawn.

use super::{BakeError, Form, Format, MAX_BADGE_BYTES, MAX_PLACES};
use quick_xml::XmlVersion;
use quick_xml::escape::escape;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::name::{Namespace, ResolveResult};
use quick_xml::reader::NsReader;
use std::ops::Range;

/// Deepest nesting of elements.
pub(super) const MAX_DEPTH: usize = 256;
/// Most attributes of one element.
pub(super) const MAX_ATTRIBUTES: usize = 128;

const NAMESPACE_OB3: &str = "https://purl.imsglobal.org/ob/v3p0";
const NAMESPACE_OB2: &str = "http://openbadges.org";
const NAMESPACE_SVG: &str = "http://www.w3.org/2000/svg";
/// The prefix that both versions of Open Badges ask for. Some readers know it alone, and no namespace.
const PREFIX: &str = "openbadges";

/// The picture with `text` as its only badge.
pub(super) fn bake(image: &[u8], form: Form, text: &str) -> Result<Vec<u8>, BakeError> {
    let image = utf8(image)?;
    let picture = Picture::read(image)?;
    let root = &picture.root;
    let mut baked = String::with_capacity(image.len() + text.len() + 256);
    // Drawing programs write one; nobody needs it, and careful readers refuse it.
    let doctype = picture.doctype.unwrap_or(0..0);
    baked.push_str(&image[..doctype.start]);
    baked.push_str(&image[doctype.end..root.span.start]);
    baked.push_str(&root.opened());
    baked.push_str(&element(form, text));
    if root.is_empty {
        baked.push_str(&format!("</{}>", root.name));
    }
    let mut at = root.span.end;
    for found in &picture.found {
        baked.push_str(&image[at..found.span.start]);
        at = found.span.end;
    }
    baked.push_str(&image[at..]);
    Ok(baked.into_bytes())
}

/// Every badge in the picture.
pub(super) fn badges(image: &[u8]) -> Result<Vec<(Format, String)>, BakeError> {
    let picture = Picture::read(utf8(image)?)?;
    let badge = |found: Found| found.badge().map(|text| text.map(|text| (found.format, text))).transpose();
    picture.found.into_iter().filter_map(badge).collect()
}

fn element(form: Form, text: &str) -> String {
    match form {
        Form::Jws | Form::Url => {
            format!("<{PREFIX}:credential verify=\"{}\"></{PREFIX}:credential>", escape(text))
        }
        Form::Json => {
            // Each of these can stand within a JSON string only, where an escape means the same.
            let json = text
                .replace("]]>", "]]\\u003e")
                .replace('\u{fffe}', "\\ufffe")
                .replace('\u{ffff}', "\\uffff");
            format!("<{PREFIX}:credential><![CDATA[{json}]]></{PREFIX}:credential>")
        }
    }
}

fn utf8(image: &[u8]) -> Result<&str, BakeError> {
    let image = image.strip_prefix(b"\xef\xbb\xbf").unwrap_or(image);
    let text = std::str::from_utf8(image).map_err(|_| BakeError::NotUtf8)?;
    let odd = |byte: u8| byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r');
    match text.bytes().position(odd) {
        None => Ok(text),
        Some(at) => Err(damaged("it has a control character", at)),
    }
}

/// What matters of an SVG that is well-formed.
struct Picture {
    doctype: Option<Range<usize>>,
    root: Root,
    found: Vec<Found>,
}

/// The tag `<svg …>`.
struct Root {
    name: String,
    /// Names and values as they are written, quotes included.
    attributes: Vec<(String, String)>,
    span: Range<usize>,
    is_empty: bool,
}

/// An element that holds a badge, or nothing.
struct Found {
    format: Format,
    verify: Option<String>,
    /// The text beside CDATA sections.
    text: String,
    cdata: Option<String>,
    span: Range<usize>,
}

impl Root {
    /// The tag with the namespace of badges declared.
    fn opened(&self) -> String {
        let declaration = format!("xmlns:{PREFIX}");
        let mut tag = format!("<{}", self.name);
        for (name, value) in self.attributes.iter().filter(|(name, _)| *name != declaration) {
            tag.push_str(&format!(" {name}={value}"));
        }
        tag.push_str(&format!(" {declaration}=\"{NAMESPACE_OB3}\">"));
        tag
    }
}

impl Found {
    /// The badge in the element; none if it is empty. An Open Badge 2.0 may give its address beside itself.
    fn badge(&self) -> Result<Option<String>, BakeError> {
        let body = match &self.cdata {
            Some(cdata) if self.text.trim_ascii().is_empty() => cdata.clone(),
            Some(_) => return Err(damaged("the text of its badge is torn apart", self.span.start)),
            None => self.text.clone(),
        };
        let body = Some(body).filter(|body| !body.trim_ascii().is_empty());
        match (&self.verify, body) {
            (Some(verify), Some(body)) if *verify == body => Ok(Some(body)),
            (Some(verify), Some(body))
                if super::form_of(verify) == Some(Form::Url) && self.format == Format::Ob2 =>
            {
                Ok(Some(body))
            }
            (Some(_), Some(_)) => Err(BakeError::TwoBadges),
            (verify, body) => Ok(body.or_else(|| verify.clone())),
        }
    }
}

impl Picture {
    fn read(text: &str) -> Result<Self, BakeError> {
        let mut reader = NsReader::from_str(text);
        reader.config_mut().check_comments = true;
        let mut scan = Scan::default();
        loop {
            let start = position(reader.buffer_position());
            let event = reader
                .read_event()
                .map_err(|error| damaged(error.to_string(), position(reader.error_position())))?;
            let span = start..position(reader.buffer_position());
            match event {
                Event::Start(tag) => {
                    let role = scan.role(&tag, &reader, span.start)?;
                    scan.open(&tag, role, span, false)?;
                }
                Event::Empty(tag) => {
                    let role = scan.role(&tag, &reader, span.start)?;
                    scan.open(&tag, role, span.clone(), true)?;
                    scan.close(span.end);
                }
                Event::End(_) => scan.close(span.end),
                Event::Text(text) => scan.text(&text, span.start)?,
                Event::CData(cdata) => scan.cdata(&cdata, span.start)?,
                Event::GeneralRef(reference) => scan.text(&resolved(&reference)?, span.start)?,
                Event::Decl(declaration) if span.start == 0 => check_declaration(&declaration)?,
                Event::Decl(_) => {
                    return Err(damaged("its XML declaration is not at its beginning", span.start));
                }
                Event::DocType(text) => scan.doctype(&text, span)?,
                Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => return scan.finish(text.len()),
            }
        }
    }
}

/// What an element is to us.
enum Role {
    Root,
    Badge(Format),
    Other,
}

#[derive(Default)]
struct Scan {
    doctype: Option<Range<usize>>,
    root: Option<Root>,
    found: Vec<Found>,
    depth: usize,
    /// The depth of the badge's element that is being read.
    within: Option<usize>,
}

impl Scan {
    /// Passes over a DOCTYPE that only names a DTD, which is never fetched; what it defines itself is refused.
    fn doctype(&mut self, text: &str, span: Range<usize>) -> Result<(), BakeError> {
        if text.contains('[') {
            return Err(BakeError::Doctype);
        }
        if self.root.is_some() || self.doctype.is_some() {
            return Err(damaged("its DOCTYPE is at a wrong place", span.start));
        }
        self.doctype = Some(span);
        Ok(())
    }

    fn role(&self, tag: &BytesStart<'_>, reader: &NsReader<&[u8]>, at: usize) -> Result<Role, BakeError> {
        let (local, prefix) = tag.name().decompose();
        let format = match local.into_inner() {
            "credential" => Format::Ob3,
            "assertion" => Format::Ob2,
            "svg" if self.depth == 0 => Format::Ob3,
            _ if self.depth == 0 => return Err(damaged("it is XML, and not an SVG", at)),
            _ => return Ok(Role::Other),
        };
        let namespace = match reader.resolver().resolve_prefix(prefix, true) {
            ResolveResult::Bound(Namespace(uri)) => uri,
            ResolveResult::Unbound => "",
            ResolveResult::Unknown(_) => "?",
        };
        let named_badge = prefix.is_some_and(|prefix| prefix.into_inner() == PREFIX);
        match (self.depth, namespace) {
            (0, NAMESPACE_SVG | "") if local.into_inner() == "svg" => Ok(Role::Root),
            (0, _) => Err(damaged("it is XML, and not an SVG", at)),
            (_, NAMESPACE_OB3 | NAMESPACE_OB2) => Ok(Role::Badge(format)),
            _ if named_badge => Ok(Role::Badge(format)),
            _ => Ok(Role::Other),
        }
    }

    fn open(
        &mut self,
        tag: &BytesStart<'_>,
        role: Role,
        span: Range<usize>,
        is_empty: bool,
    ) -> Result<(), BakeError> {
        let at = span.start;
        if self.depth == 0 && self.root.is_some() {
            return Err(damaged("something follows after its end", at));
        }
        if self.within.is_some() {
            return Err(damaged("the element of its badge holds another element", at));
        }
        if self.depth == MAX_DEPTH {
            return Err(damaged("its elements are nested too deep", at));
        }
        let attributes = attributes(tag, at, !matches!(role, Role::Other))?;
        self.depth += 1;
        match role {
            Role::Root => {
                let written = attributes.into_iter().map(|(name, written, _)| (name, written)).collect();
                let name = tag.name().into_inner().to_owned();
                self.root = Some(Root { name, attributes: written, span, is_empty });
            }
            Role::Badge(_) if self.found.len() == MAX_PLACES => {
                return Err(damaged("it has too many badges", at));
            }
            Role::Badge(format) => {
                let verify =
                    attributes.into_iter().find(|(name, ..)| name == "verify").map(|(.., value)| value);
                let verify = verify.filter(|value| !value.trim_ascii().is_empty());
                self.found.push(Found { format, verify, text: String::new(), cdata: None, span });
                self.within = Some(self.depth);
            }
            Role::Other => {}
        }
        Ok(())
    }

    fn close(&mut self, end: usize) {
        if self.within == Some(self.depth) {
            self.within = None;
            if let Some(found) = self.found.last_mut() {
                found.span.end = end;
            }
        }
        // The reader refuses an end tag without its start.
        self.depth = self.depth.saturating_sub(1);
    }

    fn text(&mut self, text: &str, at: usize) -> Result<(), BakeError> {
        if self.depth == 0 && !text.trim_ascii().is_empty() {
            return Err(damaged("there is text outside of its element", at));
        }
        match (self.within, self.found.last_mut()) {
            (Some(_), Some(found)) => push(&mut found.text, text),
            _ => Ok(()),
        }
    }

    fn cdata(&mut self, text: &str, at: usize) -> Result<(), BakeError> {
        if self.depth == 0 {
            return Err(damaged("there is text outside of its element", at));
        }
        match (self.within, self.found.last_mut()) {
            (Some(_), Some(found)) => push(found.cdata.get_or_insert_default(), text),
            _ => Ok(()),
        }
    }

    fn finish(self, end: usize) -> Result<Picture, BakeError> {
        match self.root {
            Some(root) if self.depth == 0 => Ok(Picture { doctype: self.doctype, root, found: self.found }),
            _ => Err(damaged("it is cut off", end)),
        }
    }
}

/// The attributes of a tag: name, value as written with its quotes, value as meant. All are checked; none is given
/// back unless `wanted`.
fn attributes(
    tag: &BytesStart<'_>,
    at: usize,
    wanted: bool,
) -> Result<Vec<(String, String, String)>, BakeError> {
    let mut read = Vec::new();
    for (number, attribute) in tag.attributes().enumerate() {
        let attribute = attribute.map_err(|error| damaged(error.to_string(), at))?;
        if number == MAX_ATTRIBUTES {
            return Err(damaged("an element has too many attributes", at));
        }
        if attribute.value.contains('<') {
            return Err(damaged("an attribute holds a “<”", at));
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| BakeError::Doctype)?;
        if wanted {
            let quote = if attribute.value.contains('"') { '\'' } else { '"' };
            let written = format!("{quote}{}{quote}", attribute.value);
            read.push((attribute.key.into_inner().to_owned(), written, value.into_owned()));
        }
    }
    Ok(read)
}

/// A character reference, or one of the five entities that every XML has.
fn resolved(reference: &BytesRef<'_>) -> Result<String, BakeError> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character.to_string()),
        Ok(None) => {
            let entity = quick_xml::escape::resolve_xml_entity(reference).ok_or(BakeError::Doctype)?;
            Ok(entity.to_owned())
        }
        Err(_) => Err(BakeError::Doctype),
    }
}

fn check_declaration(declaration: &BytesDecl<'_>) -> Result<(), BakeError> {
    if !matches!(declaration.version().as_deref(), Ok("1.0")) {
        return Err(damaged("it is not XML 1.0", 0));
    }
    match declaration.encoding() {
        None => Ok(()),
        Some(Ok(name)) if name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("us-ascii") => {
            Ok(())
        }
        Some(_) => Err(BakeError::NotUtf8),
    }
}

fn push(into: &mut String, text: &str) -> Result<(), BakeError> {
    if into.len() + text.len() > MAX_BADGE_BYTES {
        return Err(BakeError::BadgeTooLarge);
    }
    into.push_str(text);
    Ok(())
}

/// A place in a text that is in memory.
fn position(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

fn damaged(problem: impl Into<String>, at_byte: usize) -> BakeError {
    BakeError::Svg { problem: problem.into(), at_byte }
}
