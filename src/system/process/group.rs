//! The groups of the programs that run now.

use std::io;
#[cfg(unix)]
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
#[cfg(unix)]
use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process_group};

/// A program's own group, on Unix: what it starts is in it.
pub(super) struct Group {
    #[cfg(unix)]
    id: Pid,
}

/// Those that run now; none once no more may be started.
#[cfg(unix)]
static RUNNING: Mutex<Option<Vec<Pid>>> = Mutex::new(Some(Vec::new()));

impl Group {
    /// Starts a program.
    #[cfg(unix)]
    pub(super) fn start(command: &mut Command) -> io::Result<(Child, Self)> {
        let mut running = running();
        let Some(running) = running.as_mut() else { return Err(io::ErrorKind::Interrupted.into()) };
        let child = command.process_group(0).spawn()?;
        let id = Pid::from_child(&child);
        running.push(id);
        Ok((child, Self { id }))
    }

    #[cfg(not(unix))]
    pub(super) fn start(command: &mut Command) -> io::Result<(Child, Self)> {
        Ok((command.spawn()?, Self {}))
    }

    /// Kills a program with all of its group. Until it is reaped no other group can have that number.
    pub(super) fn kill(&self, child: &mut Child) {
        #[cfg(unix)]
        let (_, _) = (child, kill_process_group(self.id, Signal::KILL));
        #[cfg(not(unix))]
        let _ = child.kill();
    }
}

/// It goes before its program is reaped.
#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        running().iter_mut().for_each(|running| running.retain(|id| *id != self.id));
    }
}

/// Kills the programs that run now with their groups, and lets no other start: for a process that was told to end.
/// What the terminal sends to its group, such as Control-C, does not reach theirs. Elsewhere than on Unix it does.
pub fn end_all() {
    #[cfg(unix)]
    for id in running().take().unwrap_or_default() {
        let _ = kill_process_group(id, Signal::KILL);
    }
}

#[cfg(unix)]
fn running() -> MutexGuard<'static, Option<Vec<Pid>>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}
