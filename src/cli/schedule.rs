//! `pgtrust schedule`

use std::path::Path;

use pgtrust::Machine;
use pgtrust::schedule::{self, Every, Host, JobSettings, JobStep, SCHEDULERS, Scheduler};
use serde::Serialize;

use super::args::{Schedule, ScheduleAction, ScheduleEnable};
use super::ui::{self, Failure};
use super::{Status, context};

pub(crate) fn run(machine: &Machine<'_>, args: &Schedule) -> Result<Status, Failure> {
    if args.user && machine.system {
        let message = "`--user` and `--system` exclude each other".to_owned();
        return Err(Failure::Usage { message, hint: "leave one of them out".to_owned() });
    }
    machine.refuse_shared_settings()?;
    let programs = machine.programs().found_in(&context::search_path());
    let program = schedule::stable_program(&context::program()?, &programs);
    let host = Host {
        environment: &machine.environment,
        root: machine.root(),
        layout: machine.layout()?,
        programs: &programs,
        program: &program,
        user: user(),
        system: machine.system,
    };
    match &args.action {
        ScheduleAction::Enable(enabling) => enable(machine, &host, enabling, args.json),
        ScheduleAction::Disable(disabling) => disable(&host, disabling.dry_run, args.json),
        ScheduleAction::Status => status(machine, &host, args.json),
    }
}

fn enable(machine: &Machine<'_>, host: &Host<'_>, args: &ScheduleEnable, json: bool) -> Result<Status, Failure> {
    let manifest = machine.manifest()?;
    let before = scheduled(host)?;
    let named = args.via.as_deref().and_then(Scheduler::named);
    let known = before.first().map(|(scheduler, _)| *scheduler);
    let scheduler = named.or(known).map_or_else(|| Scheduler::of(host), Ok)?;
    let kept = before.into_iter().next().map(|(_, settings)| settings);
    let (every, metrics, on_failure) =
        kept.map_or((Every::Daily, None, None), |kept| (kept.every, kept.metrics, kept.on_failure));
    let is_systemd = scheduler.name == "systemd";
    if args.on_failure.is_some() && !is_systemd {
        let message = format!("`{}` starts no unit when a run fails", scheduler.name);
        return Err(Failure::Usage { message, hint: format!("failures go elsewhere: {}", scheduler.failures) });
    }
    let settings = JobSettings {
        every: args.every.clone().unwrap_or(every),
        metrics: args
            .metrics
            .as_deref()
            .map(|file| std::path::absolute(file).unwrap_or_else(|_| file.to_owned()))
            .or(metrics),
        on_failure: args.on_failure.clone().or(on_failure).filter(|_| is_systemd),
    };
    let mut steps = scheduler.enable(host, &manifest, &settings)?;
    let is_new = !steps.is_empty();
    // Only then: at no time is nothing scheduled.
    for other in SCHEDULERS.iter().filter(|other| other.name != scheduler.name) {
        steps.extend(other.disable(host)?);
    }
    let job = ShownJob::new(host, scheduler, &settings);
    carry_out(host, args.dry_run, &steps)?;
    let outcome = match (steps.is_empty(), args.dry_run) {
        (true, _) => "scheduled already",
        (false, true) => "would be scheduled",
        (false, false) => "scheduled",
    };
    if json {
        ui::json(&Shown { dry_run: args.dry_run, schedule: Some(job), steps: shown_steps(&steps) })?;
    } else {
        ui::data(&format!("{}: {outcome} for {}: {}", scheduler.name, host.whom(), job.when()))?;
        show(&steps, args.dry_run)?;
    }
    if manifest.sources().is_empty() && manifest.targets().is_empty() {
        ui::warning("the manifest keeps nothing yet, so that there is nothing to refresh");
        ui::hint("`pgtrust install azure`, or another provider; then run this again");
    }
    if let (true, Some(proxy)) = (is_new, context::proxy_variable()) {
        ui::warning(&format!("`{proxy}` is set here and not in the job, because it may hold a password"));
        ui::hint(
            "set it where the job finds it: in a line of the crontab, or by `systemctl edit pgtrust-refresh.service`",
        );
    }
    if is_new {
        show_failures(scheduler, &settings);
    }
    if is_new && is_systemd && !host.system {
        ui::hint("a user's timer runs while the user is logged in; `loginctl enable-linger` lets it run always");
    }
    Ok(Status::Done)
}

