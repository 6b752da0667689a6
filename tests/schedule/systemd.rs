//! systemd's own tools on the units, and where it runs nothing `systemctl` with an image.

use std::fs;
use std::path::Path;

use time::{Duration, macros::datetime};

use super::{calls, stand_in};
use crate::support::pgtrust::{Home, Run};
use crate::support::store::{differences, snapshot};
use crate::support::tools;

const UNITS: &str = ".config/systemd/user";

/// A home whose user has a manager, as far as can be told, with a stand-in for what speaks with it.
fn home_with_manager() -> Home {
    let mut home = Home::new();
    stand_in(&home, "systemctl");
    home.set("PATH", format!("{}:{}", home.path().join("bin").display(), std::env::var("PATH").unwrap()));
    let socket = home.write("run/systemd/private", "");
    home.set("XDG_RUNTIME_DIR", socket.parent().unwrap().parent().unwrap());
    home
}

#[test]
fn a_run_that_fails_starts_a_unit_of_the_users() {
    let home = home_with_manager();
    home.pgtrust(&["install", "azure", "--offline"]).expect(0);
    let run = home.pgtrust(&["schedule", "enable"]).expect(0);
    assert!(run.stderr.contains("where failures go: the journal") && run.stderr.contains("--on-failure"), "{run}");
    let run = home.pgtrust(&["schedule", "enable", "--on-failure", "mail-me@%n.service"]).expect(0);
    assert!(run.stderr.contains("systemd starts `mail-me@%n.service`"), "{run}");
    let unit = home.path().join(UNITS).join("pgtrust-refresh.service");
    let written = || fs::read_to_string(&unit).unwrap();
    let head = written().split("[Service]").next().unwrap().to_owned();
    assert!(head.contains("[Unit]\n") && head.contains("\nOnFailure=mail-me@%n.service\n"), "{head}");
    // A run has its deadline, and systemd waits for longer.
    assert!(written().contains("\nTimeoutStartSec=1h\n"), "{}", written());
    home.pgtrust(&["schedule", "enable", "--every", "weekly"]).expect(0);
    let before = written();
    assert!(before.contains("\nOnFailure=mail-me@%n.service\n"), "what was asked for once stays: {before}");
    for bad in ["mail me.service", "a.service\nUser=root", "mail-me", ".service"] {
        home.pgtrust(&["schedule", "enable", "--on-failure", bad]).expect(2);
    }
    assert!(written() == before);
    if tools::program("crontab").is_some() {
        let run = home.pgtrust(&["schedule", "enable", "--via", "cron", "--on-failure", "x.service", "-n"]).expect(2);
        assert!(run.stderr.contains("`cron` starts no unit") && run.stderr.contains("MAILTO"), "{run}");
    }
}

#[test]
fn units_are_written_followed_and_taken_away() {
    let home = home_with_manager();
    home.pgtrust(&["install", "azure", "--offline"]).expect(0);
    let before = snapshot(home.path());
    home.pgtrust(&["schedule", "enable", "--dry-run"]).expect(0);
    assert_eq!(differences(&before, &snapshot(home.path())), [""; 0]);

    home.pgtrust(&["schedule", "enable"]).expect(0);
    let start = ["systemctl --user daemon-reload", "systemctl --user enable --now pgtrust-refresh.timer"];
    assert_eq!(calls(&home), start);
    let enabled = snapshot(home.path());
    let again = home.pgtrust(&["schedule", "enable"]).expect(0);
    assert!(again.stdout.starts_with("systemd: scheduled already"), "{again}");
    home.pgtrust(&["schedule", "status"]).expect(0);
    let asked = ["is-enabled", "is-active"].map(|asked| format!("systemctl --user {asked} pgtrust-refresh.timer"));
    assert_eq!(calls(&home), [asked.clone(), asked.clone(), asked].concat());
    assert_eq!(differences(&enabled, &snapshot(home.path())), [""; 0]);

    let output = home.path().join("app/ca.pem");
    home.pgtrust(&["install", "azure", "--offline", "--output", output.to_str().unwrap()]).expect(0);
    let status = home.pgtrust(&["schedule", "status"]).expect(1);
    assert!(status.stderr.contains("no longer fits"), "{status}");
    home.pgtrust(&["schedule", "enable"]).expect(0);
    let service = fs::read_to_string(home.path().join(UNITS).join("pgtrust-refresh.service")).unwrap();
    let line = format!("ReadWritePaths=-{}\n", output.parent().unwrap().display());
    assert!(service.contains(&line), "{service}");
    home.pgtrust(&["schedule", "status"]).expect(0);

    calls(&home);
    home.pgtrust(&["schedule", "disable"]).expect(0);
    assert_eq!(
        calls(&home),
        ["systemctl --user disable --now pgtrust-refresh.timer", "systemctl --user daemon-reload"]
    );
    assert_eq!(fs::read_dir(home.path().join(UNITS)).unwrap().count(), 0);
    home.pgtrust(&["schedule", "status"]).expect(1);
}

