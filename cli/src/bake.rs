//! `accolade bake` and `accolade extract`: a badge into a picture, and out of one.

use crate::Globals;
use crate::error::CliError;
use crate::{files, output};
use accolade_core::bake::{self, Extracted, Form, Format, ImageKind, MAX_IMAGE_BYTES};
use accolade_core::credential::Credential;
use serde_json::{Value, json};
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub(crate) struct BakeArgs {
    /// The signed badge: JSON, a compact JWS, or a picture that holds it; `-` for standard input
    #[arg(value_name = "BADGE")]
    badge: PathBuf,
    /// The picture, a PNG or SVG of at most 10 MiB; a badge that is in it is replaced
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    /// Where the picture with the badge goes; `-` for standard output
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(clap::Args)]
pub(crate) struct ExtractArgs {
    /// The picture, a PNG or SVG of at most 10 MiB; `-` for standard input
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    /// Where the badge goes; without it to standard output
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Puts a signed badge into a picture.
pub(crate) fn bake(args: &BakeArgs, globals: &Globals) -> Result<(), CliError> {
    let to_stdout = is_dash(&args.out);
    if is_dash(&args.badge) && is_dash(&args.image) {
        return Err(CliError::usage("standard input can't be both the badge and the picture"));
    }
    if to_stdout && (globals.json || io::stdout().is_terminal()) {
        return Err(CliError::Usage {
            message: "the picture can't go to a terminal, nor beside --json".to_owned(),
            hint: Some("name a file with --out"),
        });
    }
    let badge = files::read_badge(&args.badge)?;
    check_badge(&args.badge, &badge)?;
    let image = files::read(&args.image, MAX_IMAGE_BYTES)?;
    let fails = |error| CliError::Bake { path: files::shown(&args.image), error };
    let baked = bake::bake(&image, &badge).map_err(fails)?;
    let kind = ImageKind::of(&baked).map_or("", ImageKind::as_str);
    files::write_bytes(&args.out, &baked)?;
    let out = files::shown(&args.out);
    match (globals.json, to_stdout) {
        (true, _) => {
            output::json(&json!({"out": out, "kind": kind.to_ascii_lowercase(), "bytes": baked.len()}))
        }
        (false, true) => Ok(()),
        (false, false) => output::line(&format!("{}: {kind} with the badge in it", output::plain(&out))),
    }
}

/// Takes a badge out of a picture. It isn't checked.
pub(crate) fn extract(args: &ExtractArgs, globals: &Globals) -> Result<(), CliError> {
    let image = files::read(&args.image, MAX_IMAGE_BYTES)?;
    let fails = |error| CliError::Bake { path: files::shown(&args.image), error };
    let found = bake::extract(&image).map_err(fails)?;
    let out = args.out.as_deref().filter(|out| !is_dash(out));
    if let Some(out) = out {
        files::write_bytes(out, found.text.as_bytes())?;
    }
    match (globals.json, out) {
        (true, out) => output::json(&as_json(&found, out)),
        (false, Some(out)) => {
            let out = files::shown(out);
            output::line(&format!("{}: {}, not checked yet", output::plain(&out), in_words(&found)))
        }
        (false, None) if io::stdout().is_terminal() => output::line(&output::plain(&found.text)),
        (false, None) => output::line(found.text.trim_end()),
    }
}

fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Refuses what isn't a badge that somebody signed: nobody could check it.
fn check_badge(path: &Path, badge: &[u8]) -> Result<(), CliError> {
    if !badge.trim_ascii_start().starts_with(b"{") {
        return Ok(()); // A JWS, or what baking refuses.
    }
    let wrong = |message: String| CliError::Content {
        path: files::shown(path),
        message,
        hint: "give the signed badge as it was issued",
    };
    let credential = Credential::parse(badge).map_err(|error| wrong(error.to_string()))?;
    if credential.proofs().is_empty() {
        return Err(wrong("nobody signed this badge".to_owned()));
    }
    Ok(())
}

fn as_json(found: &Extracted, out: Option<&Path>) -> Value {
    let mut answer = json!({"kind": found.kind, "format": found.format, "form": found.form});
    match out {
        Some(out) => answer["out"] = json!(files::shown(out)),
        None => answer["badge"] = serde_json::from_str(&found.text).unwrap_or_else(|_| json!(found.text)),
    }
    answer
}

fn in_words(found: &Extracted) -> String {
    let form = match found.form {
        Form::Json => "a badge in JSON",
        Form::Jws => "a badge as a signed token (JWS)",
        Form::Url => "the address of a badge",
    };
    let format = match found.format {
        Format::Ob3 => "3.0",
        Format::Ob2 => "2.0",
    };
    format!("{form}, from the {}'s place for Open Badges {format}", found.kind.as_str())
}