/// Says where a run that fails is heard.
fn show_failures(scheduler: &Scheduler, settings: &JobSettings) {
    match &settings.on_failure {
        Some(unit) => ui::hint(&format!("when a run fails or needs a person, systemd starts `{unit}`")),
        None => ui::hint(&format!("where failures go: {}", scheduler.failures)),
    }
}

fn disable(host: &Host<'_>, dry_run: bool, json: bool) -> Result<Status, Failure> {
    let mut steps = Vec::new();
    for scheduler in SCHEDULERS {
        steps.extend(scheduler.disable(host)?);
    }
    carry_out(host, dry_run, &steps)?;
    let outcome = match (steps.is_empty(), dry_run) {
        (true, _) => "was not scheduled",
        (false, true) => "would no longer be scheduled",
        (false, false) => "no longer scheduled",
    };
    if json {
        ui::json(&Shown { dry_run, schedule: None, steps: shown_steps(&steps) })?;
    } else {
        ui::data(&format!("{outcome} for {}", host.whom()))?;
        show(&steps, dry_run)?;
    }
    Ok(Status::Done)
}

fn status(machine: &Machine<'_>, host: &Host<'_>, json: bool) -> Result<Status, Failure> {
    let manifest = machine.manifest()?;
    let mut schedules = Vec::new();
    for (scheduler, settings) in scheduled(host)? {
        let job = ShownJob::new(host, scheduler, &settings);
        let problem = match scheduler.enable(host, &manifest, &settings) {
            Err(error) => Some(error.to_string()),
            Ok(steps)
                if steps.iter().any(|step| !matches!(step, JobStep::Run(command) if command.lines.is_empty())) =>
            {
                Some("what is written no longer fits this program, its folders or the stores that it serves".to_owned())
            }
            Ok(_) => scheduler.probe(host).err().map(|error| format!("it is written and does not run: {error}")),
        };
        schedules.push(ShownSchedule { job, problem });
    }
    if json {
        ui::json(&ShownStatus { enabled: !schedules.is_empty(), schedules: &schedules })?;
    } else if schedules.is_empty() {
        ui::data(&format!("not scheduled for {}", host.whom()))?;
        ui::hint(&format!("`{}`", enabling(machine)));
    } else {
        for ShownSchedule { job, problem } in &schedules {
            ui::data(&format!("{}: scheduled for {}: {}", job.scheduler, host.whom(), job.when()))?;
            if let Some(problem) = problem {
                ui::warning(&format!("{}: {problem}", job.scheduler));
                ui::hint(&format!("`{}` writes it anew", enabling(machine)));
            }
        }
    }
    let good = !schedules.is_empty() && schedules.iter().all(|found| found.problem.is_none());
    Ok(if good { Status::Done } else { Status::Found })
}

/// The command that schedules the job of the same machine or user.
fn enabling(machine: &Machine<'_>) -> String {
    match (machine.is_image(), machine.system) {
        (true, _) => format!("pgtrust --root {} schedule enable", machine.root().display()),
        (false, true) => "pgtrust --system schedule enable".to_owned(),
        (false, false) => "pgtrust schedule enable".to_owned(),
    }
}

fn carry_out(host: &Host<'_>, dry_run: bool, steps: &[JobStep]) -> Result<(), Failure> {
    if !dry_run {
        for error in schedule::apply(steps, host.programs)? {
            ui::warning(&error.to_string());
        }
    }
    Ok(())
}

