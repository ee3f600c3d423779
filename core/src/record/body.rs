//! What a record says. Each body is a CBOR map with integer keys, all present, in ascending order.

use super::cbor::{Reader, Writer, canonical, limited};
use super::envelope::RecordType;
use super::rice;
use super::{MAX_IMAGE_BYTES, MAX_LIST_ENTRIES, MAX_LISTS, MAX_SNAPSHOT_BYTES, WireError};
use crate::json::{self, Object, Value};
use crate::status::{MIN_ENTRIES, StatusPurpose};

/// Largest body of a profile, in bytes.
pub const MAX_PROFILE_BYTES: usize = 16 * 1024;
/// Largest body of an achievement, in bytes.
pub const MAX_ACHIEVEMENT_BYTES: usize = 32 * 1024;
/// Largest body of a status record, in bytes. (One over the gossip limit is pulled.)
pub const MAX_STATUS_BYTES: usize = 128 * 1024;
/// Largest body of a list's creation, in bytes.
pub const MAX_LIST_CREATE_BYTES: usize = 2 * 1024;
/// Largest body of a snapshot record, in bytes. (Its blob travels by itself.)
pub const MAX_SNAPSHOT_BODY_BYTES: usize = 256;
/// Longest URL of a list, in bytes.
pub const MAX_URL_BYTES: usize = 1024;
/// Longest period between two status records, in seconds: a day.
pub const MAX_TICK_S: u32 = 86_400;

/// The body of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// Who the issuer is. The latest counts.
    Profile(Profile),
    /// An achievement that the issuer awards. The latest of an `id` counts.
    Achievement(AchievementRecord),
    /// A new status list, all bits clear, version 0.
    ListCreate(ListCreate),
    /// What changed since the last status record, and that the rest did not.
    Status(Status),
    /// A list's whole state, by hash.
    Snapshot(Snapshot),
}

/// An issuer's profile: an Open Badges 3.0 `Profile` as JSON, kept byte for byte.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    json: Vec<u8>,
    object: Object,
}

/// An achievement: an Open Badges 3.0 `Achievement` as JSON, kept byte for byte, and its image by hash.
#[derive(Clone, Debug, PartialEq)]
pub struct AchievementRecord {
    json: Vec<u8>,
    object: Object,
    image: Option<Image>,
}

/// An image that travels as a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Its size in bytes, at most [`MAX_IMAGE_BYTES`].
    pub bytes: u64,
    /// `image/png`, `image/jpeg` or `image/webp`.
    pub media_type: String,
}

/// A new status list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListCreate {
    /// Its number: the first of an issuer is 0, each further one is one more.
    pub list: u32,
    /// The URL that stands in badges as `statusListCredential`; an issuer uses one only once.
    pub url: String,
    /// What a set bit means.
    pub purpose: StatusPurpose,
    /// Number of entries: a multiple of 8 from [`MIN_ENTRIES`] to [`MAX_LIST_ENTRIES`].
    pub entries: u64,
}

/// What changed in the lists, and a word that nothing else did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The issuer's period between status records in seconds; 0: changes are published at once.
    pub tick_s: u32,
    /// The lists that changed, in ascending order of their numbers. Empty: a heartbeat.
    pub lists: Vec<ListDelta>,
    /// [`super::lists_root`] over all lists after this record.
    pub lists_root: [u8; 32],
}

/// The change of one list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListDelta {
    /// The list's number.
    pub list: u32,
    /// The version that is changed.
    pub from: u64,
    /// The version after it.
    pub to: u64,
    /// Indexes that become set, strictly ascending; each was clear.
    pub set: Vec<u64>,
    /// Indexes that become clear, strictly ascending; each was set. Empty on a `revocation` list.
    pub clear: Vec<u64>,
    /// [`super::state_hash`] of the list at version `to`.
    pub state_hash: [u8; 32],
}

/// A list's whole state at this point of the log, by hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The list's number.
    pub list: u32,
    /// Its version here.
    pub version: u64,
    /// Its state hash here.
    pub state_hash: [u8; 32],
    /// SHA-256 of the blob that [`super::encode_snapshot`] writes.
    pub blob: [u8; 32],
    /// The blob's size in bytes, at most [`MAX_SNAPSHOT_BYTES`].
    pub bytes: u64,
}

