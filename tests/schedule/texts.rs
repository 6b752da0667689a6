//! What would be installed where these tests cannot run: the exact text.

use std::path::Path;

use pgtrust::Error;
use pgtrust::layout::{Environment, Layout};
use pgtrust::manifest::Manifest;
use pgtrust::process::Programs;
use pgtrust::schedule::{Machine, Scheduler, Settings, Step};

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
            every: "17 4 * * 1,5",
            file: ("/no/home/Library/LaunchAgents/pgtrust-refresh.plist", include_str!("texts/user.plist")),
            commands: &["launchctl bootstrap gui/501 /no/home/Library/LaunchAgents/pgtrust-refresh.plist"],
        },
        Case {
            scheduler: "launchd",
            system: true,
            every: "*/30 * 1 * *",
            file: ("/Library/LaunchDaemons/pgtrust-refresh.plist", include_str!("texts/system.plist")),
            commands: &["launchctl bootstrap system /Library/LaunchDaemons/pgtrust-refresh.plist"],
        },
        Case {
            scheduler: "task-scheduler",
            system: false,
            every: "17 4 * * 1,5",
            file: ("/no/home/kept/state/schedule.xml", include_str!("texts/user.xml")),
            commands: &["schtasks /Create /F /TN pgtrust-refresh /XML /no/home/kept/state/schedule.xml"],
        },
        Case {
            scheduler: "task-scheduler",
            system: true,
            every: "0 5,17 1,15 * *",
            file: ("/var/lib/pgtrust/state/schedule.xml", include_str!("texts/system.xml")),
            commands: &["schtasks /Create /F /TN pgtrust-refresh /XML /var/lib/pgtrust/state/schedule.xml"],
        },
        Case {
            scheduler: "systemd",
            system: true,
            every: "17 4 * * 1,5",
            file: ("/etc/systemd/system/pgtrust-refresh.service", include_str!("texts/system.service")),
            commands: &["systemctl daemon-reload", "systemctl enable --now pgtrust-refresh.timer"],
        },
    ];
    for Case { scheduler, system, every, file: (path, text), commands } in cases {
        let steps = steps(scheduler, system, every).unwrap();
        let written = steps.iter().find_map(|step| match step {
            Step::Write { path: written, text } if written == Path::new(path) => Some(text.as_str()),
            _ => None,
        });
        assert_eq!(written, Some(text), "{scheduler} {system}: {steps:#?}");
        let run = steps.iter().filter_map(|step| match step {
            Step::Run(command) => Some(command.words.join(" ")),
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
print(agent['ProgramArguments'], agent['EnvironmentVariables']['PGTRUST_HOME'], agent['StartCalendarInterval'][1])
task = {'t': 'http://schemas.microsoft.com/windows/2004/02/mit/task'}
print(tree.parse('user.xml').find('t:Actions/t:Exec/t:Arguments', task).text)
";
    let run = Run::of(home.command(python).args(["-X", "utf8", "-c", script])).expect(0);
    assert_eq!(
        run.stdout,
        "['/opt/a & b/pgtrust', 'refresh', '--metrics', '/var/metrics/ü--x.prom', '--splay', '1h'] /no/home/kept \
         {'Weekday': 5, 'Hour': 4, 'Minute': 17}\n\
         /d /s /c \"set \"PGTRUST_HOME=/no/home/kept\" && \"/opt/a & b/pgtrust\" refresh --metrics \
         \"/var/metrics/ü--x.prom\"\"\n"
    );
}

#[test]
fn times_that_a_scheduler_cannot_say_are_refused() {
    let cases = [
        ("launchd", "5 4 */2 * 1", "not both at once"),
        ("launchd", "*/2 1-23 1-30 * *", "too many"),
        ("task-scheduler", "5 4 */2 * 1", "not both at once"),
        ("task-scheduler", "*/5 * * * *", "48 starts a day"),
    ];
    for (scheduler, every, reason) in cases {
        let error = steps(scheduler, false, every).unwrap_err();
        assert!(error.to_string().contains(reason) && error.hint().is_some(), "{error}");
    }
    for scheduler in ["launchd", "task-scheduler"] {
        for every in ["5 4 1,15 * 1", "*/30 * * * *", "0 0 * 2 *", "0 0 * 2 1"] {
            steps(scheduler, false, every).unwrap();
        }
    }
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

fn steps(scheduler: &str, system: bool, every: &str) -> Result<Vec<Step>, Error> {
    let environment = Environment {
        home: Some("/no/home".into()),
        pgtrust_home: Some("/no/home/kept".into()),
        ..Environment::default()
    };
    let (root, programs) = (Path::new("/"), Programs::default());
    let machine = Machine {
        environment: &environment,
        root,
        layout: &if system { Layout::of_system(root) } else { Layout::of_user(&environment)? },
        programs: &programs,
        program: Path::new("/opt/a & b/pgtrust"),
        user: 501,
        system,
    };
    let settings = Settings { every: every.parse().unwrap(), metrics: Some("/var/metrics/ü--x.prom".into()) };
    Scheduler::named(scheduler).unwrap().enable(&machine, &Manifest::default(), &settings)
}
