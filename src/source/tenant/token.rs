//! Finds a user's token, which is never written anywhere, nor printed.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::Secret;
use super::error::TenantReason;
use crate::catalog::Token;
use crate::manifest::TokenFrom;
use crate::system::process::{self, Programs};
use crate::system::text::first_line;
use crate::system::{file, limits};

/// A token, ready for its header.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) header: String,
    pub(super) value: Secret,
    /// Where it comes from, for messages.
    pub(super) from: String,
}

/// Finds tokens: where the user says, else in the environment, else what the provider's own program prints. Every file
/// is read and every program run once, for however many tenants.
pub(crate) struct Tokens<'a> {
    variable: &'a dyn Fn(&str) -> Option<OsString>,
    programs: &'a Programs,
    known: HashMap<TokenFrom, Result<String, Missing>>,
}

/// Why there is no token.
#[derive(Clone, Debug)]
struct Missing {
    detail: String,
    /// What the program said. It may be anything, the token too.
    said: Option<String>,
}

impl From<String> for Missing {
    fn from(detail: String) -> Self {
        Self { detail, said: None }
    }
}

impl<'a> Tokens<'a> {
    /// Looks tokens up in these environment variables, with these programs.
    pub(crate) fn new(variable: &'a dyn Fn(&str) -> Option<OsString>, programs: &'a Programs) -> Self {
        Self { variable, programs, known: HashMap::new() }
    }

    pub(super) fn find(&mut self, token: &Token, given: Option<&TokenFrom>) -> Result<Found, TenantReason> {
        let variables = match &token.user_env {
            Some(user) => format!("{user} and {}", token.env),
            None => token.env.clone(),
        };
        let missing = |Missing { detail, said }| TenantReason::NoToken { detail, said, variables: variables.clone() };
        let by_command = || token.command.clone().map(TokenFrom::Command);
        let (text, from) = match (given, self.of_environment(token)) {
            (Some(given), _) => (self.read(given).map_err(missing)?, describe(given)),
            (None, Some(text)) => (text, variables.clone()),
            (None, None) => match by_command() {
                Some(command) => (self.read(&command).map_err(missing)?, describe(&command)),
                None => return Err(missing(format!("{variables} is not set").into())),
            },
        };
        let value = match (&token.user_env, &token.scheme) {
            (Some(_), _) => format!("Basic {}", STANDARD.encode(&text)),
            // Some programs print the scheme with the token.
            (None, Some(scheme)) => {
                let prefix = format!("{scheme} ");
                format!("{prefix}{}", text.strip_prefix(&prefix).unwrap_or(&text))
            }
            (None, None) => text,
        };
        Ok(Found { header: token.header.clone(), value: Secret::new(value), from })
    }

    fn of_environment(&self, token: &Token) -> Option<String> {
        let text = |name: &str| {
            let text = (self.variable)(name)?.into_string().ok()?.trim().to_owned();
            (!text.is_empty()).then_some(text)
        };
        match &token.user_env {
            Some(user) => Some(format!("{}:{}", text(user)?, text(&token.env)?)),
            None => text(&token.env),
        }
    }

    fn read(&mut self, from: &TokenFrom) -> Result<String, Missing> {
        if let Some(known) = self.known.get(from) {
            return known.clone();
        }
        let found = match from {
            TokenFrom::File(path) => of_file(path).map_err(Missing::from),
            TokenFrom::Command(command) => self.of_command(command),
        };
        self.known.insert(from.clone(), found.clone());
        found
    }

    fn of_command(&self, command: &[String]) -> Result<String, Missing> {
        let [name, arguments @ ..] = command else { return Err("the command is empty".to_owned().into()) };
        let program = self.programs.chosen(name, Path::new("")).map_err(|error| error.to_string())?;
        if program.components().count() == 1 {
            return Err(format!("`{name}` is not installed").into());
        }
        let program = self.programs.token_program(program).arguments(arguments);
        let output = program.run().map_err(|error| match error {
            process::Error::Failed { status, words, .. } => Missing {
                detail: format!("`{name}` failed: {status}"),
                said: (words != status.to_string()).then(|| words.chars().take(limits::SAID).collect()),
            },
            // Its arguments may be secrets.
            process::Error::TimedOut { .. } | process::Error::TooMuchOutput { .. } => {
                format!("`{name}` failed: {}", error.reason()).into()
            }
            error => error.to_string().into(),
        })?;
        Ok(sendable(&output).ok_or_else(|| format!("`{name}` prints none"))?)
    }
}

fn of_file(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = file::open(path).map_err(|error| error.to_string())?.take(limits::PASSWORD_FILE).read_to_end(&mut bytes);
    read.map_err(|error| format!("`{}`: {error}", path.display()))?;
    sendable(&bytes).ok_or_else(|| format!("`{}` begins with none", path.display()))
}

/// Returns the first line, if a header can carry it. No message has a part of it.
fn sendable(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(first_line(bytes)).ok()?.trim();
    let sound = !text.is_empty()
        && (bytes.len() as u64) < limits::PASSWORD_FILE
        && text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    sound.then(|| text.to_owned())
}

fn describe(from: &TokenFrom) -> String {
    match from {
        TokenFrom::File(path) => format!("`{}`", path.display()),
        TokenFrom::Command(command) => format!("`{}`", command.first().map_or("", String::as_str)),
    }
}
