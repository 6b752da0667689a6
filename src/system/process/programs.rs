//! Where programs of others are, and what of our environment they do not get.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use super::program::Program;
use super::{find, folders};

/// The programs of this machine, and what of our environment is not for them.
///
/// None gets `PGPASSWORD`, nor what is [withheld](Self::withhold). A program that prints a token is the exception.
#[derive(Clone, Debug)]
pub struct Programs {
    search_path: OsString,
    /// Variables with another value than ours; None is not set at all.
    changed: Vec<(String, Option<OsString>)>,
}

/// None of them is found.
impl Default for Programs {
    fn default() -> Self {
        Self::new(OsString::new())
    }
}

impl Programs {
    /// The programs in the folders of a search path such as `PATH`.
    pub fn new(search_path: impl Into<OsString>) -> Self {
        Self { search_path: search_path.into(), changed: vec![("PGPASSWORD".to_owned(), None)] }
    }

    /// The same, which do not see the variables of these names, nor who logs in to a proxy. `variable` reads our environment.
    #[must_use]
    pub fn withhold(
        mut self,
        names: impl IntoIterator<Item = String>,
        variable: &dyn Fn(&str) -> Option<OsString>,
    ) -> Self {
        // A name that no variable can have would keep every program from being started.
        let names = names.into_iter().filter(|name| !name.is_empty() && !name.contains(['=', '\0']));
        self.changed.extend(names.map(|name| (name, None)));
        for name in PROXIES {
            let value = variable(name).unwrap_or_default();
            // What is not text may hide a name and a password.
            let without = value.to_str().map(without_user).map(OsString::from);
            if without.as_ref() != Some(&value) {
                self.changed.push((name.to_owned(), without));
            }
        }
        self
    }

    /// The same, in the folders of another search path.
    #[must_use]
    pub fn found_in(&self, search_path: &OsStr) -> Self {
        Self { search_path: search_path.to_owned(), changed: self.changed.clone() }
    }

    /// The program of this name, by its absolute path.
    pub(crate) fn find(&self, name: &str) -> Option<PathBuf> {
        find(name, folders(&self.search_path))
    }

    /// A program that is to be run, and may take so long.
    pub(crate) fn program(&self, program: impl AsRef<OsStr>, time: Duration) -> Program {
        let mut program = Program::new(program.as_ref(), time);
        for (name, value) in &self.changed {
            program = program.variable(name, value.as_deref());
        }
        program
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
        let names = ["API_TOKEN", "", "A=B", "A\0B"].map(str::to_owned);
        let programs = Programs::new("/bin").withhold(names, &variable);
        let proxy = Some(OsString::from("http://proxy.example"));
        let expected = [("PGPASSWORD", None), ("API_TOKEN", None), ("https_proxy", proxy)];
        assert_eq!(programs.changed, expected.map(|(name, value)| (name.to_owned(), value)));
    }

    #[cfg(unix)]
    #[test]
    fn a_proxy_that_is_not_text_is_withheld() {
        use std::os::unix::ffi::OsStringExt as _;
        let variable = |name: &str| (name == "ALL_PROXY").then(|| OsString::from_vec(b"u:\xff@proxy".to_vec()));
        let programs = Programs::new("").withhold([], &variable);
        assert_eq!(programs.changed[1..], [("ALL_PROXY".to_owned(), None)]);
    }
}
