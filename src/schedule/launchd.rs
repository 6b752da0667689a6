//! launchd: an agent of the user's or a daemon of the system's.

use std::path::PathBuf;

use super::xml::{comment, escaped};
use super::{Clock, Command, Job, Machine, Scheduler, Step};
use crate::schedule::Error;
use crate::system::file;
use crate::system::layout::text_of;

pub(super) static LAUNCHD: Scheduler = Scheduler {
    name: "launchd",
    summary: "an agent or a daemon of macOS",
    program: "launchctl",
    packages: "it is part of macOS",
    is_here: |machine| machine.is_this() && machine.has("launchctl"),
    written,
    write: |machine, job| Ok(Step::write(plist(machine)?, text(machine, job)?)?.into_iter().collect()),
    start,
    probe,
    disable: |machine| Ok(vec![Step::Run(unload(machine)), Step::Remove(plist(machine)?)]),
};

fn written(machine: &Machine<'_>) -> Result<Option<String>, Error> {
    Ok(file::read(&plist(machine)?)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// What is in these folders when it starts, it takes by itself.
fn start(machine: &Machine<'_>, again: bool) -> Result<Vec<Command>, Error> {
    // It takes no job of a name that it has.
    let unload = again.then(|| unload(machine));
    let load = Command::new(&["launchctl", "bootstrap", &domain(machine), text_of(&plist(machine)?)?]);
    Ok(unload.into_iter().chain([load]).filter(|_| machine.is_this()).collect())
}

fn probe(machine: &Machine<'_>) -> Vec<Command> {
    let print = Command::new(&["launchctl", "print", &service(machine)]);
    if machine.is_this() { vec![print] } else { vec![] }
}

fn unload(machine: &Machine<'_>) -> Command {
    Command { may_fail: true, ..Command::new(&["launchctl", "bootout", &service(machine)]) }
}

fn library(machine: &Machine<'_>) -> Result<PathBuf, Error> {
    if machine.system { Ok(machine.root.join("Library")) } else { Ok(machine.home()?.join("Library")) }
}

fn plist(machine: &Machine<'_>) -> Result<PathBuf, Error> {
    let folder = if machine.system { "LaunchDaemons" } else { "LaunchAgents" };
    Ok(library(machine)?.join(folder).join(format!("{LABEL}.plist")))
}

fn domain(machine: &Machine<'_>) -> String {
    if machine.system { "system".to_owned() } else { format!("gui/{}", machine.user) }
}

fn service(machine: &Machine<'_>) -> String {
    format!("{}/{LABEL}", domain(machine))
}

/// launchd.plist(5)
fn text(machine: &Machine<'_>, job: &Job) -> Result<String, Error> {
    let string = |text: &str| format!("    <string>{}</string>\n", escaped(text));
    let arguments: String = job.words.iter().chain(&job.splay).map(|word| string(word)).collect();
    let variable = |(name, value): &(&str, String)| format!("    <key>{name}</key>\n{}", string(value));
    let variables: String = job.variables.iter().map(variable).collect();
    let log = machine.inside(&library(machine)?.join("Logs/pgtrust.log"));
    let log = escaped(text_of(&log)?);
    let interval = interval(job.times.clock(LAUNCHD.name)?);
    let record = comment(&job.record);
    Ok(format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Written by `pgtrust schedule enable`; `pgtrust schedule disable` removes it. -->
{record}
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>{LABEL}</string>
  <key>ProgramArguments</key>
  <array>
{arguments}  </array>
  <key>EnvironmentVariables</key>
  <dict>
{variables}  </dict>
  <key>StartCalendarInterval</key>
  <array>
    <dict>
{interval}    </dict>
  </array>
  <key>ProcessType</key>
  <string>Background</string>
  <key>StandardOutPath</key>
  <string>{log}</string>
  <key>StandardErrorPath</key>
  <string>{log}</string>
</dict>
</plist>
"#
    ))
}

/// What is left out fits all.
fn interval(clock: Clock) -> String {
    let parts = [("Weekday", clock.weekday), ("Hour", clock.hour), ("Minute", Some(clock.minute))];
    let named = parts.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
    named.map(|(name, value)| format!("      <key>{name}</key>\n      <integer>{value}</integer>\n")).collect()
}

const LABEL: &str = "pgtrust-refresh";
