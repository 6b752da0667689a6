//! cron: a line in the user's crontab, or a file of the system's.

use std::path::PathBuf;

use super::job::MARK;
use super::{Host, Job, JobCommand, JobStep, Scheduler};
use crate::schedule::Error;
use crate::system::{self, file, process};

pub(super) static CRON: Scheduler = Scheduler {
    name: "cron",
    summary: "a line of the user's crontab, or /etc/cron.d/pgtrust",
    program: "crontab",
    failures: "what a run prints is mailed by cron: to `MAILTO` of the crontab, else to its owner; an empty `MAILTO` mails nobody",
    packages: "Debian, Ubuntu: `cron`; Fedora, RHEL, SUSE, Arch: `cronie`",
    is_here,
    written,
    write,
    start: |_, _| Ok(vec![]),
    probe: |_| vec![],
    disable,
};

fn is_here(host: &Host<'_>) -> bool {
    system_file(host).is_some_and(|file| file::is_folder(file::folder_of(&file)))
        || host.is_this() && host.has("crontab")
}

fn written(host: &Host<'_>) -> Result<Option<String>, Error> {
    let text = system_file(host).map_or_else(|| crontab(host), |file| Ok(file::read(&file)?))?;
    let line = Crontab::new(&text.unwrap_or_default()).line;
    Ok(line.map(|line| line.replace("\\%", "%")))
}

fn write(host: &Host<'_>, job: &Job) -> Result<Vec<JobStep>, Error> {
    if let Some(file) = system_file(host) {
        let line = line(job, "root ")?;
        let text = format!("# Written by `pgtrust schedule enable`; `pgtrust schedule disable` removes it.\n{line}\n");
        return Ok(JobStep::write(file, text)?.into_iter().collect());
    }
    let old = crontab(host)?.unwrap_or_default();
    let crontab = Crontab::new(&old);
    Ok(replace(&old, &crontab, crontab.with(&line(job, "")?)).into_iter().collect())
}

fn disable(host: &Host<'_>) -> Result<Vec<JobStep>, Error> {
    if let Some(file) = system_file(host) {
        return Ok(vec![JobStep::Remove(file)]);
    }
    let old = crontab(host)?.unwrap_or_default();
    let crontab = Crontab::new(&old);
    Ok(replace(&old, &crontab, crontab.others.clone()).into_iter().collect())
}

/// The step from one crontab to another, shown by the lines that come and go.
fn replace(old: &[u8], crontab: &Crontab, new: Vec<u8>) -> Option<JobStep> {
    let after = Crontab::new(&new).line;
    let gone = crontab.line.iter().map(|line| ('-', line.clone()));
    let lines = gone.chain(after.map(|line| ('+', line))).collect();
    (new != old).then(|| JobStep::Run(JobCommand { input: Some(new), lines, ..JobCommand::new(&["crontab", "-"]) }))
}

