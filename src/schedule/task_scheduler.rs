//! Task Scheduler: a task of the user's or of SYSTEM.

use std::path::PathBuf;

use super::xml::{comment, escaped};
use super::{Error, Host, Job, JobCommand, JobStep, Scheduler, Times};
use crate::system::layout::text_of;
use crate::system::{self, file};

pub(super) static TASK_SCHEDULER: Scheduler = Scheduler {
    name: "task-scheduler",
    summary: "a task of Windows",
    program: "schtasks",
    failures: "the last result of the task `pgtrust-refresh`",
    packages: "it is part of Windows",
    is_here: |host| host.is_this() && host.has("schtasks"),
    written: |host| Ok(file::read(&definition(host))?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())),
    write: |host, job| Ok(JobStep::write(definition(host), text(host, job)?)?.into_iter().collect()),
    start,
    probe: |_| vec![JobCommand::new(&["schtasks", "/Query", "/TN", TASK])],
    disable,
};

fn start(host: &Host<'_>, _: bool) -> Result<Vec<JobCommand>, Error> {
    let file = definition(host);
    Ok(vec![JobCommand::new(&["schtasks", "/Create", "/F", "/TN", TASK, "/XML", text_of(&file)?])])
}

fn disable(host: &Host<'_>) -> Result<Vec<JobStep>, Error> {
    let delete = JobCommand { may_fail: true, ..JobCommand::new(&["schtasks", "/Delete", "/F", "/TN", TASK]) };
    Ok(vec![JobStep::Run(delete), JobStep::Remove(definition(host))])
}

/// The task's definition stays beside what pgtrust keeps: what the scheduler gives back of it is not the same text.
fn definition(host: &Host<'_>) -> PathBuf {
    host.layout.state.join("schedule.xml")
}

/// The Task Scheduler schema, version 1.2.
fn text(host: &Host<'_>, job: &Job) -> Result<String, Error> {
    let (command, arguments) = command(job)?;
    let (command, arguments) = (escaped(&command), escaped(&arguments));
    let principal = if host.system {
        "<UserId>S-1-5-18</UserId>\n      <RunLevel>HighestAvailable</RunLevel>"
    } else {
        "<LogonType>InteractiveToken</LogonType>"
    };
    let triggers = triggers(&job.times)?;
    let record = comment(&job.record);
    Ok(format!(
        r#"<?xml version="1.0"?>
<!-- Written by `pgtrust schedule enable`; `pgtrust schedule disable` removes it. -->
{record}
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Renew the roots that PostgreSQL clients trust</Description>
  </RegistrationInfo>
  <Triggers>
{triggers}  </Triggers>
  <Principals>
    <Principal id="Author">
      {principal}
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <ExecutionTimeLimit>PT2H</ExecutionTimeLimit>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{command}</Command>
      <Arguments>{arguments}</Arguments>
    </Exec>
  </Actions>
</Task>
"#
    ))
}

/// Program and arguments. A task has no variables of its own, so that those that are set need a shell.
fn command(job: &Job) -> Result<(String, String), Error> {
    let quoted = |word: &String| match word {
        _ if word.contains(['"', '%']) => {
            let place = "a task".to_owned();
            Err(system::Error::Unwritable { value: word.clone(), place, what: "`\"` or `%`" })
        }
        _ if word.contains(|c: char| !c.is_ascii_alphanumeric() && !r"\:._-/".contains(c)) => Ok(format!("\"{word}\"")),
        _ => Ok(word.clone()),
    };
    let words: Vec<String> = job.words.iter().map(quoted).collect::<Result<_, _>>()?;
    // Windows sets the folder of the user by itself.
    let variables: Vec<_> = job.variables.iter().filter(|(name, _)| *name != "HOME").collect();
    if variables.is_empty() {
        return Ok((job.words[0].clone(), words[1..].join(" ")));
    }
    let mut line = String::new();
    for (name, value) in variables {
        quoted(value)?;
        line += &format!("set \"{name}={value}\" && ");
    }
    Ok(("cmd.exe".to_owned(), format!("/d /s /c \"{line}{}\"", words.join(" "))))
}

/// A trigger for each start of a day.
fn triggers(times: &Times) -> Result<String, Error> {
    let clock = times.clock(TASK_SCHEDULER.name)?;
    let schedule = match clock.weekday {
        None => "      <ScheduleByDay>\n        <DaysInterval>1</DaysInterval>\n      </ScheduleByDay>\n".to_owned(),
        Some(day) => format!(
            "      <ScheduleByWeek>\n        <WeeksInterval>1</WeeksInterval>\n        \
             <DaysOfWeek><{}/></DaysOfWeek>\n      </ScheduleByWeek>\n",
            WEEKDAYS[usize::from(day)]
        ),
    };
    let trigger = |hour: u8| {
        format!(
            "    <CalendarTrigger>\n      <StartBoundary>2026-01-01T{hour:02}:{:02}:00</StartBoundary>\n      \
             <RandomDelay>PT{}M</RandomDelay>\n{schedule}    </CalendarTrigger>\n",
            clock.minute,
            times.spread()
        )
    };
    Ok(clock.hour.map_or_else(|| (0..24).map(trigger).collect(), trigger))
}

const TASK: &str = "pgtrust-refresh";
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
