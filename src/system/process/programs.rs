//! Where programs of others are, and what of our environment they do not get.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use super::program::Program;
use super::{find, folders};
use crate::system::Error;
use crate::system::deadline::Deadline;
#[cfg(feature = "fetch")]
use crate::system::limits;
use crate::system::permissions::{Guard, Refusal, refuse_shared};

/// The programs of this machine, and what of our environment is not for them.
#[derive(Clone, Debug)]
pub struct Programs {
    search_path: OsString,
    runs_chosen: bool,
    deadline: Deadline,
    withheld: Arc<LazyLock<Withheld, Box<dyn FnOnce() -> Withheld + Send>>>,
}

/// Variables of our environment that programs do not see as they are. One that prints a token does.
#[derive(Clone, Debug)]
pub struct Withheld {
    /// The value that programs see instead; None is not set at all.
    variables: Vec<(String, Option<OsString>)>,
}

impl Withheld {
    /// `PGPASSWORD`, the variables of these names, and who logs in to a proxy. `variable` reads our environment.
    pub fn new(names: impl IntoIterator<Item = String>, variable: &dyn Fn(&str) -> Option<OsString>) -> Self {
        // A name that no variable can have would keep every program from being started.
        let names = names.into_iter().filter(|name| !name.is_empty() && !name.contains(['=', '\0']));
        let mut variables: Vec<_> = names.chain(["PGPASSWORD".to_owned()]).map(|name| (name, None)).collect();
        for name in PROXIES {
            let value = variable(name).unwrap_or_default();
            // What is not text may hide a name and a password.
            let without = value.to_str().map(without_user).map(OsString::from);
            if without.as_ref() != Some(&value) {
                variables.push((name.to_owned(), without));
            }
        }
        Self { variables }
    }
}

impl Programs {
    /// The programs in the folders of a search path such as `PATH`. `prepare` runs before the first of them is started, if
    /// one is at all.
    pub fn new(search_path: impl Into<OsString>, prepare: impl FnOnce() -> Withheld + Send + 'static) -> Self {
        Self {
            search_path: search_path.into(),
            runs_chosen: true,
            deadline: Deadline::default(),
            withheld: Arc::new(LazyLock::new(Box::new(prepare))),
        }
    }

    /// The same, without those that settings name, if others could have written these.
    #[must_use]
    pub fn with_chosen(self, runs_chosen: bool) -> Self {
        Self { runs_chosen, ..self }
    }

    /// Tells whether programs that settings name are run.
    pub(crate) fn runs_chosen(&self) -> bool {
        self.runs_chosen
    }

    /// A program that settings name: one on the search path, or a path from this folder on. Fails when others could write it,
    /// whatever the user allows: it would run with the rights of this one.
    pub(crate) fn chosen(&self, name: &str, folder: &Path) -> Result<PathBuf, Error> {
        if !self.runs_chosen {
            return Err(Refusal::Program { name: name.to_owned() }.into());
        }
        let program = match Path::new(name) {
            path if path.components().count() > 1 => folder.join(path),
            path => self.find(name).unwrap_or_else(|| path.to_owned()),
        };
        if program.components().count() > 1 {
            refuse_shared(&program, Guard::Settings)?;
        }
        Ok(program)
    }

    /// The programs in the folders of a search path, which see all of our environment but `PGPASSWORD`.
    pub fn on(search_path: impl Into<OsString>) -> Self {
        Self::new(search_path, || Withheld::new([], &|_| None))
    }

    /// The same, in the folders of another search path.
    #[must_use]
    pub fn found_in(&self, search_path: &OsStr) -> Self {
        Self { search_path: search_path.to_owned(), ..self.clone() }
    }

    /// The same, of which none runs any longer than until then.
    #[must_use]
    pub(crate) fn until(&self, deadline: Deadline) -> Self {
        Self { deadline, ..self.clone() }
    }

    /// The program of this name, by its absolute path.
    pub(crate) fn find(&self, name: &str) -> Option<PathBuf> {
        find(name, folders(&self.search_path))
    }

    /// A program that is to be run, and may take so long.
    pub(crate) fn program(&self, program: impl AsRef<OsStr>, time: Duration) -> Program {
        let mut program = Program::new(program.as_ref(), time).until(self.deadline);
        for (name, value) in &self.withheld.variables {
            program = program.variable(name, value.as_deref());
        }
        program
    }

    /// A program that prints a token: it gets our whole environment, and the terminal where there is one.
    #[cfg(feature = "fetch")]
    pub(crate) fn token_program(&self, program: impl AsRef<OsStr>) -> Program {
        LazyLock::force(&self.withheld);
        Program::new(program.as_ref(), limits::TOKEN_TIME).until(self.deadline).with_terminal()
    }
}

/// A proxy's URL without the name and the password that stand in it. Either may have characters that should be written as
/// `%2F`, or an `@`.
fn without_user(url: &str) -> String {
    let is_scheme = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (&url[..scheme.len() + "://".len()], rest),
        _ => ("", url),
    };
    format!("{scheme}{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host))
}

const PROXIES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_stays_without_the_name_and_the_password() {
        for (url, expected) in [
            ("http://proxy.example:3128", "http://proxy.example:3128"),
            ("http://user:secret@proxy.example:3128/", "http://proxy.example:3128/"),
            ("socks5h://user@proxy.example", "socks5h://proxy.example"),
            ("user:secret@proxy.example:3128", "proxy.example:3128"),
            ("http://user:se@cr/et@proxy.example", "http://proxy.example"),
            ("user:a://secret@proxy.example", "proxy.example"),
            ("", ""),
        ] {
            assert_eq!(without_user(url), expected, "{url}");
        }
    }

    #[test]
    fn only_what_differs_from_our_environment_is_named() {
        let variable = |name: &str| match name {
            "https_proxy" => Some("http://user:secret@proxy.example".into()),
            "HTTP_PROXY" => Some("http://proxy.example".into()),
            _ => None,
        };
        let withheld = Withheld::new(["API_TOKEN", "", "A=B", "A\0B"].map(str::to_owned), &variable);
        let proxy = Some(OsString::from("http://proxy.example"));
        let expected = [("API_TOKEN", None), ("PGPASSWORD", None), ("https_proxy", proxy)];
        assert_eq!(withheld.variables, expected.map(|(name, value)| (name.to_owned(), value)));
    }

    #[cfg(unix)]
    #[test]
    fn a_proxy_that_is_not_text_is_withheld() {
        use std::os::unix::ffi::OsStringExt as _;
        let variable = |name: &str| (name == "ALL_PROXY").then(|| OsString::from_vec(b"u:\xff@proxy".to_vec()));
        let withheld = Withheld::new([], &variable);
        assert_eq!(withheld.variables[1..], [("ALL_PROXY".to_owned(), None)]);
    }

    #[test]
    fn nothing_is_prepared_for_a_program_that_is_not_run() {
        let programs = Programs::new("", || unreachable!("no program is run"));
        assert_eq!(programs.found_in(OsStr::new("/nowhere")).find("x"), None);
    }
}
