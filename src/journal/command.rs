//! The command line, as the journal and hooks tell it: without secrets.

use std::borrow::Cow;

use crate::system::secrets::{without_user, without_users};

/// Returns the words of a command line as one text, URLs without their user part and a program that prints a token without its
/// arguments.
pub fn command_line(words: impl IntoIterator<Item = String>) -> String {
    let mut line: Vec<String> = Vec::new();
    let mut is_program = false;
    for word in words {
        let shown = match word.strip_prefix(ASSIGNED) {
            Some(program) => format!("{ASSIGNED}{}", program_of(program)),
            None if is_program => program_of(&word),
            None => without_user(&word).into_owned(),
        };
        is_program = word == FLAG;
        line.push(shown);
    }
    line.join(" ")
}

/// Returns a command line of which the words are no longer known apart: an old record's, or a library user's.
pub(super) fn without_secrets(line: &str) -> Cow<'_, str> {
    let line = without_users(line);
    let end = [FLAG, ASSIGNED].iter().find_map(|flag| {
        let start = line.find(flag)? + flag.len();
        let program = line[start..].trim_start();
        let end = line.len() - program.len() + program.find(' ')?;
        // Where its arguments end nobody knows.
        (!line[end..].starts_with(&format!(" {LEFT_OUT}"))).then_some(end)
    });
    match end {
        Some(end) => Cow::Owned(format!("{} {LEFT_OUT}", &line[..end])),
        None => line,
    }
}

fn program_of(command: &str) -> String {
    format!("{} {LEFT_OUT}", command.split_whitespace().next().unwrap_or_default())
}

const FLAG: &str = "--token-command";
const ASSIGNED: &str = "--token-command=";
const LEFT_OUT: &str = "…";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_prints_a_token_stays_without_its_arguments() {
        let line = |words: &[&str]| command_line(words.iter().map(|word| (*word).to_owned()));
        let told = "fetch x --token-command vault … --mirror https://m.example";
        assert_eq!(line(&["fetch", "x", "--token-command", "vault -t s3", "--mirror", "https://u:p@m.example"]), told);
        assert_eq!(line(&["--token-command=vault -t s3", "x"]), "--token-command=vault … x");
        assert_eq!(without_secrets(told), told);
    }

    #[test]
    fn of_an_old_line_nothing_behind_the_program_stays() {
        for (line, expected) in [
            ("install a --token-command vault -t s3 --output x", "install a --token-command vault …"),
            ("install a --token-command=vault -t s3", "install a --token-command=vault …"),
            ("install a --token-command vault", "install a --token-command vault"),
            ("install a --mirror http://u:p@h/", "install a --mirror http://h/"),
            ("install a", "install a"),
        ] {
            assert_eq!(without_secrets(line), expected);
            assert_eq!(without_secrets(expected), expected);
        }
    }
}
