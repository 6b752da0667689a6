//! The terminal, lent to a program that may have to ask its user.
//!
//! A program in a process group of its own is in the background: it is stopped as soon as it reads from the terminal. In
//! our group it could ask, but it could not be ended with what it started. So its group gets the foreground for as long
//! as it runs, as a shell does it. Control-C then ends the program, which pgtrust says; Control-Z stops it until its time is
//! over.

use std::fs::File;
use std::process::Child;

use nix::sys::signal::{SigSet, SigmaskHow, Signal as Blocked};
use rustix::process::{Pid, Signal, getpgrp, kill_process_group};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp};

/// The terminal, which this process has in the foreground.
pub(super) struct Terminal {
    terminal: File,
    group: Pid,
    modes: Termios,
}

/// The terminal while another group has it. It comes back with the end of the value.
pub(super) struct Lent(Terminal);

impl Terminal {
    /// Finds our terminal; None where there is none, or where another group has it: a program in the background has
    /// nothing to lend.
    pub(super) fn ours() -> Option<Self> {
        let terminal = File::options().read(true).write(true).open("/dev/tty").ok()?;
        let (group, modes) = (getpgrp(), tcgetattr(&terminal).ok()?);
        let foreground = tcgetpgrp(&terminal).ok()?;
        (foreground == group).then_some(Self { terminal, group, modes })
    }

    /// Lends it to a program.
    pub(super) fn lend(self, program: &Child) -> Option<Lent> {
        let group = Pid::from_child(program);
        tcsetpgrp(&self.terminal, group).ok()?;
        // It may have asked before its turn, and been stopped.
        let _ = kill_process_group(group, Signal::CONT);
        Some(Lent(self))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Terminal { terminal, group, modes } = &self.0;
        // In the background by now, this process would be stopped for it.
        let before = SigSet::from(Blocked::SIGTTOU).thread_swap_mask(SigmaskHow::SIG_BLOCK);
        let _ = tcsetpgrp(terminal, *group);
        // A program that was killed while it asked for a password leaves a terminal that shows nothing.
        let _ = tcsetattr(terminal, OptionalActions::Now, modes);
        let _ = before.map(|mask| mask.thread_set_mask());
        // Others of our group, such as a pager, may have been stopped meanwhile.
        let _ = kill_process_group(*group, Signal::CONT);
    }
}
