//! `pgtrust uninstall`

use std::path::Path;

use pgtrust::journal::Added;
use pgtrust::store::plan::Store;

use super::Status;
use super::args;
use super::context::Context;
use super::removing::{self, Chosen};
use super::ui::Failure;

pub(crate) fn run(context: &Context, args: &args::Uninstall) -> Result<Status, Failure> {
    let everything = |_: &Path, _: &Store, added: Added| Ok(Chosen { roots: added, reasons: Vec::new() });
    removing::run(context, &args.removing, &everything, true)
}
