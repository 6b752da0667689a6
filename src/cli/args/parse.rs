//! From the words of the command line to its arguments.

use std::env;
use std::path::{Component, Path, PathBuf};

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};

use super::Args;
use crate::ui::Failure;

/// Reads the command line. Help and the version are printed, and end the program.
pub(crate) fn parse() -> Result<Args, Failure> {
    let parsed = Args::command().try_get_matches().and_then(|matches| {
        let args = Args::from_arg_matches(&matches)?;
        Ok((matches, args))
    });
    match parsed {
        Ok((matches, args)) => refuse_tilde(&matches).map(|()| args),
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => Err(Failure::Arguments(error)),
    }
}

/// Tells whether the command line asks for JSON, also where the rest of it cannot be understood.
pub(crate) fn ask_for_json() -> bool {
    env::args_os().skip(1).take_while(|word| word != "--").any(|word| word == "--json")
}

/// Refuses a `~` in front of any path. The shell replaces it where it stands alone or before `/` at the beginning of a word,
/// as it does not in `--output=~/ca.pem`: a folder of that name would be made, and no client would look there.
fn refuse_tilde(matches: &ArgMatches) -> Result<(), Failure> {
    for id in matches.ids() {
        let paths = matches.try_get_many::<PathBuf>(id.as_str()).ok().flatten().into_iter().flatten().cloned();
        let texts = matches.try_get_many::<String>(id.as_str()).ok().flatten().into_iter().flatten().map(PathBuf::from);
        if let Some(path) = paths.chain(texts).find(|path| begins_with_tilde(path)) {
            let rest: PathBuf = path.components().skip(1).collect();
            return Err(Failure::Usage {
                message: format!("`{}` begins with `~`, which was not replaced by a home folder", path.display()),
                hint: format!(
                    "a shell does that at the beginning of a word only: `\"$HOME\"/{}`; a folder of that name is `./~`",
                    rest.display()
                ),
            });
        }
    }
    matches.subcommand().map_or(Ok(()), |(_, matches)| refuse_tilde(matches))
}

fn begins_with_tilde(path: &Path) -> bool {
    let mut parts = path.components().map(Component::as_os_str);
    let first = parts.next().unwrap_or_default().to_string_lossy();
    first == "~" || first.starts_with('~') && parts.next().is_some()
}
