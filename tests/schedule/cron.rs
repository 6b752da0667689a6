//! Debian's cron.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use super::apart::Apart;
use crate::support::pgtrust::{Provider, Run};
use crate::support::pki::Authority;

/// Lines of others, with what a careless program would change in them.
const OTHERS: &str =
    "# m h  dom mon dow   command\n\nMAILTO=\"\"\n*/5 * * * *\techo 100\\% # pgtrust refresh\n@reboot   true  \n";

#[test]
fn other_lines_stay_and_a_second_run_changes_nothing() {
    let Some(apart) = Apart::new() else { return };
    for others in ["", OTHERS] {
        if !others.is_empty() {
            apart.install(others);
        }
        let asked = apart.pgtrust(&["schedule", "enable", "--via", "cron", "--dry-run"]).expect(0);
        assert_eq!(apart.crontab(), others, "{asked}");
        let enabled = apart.pgtrust(&["schedule", "enable", "--via", "cron"]).expect(0);
        let crontab = apart.crontab();
        let line = crontab.strip_prefix(others).unwrap();
        assert_eq!(line.lines().count(), 1, "{crontab}");
        assert!(line.ends_with("refresh --splay 1h # pgtrust refresh {\"every\":\"daily\"}\n"), "{crontab}");
        assert!(
            asked.stdout.contains(&format!("+ {line}")) && enabled.stdout.contains(&format!("+ {line}")),
            "{asked}"
        );

        let again = apart.pgtrust(&["schedule", "enable"]).expect(0);
        assert!(again.stdout.starts_with("cron: scheduled already"), "{again}");
        assert_eq!(apart.crontab(), crontab);
        apart.pgtrust(&["schedule", "status"]).expect(0);

        apart.pgtrust(&["schedule", "enable", "--every", "hourly", "--metrics", "50 % done.prom"]).expect(0);
        let hourly = apart.crontab();
        assert!(hourly.contains("refresh --metrics '") && hourly.contains("50 \\% done.prom' --splay 15m"), "{hourly}");
        // What is not said stays.
        apart.pgtrust(&["schedule", "enable"]).expect(0);
        assert_eq!(apart.crontab(), hourly);

        apart.pgtrust(&["schedule", "disable"]).expect(0);
        assert_eq!(apart.crontab(), others);
        let status = apart.pgtrust(&["schedule", "status"]).expect(1);
        assert_eq!(status.stdout, "not scheduled for this user\n");
        apart.pgtrust(&["schedule", "disable"]).expect(0);
        assert_eq!(apart.crontab(), others);
    }
}

#[test]
fn a_line_that_no_longer_fits_is_told_and_written_anew() {
    let Some(mut apart) = Apart::new() else { return };
    apart.pgtrust(&["schedule", "enable", "--via", "cron"]).expect(0);
    let before = apart.crontab();
    apart.home.set("PGTRUST_HOME", apart.home.path().join("elsewhere"));
    let status = apart.pgtrust(&["schedule", "status"]).expect(1);
    assert!(status.stderr.contains("no longer fits"), "{status}");
    apart.pgtrust(&["schedule", "enable"]).expect(0);
    let after = apart.crontab();
    assert!(after != before && after.lines().count() == 1, "{after}");
    let status = apart.pgtrust(&["schedule", "status", "--json"]).expect(0).json();
    assert_eq!(status["schedules"][0]["problem"], serde_json::Value::Null, "{status}");
    assert_eq!(status["schedules"][0]["every"], "daily", "{status}");
}

#[test]
fn fields_go_to_cron_as_they_are() {
    let Some(apart) = Apart::new() else { return };
    let enable = |every: &str| apart.pgtrust(&["schedule", "enable", "--via", "cron", "--every", every]);
    for fields in ["*/5,3 1-7/2 * jan-mar,12 Sun", "00 5 */2 * 1-5", "5 4 13 * */5", "59 23 31 12 7"] {
        enable(fields).expect(0);
        let crontab = apart.crontab();
        assert!(crontab.starts_with(&format!("{fields} HOME=")), "{crontab}");
        // Known again from what is written.
        let again = apart.pgtrust(&["schedule", "enable"]).expect(0);
        assert!(again.stdout.starts_with(&format!("cron: scheduled already for this user: {fields}")), "{again}");
    }
    let before = apart.crontab();
    for fields in ["*/0 * * * *", "* * * foo *", "1, * * * *"] {
        let run = enable(fields).expect(2);
        assert!(run.stderr.starts_with("error: `crontab"), "{run}");
        assert_eq!(apart.crontab(), before);
    }
}

/// A cron whose clock runs 60 times as fast, so that its minute is a second. The job's own clock is the machine's.
#[test]
fn cron_runs_the_job() {
    for system in [false, true] {
        let Some(mut apart) = Apart::new() else { return };
        apart.home.set("PGTRUST_HOME", apart.home.path().join("it's 50% #ü $HOME \""));
        apart.home.add_provider(&Provider::new("scheduled").root(&Authority::root("Scheduled Root").certificate));
        apart.home.pgtrust(&["fetch", "scheduled"]).expect(0);
        Run::of(apart.home.command("mkfifo").arg("done")).expect(0);
        // Tells the end of a job and how it ended. What this machine keeps is not the test's: that job is only told.
        let run = if system { "" } else { "/bin/sh \"$@\" > out 2>&1" };
        let shell = format!("#!/bin/sh\ncd \"${{0%/*}}\"\n{run}\necho \"$? $2\" > done\n");
        let shell = apart.home.write("shell", shell);
        fs::set_permissions(&shell, fs::Permissions::from_mode(0o755)).unwrap();
        let environment = format!("SHELL={}\n", shell.display());
        apart.install(&environment);
        let enable = ["schedule", "enable", "--via", "cron", "--every", "* * * * *"];
        if system {
            apart.pgtrust(&[&enable[..], &["--system"]].concat()).expect(0);
            let file = apart.home.path().join("cron.d/pgtrust");
            let text = fs::read_to_string(&file).unwrap();
            fs::write(file, environment + &text).unwrap();
        } else {
            apart.pgtrust(&enable).expect(0);
        }
        let mut daemon = apart.command("faketime", &["-f", "+0 x60", "cron", "-f"]);
        daemon.env("PATH", format!("{}:/usr/sbin", std::env::var("PATH").unwrap())).stderr(Stdio::null());
        let mut daemon = daemon.spawn().unwrap();
        let told = Run::of(apart.home.command("timeout").args(["60", "cat", "done"]));
        daemon.kill().unwrap();
        daemon.wait().unwrap();
        let out = fs::read_to_string(apart.home.path().join("out")).unwrap_or_default();
        // Without the variable nothing would be kept, which is an error.
        let command = if system { "/pgtrust --system refresh # " } else { "/pgtrust refresh # " };
        assert!(told.stdout.starts_with("0 HOME=") && told.stdout.contains(command), "{told}\n{out}");
    }
}