/// At no time is nothing scheduled, and at the end not two.
#[test]
fn another_scheduler_takes_the_place_of_the_first() {
    let home = home_with_manager();
    home.write("bin/crontab", "#!/bin/sh\n[ \"$1\" = - ] && cat > \"$HOME/crontab\" || cat \"$HOME/crontab\" 2> /dev/null || { echo 'no crontab for me' >&2; exit 1; }\n");
    Run::of(home.command("chmod").args(["+x", "bin/crontab"])).expect(0);
    home.pgtrust(&["schedule", "enable", "--every", "5:07"]).expect(0);
    let run = home.pgtrust(&["schedule", "enable", "--via", "cron"]).expect(0);
    let (new, old) = (run.stdout.find("crontab -").unwrap(), run.stdout.find("disable --now").unwrap());
    assert!(new < old && run.stdout.contains("+ 7 5 * * * HOME="), "{run}");
    let status = home.pgtrust(&["schedule", "status"]).expect(0);
    assert!(status.stdout.starts_with("cron: ") && status.stdout.lines().count() == 1, "{status}");
    home.pgtrust(&["schedule", "disable"]).expect(0);
    assert_eq!(fs::read_to_string(home.path().join("crontab")).unwrap(), "");
}

#[test]
fn a_manager_that_cannot_be_reached_is_told() {
    if tools::program("systemctl").is_none() {
        return;
    }
    let home = Home::new();
    let run = home.pgtrust(&["schedule", "enable", "--via", "systemd"]).expect(2);
    assert!(run.stderr.contains("error: the job is written and does not run yet: `systemctl --user"), "{run}");
    assert!(run.stderr.contains("hint: where it can be reached") && run.stderr.contains("enable --now"), "{run}");
    let status = home.pgtrust(&["schedule", "status"]).expect(1);
    assert!(status.stderr.contains("it is written and does not run"), "{status}");
    // It is tried again.
    home.pgtrust(&["schedule", "enable"]).expect(2);
    let disabled = home.pgtrust(&["schedule", "disable"]).expect(0);
    assert!(disabled.stderr.contains("warning: `systemctl --user disable"), "{disabled}");
    assert_eq!(fs::read_dir(home.path().join(UNITS)).unwrap().count(), 0);
}

#[test]
fn an_image_has_its_units_enabled() {
    if tools::program("systemctl").is_none() {
        return;
    }
    let home = Home::new();
    let root = home.path().join("image");
    let schedule = |action: &str| home.pgtrust(&["--root", root.to_str().unwrap(), "schedule", action]);
    fs::create_dir_all(root.join("usr/lib/systemd/system")).unwrap();
    let lacks = schedule("enable").expect(2);
    assert!(lacks.stderr.contains("there is no `pgtrust` in"), "{lacks}");
    home.write("image/usr/bin/pgtrust", "");
    schedule("enable").expect(0);
    let units = root.join("etc/systemd/system");
    let link = fs::read_link(units.join("timers.target.wants/pgtrust-refresh.timer")).unwrap();
    assert_eq!(link, Path::new("/etc/systemd/system/pgtrust-refresh.timer"));
    let service = fs::read_to_string(units.join("pgtrust-refresh.service")).unwrap();
    assert!(service.contains("\nExecStart=/usr/bin/pgtrust --system refresh\n"), "{service}");
    assert!(service.contains("\nReadWritePaths=-/var/lib/pgtrust\n") && !service.contains("image"), "{service}");
    schedule("status").expect(0);
    assert!(schedule("enable").expect(0).stdout.starts_with("systemd: scheduled already"));
    Run::of(
        home.command("systemctl").arg(format!("--root={}", root.display())).args(["disable", "pgtrust-refresh.timer"]),
    )
    .expect(0);
    schedule("status").expect(1);
    schedule("enable").expect(0);
    schedule("disable").expect(0);
    assert!(!units.join("pgtrust-refresh.timer").exists() && link_is_gone(&units));
}

