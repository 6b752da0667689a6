//! The world, read once: environment, clock, folders.
#![expect(clippy::disallowed_methods, reason = "the one place that reads the environment and the clock")]

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use pgtrust::{Environment, Machine, User, owner_of};
use time::OffsetDateTime;

use super::args::Args;
use super::ui::{self, Failure};
use super::{enforcement, hint, interrupt};

/// Makes the machine that commands run on, from the command line and the environment.
pub(crate) fn machine(args: &Args) -> Machine<'static> {
    let environment = if args.root.is_some() { Environment::default() } else { environment() };
    let mut machine = Machine::new(environment, &|| OffsetDateTime::from(SystemTime::now()));
    if let Some(root) = &args.root {
        machine.root = std::path::absolute(root).unwrap_or_else(|_| root.clone());
    }
    if let Some(date) = args.as_of {
        machine.as_of = date.midnight().assume_utc();
    }
    machine.variable = |name| env::var_os(name);
    machine.before_programs = interrupt::end_programs_too;
    machine.system = args.system || args.root.is_some();
    machine.allow_writable = args.allow_writable;
    machine.wait = Duration::from_secs(args.wait);
    machine.no_hooks = args.no_hooks;
    machine.command = command();
    machine.progress = &ui::progress;
    machine.withheld = &[enforcement::VARIABLE];
    machine.hint = hint::hint;
    machine
}

/// This user's folders. Those of another machine, which `--root` names, are others.
fn environment() -> Environment {
    let path = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    Environment {
        home: path("HOME").or_else(|| path("USERPROFILE")),
        appdata: path("APPDATA"),
        pgtrust_home: path("PGTRUST_HOME"),
        xdg_config_home: path("XDG_CONFIG_HOME"),
        xdg_data_home: path("XDG_DATA_HOME"),
        xdg_state_home: path("XDG_STATE_HOME"),
        xdg_runtime_dir: path("XDG_RUNTIME_DIR"),
        path: env::var_os("PATH"),
        local_appdata: path("LOCALAPPDATA"),
        program_files: ["ProgramFiles", "ProgramFiles(x86)"].into_iter().filter_map(path).collect(),
        java_home: path("JAVA_HOME"),
        asdf_data_dir: path("ASDF_DATA_DIR"),
        gradle_user_home: path("GRADLE_USER_HOME"),
        jabba_home: path("JABBA_HOME"),
        jenv_root: path("JENV_ROOT"),
        mise_data_dir: path("MISE_DATA_DIR"),
        sdkman_dir: path("SDKMAN_DIR"),
    }
}

/// Returns the search path of this machine, whatever `--root` names.
pub(crate) fn search_path() -> OsString {
    env::var_os("PATH").unwrap_or_default()
}

/// Warns whose stores these are, where HOME is not this user's. For commands by which a person changes stores.
pub(crate) fn warn_of_foreign_home(machine: &Machine<'_>) {
    let Some((home, owner)) = machine.environment.home.as_ref().and_then(|home| Some((home, owner_of(home)?))) else {
        return;
    };
    let this = User::this();
    if owner != this {
        ui::warning(&format!(
            "HOME is `{}`, which belongs to {owner}: the stores in it are those of {owner}, not of {this}",
            home.display()
        ));
        ui::hint(&format!("run it as {owner}, or set HOME to that of {this}, as `sudo -H` does"));
    }
}

/// Returns the file of this program.
pub(crate) fn program() -> Result<PathBuf, Failure> {
    env::current_exe().map_err(|error| Failure::Usage {
        message: format!("could not find the file of this program: {error}"),
        hint: "run it by its full path".to_owned(),
    })
}

/// Returns the first variable that names a proxy here.
pub(crate) fn proxy_variable() -> Option<&'static str> {
    ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"].into_iter().find(|name| env::var_os(name).is_some())
}

/// The command line, without its program name.
fn command() -> String {
    let words: Vec<String> = env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    words.join(" ")
}