/// This user's crontab; None when there is none.
fn crontab(host: &Host<'_>) -> Result<Option<Vec<u8>>, Error> {
    if !host.has("crontab") {
        return Ok(None);
    }
    match JobCommand::new(&["crontab", "-l"]).run(host.programs) {
        Ok(text) => Ok(Some(text)),
        // BusyBox has no words of its own for it.
        Err(Error::System(system::Error::Process(process::Error::Failed { words, .. })))
            if words.contains("no crontab for") || words.contains("No such file") =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// A crontab with the line of ours apart.
struct Crontab {
    line: Option<String>,
    /// The other lines, byte for byte.
    others: Vec<u8>,
}

impl Crontab {
    fn new(text: &[u8]) -> Self {
        let mut crontab = Self { line: None, others: Vec::new() };
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            match str::from_utf8(line) {
                Ok(line) if is_ours(line) => {
                    // The line end before it was added where there was none.
                    if line.trim_end().ends_with(UNENDED) && crontab.others.last() == Some(&b'\n') {
                        crontab.others.pop();
                    }
                    crontab.line = Some(line.trim_end_matches('\n').to_owned());
                }
                _ => {
                    let ended = crontab.others.last().is_none_or(|byte| *byte == b'\n');
                    crontab.others.extend((!ended).then_some(b'\n'));
                    crontab.others.extend(line);
                }
            }
        }
        crontab
    }

    /// Adds this line at the end, so that what the user set above holds for it: MAILTO, a proxy.
    fn with(&self, line: &str) -> Vec<u8> {
        let mut text = self.others.clone();
        let ended = text.last().is_none_or(|byte| *byte == b'\n');
        text.extend((!ended).then_some(b'\n'));
        text.extend(line.as_bytes());
        text.extend(if ended { "" } else { UNENDED }.as_bytes());
        text.push(b'\n');
        text
    }
}

/// Commented out, the line is the user's.
fn is_ours(line: &str) -> bool {
    line.contains(&format!("# {MARK}{{")) && !line.trim_start().starts_with('#')
}

/// The line that runs the job as this user.
fn line(job: &Job, user: &str) -> Result<String, Error> {
    let variables = job.variables.iter().map(|(name, value)| Ok(format!("{name}={}", quoted(value)?)));
    let words = job.words.iter().chain(&job.splay).map(|word| quoted(word));
    let command: Vec<String> = variables.chain(words).collect::<Result<_, Error>>()?;
    let command = format!("{} # {}", command.join(" "), job.record);
    // A bare `%` ends the command.
    Ok(format!("{} {user}{}", job.times, command.replace('%', "\\%")))
}

/// A word for a shell. What two `\` in a row become is not the same in all crons.
fn quoted(word: &str) -> Result<String, Error> {
    if word.contains('\\') {
        let (value, place) = (word.to_owned(), "a crontab".to_owned());
        return Err(system::Error::Unwritable { value, place, what: "`\\`" }.into());
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+:@,=%".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return Ok(word.to_owned());
    }
    Ok(format!("'{}'", word.replace('\'', "'\\''")))
}

/// The file of a job of the whole machine; none where cron, as BusyBox's, reads crontabs only and root's own has to do.
/// A name with a dot would be passed over.
fn system_file(host: &Host<'_>) -> Option<PathBuf> {
    let folder = host.root.join(FOLDER);
    let crontabs_only = host.is_this() && host.user == 0 && !file::is_folder(&folder) && host.has("crontab");
    (host.system && !crontabs_only).then(|| folder.join("pgtrust"))
}

const FOLDER: &str = "etc/cron.d";
/// At the end of our line where the line before it had no end.
const UNENDED: &str = " (no line end before)";

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"1 2 * * * /p refresh # pgtrust refresh {"every":"daily"}"#;

    #[test]
    fn other_lines_stay_byte_for_byte() {
        let cases: [&[u8]; 7] =
            [b"", b"\n", b"# mine\nMAILTO=me\n", b"a\nb", b"a\r\nb\r\n\n\n", b"\xff\xfe bytes\n", b"\xff no end"];
        for text in cases {
            let with = Crontab::new(text).with(LINE);
            assert!(with.ends_with(b"\n") && with.starts_with(text), "{}", with.escape_ascii());
            let reread = Crontab::new(&with);
            assert_eq!(reread.others, text, "{}", with.escape_ascii());
            assert_eq!(reread.with(LINE), with, "{}", with.escape_ascii());
            let (added, expected) = ([&with[..], b"later\n"].concat(), [text, b"later\n"]);
            let separated = expected.join(&b"\n"[..if text.last().is_none_or(|byte| *byte == b'\n') { 0 } else { 1 }]);
            assert_eq!(Crontab::new(&added).others, separated, "{}", added.escape_ascii());
        }
    }

    #[test]
    fn a_line_that_was_commented_out_is_the_users() {
        let text = format!("#{LINE}\n# pgtrust refresh\n");
        assert!(Crontab::new(text.as_bytes()).line.is_none());
    }
}