/// No more than the stores of the manifest, and what the system's own command writes.
#[test]
fn an_image_names_what_the_job_may_write() {
    let home = Home::new();
    let root = home.path().join("image");
    for file in ["usr/bin/pgtrust", "usr/sbin/update-ca-certificates", "srv/app/ca.pem"] {
        home.write(&format!("image/{file}"), "");
    }
    home.write("image/etc/os-release", "ID=debian\n");
    let manifest = format!(
        "[[source]]\nname = \"azure\"\n\n[[target]]\nname = \"system\"\nsources = [\"azure\"]\n\n\
         [[target]]\npath = \"{}/srv/app/ca.pem\"\npassword-file = \"/home/me/password\"\nsources = [\"azure\"]\n",
        root.display()
    );
    home.write("image/etc/pgtrust/pgtrust.toml", manifest);
    let enable = ["--root", root.to_str().unwrap(), "schedule", "enable", "--via", "systemd", "--dry-run"];
    let run = home.pgtrust(&enable).expect(0);
    let written = run.stdout.lines().filter_map(|line| line.trim().strip_prefix("ReadWritePaths=-"));
    let expected =
        ["/etc/pgtrust", "/etc/ssl/certs", "/srv/app", "/usr/local/share/ca-certificates", "/var/lib/pgtrust"];
    assert_eq!(written.collect::<Vec<_>>(), expected, "{run}");
    // The password's file is in a home.
    assert!(run.stdout.contains("ProtectHome=read-only"), "{run}");
}

/// Where ssh has its keys, and programs that print a token theirs.
#[test]
fn a_job_that_asks_servers_sees_the_homes() {
    let home = Home::new();
    home.write("image/usr/bin/pgtrust", "");
    let root = home.path().join("image");
    for (source, homes) in
        [("azure", "yes"), ("/srv/ca.pem", "yes"), ("coolify/db1", "read-only"), ("digitalocean/my", "read-only")]
    {
        home.write("image/etc/pgtrust/pgtrust.toml", format!("[[source]]\nname = \"{source}\"\n"));
        let enable = ["--root", root.to_str().unwrap(), "schedule", "enable", "--via", "systemd", "--dry-run"];
        let run = home.pgtrust(&enable).expect(0);
        assert!(run.stdout.contains(&format!("ProtectHome={homes}\n")), "{source}: {run}");
    }
}

fn link_is_gone(units: &Path) -> bool {
    units.join("timers.target.wants/pgtrust-refresh.timer").symlink_metadata().is_err()
}

/// With paths that hold what units give a meaning to.
#[test]
fn systemd_understands_the_units() {
    let Some(analyze) = tools::program("systemd-analyze") else { return };
    for (name, folder) in [("plain", "plain"), ("it's 50% \"$HOME\" %h \\n ü", "50% $HOME ${HOME} %h ; ü")] {
        let mut home = home_with_manager();
        let program = home.path().join(folder).join("pgtrust");
        fs::create_dir(program.parent().unwrap()).unwrap();
        Run::of(home.command("cp").arg(env!("CARGO_BIN_EXE_pgtrust")).arg(&program)).expect(0);
        home.set("PGTRUST_HOME", home.path().join(name).join("kept"));
        let metrics = home.path().join(name).join("metrics.prom");
        let arguments = ["schedule", "enable", "--every", "weekly", "--metrics"];
        Run::of(home.command(&program).args(arguments).arg(&metrics)).expect(0);
        Run::of(home.command(&program).args(["schedule", "status"])).expect(0);
        for unit in ["pgtrust-refresh.timer", "pgtrust-refresh.service"] {
            let unit = home.path().join(UNITS).join(unit);
            let verified = Run::of(home.command(&analyze).args(["--user", "verify"]).arg(&unit)).expect(0);
            assert_eq!(verified.stderr, "", "{verified}");
            let broken = home.path().join(UNITS).join("broken.service");
            fs::write(&broken, fs::read_to_string(&unit).unwrap().replace("%%", "%") + "Surely=not\n").unwrap();
            let verified = Run::of(home.command(&analyze).args(["--user", "verify"]).arg(&broken));
            assert_ne!(verified.stderr, "", "{verified}");
        }
    }
}

