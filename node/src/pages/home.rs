//! The start page: what this node is.

use super::badge::own_image;
use super::text::{line, text_of};
use accolade_core::json::Object;
use askama::Template;

/// The page `/`.
#[derive(Template)]
#[template(path = "home.html")]
pub(crate) struct HomePage {
    /// The organization's name.
    pub(crate) node_name: String,
    /// Where the node is reached.
    pub(crate) base_url: String,
    /// The path of that address, before every link.
    pub(crate) root: String,
    /// The node's DID.
    pub(crate) did: String,
    /// How many peers are connected.
    pub(crate) peers: usize,
    /// Of how many issuers records are held.
    pub(crate) issuers: usize,
    /// The program's version.
    pub(crate) version: &'static str,
    /// What is published here, newest first.
    pub(crate) achievements: Vec<AchievementCard>,
    /// Whether there are more than shown.
    pub(crate) more: bool,
}

/// One achievement of the list.
pub(crate) struct AchievementCard {
    name: String,
    description: Option<String>,
    image: Option<String>,
}

impl AchievementCard {
    /// From the achievement's object; `base_url` is this node's, whose images may be shown.
    pub(crate) fn new(achievement: &Object, base_url: &str) -> Self {
        let image = achievement.get("image");
        let url = image.and_then(|image| image.as_str().or_else(|| image.get("id")?.as_str()));
        Self {
            name: text_of(achievement, "name").and_then(line).unwrap_or_else(|| "Achievement".to_owned()),
            description: text_of(achievement, "description").and_then(line),
            image: url.and_then(|url| own_image(url, base_url)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(json: &str) -> AchievementCard {
        let value = accolade_core::json::parse(json.as_bytes()).expect("reads");
        AchievementCard::new(value.as_object().expect("object"), "http://node.example")
    }

    fn page(achievements: Vec<AchievementCard>) -> String {
        let page = HomePage {
            node_name: "<b>Lake</b> & Co".to_owned(),
            base_url: "http://node.example".to_owned(),
            root: String::new(),
            did: "did:key:z6Mk".to_owned(),
            peers: 2,
            issuers: 3,
            version: "0.1.0",
            achievements,
            more: true,
        };
        page.render().expect("renders")
    }

    #[test]
    fn shows_what_the_node_is() {
        let html = page(vec![card(r#"{"name":"First aid","description":"Knows what to do."}"#)]);
        for part in [
            "First aid",
            "Knows what to do.",
            "did:key:z6Mk",
            "http://node.example/v1/verify",
            "<html lang=\"en\">",
            "All achievements",
        ] {
            assert!(html.contains(part), "{part}");
        }
        assert!(page(Vec::new()).contains("Nothing is published here yet."));
    }

    #[test]
    fn hostile_names_stay_text() {
        let html = page(vec![card(
            r#"{"name":"<script>alert(1)</script>","description":"\"><img src=x onerror=alert(1)>","image":{"id":"javascript:alert(1)"}}"#,
        )]);
        assert!(
            !html.contains("<script")
                && !html.contains("<img")
                && !html.contains("<b>Lake")
                && !html.contains("javascript:"),
            "{html}"
        );
        assert!(html.contains("&#60;script&#62;"));
    }

    #[test]
    fn an_achievement_without_anything_is_still_a_card() {
        let html = page(vec![card("{}"), card(r#"{"name":5,"image":[]}"#)]);
        assert_eq!(html.matches("<h3>").count(), 2);
    }
}
