//! Puts the sources together: default, then file, then environment, then flags; a later one replaces an earlier one.

use super::key::nearest;
use super::{Config, ConfigError, ConfigErrors, KEYS, Key, Kind, environment};
use serde::Deserialize as _;
use serde_json::{Map, Value};
use std::fmt;
use std::path::{Path, PathBuf};
use toml::de::DeTable;

/// Largest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 256 * 1024;

/// What the configuration is made from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A TOML file.
    pub file: Option<PathBuf>,
    /// Variables of the environment; those that don't begin with `ACCOLADE_` are passed over.
    pub environment: Vec<(String, String)>,
    /// Keys with what their flags say, a list separated by commas.
    pub flags: Vec<(&'static str, String)>,
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1; none if it is about the whole file.
        line: Option<usize>,
    },
    /// A variable of the environment.
    Environment {
        /// Its name.
        variable: String,
    },
    /// A flag.
    Flag {
        /// Its name, with the dashes.
        flag: String,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line: None } => write!(f, "{}", path.display()),
            Self::File { path, line: Some(line) } => write!(f, "{}, line {line}", path.display()),
            Self::Environment { variable } => f.write_str(variable),
            Self::Flag { flag } => f.write_str(flag),
        }
    }
}

/// The configuration that results, and where each value came from.
#[derive(Clone, Debug)]
pub struct Effective {
    /// The configuration.
    pub config: Config,
    origins: Vec<(&'static str, Origin)>,
}

/// A value that a source gives.
pub(super) struct Given {
    pub(super) key: &'static Key,
    pub(super) value: Value,
    pub(super) origin: Origin,
}

impl Sources {
    /// The configuration of these sources.
    ///
    /// # Errors
    /// All that is wrong: a file that can't be read, unknown keys and variables, values that make no sense.
    pub fn load(&self) -> Result<Effective, ConfigErrors> {
        let (mut given, mut errors) = match &self.file {
            Some(path) => file(path),
            None => (Vec::new(), Vec::new()),
        };
        let (of_environment, unknown) = environment::read(&self.environment);
        given.extend(of_environment);
        errors.extend(unknown);
        given.extend(self.flags.iter().filter_map(|(name, text)| {
            let key = KEYS.iter().find(|key| key.name == *name)?;
            let origin = Origin::Flag { flag: format!("--{}", key.flag()) };
            Some(Given { key, value: key.read(text), origin })
        }));

        let (mut merged, mut origins) = (Map::new(), Vec::new());
        for Given { key, value, origin } in given {
            if let Err(error) = try_alone(key, &value, &origin) {
                errors.push(error);
                continue;
            }
            merged.insert(key.name.to_owned(), value);
            origins.retain(|(name, _)| *name != key.name);
            origins.push((key.name, origin));
        }
        // Each value was read alone, so all are read together.
        let config = Config::deserialize(Value::Object(merged)).unwrap_or_default();
        let origin_of = |name| origins.iter().find(|(key, _)| *key == name).map(|(_, origin)| origin.clone());
        errors.extend(
            config
                .faults()
                .into_iter()
                .map(|fault| ConfigError { origin: fault.key.and_then(origin_of), ..fault }),
        );
        if errors.is_empty() { Ok(Effective { config, origins }) } else { Err(ConfigErrors(errors)) }
    }
}

impl Effective {
    /// Where the value of a key came from.
    pub fn origin(&self, key: &str) -> Origin {
        let found = self.origins.iter().find(|(name, _)| *name == key);
        found.map_or(Origin::Default, |(_, origin)| origin.clone())
    }
}

/// Whether the value is one of this key.
fn try_alone(key: &'static Key, value: &Value, origin: &Origin) -> Result<(), ConfigError> {
    let alone = Map::from_iter([(key.name.to_owned(), value.clone())]);
    match Config::deserialize(Value::Object(alone)) {
        Ok(_) => Ok(()),
        Err(error) => {
            let shown: String = value.to_string().chars().take(100).collect();
            let message = match key.kind {
                Kind::Url if value.is_string() => error.to_string(),
                _ => format!("`{}` is {shown}, which is not {}", key.name, key.expected()),
            };
            Err(ConfigError { key: Some(key.name), origin: Some(origin.clone()), message })
        }
    }
}

/// The values of a file.
fn file(path: &Path) -> (Vec<Given>, Vec<ConfigError>) {
    let origin = |line| Some(Origin::File { path: path.to_owned(), line });
    let failed =
        |line, message: String| (Vec::new(), vec![ConfigError { key: None, origin: origin(line), message }]);
    let text = match read(path) {
        Ok(text) => text,
        Err(error) => return failed(None, format!("the file can't be read: {error}")),
    };
    let line_of = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
    let (table, values) = match (DeTable::parse(&text), toml::from_str::<Map<String, Value>>(&text)) {
        (Ok(table), Ok(values)) => (table, values),
        (Err(error), _) | (_, Err(error)) => {
            let line = error.span().map(|span| line_of(span.start));
            return failed(line, format!("this is not TOML: {}", error.message()));
        }
    };
    let (mut given, mut errors) = (Vec::new(), Vec::new());
    for name in table.get_ref().keys() {
        let line = Some(line_of(name.span().start));
        let text: &str = name.get_ref();
        match (KEYS.iter().find(|key| key.name == text), values.get(text)) {
            (Some(key), Some(value)) => {
                let origin = Origin::File { path: path.to_owned(), line };
                given.push(Given { key, value: value.clone(), origin });
            }
            _ => {
                let hint = match nearest(text, KEYS.iter().map(|key| key.name)) {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "`accolade-node config example` shows all keys".to_owned(),
                };
                let message = format!("there is no key `{text}`; {hint}");
                errors.push(ConfigError { key: None, origin: origin(line), message });
            }
        }
    }
    (given, errors)
}

fn read(path: &Path) -> std::io::Result<String> {
    let size = std::fs::metadata(path)?.len();
    if size > MAX_FILE_BYTES {
        return Err(std::io::Error::other(format!("it has {size} bytes, the limit is {MAX_FILE_BYTES}")));
    }
    std::fs::read_to_string(path)
}
