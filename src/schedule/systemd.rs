//! systemd: a service and a timer, in the user's manager or the system's.

use std::path::PathBuf;

use super::{Clock, Host, Job, JobCommand, JobStep, Scheduler};
use crate::schedule::Error;
use crate::system::{self, file};

pub(super) static SYSTEMD: Scheduler = Scheduler {
    name: "systemd",
    summary: "a timer of systemd, of the user or of the system",
    program: "systemctl",
    packages: "package `systemd`",
    failures: "the journal, as a unit that failed; `--on-failure UNIT` starts a unit that tells someone",
    is_here,
    written,
    write,
    start,
    probe,
    disable,
};

fn is_here(host: &Host<'_>) -> bool {
    let Host { root, environment, system, .. } = host;
    let here = match (host.is_this(), system) {
        (true, true) => file::is_folder(&root.join("run/systemd/system")),
        (true, false) => {
            environment.xdg_runtime_dir.as_ref().is_some_and(|run| file::exists(&run.join("systemd/private")))
        }
        // An image runs nothing yet.
        (false, _) => ["usr/lib", "lib"].iter().any(|lib| file::is_folder(&root.join(lib).join("systemd/system"))),
    };
    here && host.has("systemctl")
}

fn written(host: &Host<'_>) -> Result<Option<String>, Error> {
    let timer = file::read(&folder(host)?.join(TIMER))?;
    Ok(timer.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

fn write(host: &Host<'_>, job: &Job) -> Result<Vec<JobStep>, Error> {
    let folder = folder(host)?;
    // A folder that is not there when the job starts stays read-only for it.
    let missing = job.folders.iter().filter(|folder| !file::is_folder(folder));
    let mut steps: Vec<JobStep> = missing.cloned().map(JobStep::Folder).collect();
    steps.extend(JobStep::write(folder.join(SERVICE), service(host.system, job)?)?);
    steps.extend(JobStep::write(folder.join(TIMER), timer(job)?)?);
    Ok(steps)
}

fn start(host: &Host<'_>, _: bool) -> Result<Vec<JobCommand>, Error> {
    Ok(if host.is_this() {
        vec![systemctl(host, &["daemon-reload"]), systemctl(host, &["enable", "--now", TIMER])]
    } else {
        vec![systemctl(host, &["enable", TIMER])]
    })
}

fn probe(host: &Host<'_>) -> Vec<JobCommand> {
    // Nothing is active in an image.
    let asked: &[&str] = if host.is_this() { &["is-enabled", "is-active"] } else { &["is-enabled"] };
    asked.iter().map(|asked| systemctl(host, &[asked, TIMER])).collect()
}

fn disable(host: &Host<'_>) -> Result<Vec<JobStep>, Error> {
    let folder = folder(host)?;
    let tolerated = |command: JobCommand| JobStep::Run(JobCommand { may_fail: true, ..command });
    let stop: &[&str] = if host.is_this() { &["disable", "--now", TIMER] } else { &["disable", TIMER] };
    // The link is what `systemctl enable` makes, and what a manager that could not be reached leaves.
    let link = folder.join("timers.target.wants").join(TIMER);
    let mut steps = vec![tolerated(systemctl(host, stop))];
    steps.extend([link, folder.join(TIMER), folder.join(SERVICE)].map(JobStep::Remove));
    steps.extend(host.is_this().then(|| tolerated(systemctl(host, &["daemon-reload"]))));
    Ok(steps)
}

fn systemctl(host: &Host<'_>, arguments: &[&str]) -> JobCommand {
    let root = format!("--root={}", host.root.display());
    let scope: &[&str] = match (host.is_this(), host.system) {
        (false, _) => &[&root],
        (true, true) => &[],
        (true, false) => &["--user"],
    };
    JobCommand::new(&[&["systemctl"], scope, arguments].concat())
}

/// Returns the folder of the units. It is not below XDG_CONFIG_HOME: the user's manager was not started with what a
/// shell sets.
fn folder(host: &Host<'_>) -> Result<PathBuf, Error> {
    if host.system {
        return Ok(host.root.join("etc/systemd/system"));
    }
    Ok(host.home()?.join(".config/systemd/user"))
}

fn service(system: bool, job: &Job) -> Result<String, Error> {
    let mut text = format!("{}\n[Unit]\nDescription={DESCRIPTION}\n", head(job));
    if system {
        // The user's manager has no such target.
        text += "Wants=network-online.target\nAfter=network-online.target\n";
    }
    if let Some(unit) = &job.on_failure {
        text += &format!("OnFailure={unit}\n");
    }
    let mut command = Vec::new();
    for word in &job.words {
        // Variables are expanded in arguments only, and the program's path may not be escaped at all.
        let is_program = command.is_empty();
        if is_program && word.contains(['"', '\'', '\\']) {
            let (value, place) = (word.clone(), "a unit of systemd".to_owned());
            return Err(system::Error::Unwritable { value, place, what: "a quote or `\\`" }.into());
        }
        command.push(quoted(&if is_program { word.clone() } else { word.replace('$', "$$") }));
    }
    text += &format!("\n[Service]\nType=oneshot\nExecStart={}\nTimeoutStartSec=1h\n", command.join(" "));
    for (name, value) in &job.variables {
        text += &format!("Environment={}\n", quoted(&format!("{name}={value}")));
    }
    text += "\n# What it may write to; `-`: a folder that has gone stops nothing.\nProtectSystem=strict\n";
    for path in &job.writes {
        text += &format!("ReadWritePaths={}\n", quoted(&format!("-{}", path.display())));
    }
    if !job.needs_tmp {
        text += "PrivateTmp=yes\n";
    }
    text += HARDENING;
    if system {
        text += if job.needs_homes { "ProtectHome=read-only\n" } else { "ProtectHome=yes\n" };
        text += HARDENING_OF_SYSTEM;
    }
    Ok(text)
}

fn timer(job: &Job) -> Result<String, Error> {
    let calendar = on_calendar(job.times.clock(SYSTEMD.name)?);
    Ok(format!(
        "{}\n[Unit]\nDescription={DESCRIPTION}, on schedule\n\n[Timer]\nOnCalendar={calendar}\n\
         RandomizedDelaySec={}min\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
        head(job),
        job.times.spread()
    ))
}

fn head(job: &Job) -> String {
    format!("# Written by `pgtrust schedule enable`; `pgtrust schedule disable` removes it.\n# {}\n", job.record)
}

/// systemd.time(7), calendar events.
fn on_calendar(clock: Clock) -> String {
    let weekday = clock.weekday.map_or_else(String::new, |day| format!("{} ", WEEKDAYS[usize::from(day)]));
    let hour = clock.hour.map_or_else(|| "*".to_owned(), |hour| format!("{hour:02}"));
    format!("{weekday}*-*-* {hour}:{:02}:00", clock.minute)
}

/// systemd.syntax(7): a word in double quotes, where `%` begins a specifier.
fn quoted(word: &str) -> String {
    let word = word.replace('%', "%%");
    if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+:@,=%".contains(&byte)) {
        return word;
    }
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

const SERVICE: &str = "pgtrust-refresh.service";
const TIMER: &str = "pgtrust-refresh.timer";
const DESCRIPTION: &str = "Renew the roots that PostgreSQL clients trust";
const WEEKDAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// What user units can have too. Those of a manager before 254, or where users may make no namespaces, pass over
/// ProtectSystem, ReadWritePaths and PrivateTmp; PrivateUsers would bring them back, but fails the unit where it cannot be.
/// No MemoryDenyWriteExecute: a JVM may be asked where it is.
const HARDENING: &str = "
NoNewPrivileges=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
";

/// What fails in the user's manager, which has no capabilities to drop and no namespaces of its own.
/// Root keeps the capabilities that it needs for stores of other owners, and those that a hook needs for services: some
/// know root by CAP_SYS_ADMIN.
const HARDENING_OF_SYSTEM: &str = "\
CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID
CapabilityBoundingSet=CAP_KILL CAP_SETGID CAP_SETUID CAP_SYS_ADMIN
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
";
