//! JSON as I-JSON (RFC 7493): no duplicate keys, no lone surrogates, no integers that a double can't hold.
//!
//! Two parsers that disagree on a document let a signature cover something else than what is shown, so what
//! is ambiguous is refused.

pub mod jcs;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

/// Largest document that is read, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;
/// Deepest nesting of arrays and objects.
pub const MAX_DEPTH: usize = 64;
/// Most members of one object that is read. Members are found by looking through them, so the work on a large
/// object grows with its square.
pub const MAX_MEMBERS: usize = 4_096;
/// Most values of one document, counting every array, object, number, text and word in it. Read, each takes some hundred
/// bytes at worst, so that a document of [`MAX_BYTES`] can't fill the memory.
pub const MAX_VALUES: usize = 131_072;
/// Largest integer that every JSON reader holds exactly: 2^53 - 1.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;
/// Read from a document that has more values than so many, lists and objects get no more room than they need: where there
/// are many, it is their spare room that fills the memory. The few of a usual document are read faster with it.
const FEW_VALUES: usize = 16_384;
/// Most characters of a key that an error repeats.
const SHOWN_CHARS: usize = 64;
/// Up to this many members an object's keys are compared one by one.
const FEW_MEMBERS: usize = 16;

/// A JSON value. Objects keep the order of their members.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number written without fraction and exponent, within ±(2^53 - 1).
    Int(i64),
    /// Any other number, finite.
    Float(f64),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(Object),
}

/// A JSON object: members in the order in which they stand, no key twice.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Object(Vec<(String, Value)>);

/// Reads a document of at most [`MAX_BYTES`], [`MAX_DEPTH`], [`MAX_MEMBERS`] and [`MAX_VALUES`].
///
/// # Errors
/// What is not I-JSON, or over a limit; with line and column.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    if bytes.len() > MAX_BYTES {
        return Err(JsonError::TooLarge { bytes: bytes.len() });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| JsonError::NotUtf8)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut value = Value::Null;
    let values_left = Cell::new(MAX_VALUES);
    let read = Seed::new(&values_left, &mut value).deserialize(&mut reader);
    match read.and_then(|()| reader.end()) {
        Ok(()) => Ok(value),
        Err(error) => Err(JsonError::Syntax { message: error.to_string() }),
    }
}

/// Why bytes were not read as JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Over [`MAX_BYTES`].
    #[error("the document has {bytes} bytes; {MAX_BYTES} is the most that is read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Not UTF-8.
    #[error("the document is not UTF-8 text")]
    NotUtf8,
    /// Not I-JSON.
    #[error("the document is not valid JSON: {message}")]
    Syntax {
        /// What is wrong, with line and column.
        message: String,
    },
}

impl Value {
    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The object, if it is one.
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The array, if it is one.
    pub fn as_array(&self) -> Option<&[Value]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The member `key`, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_object()?.get(key)
    }

    /// The items of an array, or the value itself where JSON-LD allows one value instead of a list of one.
    pub fn one_or_many(&self) -> &[Value] {
        match self {
            Self::Array(items) => items,
            other => std::slice::from_ref(other),
        }
    }
}

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self::default()
    }

    /// The member `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Whether there is a member `key`.
    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Sets `key`, in its place if it is there, else at the end.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Value>) {
        let (key, value) = (key.into(), value.into());
        match self.0.iter_mut().find(|(name, _)| *name == key) {
            Some((_, old)) => *old = value,
            None => self.0.push((key, value)),
        }
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let at = self.0.iter().position(|(name, _)| name == key)?;
        Some(self.0.remove(at).1)
    }

    /// The members in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Compact JSON.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::Array(items)
    }
}

impl<const N: usize> From<[(&str, Value); N]> for Object {
    fn from(members: [(&str, Value); N]) -> Self {
        let mut object = Self::new();
        for (key, value) in members {
            object.insert(key, value);
        }
        object
    }
}

/// Takes over a value that this program built; integers outside I-JSON become floats.
impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value as Theirs;
        match value {
            Theirs::Null => Self::Null,
            Theirs::Bool(value) => Self::Bool(value),
            Theirs::Number(number) => {
                match number.as_i64().filter(|int| int.unsigned_abs() <= MAX_SAFE_INTEGER) {
                    Some(int) => Self::Int(int),
                    None => Self::Float(number.as_f64().unwrap_or(f64::MAX)),
                }
            }
            Theirs::String(text) => Self::String(text),
            Theirs::Array(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Theirs::Object(members) => Self::Object(Object(
                members.into_iter().map(|(key, value)| (key, Self::from(value))).collect(),
            )),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        self.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
        map.end()
    }
}

