//! Texts for the notes of a report.

use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};
use std::path::Path;

use pgtrust::known::{Advice, Usage};
use pgtrust::{FindingKind, Machine, Note, Problem, Rejected, limits, timestamp};
use time::OffsetDateTime;

use super::{Status, hint, ui};

/// Says it all, in order, and of each kind that has no limit of its own no more than a person reads. Returns the worst that
/// it means.
pub(crate) fn show(notes: &[Note]) -> Status {
    let mut counts: HashMap<Discriminant<Note>, usize> = HashMap::new();
    let mut more = 0;
    for note in notes {
        let count = counts.entry(discriminant(note)).or_default();
        *count += 1;
        if *count <= limits::PROBLEMS || matches!(note, Note::Failure(_) | Note::Finding(_) | Note::Problem(_)) {
            say(note);
        } else {
            more += 1;
        }
    }
    say_more(more);
    notes.iter().map(status).max().unwrap_or(Status::Done)
}

/// Says what only `--allow-writable` let pass, each once.
pub(crate) fn show_allowed(machine: &Machine<'_>) {
    let mut said = std::collections::HashSet::new();
    for refusal in machine.allowed().iter().map(ToString::to_string) {
        if said.insert(refusal.clone()) {
            ui::warning(&format!("{refusal}; going on, as `--allow-writable` says"));
        }
    }
}

/// Says each of them, no more than a person reads.
fn say_each<T>(all: &[T], say: impl Fn(&T)) {
    let told = all.len().min(limits::PROBLEMS);
    all[..told].iter().for_each(say);
    say_more(all.len() - told);
}

fn say_more(count: usize) {
    if count > 0 {
        ui::warning(&format!("and {count} more"));
    }
}

fn status(note: &Note) -> Status {
    match note {
        Note::Failure(_) => Status::Failed,
        Note::Finding(finding) if matches!(finding.kind, FindingKind::Mismatch | FindingKind::Held) => Status::Found,
        Note::NotAllRoots | Note::Problem(Problem { lost: true, .. }) | Note::Unreadable { .. } => Status::Found,
        _ => Status::Done,
    }
}

fn say(note: &Note) {
    match note {
        Note::Accepted { provider, root } => {
            ui::warning(&format!("`{provider}`: accepted as the manifest says: {root}"));
        }
        Note::Advice(advice) => {
            ui::warning(&advice.to_string());
            ui::hint(&of_advice(advice));
        }
        Note::Ambiguous { subject, first, second } => ui::warning(&format!(
            "`{subject}` is the subject of two roots with different keys and no key identifier ({first}, {second}): OpenSSL tries only the first"
        )),
        Note::Blocked(error) => {
            ui::warning(&error.to_string());
            hint::hint(error).iter().for_each(|hint| ui::hint(hint));
        }
        Note::Failure(error) => ui::problem(error),
        Note::Finding(finding) => ui::finding(finding),
        Note::Clock { last, now } => show_clock(*last, *now),
        Note::ForgottenChanges { hook, count } => {
            ui::warning(&format!("hook `{hook}`: {count} changes that it never took are forgotten: they are too many"));
        }
        Note::HookOutput { hook, line } => ui::note(&format!("`{hook}`: {line}")),
        Note::HookPlanned { hook } => ui::note(&format!("hook `{hook}` would run")),
        Note::HooksOfImage { root } => {
            let root = root.display();
            ui::hint(&format!("hooks are not run: they are commands of the system in `{root}`, not of this one"));
        }
        Note::JournalDamaged { .. }
        | Note::JournalSetAside { .. }
        | Note::OwnerLost { .. }
        | Note::ModeMended(_)
        | Note::ReadableByAll { .. } => show_of_files(note),
        Note::Lost(error) => ui::warning(&format!("{error}; it counts as absent")),
        Note::NotLooked(error) => ui::warning(&error.to_string()),
        Note::NotRecorded { path } => ui::warning(&format!(
            "`{}` was replaced, and there is no place for a journal: `pgtrust undo` does not know of it",
            path.display()
        )),
        Note::Pinned { tenant, root } => ui::note(&format!("{tenant}: pinned {root}")),
        Note::Problem(problem) => show_problem(problem),
        Note::Rejected(rejected) => show_rejected(rejected),
        Note::RanInImage { command } => ui::note(&format!("ran `{command}`")),
        Note::SharedSource(error) => {
            ui::warning(&format!("{error}; `refresh` does not read it like that"));
            hint::hint(error).iter().for_each(|hint| ui::hint(hint));
        }
        Note::Stale(error) => ui::warning(&format!("{error}; what is kept stays")),
        Note::Trace(text) => ui::warning(text),
        Note::Unchecked { origin, reason } => ui::warning(&format!("`{origin}`: {reason}")),
        Note::Unfit { subjects, why } => show_unfit(subjects, why),
        Note::Unreadable { store, rejected } => show_unreadable(store, rejected),
        Note::Unverified { subject, signature } => ui::warning(&format!(
            "`{subject}` is taken on your word: pgtrust does not verify its signature, {signature}"
        )),
        Note::Usage(usage) => ui::hint(&of_usage(usage)),
        _ => {}
    }
}

