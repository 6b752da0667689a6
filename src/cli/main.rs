//! The `pgtrust` command. It uses only the library's public API.

mod accept;
mod args;
mod bundle;
mod check;
mod completions;
mod context;
mod custom;
mod enforcement;
mod env;
mod fetch;
mod hint;
mod history;
mod inspect;
mod install;
mod interrupt;
mod kind;
mod man;
mod notes;
mod providers;
mod refresh;
mod remove;
mod repair;
mod schedule;
mod snippet;
mod status;
mod ui;
mod undo;

use std::process::ExitCode;

use pgtrust::Machine;

use args::{Args, Command};
use ui::Failure;

/// The exit status of a command that did not fail. Failures have 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    /// Yes, or done.
    Done = 0,
    /// No: a check found something, or roots are held.
    Found = 1,
    /// Could not.
    Failed = 2,
}

fn main() -> ExitCode {
    let run = |args: &Args| {
        let machine = context::machine(args)?;
        let result = run(&machine, &args.command);
        notes::show_allowed(&machine);
        result
    };
    let status = match args::parse().and_then(|args| run(&args)) {
        Ok(status) => status,
        // Whoever reads has seen enough, as in `pgtrust providers | head -1`.
        Err(Failure::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Status::Done,
        Err(failure) => {
            show(&failure);
            if args::ask_for_json() {
                // The status tells it too, where nobody listens any more.
                let _ = ui::json(&ui::ShownFailure::of(&failure));
            }
            Status::Failed
        }
    };
    ui::end();
    ExitCode::from(status as u8)
}

fn show(failure: &Failure) {
    match failure {
        // In clap's own words and colours.
        Failure::Arguments(error) => ui::usage(error),
        Failure::Library { error, notes } => {
            notes::show(notes);
            ui::end();
            ui::problem(error);
        }
        Failure::Output(error) => ui::error(&format!("could not write to standard output: {error}")),
        Failure::Usage { message, hint } => {
            ui::error(message);
            ui::hint(hint);
        }
    }
}

fn run(machine: &Machine<'_>, command: &Command) -> Result<Status, Failure> {
    match command {
        Command::Accept(args) => accept::run(machine, args),
        Command::Bundle(args) => bundle::run(machine, args),
        Command::Check(args) => check::run(machine, args),
        Command::Completions(args) => completions::run(args),
        Command::Enforcement(args) => enforcement::run(machine, args),
        Command::Env(args) => env::run(machine, args),
        Command::Fetch(args) => fetch::run(machine, args),
        Command::History(args) => history::run(machine, args),
        Command::Inspect(args) => inspect::run(machine, args),
        Command::Install(args) => install::run(machine, args),
        Command::Man(args) => man::run(args),
        Command::Providers(args) => providers::run(machine, args),
        Command::Prune(args) => remove::prune(machine, args),
        Command::Refresh(args) => refresh::run(machine, args),
        Command::Schedule(args) => schedule::run(machine, args),
        Command::Snippet(args) => snippet::run(machine, args),
        Command::Status(args) => status::run(machine, args),
        Command::Undo(args) => undo::run(machine, args),
        Command::Repair(args) => repair::run(machine, args),
        Command::Uninstall(args) => remove::uninstall(machine, args),
    }
}
