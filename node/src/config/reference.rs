//! The keys as a person reads them: the effective configuration, an example file, the table of the manual.

use super::{Config, Effective, KEYS, Key};
use serde_json::Value;

impl Effective {
    /// The configuration as TOML, each value with where it came from. No value is a secret: secrets stand in files.
    pub fn to_toml(&self) -> String {
        let values = values(&self.config);
        let lines = KEYS.iter().map(|key| match value_of(&values, key) {
            Some(value) => format!("{} = {value} # {}\n", key.name, self.origin(key.name)),
            None => format!("# {} is not set\n", key.name),
        });
        lines.collect()
    }
}

/// A file that sets nothing, with every key, its meaning and its default.
pub fn example() -> String {
    let defaults = values(&Config::default());
    let mut text = "# The configuration of accolade-node. What is commented out shows the default.\n\
        # The environment (ACCOLADE_NAME for name, and so on) wins over this file, and flags win over both.\n"
        .to_owned();
    for key in KEYS {
        text.push('\n');
        for line in wrapped(key.meaning()) {
            text.push_str(&format!("# {line}\n"));
        }
        text.push_str(&match value_of(&defaults, key) {
            Some(value) => format!("# Unit: {}\n# {} = {value}\n", key.unit(), key.name),
            None => format!("# Unit: {}; not set by default\n# {} = \"\"\n", key.unit(), key.name),
        });
    }
    text
}

/// The table of the manual, in Markdown.
pub fn reference() -> String {
    let defaults = values(&Config::default());
    let mut text =
        "| key | environment | flag | unit | default | meaning |\n|---|---|---|---|---|---|\n".to_owned();
    for key in KEYS {
        let default =
            value_of(&defaults, key).map_or_else(|| "none".to_owned(), |value| format!("`{value}`"));
        text.push_str(&format!(
            "| `{}` | `{}` | `--{}` | {} | {default} | {} |\n",
            key.name,
            key.variable(),
            key.flag(),
            key.unit(),
            key.meaning()
        ));
    }
    text
}

/// Strings, numbers, switches and lists of strings are written alike in JSON and in TOML.
fn values(config: &Config) -> Value {
    // A path that isn't UTF-8 could fail here, but every source gives text.
    serde_json::to_value(config).unwrap_or_default()
}

fn value_of<'a>(values: &'a Value, key: &Key) -> Option<&'a Value> {
    values.get(key.name).filter(|value| !value.is_null())
}

/// The text in lines of at most 100 characters.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().filter(|line| line.len() + word.len() < 100);
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => line.extend([" ", word]),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}
