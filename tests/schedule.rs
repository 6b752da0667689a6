//! `pgtrust schedule`: cron, systemd's own tools and their texts judge what it writes.

pub(crate) mod apart;
mod cron;
mod systemd;
mod texts;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::pgtrust::Home;
use crate::support::tools;

#[test]
fn what_the_machine_has_is_chosen() {
    let cases: [(&[&str], bool, Option<&str>); 7] = [
        (&["systemctl", "crontab"], true, Some("systemd")),
        (&["systemctl", "crontab"], false, Some("cron")),
        (&["systemctl"], false, None),
        (&["crontab"], true, Some("cron")),
        (&["launchctl", "crontab"], false, Some("launchd")),
        (&["schtasks"], false, Some("task-scheduler")),
        (&[], false, None),
    ];
    for (programs, manager, scheduler) in cases {
        let mut home = Home::new();
        for program in programs {
            stand_in(&home, program);
        }
        home.set("PATH", format!("{0}:/usr/bin/../no/such/folder", home.path().join("bin").display()));
        if manager {
            let run = home.write("run/systemd/private", "");
            home.set("XDG_RUNTIME_DIR", run.parent().unwrap().parent().unwrap());
        }
        let run = home.pgtrust(&["schedule", "enable", "--dry-run"]);
        match scheduler {
            Some(name) => assert!(run.status == 0 && run.stdout.starts_with(&format!("{name}: would")), "{run}"),
            None => assert!(run.status == 2 && run.stderr.contains("nothing is found here that runs jobs"), "{run}"),
        }
    }
}

#[test]
fn times_that_cannot_be_understood_are_usage_errors() {
    let home = Home::new();
    let wrong = [
        "",
        "monthly",
        "24:00",
        "4:3",
        "04:30:00",
        "* * * *",
        "* * * * * *",
        "60 * * * *",
        "0 0 32 * *",
        "# * * * *",
        "A=b 1 2 3 4",
        "* * * * *\n",
        "* * * * %",
    ];
    for every in wrong {
        let run = home.pgtrust(&["schedule", "enable", "--dry-run", "--via", "cron", "--every", every]).expect(2);
        assert!(run.stderr.contains("is not a schedule") || every.is_empty(), "{run}");
    }
    let both = home.pgtrust(&["schedule", "enable", "--user", "--system"]).expect(2);
    assert!(both.stderr.contains("exclude each other"), "{both}");
}

#[test]
fn fields_of_a_crontab_are_for_cron_alone() {
    let mut home = Home::new();
    home.set("PATH", home.path().join("bin"));
    let enable = ["schedule", "enable", "--dry-run", "--every", "30 5 * * 1-5"];
    for via in ["systemd", "launchd", "task-scheduler"] {
        let run = home.pgtrust(&[&enable[..], &["--via", via]].concat()).expect(2);
        let error = format!("error: `30 5 * * 1-5` is for cron, and {via} does not take it\n");
        assert!(run.stderr.starts_with(&error) && run.stderr.contains("or `--via cron`"), "{run}");
    }
    // What the machine has is chosen first.
    stand_in(&home, "crontab");
    assert!(home.pgtrust(&enable).expect(0).stdout.contains("+ 30 5 * * 1-5 HOME="));
    stand_in(&home, "launchctl");
    home.pgtrust(&enable).expect(2);
    assert!(home.pgtrust(&[&enable[..], &["--via", "cron"]].concat()).expect(0).stdout.starts_with("cron: would"));
}

#[test]
fn a_proxy_that_the_job_will_not_have_is_told_without_its_password() {
    let mut home = Home::new();
    home.set("HTTPS_PROXY", "http://me:secret@proxy.example:3128");
    let run = home.pgtrust(&["schedule", "enable", "--via", "systemd", "--dry-run"]).expect(0);
    assert!(run.stderr.contains("warning: `HTTPS_PROXY` is set here and not in the job"), "{run}");
    assert!(!format!("{run}").contains("secret"), "{run}");
}

/// What `sudo` with the user's HOME would do.
#[test]
fn root_schedules_nothing_in_the_home_of_another_user() {
    let home = Home::new();
    if std::os::unix::fs::chown(home.path(), Some(65534), Some(65534)).is_err() {
        tools::report("skipped: root_schedules_nothing_in_the_home_of_another_user: this user may not chown");
        return;
    }
    for via in ["cron", "systemd"] {
        let run = home.pgtrust(&["schedule", "enable", "--via", via]).expect(2);
        assert!(run.stderr.contains("belongs to `nobody`") && run.stderr.contains("`--system`"), "{run}");
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

/// A program in the home's `bin` that writes down how it is called, and does nothing.
fn stand_in(home: &Home, name: &str) {
    let program = home.write(&format!("bin/{name}"), "#!/bin/sh\necho \"${0##*/} $*\" >> \"$HOME/calls\"\n");
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What the stand-ins were called with, since the last time.
fn calls(home: &Home) -> Vec<String> {
    let calls = fs::read_to_string(home.path().join("calls")).unwrap_or_default();
    let _ = fs::remove_file(home.path().join("calls"));
    calls.lines().map(str::to_owned).collect()
}