impl Body {
    /// The type of a record with this body.
    pub fn record_type(&self) -> RecordType {
        match self {
            Self::Profile(_) => RecordType::Profile,
            Self::Achievement(_) => RecordType::Achievement,
            Self::ListCreate(_) => RecordType::ListCreate,
            Self::Status(_) => RecordType::Status,
            Self::Snapshot(_) => RecordType::Snapshot,
        }
    }

    /// Deterministic CBOR.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut to = Writer::new();
        match self {
            Self::Profile(profile) => {
                to.map(1).uint(0).bytes(&profile.json);
            }
            Self::Achievement(achievement) => {
                to.map(2).uint(0).bytes(&achievement.json).uint(1);
                match &achievement.image {
                    None => to.null(),
                    Some(image) => to.array(3).bytes(&image.sha256).uint(image.bytes).text(&image.media_type),
                };
            }
            Self::ListCreate(create) => {
                to.map(4).uint(0).uint(u64::from(create.list)).uint(1).text(&create.url);
                to.uint(2).text(create.purpose.as_str()).uint(3).uint(create.entries);
            }
            Self::Status(status) => status.write(&mut to),
            Self::Snapshot(snapshot) => {
                to.map(5).uint(0).uint(u64::from(snapshot.list)).uint(1).uint(snapshot.version);
                to.uint(2).bytes(&snapshot.state_hash).uint(3).bytes(&snapshot.blob);
                to.uint(4).uint(snapshot.bytes);
            }
        }
        to.into_bytes()
    }

    /// Reads and checks a body by itself (what depends on the log is checked by its reader).
    pub(super) fn decode(kind: RecordType, bytes: &[u8]) -> Result<Self, WireError> {
        limited(bytes, kind.max_body_bytes(), kind.name())?;
        let mut from = Reader::new(bytes, kind.name());
        let body = match kind {
            RecordType::Profile => {
                from.exact_map(1)?;
                Self::Profile(Profile::new(from.key(0)?.bytes()?.to_vec())?)
            }
            RecordType::Achievement => {
                from.exact_map(2)?;
                let json = from.key(0)?.bytes()?.to_vec();
                let image = from.key(1)?.nullable(Image::read)?;
                Self::Achievement(AchievementRecord::new(json, image)?)
            }
            RecordType::ListCreate => Self::ListCreate(ListCreate::read(&mut from)?),
            RecordType::Status => Self::Status(Status::read(&mut from)?),
            RecordType::Snapshot => Self::Snapshot(Snapshot::read(&mut from)?),
        };
        from.end()?;
        canonical(bytes, &body.encode(), kind.name())?;
        body.check()?;
        Ok(body)
    }

    /// The rules that need nothing but the body.
    pub(super) fn check(&self) -> Result<(), WireError> {
        match self {
            Self::Profile(_) | Self::Achievement(_) => Ok(()),
            Self::ListCreate(create) => create.check(),
            Self::Status(status) => status.check(),
            Self::Snapshot(snapshot) if snapshot.bytes > MAX_SNAPSHOT_BYTES as u64 => {
                Err(WireError::Rule { rule: "the snapshot's blob is larger than any that is held" })
            }
            Self::Snapshot(_) => Ok(()),
        }
    }
}

impl Profile {
    /// A profile of these JSON bytes: an object with an `id` (the issuer's DID; checked with the record) and
    /// a `name`.
    ///
    /// # Errors
    /// What isn't such an object.
    pub fn new(json: Vec<u8>) -> Result<Self, WireError> {
        let object = named_object(&json, "profile")?;
        Ok(Self { json, object })
    }

    /// The JSON as it was published.
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// The JSON, parsed.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// The `id`.
    pub fn id(&self) -> &str {
        member(&self.object, "id")
    }

    /// The issuer's own word for its name. It proves nothing.
    pub fn name(&self) -> &str {
        member(&self.object, "name")
    }

    /// The issuer's web address, if it gave one. It proves nothing.
    pub fn url(&self) -> Option<&str> {
        self.object.get("url").and_then(Value::as_str)
    }
}

