//! What would be installed where these tests cannot run: the exact text.

use std::path::Path;

use pgtrust::schedule::{Host, JobSettings, JobStep, Scheduler};
use pgtrust::{Environment, Error, Layout, Manifest, Programs};

use super::{calls, stand_in};
use crate::support::pgtrust::{Home, Run};
use crate::support::tools;

struct Case {
    scheduler: &'static str,
    system: bool,
    every: &'static str,
    /// The file, and what is to be in it.
    file: (&'static str, &'static str),
    commands: &'static [&'static str],
}

#[test]
fn files_and_commands_are_these() {
    let cases = [
        Case {
            scheduler: "launchd",
            system: false,
            every: "04:17",
            file: ("/no/home/Library/LaunchAgents/pgtrust-refresh.plist", include_str!("texts/user.plist")),
            commands: &["launchctl bootstrap gui/501 /no/home/Library/LaunchAgents/pgtrust-refresh.plist"],
        },
        Case {
            scheduler: "launchd",
            system: true,
            every: "23:05",
            file: ("/Library/LaunchDaemons/pgtrust-refresh.plist", include_str!("texts/system.plist")),
            commands: &["launchctl bootstrap system /Library/LaunchDaemons/pgtrust-refresh.plist"],
        },
        Case {
            scheduler: "task-scheduler",
            system: false,
            every: "04:17",
            file: ("/no/home/kept/state/schedule.xml", include_str!("texts/user.xml")),
            commands: &["schtasks /Create /F /TN pgtrust-refresh /XML /no/home/kept/state/schedule.xml"],
        },
        Case {
            scheduler: "task-scheduler",
            system: true,
            every: "05:00",
            file: ("/var/lib/pgtrust/state/schedule.xml", include_str!("texts/system.xml")),
            commands: &["schtasks /Create /F /TN pgtrust-refresh /XML /var/lib/pgtrust/state/schedule.xml"],
        },
        Case {
            scheduler: "systemd",
            system: true,
            every: "04:17",
            file: ("/etc/systemd/system/pgtrust-refresh.service", include_str!("texts/system.service")),
            commands: &["systemctl daemon-reload", "systemctl enable --now pgtrust-refresh.timer"],
        },
    ];
    for Case { scheduler, system, every, file: (path, text), commands } in cases {
        let steps = steps(scheduler, system, every).unwrap();
        let written = steps.iter().find_map(|step| match step {
            JobStep::Write { path: written, text } if written == Path::new(path) => Some(text.as_str()),
            _ => None,
        });
        assert_eq!(written, Some(text), "{scheduler} {system}: {steps:#?}");
        let run = steps.iter().filter_map(|step| match step {
            JobStep::Run(command) => Some(command.words.join(" ")),
            _ => None,
        });
        assert_eq!(run.collect::<Vec<_>>(), commands, "{scheduler} {system}");
    }
}

/// Another reader of plists and XML finds the same in them.
#[test]
fn python_reads_the_texts() {
    let Some(python) = tools::python() else { return };
    let home = Home::new();
    home.write("user.plist", include_str!("texts/user.plist"));
    home.write("user.xml", include_str!("texts/user.xml"));
    let script = "
import plistlib, xml.etree.ElementTree as tree
agent = plistlib.load(open('user.plist', 'rb'))
print(agent['ProgramArguments'], agent['EnvironmentVariables']['PGTRUST_HOME'], agent['StartCalendarInterval'][0])
task = {'t': 'http://schemas.microsoft.com/windows/2004/02/mit/task'}
print(tree.parse('user.xml').find('t:Actions/t:Exec/t:Arguments', task).text)
";
    let run = Run::of(home.command(python).args(["-X", "utf8", "-c", script])).expect(0);
    assert_eq!(
        run.stdout,
        "['/opt/a & b/pgtrust', 'refresh', '--metrics', '/var/metrics/ü--x.prom', '--splay', '1h'] /no/home/kept \
         {'Hour': 4, 'Minute': 17}\n\
         /d /s /c \"set \"PGTRUST_HOME=/no/home/kept\" && \"/opt/a & b/pgtrust\" refresh --metrics \
         \"/var/metrics/ü--x.prom\"\"\n"
    );
}

