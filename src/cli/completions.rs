//! `pgtrust completions`

use clap::CommandFactory as _;

use super::Status;
use super::args::{Args, Completions};
use super::ui::{self, Failure};

pub(crate) fn run(args: &Completions) -> Result<Status, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "pgtrust", &mut script);
    ui::raw(&script)?;
    Ok(Status::Done)
}
