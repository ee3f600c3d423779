//! The flags that every key of the configuration has. A subcommand that needs the configuration flattens [`Settings`]
//! into its arguments and calls [`Settings::load`].

use super::{EXIT_USAGE, failure};
use crate::config::{ConfigErrors, Effective, KEYS, Key, Kind, Origin, Sources};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use std::path::PathBuf;
use std::process::ExitCode;

/// What was said by flags.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    file: Option<PathBuf>,
    flags: Vec<(&'static str, String)>,
}

impl Settings {
    /// The configuration of file, environment and flags.
    ///
    /// # Errors
    /// The exit code; all that is wrong was said on standard error.
    pub(crate) fn load(self) -> Result<Effective, ExitCode> {
        self.read().map_err(|errors| {
            let by_flag = errors.0.iter().any(|error| matches!(error.origin, Some(Origin::Flag { .. })));
            let code = failure(&errors.to_string());
            if by_flag { ExitCode::from(EXIT_USAGE) } else { code }
        })
    }

    /// The same without saying anything.
    ///
    /// # Errors
    /// All that is wrong.
    pub(super) fn read(self) -> Result<Effective, ConfigErrors> {
        let is_text = |(name, text): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, text.to_string_lossy().into_owned()))
        };
        let environment = std::env::vars_os().filter_map(is_text).collect();
        Sources { file: self.file, environment, flags: self.flags }.load()
    }
}

impl Args for Settings {
    fn augment_args(command: Command) -> Command {
        let file = Arg::new("config")
            .long("config")
            .value_name("FILE")
            .env("ACCOLADE_CONFIG")
            .value_parser(clap::value_parser!(PathBuf))
            .help_heading("Settings")
            .help("A TOML file with the configuration; flags and the environment win over it");
        command.arg(file).args(KEYS.iter().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

fn flag(key: &'static Key) -> Arg {
    let flag = Arg::new(key.name).long(key.flag()).help_heading("Settings").help(key.meaning());
    let flag = match key.flag_alias() {
        Some(alias) => flag.visible_alias(alias),
        None => flag,
    };
    match &key.kind {
        Kind::Switch => {
            flag.value_name("BOOL").num_args(0..=1).require_equals(true).default_missing_value("true")
        }
        Kind::List => flag.value_name("LIST").action(ArgAction::Append),
        Kind::Text => flag.value_name("TEXT"),
        Kind::Url => flag.value_name("URL"),
        Kind::Path => flag.value_name("PATH"),
        Kind::Address => flag.value_name("ADDRESS"),
        Kind::Number(unit) => flag.value_name(unit.replace(' ', "-").to_uppercase()),
        Kind::Choice(choices) => flag.value_name(choices.join("|")),
    }
}

impl FromArgMatches for Settings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |key: &'static Key| {
            let texts: Vec<String> = matches.get_many::<String>(key.name)?.cloned().collect();
            Some((key.name, texts.join(",")))
        };
        let file = matches.get_one::<PathBuf>("config").cloned();
        Ok(Self { file, flags: KEYS.iter().filter_map(given).collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
