//! Deterministic CBOR (RFC 8949, section 4.2.1) over minicbor. A reader checks structure and limits; that the
//! encoding is the only permitted one is checked by encoding again ([`canonical`]).

use super::WireError;
use minicbor::data::Type;

/// Writes definite lengths and shortest heads, into memory: no call can fail, so results are dropped.
pub(super) struct Writer(minicbor::Encoder<Vec<u8>>);

impl Writer {
    pub(super) fn new() -> Self {
        Self(minicbor::Encoder::new(Vec::new()))
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_writer()
    }

    pub(super) fn array(&mut self, items: usize) -> &mut Self {
        let _ = self.0.array(items as u64);
        self
    }

    pub(super) fn map(&mut self, pairs: usize) -> &mut Self {
        let _ = self.0.map(pairs as u64);
        self
    }

    pub(super) fn uint(&mut self, n: u64) -> &mut Self {
        let _ = self.0.u64(n);
        self
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let _ = self.0.bytes(bytes);
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        let _ = self.0.str(text);
        self
    }

    pub(super) fn bool(&mut self, value: bool) -> &mut Self {
        let _ = self.0.bool(value);
        self
    }

    pub(super) fn null(&mut self) -> &mut Self {
        let _ = self.0.null();
        self
    }
}

/// Reads one message; `what` names it in errors.
pub(super) struct Reader<'b> {
    decoder: minicbor::Decoder<'b>,
    what: &'static str,
}

impl<'b> Reader<'b> {
    pub(super) fn new(bytes: &'b [u8], what: &'static str) -> Self {
        Self { decoder: minicbor::Decoder::new(bytes), what }
    }

    pub(super) fn malformed(&self) -> WireError {
        WireError::Malformed { what: self.what }
    }

    /// The number of items of an array, at most `most`.
    pub(super) fn array(&mut self, most: usize) -> Result<usize, WireError> {
        let items = self.decoder.array().ok().flatten().ok_or(self.malformed())?;
        usize::try_from(items).ok().filter(|items| *items <= most).ok_or(self.malformed())
    }

    pub(super) fn exact_array(&mut self, items: usize) -> Result<(), WireError> {
        if self.array(items)? == items { Ok(()) } else { Err(self.malformed()) }
    }

    pub(super) fn exact_map(&mut self, pairs: u64) -> Result<(), WireError> {
        match self.decoder.map() {
            Ok(Some(n)) if n == pairs => Ok(()),
            _ => Err(self.malformed()),
        }
    }

    /// The next key of a map whose keys are known.
    pub(super) fn key(&mut self, key: u64) -> Result<&mut Self, WireError> {
        if self.uint()? == key { Ok(self) } else { Err(self.malformed()) }
    }

    pub(super) fn uint(&mut self) -> Result<u64, WireError> {
        self.decoder.u64().map_err(|_| self.malformed())
    }

    pub(super) fn u32(&mut self) -> Result<u32, WireError> {
        self.decoder.u32().map_err(|_| self.malformed())
    }

    pub(super) fn bytes(&mut self) -> Result<&'b [u8], WireError> {
        self.decoder.bytes().map_err(|_| self.malformed())
    }

    pub(super) fn hash(&mut self) -> Result<[u8; 32], WireError> {
        self.bytes()?.try_into().map_err(|_| self.malformed())
    }

    pub(super) fn text(&mut self, most_bytes: usize) -> Result<&'b str, WireError> {
        let text = self.decoder.str().map_err(|_| self.malformed())?;
        if text.len() > most_bytes {
            return Err(WireError::TooLarge { what: "text", bytes: text.len(), limit: most_bytes });
        }
        Ok(text)
    }

    pub(super) fn bool(&mut self) -> Result<bool, WireError> {
        self.decoder.bool().map_err(|_| self.malformed())
    }

    /// `None` where `null` stands.
    pub(super) fn nullable<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, WireError>,
    ) -> Result<Option<T>, WireError> {
        match self.decoder.datatype() {
            Ok(Type::Null) => {
                self.decoder.null().map_err(|_| self.malformed())?;
                Ok(None)
            }
            _ => read(self).map(Some),
        }
    }

    pub(super) fn end(&self) -> Result<(), WireError> {
        if self.decoder.position() == self.decoder.input().len() { Ok(()) } else { Err(self.malformed()) }
    }
}

/// Refuses bytes that aren't what writing the content again gives: so each content has one encoding.
pub(super) fn canonical(read: &[u8], written: &[u8], what: &'static str) -> Result<(), WireError> {
    if read == written { Ok(()) } else { Err(WireError::NotCanonical { what }) }
}

/// Refuses what is over a limit.
pub(super) fn limited(bytes: &[u8], limit: usize, what: &'static str) -> Result<(), WireError> {
    if bytes.len() > limit {
        return Err(WireError::TooLarge { what, bytes: bytes.len(), limit });
    }
    Ok(())
}
