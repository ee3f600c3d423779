//! The configuration in the environment: `ACCOLADE_<KEY>`.

use super::key::nearest;
use super::load::{Given, Origin};
use super::{ConfigError, KEYS};

/// How the variables of this program begin.
const PREFIX: &str = "ACCOLADE_";
/// Variables that begin like ours and are no keys: of the commands, of the file's name, of the tests.
pub const OTHER_VARIABLES: &[&str] = &[
    "ACCOLADE_BACKUP_PASSPHRASE_FILE",
    "ACCOLADE_CA_FILE",
    "ACCOLADE_CONFIG",
    "ACCOLADE_NODE",
    "ACCOLADE_TOKEN",
    "ACCOLADE_TOKEN_FILE",
    "ACCOLADE_VECTORS",
    "ACCOLADE_WRITE_DOCS",
    "ACCOLADE_WRITE_VECTORS",
];
/// What container orchestrators set for a service that is called “accolade” or “accolade-node”.
const OF_ORCHESTRATORS: &[&str] =
    &["ACCOLADE_SERVICE_", "ACCOLADE_PORT", "ACCOLADE_NODE_SERVICE_", "ACCOLADE_NODE_PORT"];

/// Reads the variables; an empty one counts as not set.
pub(super) fn read(variables: &[(String, String)]) -> (Vec<Given>, Vec<ConfigError>) {
    let (mut given, mut errors) = (Vec::new(), Vec::new());
    for (name, text) in variables {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let origin = Origin::Environment { variable: name.clone() };
        if let Some(key) = KEYS.iter().find(|key| key.variable() == *name) {
            if !text.is_empty() {
                given.push(Given { key, value: key.read(text), origin });
            }
        } else if !is_known(name) {
            let without_prefix = |name: &'static str| name.strip_prefix(PREFIX).unwrap_or(name);
            let known =
                KEYS.iter().map(|key| key.name).chain(OTHER_VARIABLES.iter().copied().map(without_prefix));
            let message = match nearest(&rest.to_ascii_lowercase(), known) {
                Some(meant) => {
                    format!("there is no such setting; did you mean {PREFIX}{}?", meant.to_ascii_uppercase())
                }
                None => "there is no such setting; take it out of the environment".to_owned(),
            };
            errors.push(ConfigError { key: None, origin: Some(origin), message });
        }
    }
    (given, errors)
}

fn is_known(name: &str) -> bool {
    OTHER_VARIABLES.contains(&name) || OF_ORCHESTRATORS.iter().any(|start| name.starts_with(start))
}