/// The next runs by `systemd-analyze` are those of the fields that cron would get.
#[test]
fn systemd_runs_at_the_same_times_as_cron() {
    let Some(analyze) = tools::program("systemd-analyze") else { return };
    for every in ["hourly", "daily", "weekly", "00:00", "5:30", "23:59"] {
        let home = home_with_manager();
        home.pgtrust(&["schedule", "enable", "--every", every]).expect(0);
        let status = home.pgtrust(&["schedule", "status", "--json"]).expect(0).json();
        let timer = fs::read_to_string(home.path().join(UNITS).join("pgtrust-refresh.timer")).unwrap();
        let calendars = timer.lines().filter_map(|line| line.strip_prefix("OnCalendar="));
        let mut command = home.command(&analyze);
        command.args(["calendar", "--iterations=40", "--base-time=2027-01-01 00:00:30"]).args(calendars);
        let run = Run::of(command.env("TZ", "UTC").env("LC_ALL", "C")).expect(0);
        let times = run.stdout.lines().filter_map(|line| {
            let (label, time) = line.split_once(": ")?;
            // Without the name of the day, which stands first.
            (label.contains("Next elapse") || label.contains("Iter")).then(|| time.trim()[4..20].to_owned())
        });
        let fields = status["schedules"][0]["cron"].as_str().unwrap();
        assert_eq!(times.collect::<Vec<_>>(), by_cron(fields), "{every}: {timer}");
    }
}

/// The first 40 runs after the first minute of 2027, of fields with one value or all.
fn by_cron(fields: &str) -> Vec<String> {
    let [minute, hour, "*", "*", weekday] = fields.split(' ').collect::<Vec<_>>()[..] else { panic!("{fields}") };
    let matches = |field: &str, value: u8| field == "*" || field.parse() == Ok(value);
    let mut runs = Vec::new();
    let mut time = datetime!(2027-01-01 00:01);
    while runs.len() < 40 {
        let day = time.weekday().number_days_from_sunday();
        if matches(weekday, day) && matches(hour, time.hour()) && matches(minute, time.minute()) {
            runs.push(format!("{} {:02}:{:02}", time.date(), time.hour(), time.minute()));
        }
        time += Duration::MINUTE;
    }
    runs
}

/// Printed, so that it is seen; and held, so that it does not become worse unseen.
#[test]
fn the_services_are_hardened() {
    let Some(analyze) = tools::program("systemd-analyze") else { return };
    let home = Home::new();
    home.write("image/usr/bin/pgtrust", "");
    let root = home.path().join("image");
    home.pgtrust(&["--root", root.to_str().unwrap(), "schedule", "enable", "--via", "systemd"]).expect(0);
    let user = home_with_manager();
    user.pgtrust(&["schedule", "enable"]).expect(0);
    let units = [
        ("system", root.join("etc/systemd/system/pgtrust-refresh.service"), "35"),
        ("user", user.path().join(UNITS).join("pgtrust-refresh.service"), "75"),
    ];
    for (name, unit, threshold) in units {
        let mut command = home.command(&analyze);
        command.args(["security", "--offline=yes", "--threshold", threshold]).arg(unit);
        let run = Run::of(command.env("LC_ALL", "C.UTF-8"));
        let score = run.stdout.lines().find(|line| line.contains("Overall exposure")).unwrap_or_default();
        tools::report(&format!("schedule: {name}: {}", score.trim_start_matches(['→', ' '])));
        run.expect(0);
    }
}
