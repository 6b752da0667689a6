//! The world, read once: environment, clock, folders.
#![expect(clippy::disallowed_methods, reason = "the one place that reads the environment and the clock")]

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use pgtrust::fetch::MIRROR_AUTH;
use pgtrust::{Environment, Error, Machine, command_line};
use time::OffsetDateTime;

use super::args::{Args, Command};
use super::ui::{self, Failure};
use super::{enforcement, hint, interrupt};

/// Makes the machine that commands run on, from the command line and the environment.
pub(crate) fn machine(args: &Args) -> Result<Machine<'static>, Error> {
    let mut machine = Machine::new(environment(), &|| OffsetDateTime::from(SystemTime::now()));
    if let Some(time) = args.at {
        machine.as_of = time;
    }
    machine.variable = |name| env::var_os(name);
    machine.before_programs = interrupt::end_programs_too;
    machine.system = args.system;
    machine.allow_writable =
        args.allow_writable || env::var_os("PGTRUST_ALLOW_WRITABLE").is_some_and(|value| value == "1");
    machine.wait = Duration::from_secs(args.wait);
    machine.no_hooks = args.no_hooks;
    machine.command = command();
    machine.progress = &ui::progress;
    machine.withheld = &[enforcement::VARIABLE, MIRROR_AUTH];
    machine.hint = hint::hint;
    if machine.system || args.root.is_some() {
        readable_by_all();
    }
    match &args.root {
        None if matches!(args.command, Command::Bundle(_)) => Ok(machine.without_foreign_home()),
        Some(root) => machine.in_image(root),
        None => Ok(machine),
    }
}

/// What is made for the whole machine is read by all its users, whatever the umask of who makes it.
fn readable_by_all() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
}

/// This user's folders.
fn environment() -> Environment {
    let path = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    Environment {
        home: path("HOME").or_else(|| path("USERPROFILE")).map(absolute),
        appdata: path("APPDATA"),
        pgtrust_home: path("PGTRUST_HOME").map(absolute),
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

/// What is kept in a folder is named to programs that run in others.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// Returns the search path of this machine, whatever `--root` names.
pub(crate) fn search_path() -> OsString {
    env::var_os("PATH").unwrap_or_default()
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

/// The command line, without its program name and without secrets.
fn command() -> String {
    command_line(env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()))
}
