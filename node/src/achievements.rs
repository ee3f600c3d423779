//! The verbs on achievements: what badges stand for.

use crate::error::{ErrorKind, NodeError};
use crate::images;
use crate::ledger::{Achievement as Stored, Image, NewAchievement};
use crate::node::Node;
use crate::publisher::Effects;
use accolade_core::credential::achievement::Achievement;
use accolade_core::json::{self, Object};
use accolade_core::record::{self, AchievementRecord};
use accolade_core::time::Timestamp;
use serde::Serialize;

/// Achievements of one page at most.
pub const MAX_PAGE: u32 = 100;

/// An achievement as the API shows it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AchievementView {
    /// Its id, under the issuer's DID; changes with the content.
    pub id: String,
    /// The achievement itself (Open Badges 3.0, `Achievement`).
    #[schema(value_type = Object)]
    pub achievement: json::Value,
    /// Whether it was published; only then can it be awarded, and it never changes again.
    pub published: bool,
    /// When it was made (RFC 3339).
    pub created: String,
    /// SHA-256 of its image in hexadecimal, if it has one in this node.
    pub image: Option<String>,
}

/// One page of a list, newest first.
#[derive(Clone, Debug, Serialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}

/// Makes a draft. The same content again gives the same achievement.
///
/// # Errors
/// Content that breaks a rule of Open Badges 3.0, an embedded image that can't be taken, a ledger that can't store it.
pub async fn create(node: &Node, mut content: Object, now: Timestamp) -> Result<AchievementView, NodeError> {
    let image = images::take_embedded(&mut content, node.base_url())?;
    let achievement = Achievement::of_issuer(node.did(), content)?;
    let id = achievement.id().to_owned();
    let object = json::Value::from(achievement.into_object()).to_string().into_bytes();
    let image = image.map(|bytes| Image { bytes });
    node.ledger().put_achievement(NewAchievement { id: id.clone(), object, image }, now).await?;
    get(node, &id).await
}

/// Publishes an achievement: peers hold it from then on, and it can be awarded. Again is fine.
///
/// # Errors
/// No such achievement, one that is too large for a record, a ledger that can't store it.
pub async fn publish(node: &Node, id: &str, now: Timestamp) -> Result<AchievementView, NodeError> {
    let stored = stored(node, id).await?;
    if stored.published_at.is_none() {
        node.publisher().level().allow()?;
        let image_bytes = match stored.image_sha256 {
            Some(sha256) => node.ledger().blob(&sha256).await?,
            None => None,
        };
        let image = match (&stored.image_sha256, &image_bytes) {
            (Some(sha256), Some(bytes)) => Some(record::Image {
                sha256: *sha256,
                bytes: bytes.len() as u64,
                // Only what has such a type is ever taken.
                media_type: images::image_type(bytes).unwrap_or("image/png").to_owned(),
            }),
            _ => None,
        };
        let effects = Effects { achievements_published: vec![id.to_owned()], ..Effects::default() };
        let object = stored.object;
        node.publisher()
            .publish(effects, now, move |log, key| {
                let body = AchievementRecord::new(object, image)?;
                Ok(vec![(log.achievement(body, key, now)?, image_bytes)])
            })
            .await?;
    }
    get(node, id).await
}

/// An achievement of this node.
///
/// # Errors
/// There is none of this id.
pub async fn get(node: &Node, id: &str) -> Result<AchievementView, NodeError> {
    view(stored(node, id).await?)
}

/// A page of achievements, newest first; `cursor` is the `next` of the page before, `published_only` leaves the
/// drafts out.
///
/// # Errors
/// A cursor that isn't one.
pub async fn list(
    node: &Node,
    cursor: Option<&str>,
    limit: u32,
    published_only: bool,
) -> Result<Page<AchievementView>, NodeError> {
    let limit = limit.clamp(1, MAX_PAGE);
    let found = node.ledger().achievements(read_cursor(cursor)?, limit, published_only).await?;
    let next = next_cursor(found.len(), limit, found.last().map(|last| last.number));
    let items = found.into_iter().map(view).collect::<Result<_, _>>()?;
    Ok(Page { items, next })
}

pub(crate) async fn stored(node: &Node, id: &str) -> Result<Stored, NodeError> {
    node.ledger().achievement(id).await?.ok_or_else(|| {
        let message = format!("There is no achievement “{}” here.", id.chars().take(100).collect::<String>());
        NodeError::new(
            ErrorKind::NotFound,
            "no_such_achievement",
            message,
            "GET /v1/achievements lists them.",
        )
    })
}

pub(crate) fn read_cursor(cursor: Option<&str>) -> Result<Option<i64>, NodeError> {
    let Some(text) = cursor else { return Ok(None) };
    let wrong = |_| {
        let hint = "Use the `next` of the page before, or leave it out.";
        NodeError::new(ErrorKind::Invalid, "bad_cursor", "The cursor is not one of this list.", hint)
    };
    text.parse().map(Some).map_err(wrong)
}

pub(crate) fn next_cursor(found: usize, limit: u32, last: Option<i64>) -> Option<String> {
    (found == limit as usize).then(|| last.map(|number| number.to_string())).flatten()
}

fn view(stored: Stored) -> Result<AchievementView, NodeError> {
    let achievement = json::parse(&stored.object).map_err(|error| {
        let message = format!("The stored achievement can't be read: {error}");
        NodeError::damaged("achievement_damaged", message)
    })?;
    Ok(AchievementView {
        id: stored.id,
        achievement,
        published: stored.published_at.is_some(),
        created: stored.created_at.to_string(),
        image: stored.image_sha256.map(|sha256| images::hex(&sha256)),
    })
}