/// Says what is not as it should be with pgtrust's own files, and with those that it reads secrets from.
fn show_of_files(note: &Note) {
    match note {
        Note::JournalDamaged { lines } => ui::warning(&format!(
            "{} of the journal cannot be read: what they recorded is not known",
            ui::count(*lines, "line")
        )),
        Note::JournalSetAside { error, aside } => {
            ui::warning(&format!("{error}; it is `{}` now, and a new one is begun", aside.display()));
            ui::hint("what the old one recorded can be neither undone nor uninstalled, unless a copy takes its place");
        }
        Note::ModeMended(wrong) => ui::warning(&format!(
            "`{}` had the mode {}, and has {} now",
            wrong.path.display(),
            wrong.mode,
            wrong.should_be
        )),
        Note::OwnerLost { path } => {
            ui::warning(&format!("`{}` is yours now: no record gives a file to who has not its folder", path.display()))
        }
        Note::ReadableByAll { path } => {
            ui::warning(&format!("everyone can read the secret in `{}`", path.display()));
            ui::hint(&format!("`chmod go-r {}`", path.display()));
        }
        _ => {}
    }
}

fn show_clock(last: OffsetDateTime, now: OffsetDateTime) {
    let (last, now) = (timestamp(last), timestamp(now));
    ui::warning(&format!("the clock shows {now}, and the last run ended on {last}: one of them is wrong"));
    ui::hint("nothing counts as expired by this clock until a second run agrees with it");
}

/// Says which part of an input cannot be read.
fn show_problem(problem: &Problem) {
    let position = problem.position.as_ref().map_or_else(String::new, |position| format!("{position}: "));
    ui::warning(&format!("`{}`: {position}{}", problem.origin, problem.reason));
}

/// Says which certificates did not become roots and why.
fn show_rejected(rejected: &[Rejected]) {
    let rejected: Vec<&Rejected> = rejected.iter().filter(|rejected| rejected.is_of_user()).collect();
    say_each(&rejected, |Rejected { certificate, sighting, reason, .. }| {
        let line = sighting.line.map_or_else(String::new, |line| format!("line {line}: "));
        ui::warning(&format!("`{}`: {line}left out `{}`: {reason}", sighting.origin, certificate.title()));
    });
    hint::of_key(rejected.iter().copied()).iter().for_each(|hint| ui::hint(hint));
    if rejected.iter().any(|rejected| rejected.reason.is_not_a_root()) {
        ui::hint("a trust store holds self-signed CA certificates; `--allow-non-roots` takes others all the same");
    }
}

fn show_unfit(subjects: &[String], why: &str) {
    let more = subjects.len().saturating_sub(1);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    ui::warning(&format!("`{}`{more}: {why}", subjects.first().map_or("", String::as_str)));
}

/// Says which roots did not get into a store.
fn show_unreadable(store: &Path, rejected: &[Rejected]) {
    say_each(rejected, |Rejected { certificate, sighting, reason, .. }| {
        let (store, subject) = (store.display(), certificate.title());
        ui::warning(&format!("`{store}`: left out `{subject}` of `{}`: {reason}", sighting.origin));
    });
}

/// What to do about something that a store's change brings with it.
fn of_advice(advice: &Advice) -> String {
    match advice {
        Advice::EveryProgramOfJvm => "`--target java` makes a store of its own; pgjdbc reads neither without \
                                      `sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory`; an update of the JDK brings \
                                      a new cacerts"
            .to_owned(),
        Advice::FirstRootCrt { with_public_roots: true, .. } => PER_CONNECTION.to_owned(),
        Advice::FirstRootCrt { .. } => format!("`--include-system` adds this machine's own roots; or {PER_CONNECTION}"),
        Advice::OpenDatabase { .. } => "start them again".to_owned(),
        Advice::RevocationList { .. } => "remove it unless it is kept current for every CA in the store".to_owned(),
        Advice::ShadowedCacerts { by } => format!("`--output {}` installs there", by.display()),
        _ => "prefer a file that only PostgreSQL's clients read: `sslrootcert=` with the path that `pgtrust fetch` prints"
            .to_owned(),
    }
}

/// How clients come to read a store.
fn of_usage(usage: &Usage) -> String {
    match usage {
        Usage::Container { file, mount } => {
            format!("for a container: `-v {}:{mount}:ro`, and `sslrootcert={mount}`", file.display())
        }
        Usage::JvmOptions(options) => {
            format!("`java {options} ...` makes a JVM trust it; JAVA_TOOL_OPTIONS takes the same (`pgtrust env`)")
        }
        Usage::Pgjdbc => {
            "`jdbc:postgresql://HOST/DBNAME?sslmode=verify-full&sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory` \
                          makes pgjdbc use it; without that it reads `sslrootcert=`, or root.crt"
                .to_owned()
        }
        _ => {
            "a JVM pointed at it trusts nothing else, web servers included: `--include-jdk-roots` adds the JDK's roots"
                .to_owned()
        }
    }
}

const PER_CONNECTION: &str = "keep one file per connection: `sslrootcert=` with the path that `pgtrust fetch` prints";
