//! The hooks that a manifest names: `[[hook]]`.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use crate::system::limits;

/// A program, and what it waits for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Described")]
#[non_exhaustive]
pub struct Hook {
    /// What it waits for.
    pub on: HookTrigger,
    /// The name of a target, the path of a store, or the provider whose combined PEM it is. Any store without it.
    pub target: Option<String>,
    /// The program and its arguments. No shell reads them.
    pub run: Vec<String>,
    /// How long it may take.
    pub timeout: Duration,
}

/// A hook as the manifest describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    on: HookTrigger,
    target: Option<String>,
    run: Vec<String>,
    timeout: Option<String>,
}

/// What a hook waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum HookTrigger {
    /// A store changed.
    Change,
    /// `refresh` found something that a person should look at, or says it again.
    Finding,
}

impl TryFrom<Described> for Hook {
    type Error = String;

    fn try_from(described: Described) -> Result<Self, String> {
        let Described { on, target, run, timeout } = described;
        if on == HookTrigger::Finding && target.is_some() {
            return Err("a hook for findings has no `target`".to_owned());
        }
        let program = run.first().filter(|program| !program.is_empty()).ok_or("`run` of a hook names no program")?;
        let path = Path::new(program);
        // Whoever chooses the folder that pgtrust is started in must not choose the program too.
        if !path.is_absolute() && path.components().count() != 1 {
            return Err(format!("`run` of a hook begins with a name or an absolute path, not with `{program}`"));
        }
        let timeout = match timeout {
            None => limits::HOOK_TIME,
            Some(text) => match humantime::parse_duration(&text) {
                Ok(timeout) if timeout > Duration::ZERO => timeout,
                _ => return Err(format!("`timeout` of a hook is a time such as `30s` or `2m`, not `{text}`")),
            },
        };
        Ok(Self { on, target, run, timeout })
    }
}

impl Hook {
    /// Its command line, to be shown.
    pub fn command(&self) -> String {
        self.run.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hook(text: &str) -> Result<Hook, String> {
        crate::system::toml::read(text)
    }

    #[test]
    fn a_hook_is_checked_as_it_is_read() {
        let read = hook("on = \"change\"\nrun = [\"/bin/true\"]").unwrap();
        assert_eq!((read.target, read.timeout), (None, limits::HOOK_TIME));
        assert_eq!(hook("on = \"change\"\nrun = [\"x\"]\ntimeout = \"2m\"").unwrap().timeout, Duration::from_secs(120));
        for (text, word) in [
            ("run = [\"x\"]", "on"),
            ("on = \"start\"\nrun = [\"x\"]", "start"),
            ("on = \"change\"", "run"),
            ("on = \"finding\"\ntarget = \"java\"\nrun = [\"x\"]", "no `target`"),
            ("on = \"change\"\nrun = \"systemctl reload x\"", "expected a sequence"),
            ("on = \"change\"\nrun = []", "names no program"),
            ("on = \"change\"\nrun = [\"\"]", "names no program"),
            ("on = \"change\"\nrun = [\"bin/reload\"]", "absolute path"),
            ("on = \"change\"\nrun = [\"./reload\"]", "absolute path"),
            ("on = \"change\"\nrun = [\"x\"]\ntimeout = \"0s\"", "0s"),
            ("on = \"change\"\nrun = [\"x\"]\ntimeout = \"soon\"", "soon"),
            ("on = \"change\"\nrun = [\"x\"]\nshell = true", "shell"),
        ] {
            let error = hook(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