impl AchievementRecord {
    /// An achievement of these JSON bytes: an object with an `id` and a `name`.
    ///
    /// # Errors
    /// What isn't such an object, or an image over the limit or of another type than those permitted.
    pub fn new(json: Vec<u8>, image: Option<Image>) -> Result<Self, WireError> {
        let object = named_object(&json, "achievement")?;
        if let Some(image) = &image {
            image.check()?;
        }
        Ok(Self { json, object, image })
    }

    /// The JSON as it was published.
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// The JSON, parsed.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// The achievement's `id`.
    pub fn id(&self) -> &str {
        member(&self.object, "id")
    }

    /// The achievement's `name`.
    pub fn name(&self) -> &str {
        member(&self.object, "name")
    }

    /// SHA-256 of the JSON bytes.
    pub fn content_hash(&self) -> [u8; 32] {
        super::sha256(&self.json)
    }

    /// Its image, if it has one.
    pub fn image(&self) -> Option<&Image> {
        self.image.as_ref()
    }
}

impl Image {
    fn read(from: &mut Reader<'_>) -> Result<Self, WireError> {
        from.exact_array(3)?;
        let image = Self { sha256: from.hash()?, bytes: from.uint()?, media_type: from.text(32)?.to_owned() };
        Ok(image)
    }

    fn check(&self) -> Result<(), WireError> {
        if self.bytes == 0 || self.bytes > MAX_IMAGE_BYTES as u64 {
            return Err(WireError::Rule { rule: "an image has 1 to 524,288 bytes" });
        }
        if !matches!(self.media_type.as_str(), "image/png" | "image/jpeg" | "image/webp") {
            return Err(WireError::Rule { rule: "an image is a PNG, JPEG or WebP" });
        }
        Ok(())
    }
}

impl ListCreate {
    fn read(from: &mut Reader<'_>) -> Result<Self, WireError> {
        from.exact_map(4)?;
        Ok(Self {
            list: from.key(0)?.u32()?,
            url: from.key(1)?.text(MAX_URL_BYTES)?.to_owned(),
            purpose: StatusPurpose::parse(from.key(2)?.text(32)?)
                .ok_or(WireError::Rule { rule: "a list is for revocation or suspension" })?,
            entries: from.key(3)?.uint()?,
        })
    }

    fn check(&self) -> Result<(), WireError> {
        if self.url.len() > MAX_URL_BYTES || oxiri::Iri::parse(self.url.as_str()).is_err() {
            return Err(WireError::Rule { rule: "a list's URL is an absolute URL of at most 1,024 bytes" });
        }
        let sizes = MIN_ENTRIES as u64..=MAX_LIST_ENTRIES;
        if !sizes.contains(&self.entries) || !self.entries.is_multiple_of(8) {
            return Err(WireError::Rule { rule: "a list has 131,072 to 8,388,608 entries, a multiple of 8" });
        }
        if self.list as usize >= MAX_LISTS {
            return Err(WireError::Rule { rule: "an issuer has at most 1,024 lists" });
        }
        Ok(())
    }
}

