//! `accolade completions` and `accolade man`: what shells and manuals need to know of the command line.

use crate::error::CliError;
use crate::{Globals, files, output};
use clap_complete::Shell;
use clap_mangen::Man;
use serde_json::json;
use std::path::PathBuf;

const PROGRAM: &str = "accolade";

#[derive(clap::Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

#[derive(clap::Args)]
pub(crate) struct Manual {
    /// A folder for one page a command (accolade.1, accolade-issue.1, …); without it the main page goes to standard output
    #[arg(long, short, value_name = "FOLDER")]
    out: Option<PathBuf>,
}

/// Prints the script by which a shell completes our command lines.
pub(crate) fn completions(args: &Completions, globals: &Globals) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::command(), PROGRAM, &mut script);
    let script = String::from_utf8_lossy(&script);
    if globals.json {
        return output::json(&json!({"shell": args.shell.to_string(), "script": script}));
    }
    output::line(script.trim_end())
}

/// Prints the manual's main page, or writes all pages into a folder.
pub(crate) fn manual(args: &Manual, globals: &Globals) -> Result<(), CliError> {
    let mut pages = Vec::new();
    // `accolade help` says nothing that a page should say again.
    let mut command = crate::command().disable_help_subcommand(true);
    command.build();
    render(&command, PROGRAM, &mut pages)?;
    let Some(folder) = &args.out else {
        let page = pages.swap_remove(0).1.trim_end().to_owned();
        return if globals.json {
            output::json(&json!({"page": page}))
        } else {
            output::line(page.trim_end())
        };
    };
    std::fs::create_dir_all(folder)
        .map_err(|source| CliError::Write { path: files::shown(folder), source })?;
    let mut written = Vec::new();
    for (name, page) in &pages {
        let path = folder.join(format!("{name}.1"));
        files::write_bytes(&path, page.as_bytes())?;
        written.push(files::shown(&path));
    }
    match globals.json {
        true => output::json(&json!({"files": written})),
        false => output::line(&format!("{} pages are in {}", written.len(), files::shown(folder))),
    }
}

/// The page of `command` and those of all below it, each with its name.
fn render(command: &clap::Command, name: &str, pages: &mut Vec<(String, String)>) -> Result<(), CliError> {
    let mut page = Vec::new();
    Man::new(command.clone()).title(name).render(&mut page)?;
    pages.push((name.to_owned(), String::from_utf8_lossy(&page).into_owned()));
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        render(below, &format!("{name}-{}", below.get_name()), pages)?;
    }
    Ok(())
}
