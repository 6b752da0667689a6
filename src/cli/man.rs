//! `pgtrust man`

use clap::CommandFactory as _;

use super::Status;
use super::args::{Args, Man};
use super::ui::{self, Failure};

pub(crate) fn run(args: &Man) -> Result<Status, Failure> {
    let mut pgtrust = Args::command();
    pgtrust.build();
    let page = match &args.command {
        None => pgtrust,
        Some(name) => match pgtrust.find_subcommand(name) {
            Some(command) => command.clone().name(format!("pgtrust-{name}").leak() as &str),
            None => {
                let message = format!("`{name}` is not a command of pgtrust");
                return Err(Failure::Usage { message, hint: "`pgtrust --help` lists all".to_owned() });
            }
        },
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(page).render(&mut text)?;
    ui::raw(&text)?;
    Ok(Status::Done)
}
