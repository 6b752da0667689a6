//! Commands that see crontabs of the test's own where the machine's are. What is written there stays with the home.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::support::pgtrust::{Home, Run};
use crate::support::tools;

/// A home with crontabs; none, with the reason, where this user may not part from the machine's.
pub(crate) struct Apart {
    pub(crate) home: Home,
}

impl Apart {
    pub(crate) fn new() -> Option<Self> {
        for program in ["unshare", "crontab", "cron", "faketime"] {
            cron_program(program)?;
        }
        let apart = Self { home: Home::new() };
        for (folder, mode) in [("crontabs", 0o1777), ("cron.d", 0o755)] {
            let folder = apart.home.path().join(folder);
            fs::create_dir(&folder).unwrap();
            fs::set_permissions(folder, fs::Permissions::from_mode(mode)).unwrap();
        }
        if Run::of(&mut apart.command("true", &[])).status != 0 {
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            tools::report(&format!("skipped: {test}: this user may not make namespaces"));
            return None;
        }
        Some(apart)
    }

    /// A command that dies with this process.
    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = self.home.command("unshare");
        command.args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", PART, program]).args(arguments);
        command
    }

    pub(crate) fn pgtrust(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(env!("CARGO_BIN_EXE_pgtrust"), arguments))
    }

    /// What `crontab -l` prints.
    pub(crate) fn crontab(&self) -> String {
        Run::of(&mut self.command("crontab", &["-l"])).stdout
    }

    /// Makes this the crontab.
    pub(crate) fn install(&self, crontab: &str) {
        let file = self.home.write("crontab.txt", crontab);
        Run::of(&mut self.command("crontab", &[file.to_str().unwrap()])).expect(0);
    }
}

/// Debian has the daemon in a folder that is not on everybody's `PATH`.
fn cron_program(name: &str) -> Option<()> {
    if name == "cron" && fs::exists("/usr/sbin/cron").unwrap() { Some(()) } else { tools::program(name).map(drop) }
}

/// Runs `$0` with its arguments.
const PART: &str = r#"
mount --make-rprivate /
mount --bind "$HOME/crontabs" /var/spool/cron/crontabs
mount --bind "$HOME/cron.d" /etc/cron.d
mount --bind /dev/null /etc/crontab
mount -t tmpfs none /run
mount -t tmpfs none /dev/shm
exec "$0" "$@"
"#;