/// A minute, an hour and a weekday of this machine's own, the same for all schedulers.
#[test]
fn hourly_and_weekly_are_named_to_each_scheduler() {
    const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
    let text = |scheduler: &str, every: &str| {
        let mut written = steps(scheduler, false, every).unwrap().into_iter().filter_map(|step| match step {
            JobStep::Write { text, .. } => Some(text),
            _ => None,
        });
        written.next_back().unwrap()
    };
    let plist = text("launchd", "weekly");
    let value = |key: &str| {
        let rest = plist.split_once(&format!("<key>{key}</key>\n      <integer>")).unwrap().1;
        rest.split_once('<').unwrap().0.parse::<usize>().unwrap()
    };
    let (day, hour, minute) = (DAYS[value("Weekday")], value("Hour"), value("Minute"));

    let timer = text("systemd", "weekly");
    assert!(timer.contains(&format!("\nOnCalendar={} *-*-* {hour:02}:{minute:02}:00\n", &day[..3])), "{timer}");
    let task = text("task-scheduler", "weekly");
    assert!(task.contains(&format!("<DaysOfWeek><{day}/></DaysOfWeek>")), "{task}");
    assert!(task.contains(&format!("-01T{hour:02}:{minute:02}:00<")), "{task}");

    let plist = text("launchd", "hourly");
    assert!(plist.contains(&format!("<dict>\n      <key>Minute</key>\n      <integer>{minute}<")), "{plist}");
    let timer = text("systemd", "hourly");
    assert!(timer.contains(&format!("\nOnCalendar=*-*-* *:{minute:02}:00\nRandomizedDelaySec=15min\n")), "{timer}");
    let task = text("task-scheduler", "hourly");
    let starts: Vec<&str> =
        task.lines().filter_map(|line| line.split_once("-01T")).map(|(_, time)| &time[..5]).collect();
    assert_eq!(starts, (0..24).map(|hour| format!("{hour:02}:{minute:02}")).collect::<Vec<_>>(), "{task}");
    assert_eq!(task.matches("<RandomDelay>PT15M</RandomDelay>").count(), 24, "{task}");
}

/// With stand-ins for the commands of other systems.
#[test]
fn other_schedulers_are_called_once_and_undone() {
    for (scheduler, program, file) in [
        ("launchd", "launchctl", "Library/LaunchAgents/pgtrust-refresh.plist"),
        ("task-scheduler", "schtasks", ".local/state/pgtrust/schedule.xml"),
    ] {
        let mut home = Home::new();
        stand_in(&home, program);
        home.set("PATH", home.path().join("bin"));
        home.pgtrust(&["schedule", "enable", "--via", scheduler]).expect(0);
        assert!(home.path().join(file).exists());
        assert_eq!(calls(&home).len(), 1);
        home.pgtrust(&["schedule", "status"]).expect(0);
        home.pgtrust(&["schedule", "enable", "--every", "hourly"]).expect(0);
        // What asks, what takes the old one away for launchd, and what brings the new one.
        let called = calls(&home);
        assert!(
            called.last().unwrap().contains(if program == "launchctl" { "bootstrap" } else { "/Create" }),
            "{called:?}"
        );
        home.pgtrust(&["schedule", "disable"]).expect(0);
        assert!(!home.path().join(file).exists());
        let called = calls(&home);
        assert!(
            called.len() == 1 && called[0].contains(if program == "launchctl" { "bootout" } else { "/Delete" }),
            "{called:?}"
        );
    }
}

fn steps(scheduler: &str, system: bool, every: &str) -> Result<Vec<JobStep>, Error> {
    let environment = Environment {
        home: Some("/no/home".into()),
        pgtrust_home: Some("/no/home/kept".into()),
        ..Environment::default()
    };
    let (root, programs) = (Path::new("/"), Programs::on(""));
    let host = Host {
        environment: &environment,
        root,
        layout: &if system { Layout::of_system(root) } else { Layout::of_user(&environment)? },
        programs: &programs,
        program: Path::new("/opt/a & b/pgtrust"),
        user: 501,
        system,
    };
    let settings =
        JobSettings {
            every: every.parse().unwrap(), metrics: Some("/var/metrics/ü--x.prom".into()), on_failure: None
        };
    Ok(Scheduler::named(scheduler).unwrap().enable(&host, &Manifest::default(), &settings)?)
}
