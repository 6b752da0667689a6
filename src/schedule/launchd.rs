//! launchd: an agent of the user's or a daemon of the system's.

use std::path::PathBuf;

use super::xml::{comment, escaped};
use super::{Clock, Host, Job, JobCommand, JobStep, Scheduler};
use crate::schedule::Error;
use crate::system::file;
use crate::system::layout::text_of;

pub(super) static LAUNCHD: Scheduler = Scheduler {
    name: "launchd",
    summary: "an agent or a daemon of macOS",
    program: "launchctl",
    failures: "`pgtrust.log` in `Library/Logs`",
    packages: "it is part of macOS",
    is_here: |host| host.is_this() && host.has("launchctl"),
    written,
    write: |host, job| Ok(JobStep::write(plist(host)?, text(host, job)?)?.into_iter().collect()),
    start,
    probe,
    disable: |host| Ok(vec![JobStep::Run(unload(host)), JobStep::Remove(plist(host)?)]),
};

fn written(host: &Host<'_>) -> Result<Option<String>, Error> {
    Ok(file::read(&plist(host)?)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Loads the job now; launchd takes what is in these folders only when it starts.
fn start(host: &Host<'_>, reload: bool) -> Result<Vec<JobCommand>, Error> {
    // It takes no job of a name that it has.
    let unload = reload.then(|| unload(host));
    let load = JobCommand::new(&["launchctl", "bootstrap", &domain(host), text_of(&plist(host)?)?]);
    Ok(unload.into_iter().chain([load]).filter(|_| host.is_this()).collect())
}

fn probe(host: &Host<'_>) -> Vec<JobCommand> {
    let print = JobCommand::new(&["launchctl", "print", &service(host)]);
    if host.is_this() { vec![print] } else { vec![] }
}

fn unload(host: &Host<'_>) -> JobCommand {
    JobCommand { may_fail: true, ..JobCommand::new(&["launchctl", "bootout", &service(host)]) }
}

fn library(host: &Host<'_>) -> Result<PathBuf, Error> {
    if host.system { Ok(host.root.join("Library")) } else { Ok(host.home()?.join("Library")) }
}

fn plist(host: &Host<'_>) -> Result<PathBuf, Error> {
    let folder = if host.system { "LaunchDaemons" } else { "LaunchAgents" };
    Ok(library(host)?.join(folder).join(format!("{LABEL}.plist")))
}

fn domain(host: &Host<'_>) -> String {
    if host.system { "system".to_owned() } else { format!("gui/{}", host.user) }
}

fn service(host: &Host<'_>) -> String {
    format!("{}/{LABEL}", domain(host))
}

/// launchd.plist(5)
fn text(host: &Host<'_>, job: &Job) -> Result<String, Error> {
    let string = |text: &str| format!("    <string>{}</string>\n", escaped(text));
    let arguments: String = job.words.iter().chain(&job.splay).map(|word| string(word)).collect();
    let variable = |(name, value): &(&str, String)| format!("    <key>{name}</key>\n{}", string(value));
    let variables: String = job.variables.iter().map(variable).collect();
    let log = host.inside(&library(host)?.join("Logs/pgtrust.log"));
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

/// Writes a calendar interval. A field that is left out fits every value.
fn interval(clock: Clock) -> String {
    let parts = [("Weekday", clock.weekday), ("Hour", clock.hour), ("Minute", Some(clock.minute))];
    let named = parts.into_iter().filter_map(|(name, value)| value.map(|value| (name, value)));
    named.map(|(name, value)| format!("      <key>{name}</key>\n      <integer>{value}</integer>\n")).collect()
}

const LABEL: &str = "pgtrust-refresh";
