//! The `pgtrust` command. It uses only the library's public API.

mod accept;
mod args;
mod bundle;
mod catalogues;
mod completions;
mod context;
mod custom;
mod enforcement;
mod env;
mod fetch;
mod history;
mod hooks;
mod inspect;
mod install;
mod man;
mod password;
mod place;
mod providers;
mod prune;
mod refresh;
mod removing;
mod report;
mod schedule;
mod servers;
mod snippet;
mod status;
mod tenants;
mod ui;
mod undo;
mod uninstall;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Args, Command};
use context::Context;
use ui::Failure;

/// What the exit status says. Failures have 2.
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
    let args = Args::parse();
    let status = match run(&args) {
        Ok(status) => status,
        // Whoever reads has seen enough, as in `pgtrust providers | head -1`.
        Err(Failure::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Status::Done,
        Err(failure) => {
            ui::failure(&failure);
            Status::Failed
        }
    };
    ExitCode::from(status as u8)
}

fn run(args: &Args) -> Result<Status, Failure> {
    let context = Context::new(args);
    if trusts(&args.command) {
        context.refuse_shared_settings()?;
    }
    if writes(&args.command) {
        context.say_whose();
    }
    let done = command(&context, &args.command);
    // What changed did so even if the command failed later.
    let hooks = hooks::after(&context);
    Ok(done?.max(hooks?))
}

fn command(context: &Context, command: &Command) -> Result<Status, Failure> {
    match command {
        Command::Accept(args) => accept::run(context, args),
        Command::Bundle(args) => bundle::run(context, args),
        Command::Completions(args) => completions::run(args),
        Command::Enforcement(args) => enforcement::run(context, args),
        Command::Env(args) => env::run(context, args),
        Command::Fetch(args) => fetch::run(context, args),
        Command::History(args) => history::run(context, args),
        Command::Inspect(args) => inspect::run(context, args),
        Command::Install(args) => install::run(context, args),
        Command::Man(args) => man::run(args),
        Command::Providers(args) => providers::run(context, args),
        Command::Prune(args) => prune::run(context, args),
        Command::Refresh(args) => refresh::run(context, args),
        Command::Schedule(args) => schedule::run(context, args),
        Command::Snippet(args) => snippet::run(context, args),
        Command::Status(args) => status::run(context, args),
        Command::Undo(args) => undo::run(context, args),
        Command::Uninstall(args) => uninstall::run(context, args),
    }
}

/// Whether what pgtrust keeps decides what comes out of a command. The others only show something.
fn trusts(command: &Command) -> bool {
    use Command as C;
    !matches!(command, C::Completions(_) | C::History(_) | C::Inspect(_) | C::Man(_) | C::Providers(_) | C::Status(_))
}

/// Whether a person changes stores with a command, or what pgtrust keeps.
fn writes(command: &Command) -> bool {
    use Command as C;
    match command {
        C::Providers(args) => args.command.is_some(),
        command => {
            matches!(command, C::Accept(_) | C::Fetch(_) | C::Install(_) | C::Prune(_) | C::Undo(_) | C::Uninstall(_))
        }
    }
}