impl Status {
    fn write(&self, to: &mut Writer) {
        to.map(3).uint(0).uint(u64::from(self.tick_s)).uint(1).array(self.lists.len());
        for delta in &self.lists {
            to.array(6).uint(u64::from(delta.list)).uint(delta.from).uint(delta.to);
            rice::write(&delta.set, to);
            rice::write(&delta.clear, to);
            to.bytes(&delta.state_hash);
        }
        to.uint(2).bytes(&self.lists_root);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, WireError> {
        from.exact_map(3)?;
        let tick_s = from.key(0)?.u32()?;
        let count = from.key(1)?.array(MAX_LISTS)?;
        let mut lists = Vec::new();
        for _ in 0..count {
            from.exact_array(6)?;
            lists.push(ListDelta {
                list: from.u32()?,
                from: from.uint()?,
                to: from.uint()?,
                set: rice::read(from, MAX_LIST_ENTRIES)?,
                clear: rice::read(from, MAX_LIST_ENTRIES)?,
                state_hash: from.hash()?,
            });
        }
        Ok(Self { tick_s, lists, lists_root: from.key(2)?.hash()? })
    }

    fn check(&self) -> Result<(), WireError> {
        if self.tick_s > MAX_TICK_S {
            return Err(WireError::Rule { rule: "the tick is at most a day" });
        }
        if !self.lists.is_sorted_by(|a, b| a.list < b.list) {
            return Err(WireError::Rule { rule: "the lists stand in ascending order, each once" });
        }
        if self.lists.iter().any(|delta| delta.to <= delta.from) {
            return Err(WireError::Rule { rule: "a delta leads to a later version" });
        }
        if self.lists.iter().any(|delta| delta.set.is_empty() && delta.clear.is_empty()) {
            return Err(WireError::Rule { rule: "a delta changes something" });
        }
        Ok(())
    }
}

impl Snapshot {
    fn read(from: &mut Reader<'_>) -> Result<Self, WireError> {
        from.exact_map(5)?;
        Ok(Self {
            list: from.key(0)?.u32()?,
            version: from.key(1)?.uint()?,
            state_hash: from.key(2)?.hash()?,
            blob: from.key(3)?.hash()?,
            bytes: from.key(4)?.uint()?,
        })
    }
}

fn named_object(bytes: &[u8], what: &'static str) -> Result<Object, WireError> {
    let Ok(Value::Object(object)) = json::parse(bytes) else {
        return Err(WireError::Malformed { what });
    };
    if member(&object, "id").is_empty() || member(&object, "name").is_empty() {
        return Err(WireError::Rule { rule: "a profile or achievement has an id and a name" });
    }
    Ok(object)
}

fn member<'o>(object: &'o Object, key: &str) -> &'o str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(body: &Body) -> Result<Body, WireError> {
        Body::decode(body.record_type(), &body.encode())
    }

    #[test]
    fn json_bodies_are_objects_with_id_and_name() {
        for json in [
            "",
            "[]",
            "{}",
            r#"{"id":"a"}"#,
            r#"{"name":"a"}"#,
            r#"{"id":"","name":"a"}"#,
            r#"{"id":1,"name":"a"}"#,
            r#"{"id":"a","name":"a","name":"b"}"#,
        ] {
            assert!(Profile::new(json.into()).is_err(), "{json}");
            assert!(AchievementRecord::new(json.into(), None).is_err(), "{json}");
        }
        let json = format!(r#"{{"id":"a","name":"{}"}}"#, "x".repeat(MAX_PROFILE_BYTES));
        let body = Body::Profile(Profile::new(json.into()).expect("an object"));
        assert!(matches!(decode(&body), Err(WireError::TooLarge { what: "profile", .. })));
    }

    #[test]
    fn images_are_small_and_of_three_types() {
        let json = br#"{"id":"a","name":"b"}"#;
        let image =
            |bytes, media_type: &str| Image { sha256: [1; 32], bytes, media_type: media_type.to_owned() };
        let good = AchievementRecord::new(json.to_vec(), Some(image(9, "image/png"))).expect("good");
        assert_eq!(decode(&Body::Achievement(good.clone())), Ok(Body::Achievement(good)));
        for bad in [
            image(0, "image/png"),
            image(MAX_IMAGE_BYTES as u64 + 1, "image/png"),
            image(9, "image/svg+xml"),
            image(9, "IMAGE/PNG"),
        ] {
            assert!(AchievementRecord::new(json.to_vec(), Some(bad)).is_err());
        }
    }

    #[test]
    fn a_status_body_is_ordered_and_changes_something() {
        let delta =
            |list| ListDelta { list, from: 1, to: 2, set: vec![1], clear: vec![], state_hash: [0; 32] };
        let status = |lists| Body::Status(Status { tick_s: 60, lists, lists_root: [0; 32] });
        let good = status(vec![delta(1), delta(2)]);
        assert_eq!(decode(&good), Ok(good));
        for lists in [
            vec![delta(2), delta(1)],
            vec![delta(1), delta(1)],
            vec![ListDelta { set: vec![], ..delta(1) }],
            vec![ListDelta { to: 1, ..delta(1) }],
            vec![ListDelta { to: 0, ..delta(1) }],
            vec![ListDelta { set: vec![MAX_LIST_ENTRIES], ..delta(1) }],
        ] {
            assert!(decode(&status(lists.clone())).is_err(), "{lists:?}");
        }
        let snapshot = Snapshot { list: 0, version: 1, state_hash: [0; 32], blob: [0; 32], bytes: 1 << 22 };
        assert!(decode(&Body::Snapshot(snapshot)).is_err());
    }
}
