//! Task Scheduler: a task of the user's or of SYSTEM.

use std::path::PathBuf;

use super::xml::{comment, escaped};
use super::{Command, Days, Job, Machine, Problem, Scheduler, Step, Times};
use crate::schedule::Error;
use crate::system;
use crate::system::file;
use crate::system::layout::text_of;

pub(super) static TASK_SCHEDULER: Scheduler = Scheduler {
    name: "task-scheduler",
    summary: "a task of Windows",
    program: "schtasks",
    packages: "it is part of Windows",
    is_here: |machine| machine.is_this() && machine.has("schtasks"),
    written: |machine| Ok(file::read(&definition(machine))?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned())),
    write: |machine, job| Ok(Step::write(definition(machine), text(machine, job)?)?.into_iter().collect()),
    start,
    probe: |_| vec![Command::new(&["schtasks", "/Query", "/TN", TASK])],
    disable,
};

fn start(machine: &Machine<'_>, _: bool) -> Result<Vec<Command>, Error> {
    let file = definition(machine);
    Ok(vec![Command::new(&["schtasks", "/Create", "/F", "/TN", TASK, "/XML", text_of(&file)?])])
}

fn disable(machine: &Machine<'_>) -> Result<Vec<Step>, Error> {
    let delete = Command { may_fail: true, ..Command::new(&["schtasks", "/Delete", "/F", "/TN", TASK]) };
    Ok(vec![Step::Run(delete), Step::Remove(definition(machine))])
}

/// The task's definition stays beside what pgtrust keeps: what the scheduler gives back of it is not the same text.
fn definition(machine: &Machine<'_>) -> PathBuf {
    machine.layout.state.join("schedule.xml")
}

/// The Task Scheduler schema, version 1.2.
fn text(machine: &Machine<'_>, job: &Job) -> Result<String, Error> {
    let (command, arguments) = command(job)?;
    let (command, arguments) = (escaped(&command), escaped(&arguments));
    let principal = if machine.system {
        "<UserId>S-1-5-18</UserId>\n      <RunLevel>HighestAvailable</RunLevel>"
    } else {
        "<LogonType>InteractiveToken</LogonType>"
    };
    let triggers: String = triggers(&job.times)?.concat();
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
fn triggers(times: &Times) -> Result<Vec<String>, Problem> {
    let unsayable = |reason| Problem::Unsayable { times: times.to_string(), scheduler: TASK_SCHEDULER.name, reason };
    let all_hours: Vec<u8> = (0..24).collect();
    let mut triggers = Vec::new();
    for days in times.days() {
        let days = schedule(times, &days).map_err(unsayable)?;
        for hour in times.hours().unwrap_or(&all_hours) {
            for minute in times.minutes() {
                let delay = match times.spread() {
                    0 => String::new(),
                    minutes => format!("      <RandomDelay>PT{minutes}M</RandomDelay>\n"),
                };
                triggers.push(format!(
                    "    <CalendarTrigger>\n      <StartBoundary>2026-01-01T{hour:02}:{minute:02}:00</StartBoundary>\n\
                     {delay}{days}    </CalendarTrigger>\n"
                ));
            }
        }
    }
    if triggers.len() > MAX_TRIGGERS { Err(unsayable("it takes 48 starts a day at most")) } else { Ok(triggers) }
}

/// The days, as an element of a trigger.
fn schedule(times: &Times, days: &Days) -> Result<String, &'static str> {
    let element = |name: &str, content: &str| format!("      <{name}>\n{content}      </{name}>\n");
    let every_month: Vec<u8> = (1..=12).collect();
    let months = times.months().unwrap_or(&every_month);
    let months: String = months.iter().map(|month| format!("<{}/>", MONTHS[usize::from(*month) - 1])).collect();
    let months = format!("        <Months>{months}</Months>\n");
    let names = |days: &[u8]| days.iter().map(|day| format!("<{}/>", WEEKDAYS[usize::from(*day)])).collect::<String>();
    let numbers = |days: &[u8]| days.iter().map(|day| format!("<Day>{day}</Day>")).collect::<String>();
    Ok(match (&days.of_month, &days.of_week) {
        (Some(_), Some(_)) => return Err("it takes days of the month or of the week, and not both at once"),
        (None, None) if times.months().is_none() => {
            element("ScheduleByDay", "        <DaysInterval>1</DaysInterval>\n")
        }
        (None, Some(week)) if times.months().is_none() => {
            let days =
                format!("        <WeeksInterval>1</WeeksInterval>\n        <DaysOfWeek>{}</DaysOfWeek>\n", names(week));
            element("ScheduleByWeek", &days)
        }
        (None, Some(week)) => {
            let weeks: String = (1..=4).map(|week| format!("<Week>{week}</Week>")).collect();
            let days = format!(
                "        <Weeks>{weeks}<Week>Last</Week></Weeks>\n        <DaysOfWeek>{}</DaysOfWeek>\n",
                names(week)
            );
            element("ScheduleByMonthDayOfWeek", &(days + &months))
        }
        (of_month, None) => {
            let every_day: Vec<u8> = (1..=31).collect();
            let days = numbers(of_month.as_deref().unwrap_or(&every_day));
            element("ScheduleByMonth", &(format!("        <DaysOfMonth>{days}</DaysOfMonth>\n") + &months))
        }
    })
}

const TASK: &str = "pgtrust-refresh";
/// More make the scheduler refuse the task.
const MAX_TRIGGERS: usize = 48;
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
