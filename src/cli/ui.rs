//! Every line that the user reads.
//!
//! Data goes to standard output and can be piped. All else goes to standard error: `error:`, `warning:`, `hint:` and a
//! phrase in lower case without a final stop, the user's values in backticks. Colour and progress are for terminals.
//! Nothing reaches a terminal unsanitised, and no URL is shown with its user part.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pgtrust::plan::Outcome;
use pgtrust::{
    BundleError, CatalogError, Error, Failed, Finding, FindingKind, HookError, JournalError, ManifestError, Note,
    Progress, RequestError, SettingsError, SourceError, StoreError, SystemError, format, is_unsafe, limits, sanitise,
    schedule, without_users,
};
use serde::Serialize;

use super::{hint, kind};

/// Why a command could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line cannot be understood.
    Arguments(clap::Error),
    /// The library says so, and this before.
    Library { error: Box<Error>, notes: Vec<Note> },
    /// Standard output cannot be written.
    Output(io::Error),
    /// The command line asks for what cannot be.
    Usage { message: String, hint: String },
}

/// What the library says, by whichever of its rooms.
macro_rules! of_library {
    ($($error:ty),*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::Library { error: Box::new(error.into()), notes: Vec::new() }
            }
        }
    )*};
}

of_library!(
    Error,
    BundleError,
    CatalogError,
    format::DecodeError,
    HookError,
    JournalError,
    ManifestError,
    RequestError,
    schedule::Error,
    SettingsError,
    SourceError,
    StoreError,
    SystemError
);

impl From<Failed> for Failure {
    fn from(Failed { error, notes, .. }: Failed) -> Self {
        Self::Library { error, notes }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// What scripts are told of a failure, on standard output.
#[derive(Serialize)]
pub(crate) struct ShownFailure {
    error: ShownError,
}

/// An error, as scripts are told of it.
#[derive(Serialize)]
pub(crate) struct ShownError {
    kind: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

impl ShownFailure {
    pub(crate) fn of(failure: &Failure) -> Self {
        let (kind, message, hint) = match failure {
            Failure::Arguments(error) => ("usage", first_line(error), None),
            Failure::Library { error, .. } => return Self { error: ShownError::of(error) },
            Failure::Output(error) => ("output", error.to_string(), None),
            Failure::Usage { message, hint } => ("usage", message.clone(), Some(hint.clone())),
        };
        Self { error: ShownError { kind, message, hint } }
    }
}

impl ShownError {
    pub(crate) fn of(error: &Error) -> Self {
        Self { kind: kind::of(error), message: error.to_string(), hint: hint::hint(error) }
    }
}

/// Without the usage that follows.
fn first_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("error: ").unwrap_or(line).to_owned()
}

/// One line of data.
pub(crate) fn data(line: &str) -> Result<(), Failure> {
    Ok(writeln!(anstream::stdout(), "{}", shown(line))?)
}

/// One line of data that begins in colour, on a terminal.
pub(crate) fn styled(style: Style, begin: &str, rest: &str) -> Result<(), Failure> {
    Ok(writeln!(anstream::stdout(), "{style}{}{style:#}{}", shown(begin), shown(rest))?)
}

fn shown(text: &str) -> String {
    sanitise(&without_users(text)).into_owned()
}

/// What the command line's own reader says of a wrong one. It quotes what was typed.
pub(crate) fn usage(error: &clap::Error) {
    let text = error.render().ansi().to_string();
    let _ = write!(anstream::stderr(), "{}", without_users(&text));
}

/// Data that is not text, or is text with lines of its own.
pub(crate) fn raw(bytes: &[u8]) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    output.write_all(bytes)?;
    Ok(output.flush()?)
}

/// Prints a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut text = json_text(value)?;
    text.push('\n');
    raw(text.as_bytes())
}

/// Prints a value as JSON on one line.
pub(crate) fn json_line(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(io::Error::from)?;
    raw((visible(&without_users(&text)) + "\n").as_bytes())
}

/// The same of settings for a client, in which a user has its place.
pub(crate) fn json_of_settings(value: &impl Serialize) -> Result<(), Failure> {
    let mut text = visible(&serde_json::to_string_pretty(value).map_err(io::Error::from)?);
    text.push('\n');
    raw(text.as_bytes())
}

/// Returns a value as JSON.
pub(crate) fn json_text(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(io::Error::from)?;
    Ok(visible(&without_users(&text)))
}

/// Writes what could act on a terminal in the way that JSON has for every character, `\u202e`.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        // Between values; inside one it is escaped already.
        if c == '\n' || !is_unsafe(c) {
            shown.push(c);
        } else {
            shown.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    shown
}