/// The job at every scheduler that has it.
fn scheduled(host: &Host<'_>) -> Result<Vec<(&'static Scheduler, JobSettings)>, Failure> {
    let mut found = Vec::new();
    for scheduler in SCHEDULERS {
        found.extend(scheduler.settings(host)?.map(|settings| (*scheduler, settings)));
    }
    Ok(found)
}

#[derive(Serialize)]
struct ShownJob {
    scheduler: &'static str,
    every: String,
    cron: String,
    spread_minutes: u16,
    metrics: Option<String>,
    on_failure: Option<String>,
    failures: &'static str,
}

impl ShownJob {
    fn new(host: &Host<'_>, scheduler: &Scheduler, settings: &JobSettings) -> Self {
        let times = host.times(&settings.every);
        Self {
            scheduler: scheduler.name,
            every: settings.every.to_string(),
            cron: times.to_string(),
            spread_minutes: times.spread(),
            metrics: settings.metrics.as_ref().map(|file| file.display().to_string()),
            on_failure: settings.on_failure.as_ref().map(ToString::to_string),
            failures: scheduler.failures,
        }
    }

    fn when(&self) -> String {
        let Self { every, cron, .. } = self;
        let times = if every == cron { cron.clone() } else { format!("{every} ({cron})") };
        match self.spread_minutes {
            0 => times,
            minutes => format!("{times}, spread over {}", ui::count(minutes.into(), "minute")),
        }
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    dry_run: bool,
    /// The job; None once it is removed.
    schedule: Option<ShownJob>,
    steps: Vec<ShownStep<'a>>,
}

#[derive(Serialize)]
struct ShownStatus<'a> {
    enabled: bool,
    schedules: &'a [ShownSchedule],
}

#[derive(Serialize)]
struct ShownSchedule {
    #[serde(flatten)]
    job: ShownJob,
    problem: Option<String>,
}

#[derive(Serialize)]
#[serde(tag = "action", rename_all = "lowercase")]
enum ShownStep<'a> {
    Folder { path: String },
    Remove { path: String },
    Run { command: &'a [String], lines: Vec<String> },
    Write { path: String, text: &'a str },
}

fn shown_steps(steps: &[JobStep]) -> Vec<ShownStep<'_>> {
    let path = |path: &Path| path.display().to_string();
    let shown = steps.iter().map(|step| match step {
        JobStep::Folder(folder) => ShownStep::Folder { path: path(folder) },
        JobStep::Remove(file) => ShownStep::Remove { path: path(file) },
        JobStep::Run(command) => ShownStep::Run { command: &command.words, lines: lines(command) },
        JobStep::Write { path: file, text } => ShownStep::Write { path: path(file), text },
    });
    shown.collect()
}

/// The steps; what is written only where nothing is, because it can be read there afterwards.
fn show(steps: &[JobStep], dry_run: bool) -> Result<(), Failure> {
    let indented = |line: &str| if line.is_empty() { Ok(()) } else { ui::data(&format!("    {line}")) };
    for step in steps {
        match step {
            JobStep::Folder(path) => ui::data(&format!("  folder {}", path.display()))?,
            JobStep::Remove(path) => ui::data(&format!("  remove {}", path.display()))?,
            JobStep::Run(command) => {
                ui::data(&format!("  run {}", command.words.join(" ")))?;
                lines(command).iter().try_for_each(|line| indented(line))?;
            }
            JobStep::Write { path, text } => {
                ui::data(&format!("  write {}", path.display()))?;
                if dry_run {
                    text.lines().try_for_each(indented)?;
                }
            }
        }
    }
    Ok(())
}

fn lines(command: &schedule::JobCommand) -> Vec<String> {
    command.lines.iter().map(|(sign, line)| format!("{sign} {line}")).collect()
}

/// The number by which launchd knows the user.
fn user() -> u32 {
    #[cfg(unix)]
    return rustix::process::getuid().as_raw();
    #[cfg(not(unix))]
    return 0;
}