/// Reads through serde as strictly as [`parse`] does.
impl<'de> serde::Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut value = Value::Null;
        Seed::new(&Cell::new(MAX_VALUES), &mut value).deserialize(deserializer)?;
        Ok(value)
    }
}

/// Reads a value into its place: to hand it up through the reader's layers takes a fifth of the time.
struct Seed<'v> {
    depth_left: usize,
    values_left: &'v Cell<usize>,
    into: &'v mut Value,
}

impl<'v> Seed<'v> {
    fn new(values_left: &'v Cell<usize>, into: &'v mut Value) -> Self {
        Self { depth_left: MAX_DEPTH, values_left, into }
    }
    fn deeper<E: serde::de::Error>(&self) -> Result<usize, E> {
        let too_deep = || E::custom(format_args!("nested deeper than {MAX_DEPTH} levels"));
        self.depth_left.checked_sub(1).ok_or_else(too_deep)
    }

    /// Makes room in `items` for one more: for as many again as it has, where the document has many values.
    fn make_room<T>(values_left: &Cell<usize>, items: &mut Vec<T>) {
        if items.len() == items.capacity() && values_left.get() < MAX_VALUES - FEW_VALUES {
            items.reserve_exact(items.len().max(1));
        }
    }

    fn set<E>(self, value: Value) -> Result<(), E> {
        *self.into = value;
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let Some(left) = self.values_left.get().checked_sub(1) else {
            return Err(D::Error::custom(format_args!("the document has more than {MAX_VALUES} values")));
        };
        self.values_left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.set(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.set(Value::Bool(value))
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        if value.unsigned_abs() > MAX_SAFE_INTEGER {
            return Err(E::custom(format_args!(
                "the integer {value} is too large to be read alike everywhere"
            )));
        }
        self.set(Value::Int(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => {
                Err(E::custom(format_args!("the integer {value} is too large to be read alike everywhere")))
            }
        }
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<(), E> {
        // An integer that is too long for 64 bits arrives here as well.
        if value.fract() == 0.0 && value.abs() > MAX_SAFE_INTEGER as f64 {
            return Err(E::custom(format_args!(
                "the number {value:e} is too large to be read alike everywhere"
            )));
        }
        self.set(Value::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.set(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<(), E> {
        self.set(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let (depth_left, values_left) = (self.deeper()?, self.values_left);
        let mut items = Vec::new();
        let mut item = Value::Null;
        while seq.next_element_seed(Seed { depth_left, values_left, into: &mut item })?.is_some() {
            Self::make_room(values_left, &mut items);
            items.push(std::mem::replace(&mut item, Value::Null));
        }
        self.set(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let (depth_left, values_left) = (self.deeper()?, self.values_left);
        let mut members: Vec<(String, Value)> = Vec::new();
        // Compared one by one while they are few; from then on by a set of them.
        let mut seen: Option<HashSet<String>> = None;
        while let Some(key) = map.next_key::<String>()? {
            let twice = if members.len() < FEW_MEMBERS {
                members.iter().any(|(name, _)| *name == key)
            } else {
                let all = || members.iter().map(|(name, _)| name.clone()).collect();
                !seen.get_or_insert_with(all).insert(key.clone())
            };
            if twice {
                let key: String = key.chars().take(SHOWN_CHARS).collect();
                return Err(A::Error::custom(format_args!("the key “{key}” stands twice in one object")));
            }
            if members.len() == MAX_MEMBERS {
                return Err(A::Error::custom(format_args!("an object has more than {MAX_MEMBERS} members")));
            }
            Self::make_room(values_left, &mut members);
            let (_, into) = members.push_mut((key, Value::Null));
            map.next_value_seed(Seed { depth_left, values_left, into })?;
        }
        self.set(Value::Object(Object(members)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes() {
        let text = r#"{"b":1,"a":[true,null,-2.5,6.0,"ü\u0000"],"":{}}"#;
        let value = parse(text.as_bytes()).expect("reads");
        assert_eq!(value.to_string(), text);
        assert_eq!(value.get("b"), Some(&Value::Int(1)));
        assert_eq!(value.get("a").and_then(|a| a.as_array()).map(<[_]>::len), Some(5));
        assert_eq!(parse(br#""\ud83d\ude00""#).expect("pair").as_str(), Some("😀"));
    }

    #[test]
    fn numbers_are_read_to_the_last_digit() {
        // Pseudo-random places on earth, as an address may have them.
        let mut state = 1u64;
        for _ in 0..100_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let number = (state >> 11) as f64 / (1u64 << 53) as f64 * 360.0 - 180.0;
            let text = number.to_string();
            assert_eq!(parse(text.as_bytes()), Ok(Value::Float(number)), "{text}");
        }
    }

    #[test]
    fn a_document_has_a_bounded_number_of_values() {
        let with = |item: &str, count: usize| {
            parse(format!("[{}]", vec![item; count].join(",")).as_bytes()).map(drop)
        };
        let too_many = |read: Result<(), JsonError>| {
            let error = read.expect_err("too many").to_string();
            assert!(error.contains("131072 values"), "{error}");
        };
        assert_eq!(with("0", MAX_VALUES - 1), Ok(()), "the list itself is one");
        too_many(with("0", MAX_VALUES));
        assert_eq!(with("{\"a\":[]}", (MAX_VALUES - 1) / 2), Ok(()));
        too_many(with("{\"a\":[]}", MAX_VALUES / 2));
        too_many(with("[[],{}]", MAX_VALUES / 3 + 1));
        // Through serde as well.
        let text = format!("[{}]", vec!["0"; MAX_VALUES].join(","));
        assert!(serde_json::from_str::<Value>(&text).is_err());
    }

    #[test]
    fn in_a_document_of_many_values_nothing_has_spare_room() {
        let text = format!("[{}]", vec![r#"[0],{"a":0},[0,0,0]"#; 10_000].join(","));
        let value = parse(text.as_bytes()).expect("reads");
        let spare = |item: &Value| match item {
            Value::Array(items) => items.capacity() - items.len(),
            Value::Object(members) => members.0.capacity() - members.0.len(),
            _ => 0,
        };
        let items = value.as_array().expect("a list");
        let (few, many) = items.split_at(FEW_VALUES);
        assert!(few.iter().map(spare).max() > Some(1), "read fast");
        assert_eq!(many.iter().map(spare).max(), Some(1));
        assert_eq!(value.to_string(), text);
    }

    #[test]
    fn an_object_has_a_bounded_number_of_members() {
        let with = |count: usize| {
            let members: Vec<String> = (0..count).map(|number| format!("\"{number}\":0")).collect();
            parse(format!("{{{}}}", members.join(",")).as_bytes())
        };
        assert!(with(MAX_MEMBERS).is_ok());
        assert!(with(MAX_MEMBERS + 1).expect_err("one more").to_string().contains("4096 members"));
    }

    #[test]
    fn refuses_what_readers_disagree_on() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        let many: String = (0..40).map(|n| format!("\"k{n}\":1,")).collect();
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok());
        for text in [
            "",
            " ",
            "{",
            "nul",
            "[1,]",
            "{\"a\":1,}",
            "{a:1}",
            "'a'",
            "1 2",
            "01",
            "+1",
            ".5",
            "NaN",
            "Infinity",
            "\u{feff}1",
            "{\"a\":1,\"a\":1}",
            "{\"a\":1,\"\\u0061\":2}",
            &format!("{{{many}\"k7\":1}}"),
            &format!("{{{many}\"z\":1,\"z\":1}}"),
            r#""\ud800""#,
            r#""\udc00\ud800""#,
            "\"\u{1}\"",
            "9007199254740992",
            "-9007199254740992",
            "1e300",
            "18446744073709551615",
            "18446744073709551616",
            "1e400",
            "123456789012345678901234567890",
            &nested(MAX_DEPTH + 1),
            &nested(100_000),
        ] {
            assert!(
                matches!(parse(text.as_bytes()), Err(JsonError::Syntax { .. })),
                "{text:.60} was accepted"
            );
        }
        assert_eq!(parse(b"\"\xff\""), Err(JsonError::NotUtf8));
        assert_eq!(parse(&vec![b' '; MAX_BYTES + 1]), Err(JsonError::TooLarge { bytes: MAX_BYTES + 1 }));
    }

    #[test]
    fn an_object_keeps_its_order() {
        let mut object = Object::from([("z", Value::Null), ("a", true.into())]);
        object.insert("z", "again");
        object.insert("m", Value::Int(3));
        assert_eq!(Value::from(object.clone()).to_string(), r#"{"z":"again","a":true,"m":3}"#);
        assert_eq!(object.remove("a"), Some(Value::Bool(true)));
        assert_eq!((object.len(), object.contains_key("a"), object.is_empty()), (2, false, false));
    }
}