/// An error and its remedy.
pub(crate) fn problem(error: &Error) {
    self::error(&error.to_string());
    said(error.said());
    if let Some(hint) = hint::hint(error) {
        self::hint(&hint);
    }
}

/// Something that a person should look at.
pub(crate) fn finding(finding: &Finding) {
    match finding.kind {
        FindingKind::Mismatch | FindingKind::Store | FindingKind::Hook => error(&finding.message),
        _ => warning(&finding.message),
    }
    said(finding.said.as_deref());
    if let Some(hint) = &finding.hint {
        self::hint(hint);
    }
}

/// What a program of others said of it.
fn said(words: Option<&str>) {
    words.iter().for_each(|words| note(&format!("  it says: {words}")));
}

pub(crate) fn error(message: &str) {
    if ERRORS.has_room() {
        line("error:", AnsiColor::Red, message);
    }
}

pub(crate) fn warning(message: &str) {
    if LINES.has_room() {
        line("warning:", AnsiColor::Yellow, message);
    }
}

pub(crate) fn hint(message: &str) {
    if LINES.has_room() {
        line("hint:", AnsiColor::Cyan, message);
    }
}

/// Something that is neither wrong nor asked for.
pub(crate) fn note(message: &str) {
    if LINES.has_room() {
        let _ = writeln!(anstream::stderr(), "{}", shown(message));
    }
}

/// Says how many lines were too many, and makes room for an error that follows.
pub(crate) fn end() {
    let more = LINES.empty() + ERRORS.empty();
    if more > 0 {
        note(&format!("and {more} more line{}", if more == 1 { "" } else { "s" }));
    }
}

/// Tells whether someone reads along.
pub(crate) fn is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// The room for lines of one kind.
struct Room {
    taken: AtomicUsize,
    limit: usize,
}

impl Room {
    const fn new(limit: usize) -> Self {
        Self { taken: AtomicUsize::new(0), limit }
    }

    /// Takes the place of a line, if there is one left.
    fn has_room(&self) -> bool {
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        taken < self.limit || !CAPPED.load(Ordering::Relaxed)
    }

    /// Empties it. Returns how many lines found no place.
    fn empty(&self) -> usize {
        let taken = self.taken.swap(0, Ordering::Relaxed);
        if CAPPED.load(Ordering::Relaxed) { taken.saturating_sub(self.limit) } else { 0 }
    }
}

/// Lets standard error take so many lines and no more, for commands whose lines servers decide about. Of files that a user
/// names, each is spoken of.
pub(crate) fn cap_lines() {
    CAPPED.store(true, Ordering::Relaxed);
}

static CAPPED: AtomicBool = AtomicBool::new(false);
/// Errors have a room of their own: what fails is said last.
static LINES: Room = Room::new(limits::LINES);
static ERRORS: Room = Room::new(limits::ERRORS);

fn line(label: &str, colour: AnsiColor, message: &str) {
    let style = Style::new().bold().fg_color(Some(colour.into()));
    // Nowhere is left to complain when standard error is gone.
    let _ = writeln!(anstream::stderr(), "{style}{label}{style:#} {}", shown(message));
}

/// Shows how far downloads are by a bar on standard error, if that is a terminal.
pub(crate) fn progress(progress: Progress) {
    static BAR: Mutex<Option<ProgressBar>> = Mutex::new(None);
    let mut bar = BAR.lock().unwrap_or_else(PoisonError::into_inner);
    match (progress, bar.as_ref()) {
        (Progress::Started(count), None) if is_terminal() => *bar = Some(new_bar(count as u64)),
        (Progress::Step, Some(bar)) => bar.inc(1),
        (Progress::Ended, Some(shown)) => {
            shown.finish_and_clear();
            *bar = None;
        }
        _ => {}
    }
}

fn new_bar(count: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(count), ProgressDrawTarget::stderr()).with_message("downloading");
    if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} {elapsed}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// What was done to a store, or would be.
pub(crate) fn verb(outcome: Outcome, dry_run: bool) -> &'static str {
    match (outcome, dry_run) {
        (Outcome::Created, true) => "would be created",
        (Outcome::Created, false) => "created",
        (Outcome::Removed, true) => "would be removed",
        (Outcome::Removed, false) => "removed",
        (Outcome::Updated, true) => "would be updated",
        (Outcome::Updated, false) => "updated",
        (Outcome::Unchanged, _) => "unchanged",
    }
}

/// `1 root`, `2 roots`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
